"""A client of the socket that does what WIRE asks of clients: it holds its last place, comes back and resumes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from schemas.frames import SUBPROTOCOL

PATIENCE_S = 30.0
AGAIN_AFTER_S = 0.1
# What a client may be told while something is away.
PASSING = frozenset({"unavailable", "too_many"})


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
                if not waiting.done():
                    waiting.set_exception(ConnectionError("the socket closed before the answer"))

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
async def live(url: str, token: str, *, alive_s: float = 20.0) -> AsyncIterator[Live]:
    """An open socket with its welcome read; closed at the end. A server that is silent to a ping for `alive_s` is
    taken for gone."""
    headers = {"Authorization": f"Bearer {token}"}
    async with connect(
        f"{url}/v1/live",
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        additional_headers=headers,
        max_size=None,  # pyright: ignore
        open_timeout=alive_s,
        ping_interval=alive_s,
        ping_timeout=alive_s,
        close_timeout=min(alive_s, 10.0),
    ) as socket:
        client = Live(socket)
        async with asyncio.timeout(alive_s):
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
    """Follows a topic through every interruption, each time at the next of `urls`, one gateway after another.

    `held` is each event it was given, in the order it came; `reached` the last seq of each case (or of its own stream,
    as `me`); `start` the (seq, pos) after which it was promised everything.
    """

    def __init__(self, urls: Sequence[str], token: str, topic: str, *, alive_s: float = 20.0) -> None:
        self.urls, self.token, self.topic, self.alive_s = urls, token, topic, alive_s
        self.held: list[dict[str, Any]] = []
        self.reached: dict[str, int] = {}
        self.epoch: str | None = None
        self.seq = 0
        self.pos = ""
        self.start = 0, ""
        self.connections = 0
        self.odd: list[str] = []  # what nobody who follows should be told
        self._client: Live | None = None

    async def run(self) -> None:
        """Until cancelled."""
        for n in count():
            try:
                await self._once(self.urls[n % len(self.urls)])
            except Told as told:
                if told.args[0] not in PASSING:
                    self.odd.append(f"told {told.args}")
            except (OSError, ConnectionClosed, InvalidHandshake, TimeoutError, EOFError):
                pass
            await asyncio.sleep(AGAIN_AFTER_S)

    async def leave(self) -> None:
        """Go away without a word, to come back at the next gateway."""
        if self._client is not None:
            self._client.socket.transport.abort()

    async def freeze(self, seconds: float) -> None:
        """Take nothing from the socket for so long."""
        client = self._client
        if client is not None and not client.socket.transport.is_closing():
            client.socket.transport.pause_reading()  # type: ignore[attr-defined]
            await asyncio.sleep(seconds)
            if not client.socket.transport.is_closing():
                client.socket.transport.resume_reading()  # type: ignore[attr-defined]

    def _after(self) -> dict[str, Any]:
        if self.epoch is None:
            return {}
        where = {"pos": self.pos} if self.topic == "mine" else {"seq": self.seq}
        return {"after": {"epoch": self.epoch, **where}}

    async def _once(self, url: str) -> None:
        async with live(url, self.token, alive_s=self.alive_s) as client:
            answer = await client.ask("subscribe", topic=self.topic, **self._after())
            self._client = client
            self.connections += 1
            if self.epoch is None:
                self.epoch, self.seq, self.pos = answer["epoch"], answer["seq"], answer["pos"]
                self.start = self.seq, self.pos
            closed = asyncio.create_task(client.socket.wait_closed())
            try:
                while True:
                    getting = asyncio.create_task(client.events.get())
                    await asyncio.wait({getting, closed}, return_when=asyncio.FIRST_COMPLETED)
                    if not getting.done():
                        getting.cancel()
                        if client.events.empty():
                            return
                        continue
                    self._take(getting.result())
            finally:
                self._client = None
                closed.cancel()

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["op"] == "event" and frame["topic"] == self.topic:
            self.held.append(frame)
            self.seq, self.pos = frame["seq"], frame["pos"]
            self.reached["me" if self.topic == "me" else frame["case"]] = frame["seq"]
        elif frame["op"] in ("reset", "ended"):
            self.odd.append(f"{frame['op']} {frame.get('why') or frame.get('code')}")
            raise EOFError
