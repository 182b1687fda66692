"""Asking servers outside: over TLS, at addresses that are checked where the connection goes, within bytes and seconds.

Whoever administers an organisation names an issuer, and an issuer names further addresses: without a check the hub
would ask for them inside its own network. A name is looked up once, its addresses are judged, and the connection goes
to one of those that were judged; the certificate is still checked against the name.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterable
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from schemas.limits import PROVIDER_ANSWER_BYTES_MAX, PROVIDER_FETCH_S
from schemas.proxies import Network, networks
from schemas.settings import Settings

Ip = IPv4Address | IPv6Address

# Addresses that the registries call global and that lead elsewhere: into an IPv4 network through a translator, or to
# many at once.
AROUND = tuple(
    ip_network(text)
    for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "192.0.0.0/24", "192.88.99.0/24", "fec0::/10")
)
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


class Unreachable(Exception):
    """No answer that can be used; the message says why, for administrators, without secrets."""


def allowed_networks(settings: Settings) -> tuple[Network, ...]:
    """Where providers may stand besides the open internet."""
    here = LOOPBACK if settings.mode == "development" else ()
    return (*networks(settings.provider_networks), *here)


def may_connect(address: str, allowed: Iterable[Network]) -> bool:
    try:
        parsed: Ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if any(parsed in network for network in allowed):
        return True
    return parsed.is_global and not parsed.is_multicast and not any(parsed in network for network in AROUND)


def checked(settings: Settings, url: str) -> str:
    """The address as it is; `Unreachable` unless it is https, or http on this machine in development."""
    try:
        parts = urlsplit(url)
        port_is_a_number = parts.port is None or parts.port > 0
    except ValueError:
        raise Unreachable("an address that is none") from None
    here = settings.mode == "development" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and here):
        raise Unreachable("an address that is not https")
    if (
        not parts.hostname
        or not port_is_a_number
        or parts.username is not None
        or parts.fragment
        or not url.isascii()
    ):
        raise Unreachable("an address that is none")
    return url


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class Pinned(httpx.AsyncBaseTransport):
    """Connects to the address that was judged, and reads no more than the limit."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._allowed = allowed_networks(settings)
        self._inner = httpx.AsyncHTTPTransport(verify=_tls(), retries=0, trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        checked(self._settings, str(request.url))
        host = request.url.host
        address = await self._judged(host, request.url.port or (443 if request.url.scheme == "https" else 80))
        asked = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )
        response = await self._inner.handle_async_request(asked)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise Unreachable("an answer that is packed")
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=_Bounded(response),
            extensions=response.extensions,
        )

    async def _judged(self, host: str, port: int) -> str:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            raise Unreachable("a name that is not known") from None
        addresses = [str(one[4][0]) for one in found]
        # All of them: a name with an inside address among others would be tried until it is that one's turn.
        if not addresses or not all(may_connect(one, self._allowed) for one in addresses):
            raise Unreachable("an address inside a private network")
        return addresses[0]

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Bounded(httpx.AsyncByteStream):
    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        n = 0
        async for part in self._response.aiter_raw():
            n += len(part)
            if n > PROVIDER_ANSWER_BYTES_MAX:
                raise Unreachable("an answer that is too long")
            yield part

    async def aclose(self) -> None:
        await self._response.aclose()


async def ask(
    settings: Settings,
    url: str,
    *,
    form: dict[str, str] | None = None,
    auth: httpx.Auth | None = None,
    bearer: str = "",
) -> dict[str, Any]:
    """The JSON object at an address, by GET or by POST of a form; `Unreachable` for anything else, redirects included.
    A problem that the server itself explains (`error`) is an object too."""
    headers = {"accept": "application/json", "accept-encoding": "identity"}
    if bearer:
        headers["authorization"] = f"Bearer {bearer}"
    try:
        async with (
            asyncio.timeout(PROVIDER_FETCH_S),
            httpx.AsyncClient(
                transport=Pinned(settings), timeout=PROVIDER_FETCH_S, follow_redirects=False, trust_env=False
            ) as client,
        ):
            answer = await client.request(
                "GET" if form is None else "POST", url, data=form, auth=auth, headers=headers
            )
            content = await answer.aread()
    except TimeoutError:
        raise Unreachable("an answer that takes too long") from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnicodeError) as error:
        raise Unreachable(f"no answer ({type(error).__name__})") from None
    if answer.status_code != 200 and not (form is not None and answer.status_code in (400, 401)):
        raise Unreachable(f"status {answer.status_code}")
    try:
        return msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise Unreachable("an answer that is no JSON object") from None
