"""Participants over HTTP."""

from uuid import UUID

from litestar import delete, get, post

from hub.context import Hub, Who
from hub.http.inputs import AS, After, Key, Limit
from hub.participants import actions
from schemas.answers import Answer, Page
from schemas.participants import GrantParticipant, Participant


@post("/v1/cases/{case:uuid}/participants")
async def grant_participant(hub: Hub, who: Who, case: UUID, data: GrantParticipant, key: Key) -> Answer[Participant]:
    """Let a person take part in a role that the case type declares."""
    return await actions.grant_participant(hub, who, case, data, key)


@get("/v1/cases/{case:uuid}/participants", opt=AS)
async def list_participants(hub: Hub, who: Who, case: UUID, limit: Limit, after: After) -> Page[Participant]:
    """Who takes or took part, oldest first."""
    return await actions.list_participants(hub, who, case, limit, after)


@delete("/v1/cases/{case:uuid}/participants/{participant:uuid}", status_code=200)
async def revoke_participant(hub: Hub, who: Who, case: UUID, participant: UUID) -> Answer[Participant]:
    """Take a role away; whoever saw the case by it stops seeing it at once."""
    return await actions.revoke_participant(hub, who, case, participant)


ROUTES = [grant_participant, list_participants, revoke_participant]
