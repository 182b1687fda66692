"""Parties over HTTP."""

from uuid import UUID

from litestar import delete, get, patch, post

from hub.context import Hub, Who
from hub.http.inputs import AS, After, IfMatch, Key, Limit
from hub.parties import actions
from schemas.answers import Answer, Page
from schemas.parties import AddParty, ChangeParty, Party


@post("/v1/cases/{case:uuid}/parties")
async def add_party(hub: Hub, who: Who, case: UUID, data: AddParty, key: Key) -> Answer[Party]:
    """Write down a party with its contacts."""
    return await actions.add_party(hub, who, case, data, key)


@get("/v1/cases/{case:uuid}/parties", opt=AS)
async def list_parties(hub: Hub, who: Who, case: UUID, limit: Limit, after: After) -> Page[Party]:
    """The parties of a case, in the order they were added."""
    return await actions.list_parties(hub, who, case, limit, after)


@patch("/v1/parties/{party:uuid}")
async def change_party(hub: Hub, who: Who, party: UUID, data: ChangeParty, revision: IfMatch) -> Answer[Party]:
    """Change a party."""
    return await actions.change_party(hub, who, party, data, revision)


@delete("/v1/parties/{party:uuid}", status_code=200)
async def remove_party(hub: Hub, who: Who, party: UUID, revision: IfMatch) -> Answer[Party]:
    """Remove a party from the case."""
    return await actions.remove_party(hub, who, party, revision)


ROUTES = [add_party, list_parties, change_party, remove_party]
