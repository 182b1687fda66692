"""The relay: what PostgreSQL has committed, in its order, into JetStream. One leads; another takes over in 2 s."""

import asyncio
import contextlib
from datetime import UTC, datetime
from typing import Any

import structlog
from prometheus_client import Gauge

from schemas.events import Event
from schemas.positions import Position
from schemas.settings import Settings
from schemas.subjects import WAKE_RELAY
from storage.bus import Bus, end
from storage.postgres import events as log
from storage.postgres import leader
from storage.postgres.leader import leading
from storage.postgres.pool import PASSING
from storage.stream import EventStream, Unsettled

NAME = "casewire-relay"
LEADER_LOCK = 0x6361736577697265  # "casewire"
POLL_S = 0.2  # when no wake-up comes; also what tells others that the leader lives
POLL_HIDDEN_S = 0.001, 0.05  # while a committed event waits for an open transaction: first and longest pause
CHECK_STREAM_S = 2.0  # without acknowledgements, which tell the same
NAME_HOLDER_S = 0.5
BATCH_EVENTS_MAX = 1000
RETRY_S = 0.3

LEADING = Gauge("casewire_relay_leading", "1 while this process is the relay that publishes.")
LAG = Gauge("casewire_relay_lag_seconds", "Age of the newest event when it was published.")
WAITING = Gauge(
    "casewire_relay_waiting_seconds", "How long a committed event has waited for an open transaction."
)
HELD_BY = Gauge(
    "casewire_relay_held_by_seconds",
    "Age of the open write transaction that the relay waits for, by its role and application.",
    ["role", "application"],
)

logger = structlog.get_logger("relay")


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Relay until `stop`. Raises `OSError` when NATS does not answer at the start; later it waits for it."""
    relaying, stopping = asyncio.create_task(_relay(settings)), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((relaying, stopping), return_when=asyncio.FIRST_COMPLETED)
        if relaying.done():
            relaying.result()
    finally:
        await end(relaying, stopping)


async def _relay(settings: Settings) -> None:
    bus = await Bus.connect(settings, "relay")
    try:
        while True:
            try:
                # Who does not reach NATS does not stand in the way of one who does.
                async with leading(
                    settings.postgres_system, NAME, LEADER_LOCK, lambda: bus.connected, log.READS_IN_ORDER
                ) as connection:
                    logger.info("relay leads")
                    await Relay(connection, bus).lead()
            except PASSING as error:
                logger.warning("relay stands down", error=type(error).__name__)
            await asyncio.sleep(leader.POLL_S)
    finally:
        await bus.close()


class Relay:
    """The leader: reads through `connection`, publishes through `bus`."""

    def __init__(self, connection: Any, bus: Bus) -> None:
        self._db, self._bus = connection, bus
        self._stirred = asyncio.Event()
        self._stream = EventStream(bus, self._stirred.set)
        self._pause = POLL_HIDDEN_S[0]
        self._held: tuple[str, str] | None = None

    async def lead(self) -> None:
        """Publish for as long as the connection to PostgreSQL lasts."""
        LEADING.set(1)
        wakes = await self._bus.subscribe(WAKE_RELAY, self._on_wake)
        try:
            while True:
                try:
                    await self._stream.learn(self._db)
                    await self._publish_on()
                except Unsettled as reason:
                    logger.info("relay learns where the stream stands", reason=str(reason))
                    await asyncio.sleep(RETRY_S)
        finally:
            LEADING.set(0)
            self._free()
            await self._stream.close()
            await self._bus.unsubscribe(wakes)

    async def _publish_on(self) -> None:
        reading: asyncio.Task[Any] | None = None
        try:
            while True:
                self._stream.check()
                events, hidden = await (reading or self._read(self._stream.sent))
                # While there is more than a batch, PostgreSQL looks up the next one as this one goes out.
                more = len(events) == BATCH_EVENTS_MAX
                reading = asyncio.create_task(self._read(events[-1].position)) if more else None
                if events:
                    await self._append(events)
                if not more:
                    await self._idle(hidden)
        finally:
            if reading is not None:
                await asyncio.wait((reading,))  # the connection does one thing at a time

    async def _read(self, position: Position) -> tuple[list[Event], datetime | None]:
        return await log.settled_after(self._db, position, BATCH_EVENTS_MAX)

    async def _append(self, events: list[Event]) -> None:
        await self._stream.append(events)
        self._pause = POLL_HIDDEN_S[0]
        LAG.set((datetime.now(UTC) - events[-1].at).total_seconds())
        while self._stream.full:
            self._stream.check()
            await self._wait(POLL_S)

    async def _idle(self, hidden: datetime | None) -> None:
        """Wait for a wake-up; shortly when an event is committed but an older transaction still runs."""
        await self._tell_waiting(hidden)
        if hidden is not None:
            await self._wait(self._pause)
            self._pause = min(self._pause * 2, POLL_HIDDEN_S[1])
            return
        self._pause = POLL_HIDDEN_S[0]
        await self._wait(POLL_S)
        if self._stream.quiet_s > CHECK_STREAM_S:
            await self._stream.verify()

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stirred.wait()
        self._stirred.clear()

    async def _tell_waiting(self, hidden: datetime | None) -> None:
        waited = (datetime.now(UTC) - hidden).total_seconds() if hidden else 0.0
        WAITING.set(waited)
        if waited > NAME_HOLDER_S and (holder := await log.holder(self._db)):
            held = holder.role or "?", holder.application or "?"
            if held != self._held:
                self._free()
                self._held = held
                logger.warning(
                    "relay waits for an open transaction", pid=holder.pid, role=held[0], application=held[1]
                )
            HELD_BY.labels(*held).set(holder.age_s if holder.age_s is not None else waited)
        elif hidden is None:
            self._free()

    def _free(self) -> None:
        if self._held is not None:
            HELD_BY.remove(*self._held)
            self._held = None

    async def _on_wake(self, message: object) -> None:
        self._stirred.set()
