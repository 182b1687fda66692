"""Schedules, dispositions and certificates over HTTP."""

from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.params import QueryParameter

from hub.context import Hub, Who
from hub.http.auth import OF_ADMIN
from hub.http.inputs import After, IfMatch, Limit
from hub.retention import actions
from schemas.answers import Answer, Page
from schemas.retention import (
    Approve,
    Certificate,
    Disposition,
    DispositionState,
    Due,
    KeepLonger,
    Schedule,
    SetSchedule,
)

State = Annotated[
    DispositionState | None, QueryParameter(name="state", default=None, description="Those in this state.")
]


@get("/v1/orgs/{org:uuid}/schedules")
async def list_schedules(hub: Hub, who: Who, org: UUID) -> Page[Schedule]:
    """How long an organisation keeps what is of each case type; for its administrators."""
    return await actions.list_schedules(hub, who, org)


@post("/v1/orgs/{org:uuid}/schedules", status_code=200, opt=OF_ADMIN)
async def set_schedule(hub: Hub, who: Who, org: UUID, data: SetSchedule) -> Answer[Schedule]:
    """Keep what is of a case type for another time than it declares. It asks who you are once more. It says the same
    thing again, so it needs no Idempotency-Key."""
    return await actions.set_schedule(hub, who, org, data)


@get("/v1/orgs/{org:uuid}/dispositions")
async def list_dispositions(
    hub: Hub, who: Who, org: UUID, limit: Limit, after: After, which: State = None
) -> Page[Due]:
    """What a schedule says is due, what was decided about it and what is destroyed; for administrators."""
    return await actions.list_dispositions(hub, who, org, state=which, limit=limit, after=after)


@post("/v1/orgs/{org:uuid}/dispositions/{disposition:uuid}/keep", status_code=200, opt=OF_ADMIN)
async def keep_longer(
    hub: Hub, who: Who, org: UUID, disposition: UUID, data: KeepLonger, revision: IfMatch
) -> Answer[Disposition]:
    """Keep it until a day, with a reason. By revision, so it needs no Idempotency-Key."""
    return await actions.keep_longer(hub, who, org, disposition, data, revision)


@post("/v1/orgs/{org:uuid}/dispositions/{disposition:uuid}/approve", status_code=200, opt=OF_ADMIN)
async def approve(
    hub: Hub, who: Who, org: UUID, disposition: UUID, data: Approve, revision: IfMatch
) -> Answer[Disposition]:
    """Destroy it for good, refused where a hold stands. It asks who you are once more. By revision, so it needs no
    Idempotency-Key."""
    return await actions.approve(hub, who, org, disposition, data, revision)


@get("/v1/orgs/{org:uuid}/certificates")
async def list_certificates(hub: Hub, who: Who, org: UUID, limit: Limit, after: After) -> Page[Certificate]:
    """What was destroyed: when, by whom, under which schedule, with the hashes of what it was; newest first."""
    return await actions.list_certificates(hub, who, org, limit, after)


@get("/v1/orgs/{org:uuid}/certificates/{certificate:uuid}")
async def read_certificate(hub: Hub, who: Who, org: UUID, certificate: UUID) -> Answer[Certificate]:
    """One certificate of destruction."""
    return await actions.read_certificate(hub, who, org, certificate)


ROUTES = [
    list_schedules, set_schedule, list_dispositions, keep_longer, approve, list_certificates, read_certificate,
]  # fmt: skip
