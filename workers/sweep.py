"""Removes what was begun and never completed, what quarantine still holds, and sessions and invitations long over."""

import asyncio
import contextlib
from datetime import timedelta

import structlog
from prometheus_client import Counter

from hub.context import Hub
from schemas.errors import Refused
from schemas.limits import UPLOAD_MINUTES
from schemas.settings import Settings
from storage.postgres import expired, versions
from storage.postgres.pool import PASSING
from workers.opened import opened

EVERY_S = 60.0
# An upload may start in the last second of its address and takes a while.
ABANDONED_AFTER = timedelta(minutes=UPLOAD_MINUTES + 30)
QUARANTINED_FOR = timedelta(days=7)
OVER_FOR = timedelta(days=30)

SWEPT = Counter("casewire_swept_total", "Things removed by sweep.", ["what"])

logger = structlog.get_logger("sweep")


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Sweep now and then until `stop`. Several processes do no harm to each other."""
    async with opened(settings, "sweep") as hub:
        while not stop.is_set():
            try:
                await sweep(hub)
            except (*PASSING, Refused) as error:
                logger.warning("later", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await stop.wait()


async def sweep(hub: Hub) -> None:
    """One round. First the row says that it is over, then the bytes go: none is removed that could still be read."""
    now, system = hub.clock(), hub.database.system
    _count("upload", await system.execute(versions.ABANDON, now - ABANDONED_AFTER))
    for row in await system.fetch(versions.LEFT_OVER, now - QUARANTINED_FOR):
        await hub.blobs.remove(hub.blobs.quarantine, row["quarantine_key"])
        await system.execute(versions.NOTHING_LEFT, row["id"])
        SWEPT.labels("object").inc()
    _count("session", await system.execute(expired.SESSIONS, now - OVER_FOR))
    _count("invitation", await system.execute(expired.INVITATIONS, now - OVER_FOR))


def _count(what: str, tag: str) -> None:
    """`tag` is PostgreSQL's word about a statement, as `UPDATE 3`."""
    if n := int(tag.rpartition(" ")[2]):
        SWEPT.labels(what).inc(n)
        logger.info("swept", what=what, n=n)
