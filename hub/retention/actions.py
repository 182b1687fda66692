"""Schedules, the review of what is due, and certificates of what was destroyed; for administrators alone.

To approve is to destroy: the tombstone and the end of the keys come in that transaction, refused where a hold stands.
What is left, `workers/retention.py` removes.
"""

from typing import Any
from uuid import UUID

from hub.context import Hub, Who
from hub.people.rules import may_administer
from hub.retention import rules
from hub.retention.certifying import KEEPERS
from hub.sessions.standing import proved_recently
from hub.settling import org_stream, settle
from schemas.answers import Answer, Page
from schemas.errors import Refused
from schemas.events import NewEvent
from schemas.limits import SCHEDULES_MAX
from schemas.positions import AsOf
from schemas.retention import (
    Approve,
    Certificate,
    Disposition,
    Due,
    KeepLonger,
    Schedule,
    SetSchedule,
)
from storage.postgres import holds, locks, people, retention
from storage.postgres.rows import cursor, read, read_cursor
from storage.postgres.unit import Unit


async def list_schedules(hub: Hub, who: Who, org: UUID) -> Page[Schedule]:
    """How long the organisation keeps what, case type by case type."""
    async with hub.reading(who) as connection:
        may_administer(await connection.fetchval(people.ROLE, org))
        items = await schedules_of(connection, org)
        head = await connection.fetchval("select stream_head($1)", org)
    return Page(items, None, AsOf(hub.database.epoch, seq=head))


async def schedules_of(on: Any, org: UUID) -> list[Schedule]:
    types = await on.fetchval(retention.TYPES, org)
    rows = await on.fetch(retention.SCHEDULES, org)
    return rules.schedules(org, types or (), [read(row, Schedule, declared=None) for row in rows])


async def set_schedule(hub: Hub, who: Who, org: UUID, request: SetSchedule) -> Answer[Schedule]:
    """Keep what is of a case type for another time than it declares. Saying the same again changes nothing."""
    async with hub.writing(who, locks.of_streams(org, org, exclusive=True)) as unit:
        may_administer(await unit.connection.fetchval(people.ROLE, org))
        await proved_recently(unit.connection, who, unit.now)
        rules.check_schedule(request, await unit.connection.fetchval(retention.TYPES, org))
        before = await _schedule(unit, org, request.type, request.kind)
        if before is not None and (before.years, before.reason) == (request.years, request.reason):
            return Answer(before, AsOf(hub.database.epoch))
        if before is None and len(await unit.connection.fetch(retention.SCHEDULES, org)) >= SCHEDULES_MAX:
            raise Refused("conflict", f"An organisation sets at most {SCHEDULES_MAX} schedules.")
        after = Schedule(
            org, request.type, request.kind, request.years, rules.declared_years(request.type, request.kind),
            request.reason, unit.now, who.person, before.revision + 1 if before else 1,
        )  # fmt: skip
        stream = await org_stream(unit, org, access_changes=False)
        unit.append(stream, NewEvent("schedule.set", org, after, KEEPERS))
        await unit.write(
            retention.SET_SCHEDULE,
            org,
            after.type,
            after.kind,
            after.years,
            after.reason,
            unit.now,
            who.person,
        )
    return Answer(after, unit.as_of(stream))


async def _schedule(unit: Unit, org: UUID, type: str, kind: str) -> Schedule | None:
    row = await unit.connection.fetchrow(retention.SCHEDULE, org, type, kind)
    return read(row, Schedule, declared=rules.declared_years(type, kind)) if row else None


async def list_dispositions(
    hub: Hub, who: Who, org: UUID, *, state: str | None, limit: int, after: str | None
) -> Page[Due]:
    """What is due, was decided or is destroyed, oldest first; not of cases that a wall closes to the asker."""
    above = read_cursor(after, UUID)
    async with hub.reading(who) as connection:
        may_administer(await connection.fetchval(people.ROLE, org))
        rows = await connection.fetch(retention.PAGE, org, above[0] if above else None, state, limit + 1)
        head = await connection.fetchval("select stream_head($1)", org)
    items = [_due(row) for row in rows]
    more = cursor(str(items[limit - 1].disposition.id)) if len(items) > limit else None
    return Page(items[:limit], more, AsOf(hub.database.epoch, seq=head))


