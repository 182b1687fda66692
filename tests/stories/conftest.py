"""One whole Casewire for all stories of a worker, as `casewire up` starts it, and a world on top of it."""

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from tests.app import World
from tests.house import House

PLACE = Path("/tmp")


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    folder = Path(tempfile.mkdtemp(prefix="casewire-story-", dir=PLACE))
    house = House(folder / "data")
    # Starting takes all cores for a moment; one start at a time.
    with (PLACE / "casewire-story.turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        house.start()
    yield house
    house.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def running(house: House) -> AsyncIterator[World]:
    """A world whose people speak to the running hub over HTTP."""
    settings = house.settings("operator")
    pool: Any = await asyncpg.create_pool(settings.postgres_owner, min_size=0, max_size=2)
    async with contextlib.AsyncExitStack() as exit:
        exit.push_async_callback(pool.close)
        http = await exit.enter_async_context(
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{house.http_port}", timeout=30)
        )
        yield World(http, pool)


@pytest.fixture(scope="session")
def live_url(house: House) -> str:
    return f"ws://127.0.0.1:{house.live_port}"
