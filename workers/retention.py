"""Finds what is due to go, and removes what it was decided to destroy: rows, objects with all their versions, mails.

Nothing is decided here. What has a tombstone is destroyed already, by the administrator who approved it: this takes its
rows and bytes away, as often as it must until nothing is left, and then issues the certificate.
"""

import asyncio
import contextlib
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import Counter

from hub.context import Hub
from hub.retention import rules
from hub.retention.actions import schedules_of
from hub.retention.certifying import KEEPERS, issue
from hub.settling import org_stream
from schemas.errors import Refused
from schemas.events import NewEvent
from schemas.ids import new_id
from schemas.limits import DESTROYED_AT_ONCE
from schemas.retention import Disposition, Schedule
from schemas.settings import Settings
from storage.postgres import holds, locks, retention
from storage.postgres.pool import PASSING
from workers.opened import opened

EVERY_S = 5.0  # looked at what is to be destroyed
PROPOSED_EVERY_S = 3600.0
ROUND = 100  # things, objects

GONE = Counter("casewire_destroyed_total", "Rows, objects and mails removed for good.", ["what"])

logger = structlog.get_logger("retention")


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Until `stop`. Several processes do no harm to each other. It has the key that signs certificates."""
    async with opened(settings, "retention") as hub:
        looked: float | None = None
        while not stop.is_set():
            now = asyncio.get_running_loop().time()
            try:
                if looked is None or now - looked >= PROPOSED_EVERY_S:
                    await propose(hub)
                    looked = now
                await hub.database.system.execute(retention.FORGET_NAMES)
                if await destroy(hub) + await lock_objects(hub):
                    continue
            except (*PASSING, Refused) as error:
                logger.warning("later", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await stop.wait()


async def propose(hub: Hub) -> int:
    """List what schedules say is due by now; how much that is new. An administrator reviews it."""
    now, system = hub.clock(), hub.database.system
    await system.execute(retention.AGAIN, now.date())
    await system.execute(retention.REOPENED)
    await system.execute(retention.CLOSED_AGAIN)
    proposed = 0
    for org in await system.fetch(retention.ORGANISATIONS):
        by_type: dict[str, list[Schedule]] = {}
        for schedule in await schedules_of(system, org["id"]):
            by_type.setdefault(schedule.type, []).append(schedule)
        for type, schedules in by_type.items():
            proposed += await _propose_type(hub, org["id"], type, schedules, now)
    return proposed


async def _propose_type(hub: Hub, org: UUID, type: str, schedules: list[Schedule], now: datetime) -> int:
    of_case = next(one for one in schedules if not one.kind)
    of_kind = {one.kind: one for one in schedules if one.kind}
    asked = (org, type, of_case.years, list(of_kind), [one.years for one in of_kind.values()], now, ROUND)
    system, n = hub.database.system, 0
    while True:
        rows = list(await system.fetch(retention.DUE_DOCUMENTS, *asked))
        if of_case.years is not None:
            rows += await system.fetch(retention.DUE_CASES, *asked)
        for row in rows:
            schedule = of_kind.get(row["document_kind"], of_case)
            await _propose(hub, org, row, rules.label(schedule))
        n += len(rows)
        if not rows:
            return n


async def _propose(hub: Hub, org: UUID, row: Any, schedule: str) -> None:
    async with hub.database.writing_as_system(locks.of_row("cases", row["id"]), hub.clock()) as unit:
        new = Disposition(
            id=new_id(), org=org, case_id=row["id"], kind=row["kind"], thing=row["thing"], schedule=schedule,
            due_on=row["due_on"], state="due", proposed_at=unit.now, decided_at=None, decided_by=None, reason="",
            keep_until=None, revision=1,
        )  # fmt: skip
        facts, _ = await unit.facts(retention.CASE, row["id"])
        unit.append(facts.stream, NewEvent("disposition.due", new.id, new, KEEPERS))
        await unit.write(
            retention.PROPOSE, new.id, org, new.case_id, new.kind, new.thing, schedule, new.due_on, unit.now
        )
    await hub.bus.wake()


async def destroy(hub: Hub) -> int:
    """Remove what stands under tombstones; how many of them are done now."""
    done = 0
    for stone in await hub.database.system.fetch(retention.OPEN, ROUND):
        for statement in retention.DESTROY[stone["kind"]]:
            await _until_none(hub, statement, stone["thing"])
        await _remove(hub, stone["thing"])
        await _certify(hub, stone)
        done += 1
    return done


async def _until_none(hub: Hub, statement: str, thing: UUID) -> None:
    while n := int(
        (await hub.database.system.execute(statement, thing, DESTROYED_AT_ONCE)).rpartition(" ")[2]
    ):
        GONE.labels("row").inc(n)


async def _remove(hub: Hub, thing: UUID) -> None:
    """Objects with all their versions, and mails that were written to files. What is gone already is no error."""
    buckets = {"object": hub.blobs.documents, "quarantine": hub.blobs.quarantine}
    system = hub.database.system
    while rows := await system.fetch(retention.REMOVALS, thing, ROUND):
        for row in rows:
            if row["kind"] == "mail":
                await asyncio.to_thread(_unlink, hub.settings, row["name"])
            else:
                await hub.blobs.remove(buckets[row["kind"]], row["name"])
            await system.execute(retention.REMOVED, row["id"])
            GONE.labels(row["kind"]).inc()


def _unlink(settings: Settings, message_id: str) -> None:
    name = message_id.strip("<>")
    if "/" not in name:
        (Path(settings.data) / "mail" / f"{name}.eml").unlink(missing_ok=True)


async def _certify(hub: Hub, stone: Any) -> None:
    """Nothing is left of it. The certificate says so, once; a person's was issued when they were erased."""
    org, thing = stone["org"], stone["thing"]
    async with hub.database.writing_as_system(
        locks.of_streams(org, org, exclusive=True), hub.clock()
    ) as unit:
        # What an event does not say, the record does.
        unit.act, unit.rule, unit.log, unit.thing = "destruction.done", "tombstone", org, thing
        if stone["kind"] != "person":
            body = rules.certificate(stone, at=unit.now)
            stream = await org_stream(unit, org, access_changes=False)
            await issue(unit, hub.settings, stream, stone["kind"], thing, body, stone["within"] or thing)
        if (await unit.write(retention.DONE, thing, unit.now)).endswith(" 0"):
            raise Refused("conflict", "Another worker was first.")
        await unit.connection.execute(retention.DESTROYED, thing)
    await hub.bus.wake()
    logger.info("destroyed", kind=stone["kind"], thing=str(thing))


async def lock_objects(hub: Hub) -> int:
    """Have the object store keep what is held too, and let go of what is not held any more; how many objects."""
    system, n = hub.database.system, 0
    for row in await system.fetch(holds.TO_LOCK, ROUND):
        await hub.blobs.keep(row["name"], row["version"], True)
        await system.execute(holds.LOCKED, row["id"], row["name"], row["version"] or "")
        n += 1
    for row in await system.fetch(holds.TO_UNLOCK, ROUND):
        await hub.blobs.keep(row["name"], row["version"], False)
        await system.execute(holds.UNLOCKED, row["id"])
        n += 1
    return n
