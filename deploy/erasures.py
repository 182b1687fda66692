"""`casewire erasures`: the ledger of what was destroyed, kept apart, and applied to a house that was restored."""

import asyncio
import json
from pathlib import Path
from typing import Any

import asyncpg

from deploy.backup import retractions
from deploy.backup.make import record
from deploy.embedded.child import StackError
from deploy.embedded.nats import write_private
from schemas.settings import Settings
from storage.postgres import ledger

LEDGER_BYTES_MAX = 1 << 30


def write(settings: Settings, file: Path) -> int:
    """Write the ledger; how many lines. Ids, kinds, dates and reasons; nothing of what was destroyed."""
    lines = asyncio.run(_with(settings, ledger.lines))
    write_private(file, "".join(f"{line}\n" for line in lines))
    return len(lines)


def apply(settings: Settings, file: Path) -> dict[str, int]:
    """Destroy and take back again, after a restore, what was since its backup; the workers do the rest. Harmless where
    all of it is done. Raises `StackError` for a file that is no ledger."""
    try:
        if file.stat().st_size > LEDGER_BYTES_MAX:
            raise StackError(f"{file} is larger than a ledger can be.")
        lines = file.read_text().splitlines()
        if not all({"what", "row"} == set(json.loads(line)) for line in lines):
            raise ValueError
    except (OSError, ValueError, TypeError) as problem:
        raise StackError(f"{file} is no ledger of erasures.") from problem
    return asyncio.run(_with(settings, lambda on: _all(settings, on, lines)))


async def _all(settings: Settings, on: Any, lines: list[str]) -> dict[str, int]:
    done = await destroyed_again(on, lines)
    if taken_back := await retractions.apply(settings, on, lines):
        done["retraction"] = taken_back
    return done


async def destroyed_again(on: Any, lines: list[str]) -> dict[str, int]:
    """How many rows of each kind, with an entry of it in the record in the same transaction, unless all of it was done.
    What was taken back is left out: each of that has its own."""
    async with on.transaction():
        done = await ledger.apply(on, lines)
        if any(done.values()):
            await record(on, "erasures.applied", ", ".join(f"{what}: {n}" for what, n in sorted(done.items())))
    return done


async def _with(settings: Settings, work: Any) -> Any:
    try:
        on = await asyncpg.connect(settings.postgres_owner)
    except (OSError, asyncpg.PostgresError) as problem:
        raise StackError(f"The database does not answer: {problem}.") from problem
    try:
        return await work(on)
    except asyncpg.ObjectInUseError as problem:
        raise StackError("A legal hold that stands forbids it; release it first.") from problem
    finally:
        await on.close()
