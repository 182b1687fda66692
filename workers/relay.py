"""The relay: what PostgreSQL has committed, in its order, into JetStream. One leads; another takes over in 2 s."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec
import nats.errors
import structlog
from msgspec import Struct
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from prometheus_client import Counter, Gauge

from schemas.events import Event
from schemas.positions import START, Position
from schemas.settings import Settings
from schemas.subjects import (
    HEADER_EPOCH,
    HEADER_POS,
    HEADER_PREV,
    HEADER_SEQ,
    STREAM,
    STREAM_SUBJECTS,
    WAKE_RELAY,
    event_subject,
)
from storage.bus import Bus, end
from storage.postgres import events as log
from storage.postgres.pool import PASSING

LEADER_LOCK = 0x6361736577697265  # "casewire": the relay's advisory lock
LEADER_POLL_S = 0.5
POLL_S = 0.2  # when no wake-up comes
POLL_HIDDEN_S = 0.001, 0.05  # while a committed event waits for an open transaction: first and longest pause
CHECK_STREAM_S = 2.0
NAME_HOLDER_S = 0.5
BATCH_EVENTS_MAX = 500
IN_FLIGHT_MAX = 2000
ACK_S = 5.0
RETRY_S = 0.3
API_S = 5.0
HEADER_BYTES_MAX = 4096

KEPT_S = 72 * 3600
KEPT_BYTES_MAX = 4 << 30
DUPLICATES_S = 120

STREAM_CONFIG = {
    "name": STREAM,
    "description": "Committed events, in order. PostgreSQL is the record.",
    "subjects": list(STREAM_SUBJECTS),
    "storage": "file",
    "retention": "limits",
    "discard": "old",
    "max_age": KEPT_S * 10**9,
    "max_bytes": KEPT_BYTES_MAX,
    "duplicate_window": DUPLICATES_S * 10**9,
    "num_replicas": 1,
    "allow_direct": True,
}

PUBLISHED = Counter("casewire_relay_published_total", "Events that JetStream acknowledged.")
RELEARNED = Counter("casewire_relay_relearned_total", "Times the relay read from the stream where it stands.")
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


class Unsettled(Exception):
    """The stream is not as it was left, or does not answer: learn where it stands and go on from there."""


class _Error(Struct):
    code: int = 0
    description: str = ""
    err_code: int = 0


class _Ack(Struct):
    seq: int = 0
    duplicate: bool = False
    error: _Error | None = None


class _State(Struct):
    messages: int = 0
    last_seq: int = 0


class _Info(Struct):
    state: _State = msgspec.field(default_factory=_State)
    error: _Error | None = None


_read_ack = msgspec.json.Decoder(_Ack).decode
_read_info = msgspec.json.Decoder(_Info).decode


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
                async with _leadership(settings) as connection:
                    await Relay(connection, bus).lead()
            except PASSING as error:
                logger.warning("relay stands down", error=type(error).__name__)
            await asyncio.sleep(LEADER_POLL_S)
    finally:
        await bus.close()


@asynccontextmanager
async def _leadership(settings: Settings) -> AsyncIterator[Any]:
    """A connection that holds the leader's lock. It dies with the connection, and all reading goes through it."""
    connection = await asyncpg.connect(
        settings.postgres_system,
        timeout=5,
        command_timeout=10,
        server_settings={
            "application_name": "casewire-relay",
            # A server that loses sight of us frees the lock within 2 s.
            "tcp_keepalives_idle": "1",
            "tcp_keepalives_interval": "1",
            "tcp_keepalives_count": "1",
            "tcp_user_timeout": "2000",
        },
    )
    try:
        while not await connection.fetchval("select pg_try_advisory_lock($1)", LEADER_LOCK):  # noqa: ASYNC110
            await asyncio.sleep(LEADER_POLL_S)
        LEADING.set(1)
        logger.info("relay leads")
        yield connection
    finally:
        LEADING.set(0)
        connection.terminate()


