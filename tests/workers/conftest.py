from collections.abc import AsyncIterator

import pytest

from deploy.embedded.stack import Stack
from schemas.settings import Settings
from storage.postgres.pool import Database
from tests.app import app, http, hub, office, owner, world

__all__ = ["app", "http", "hub", "office", "owner", "world"]  # fixtures


@pytest.fixture(scope="session")
def working(stack: Stack) -> Settings:
    """The settings of a process of workers."""
    return Settings.read(stack.settings("worker"))


@pytest.fixture(scope="session")
async def system(working: Settings) -> AsyncIterator[Database]:
    """The database as workers have it."""
    database = await Database.open(working, roles=("system",))
    yield database
    await database.close()
