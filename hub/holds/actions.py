"""Raising and releasing legal holds. That nothing held is destroyed, the database sees to (`0014_keep.sql`)."""

from typing import Any
from uuid import UUID

from hub.context import Hub, Who, key_of
from hub.holds import rules
from hub.people.rules import may_administer
from hub.sessions.standing import proved_recently
from hub.settling import org_stream
from schemas.access import ADMIN, MEMBERSHIPS
from schemas.answers import Answer, Page
from schemas.errors import Refused
from schemas.events import NewEvent
from schemas.facts import Stream
from schemas.holds import Hold, RaiseHold, ReleaseHold
from schemas.ids import new_id
from schemas.limits import PAGE_ITEMS_MAX
from schemas.positions import AsOf
from storage.postgres import access, holds, locks, people
from storage.postgres.rows import cursor, read_cursor
from storage.postgres.unit import Unit

KEEPERS = (ADMIN,)


async def list_holds(
    hub: Hub, who: Who, org: UUID, *, released: bool, limit: int, after: str | None
) -> Page[Hold]:
    """An organisation's holds for its administrators, newest first; not those on cases that a wall closes to them."""
    below = read_cursor(after, UUID)
    async with hub.reading(who) as connection:
        may_administer(await connection.fetchval(people.ROLE, org))
        rows = await connection.fetch(holds.PAGE, org, below[0] if below else None, released, limit + 1)
        head = await connection.fetchval("select stream_head($1)", org)
    items = [holds.hold(row) for row in rows]
    more = cursor(str(items[limit - 1].id)) if len(items) > limit else None
    return Page(items[:limit], more, AsOf(hub.database.epoch, seq=head))


async def list_case_holds(hub: Hub, who: Who, case: UUID) -> Page[Hold]:
    """What stands on a case and its documents; for others than its staff there is nothing."""
    async with hub.reading(who) as connection:
        rows = await connection.fetch(holds.OF_CASE, case, PAGE_ITEMS_MAX)
        head = await connection.fetchval("select stream_head($1)", case)
    if not rows:
        raise Refused("not_found")
    items = [holds.hold(row) for row in rows if row["id"] is not None]
    return Page(items, None, AsOf(hub.database.epoch, seq=head))


async def raise_hold(hub: Hub, who: Who, org: UUID, request: RaiseHold, key: UUID) -> Answer[Hold]:
    remembered = key_of(key, "raise_hold", org, request)
    if request.kind == "person":
        lock = locks.of_streams(org, request.thing, exclusive=True)
    else:
        lock = locks.of_row("cases" if request.kind == "case" else "documents", request.thing)
    async with hub.writing(who, lock, remembered) as unit, holds.spared():
        if request.kind == "person":
            may_administer(await unit.connection.fetchval(people.ROLE, org))
            if made := await unit.recall():
                return await _again(unit, made)
            if not await unit.connection.fetchval(access.SEATED, org, [request.thing], list(MEMBERSHIPS)):
                raise Refused("not_found")
            case, stream, readers, type = (
                None, await org_stream(unit, org, access_changes=False), KEEPERS, "person_hold.raised",
            )  # fmt: skip
        else:
            facts, _ = await unit.facts(
                holds.CASE if request.kind == "case" else holds.DOCUMENT, request.thing
            )
            if facts.org != org:
                raise Refused("not_found")
            if made := facts.recall(unit.key):
                return await _again(unit, made)
            rules.may_raise(facts.roles)
            case, stream, readers, type = facts.case, facts.stream, facts.staff, "hold.raised"
        standing = await unit.connection.fetchval(holds.STANDING, org)
        new = rules.raised(
            request, id=new_id(), org=org, case=case, by=who.person, standing=standing, now=unit.now
        )
        unit.append(stream, NewEvent(type, new.id, new, readers))
        await unit.write(
            holds.INSERT, new.id, org, new.kind, new.thing, case, new.reason, unit.now, who.person
        )
    return Answer(new, unit.as_of(stream))


async def release_hold(hub: Hub, who: Who, org: UUID, id: UUID, request: ReleaseHold) -> Answer[Hold]:
    """It stays as history. One that was released already stays as it is, so repeating is free."""
    async with hub.reading(who) as connection:
        may_administer(await connection.fetchval(people.ROLE, org))
        seen = await _found(connection, org, id)
    if seen.case_id is None:
        lock = locks.of_streams(org, seen.thing, exclusive=True)
    else:
        lock = locks.of_row("cases", seen.case_id)
    async with hub.writing(who, lock) as unit:
        may_administer(await unit.connection.fetchval(people.ROLE, org))
        before = await _found(unit.connection, org, id)
        await proved_recently(unit.connection, who, unit.now)
        if before.released_at is not None:
            return Answer(before, AsOf(hub.database.epoch))
        after = rules.released(before, request.reason, by=who.person, now=unit.now)
        stream, readers, type = await _told(unit, before)
        unit.append(stream, NewEvent(type, id, after, readers))
        await unit.write(holds.RELEASE, id, unit.now, who.person, request.reason)
    return Answer(after, unit.as_of(stream))


async def _told(unit: Unit, hold: Hold) -> tuple[Stream, tuple[str, ...], str]:
    if hold.case_id is None:
        return await org_stream(unit, hold.org, access_changes=False), KEEPERS, "person_hold.released"
    facts, _ = await unit.facts(holds.CASE, hold.case_id)
    return facts.stream, facts.staff, "hold.released"


async def _again(unit: Unit, made: UUID) -> Answer[Hold]:
    row = await unit.connection.fetchrow(holds.MADE, made)
    if row is None:
        raise Refused("not_found")
    return Answer(holds.hold(row), AsOf(unit.epoch))


async def _found(on: Any, org: UUID, id: UUID) -> Hold:
    row = await on.fetchrow(holds.ONE, org, id)
    if row is None:
        raise Refused("not_found")
    return holds.hold(row)
