"""Who may open a socket, judged from the request alone: the address, the origin, and where the token stands. Pure.

An ordinary handshake, whole in one piece, is read and answered here: when thousands come back at once, that is most of
what they cost. A request that is unusual in any way is left to `websockets`, which reads line by line and knows what to
say of every fault (RFC 6455, section 4.2; RFC 9112).
"""

import re
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple

from websockets.utils import accept_key

from schemas.credentials import allowed_origins, cookie_name
from schemas.frames import SUBPROTOCOL
from schemas.limits import TOKEN_BYTES_MAX
from schemas.proxies import Network, client_address, networks
from schemas.settings import Settings

PATH = "/v1/live"
COOKIE_CHARACTERS_MAX = 4096
HEADERS = (
    "sec-websocket-protocol",
    "origin",
    "authorization",
    "cookie",
    "x-forwarded-for",
)  # all that matters here


_NAME = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}"
_WHOLE = re.compile(rb"GET ([!-~]{1,200}) HTTP/1\.1\r\n((?:" + _NAME + rb":[\t -~]*\r\n){1,64})\r\n")
_KEY = re.compile(r"[0-9A-Za-z+/]{21}[AQgw]==")  # 16 bytes in base64


class Hello(NamedTuple):
    """A handshake in order. `headers` by lower-case name, with all values each had."""

    path: str
    headers: dict[str, list[str]]
    key: str

    def answer(self, extensions: str | None) -> bytes:
        """That the socket is open, with the extensions agreed on."""
        agreed = f"Sec-WebSocket-Extensions: {extensions}\r\n" if extensions else ""
        return (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept_key(self.key)}\r\n{agreed}"
            f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
        ).encode()


def read(data: bytes) -> Hello | None:
    """The handshake that `data` is, nothing before it and nothing behind; None for all that is not ordinary."""
    found = _WHOLE.fullmatch(data)
    if found is None:
        return None
    headers: dict[str, list[str]] = {}
    for line in found[2].decode("ascii").split("\r\n")[:-1]:
        name, _, value = line.partition(":")
        headers.setdefault(name.lower(), []).append(value.strip(" \t"))
    keys, connection = headers.get("sec-websocket-key", ()), headers.get("connection", ())
    if (
        len(keys) != 1
        or not _KEY.fullmatch(keys[0])
        or headers.get("sec-websocket-version") != ["13"]
        or [name.lower() for name in headers.get("upgrade", ())] != ["websocket"]
        or len(connection) != 1
        or "upgrade" not in [name.strip(" \t").lower() for name in connection[0].split(",")]
        or len(headers.get("sec-websocket-protocol", ())) != 1
        or "content-length" in headers
        or "transfer-encoding" in headers
    ):
        return None
    return Hello(found[1].decode("ascii"), headers, keys[0])


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
    proxies: tuple[Network, ...]


def door(settings: Settings) -> Door:
    return Door(
        allowed_origins(settings.public_url), cookie_name(settings.secure), networks(settings.trusted_proxies)
    )


def address_of(peer: str, headers: Mapping[str, list[str]], fixed: Door) -> str:
    """Where a handshake comes from; X-Forwarded-For counts from trusted proxies alone."""
    return client_address(peer, headers.get("x-forwarded-for", ()), fixed.proxies)


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
        0 < len(token) <= TOKEN_BYTES_MAX
        and token.isascii()
        and token.isprintable()
        and " " not in token
    )
