"""Sessions and tokens over HTTP."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.datastructures import Cookie

from hub.context import Hub, Who
from hub.http.auth import PUBLIC
from hub.http.inputs import Key
from hub.sessions import actions
from schemas.answers import Page
from schemas.credentials import cookie_name
from schemas.limits import SESSION_DAYS
from schemas.people import Me, SignIn
from schemas.sessions import MakeToken, NewToken, Session


@post("/v1/session", status_code=200, opt=PUBLIC)
async def sign_in(hub: Hub, request: Request[Any, Any, Any], data: SignIn) -> Response[Me]:
    """Sign in with e-mail and password; the session comes as a cookie. Needs no Idempotency-Key."""
    token, me = await actions.sign_in(hub, data, request.headers.get("user-agent", "unknown device"))
    return Response(me, cookies=[session_cookie(hub, token)])


@delete("/v1/session")
async def sign_out(hub: Hub, who: Who) -> Response[None]:
    """Sign out: the session ends everywhere, sockets too."""
    await actions.end_session(hub, who, who.session)
    return Response(None, status_code=204, cookies=[session_cookie(hub, "")])


@get("/v1/me")
async def read_me(hub: Hub, who: Who) -> Me:
    """The person signed in and their organisations."""
    return await actions.me(hub, who.person, who.session)


@get("/v1/sessions")
async def list_sessions(hub: Hub, who: Who) -> Page[Session]:
    """One's own sessions and tokens that are still good."""
    return await actions.list_sessions(hub, who)


@delete("/v1/sessions/{session:uuid}")
async def end_session(hub: Hub, who: Who, session: UUID) -> None:
    """End one of one's own sessions or tokens."""
    await actions.end_session(hub, who, session)


@post("/v1/tokens")
async def make_token(hub: Hub, who: Who, data: MakeToken, key: Key) -> NewToken:
    """A personal API token. A repeat makes another one: the secret is not kept, so it cannot be shown again."""
    return await actions.make_token(hub, who, data)


def session_cookie(hub: Hub, token: str) -> Cookie:
    """The cookie that carries a session's secret; without one it removes the cookie."""
    secure = hub.settings.secure
    return Cookie(
        cookie_name(secure),
        value=token,
        max_age=SESSION_DAYS * 86400 if token else 0,
        path="/",
        httponly=True,
        secure=secure,
        samesite="lax",
    )


ROUTES = [sign_in, sign_out, read_me, list_sessions, end_session, make_token]
