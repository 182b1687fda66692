"""A client of the socket that does what WIRE asks of clients: it holds its last place, comes back and resumes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from schemas.frames import SUBPROTOCOL

PATIENCE_S = 30.0
AGAIN_AFTER_S = 0.1


class Told(Exception):
    """An error frame: the first argument is its code."""


class Live:
    """One open socket. Event frames go to `events`, in their order; answers to those who asked."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.welcome: dict[str, Any] = {}
        self.events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._asked: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._n = 0

    async def run(self) -> None:
        """Read until the socket closes; raises `ConnectionClosed`."""
        try:
            while True:
                frame = msgspec.json.decode(await self.socket.recv())
                waiting = self._asked.pop(frame.get("ref") or "", None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(frame)
                else:
                    self.events.put_nowait(frame)
        finally:
            for waiting in self._asked.values():
                waiting.cancel()

    async def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """Send a frame and wait for what answers it. Raises `Told` for an error."""
        self._n += 1
        ref = f"r{self._n}"
        future = asyncio.get_running_loop().create_future()
        self._asked[ref] = future
        await self.socket.send(msgspec.json.encode({"op": op, "ref": ref, **fields}).decode())
        async with asyncio.timeout(PATIENCE_S):
            answer = await future
        if answer["op"] == "error":
            raise Told(answer["code"], answer["detail"])
        return answer

    async def send(self, op: str, **fields: Any) -> None:
        await self.socket.send(msgspec.json.encode({"op": op, **fields}).decode())

    async def post(self, conversation: Any, body: str, key: UUID | None = None) -> dict[str, Any]:
        return await self.ask("post", key=key or uuid4(), conversation=conversation, body=body)

    async def until(self, op: str, **expected: Any) -> dict[str, Any]:
        """The next frame of this kind; those before it are passed over."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                frame = await self.events.get()
                if frame["op"] == op and all(frame.get(name) == value for name, value in expected.items()):
                    return frame


@contextlib.asynccontextmanager
async def live(url: str, token: str) -> AsyncIterator[Live]:
    """An open socket with its welcome read; closed at the end."""
    headers = {"Authorization": f"Bearer {token}"}
    async with connect(
        f"{url}/v1/live",
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        additional_headers=headers,
        max_size=None,  # pyright: ignore
    ) as socket:
        client = Live(socket)
        client.welcome = msgspec.json.decode(await socket.recv())
        assert client.welcome["op"] == "welcome"
        reading = asyncio.create_task(client.run())
        try:
            yield client
        finally:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionClosed):
                await reading


class Follower:
    """Follows a case through every interruption: `held` is each event it was given, in the order it came."""

    def __init__(self, url: str, token: str, case: Any) -> None:
        self.url, self.token, self.topic = url, token, f"case:{case}"
        self.held: list[dict[str, Any]] = []
        self.epoch: str | None = None
        self.seq = 0
        self.connections = 0
        self.resets: list[str] = []

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._once()
            except (
                OSError,
                ConnectionClosed,
                InvalidHandshake,
                TimeoutError,
                EOFError,
                Told,
                asyncio.CancelledError,
            ) as end:
                if isinstance(end, asyncio.CancelledError) and asyncio.current_task().cancelling():  # type: ignore[union-attr]
                    raise
            await asyncio.sleep(AGAIN_AFTER_S)

    async def _once(self) -> None:
        async with live(self.url, self.token) as client:
            more = {"after": {"epoch": self.epoch, "seq": self.seq}} if self.epoch else {}
            answer = await client.ask("subscribe", topic=self.topic, **more)
            if answer["op"] == "reset":
                self.resets.append(answer["why"])
                return
            self.connections += 1
            if self.epoch is None:
                self.epoch, self.seq = answer["epoch"], answer["seq"]
            reader = asyncio.create_task(client.socket.wait_closed())
            try:
                while True:
                    getting = asyncio.create_task(client.events.get())
                    await asyncio.wait({getting, reader}, return_when=asyncio.FIRST_COMPLETED)
                    if not getting.done():
                        getting.cancel()
                        if client.events.empty():
                            return
                        continue
                    frame = getting.result()
                    if frame["op"] == "event" and frame["topic"] == self.topic:
                        self.held.append(frame)
                        self.seq = frame["seq"]
                    elif frame["op"] == "reset":
                        self.resets.append(frame["why"])
                        return
            finally:
                reader.cancel()
