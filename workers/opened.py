"""The hub's actions for a worker: connections of the system role alone."""

import contextlib
from collections.abc import AsyncIterator

from hub.context import Hub
from schemas.rates import budgets
from schemas.settings import Settings
from storage.blobs import Blobs
from storage.bus import Bus
from storage.keys.ring import Keys
from storage.keys.roots import roots_of
from storage.postgres.pool import Database
from storage.postgres.rates import Rates


@contextlib.asynccontextmanager
async def opened(settings: Settings, name: str) -> AsyncIterator[Hub]:
    """Raises `OSError` or a database error where a server is not there."""
    database = await Database.open(settings, roles=("system",))
    try:
        bus = await Bus.connect(settings, name)
        blobs = Blobs(settings)
        rates = Rates(database.system, budgets(settings.rates))
        keys = Keys(roots_of(settings), database.recorder)
        try:
            yield Hub(settings, database, bus, blobs, rates, keys)
        finally:
            await keys.close()
            await rates.close()
            blobs.close()
            await bus.close()
    finally:
        await database.close()
