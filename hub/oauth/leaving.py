"""Signing out because an app asks for it: OpenID Connect RP-Initiated Logout 1.0, its grammar by Authlib."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Error
from authlib.oidc.rpinitiated import EndSessionEndpoint
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import Struct

from hub.context import Hub
from hub.http.auth import session_of
from hub.oauth import grammar, keys
from hub.oauth.consents import client_of
from hub.sessions.actions import end_own
from hub.sessions.caller import Caller
from hub.sessions.standing import holds
from schemas.scopes import BROWSER


class Left(NamedTuple):
    """Where the browser goes, and whether its session has ended."""

    to: str
    ended: bool


class _EndSession(EndSessionEndpoint):
    def __init__(self, server: Any, published: Mapping[str, Any]) -> None:
        super().__init__(server)
        self.published = published

    def get_server_jwks(self) -> Any:
        return dict(self.published)

    def get_algorithms(self) -> list[str]:
        return list(keys.ALGS)


class _Hint(Struct):
    aud: UUID
    iss: str
    sub: UUID


async def leave(hub: Hub, query: str, caller: Caller) -> Left:
    """With an identity token of the one who is signed in here they are signed out; without, they are asked first. On
    to the app only at an address that it registered for that."""
    page = f"{hub.settings.public_url}/signed-out"
    ask = Left(f"{hub.settings.public_url}/sign-out", ended=False)
    try:
        fields = grammar.fields_of(query)
        published = await keys.published(hub)
        hint = _hint(hub, published, fields.get("id_token_hint"))
        named = grammar.client_id_of(fields, {}) or (hint.aud if hint else None)
        app = await client_of(hub, named)
        request: Any = grammar.request(f"{hub.settings.public_url}/oauth/logout", fields)
        found: Any = _EndSession(grammar.server(app), published).validate_request(request)
    except OAuth2Error:
        return ask
    who = await session_of(hub, caller.session, caller.doing) if caller.session else None
    to = str(found.redirect_uri or page)
    if who is None or who.kind != BROWSER or not await holds(hub, who):
        return Left(to, ended=True)  # nobody is signed in here
    if hint is None or hint.sub != who.person:
        return ask
    await end_own(hub, who)
    return Left(to, ended=True)


def _hint(hub: Hub, published: Mapping[str, Any], text: str | None) -> _Hint | None:
    """An identity token that we signed, however long ago."""
    if text is None:
        return None
    try:
        claims = jwt.decode(text, KeySet.import_key_set(dict(published)), algorithms=list(keys.ALGS)).claims  # type: ignore[arg-type]
        hint = _Hint(UUID(claims["aud"]), claims["iss"], UUID(claims["sub"]))
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        raise InvalidRequestError("That id_token_hint is none of ours.") from None
    if hint.iss != hub.settings.public_url:
        raise InvalidRequestError("That id_token_hint is none of ours.")
    return hint
