"""A gateway in this process, on this worker's servers, with a relay; and clients that speak to it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from deploy.embedded.stack import Stack
from gateway.connection import Connection
from gateway.gateway import Gateway
from schemas.settings import Settings
from storage.bus import Bus, end
from storage.postgres.pool import Database
from tests.history import History
from tests.wire import eventually, relaying

PATIENCE_S = 15.0


class Client:
    """One socket. `next` gives the frames in their order, without pongs of `settled`."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self._ref = 0

    async def send(self, op: str, **fields: Any) -> None:
        await self.socket.send(msgspec.json.encode({"op": op, **fields}).decode())

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_S):
            return msgspec.json.decode(await self.socket.recv())

    async def subscribe(self, topic: str, after: Any = None) -> dict[str, Any]:
        """The first frame that speaks of it."""
        self._ref += 1
        extra = {} if after is None else {"after": after}
        await self.send("subscribe", ref=f"s{self._ref}", topic=topic, **extra)
        return await self.next()

    async def settled(self) -> list[dict[str, Any]]:
        """What came until now, for frames that must not come: everything before the answer to a ping."""
        self._ref += 1
        ref = f"p{self._ref}"
        await self.send("ping", ref=ref)
        frames: list[dict[str, Any]] = []
        while (frame := await self.next()) != {"op": "pong", "ref": ref}:
            frames.append(frame)
        return frames

    async def close_code(self) -> int:
        """Read until the gateway closes."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    await self.socket.recv()
        except ConnectionClosed as closed:
            if closed.rcvd is None:
                raise AssertionError("no close frame") from closed
            return closed.rcvd.code


class Live:
    def __init__(self, stack: Stack, database: Database, bus: Bus) -> None:
        self.stack, self.database, self.bus = stack, database, bus
        self.history = History(database.system)
        self.settings = Settings.read(stack.settings("gateway"))
        self.port = 0
        self.gateway: Gateway
        self._running: asyncio.Task[None] | None = None
        self._server: asyncio.Server | None = None
        self._bus: Bus | None = None
        self._exit = contextlib.AsyncExitStack()

    async def start(self) -> None:
        """A new gateway process, as it were: it knows nothing of before."""
        self._bus = await Bus.connect(self.settings, "gateway")
        self.gateway = Gateway(self.settings, self._bus, self.database)
        self._running = asyncio.create_task(self.gateway.run())
        gateway = self.gateway
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Connection(gateway), "127.0.0.1", self.port, family=socket.AF_INET
        )
        self.port = self._server.sockets[0].getsockname()[1]
        await eventually(lambda: gateway.feed.running, "the feed runs")

    async def stop(self) -> None:
        assert self._running is not None and self._server is not None and self._bus is not None
        self._server.close()
        await self.gateway.leave(2)
        await end(self._running)
        await self._bus.close()

    def open(self, token: str | None, *, port: int | None = None, **more: Any) -> connect:
        """At this gateway, or at another one's `port`."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        settings: dict[str, Any] = {
            "subprotocols": ["casewire.v1"], "additional_headers": headers, "compression": None, "max_size": None,
        }  # fmt: skip
        return connect(f"ws://127.0.0.1:{port or self.port}/v1/live", **(settings | more))

    @contextlib.asynccontextmanager
    async def client(self, token: str, **more: Any) -> AsyncIterator[Client]:
        async with self.open(token, **more) as opened:
            client = Client(opened)
            welcome = await client.next()
            assert welcome["op"] == "welcome"
            yield client

    async def told(self) -> None:
        """Until the gateway has delivered everything that is written by now."""
        from storage.postgres import events as log

        await self.bus.wake()
        head = await log.head(self.database.system)
        await eventually(lambda: self.gateway.feed.position >= head, "the feed has it")


class Office:
    """An organisation with a lawyer (staff), a client of the case, and a stranger; tokens for each."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.history = live.history
        self.tokens: dict[str, str] = {}
        self.sessions: dict[str, UUID] = {}
        self.people: dict[str, UUID] = {}
        self.org: UUID
        self.case: UUID

    async def build(self) -> "Office":
        self.org = await self.history.organisation()
        for name in ("admin", "lawyer", "client", "stranger"):
            self.people[name] = await self.history.person()
            self.tokens[name], self.sessions[name] = await self.history.token(self.people[name])
        await self.history.grant(self.people["admin"], self.org, "admin", self.org)
        self.case = await self.new_case()
        return self

    async def new_case(self) -> UUID:
        case = await self.history.case(self.org, self.people["admin"])
        await self.history.grant(self.people["lawyer"], case, "staff", self.org)
        await self.history.grant(self.people["client"], case, "client", self.org)
        return case

    @property
    def topic(self) -> str:
        return f"case:{self.case}"

    async def post(self, body: str = "x", *, case: UUID | None = None, **more: Any) -> int:
        seq = await self.history.post(case or self.case, self.org, self.people["lawyer"], body, **more)
        await self.live.bus.wake()
        return seq

    def client(self, name: str, **more: Any) -> Any:
        return self.live.client(self.tokens[name], **more)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def live(stack: Stack, settings: Settings) -> AsyncIterator[Live]:
    database = await Database.open(settings, ("app", "system", "signin"))
    bus = await Bus.connect(settings, "hub")
    live = Live(stack, database, bus)
    async with relaying(stack):
        await live.start()
        yield live
        await live.stop()
    await bus.close()
    await database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def office(live: Live) -> Office:
    return await Office(live).build()
