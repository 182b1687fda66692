"""How examine and index take versions: each by one process at a time, again after a failure, never without end."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import structlog

from hub.context import Hub
from schemas.errors import Refused
from storage.postgres import versions
from storage.postgres.pool import PASSING

TRIES_MAX = 5
POLL_S = 2.0  # when no event wakes
AGAIN_AFTER_S = 2  # doubled with every try that counts
AGAIN_AFTER_S_MAX = 120

logger = structlog.get_logger("worker")


class Trade(NamedTuple):
    """What a worker does with versions: which ones wait (a statement with `now`), the status they must still have,
    the events that bring more, the work, and what becomes of a version that was tried too often."""

    name: str
    waiting: str
    status: str
    event: str
    do: Callable[[Any], Awaitable[None]]
    give_up: Callable[[Any], Awaitable[None]]


async def work(hub: Hub, trade: Trade, stop: asyncio.Event) -> None:
    """Take what waits, oldest first, until `stop`; then wait for an event or the next poll."""
    woken = asyncio.Event()

    async def heard(_: object) -> None:
        woken.set()

    # The relay publishes every event where anybody may hear it; whatever is missed here, the poll finds.
    subscription = await hub.bus.subscribe(f"cw.*.*.case.*.{trade.event}", heard)
    try:
        while not stop.is_set():
            woken.clear()
            taken = 0
            try:
                for row in await hub.database.system.fetch(trade.waiting, hub.clock()):
                    if stop.is_set():
                        return
                    taken += await take(hub, trade, row["id"])
            except PASSING as error:
                logger.warning("waiting for the database", worker=trade.name, error=type(error).__name__)
                taken = 0
            if not taken:
                await _first(POLL_S, woken, stop)
    finally:
        with contextlib.suppress(Exception):
            await subscription.unsubscribe()


async def _first(seconds: float, *events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def take(hub: Hub, trade: Trade, id: UUID) -> bool:
    """Work on one version, unless another process has it. The lock is of the connection: it goes when we go."""
    async with hub.database.system.acquire() as connection:
        if not await connection.fetchval(versions.TAKE, str(id)):
            return False
        try:
            row = await connection.fetchrow(versions.BEGIN_TRY, id, trade.status)
            if row is None:
                return False
            await _try(hub, trade, row)
            return True
        finally:
            await asyncio.shield(connection.fetchval(versions.GIVE_BACK, str(id)))


async def _try(hub: Hub, trade: Trade, row: Any) -> None:
    version = row["id"]
    try:
        if row["tries"] > TRIES_MAX:
            logger.error("gave up", worker=trade.name, version=str(version), tries=row["tries"] - 1)
            await trade.give_up(row)
        else:
            await trade.do(row)
    except asyncio.CancelledError:
        await asyncio.shield(_again(hub, version, 0, 0))
        raise
    except Refused as error:
        # A server is away: that is not the file's fault.
        logger.warning("later", worker=trade.name, version=str(version), why=error.detail or error.code)
        await _again(hub, version, AGAIN_AFTER_S, 0)
    except Exception as error:
        logger.exception("failed", worker=trade.name, version=str(version), error=type(error).__name__)
        await _again(hub, version, min(AGAIN_AFTER_S << row["tries"], AGAIN_AFTER_S_MAX), 1)


async def _again(hub: Hub, id: UUID, seconds: int, counts: int) -> None:
    await hub.database.system.execute(
        versions.TRY_AGAIN, id, hub.clock() + timedelta(seconds=seconds), counts
    )
