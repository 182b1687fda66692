"""A client that never says what it wants holds no connection."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from storage.http import Impatient

PATIENCE_S = 20.0


class Hurried(Impatient):
    head_wait_s = 0.2
    body_wait_s = 0.2


async def app(scope: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http=Hurried, ws="none", lifespan="off", log_config=None))
    running = asyncio.create_task(server.serve([listening]))
    yield listening.getsockname()[1]
    server.should_exit = True
    await running


GOOD = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
SLOW = {
    "nothing": b"",
    "half a line": b"GET / HT",
    "headers without end": b"GET / HTTP/1.1\r\nHost: x\r\n",
    "half a body": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf",
    "chunks without end": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
}


# Between two requests uvicorn's own limit counts, so a silent second one is not among these.
CASES = [(b"", what) for what in SLOW] + [(GOOD, what) for what in SLOW if SLOW[what]]


@pytest.mark.parametrize(("before", "what"), CASES)
async def test_who_does_not_finish_a_request_is_left(port: int, before: bytes, what: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(PATIENCE_S):
        if before:
            writer.write(before)
            await reader.readuntil(b"ok")
        writer.write(SLOW[what])
        try:
            assert await reader.read() == b""
        except ConnectionResetError:
            pass
    writer.close()


async def test_who_finishes_is_answered_and_may_ask_again(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(PATIENCE_S):
        for _ in range(3):
            writer.write(GOOD)
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(2 * Hurried.head_wait_s)
    writer.close()


@pytest.mark.parametrize("end", [b"", b"\r\n\r\n"])  # a head without end, and one that comes whole at once
@pytest.mark.parametrize("pieces", [1, 40])
@pytest.mark.parametrize("head", [b"X: " + b"a" * 100_000, b"X: a\r\n" * 20_000, b"/" * 100_000])
async def test_a_head_has_so_many_bytes_at_most(port: int, head: bytes, pieces: int, end: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    whole = b"GET / HTTP/1.1\r\nHost: x\r\n" + head.removesuffix(b"\r\n") + end
    async with asyncio.timeout(PATIENCE_S):
        for at in range(0, len(whole), len(whole) // pieces):
            writer.write(whole[at : at + len(whole) // pieces])
            await asyncio.sleep(0)
        try:
            answer = await reader.read()
        except ConnectionResetError:  # hung up on in the middle of it
            answer = b""
    writer.close()
    assert not answer or (answer.startswith(b"HTTP/1.1 400 ") and b"content-security-policy: " in answer)


async def test_a_long_body_is_no_long_head(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(3):
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n" + b"x" * 300_000)
        async with asyncio.timeout(PATIENCE_S):
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200 ")
    writer.close()
