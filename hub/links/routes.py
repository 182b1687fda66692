"""Links in the mail over HTTP. Whoever opens one is shown a button: reading a mail, as scanners do, uses nothing up."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, post

from hub.context import Hub, Who
from hub.http.auth import OF_ADMIN, PUBLIC
from hub.links import actions
from hub.providers.routes import journey_cookie, journey_of
from hub.sessions.caller import caller_of
from hub.sessions.routes import cookies
from schemas.limits import LINK_MINUTES
from schemas.links import AskLink, LinkHolders, UseLink
from schemas.people import Me
from schemas.sessions import MfaNeeded

AnyRequest = Request[Any, Any, Any]


@post("/v1/session/link/ask", status_code=204, opt=PUBLIC)
async def ask_link(hub: Hub, request: AnyRequest, data: AskLink) -> Response[None]:
    """Mail a link to this address, if its owner comes in by links. The answer is the same for every address."""
    caller = caller_of(hub.settings, request)
    browser = await actions.ask_link(hub, data.email, caller, journey_of(hub, request))
    return Response(None, status_code=204, cookies=[journey_cookie(hub, browser, LINK_MINUTES)])


@post("/v1/session/link", status_code=200, opt=PUBLIC)
async def use_link(hub: Hub, request: AnyRequest, data: UseLink) -> Response[Me | MfaNeeded]:
    """Come in by a link. It works once."""
    done = await actions.use_link(hub, data.token, caller_of(hub.settings, request), journey_of(hub, request))
    if isinstance(done, MfaNeeded):
        return Response(done)
    return Response(done.me, cookies=cookies(hub, done))


@get("/v1/orgs/{org:uuid}/links")
async def list_holders(hub: Hub, who: Who, org: UUID) -> LinkHolders:
    """Whom staff let come in by links; for staff."""
    return await actions.list_holders(hub, who, org)


@post("/v1/orgs/{org:uuid}/people/{person:uuid}/link", status_code=204, opt=OF_ADMIN)
async def give_link(hub: Hub, who: Who, org: UUID, person: UUID) -> None:
    """Let an outside person come in by links, and mail one. Each call mails another one, so it needs no key."""
    await actions.give_link(hub, who, org, person)


@delete("/v1/orgs/{org:uuid}/people/{person:uuid}/link", opt=OF_ADMIN)
async def take_link(hub: Hub, who: Who, org: UUID, person: UUID) -> None:
    """No more links for them."""
    await actions.take_link(hub, who, org, person)


ROUTES = [ask_link, use_link, list_holders, give_link, take_link]
