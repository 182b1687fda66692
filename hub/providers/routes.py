"""Outside identity providers over HTTP: signing in, linking, and the administrators' list."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, patch, post
from litestar.datastructures import Cookie

from hub.context import Hub, Who
from hub.http.auth import OF_ADMIN, OF_OWN, PUBLIC
from hub.http.inputs import IfMatch
from hub.providers import actions, administering
from hub.providers.actions import Left
from hub.sessions.caller import caller_of
from hub.sessions.routes import cookies
from hub.sessions.signing import SignedIn
from schemas.answers import Answer, Page
from schemas.credentials import journey_cookie_name
from schemas.limits import JOURNEY_MINUTES, TOKEN_BYTES_MAX
from schemas.people import Me
from schemas.providers import (
    Departure,
    EditProvider,
    Identities,
    Linked,
    NewProvider,
    Provider,
    Return,
    WaysIn,
)
from schemas.sessions import MfaNeeded

AnyRequest = Request[Any, Any, Any]


@get("/v1/session/providers", opt=PUBLIC)
async def list_ways(hub: Hub) -> WaysIn:
    """Outside identity providers by which people sign in here."""
    return await actions.ways(hub)


@post("/v1/session/providers/{provider:uuid}/start", status_code=200, opt=PUBLIC)
async def start(hub: Hub, request: AnyRequest, provider: UUID) -> Response[Departure]:
    """Begin to sign in through a provider: the browser goes to `url` and comes back to `/sign-in/return/<provider>`."""
    left = await actions.depart(hub, provider, caller_of(hub.settings, request), journey_of(hub, request))
    return _departed(hub, left)


@post("/v1/session/providers/return", status_code=200, opt=PUBLIC)
async def come_back(hub: Hub, request: AnyRequest, data: Return) -> Response[Me | MfaNeeded | Linked]:
    """End what was begun, with what the provider gave the browser. It works once, in the browser in which it began."""
    caller = caller_of(hub.settings, request)
    done = await actions.come_back(hub, data, caller, journey_of(hub, request))
    if isinstance(done, SignedIn):
        return Response(done.me, cookies=cookies(hub, done))
    return Response(done)


@get("/v1/identities", opt=OF_OWN)
async def list_identities(hub: Hub, who: Who) -> Identities:
    """Accounts elsewhere that sign you in here."""
    return await actions.list_identities(hub, who)


@post("/v1/identities/{provider:uuid}/start", status_code=200, opt=OF_OWN)
async def start_linking(hub: Hub, request: AnyRequest, who: Who, provider: UUID) -> Response[Departure]:
    """Begin to connect an account elsewhere; it ends as signing in does."""
    left = await actions.depart(
        hub, provider, caller_of(hub.settings, request), journey_of(hub, request), who
    )
    return _departed(hub, left)


@delete("/v1/identities/{identity:uuid}", opt=OF_OWN)
async def remove_identity(hub: Hub, who: Who, identity: UUID) -> None:
    """Disconnect an account elsewhere."""
    await actions.remove_identity(hub, who, identity)


@get("/v1/orgs/{org:uuid}/providers")
async def list_providers(hub: Hub, who: Who, org: UUID) -> Page[Provider]:
    """An organisation's identity providers, for its administrators."""
    return await administering.list_providers(hub, who, org)


@post("/v1/orgs/{org:uuid}/providers", opt=OF_ADMIN)
async def add_provider(hub: Hub, who: Who, org: UUID, data: NewProvider) -> Answer[Provider]:
    """Add one. It is asked who it is first. The same issuer and client again answers the one that is there."""
    return await administering.add_provider(hub, who, org, data)


@patch("/v1/orgs/{org:uuid}/providers/{provider:uuid}", opt=OF_ADMIN)
async def edit_provider(
    hub: Hub, who: Who, org: UUID, provider: UUID, data: EditProvider, revision: IfMatch
) -> Answer[Provider]:
    """Change what a provider's word is worth."""
    return await administering.edit_provider(hub, who, org, provider, data, revision)


@delete("/v1/orgs/{org:uuid}/providers/{provider:uuid}", opt=OF_ADMIN)
async def remove_provider(hub: Hub, who: Who, org: UUID, provider: UUID) -> None:
    """Remove one: nobody signs in by it any more."""
    await administering.remove_provider(hub, who, org, provider)


def journey_of(hub: Hub, request: AnyRequest) -> str:
    """The secret of this browser's cookie for what it began; "" where it has none."""
    found = request.cookies.get(journey_cookie_name(hub.settings.secure), "")
    return found if 20 <= len(found) <= TOKEN_BYTES_MAX else ""


def journey_cookie(hub: Hub, browser: str, minutes: int) -> Cookie:
    secure = hub.settings.secure
    return Cookie(
        journey_cookie_name(secure), value=browser, max_age=minutes * 60, path="/", httponly=True, secure=secure,
        samesite="lax",
    )  # fmt: skip


def _departed(hub: Hub, left: Left) -> Response[Departure]:
    return Response(left.departure, cookies=[journey_cookie(hub, left.browser, JOURNEY_MINUTES)])


ROUTES = [
    list_ways, start, come_back, list_identities, start_linking, remove_identity, list_providers, add_provider,
    edit_provider, remove_provider,
]  # fmt: skip