class Relay:
    """The leader: reads through `connection`, publishes through `bus`."""

    def __init__(self, connection: Any, bus: Bus) -> None:
        self._db, self._bus = connection, bus
        self._epoch = ""
        self._sent = START  # the last event published
        self._expected = 0  # the stream sequence of that one
        self._acked = 0  # the last sequence acknowledged
        self._again = False  # the next message starts the chain anew
        self._reconnects = 0
        self._broken: str | None = None
        self._progress = time.monotonic()
        self._checked = 0.0
        self._stirred = asyncio.Event()
        self._pause = POLL_HIDDEN_S[0]
        self._acks: Subscription | None = None
        self._inbox = ""
        self._held: tuple[str, str] | None = None

    async def lead(self) -> None:
        """Publish for as long as the connection to PostgreSQL lasts."""
        wakes = await self._bus.subscribe(WAKE_RELAY, self._on_wake)
        try:
            while True:
                try:
                    await self._learn()
                    await self._publish_on()
                except (Unsettled, nats.errors.Error, TimeoutError) as reason:
                    logger.info(
                        "relay learns where the stream stands", reason=str(reason) or type(reason).__name__
                    )
                    await asyncio.sleep(RETRY_S)
        finally:
            with contextlib.suppress(nats.errors.Error, OSError):
                await wakes.unsubscribe()
                if self._acks is not None:
                    await self._acks.unsubscribe()

    async def _publish_on(self) -> None:
        while True:
            self._check()
            batch = await log.events_after(self._db, self._sent, BATCH_EVENTS_MAX)
            for event in batch:
                await self._publish(event)
            if batch:
                self._pause = POLL_HIDDEN_S[0]
                LAG.set((datetime.now(UTC) - batch[-1].at).total_seconds())
                while self._expected - self._acked > IN_FLIGHT_MAX:
                    self._check()
                    await self._wait(POLL_S)
            if len(batch) < BATCH_EVENTS_MAX:
                await self._idle()

    async def _publish(self, event: Event) -> None:
        position = event.position
        again = f"-{self._expected}" if self._again else ""
        headers = {
            "Nats-Msg-Id": f"{self._epoch}-{event.id}{again}",
            "Nats-Expected-Last-Sequence": str(self._expected),
            HEADER_SEQ: str(event.seq),
            HEADER_EPOCH: self._epoch,
            HEADER_POS: str(position),
            HEADER_PREV: str(self._sent),
        }
        body = log.encode(event)
        if len(body) > self._bus.client.max_payload - HEADER_BYTES_MAX:
            body = b""  # followers read this one from PostgreSQL
        if self._expected == self._acked:
            self._progress = time.monotonic()
        await self._bus.client.publish(event_subject(event), body, reply=self._inbox, headers=headers)
        self._sent, self._again = position, False
        self._expected += 1

    def _check(self) -> None:
        if self._broken:
            raise Unsettled(self._broken)
        if self._reconnects != self._bus.reconnects:
            raise Unsettled("reconnected")
        if self._expected != self._acked and time.monotonic() - self._progress > ACK_S:
            raise Unsettled("no acknowledgement")

    async def _idle(self) -> None:
        """Wait for a wake-up; shortly when an event is committed but an older transaction still runs."""
        hidden = await log.hidden_since(self._db)
        await self._tell_waiting(hidden)
        if hidden is not None:
            await self._wait(self._pause)
            self._pause = min(self._pause * 2, POLL_HIDDEN_S[1])
            return
        self._pause = POLL_HIDDEN_S[0]
        await self._wait(POLL_S)
        if time.monotonic() - self._checked > CHECK_STREAM_S and self._expected == self._acked:
            self._checked = time.monotonic()
            info = await self._info()
            # Anything else than what was left there: wiped, restored, or somebody else publishes.
            emptied = not info.state.messages and not self._again
            if info.error or info.state.last_seq != self._expected or emptied:
                raise Unsettled("the stream is not as it was left")

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

    async def _on_wake(self, message: Msg) -> None:
        self._stirred.set()

    async def _learn(self) -> None:
        """Read from the stream where it stands. An empty one starts with the last settled event: its predecessor is
        named in it, so every follower that has not seen that one reads PostgreSQL."""
        RELEARNED.inc()
        if not self._bus.connected:
            raise Unsettled("no connection to NATS")
        await self._listen()
        self._reconnects, self._broken = self._bus.reconnects, None
        self._epoch = await log.epoch(self._db)
        info = await self._info()
        if info.error:
            if info.error.code != 404:
                raise Unsettled(info.error.description)
            await self._api(f"STREAM.CREATE.{STREAM}", STREAM_CONFIG)
            info = await self._info()
        position = await self._last(info.state.last_seq) if info.state.messages else None
        if info.state.messages and position is None:
            logger.warning("the stream holds another history; purging it")
            await self._api(f"STREAM.PURGE.{STREAM}", {})
        self._again = position is None
        self._sent = position or await log.before(self._db, await log.head(self._db))
        self._expected = self._acked = info.state.last_seq
        self._progress = self._checked = time.monotonic()
        logger.info("relay stands", pos=str(self._sent), stream_seq=self._expected)

    async def _last(self, seq: int) -> Position | None:
        """The position of the stream's last message; None when it is of another history than PostgreSQL's."""
        answer = await self._api(f"STREAM.MSG.GET.{STREAM}", {"seq": seq})
        message = msgspec.json.decode(answer, type=dict[str, Any]).get("message")
        if message is None:
            raise Unsettled("the last message is gone")
        headers = _headers(msgspec.convert(message.get("hdrs", ""), bytes, strict=False))
        try:
            position = Position.parse(headers[HEADER_POS])
        except (KeyError, ValueError):
            return None
        if headers.get(HEADER_EPOCH) != self._epoch or not await log.known(self._db, position):
            return None
        return position

    async def _listen(self) -> None:
        """A fresh inbox, so that acknowledgements of before count for nothing."""
        if self._acks is not None:
            await self._acks.unsubscribe()
        self._inbox = self._bus.client.new_inbox()
        self._acks = await self._bus.subscribe(self._inbox, self._on_ack)

    async def _on_ack(self, message: Msg) -> None:
        if message.reply or message.subject != self._inbox:
            return
        try:
            ack = _read_ack(message.data)
        except msgspec.MsgspecError:
            self._broken = "the stream does not answer"
        else:
            if ack.error is None and not ack.duplicate and ack.seq == self._acked + 1:
                self._acked = ack.seq
                self._progress = time.monotonic()
                PUBLISHED.inc()
                if self._expected - self._acked > IN_FLIGHT_MAX // 2:
                    return
            else:
                self._broken = ack.error.description if ack.error else "acknowledged out of order"
        if self._broken or self._expected - self._acked == IN_FLIGHT_MAX // 2:
            self._stirred.set()

    async def _info(self) -> _Info:
        return _read_info(await self._request(f"STREAM.INFO.{STREAM}", b""))

    async def _api(self, name: str, body: dict[str, Any]) -> bytes:
        answer = await self._request(name, msgspec.json.encode(body))
        if error := _read_info(answer).error:
            raise Unsettled(error.description)
        return answer

    async def _request(self, name: str, body: bytes) -> bytes:
        return (await self._bus.client.request(f"$JS.API.{name}", body, timeout=API_S)).data


def _headers(raw: bytes) -> dict[str, str]:
    lines = raw.decode("ascii", "replace").split("\r\n")[1:]
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines) if name}
