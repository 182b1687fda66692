"""Groups of a directory are teams: made, named and filled by it in one transaction each, as far as teams go."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from scim2_models import InvalidValueException, SearchRequest, UniquenessException

from hub.context import Hub, Who
from hub.scim.actions import administered, paged
from hub.scim.resources import base_of, check_version, group_of, page_of
from hub.settling import org_stream, settle
from hub.teams import actions as team_actions
from hub.teams import rules as team_rules
from schemas.access import ADMIN, DESK
from schemas.errors import Refused
from schemas.events import NewEvent
from schemas.ids import new_id
from schemas.limits import SCIM_TEXT_CHARS_MAX, TEAM_MEMBERS_MAX
from schemas.scim import Group
from schemas.teams import Team
from storage.postgres import access, locks, scim, teams
from storage.postgres.unit import Unit

Edit = Callable[[Group], Group]


async def read_group(hub: Hub, who: Who, org: UUID, id: UUID) -> Group:
    async with hub.reading(who) as connection:
        await administered(connection, org)
        return await _group(hub, connection, org, id)


async def list_groups(hub: Hub, who: Who, org: UUID, wanted: "SearchRequest[Group]") -> dict[str, Any]:
    condition = scim.Condition(scim.GROUPS, first=4)
    where = condition.visit(wanted.filter.ast) if wanted.filter else "true"
    start, count = paged(wanted)
    async with hub.reading(who) as connection:
        await administered(connection, org)
        rows = await connection.fetch(scim.group_listing(where), org, count, start - 1, *condition.values)
    base = base_of(hub.settings.public_url, org)
    shown = [group_of(row, base) for row in rows if row["id"] is not None]
    return page_of(shown, rows[0]["total"], start, Group, wanted)


async def create_group(hub: Hub, who: Who, org: UUID, group: Group) -> Group:
    name, members = _name(group), _members(group)
    async with hub.writing(who, locks.of_streams(org, exclusive=True, also=locks.along(org, *members))) as unit:
        await administered(unit.connection, org)
        unit.by_place(org, ADMIN)
        await _free(unit, org, name, None)
        count = await unit.connection.fetchval(teams.COUNT, org)
        team = team_rules.make(name, org=org, id=new_id(), teams=count, now=unit.now)
        stream = await org_stream(unit, org)
        unit.append(stream, NewEvent("team.changed", team.id, team, team_rules.STAFF_SEATS))
        await unit.write(teams.INSERT, team.id, org, name, unit.now, who.person)
        await _fill(unit, org, team, members, ())
        await unit.connection.execute(scim.SAVE_GROUP, team.id, org, group.external_id, unit.now)
        return await _group(hub, unit.connection, org, team.id)


async def change_group(hub: Hub, who: Who, org: UUID, id: UUID, if_match: str | None, edit: Edit) -> Group:
    """What `edit` makes of a group, whole or not at all."""
    async with hub.reading(who) as connection:
        await administered(connection, org)
        before = await _group(hub, connection, org, id)
    # Whose streams to lock: those who are in it, and those who will be. Whoever else came in meanwhile is found below.
    wanted = _members(edit(before.model_copy(deep=True)))
    locked = {*_members(before), *wanted}
    async with hub.writing(who, locks.of_streams(org, exclusive=True, also=locks.along(org, *locked))) as unit:
        await administered(unit.connection, org)
        unit.by_place(org, ADMIN)
        shown = await _group(hub, unit.connection, org, id)
        check_version(shown, if_match)
        after = edit(shown.model_copy(deep=True))
        held, members, name = _members(shown), _members(after), _name(after)
        if not {*held, *members} <= locked:
            raise Refused("unavailable", "Somebody else changes this group at the same time; try again.")
        team = teams.team(await unit.connection.fetchrow(teams.ONE, org, id))
        if name != team.name:
            await _free(unit, org, name, id)
            team = team_rules.rename(team, name)
            stream = await org_stream(unit, org)
            unit.append(stream, NewEvent("team.changed", team.id, team, team_rules.STAFF_SEATS))
            await unit.write(teams.RENAME, id, name)
        await _fill(
            unit,
            org,
            team,
            [one for one in members if one not in held],
            [one for one in held if one not in members],
        )
        if (after.external_id, name, set(members)) != (shown.external_id, shown.display_name, set(held)):
            await unit.connection.execute(scim.SAVE_GROUP, id, org, after.external_id, unit.now)
        return await _group(hub, unit.connection, org, id)


async def remove_group(hub: Hub, who: Who, org: UUID, id: UUID, if_match: str | None) -> None:
    """The team is dissolved: all leave at once what it opened to them, and it stays as history."""
    async with hub.reading(who) as connection:
        await administered(connection, org)
        check_version(await _group(hub, connection, org, id), if_match)
    await team_actions.dissolve_team(hub, who, org, id)


async def _group(hub: Hub, connection: Any, org: UUID, id: UUID) -> Group:
    row = await connection.fetchrow(scim.GROUP, org, id)
    if row is None:
        raise Refused("not_found")
    return group_of(row, base_of(hub.settings.public_url, org))


async def _fill(unit: Unit, org: UUID, team: Team, joining: Sequence[UUID], leaving: Sequence[UUID]) -> None:
    """One event for all of them; the last of them is its team."""
    if not joining and not leaving:
        return
    staff = await unit.connection.fetchval(access.SEATED, org, list(joining), list(team_rules.STAFF_SEATS))
    if others := set(joining) - set(staff):
        raise InvalidValueException(
            detail=f"members: only staff of the organisation ({DESK}, {ADMIN}) can be in a group, not {min(others)}."
        )
    cases = await unit.connection.fetchval(teams.CASES_OF, team.id)
    stream = await org_stream(unit, org)
    for person in leaving:
        team = team_rules.remove(team, person)
        await unit.write(teams.LEAVE, team.id, person, unit.now)
    for person in joining:
        team = team_rules.add(team, person, staff=staff, cases=cases)
        await unit.write(teams.JOIN, team.id, person, org, unit.now)
    unit.append(stream, NewEvent("team.changed", team.id, team, team_rules.STAFF_SEATS))
    await unit.flush()
    await settle(unit, org, people=[*joining, *leaving], cases=None)


async def _free(unit: Unit, org: UUID, name: str, own: UUID | None) -> None:
    holder = await unit.connection.fetchval(teams.NAMED, org, name)
    if holder is not None and holder != own:
        raise UniquenessException(detail=team_actions.TAKEN)


def _name(group: Group) -> str:
    name = (group.display_name or "").strip()
    if not 1 <= len(name) <= SCIM_TEXT_CHARS_MAX or len(group.external_id or "") > SCIM_TEXT_CHARS_MAX:
        raise InvalidValueException(
            detail=f"displayName and externalId have {SCIM_TEXT_CHARS_MAX} characters at most."
        )
    return name


def _members(group: Group) -> list[UUID]:
    """Each once, in their order. Raises `invalidValue` for what is no id of a user."""
    members = group.members or []
    if len(members) > TEAM_MEMBERS_MAX:
        raise InvalidValueException(detail=f"A group has {TEAM_MEMBERS_MAX} members at most.")
    try:
        return list(dict.fromkeys(UUID(member.value or "") for member in members))
    except ValueError:
        raise InvalidValueException(detail="members.value: the id of a user is needed.") from None
