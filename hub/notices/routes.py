"""The inbox over HTTP."""

from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.params import QueryParameter

from hub.context import Hub, Who
from hub.http.inputs import After, Limit
from hub.notices import actions
from schemas.answers import Answer, Page
from schemas.notices import Notice

Unacked = Annotated[
    bool, QueryParameter(name="unacked", default=False, description="Only what I have not acknowledged.")
]


@get("/v1/inbox")
async def list_inbox(hub: Hub, who: Who, unacked: Unacked, limit: Limit, after: After) -> Page[Notice]:
    """My notices, newest first. `as_of.seq` is of my own stream."""
    return await actions.list_inbox(hub, who, unacked=unacked, limit=limit, after=after)


@post("/v1/inbox/{notice:uuid}/ack", status_code=200)
async def ack_notice(hub: Hub, who: Who, notice: UUID) -> Answer[Notice]:
    """Acknowledge a notice. Repeating is free, so it needs no Idempotency-Key."""
    return await actions.ack_notice(hub, who, notice)


ROUTES = [list_inbox, ack_notice]
