"""Making teams, and who is in them. Who joins or leaves gains or loses what the team opens in the same transaction."""

from uuid import UUID

from hub.context import Hub, Who, key_of
from hub.settling import org_stream, settle
from hub.teams import rules
from schemas.answers import Answer, Page
from schemas.errors import Refused
from schemas.events import NewEvent
from schemas.facts import Stream, check_revision
from schemas.ids import new_id
from schemas.positions import AsOf
from schemas.teams import AddMember, MakeTeam, OpenedCase, RenameTeam, Team
from storage.postgres import access, locks, people, teams
from storage.postgres.rows import cursor, read, read_cursor
from storage.postgres.unit import Unit

TAKEN = "The organisation has a team of this name already."


async def list_teams(hub: Hub, who: Who, org: UUID, limit: int, after: str | None) -> Page[Team]:
    """The teams of an organisation with their members, for its staff; the oldest first."""
    beyond = read_cursor(after, UUID)
    async with hub.reading(who) as connection:
        if await connection.fetchval(people.ROLE, org) not in rules.STAFF_SEATS:
            raise Refused("not_found")
        rows = await connection.fetch(teams.PAGE, org, beyond[0] if beyond else None, limit + 1)
        head = await connection.fetchval("select stream_head($1)", org)
    items = [teams.team(row) for row in rows]
    more = cursor(str(items[limit - 1].id)) if len(items) > limit else None
    return Page(items[:limit], more, AsOf(hub.database.epoch, seq=head))


async def read_team(hub: Hub, who: Who, org: UUID, id: UUID) -> Answer[Team]:
    async with hub.reading(who) as connection:
        row = await connection.fetchrow(teams.ONE, org, id)
        head = await connection.fetchval("select stream_head($1)", org)
    if row is None:
        raise Refused("not_found")
    return Answer(teams.team(row), AsOf(hub.database.epoch, seq=head))


async def list_cases(
    hub: Hub, who: Who, org: UUID, id: UUID, limit: int, after: str | None
) -> Page[OpenedCase]:
    """Only those that the asker sees: how many there are else is not said."""
    below = read_cursor(after, UUID)
    async with hub.reading(who) as connection:
        if await connection.fetchrow(teams.ONE, org, id) is None:
            raise Refused("not_found")
        rows = await connection.fetch(teams.OPENS, org, id, below[0] if below else None, limit + 1)
    items = [read(row, OpenedCase) for row in rows]
    more = cursor(str(items[limit - 1].id)) if len(items) > limit else None
    return Page(items[:limit], more, AsOf(hub.database.epoch))


async def make_team(hub: Hub, who: Who, org: UUID, request: MakeTeam, key: UUID) -> Answer[Team]:
    remembered = key_of(key, "make_team", org, request)
    async with hub.writing(who, locks.of_streams(org, exclusive=True), remembered) as unit:
        await _may_manage(unit, org)
        if made := await unit.recall():
            return Answer(await _found(unit, org, made), AsOf(hub.database.epoch))
        await _free(unit, org, request.name, None)
        count = await unit.connection.fetchval(teams.COUNT, org)
        new = rules.make(request.name, org=org, id=new_id(), teams=count, now=unit.now)
        stream = await _tell(unit, new)
        await unit.write(teams.INSERT, new.id, org, new.name, unit.now, who.person)
    return Answer(new, unit.as_of(stream))


async def rename_team(
    hub: Hub, who: Who, org: UUID, id: UUID, request: RenameTeam, revision: int
) -> Answer[Team]:
    async with hub.writing(who, locks.of_streams(org, exclusive=True)) as unit:
        await _may_manage(unit, org)
        before = await _found(unit, org, id)
        check_revision(revision, before.revision)
        await _free(unit, org, request.name, id)
        after = rules.rename(before, request.name)
        stream = await _tell(unit, after)
        await unit.write(teams.RENAME, id, after.name)
    return Answer(after, unit.as_of(stream))


