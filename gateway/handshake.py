"""Who may open a socket, judged from the request alone: the address, the origin, and where the token stands. Pure."""

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple

from schemas.credentials import allowed_origins, cookie_name
from schemas.frames import SUBPROTOCOL
from schemas.settings import Settings

PATH = "/v1/live"
TOKEN_CHARACTERS_MAX = 200
COOKIE_CHARACTERS_MAX = 4096
HEADERS = "sec-websocket-protocol", "origin", "authorization", "cookie"  # all that matters here


class Refusal(NamedTuple):
    """Answered over HTTP: this is nobody whom a close code could tell anything."""

    status: int
    text: str


class Caller(NamedTuple):
    """A handshake to be accepted; `token` is empty when it brought none, and the socket then closes with 4501."""

    token: str


class Door(NamedTuple):
    """What is fixed for a process."""

    origins: frozenset[str]
    cookie: str


def door(settings: Settings) -> Door:
    return Door(allowed_origins(settings.public_url), cookie_name(settings.secure))


def judge(path: str, headers: Mapping[str, list[str]], fixed: Door) -> Caller | Refusal:
    """`headers` by lower-case name, with all values each had."""
    if path != PATH:
        return Refusal(404, "Not found. The socket is at /v1/live, without a query.\n")
    offered = [
        name.strip() for value in headers.get("sec-websocket-protocol", ()) for name in value.split(",")
    ]
    if SUBPROTOCOL not in offered:
        return Refusal(400, f"The subprotocol {SUBPROTOCOL} is needed.\n")
    origins, bearers, cookies = (headers.get(name, []) for name in ("origin", "authorization", "cookie"))
    if len(origins) > 1 or len(bearers) > 1 or len(cookies) > 1:
        return Refusal(400, "A header came twice.\n")
    if origins and origins[0] not in fixed.origins:
        return Refusal(403, "This origin is not allowed.\n")
    if bearers:
        scheme, _, token = bearers[0].partition(" ")
        return Caller(token if scheme.lower() == "bearer" and _plain(token) else "")
    # A cookie is sent by browsers whoever asks them to; only the origin tells who did.
    if not origins:
        return Refusal(403, "An Origin header or a bearer token is needed.\n") if cookies else Caller("")
    token = _cookie(cookies[0], fixed.cookie) if cookies else ""
    return Caller(token if _plain(token) else "")


def _cookie(header: str, name: str) -> str:
    if len(header) > COOKIE_CHARACTERS_MAX:
        return ""
    try:
        found = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def _plain(token: str) -> bool:
    return (
        0 < len(token) <= TOKEN_CHARACTERS_MAX
        and token.isascii()
        and token.isprintable()
        and " " not in token
    )
