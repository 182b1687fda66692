"""Teams on cases: who is in a team takes part while it does. Changes of access hold the organisation's lock alone."""

from uuid import UUID

from hub.context import Hub, Who, key_of
from hub.paging import read_page
from hub.settling import settle
from hub.teams import rules
from schemas.answers import Answer, Page
from schemas.errors import Refused, bad_input
from schemas.events import Access, NewEvent
from schemas.facts import CaseFacts
from schemas.ids import new_id
from schemas.teams import GrantTeam, TeamCase
from storage.postgres import access, locks, teams
from storage.postgres.unit import Unit


async def grant_team(hub: Hub, who: Who, case: UUID, request: GrantTeam, key: UUID) -> Answer[TeamCase]:
    """Let a team take part in a case, in a role of side staff."""
    remembered = key_of(key, "grant_team", case, request)
    lock = locks.of_access("cases", case, also=locks.members_of(request.team))
    async with hub.writing(who, lock, remembered) as unit:
        facts, _ = await unit.facts(teams.CASE, case)
        if again := await unit.recalled(facts, teams.ONE_OF_CASE, teams.team_case):
            return again
        facts.require("participant.grant", open=False)
        found = await unit.connection.fetchrow(teams.ONE, facts.org, request.team)
        if found is None:
            raise bad_input("$.team", "the organisation has no team with this id")
        row = await unit.connection.fetchrow(teams.HELD, case, request.team, request.role)
        new = rules.grant(
            facts,
            teams.team_case(row) if row else None,
            teams.team(found),
            request.role,
            cases=await unit.connection.fetchval(teams.CASES_OF, request.team),
            id=new_id(),
            now=unit.now,
        )
        await _tell(unit, facts, "team_case.granted", new)
        await unit.write(
            teams.GRANT, new.id, new.team, case, facts.org, new.role, facts.staff, unit.now, who.person
        )
        await settle(unit, facts.org, people=None, cases=[case])
    return Answer(new, unit.as_of(facts.stream))


async def revoke_team(hub: Hub, who: Who, case: UUID, id: UUID) -> Answer[TeamCase]:
    """Take a team off a case: who takes part by it alone leaves the case at once. Repeating is free."""
    async with hub.reading(who) as connection:
        row = await connection.fetchrow(teams.ONE_OF_CASE, id)
    if row is None:
        raise Refused("not_found")
    lock = locks.of_access("team_cases", id, also=locks.members_of(row["team"]))
    async with hub.writing(who, lock) as unit:
        facts, row = await unit.facts(teams.TEAM_CASE, id)
        held = teams.team_case(row)
        if held.case != case:
            raise Refused("not_found")
        if held.revoked_at is not None:
            return Answer(held, unit.as_of(facts.stream))
        after = rules.revoke(facts, held, now=unit.now)
        await _tell(unit, facts, "team_case.revoked", after)
        await unit.write(teams.REVOKE, id, unit.now)
        await settle(unit, facts.org, people=None, cases=[case])
    return Answer(after, unit.as_of(facts.stream))


async def list_teams_of_case(hub: Hub, who: Who, case: UUID, limit: int, after: str | None) -> Page[TeamCase]:
    return await read_page(hub, who, teams.OF_CASE, teams.team_case, case, limit, after)


async def _tell(unit: Unit, facts: CaseFacts, type: str, after: TeamCase) -> None:
    facts.stream.access = Access(*await unit.connection.fetchval(access.RAISE, facts.org, facts.case))
    unit.append(facts.stream, NewEvent(type, after.id, after, facts.staff))
