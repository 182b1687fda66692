"""Timeline entries over HTTP."""

from uuid import UUID

from litestar import get, post

from hub.context import Hub, Who
from hub.entries import actions
from hub.http.inputs import AS, After, Key, Limit
from schemas.answers import Answer, Page
from schemas.entries import AddEntry, Entry


@post("/v1/cases/{case:uuid}/entries")
async def add_entry(hub: Hub, who: Who, case: UUID, data: AddEntry, key: Key) -> Answer[Entry]:
    """Put a dated entry on the timeline: a note, a hearing, a docket entry."""
    return await actions.add_entry(hub, who, case, data, key)


@get("/v1/cases/{case:uuid}/entries", opt=AS)
async def list_entries(hub: Hub, who: Who, case: UUID, limit: Limit, after: After) -> Page[Entry]:
    """The timeline by the day things happened, newest first."""
    return await actions.list_entries(hub, who, case, limit, after)


ROUTES = [add_entry, list_entries]
