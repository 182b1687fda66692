"""Who may open a socket, and with which close code or status the others are sent away."""

import asyncio
from collections.abc import Iterator
from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import InvalidStatus
from websockets.http11 import Request
from websockets.typing import Subprotocol

from gateway import connection as connection_module
from gateway.handshake import Caller, Door, Refusal, door, judge, read
from schemas.settings import Settings
from storage.postgres import access
from tests.gateway.conftest import Client, Live, Office
from tests.wire import eventually

DOOR = Door(frozenset({"https://app.test"}), "__Host-casewire", ())
ASKS = {"sec-websocket-protocol": ["casewire.v1"]}


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        ({"authorization": ["Bearer abc"]}, Caller("abc")),
        ({"authorization": ["bearer abc"], "origin": ["https://app.test"]}, Caller("abc")),
        ({"authorization": ["Bearer abc"], "origin": ["https://evil.test"]}, 403),
        ({"authorization": ["Basic abc"]}, Caller("")),
        ({"authorization": ["Bearer "]}, Caller("")),
        ({"authorization": ["Bearer a b"]}, Caller("")),
        ({"authorization": ["Bearer " + "x" * 201]}, Caller("")),
        ({"authorization": ["Bearer a", "Bearer b"]}, 400),
        ({}, Caller("")),
        ({"cookie": ["__Host-casewire=abc"], "origin": ["https://app.test"]}, Caller("abc")),
        ({"cookie": ["a=1; __Host-casewire=abc; b=2"], "origin": ["https://app.test"]}, Caller("abc")),
        ({"cookie": ["casewire=abc"], "origin": ["https://app.test"]}, Caller("")),
        ({"cookie": ["__Host-casewire=abc"]}, 403),
        ({"cookie": ["__Host-casewire=abc"], "origin": ["https://app.test.evil.test"]}, 403),
        ({"cookie": ["__Host-casewire=abc"], "origin": ["http://app.test"]}, 403),
        ({"cookie": ["__Host-casewire=abc"], "origin": ["https://app.test:444"]}, 403),
        ({"cookie": ["__Host-casewire=abc"], "origin": ["null"]}, 403),
        ({"cookie": ["__Host-casewire=a"], "origin": ["https://app.test", "https://evil.test"]}, 400),
    ],
)
def test_verdicts(headers: dict[str, list[str]], verdict: Caller | int) -> None:
    found = judge("/v1/live", ASKS | headers, DOOR)
    assert (found.status if isinstance(found, Refusal) else found) == verdict


@pytest.mark.parametrize("path", ["/", "/v1/live/", "/v1/live?token=abc", "/v1/LIVE", "//v1/live"])
def test_only_one_address(path: str) -> None:
    found = judge(path, ASKS | {"authorization": ["Bearer abc"]}, DOOR)
    assert isinstance(found, Refusal) and found.status == 404


@given(
    st.dictionaries(st.sampled_from(["cookie", "origin", "authorization"]), st.lists(st.text(), max_size=2))
)
def test_any_headers_get_a_verdict(headers: dict[str, list[str]]) -> None:
    found = judge("/v1/live", ASKS | headers, DOOR)
    assert isinstance(found, Caller | Refusal)
    if isinstance(found, Caller) and found.token and "cookie" in headers and "authorization" not in headers:
        assert headers["origin"] == ["https://app.test"]


def test_localhost_has_two_names_in_development_only(settings: Settings) -> None:
    local = msgspec.structs.replace(settings, public_url="http://localhost:8000")
    assert door(local) == Door(frozenset({"http://localhost:8000", "http://127.0.0.1:8000"}), "casewire", ())
    real = msgspec.structs.replace(settings, public_url="https://app.test/")
    assert door(real) == Door(frozenset({"https://app.test"}), "__Host-casewire", ())


async def test_browser_with_cookie_and_origin_comes_in(live: Live, office: Office) -> None:
    origin = live.settings.public_url
    cookie = {"Cookie": f"casewire={office.tokens['client']}"}
    async with live.open(None, additional_headers=cookie, origin=origin) as socket:
        assert (await Client(socket).next())["op"] == "welcome"
    with pytest.raises(InvalidStatus) as refused:
        async with live.open(None, additional_headers=cookie, origin="https://evil.test"):
            pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("token", [None, "unknown", "x" * 300])
async def test_nobody_is_closed_with_4501(live: Live, token: str | None) -> None:
    async with live.open(token) as socket:
        assert await Client(socket).close_code() == 4501


async def test_without_the_subprotocol_there_is_no_socket(live: Live, office: Office) -> None:
    for offered in (None, ["casewire.v2"]):
        with pytest.raises(InvalidStatus) as refused:
            async with live.open(office.tokens["client"], subprotocols=offered):
                pass
        assert refused.value.response.status_code == 400


