"""Cases as others see them, over HTTP."""

from typing import Annotated, TypeVar
from uuid import UUID

from litestar import Response, get, post
from litestar.params import PathParameter, QueryParameter

from hub.context import Hub, Who
from hub.http.auth import OF_ADMIN, PUBLIC
from hub.http.inputs import After, Limit
from hub.views import actions
from schemas.answers import Answer, Page
from schemas.views import Publication, PublicCase, PublicOffice, Reason, SetPublication

T = TypeVar("T")
Filter = Annotated[str | None, QueryParameter(max_length=100, default=None)]

# The only answers that anybody in between may keep: they are the same for everybody.
FOR_ALL = {"cache-control": "public, max-age=60"}


def _for_all(content: T) -> Response[T]:
    return Response(content, headers=FOR_ALL)


@get("/v1/public/{org:uuid}", opt=PUBLIC)
async def read_office(hub: Hub, org: UUID) -> Response[PublicOffice]:
    """An organisation that shows cases to everybody, and how to read them."""
    return _for_all(await actions.read_office(hub, org))


@get("/v1/public/{org:uuid}/cases", opt=PUBLIC)
async def list_public(
    hub: Hub,
    org: UUID,
    limit: Limit,
    after: After,
    type: Filter = None,
    status: Filter = None,
    category: Filter = None,
) -> Response[Page[PublicCase]]:
    """The public side of an organisation's cases, newest first. `status` is a status, `open` or `closed`."""
    return _for_all(
        await actions.list_public(
            hub, org, type=type, status=status, category=category, limit=limit, after=after
        )
    )


@get("/v1/public/{org:uuid}/cases/{number:str}", opt=PUBLIC)
async def read_public(
    hub: Hub, org: UUID, number: Annotated[str, PathParameter(max_length=50)]
) -> Response[Answer[PublicCase]]:
    """The public side of one case, by its number."""
    return _for_all(await actions.read_public(hub, org, number))


@get("/v1/orgs/{org:uuid}/publication")
async def read_publication(hub: Hub, who: Who, org: UUID) -> Publication:
    """Of which case types the organisation shows the public side; for its administrators."""
    return await actions.read_publication(hub, who, org)


@post("/v1/orgs/{org:uuid}/publication", status_code=200, opt=OF_ADMIN)
async def set_publication(hub: Hub, who: Who, org: UUID, data: SetPublication) -> Publication:
    """Show the public side of these case types and of no others."""
    return await actions.set_publication(hub, who, org, data)


@get("/v1/cases/{case:uuid}/access")
async def list_access(hub: Hub, who: Who, case: UUID, limit: Limit, after: After) -> Page[Reason]:
    """Who may see a case, and why; for those who may let people into it."""
    return await actions.list_access(hub, who, case, limit, after)


@get("/v1/cases/{case:uuid}/access/{person:uuid}")
async def explain_access(hub: Hub, who: Who, case: UUID, person: UUID, thing: UUID | None = None) -> Reason:
    """Why somebody sees the case or a thing of it (a conversation, a document ...), or does not."""
    return await actions.explain_access(hub, who, case, person, thing)


ROUTES = [
    read_office,
    list_public,
    read_public,
    read_publication,
    set_publication,
    list_access,
    explain_access,
]
