"""The browser or program at the other end of a request: what it is called, where it is, and what it holds."""

from typing import Any, NamedTuple

from litestar.connection import ASGIConnection

from hub.http.auth import address_of
from schemas.audit import NOTHING, Doing
from schemas.credentials import cookie_name, device_cookie_name, token_hash
from schemas.limits import TOKEN_BYTES_MAX
from schemas.settings import Settings


class Caller(NamedTuple):
    """`device` is the secret of the cookie by which an account knows a browser, `session` that of a session it holds
    already; both as the client sent them, "" where it sent none. `doing` is what it asks for."""

    label: str
    address: str
    device: str = ""
    session: str = ""
    doing: Doing = NOTHING

    @property
    def device_hash(self) -> bytes:
        """Of no device where there is no secret: nobody's hash is the empty one."""
        return token_hash(self.device) if self.device else b""


def caller_of(settings: Settings, connection: ASGIConnection[Any, Any, Any, Any]) -> Caller:
    secure = settings.secure
    device = connection.cookies.get(device_cookie_name(secure), "")
    session = connection.cookies.get(cookie_name(secure), "")
    return Caller(
        connection.headers.get("user-agent", "unknown device"),
        address_of(settings, connection),
        device if len(device) <= TOKEN_BYTES_MAX else "",
        session if len(session) <= TOKEN_BYTES_MAX else "",
        connection.scope.get("state", {}).get("doing", NOTHING),
    )
