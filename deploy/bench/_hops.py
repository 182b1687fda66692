"""The floors of `deliver`: each step between a commit and a subscriber alone, at the pace of the events, on the same
servers. Together they are the least that the way through PostgreSQL and JetStream can take."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from deploy.bench._jetstream import BODY, STREAM, SUBJECT, api, headers, stream
from deploy.bench._peers import FLOOR, Peer, peer
from schemas.positions import Position
from schemas.settings import Settings
from storage.bus import Bus
from storage.postgres import events as log

STEPS = ("wake", "read", "publish_and_ack", "hop", "socket_write")
STEP_S = 2.0  # none may take longer
WAKE = "casewire-bench.wake"
FRAME_BYTES = 700
BATCH = 1000


class Hops:
    """Made by `hops`. `steps` holds the seconds that each took, every time."""

    def __init__(self, here: Bus, there: Bus, connection: Any, writing: Peer) -> None:
        self._here, self._there, self._connection, self._writing = here, there, connection, writing
        self.steps: dict[str, list[float]] = {name: [] for name in STEPS}
        self._woken = asyncio.Event()
        self._acks = ""
        self._published = 0
        self._acked_at = self._pushed_at = 0.0

    async def listen(self) -> None:
        """Have a push consumer, and hear wake-ups and acknowledgements."""
        self._acks, inbox = self._here.client.new_inbox(), self._there.client.new_inbox()
        await self._there.subscribe(WAKE, self._on_wake)
        await self._here.subscribe(self._acks, self._on_ack)
        await self._there.subscribe(inbox, self._on_push)
        config = {
            "deliver_subject": inbox,
            "deliver_policy": "new",
            "ack_policy": "none",
            "mem_storage": True,
        }
        await api(self._there, f"CONSUMER.CREATE.{STREAM}", {"stream_name": STREAM, "config": config})

    async def measure(self, count: int, pace_s: float) -> None:
        """Each step `count` times."""
        self.steps["wake"] += await _paced(self._wake, count, pace_s)
        newest = await log.before(self._connection, await log.head(self._connection))
        self.steps["read"] += await _paced(lambda: self._read(newest), count, pace_s)
        await _paced(self._publish, count, pace_s)
        self.steps["socket_write"] += (await self._writing.round(count, 1, pace_s, FRAME_BYTES)).seconds

    async def _wake(self) -> None:
        """A message of core NATS, from one connection to another."""
        self._woken.clear()
        await self._here.wake(WAKE)
        await self._woken.wait()

    async def _read(self, before: Position) -> None:
        """The relay's query, for the newest event."""
        events, _ = await log.settled_after(self._connection, before, BATCH)
        assert events

    async def _publish(self) -> None:
        """Into JetStream until it is acknowledged, and from there to a push consumer, which may be the quicker one."""
        self._acked_at = self._pushed_at = 0.0
        self._woken.clear()
        begun = time.perf_counter()
        await self._here.client.publish(SUBJECT, BODY, reply=self._acks, headers=headers(self._published))
        self._published += 1
        while not (self._acked_at and self._pushed_at):
            await self._woken.wait()
            self._woken.clear()
        self.steps["publish_and_ack"].append(self._acked_at - begun)
        self.steps["hop"].append(max(0.0, self._pushed_at - self._acked_at))

    async def _on_wake(self, _: object) -> None:
        self._woken.set()

    async def _on_ack(self, message: Any) -> None:
        assert b'"error"' not in message.data
        self._acked_at = time.perf_counter()
        self._woken.set()

    async def _on_push(self, _: object) -> None:
        self._pushed_at = time.perf_counter()
        self._woken.set()


@asynccontextmanager
async def hops(settings: Settings, sockets: int) -> AsyncIterator[Hops]:
    """Warm connections, a stream like the relay's own, and `sockets` that a C loop writes to."""
    here, there = await Bus.connect(settings, "bench"), await Bus.connect(settings, "bench listening")
    connection = await asyncpg.connect(settings.postgres_system, server_settings=log.READS_IN_ORDER)
    try:
        async with stream(here), peer(FLOOR, sockets) as writing:
            steps = Hops(here, there, connection, writing)
            await steps.listen()
            yield steps
    finally:
        await connection.close()
        await here.close()
        await there.close()


async def _paced(step: Callable[[], Awaitable[None]], count: int, pace_s: float) -> list[float]:
    taken: list[float] = []
    async with asyncio.timeout(count * (pace_s + STEP_S)):
        begun = time.perf_counter()
        for n in range(count):
            await asyncio.sleep(begun + n * pace_s - time.perf_counter())
            at = time.perf_counter()
            await step()
            taken.append(time.perf_counter() - at)
    return taken
