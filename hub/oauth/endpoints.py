"""The endpoints of OAuth 2 and OpenID Connect over HTTP. Errors are theirs (`{"error": …}`), not problems; nothing here
takes a cookie but the authorization and logout endpoints, which change nothing that the person has not allowed."""

from collections.abc import Mapping
from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Error
from litestar import Request, Response, get, post, route
from litestar.response import Redirect

from hub.context import Hub
from hub.http.auth import PUBLIC, address_of, session_of
from hub.oauth import grammar, keys, leaving, tokens
from hub.oauth.consents import authorize as authorized
from hub.oauth.metadata import metadata
from hub.oauth.tokens import Message
from hub.sessions.caller import caller_of
from hub.sessions.routes import session_cookie
from schemas.limits import OAUTH_FORM_BYTES_MAX, OAUTH_QUERY_BYTES_MAX
from schemas.scopes import OPENID

# An app's own page in a browser may ask these; no cookie counts here, so any origin may.
CROSS = {"access-control-allow-origin": "*", "access-control-expose-headers": "WWW-Authenticate"}
PREFLIGHT = CROSS | {
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": "authorization, content-type",
    "access-control-max-age": "600",
}
COOKIELESS = PUBLIC | {"cookieless": True}


def preflight(request: Request[Any, Any, Any]) -> Response[None] | None:
    """What a browser asks before a page of another origin may ask."""
    return Response(None, status_code=204, headers=PREFLIGHT) if request.method == "OPTIONS" else None


def across(paths: list[str], *methods: Any) -> route:
    """A route that pages of any origin may ask."""
    return route(
        paths,
        http_method=[*methods, "OPTIONS"],
        opt=COOKIELESS,
        include_in_schema=False,
        status_code=200,
        before_request=preflight,
    )


@route(
    ["/oauth/authorize"],
    http_method=["GET", "POST"],
    opt=COOKIELESS,
    include_in_schema=False,
    status_code=303,
)
async def authorize(hub: Hub, request: Request[Any, Any, Any]) -> Redirect:
    """RFC 6749, section 3.1. A POST comes without our cookie from elsewhere, so it is asked again as a GET."""
    if request.method == "POST":
        try:
            body = (await _body(request)).decode()
        except (OAuth2Error, UnicodeDecodeError):
            return _away(f"{hub.settings.public_url}/connect?error=invalid_request")
        if len(body) > OAUTH_QUERY_BYTES_MAX:
            return _away(f"{hub.settings.public_url}/connect?error=invalid_request")
        return _away(f"{hub.settings.public_url}/oauth/authorize?{body}")
    return _away(await authorized(hub, _query(request), caller_of(hub.settings, request)))


@get("/oauth/logout", opt=COOKIELESS, include_in_schema=False, status_code=303)
async def logout(hub: Hub, request: Request[Any, Any, Any]) -> Redirect:
    """OpenID Connect RP-Initiated Logout 1.0."""
    left = await leaving.leave(hub, _query(request), caller_of(hub.settings, request))
    return _away(left.to, [session_cookie(hub, "")] if left.ended else [])


@post("/oauth/logout", opt=COOKIELESS, include_in_schema=False, status_code=303)
async def post_logout(hub: Hub, request: Request[Any, Any, Any]) -> Redirect:
    try:
        body = (await _body(request)).decode()
    except (OAuth2Error, UnicodeDecodeError):
        body = ""
    return _away(f"{hub.settings.public_url}/oauth/logout?{body[:OAUTH_QUERY_BYTES_MAX]}")


@across(["/oauth/token"], "POST")
async def token(hub: Hub, request: Request[Any, Any, Any]) -> Response[Any]:
    """RFC 6749, section 3.2."""
    try:
        return _said(await tokens.token(hub, await _message(hub, request)))
    except OAuth2Error as error:
        return _refused(error)


@across(["/oauth/device_authorization"], "POST")
async def device_authorization(hub: Hub, request: Request[Any, Any, Any]) -> Response[Any]:
    """RFC 8628, section 3.1."""
    try:
        return _said(await tokens.begin_device(hub, await _message(hub, request)))
    except OAuth2Error as error:
        return _refused(error)


