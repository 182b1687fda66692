"""One town for all fault tests of a worker."""

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.town import Town, town
from tests.stories.conftest import PLACE, house, live_url, running

__all__ = ["house", "live_url", "running"]  # fixtures of a house without lines


@pytest.fixture(scope="session")
async def place() -> AsyncIterator[Town]:
    folder = Path(tempfile.mkdtemp(prefix="casewire-town-", dir=PLACE))
    try:
        async with contextlib.AsyncExitStack() as exit:
            # Starting takes all cores for a moment; one start at a time.
            with (PLACE / "casewire-story.turn").open("w") as turn:
                fcntl.flock(turn, fcntl.LOCK_EX)
                place = await exit.enter_async_context(town(folder))
            yield place
    finally:
        shutil.rmtree(folder, ignore_errors=True)
