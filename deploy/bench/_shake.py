"""Servers that only shake hands, each in a process of its own.

`python -m deploy.bench._shake bare|serve` prints its port and ends with its standard input. `bare` is the sans-I/O
protocol of `websockets` on uvloop and nothing more; `serve` is that library's own server.
"""

import asyncio
import contextlib
import logging
import resource
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import uvloop
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from deploy.bench._crowd import Crowd, crowd
from deploy.bench._memory import resident_bytes
from deploy.bench._rig import cpu_s
from schemas.frames import SUBPROTOCOL

ROOT = Path(__file__).parents[2]
BACKLOG = 4096
SETTLE_S = 0.3  # until a server has noticed that its clients are gone

_quiet = logging.getLogger("casewire.bench.shake")
_quiet.setLevel(logging.CRITICAL)


class Bare(asyncio.Protocol):
    def __init__(self) -> None:
        self._protocol = ServerProtocol(subprotocols=[Subprotocol(SUBPROTOCOL)], logger=_quiet)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Request):
                self._protocol.send_response(self._protocol.accept(event))
        self._send()

    def eof_received(self) -> None:
        self._protocol.receive_eof()
        self._send()

    def _send(self) -> None:
        assert self._transport is not None
        for chunk in self._protocol.data_to_send():
            if chunk:
                self._transport.write(chunk)
            else:
                self._transport.close()


async def _accepted(connection: ServerConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        await connection.wait_closed()


async def _run(kind: str) -> None:
    if kind == "bare":
        server = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", 0, backlog=BACKLOG)
    else:
        server = await serve(
            _accepted, "127.0.0.1", 0, subprotocols=[Subprotocol(SUBPROTOCOL)], compression=None, backlog=BACKLOG,
            logger=_quiet,
        )  # fmt: skip
    print(next(iter(server.sockets)).getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


class Shaker:
    """A server and its crowd. `shake` lets all drop and come back; `resident_bytes_each` is what they took at first."""

    def __init__(self, process: asyncio.subprocess.Process, clients: Crowd, each: float) -> None:
        self._process, self._clients, self.resident_bytes_each = process, clients, each

    async def shake(self, at_once: int) -> float:
        """CPU seconds of the server. Raises `AssertionError` when somebody did not get in."""
        before = cpu_s(self._process.pid) or 0.0
        await self._clients.drop()
        await asyncio.sleep(SETTLE_S)
        back = await self._clients.connect(at_once=at_once)
        used = (cpu_s(self._process.pid) or 0.0) - before
        if back.ready != self._clients.size:
            raise AssertionError(f"{back.ready} of {self._clients.size} shook hands: {back.error}")
        return used


@asynccontextmanager
async def shaker(kind: str, tokens: list[str]) -> AsyncIterator[Shaker]:
    """With a socket for each token: the requests are those that the gateway gets."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "deploy.bench._shake", kind,
        cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None
    try:
        port = int(await asyncio.wait_for(process.stdout.readline(), 20))
        async with crowd(port, [(token, "-") for token in tokens]) as clients:
            before = resident_bytes(process.pid)
            there = await clients.connect(at_once=200)
            after = resident_bytes(process.pid)
            if there.ready != len(tokens):
                raise AssertionError(f"{there.ready} of {len(tokens)} shook hands: {there.error}")
            assert before is not None and after is not None
            yield Shaker(process, clients, (after - before) / len(tokens))
    finally:
        process.stdin.close()
        if process.returncode is None:
            process.terminate()
        await process.wait()


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.run(_run(sys.argv[1]))
