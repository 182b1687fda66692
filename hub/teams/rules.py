"""Who may make teams, who can be in one, and in which role one takes part in a case. Pure."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from schemas.access import ADMIN, DESK
from schemas.casetypes.kernel import Side
from schemas.errors import Refused, bad_input
from schemas.facts import CaseFacts, changed
from schemas.limits import TEAM_GRANTS_MAX, TEAM_MEMBERS_MAX, TEAMS_MAX
from schemas.teams import Team, TeamCase

STAFF_SEATS = (ADMIN, DESK)


def may_manage(mine: str | None) -> None:
    """`mine` is the asker's place in the organisation. Who is not of its staff is told of no teams at all."""
    if mine not in STAFF_SEATS:
        raise Refused("not_found")
    if mine != ADMIN:
        raise Refused("forbidden", "Only an administrator makes and changes teams.")


def make(name: str, *, org: UUID, id: UUID, teams: int, now: datetime) -> Team:
    if teams >= TEAMS_MAX:
        raise Refused("conflict", f"An organisation has at most {TEAMS_MAX} teams.")
    return Team(id, org, name, [], now, None, 1)


def rename(team: Team, name: str) -> Team:
    _standing(team)
    return changed(team, name=name)


def add(team: Team, person: UUID, *, staff: Collection[UUID], cases: int) -> Team:
    """`staff`: the person, if they are staff; `cases`: in how many the team takes part."""
    _standing(team)
    if person not in staff:
        raise bad_input("$.person", "only staff of the organisation can be in a team")
    if len(team.members) >= TEAM_MEMBERS_MAX:
        raise Refused("conflict", f"A team has at most {TEAM_MEMBERS_MAX} members.")
    _bounded(len(team.members) + 1, cases)
    return changed(team, members=[*team.members, person])


def remove(team: Team, person: UUID) -> Team:
    return changed(team, members=[one for one in team.members if one != person])


def dissolve(team: Team, now: datetime) -> Team:
    return replace(changed(team, members=[]), dissolved_at=now)


def grant(
    facts: CaseFacts, held: TeamCase | None, team: Team, role: str, *, cases: int, id: UUID, now: datetime
) -> TeamCase:
    """The team as it takes part; keeps the id of an earlier time in the same role."""
    facts.require("participant.grant", open=False)
    declared = facts.type.roles.get(role)
    if declared is None or declared.side is not Side.STAFF:
        sides = ", ".join(name for name, one in facts.type.roles.items() if one.side is Side.STAFF)
        raise bad_input("$.role", f"one of {sides} is needed: a team is staff")
    _standing(team)
    _bounded(len(team.members), cases + 1)
    if held is not None:
        if held.revoked_at is None:
            raise Refused("conflict", "This team takes part in this role already.")
        return changed(held, granted_at=now, granted_by=facts.viewer.person, revoked_at=None)
    return TeamCase(id, facts.case, team.id, role, now, facts.viewer.person, None, 1)


def revoke(facts: CaseFacts, held: TeamCase, *, now: datetime) -> TeamCase:
    facts.require("participant.grant", open=False)
    return changed(held, revoked_at=now)


def _standing(team: Team) -> None:
    if team.dissolved_at is not None:
        raise Refused("conflict", "This team was dissolved.")


def _bounded(members: int, cases: int) -> None:
    if members * cases > TEAM_GRANTS_MAX:
        raise Refused(
            "conflict", f"A team opens at most {TEAM_GRANTS_MAX} times: its members times its cases."
        )
