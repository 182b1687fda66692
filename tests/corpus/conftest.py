from tests.app import app, http, hub, office, owner, world
from tests.gateway.conftest import live

__all__ = ["app", "http", "hub", "live", "office", "owner", "world"]  # fixtures
