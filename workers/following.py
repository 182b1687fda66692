"""How a worker follows events: the effect of a batch and the worker's position are committed together, so effects
happen once, whichever process of the worker does them and whenever it is killed."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from contextlib import aclosing
from typing import Any

import asyncpg
import structlog

from schemas.events import Event
from storage.bus import Bus, follow
from storage.postgres.pool import PASSING, Database
from storage.postgres.positions import move_position, read_position, take_turn

PASSED_BY_EVENTS_MAX = 1000
PASSED_BY_S_MAX = 5.0
RETRY_S_MAX = 5.0

logger = structlog.get_logger("worker")

Handle = Callable[[Any, list[Event]], Awaitable[None]]


async def follow_events(
    name: str, bus: Bus, database: Database, handle_batch: Handle, *, types: Collection[str] | None = None
) -> None:
    """Call `handle_batch(connection, events)` with every event after the worker's position, in order; never returns.

    `connection` is in a transaction of the system role that also moves the position; the role's
    `transaction_timeout` bounds it, so slow work belongs outside. With `types`, other events are passed by (the
    position then moves only now and then). What `handle_batch` raises rolls back, is logged and tried again.
    """
    start = await _once_there(lambda: read_position(database.system, name))
    passed, since = 0, time.monotonic()
    async with aclosing(follow(bus, database, start)) as batches:
        async for batch in batches:
            wanted = batch if types is None else [event for event in batch if event.type in types]
            passed += len(batch)
            if not wanted and passed < PASSED_BY_EVENTS_MAX and time.monotonic() - since < PASSED_BY_S_MAX:
                continue
            await _commit(name, database, handle_batch, wanted, batch[-1])
            passed, since = 0, time.monotonic()


async def _commit(
    name: str, database: Database, handle_batch: Handle, wanted: list[Event], last: Event
) -> None:
    wait = 0.05
    while True:
        try:
            async with database.system.acquire() as connection, connection.transaction():
                await take_turn(connection, name)
                done = await read_position(connection, name)
                if rest := [event for event in wanted if event.position > done]:
                    await handle_batch(connection, rest)
                if last.position > done:
                    await move_position(connection, name, last.position)
            return
        except (*PASSING, asyncpg.PostgresError) as error:
            logger.warning(
                "batch failed; trying again", worker=name, error=type(error).__name__, detail=str(error)
            )
        except Exception:
            logger.exception(
                "batch failed; trying again", worker=name, first=wanted[0].type if wanted else None
            )
        await asyncio.sleep(wait)
        wait = min(wait * 2, RETRY_S_MAX)


async def _once_there(ask: Callable[[], Awaitable[Any]]) -> Any:
    while True:
        try:
            return await ask()
        except PASSING:
            await asyncio.sleep(0.5)
