"""A case's events over HTTP: what the socket brings, for those who poll or came late."""

from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter

from hub.context import Hub, Who
from hub.events import actions
from hub.http.inputs import AS, Limit
from schemas.answers import Page
from schemas.events import EventView
from schemas.limits import BIGINT_MAX

Epoch = Annotated[str | None, QueryParameter(max_length=64)]
After = Annotated[
    int, QueryParameter(name="after", ge=0, le=BIGINT_MAX, description="The last seq that you hold.")
]


@get("/v1/cases/{case:uuid}/events", opt=AS)
async def list_events(
    hub: Hub,
    who: Who,
    case: UUID,
    limit: Limit,
    epoch: Epoch = None,
    seq: After = 0,
) -> Page[EventView]:
    """The events of a case after a seq, in order; another epoch is 410 `reset`."""
    return await actions.list_events(hub, who, case, epoch, seq, limit)


ROUTES = [list_events]
