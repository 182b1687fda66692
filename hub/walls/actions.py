"""Raising, changing and lifting walls. Whom one keeps out loses the cases in the same transaction, everywhere at once.

What is answered to a wall that one may not see is what is answered to one that is not there. Those kept out are told
that access ended, as `hub.settling` tells it, and never why.
"""

from uuid import UUID

from hub.context import Hub, Who, key_of
from hub.people.rules import may_administer
from hub.sessions.standing import proved_recently
from hub.settling import org_stream, settle
from hub.walls import rules
from schemas.access import ADMIN, MEMBERSHIPS
from schemas.answers import Answer, Page
from schemas.errors import Refused
from schemas.events import NewEvent
from schemas.facts import Stream
from schemas.ids import new_id
from schemas.positions import AsOf
from schemas.walls import ChangeWall, LiftWall, RaiseWall, Wall
from storage.postgres import access, locks, people, teams, walls
from storage.postgres.rows import cursor, read_cursor
from storage.postgres.unit import Unit

KEEPERS = (ADMIN,)


async def list_walls(
    hub: Hub, who: Who, org: UUID, *, lifted: bool, limit: int, after: str | None
) -> Page[Wall]:
    """The walls of an organisation, for the administrators whom they do not keep out; the newest first."""
    below = read_cursor(after, UUID)
    async with hub.reading(who) as connection:
        may_administer(await connection.fetchval(people.ROLE, org))
        rows = await connection.fetch(walls.PAGE, org, below[0] if below else None, lifted, limit + 1)
        head = await connection.fetchval("select stream_head($1)", org)
    items = [walls.wall(row) for row in rows]
    more = cursor(str(items[limit - 1].id)) if len(items) > limit else None
    return Page(items[:limit], more, AsOf(hub.database.epoch, seq=head))


async def read_wall(hub: Hub, who: Who, org: UUID, id: UUID) -> Answer[Wall]:
    async with hub.reading(who) as connection:
        row = await connection.fetchrow(walls.ONE, org, id)
        head = await connection.fetchval("select stream_head($1)", org)
    if row is None:
        raise Refused("not_found")
    return Answer(walls.wall(row), AsOf(hub.database.epoch, seq=head))


async def raise_wall(hub: Hub, who: Who, org: UUID, request: RaiseWall, key: UUID) -> Answer[Wall]:
    remembered = key_of(key, "raise_wall", org, request)
    also = locks.along(org, *request.people, also=locks.members_of(*request.teams))
    lock = locks.of_streams(org, exclusive=True, also=also)
    async with hub.writing(who, lock, remembered) as unit:
        may_administer(await unit.role(org))
        if made := await unit.recall():
            return Answer(await _found(unit, org, made), AsOf(hub.database.epoch))
        await proved_recently(unit.connection, who, unit.now)
        new = rules.raise_wall(request, org=org, by=who.person, id=new_id(), now=unit.now)
        await _check(unit, new, None)
        stream = await _tell(unit, "wall.raised", new)
        await unit.write(
            walls.INSERT, new.id, org, new.title, new.reason, new.cases, new.people, new.teams, unit.now, who.person
        )  # fmt: skip
        await settle(unit, org, people=None, cases=new.cases)
    return Answer(new, unit.as_of(stream))


async def change_wall(
    hub: Hub, who: Who, org: UUID, id: UUID, request: ChangeWall, revision: int
) -> Answer[Wall]:
    named = request.people if isinstance(request.people, list) else []
    joined = request.teams if isinstance(request.teams, list) else []
    also = " union all ".join(part for part in (locks.behind(id), locks.members_of(*joined)) if part)
    async with hub.writing(
        who, locks.of_streams(org, exclusive=True, also=locks.along(org, *named, also=also))
    ) as unit:
        before = await _found(unit, org, id)
        await proved_recently(unit.connection, who, unit.now)
        after = rules.change(before, request, revision=revision)
        if after is before:
            return Answer(before, AsOf(hub.database.epoch))
        await _check(unit, after, before)
        stream = await _tell(unit, "wall.changed", after)
        await unit.write(walls.CHANGE, id, after.title, after.reason, after.cases, after.people, after.teams)
        await settle(unit, org, people=None, cases={*before.cases, *after.cases})
    return Answer(after, unit.as_of(stream))


async def lift_wall(hub: Hub, who: Who, org: UUID, id: UUID, request: LiftWall) -> Answer[Wall]:
    """It stays as history. One that was lifted already stays as it is, so repeating is free."""
    also = locks.along(org, also=locks.behind(id))
    async with hub.writing(who, locks.of_streams(org, exclusive=True, also=also)) as unit:
        before = await _found(unit, org, id)
        await proved_recently(unit.connection, who, unit.now)
        if before.lifted_at is not None:
            return Answer(before, AsOf(hub.database.epoch))
        after = rules.lift(before, request.reason, by=who.person, now=unit.now)
        stream = await _tell(unit, "wall.lifted", after)
        await unit.write(walls.LIFT, id, unit.now, who.person, request.reason)
        await settle(unit, org, people=None, cases=before.cases)
    return Answer(after, unit.as_of(stream))


async def _found(unit: Unit, org: UUID, id: UUID) -> Wall:
    row = await unit.connection.fetchrow(walls.ONE, org, id)
    if row is None:
        raise Refused("not_found")
    unit.by_place(org, ADMIN)  # nobody else sees one
    return walls.wall(row)


async def _check(unit: Unit, wall: Wall, before: Wall | None) -> None:
    on = unit.connection
    rules.check(
        wall,
        before,
        cases=[row["id"] for row in await on.fetch(walls.CASES, wall.org, wall.cases)],
        known=await on.fetchval(access.SEATED, wall.org, wall.people, list(MEMBERSHIPS)),
        teams=[row["id"] for row in await on.fetch(teams.STANDING, wall.org, wall.teams)],
        behind=len(wall.people) + await on.fetchval(walls.BEHIND, wall.teams, wall.raised_at),
    )


async def _tell(unit: Unit, type: str, wall: Wall) -> Stream:
    """On the organisation's stream, where row-level security shows it to those who may see the wall itself."""
    stream = await org_stream(unit, wall.org)
    unit.append(stream, NewEvent(type, wall.id, wall, KEEPERS))
    return stream
