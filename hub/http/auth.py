"""Who is asking. Every route needs a session or a token unless it says `opt=PUBLIC`, and of a token the scope that
`scope_needed` says."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec.structs import replace

from hub.context import Hub, Who
from hub.http.rates import SAFE_METHODS, count
from schemas.audit import NOTHING, Doing
from schemas.credentials import allowed_origins, cookie_name, token_hash
from schemas.errors import Refused
from schemas.limits import TOKEN_BYTES_MAX
from schemas.proxies import client_address, networks
from schemas.scopes import ADMIN, ANY, OWN, READ, SCIM, WRITE, require
from schemas.settings import Settings
from storage.postgres import sessions
from storage.postgres.pool import translated

PUBLIC = {"public": True}
# What a route needs where that is not `read` for a GET and `write` for all others.
OF_OWN, OF_ANY, OF_ADMIN, OF_SCIM = ({"scope": scope} for scope in (OWN, ANY, ADMIN, SCIM))
# No address of ours is longer, and a file system refuses longer names with an error of its own.
PATH_BYTES_MAX = 240


def address_of(settings: Settings, connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The client's address, "" where there is none. X-Forwarded-For counts from trusted proxies alone."""
    peer = connection.scope.get("client")
    forwarded = connection.headers.getall("x-forwarded-for", [])
    return client_address(peer[0] if peer else "", forwarded, networks(settings.trusted_proxies))


async def session_of(hub: Hub, token: str, doing: Doing = NOTHING) -> Who | None:
    """Whose token this is, and what they ask for; None when it is unknown, ended or over. Known ones cost no round
    trip: the transaction that follows begins only while the session is good."""
    hashed = token_hash(token)
    if who := hub.identities.get(hashed):
        return replace(who, doing=doing)
    async with translated():
        row = await hub.database.signin.fetchrow(sessions.KNOWN, hashed, hub.clock())
    if row is None:
        return None
    who = Who(row["person"], row["id"], row["kind"], frozenset(row["scopes"]), hashed, via=row["via"])
    hub.identities.put(hashed, who)
    return replace(who, doing=doing)


def scope_needed(opt: Mapping[str, Any], method: str) -> str:
    """The scope that a route with this `opt` asks for."""
    return str(opt.get("scope") or (READ if method in SAFE_METHODS else WRITE))


def doing_of(scope: Scope, address: str) -> Doing:
    """What a request asks for, as the record names it: by its route's name and the last id in its path."""
    handler: Any = scope.get("route_handler")
    ids = [value for value in scope.get("path_params", {}).values() if isinstance(value, UUID)]
    return Doing(handler.handler_name if handler else "", ids[-1] if ids else None, address)


class Authentication:
    """ASGI middleware: puts `who` into the scope's state, or answers 401 before anything else is looked at."""

    def __init__(self, app: ASGIApp, hub: Hub) -> None:
        self.app, self.hub = app, hub
        self.cookie = cookie_name(hub.settings.secure)
        self.origins = allowed_origins(hub.settings.public_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler: Any = scope.get("route_handler")
        if scope["type"] == "http":
            if "\0" in scope["path"] or len(scope["path"].encode()) > PATH_BYTES_MAX:
                raise Refused("not_found")
            connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
            # Endpoints for apps authenticate those by themselves, and take no cookie.
            cookieless = handler is not None and bool(handler.opt.get("cookieless"))
            token, from_browser = ("", False) if cookieless else self._token(connection)
            if from_browser and scope["method"] not in SAFE_METHODS:
                self._same_origin(connection)
            address = address_of(self.hub.settings, connection)
            doing = doing_of(scope, address)
            scope.setdefault("state", {})["doing"] = doing
            if handler is not None and handler.opt.get("public"):
                await count(self.hub, scope, None, address)
                scope["state"]["admitted"] = True
            else:
                known = self.hub.identities.get(token_hash(token)) if token else None
                if known is None:  # to find out who it is takes a look into the database, whatever comes of it
                    await count(self.hub, scope, None, address)
                who = await session_of(self.hub, token, doing) if token else None
                if who is None:
                    raise Refused("unauthenticated")
                scope["state"]["who"] = who
                await count(self.hub, scope, who, address)
                scope["state"]["admitted"] = True
                require(who.kind, who.scopes, scope_needed(handler.opt if handler else {}, scope["method"]))
                await self._noted(who, address)
        await self.app(scope, receive, send)

    def _token(self, connection: ASGIConnection[Any, Any, Any, Any]) -> tuple[str, bool]:
        said = connection.headers.getall("authorization", [])
        if said:
            scheme, _, token = said[0].partition(" ")
            if len(said) > 1 or scheme.lower() != "bearer" or not 20 <= len(token) <= TOKEN_BYTES_MAX:
                raise Refused("unauthenticated", "Send `Authorization: Bearer <token>`.")
            return token, False
        # Without a header it is a browser, signed in or not yet: its writes must come from our own pages.
        return connection.cookies.get(self.cookie, ""), True

    async def _noted(self, who: Who, address: str) -> None:
        """Write down now and then that the session is in use, and from where: its owner wants to know it again."""
        now = self.hub.clock()
        if who.session is not None and self.hub.uses.due(who.session, now):
            async with translated():
                await self.hub.database.signin.execute(sessions.TOUCH, who.session, address, now)

    def _same_origin(self, connection: ASGIConnection[Any, Any, Any, Any]) -> None:
        """Against forged cross-site requests: a cookie counts only with our own Origin."""
        origin = connection.headers.get("origin")
        site = connection.headers.get("sec-fetch-site")
        if origin is not None and origin not in self.origins:
            raise Refused("origin", "This page may not use Casewire for you.")
        if site is not None and site not in ("same-origin", "none"):
            raise Refused("origin", "This page may not use Casewire for you.")
        if origin is None and site is None and connection.cookies.get(self.cookie):
            raise Refused("origin", "A session cookie needs the Origin header of Casewire's own pages.")
