"""The hub's actions for a worker: connections of the system role alone."""

import contextlib
from collections.abc import AsyncIterator

from hub.context import Hub
from schemas.settings import Settings
from storage.blobs import Blobs
from storage.bus import Bus
from storage.postgres.pool import Database


@contextlib.asynccontextmanager
async def opened(settings: Settings, name: str) -> AsyncIterator[Hub]:
    """Raises `OSError` or a database error where a server is not there."""
    database = await Database.open(settings, roles=("system",))
    try:
        bus = await Bus.connect(settings, name)
        blobs = Blobs(settings)
        try:
            yield Hub(settings, database, bus, blobs)
        finally:
            blobs.close()
            await bus.close()
    finally:
        await database.close()
