from tests.app import app, http, hub, office, owner, world

__all__ = ["app", "http", "hub", "office", "owner", "world"]  # fixtures