async def add_member(hub: Hub, who: Who, org: UUID, id: UUID, request: AddMember) -> Answer[Team]:
    """Somebody who is in it already changes nothing."""
    person = request.person
    async with hub.writing(who, locks.of_streams(org, exclusive=True, also=locks.along(org, person))) as unit:
        await _may_manage(unit, org)
        before = await _found(unit, org, id)
        if person in before.members:
            return Answer(before, AsOf(hub.database.epoch))
        staff = await unit.connection.fetchval(access.SEATED, org, [person], list(rules.STAFF_SEATS))
        cases = await unit.connection.fetchval(teams.CASES_OF, id)
        after = rules.add(before, person, staff=staff, cases=cases)
        stream = await _tell(unit, after)
        await unit.write(teams.JOIN, id, person, org, unit.now)
        await settle(unit, org, people=[person], cases=None)
    return Answer(after, unit.as_of(stream))


async def remove_member(hub: Hub, who: Who, org: UUID, id: UUID, person: UUID) -> Answer[Team]:
    """What the team opened to them is closed at once. Somebody who is not in it changes nothing."""
    async with hub.writing(who, locks.of_streams(org, exclusive=True, also=locks.along(org, person))) as unit:
        await _may_manage(unit, org)
        before = await _found(unit, org, id)
        if person not in before.members:
            return Answer(before, AsOf(hub.database.epoch))
        stream = await org_stream(unit, org)
        after = await _leave(unit, stream, before, person)
        await settle(unit, org, people=[person], cases=None)
    return Answer(after, unit.as_of(stream))


async def dissolve_team(hub: Hub, who: Who, org: UUID, id: UUID) -> Answer[Team]:
    """All leave at once. It stays as history, and a wall against it keeps out whom it kept out. Repeating is free."""
    lock = locks.of_streams(org, exclusive=True, also=locks.along(org, also=locks.members_of(id)))
    async with hub.writing(who, lock) as unit:
        await _may_manage(unit, org)
        before = await _found(unit, org, id)
        if before.dissolved_at is not None:
            return Answer(before, AsOf(hub.database.epoch))
        after = rules.dissolve(before, unit.now)
        stream = await _tell(unit, after)
        await unit.write(teams.DISSOLVE, id, unit.now)
        if before.members:
            await settle(unit, org, people=before.members, cases=None)
    return Answer(after, unit.as_of(stream))


async def leave_teams(unit: Unit, org: UUID, person: UUID) -> None:
    """Who is staff of the organisation no more is in none of its teams. The unit holds the organisation's lock alone;
    whoever takes the place away settles what follows."""
    rows = await unit.connection.fetch(teams.OF_PERSON, org, person)
    if rows:
        stream = await org_stream(unit, org)
        for row in rows:
            await _leave(unit, stream, teams.team(row), person)


async def _leave(unit: Unit, stream: Stream, before: Team, person: UUID) -> Team:
    after = rules.remove(before, person)
    unit.append(stream, NewEvent("team.changed", after.id, after, rules.STAFF_SEATS))
    await unit.write(teams.LEAVE, after.id, person, unit.now)
    return after


async def _tell(unit: Unit, team: Team) -> Stream:
    stream = await org_stream(unit, team.org)
    unit.append(stream, NewEvent("team.changed", team.id, team, rules.STAFF_SEATS))
    return stream


async def _may_manage(unit: Unit, org: UUID) -> None:
    rules.may_manage(await unit.role(org))


async def _found(unit: Unit, org: UUID, id: UUID) -> Team:
    row = await unit.connection.fetchrow(teams.ONE, org, id)
    if row is None:
        raise Refused("not_found")
    return teams.team(row)


async def _free(unit: Unit, org: UUID, name: str, own: UUID | None) -> None:
    holder = await unit.connection.fetchval(teams.NAMED, org, name)
    if holder is not None and holder != own:
        raise Refused("conflict", TAKEN)
