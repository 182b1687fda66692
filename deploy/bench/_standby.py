"""A relay of the bench's own: it waits for the leader's lock, as every other one does."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from schemas.settings import Settings

PROGRAM = (
    "import os; from schemas.settings import Settings; from workers.serve import main;"
    "main(Settings.read(os.environ), ['relay'])"
)
STOP_S = 5.0


@asynccontextmanager
async def standby(settings: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that relays once nobody else does; it ends with the block."""
    own = msgspec.structs.replace(settings, internal_port=0)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, env=os.environ | _environ(own) | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), STOP_S)


def _environ(settings: Settings) -> dict[str, str]:
    return {
        f"CASEWIRE_{name.upper()}": str.__str__(value) if isinstance(value, str) else str(value)
        for name, value in msgspec.structs.asdict(settings).items()
    }
