"""Legal holds over HTTP."""

from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.params import QueryParameter

from hub.context import Hub, Who
from hub.holds import actions
from hub.http.auth import OF_ADMIN
from hub.http.inputs import After, Key, Limit
from schemas.answers import Answer, Page
from schemas.holds import Hold, RaiseHold, ReleaseHold

Released = Annotated[bool, QueryParameter(default=False, description="Those that were released too.")]


@post("/v1/orgs/{org:uuid}/holds", opt=OF_ADMIN)
async def raise_hold(hub: Hub, who: Who, org: UUID, data: RaiseHold, key: Key) -> Answer[Hold]:
    """Keep a case, a document or a person whatever a schedule, a request or an administrator says."""
    return await actions.raise_hold(hub, who, org, data, key)


@get("/v1/orgs/{org:uuid}/holds")
async def list_holds(
    hub: Hub, who: Who, org: UUID, limit: Limit, after: After, released: Released = False
) -> Page[Hold]:
    """The holds of an organisation, newest first; for its administrators."""
    return await actions.list_holds(hub, who, org, released=released, limit=limit, after=after)


@get("/v1/cases/{case:uuid}/holds")
async def list_case_holds(hub: Hub, who: Who, case: UUID) -> Page[Hold]:
    """The holds that stand on a case and its documents, for those who staff it; for others there are none."""
    return await actions.list_case_holds(hub, who, case)


@post("/v1/orgs/{org:uuid}/holds/{hold:uuid}/release", status_code=200, opt=OF_ADMIN)
async def release_hold(hub: Hub, who: Who, org: UUID, hold: UUID, data: ReleaseHold) -> Answer[Hold]:
    """Release a hold, with a reason; it stays as history. It asks who you are once more. Repeating is free, so it needs
    no Idempotency-Key."""
    return await actions.release_hold(hub, who, org, hold, data)


ROUTES = [raise_hold, list_holds, list_case_holds, release_hold]
