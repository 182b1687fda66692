"""Sessions and tokens over HTTP."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, post, put
from litestar.datastructures import Cookie

from hub.context import Hub, Who
from hub.http.auth import OF_ANY, OF_OWN, PUBLIC
from hub.http.inputs import Key
from hub.sessions import actions, forgotten, signing
from hub.sessions.caller import caller_of
from hub.sessions.signing import SignedIn
from schemas.answers import Page
from schemas.credentials import cookie_name, device_cookie_name
from schemas.limits import DEVICE_DAYS, SESSION_DAYS
from schemas.people import Me, SignIn
from schemas.sessions import (
    Asked,
    AskReset,
    ChangePassword,
    MakeToken,
    MfaNeeded,
    NewToken,
    PasskeySignIn,
    ProofWays,
    Prove,
    ProveSecond,
    ResetPassword,
    Session,
)


@post("/v1/session", status_code=200, opt=PUBLIC)
async def sign_in(hub: Hub, request: Request[Any, Any, Any], data: SignIn) -> Response[Me | MfaNeeded]:
    """Sign in with e-mail and password; the session comes as a cookie. Who has a second factor is asked for it
    (`mfa`) and answers at `/v1/session/mfa`. Needs no Idempotency-Key."""
    done = await signing.sign_in(hub, data, caller_of(hub.settings, request))
    if isinstance(done, MfaNeeded):
        return Response(done)
    return Response(done.me, cookies=cookies(hub, done))


@post("/v1/session/mfa", status_code=200, opt=PUBLIC)
async def prove_second(hub: Hub, request: Request[Any, Any, Any], data: ProveSecond) -> Response[Me]:
    """The second half of signing in: a code, a recovery code or a passkey, with `pending` of the first half."""
    return answered(hub, await signing.prove_second(hub, data, caller_of(hub.settings, request)))


@post("/v1/session/passkey/options", status_code=200, opt=PUBLIC)
async def ask_passkey(hub: Hub, request: Request[Any, Any, Any]) -> Asked:
    """What to ask the browser's passkeys, to sign in with nothing else. Each answer is a new question."""
    return await signing.ask_passkey(hub, caller_of(hub.settings, request))


@post("/v1/session/passkey", status_code=200, opt=PUBLIC)
async def sign_in_by_passkey(hub: Hub, request: Request[Any, Any, Any], data: PasskeySignIn) -> Response[Me]:
    """Sign in with a passkey alone."""
    return answered(hub, await signing.sign_in_by_passkey(hub, data, caller_of(hub.settings, request)))


@post("/v1/session/proof/options", status_code=200, opt=OF_OWN)
async def ask_proof(hub: Hub, who: Who) -> ProofWays:
    """How to confirm that it is you, after `step_up_needed`. Each answer is a new question."""
    return await signing.ask_proof(hub, who)


@post("/v1/session/proof", status_code=204, opt=OF_OWN)
async def prove_again(hub: Hub, request: Request[Any, Any, Any], who: Who, data: Prove) -> Response[None]:
    """Confirm that it is you; dangerous acts are open for ten minutes then. A browser's cookie is another one from
    here on, and the one before opens nothing any more."""
    token = await signing.prove_again(hub, who, data, caller_of(hub.settings, request))
    return Response(None, status_code=204, cookies=[session_cookie(hub, token)] if token else [])


@delete("/v1/session", opt=OF_ANY)
async def sign_out(hub: Hub, who: Who) -> Response[None]:
    """Sign out: the session ends everywhere, sockets too."""
    await actions.end_own(hub, who)
    return Response(None, status_code=204, cookies=[session_cookie(hub, "")])


@get("/v1/me")
async def read_me(hub: Hub, who: Who) -> Me:
    """The person signed in and their organisations."""
    return await actions.me(hub, who.person, who.session, who.held)


@put("/v1/password", status_code=204, opt=OF_OWN)
async def change_password(hub: Hub, who: Who, data: ChangePassword) -> None:
    """Change one's own password. All other sessions end, sockets too. It works once: then the old one is another."""
    await actions.change_password(hub, who, data)


@delete("/v1/password", opt=OF_OWN)
async def remove_password(hub: Hub, who: Who) -> None:
    """Go without a password, where a passkey opens the account."""
    await actions.remove_password(hub, who)


@post("/v1/password/ask", status_code=204, opt=PUBLIC)
async def ask_reset(hub: Hub, request: Request[Any, Any, Any], data: AskReset) -> None:
    """A password is forgotten: mail its owner how to set another. The answer is the same for every address."""
    await forgotten.ask_reset(hub, data.email, caller_of(hub.settings, request))


@post("/v1/password/reset", status_code=204, opt=PUBLIC)
async def reset_password(hub: Hub, request: Request[Any, Any, Any], data: ResetPassword) -> None:
    """Set a forgotten password anew by the secret of a mail. It works once, ends all sessions, and signs nobody in."""
    await forgotten.reset_password(hub, data, caller_of(hub.settings, request))


@get("/v1/sessions", opt=OF_OWN)
async def list_sessions(hub: Hub, who: Who) -> Page[Session]:
    """One's own sessions and tokens that are still good."""
    return await actions.list_sessions(hub, who)


@delete("/v1/sessions", opt=OF_OWN)
async def end_others(hub: Hub, who: Who, tokens: bool = False) -> None:
    """End all of one's own sessions but this one, and with `tokens` personal tokens too."""
    await actions.end_others(hub, who, tokens=tokens)


@delete("/v1/sessions/{session:uuid}", opt=OF_OWN)
async def end_session(hub: Hub, who: Who, session: UUID) -> None:
    """End one of one's own sessions or tokens."""
    await actions.end_session(hub, who, session)


@post("/v1/tokens", opt=OF_OWN)
async def make_token(hub: Hub, who: Who, data: MakeToken, key: Key) -> NewToken:
    """A personal API token. A repeat makes another one: the secret is not kept, so it cannot be shown again."""
    return await actions.make_token(hub, who, data)


def answered(hub: Hub, done: SignedIn) -> Response[Me]:
    """The person, with the cookies of a browser that is signed in now."""
    return Response(done.me, cookies=cookies(hub, done))


def cookies(hub: Hub, done: SignedIn) -> list[Cookie]:
    """Of the session, and of the device by which the account knows the browser again."""
    secure = hub.settings.secure
    device = _cookie(device_cookie_name(secure), done.device, DEVICE_DAYS, secure=secure)
    return [session_cookie(hub, done.token), device]


def session_cookie(hub: Hub, token: str) -> Cookie:
    """The cookie that carries a session's secret; without one it removes the cookie."""
    secure = hub.settings.secure
    return _cookie(cookie_name(secure), token, SESSION_DAYS if token else 0, secure=secure)


def _cookie(name: str, value: str, days: int, *, secure: bool) -> Cookie:
    return Cookie(
        name, value=value, max_age=days * 86400, path="/", httponly=True, secure=secure, samesite="lax"
    )


ROUTES = [
    sign_in, prove_second, ask_passkey, sign_in_by_passkey, ask_proof, prove_again, sign_out,
    read_me, change_password, remove_password, ask_reset, reset_password, list_sessions, end_others, end_session,
    make_token,
]  # fmt: skip