@across(["/oauth/revoke"], "POST")
async def revoke(hub: Hub, request: Request[Any, Any, Any]) -> Response[Any]:
    """RFC 7009."""
    try:
        await tokens.revoke(hub, await _message(hub, request))
    except OAuth2Error as error:
        return _refused(error)
    return _said({})


@post("/oauth/introspect", opt=COOKIELESS, include_in_schema=False, status_code=200)
async def introspect(hub: Hub, request: Request[Any, Any, Any]) -> Response[Any]:
    """RFC 7662."""
    try:
        return _said(await tokens.introspect(hub, await _message(hub, request)), {})
    except OAuth2Error as error:
        return _refused(error, {})


@across(["/oauth/userinfo"], "GET", "POST")
async def userinfo(hub: Hub, request: Request[Any, Any, Any]) -> Response[Any]:
    """OpenID Connect Core, section 5.3; the token in the header alone (RFC 6750, section 2.1)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return _challenge(401, "")
    who = await session_of(hub, token)
    if who is None or who.kind != "app":
        return _challenge(401, 'error="invalid_token", error_description="The token is unknown or over."')
    if OPENID not in who.scopes:
        return _challenge(403, f'error="insufficient_scope", scope="{OPENID}"')
    found = await tokens.claims(hub, who)
    if found is None:
        return _challenge(401, 'error="invalid_token", error_description="The token is unknown or over."')
    return _said(found)


@across(["/oauth/jwks"], "GET")
async def jwks(hub: Hub) -> Response[Any]:
    """The public keys of identity tokens (RFC 7517)."""
    return _said(await keys.published(hub))


@across(["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"], "GET")
async def discovery(hub: Hub) -> Response[Any]:
    """OpenID Connect Discovery 1.0 and RFC 8414, which say the same."""
    return _said(metadata(hub.settings.public_url))


async def _message(hub: Hub, request: Request[Any, Any, Any]) -> Message:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != grammar.FORM:
        raise InvalidRequestError(f"Send {grammar.FORM}.")
    if request.scope.get("query_string"):
        raise InvalidRequestError("Parameters go into the body, never into the address.")
    try:
        fields = grammar.fields_of((await _body(request)).decode())
    except UnicodeDecodeError:
        raise InvalidRequestError("The parameters cannot be read.") from None
    headers = {name: request.headers[name] for name in ("authorization",) if name in request.headers}
    uri = f"{hub.settings.public_url}{request.scope['path']}"
    return Message(uri, fields, headers, address_of(hub.settings, request))


async def _body(request: Request[Any, Any, Any]) -> bytes:
    body = await request.body()
    if len(body) > OAUTH_FORM_BYTES_MAX:
        raise InvalidRequestError("That is too much.")
    return body


def _query(request: Request[Any, Any, Any]) -> str:
    return request.scope.get("query_string", b"").decode("ascii", "replace")


def _said(body: Any, headers: Mapping[str, str] = CROSS) -> Response[Any]:
    return Response(body, headers={**headers, "pragma": "no-cache"})


def _refused(error: OAuth2Error, headers: Mapping[str, str] = CROSS) -> Response[Any]:
    status, body, more = error()
    challenges = {name: value for name, value in more if name.lower() == "www-authenticate"}
    return Response(body, status_code=status, headers={**headers, **challenges, "pragma": "no-cache"})


def _challenge(status: int, why: str) -> Response[Any]:
    return Response(None, status_code=status, headers=CROSS | {"www-authenticate": f"Bearer {why}".strip()})


def _away(to: str, cookies: Any = ()) -> Redirect:
    """303, so that nothing of a POST is sent on (RFC 9700, section 4.12)."""
    return Redirect(
        to,
        status_code=303,
        cookies=list(cookies),
        headers={
            "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
            "referrer-policy": "no-referrer",
            "x-frame-options": "DENY",
        },
    )


ROUTES = [
    authorize, logout, post_logout, token, device_authorization, revoke, introspect, userinfo, jwks, discovery,
]  # fmt: skip