async def test_too_many_handshakes_are_asked_to_come_later(
    live: Live, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway import admission

    monkeypatch.setattr(admission, "HANDSHAKES_MAX", 0)
    async with live.open(office.tokens["client"]) as socket:
        assert await Client(socket).close_code() == 4013
        assert socket.close_reason is not None and socket.close_reason.startswith("retry_after_ms=")


async def raw(live: Live, *pieces: bytes) -> bytes:
    """What the gateway answers to bytes, until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", live.port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        async with asyncio.timeout(15):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


GOOD = (
    b"GET /v1/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: casewire.v1\r\n"
)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\r\n\r\n",
        b"GARBAGE\r\n\r\n",
        b"POST /v1/live HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v1/live HTTP/1.0\r\n\r\n",
        b"GET /v1/live HTTP/1.1\r\n" + b"X: " + b"y" * 20_000 + b"\r\n\r\n",
        b"GET /v1/live HTTP/1.1\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        GOOD.replace(b"Version: 13", b"Version: 8") + b"Authorization: Bearer x\r\n\r\n",
        GOOD.replace(b"Upgrade: websocket\r\n", b"") + b"Authorization: Bearer x\r\n\r\n",
        GOOD.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"short") + b"Authorization: Bearer x\r\n\r\n",
        GOOD + b"Host: twice\r\nAuthorization: Bearer x\r\n\r\n" + bytes(100),
    ],
)
async def test_bad_handshakes_are_refused_and_nothing_else_suffers(
    live: Live, office: Office, request_bytes: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "HANDSHAKE_S", 1.0)  # some of them never end
    async with office.client("client") as client:
        answer = await raw(live, request_bytes)
        assert b" 101 " not in answer.split(b"\r\n")[0] or b"\x88" in answer
        assert await client.settled() == []
    await eventually(lambda: not live.gateway._connections, "no connection is left")


async def test_a_handshake_that_never_ends_is_cut(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "HANDSHAKE_S", 0.5)
    assert (await raw(live, GOOD)).startswith(b"HTTP/1.1 408 ")


LINES = [line + b"\r\n" for line in GOOD.split(b"\r\n")[1:-1]]
ODD = [
    b"Transfer-Encoding: identity\r\n", b"Sec-WebSocket-Version: 13\r\n",
    b"Connection: keep-alive, Upgrade\r\n", b"connection:upgrade\r\n", b"Upgrade: WebSocket\r\n", b"Upgrade: h2c\r\n",
    b"Connection: close\r\n", b"Content-Length: 0\r\n", b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n", b"X : y\r\n", b" folded\r\n",
    b"Origin: \xff\r\n", b"X: a\x00b\r\n", b"X: y\n", b": y\r\n", b"X\r\n", b"Sec-WebSocket-Version: 12\r\n",
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\r\n", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ\r\n",
    b"Sec-WebSocket-Protocol: casewire.v1\r\n", b"Cookie: a=b\r\n", b"\r\n",
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
]  # fmt: skip
FIRST = [b"GET /v1/live HTTP/1.1\r\n", b"GET  /v1/live HTTP/1.1\r\n", b"GET /v1/live HTTP/1.0\r\n",
         b"POST /v1/live HTTP/1.1\r\n", b"GET /v1/\xff HTTP/1.1\r\n", b"GET /v1/live HTTP/1.1\n"]  # fmt: skip


def handshakes() -> Iterator[bytes]:
    """Good ones and those with one line gone and another instead, at the beginning or at the end."""
    for first, gone, odd, late, behind in product(
        FIRST, [None, *LINES], [b"", *ODD], (False, True), (b"", b"x", GOOD + b"\r\n")
    ):
        kept = [line for line in LINES if line != gone]
        yield first + b"".join([*kept, odd] if late else [odd, *kept]) + b"\r\n" + behind


def test_what_is_read_at_once_is_what_the_library_reads() -> None:
    there = [data for data in handshakes() if read(data) is not None]
    assert len(there) > 15
    for data in there:
        same_as_the_library(data)


def same_as_the_library(data: bytes) -> None:
    hello = read(data)
    assert hello is not None
    protocol = connection_module.Protocol(subprotocols=[Subprotocol("casewire.v1")])
    protocol.receive_data(data)
    (request,) = protocol.events_received()
    assert isinstance(request, Request) and request.path == hello.path
    assert {name: request.headers.get_all(name) for name in hello.headers} == hello.headers
    assert {name.lower() for name, _ in request.headers.raw_items()} == set(hello.headers)
    response = protocol.accept(request)
    assert response.status_code == 101
    assert response.headers["Sec-WebSocket-Accept"] in hello.answer(None).decode()


def test_ordinary_handshakes_are_read_at_once() -> None:
    hello = read(GOOD + b"Authorization: Bearer x\r\n\r\n")
    assert hello is not None and hello.path == "/v1/live" and hello.headers["authorization"] == ["Bearer x"]
    assert b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in hello.answer(None)
    browser = GOOD.replace(b"Connection: Upgrade", b"Connection: keep-alive, Upgrade")
    assert read(browser + b"Origin: http://localhost\r\n\r\n") is not None
    assert read(GOOD) is None and read(GOOD + b"\r\n\x81\x80") is None


async def test_who_speaks_before_the_answer_is_refused(
    live: Live, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in a second piece, and with a second handshake: one socket is admitted once."""
    held = asyncio.Event()
    holders = access.holders

    async def slow(*of: Any) -> Any:
        await held.wait()
        return await holders(*of)

    monkeypatch.setattr(access, "holders", slow)
    whole = GOOD + f"Authorization: Bearer {office.tokens['client']}\r\n\r\n".encode()
    for second in (whole, b"\x81\x80\0\0\0\0", b"x"):
        reader, writer = await asyncio.open_connection("127.0.0.1", live.port)
        writer.write(whole)
        await eventually(lambda: any(c._judged for c in live.gateway._connections), "the handshake is judged")
        writer.write(second)
        async with asyncio.timeout(15):
            answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 400 ") and b" 101 " not in answer
        writer.close()
    held.set()
    async with office.client("client") as client:
        assert await client.settled() == []


@given(pieces=st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=5))
def test_random_bytes_never_break_the_protocol(pieces: list[bytes]) -> None:
    protocol = connection_module.Protocol(max_size=1000)
    for piece in pieces:
        protocol.receive_data(piece)
        assert not [event for event in protocol.events_received() if isinstance(event, Request)]
        protocol.data_to_send()
