"""Teams over HTTP."""

from uuid import UUID

from litestar import delete, get, patch, post

from hub.context import Hub, Who
from hub.http.auth import OF_ADMIN
from hub.http.inputs import After, IfMatch, Key, Limit
from hub.teams import actions, on_cases
from schemas.answers import Answer, Page
from schemas.teams import AddMember, GrantTeam, MakeTeam, OpenedCase, RenameTeam, Team, TeamCase


@post("/v1/orgs/{org:uuid}/teams", opt=OF_ADMIN)
async def make_team(hub: Hub, who: Who, org: UUID, data: MakeTeam, key: Key) -> Answer[Team]:
    """Make a team of an organisation; its members come one by one."""
    return await actions.make_team(hub, who, org, data, key)


@get("/v1/orgs/{org:uuid}/teams")
async def list_teams(hub: Hub, who: Who, org: UUID, limit: Limit, after: After) -> Page[Team]:
    """The teams of an organisation, for its staff. `as_of.seq` is of the organisation's stream."""
    return await actions.list_teams(hub, who, org, limit, after)


@get("/v1/orgs/{org:uuid}/teams/{team:uuid}")
async def read_team(hub: Hub, who: Who, org: UUID, team: UUID) -> Answer[Team]:
    """A team and its members."""
    return await actions.read_team(hub, who, org, team)


@get("/v1/orgs/{org:uuid}/teams/{team:uuid}/cases")
async def list_team_cases(
    hub: Hub, who: Who, org: UUID, team: UUID, limit: Limit, after: After
) -> Page[OpenedCase]:
    """The cases that a team opens to its members, of those that the asker sees; the newest first."""
    return await actions.list_cases(hub, who, org, team, limit, after)


@patch("/v1/orgs/{org:uuid}/teams/{team:uuid}", opt=OF_ADMIN)
async def rename_team(
    hub: Hub, who: Who, org: UUID, team: UUID, data: RenameTeam, revision: IfMatch
) -> Answer[Team]:
    """Give a team another name."""
    return await actions.rename_team(hub, who, org, team, data, revision)


@delete("/v1/orgs/{org:uuid}/teams/{team:uuid}", status_code=200, opt=OF_ADMIN)
async def dissolve_team(hub: Hub, who: Who, org: UUID, team: UUID) -> Answer[Team]:
    """Dissolve a team: all its members leave at once what it opened to them."""
    return await actions.dissolve_team(hub, who, org, team)


@post("/v1/orgs/{org:uuid}/teams/{team:uuid}/members", status_code=200, opt=OF_ADMIN)
async def add_member(hub: Hub, who: Who, org: UUID, team: UUID, data: AddMember) -> Answer[Team]:
    """Add somebody of the staff. Repeating is free, so it needs no Idempotency-Key."""
    return await actions.add_member(hub, who, org, team, data)


@delete("/v1/orgs/{org:uuid}/teams/{team:uuid}/members/{person:uuid}", status_code=200, opt=OF_ADMIN)
async def remove_member(hub: Hub, who: Who, org: UUID, team: UUID, person: UUID) -> Answer[Team]:
    """Take somebody out of a team; what it opened to them is closed at once."""
    return await actions.remove_member(hub, who, org, team, person)


@post("/v1/cases/{case:uuid}/teams")
async def grant_team(hub: Hub, who: Who, case: UUID, data: GrantTeam, key: Key) -> Answer[TeamCase]:
    """Let a team take part in a case, as a whole."""
    return await on_cases.grant_team(hub, who, case, data, key)


@get("/v1/cases/{case:uuid}/teams")
async def list_teams_of_case(hub: Hub, who: Who, case: UUID, limit: Limit, after: After) -> Page[TeamCase]:
    """The teams that take or took part in a case, oldest first; for its staff."""
    return await on_cases.list_teams_of_case(hub, who, case, limit, after)


@delete("/v1/cases/{case:uuid}/teams/{id:uuid}", status_code=200)
async def revoke_team(hub: Hub, who: Who, case: UUID, id: UUID) -> Answer[TeamCase]:
    """Take a team off a case."""
    return await on_cases.revoke_team(hub, who, case, id)


ROUTES = [
    make_team, list_teams, read_team, list_team_cases, rename_team, dissolve_team, add_member, remove_member,
    grant_team, list_teams_of_case, revoke_team,
]  # fmt: skip
