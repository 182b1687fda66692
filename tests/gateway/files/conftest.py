from tests.app import app, http, hub, office, owner, world
from tests.uploads import files, hands, reader

__all__ = ["app", "files", "hands", "http", "hub", "office", "owner", "reader", "world"]  # fixtures
