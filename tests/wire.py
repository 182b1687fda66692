"""What tests of the wire share: a relay that can be stopped, what JetStream holds, and NATS stopped and wiped."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec
from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig

from deploy.embedded.stack import Stack
from schemas.events import Event
from schemas.positions import Position
from schemas.settings import Settings
from schemas.subjects import HEADER_POS, HEADER_PREV, STREAM
from storage.bus import Bus, end, follow
from storage.postgres import events as log
from storage.postgres.pool import Database
from workers import relay

PATIENCE_S = 30.0  # only ends a broken run: a slow machine once took longer than 10


async def eventually(true: Callable[[], bool | Awaitable[bool]], what: str) -> None:
    """Until `true()`; the bound is only there so that a failing test ends."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                answer = true()
                if answer if isinstance(answer, bool) else await answer:
                    return
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"never came true: {what}") from None


@asynccontextmanager
async def relaying(stack: Stack) -> AsyncIterator["asyncio.Task[None]"]:
    """A relay in this loop; leaving cancels it wherever it is."""
    task = asyncio.create_task(relay.run(Settings.read(stack.settings("relay")), asyncio.Event()))
    try:
        yield task
    finally:
        await end(task)


async def relay_process(stack: Stack) -> asyncio.subprocess.Process:
    """A relay in a process of its own, to be killed, stopped or terminated."""
    program = (
        "import asyncio, os; from schemas.settings import Settings; from workers.relay import run;"
        "asyncio.run(run(Settings.read(os.environ), asyncio.Event()))"
    )
    environ = os.environ | stack.settings("relay") | {"PYTHONPATH": os.getcwd()}
    return await asyncio.create_subprocess_exec(sys.executable, "-c", program, env=environ)


class Follower:
    """Collects what `follow` yields after `position`."""

    def __init__(self, bus: Bus, database: Database, position: Position) -> None:
        self.events: list[Event] = []
        self._task = asyncio.create_task(self._run(bus, database, position))

    async def _run(self, bus: Bus, database: Database, position: Position) -> None:
        async with aclosing(follow(bus, database, position)) as batches:
            async for batch in batches:
                assert batch, "an empty batch"
                self.events += batch

    @property
    def position(self) -> Position:
        return self.events[-1].position

    async def has(self, count: int) -> None:
        def enough() -> bool:
            if self._task.done():
                self._task.result()
            return len(self.events) >= count

        await eventually(enough, f"{count} events followed, {len(self.events)} at first")

    async def stop(self) -> None:
        await end(self._task)


@asynccontextmanager
async def following(bus: Bus, database: Database, position: Position) -> AsyncIterator[Follower]:
    follower = Follower(bus, database, position)
    try:
        yield follower
    finally:
        await follower.stop()


async def operator(stack: Stack) -> Client:
    """A NATS client that may do everything; close it."""
    client = Client()
    settings = Settings.read(stack.settings("operator"))
    await client.connect(settings.nats, user=settings.nats_user, password=settings.nats_password.reveal())
    return client


async def api(client: Client, name: str, body: Any = None) -> dict[str, Any]:
    payload = msgspec.json.encode(body) if body is not None else b""
    return msgspec.json.decode((await client.request(f"$JS.API.{name}", payload, timeout=5)).data)


async def stream_positions(client: Client) -> list[tuple[str, str]]:
    """(prev, pos) of every message of the stream, in its order."""
    state = (await api(client, f"STREAM.INFO.{STREAM}"))["state"]
    found: list[tuple[str, str]] = []
    config = ConsumerConfig(ack_policy=AckPolicy.NONE, headers_only=True, inactive_threshold=10.0)
    consumer = await client.jetstream().pull_subscribe("", stream=STREAM, config=config)
    # In portions: the server hangs up on who is pushed more than it takes.
    while len(found) < state["messages"]:
        for message in await consumer.fetch(min(1000, state["messages"] - len(found)), timeout=PATIENCE_S):
            headers = message.headers or {}
            found.append((headers[HEADER_PREV], headers[HEADER_POS]))
    await consumer.unsubscribe()
    return found


def broken_links(chain: list[tuple[str, str]]) -> int:
    """How many messages do not name the one before them as their predecessor."""
    return sum(after[0] != before[1] for before, after in pairwise(chain))


async def relayed(stack: Stack, database: Database) -> None:
    """Until the stream's last message is the last settled event."""
    client = await operator(stack)

    async def caught_up() -> bool:
        info = await api(client, f"STREAM.INFO.{STREAM}")
        if "error" in info or not info["state"]["messages"]:
            return False
        found = await api(client, f"STREAM.MSG.GET.{STREAM}", {"seq": info["state"]["last_seq"]})
        if "message" not in found:
            return False
        headers = msgspec.convert(found["message"]["hdrs"], bytes).decode()
        return f"{HEADER_POS}: {await log.head(database.system)}\r\n" in headers

    try:
        await eventually(caught_up, "everything relayed")
    finally:
        await client.close()


def wipe(stack: Stack) -> None:
    """JetStream loses everything it stored."""
    assert stack.nats is not None
    stack.nats.child.kill()
    shutil.rmtree(stack.nats.home / "jetstream", ignore_errors=True)
    stack.nats.start()


def inversions(events: list[Event]) -> int:
    """Events that come after one with a higher seq of their own stream."""
    highest: dict[UUID, int] = {}
    count = 0
    for event in events:
        count += event.seq < highest.get(event.stream, 0)
        highest[event.stream] = max(event.seq, highest.get(event.stream, 0))
    return count
