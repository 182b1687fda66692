"""Removes what was begun and never completed, what quarantine still holds, and sessions and invitations long over; and
ends the sessions that a rule about second factors overtook while nobody did it."""

import asyncio
import contextlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from prometheus_client import Counter

from hub.context import Hub
from hub.factors.actions import ENDED_AT_ONCE, end_overtaken
from schemas.errors import Refused
from schemas.limits import DEVICE_DAYS, QUARANTINE_CLEAR_HOURS, THROTTLES_MAX
from schemas.settings import Settings
from storage.blobs import Absent
from storage.postgres import expired, versions
from storage.postgres.pool import PASSING
from storage.sealed import About, seal_file
from workers.opened import opened
from workers.scratch import scratch

EVERY_S = 60.0
ROUND = 100  # versions
QUARANTINED_FOR = timedelta(days=7)
WAITING_AGAIN = timedelta(days=1)
OVER_FOR = timedelta(days=30)
CLEAR_FOR = timedelta(hours=QUARANTINE_CLEAR_HOURS)
SEALING_AGAIN = timedelta(minutes=1)
UNCONFIRMED_FOR = timedelta(hours=1)
FORGOTTEN_AFTER = timedelta(hours=2)  # twice what `signin_throttle` remembers

SWEPT = Counter("casewire_swept_total", "Things removed by sweep.", ["what"])

logger = structlog.get_logger("sweep")


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Sweep now and then until `stop`. Several processes do no harm to each other."""
    async with opened(settings, "sweep") as hub:
        while not stop.is_set():
            try:
                if await sweep(hub):
                    continue
            except (*PASSING, Refused) as error:
                logger.warning("later", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await stop.wait()


async def sweep(hub: Hub) -> bool:
    """One round; whether there is more to do at once. First the row says that it is over, then the bytes go: none is
    removed that could still be read."""
    now, system = hub.clock(), hub.database.system
    abandoned = _count("upload", await system.execute(versions.ABANDON, now, ROUND))
    rows = await system.fetch(versions.TO_SWEEP, now, ROUND)
    for row in rows:
        again = await _sweep_quarantine(hub, row, now)
        await system.execute(versions.SWEPT, row["id"], row["status"], again)
    _count("session", await system.execute(expired.SESSIONS, now - OVER_FOR))
    _count("invitation", await system.execute(expired.INVITATIONS, now - OVER_FOR))
    _count("challenge", await system.execute(expired.CHALLENGES, now))
    _count("journey", await system.execute(expired.JOURNEYS, now))
    _count("link", await system.execute(expired.LINKS, now))
    _count("export", await system.execute(expired.EXPORTS, now))
    _count("question of an app", await system.execute(expired.OAUTH_REQUESTS, now))
    _count("device of an app", await system.execute(expired.OAUTH_DEVICES, now - UNCONFIRMED_FOR))
    # A code or token that is shown a second time ends what the first gave: so long it is known.
    _count("code of an app", await system.execute(expired.OAUTH_CODES, now - OVER_FOR))
    _count("token of an app", await system.execute(expired.OAUTH_REFRESHES, now - OVER_FOR))
    _count("family of an app", await system.execute(expired.OAUTH_FAMILIES, now - OVER_FOR))
    _count("factor", await system.execute(expired.FACTORS, now - UNCONFIRMED_FOR))
    _count("device", await system.execute(expired.DEVICES, now - timedelta(days=DEVICE_DAYS)))
    _count("rate", await system.execute(expired.RATES))
    _count("throttle", await system.execute(expired.THROTTLES, now - FORGOTTEN_AFTER, THROTTLES_MAX))
    overtaken = await end_overtaken(hub)
    return ROUND in (abandoned, len(rows)) or overtaken == ENDED_AT_ONCE


async def _sweep_quarantine(hub: Hub, row: Any, now: datetime) -> datetime | None:
    """Remove what one version has too much in quarantine; when to look again, None for never.

    An address takes the declared bytes any number of times until it is over, whatever became of the version meanwhile,
    and the store keeps each. So we look when it is over, and once more days later for an upload that took very long.
    """
    last = row["begun_at"] + QUARANTINED_FOR
    # What was refused is kept sealed while a hold stands on its document, as what waits to be examined is.
    waits = row["status"] == "received" or row["held"]
    n, sealing = 0, None
    if waits or (row["status"] == "quarantined" and now < last):
        sealing = await _seal_quarantine(hub, row, now)
        if sealing is None:
            row = await hub.database.system.fetchrow(versions.ONE, row["id"])
        n = await hub.blobs.remove_others(
            hub.blobs.quarantine, row["quarantine_key"], row["quarantine_version"]
        )
    else:
        async with hub.database.system.acquire() as connection, connection.transaction():
            await connection.execute(versions.UNDER_NO_HOLD)
            if row["status"] == "quarantined" and await connection.fetchval(versions.HELD, row["id"]):
                return now  # since it was looked for
            n = await hub.blobs.remove(hub.blobs.quarantine, row["quarantine_key"])
    SWEPT.labels("object").inc(n)
    if sealing is not None:
        return sealing
    if now < last:
        return last
    return now + WAITING_AGAIN if waits else None


async def _seal_quarantine(hub: Hub, row: Any, now: datetime) -> datetime | None:
    """Bytes that are still there when their time in the clear is over are sealed where they lie, whether nobody has
    examined them yet or they were refused; nothing is lost by that. When to try again, None for what is sealed or gone.

    Under the lock of whoever works on the version, who would else find its bytes gone.
    """
    if row["quarantine_sealed"] is not None or row["quarantine_version"] is None:
        return None
    if now < (due := row["begun_at"] + CLEAR_FOR):
        return due
    async with hub.database.system.acquire() as connection:
        if not await connection.fetchval(versions.TAKE, str(row["id"])):
            return now + SEALING_AGAIN
        try:
            found = await connection.fetchrow(versions.ONE, row["id"])
            if found["quarantine_sealed"] is None and found["status"] in ("received", "quarantined"):
                await _seal_where_it_lies(hub, found)
        except Absent:
            return None  # examination says so
        except Refused as error:
            logger.warning(
                "left in the clear for now", version=str(row["id"]), why=error.detail or error.code
            )
            return now + SEALING_AGAIN
        finally:
            await asyncio.shield(connection.fetchval(versions.GIVE_BACK, str(row["id"])))
    return None


async def _seal_where_it_lies(hub: Hub, row: Any) -> None:
    bucket, key = hub.blobs.quarantine, row["quarantine_key"]
    place = row["org"], row["case_id"], row["id"]
    own = await hub.keys.ensure(hub.database.system, "version", row["id"], row["case_id"], row["org"])
    with scratch(hub.settings) as folder:
        clear, sealed = Path(folder) / "clear", Path(folder) / "sealed"
        await hub.blobs.fetch(bucket, key, row["quarantine_version"], clear, bytes_max=row["size"])
        head = await asyncio.to_thread(seal_file, clear, sealed, own, About("quarantine", *place))
        version = await hub.blobs.put(bucket, key, sealed)
    tag = await hub.database.system.execute(
        versions.SEAL_QUARANTINE, row["id"], row["quarantine_version"], version, head
    )
    if tag != "UPDATE 1" and version:  # else it lies over what it was made of
        await hub.blobs.remove(bucket, key, version)
    SWEPT.labels("clear object").inc()


def _count(what: str, tag: str) -> int:
    """How many; `tag` is PostgreSQL's word about a statement, as `UPDATE 3`."""
    if n := int(tag.rpartition(" ")[2]):
        SWEPT.labels(what).inc(n)
        logger.info("swept", what=what, n=n)
    return n
