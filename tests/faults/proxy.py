"""A line between a process and what it talks to, which a test can cut, stall, slow down and break off in the middle."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Literal

CHUNK_BYTES = 64 << 10

Address = tuple[str, int] | str  # a TCP address, or the path of a Unix socket
Told = Literal["client", "server", "nobody"]


class Line:
    """Listens on a loopback port of its own and passes everything on to `target`, which is asked at each connection:
    a server that comes back may be elsewhere."""

    def __init__(self, target: Callable[[], Address]) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._links: set[Link] = set()
        self._open = asyncio.Event()
        self._open.set()
        self.port = 0
        self.delay_s = 0.0  # for each piece of up to `CHUNK_BYTES`, in each direction

    async def start(self) -> "Line":
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0, limit=CHUNK_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self._open.set()
        links = list(self._links)
        for link in links:
            link.cut()
        await asyncio.gather(*(link.task for link in links), return_exceptions=True)

    @property
    def connections(self) -> int:
        """How many are open on the client's side, those in which nothing moves any more included."""
        return len(self._links)

    def cut(self) -> None:
        """Every connection ends at once, without a goodbye, for both sides."""
        for link in list(self._links):
            link.cut()

    def truncate(self) -> None:
        """The next piece of each connection, whichever way it goes, is passed on by half; then the connection ends."""
        for link in self._links:
            link.truncating = True

    def hole(self) -> None:
        """From now on nothing passes and nobody is told; new connections are taken and stay silent."""
        self._open.clear()

    def heal(self) -> None:
        """What was held back passes now."""
        self._open.set()

    def half_open(self, told: Told) -> None:
        """The present connections are gone for ever, and only `told` hears of it; new ones work."""
        for link in self._links:
            link.forget(told)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        link = Link(self, task, writer)
        self._links.add(link)
        try:
            await self._open.wait()
            target = self._target()
            connecting = (
                asyncio.open_unix_connection(target, limit=CHUNK_BYTES)
                if isinstance(target, str)
                else asyncio.open_connection(*target, limit=CHUNK_BYTES)
            )
            server_reader, link.server = await connecting
            await link.run(reader, server_reader)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            link.end()
            self._links.discard(link)

    async def passed(self) -> None:
        """Until something may pass."""
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        await self._open.wait()


class Link:
    """One connection through a line."""

    def __init__(self, line: Line, task: "asyncio.Task[None]", client: asyncio.StreamWriter) -> None:
        self.line, self.task, self.client = line, task, client
        self.server: asyncio.StreamWriter | None = None
        self.truncating = False
        self._dead = asyncio.Event()
        self._pumps: list[asyncio.Task[None]] = []

    async def run(self, from_client: asyncio.StreamReader, from_server: asyncio.StreamReader) -> None:
        assert self.server is not None
        self._pumps = [
            asyncio.create_task(self._pump(from_client, self.server)),
            asyncio.create_task(self._pump(from_server, self.client)),
        ]
        await asyncio.wait(self._pumps, return_when=asyncio.FIRST_COMPLETED)
        if self._dead.is_set():
            await asyncio.Event().wait()  # until somebody cuts it: what is untold stays open

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(CHUNK_BYTES):
                await self.line.passed()
                if self.truncating:
                    writer.write(piece[: len(piece) // 2])
                    await writer.drain()
                    return
                writer.write(piece)
                await writer.drain()

    def forget(self, told: Told) -> None:
        if self._dead.is_set():
            return
        self._dead.set()
        for pump in self._pumps:
            pump.cancel()
        if told == "client":
            abort(self.client)
        elif told == "server" and self.server is not None:
            abort(self.server)

    def cut(self) -> None:
        abort(self.client)
        if self.server is not None:
            abort(self.server)
        self.task.cancel()

    def end(self) -> None:
        """Both sides learn of it, with what was still on its way."""
        for pump in self._pumps:
            pump.cancel()
        self.client.close()
        if self.server is not None:
            self.server.close()


def abort(writer: asyncio.StreamWriter) -> None:
    """End a connection with a reset and without what was still to be written."""
    peer = writer.get_extra_info("socket")
    if peer is not None and peer.fileno() >= 0:
        with contextlib.suppress(OSError):
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
