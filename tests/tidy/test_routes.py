"""Every route is behind the wall unless it is listed here, and every POST asks for a key unless it says why not."""

import re
from uuid import uuid4

import httpx
import pytest

from tests.app import ABSENT, refused
from tests.hub.scim.conftest import wrong
from tests.routes import all_routes

# All that answers without a session, and why it may.
PUBLIC = {
    ("POST", "/v1/session"),  # signing in
    ("POST", "/v1/session/mfa"),  # its second half
    ("POST", "/v1/session/passkey/options"),  # a question that opens nothing
    ("POST", "/v1/session/passkey"),  # and its answer
    ("POST", "/v1/invitations/accept"),  # whoever holds the secret of a mail
    ("GET", "/v1/session/providers"),  # buttons of the sign-in page
    ("POST", "/v1/session/providers/{provider:uuid}/start"),  # to a provider
    ("POST", "/v1/session/providers/return"),  # and back
    ("POST", "/v1/session/link/ask"),  # a mail to who comes in by links
    ("POST", "/v1/session/link"),  # and its secret
    ("POST", "/v1/password/ask"),  # a mail to who has forgotten theirs
    ("POST", "/v1/password/reset"),  # and its secret
    ("GET", "/v1/setup"),  # is there an organisation
    ("POST", "/v1/setup"),  # the first one; never again
    ("GET", "/v1/public/{org:uuid}"),  # what an organisation publishes
    ("GET", "/v1/public/{org:uuid}/cases"),
    ("GET", "/v1/public/{org:uuid}/cases/{number:str}"),
    ("GET", "/oauth/authorize"),  # what an app asks; answers where the browser goes
    ("POST", "/oauth/authorize"),  # the same, asked again as a GET
    ("GET", "/oauth/logout"),  # ends the session of the browser that asks, by a token that we signed for its person
    ("POST", "/oauth/logout"),  # the same, asked again as a GET
    ("POST", "/oauth/token"),  # the app authenticates, and shows a code or a token
    ("POST", "/oauth/device_authorization"),  # a question that opens nothing until somebody answers it
    ("POST", "/oauth/revoke"),  # the app authenticates, and ends what is its own
    ("POST", "/oauth/introspect"),  # the app authenticates, and is told of what is its own
    ("GET", "/oauth/userinfo"),  # reads the app's token itself: its errors are not problems
    ("POST", "/oauth/userinfo"),
    ("GET", "/oauth/jwks"),  # public keys
    ("GET", "/.well-known/openid-configuration"),  # what the provider can
    ("GET", "/.well-known/oauth-authorization-server"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/docs"),  # the API's description, not its content
    ("GET", "/docs/{file_path:path}"),
    ("GET", "/openapi.json"),
    ("GET", "/assets/{file_path:path}"),  # the web client
    ("GET", "/"),
    ("GET", "/{path:path}"),
}
# POSTs whose repetition is free by what they are.
KEYLESS = {
    "/v1/session/providers/{provider:uuid}/start", "/v1/identities/{provider:uuid}/start", "/v1/session/link/ask",
    "/v1/orgs/{org:uuid}/people/{person:uuid}/link", "/v1/password/ask",  # each begins something new
    "/v1/session/providers/return", "/v1/session/link", "/v1/password/reset",  # each works once
    "/v1/orgs/{org:uuid}/providers",  # one client of one issuer is there once
    "/v1/orgs/{org:uuid}/invitations/{invitation:uuid}/resend",  # the last one counts
    "/v1/invitations/{invitation:uuid}/answer",  # says the same thing again
    "/v1/session", "/v1/session/mfa", "/v1/session/passkey",  # each makes a session
    "/v1/invitations/accept", "/v1/setup", "/v1/password", "/v1/factors/totp/{factor:uuid}/confirm",
    "/v1/factors/passkeys",  # each works once
    "/v1/session/passkey/options", "/v1/session/proof/options", "/v1/factors/passkeys/options", "/v1/factors/totp",
    "/v1/factors/recovery",  # each answers something new that is kept nowhere, and takes the place of the one before
    "/v1/session/proof", "/v1/orgs/{org:uuid}/mfa", "/v1/orgs/{org:uuid}/publication",  # says the same thing again
    "/oauth/authorize", "/oauth/logout", "/oauth/userinfo", "/oauth/introspect", "/oauth/revoke",  # say the same again
    "/oauth/token", "/oauth/device_authorization",  # what is shown there works once, or makes another
    "/v1/apps/requests/{request_id:uuid}", "/v1/apps/devices/answer",  # each is answered once
    "/v1/apps/devices",  # asks what a code stands for
    "/v1/orgs/{org:uuid}/apps/{app:uuid}/secret",  # by revision
    "/v1/conversations/{conversation:uuid}/read", "/v1/inbox/{notice:uuid}/ack",  # move forward only
    "/v1/orgs/{org:uuid}/teams/{team:uuid}/members", "/v1/orgs/{org:uuid}/walls/{wall:uuid}/lift",
    "/v1/orgs/{org:uuid}/holds/{hold:uuid}/release",  # done is done
    "/v1/orgs/{org:uuid}/schedules", "/v1/erasures", "/v1/orgs/{org:uuid}/erasures/{erasure:uuid}/refuse",  # again
    "/v1/orgs/{org:uuid}/people/{person:uuid}/erasure",  # works once
    "/v1/me/export", "/v1/orgs/{org:uuid}/people/{person:uuid}/export",  # hand out, and make nothing
    "/v1/orgs/{org:uuid}/dispositions/{disposition:uuid}/keep",
    "/v1/orgs/{org:uuid}/dispositions/{disposition:uuid}/approve",  # by revision
    "/v1/cases/{case:uuid}/exports",  # another leave to download the same, which is written down again
    "/v1/orgs/{org:uuid}/scim",  # says the same thing again
    "/scim/v2/{org:uuid}/Users", "/scim/v2/{org:uuid}/Groups",  # a name is there once
    "/scim/v2/{org:uuid}/Users/{id:uuid}", "/scim/v2/{org:uuid}/Groups/{id:uuid}",  # PUT: says the same thing again
    "/scim/v2/{org:uuid}/.search", "/scim/v2/{org:uuid}/Users/.search", "/scim/v2/{org:uuid}/Groups/.search",  # reads
}  # fmt: skip

# Whose own account it is about: for a browser alone.
OWN_PLACES = (
    "/v1/session/proof", "/v1/sessions", "/v1/tokens", "/v1/factors", "/v1/password", "/v1/invitations",
    "/v1/identities", "/v1/apps", "/v1/erasures",
)  # fmt: skip
# Where somebody rules an organisation: reading what it has needs `read`, all else `admin`.
ADMIN_PLACES = ("/v1/orgs/", "/v1/people")
# Routes whose scope is not that of their place, and why.
SCOPES = {
    # for administrators alone, who has which token
    ("GET", "/v1/orgs/{org:uuid}/services"): "admin",
    ("GET", "/v1/orgs/{org:uuid}/services/{service:uuid}/tokens"): "admin",
    ("GET", "/v1/orgs/{org:uuid}/apps"): "admin",  # nor which apps it has, and where they are
    ("GET", "/v1/orgs/{org:uuid}/audit"): "admin",  # nor who did and saw what in it
    ("GET", "/v1/orgs/{org:uuid}/audit/export"): "admin",
    ("GET", "/v1/orgs/{org:uuid}/audit/checkpoint"): "admin",  # nor how much was done there
    ("GET", "/v1/orgs/{org:uuid}/audit/consistency"): "admin",
    ("GET", "/v1/orgs/{org:uuid}/audit/key"): "admin",
    ("PATCH", "/v1/me"): "own",  # how somebody is called
    ("POST", "/v1/me/export"): "own",  # and what is held of them
    ("DELETE", "/v1/session"): "any",  # to end a session it takes no more than to hold it
}

ROUTES = all_routes()


def address(path: str) -> str:
    return re.sub(r"\{[^}:]*:uuid\}", str(ABSENT), re.sub(r"\{[^}:]*:(?!uuid)[^}]*\}", "1", path))


def test_public_routes_are_those_listed() -> None:
    public = {(route.method, route.path) for route in ROUTES if route.public}
    assert public <= PUBLIC, "opened to everybody; if that is meant, say why above"
    assert {(method, path) for method, path in PUBLIC if path.startswith(("/v1", "/health"))} <= public


@pytest.mark.parametrize(("method", "path"), [route[:2] for route in ROUTES if not route.public])
async def test_refused_when_nobody_is_signed_in(http: httpx.AsyncClient, method: str, path: str) -> None:
    for headers in (
        {},
        {"authorization": "Bearer " + "x" * 43},
        {"cookie": "casewire=" + "x" * 43, "origin": "http://localhost:8000"},
    ):
        answer = await http.request(
            method, address(path), headers=headers | {"idempotency-key": str(uuid4())}
        )
        if path.startswith("/scim/"):
            assert wrong(answer, 401)["detail"].startswith("unauthenticated:")
        else:
            refused(answer, 401, "unauthenticated")


def test_every_route_asks_for_the_scope_of_its_place() -> None:
    asked = {(route.method, route.path): route.scope for route in ROUTES if not route.public}
    assert asked == {route: scope_of_place(*route) for route in asked}


def scope_of_place(method: str, path: str) -> str:
    if (method, path) in SCOPES:
        return SCOPES[method, path]
    if path.startswith(OWN_PLACES):
        return "own"
    if path.startswith("/scim/"):
        return "scim"
    if method == "GET":
        return "read"
    return "admin" if path.startswith(ADMIN_PLACES) else "write"


def test_every_post_asks_for_a_key_unless_it_is_listed() -> None:
    posts = {route.path: route.keyed for route in ROUTES if route.method in ("POST", "PUT")}
    assert {path for path, keyed in posts.items() if not keyed} == KEYLESS