def _due(row: Any) -> Due:
    return Due(retention.disposition(row), row["number"], row["title"], row["name"], row["hold"])


async def keep_longer(
    hub: Hub, who: Who, org: UUID, id: UUID, request: KeepLonger, revision: int
) -> Answer[Disposition]:
    """Not now: until a day, with a reason."""
    seen = await _seen(hub, who, org, id)
    async with hub.writing(who, locks.of_row("cases", seen.case_id)) as unit:
        before = (await _found(unit.connection, org, id)).disposition
        after = rules.keep(before, request, revision=revision, by=who.person, now=unit.now)
        facts, _ = await unit.facts(retention.CASE, before.case_id)
        unit.append(facts.stream, NewEvent("disposition.kept", id, after, KEEPERS))
        await unit.write(retention.KEEP, id, unit.now, who.person, request.reason, request.until)
    return Answer(after, unit.as_of(facts.stream))


async def approve(
    hub: Hub, who: Who, org: UUID, id: UUID, request: Approve, revision: int
) -> Answer[Disposition]:
    """Destroy it: nobody sees it from here on, and its keys are gone with the commit. `held` where a hold stands."""
    seen = await _seen(hub, who, org, id)
    lock = locks.of_access("cases", seen.case_id, org, also=locks.taking_part(seen.case_id))
    async with hub.writing(who, lock) as unit, holds.spared():
        due = await _found(unit.connection, org, id)
        await proved_recently(unit.connection, who, unit.now)
        rules.check_decision(due.disposition, revision)
        facts, _ = await unit.facts(retention.CASE, due.disposition.case_id)
        if facts.is_open:
            raise Refused("conflict", "The case is open again; what is in it is not due any more.")
        after = rules.approve(
            due.disposition,
            request,
            revision=revision,
            held=due.hold is not None,
            by=who.person,
            now=unit.now,
        )
        unit.append(facts.stream, NewEvent("disposition.approved", id, after, KEEPERS))
        await unit.write(retention.APPROVE, id, unit.now, who.person, request.reason)
        # The last word, and the end of the keys: what comes after it sees the case no more.
        await org_stream(unit, org)
        await unit.connection.fetchval(retention.BURY, id, unit.now)
        if after.kind == "case":
            await settle(unit, org, people=None, cases=[after.case_id])
    return Answer(after, unit.as_of(facts.stream))


async def list_certificates(
    hub: Hub, who: Who, org: UUID, limit: int, after: str | None
) -> Page[Certificate]:
    """What was destroyed, newest first."""
    below = read_cursor(after, UUID)
    async with hub.reading(who) as connection:
        may_administer(await connection.fetchval(people.ROLE, org))
        rows = await connection.fetch(retention.CERTIFICATES, org, below[0] if below else None, limit + 1)
        head = await connection.fetchval("select stream_head($1)", org)
    items = [retention.certificate(row) for row in rows]
    more = cursor(str(items[limit - 1].id)) if len(items) > limit else None
    return Page(items[:limit], more, AsOf(hub.database.epoch, seq=head))


async def read_certificate(hub: Hub, who: Who, org: UUID, id: UUID) -> Answer[Certificate]:
    async with hub.reading(who) as connection:
        row = await connection.fetchrow(retention.CERTIFICATE, org, id)
    if row is None:
        raise Refused("not_found")
    return Answer(retention.certificate(row), AsOf(hub.database.epoch))


async def _seen(hub: Hub, who: Who, org: UUID, id: UUID) -> Disposition:
    async with hub.reading(who) as connection:
        return (await _found(connection, org, id)).disposition


async def _found(on: Any, org: UUID, id: UUID) -> Due:
    row = await on.fetchrow(retention.ONE, org, id)
    if row is None:
        raise Refused("not_found")
    return _due(row)
