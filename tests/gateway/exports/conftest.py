from tests.app import app, http, hub, office, owner, world
from tests.record import record
from tests.uploads import hands

__all__ = ["app", "hands", "http", "hub", "office", "owner", "record", "world"]  # fixtures
