"""The event stream of JetStream as its one writer keeps it: made, read back, appended to in one unbroken chain.

Every message names the sequence of the one before it (`Nats-Expected-Last-Sequence`), so the server refuses all that
come after one that was refused or lost. One acknowledgement therefore proves everything before it, and only the last
message of a stride asks for one.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec
import nats.errors
import structlog
from msgspec import Struct
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from prometheus_client import Counter

from schemas.events import Event
from schemas.positions import START, Position
from schemas.subjects import (
    HEADER_EPOCH,
    HEADER_POS,
    HEADER_PREV,
    HEADER_SEQ,
    STREAM,
    STREAM_SUBJECTS,
    event_subject,
)
from storage.bus import Bus
from storage.postgres import events as log

STRIDE_EVENTS_MAX = 200  # sent in one piece, acknowledged by one answer
STRIDE_BYTES_MAX = 512 << 10
# Unacknowledged at most. The server drops what comes in above 10,000 messages or 128 MiB that it has not stored.
IN_FLIGHT_EVENTS_MAX = 2000
IN_FLIGHT_BYTES_MAX = 16 << 20
ACK_S = 2.0
API_S = 5.0
HEADER_BYTES_MAX = 4096

KEPT_S = 72 * 3600
KEPT_BYTES_MAX = 4 << 30
DUPLICATES_S = 120

CONFIG = {
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

logger = structlog.get_logger("relay")


class Unsettled(Exception):
    """The stream is not as it was left, or does not answer: learn where it stands and go on from there."""


class _Error(Struct):
    code: int = 0
    description: str = ""


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


class _Stride(NamedTuple):
    """What one acknowledgement is for: it ends with stream sequence `last`."""

    last: int
    events: int
    bytes: int


_read_ack = msgspec.json.Decoder(_Ack).decode
_read_info = msgspec.json.Decoder(_Info).decode


class EventStream:
    """The writer's end. `sent` is the position of the last event appended; `stirred` is called when there is room
    again, or what was appended got refused."""

    def __init__(self, bus: Bus, stirred: Callable[[], None]) -> None:
        self._bus, self._stirred = bus, stirred
        self.sent = START
        self._epoch = ""
        self._expected = 0  # the stream sequence of the last event appended
        self._again = False  # the next message starts the chain anew
        self._strides: deque[_Stride] = deque()
        self._events = self._bytes = 0  # in flight
        self._reconnects = 0
        self._broken: str | None = None
        self._heard = 0.0  # when an answer came, or the first one was asked for
        self._acks: Subscription | None = None
        self._inbox = ""

    @property
    def full(self) -> bool:
        """Whether as much as may be is on its way."""
        return self._events >= IN_FLIGHT_EVENTS_MAX or self._bytes >= IN_FLIGHT_BYTES_MAX

    @property
    def quiet_s(self) -> float:
        """How long nothing has told that the stream is as it was left."""
        return time.monotonic() - self._heard

    def check(self) -> None:
        """Raises `Unsettled` when what was appended may not stand in the stream."""
        if self._broken:
            raise Unsettled(self._broken)
        if self._reconnects != self._bus.reconnects or not self._bus.connected:
            raise Unsettled("the connection was lost")
        if self._strides and self.quiet_s > ACK_S:
            raise Unsettled("no acknowledgement")

    async def append(self, events: Sequence[Event]) -> None:
        """Publish settled events, the first of which follows `sent`, without waiting for the server."""
        commands: list[bytes] = []
        size = 0
        if not self._strides:
            self._heard = time.monotonic()
        for n, event in enumerate(events, 1):
            body = log.encode(event)
            if len(body) > self._bus.client.max_payload - HEADER_BYTES_MAX:
                body = b""  # followers read this one from PostgreSQL
            size += len(body)
            ends = n == len(events) or len(commands) + 1 == STRIDE_EVENTS_MAX or size >= STRIDE_BYTES_MAX
            commands.append(self._command(event, body, self._inbox if ends else ""))
            self.sent, self._again = event.position, False
            self._expected += 1
            if ends:
                self._strides.append(_Stride(self._expected, len(commands), size))
                self._events += len(commands)
                self._bytes += size
                try:
                    await self._bus.send(commands)
                except (nats.errors.Error, OSError) as error:
                    raise Unsettled(type(error).__name__) from error
                commands, size = [], 0
                if n < len(events):
                    await asyncio.sleep(0)  # the server stores these while the next are made

    def _command(self, event: Event, body: bytes, reply: str) -> bytes:
        """One message as the protocol has it: `Client.publish` takes three times as long, most of it for headers that
        it must suspect of holding anything. These are numbers and a name of our own."""
        again = f"-{self._expected}" if self._again else ""
        headers = (
            f"NATS/1.0\r\nNats-Msg-Id: {self._epoch}-{event.id}{again}\r\n"
            f"Nats-Expected-Last-Sequence: {self._expected}\r\n"
            f"{HEADER_SEQ}: {event.seq}\r\n{HEADER_EPOCH}: {self._epoch}\r\n"
            f"{HEADER_POS}: {event.tx}-{event.id}\r\n{HEADER_PREV}: {self.sent.tx}-{self.sent.id}\r\n\r\n"
        )
        line = f"HPUB {event_subject(event)} {reply} {len(headers)} {len(headers) + len(body)}\r\n"
        return b"%b%b\r\n" % ((line + headers).encode("ascii"), body)

    async def _on_ack(self, message: Msg) -> None:
        if message.reply or message.subject != self._inbox:
            return
        waited_for = self.full
        try:
            ack = _read_ack(message.data)
        except msgspec.MsgspecError:
            self._broken = "the stream does not answer"
        else:
            stride = self._strides.popleft() if self._strides else None
            if ack.error is None and not ack.duplicate and stride is not None and ack.seq == stride.last:
                self._events -= stride.events
                self._bytes -= stride.bytes
                self._heard = time.monotonic()
                PUBLISHED.inc(stride.events)
            else:
                self._broken = ack.error.description if ack.error else "acknowledged out of order"
        if waited_for or self._broken:
            self._stirred()

    async def learn(self, database: Any) -> None:
        """Read from the stream where it stands. An empty one starts with the last settled event: its predecessor is
        named in it, so every follower that has not seen that one reads PostgreSQL. Raises `Unsettled`."""
        RELEARNED.inc()
        if not self._bus.connected:
            raise Unsettled("no connection to NATS")
        await self._listen()
        self._reconnects, self._broken = self._bus.reconnects, None
        self._epoch = await log.epoch(database)
        info = await self._info()
        if info.error:
            if info.error.code != 404:
                raise Unsettled(info.error.description)
            await self._api(f"STREAM.CREATE.{STREAM}", CONFIG)
            info = await self._info()
        position = await self._last(database, info.state.last_seq) if info.state.messages else None
        if info.state.messages and position is None:
            logger.warning("the stream holds another history; purging it")
            await self._api(f"STREAM.PURGE.{STREAM}", {})
        self._again = position is None
        self.sent = position or await log.before(database, await log.head(database))
        self._expected = info.state.last_seq
        self._heard = time.monotonic()
        logger.info("relay stands", pos=str(self.sent), stream_seq=self._expected)

    async def verify(self) -> None:
        """Raises `Unsettled` when the stream is not as it was left: wiped, restored, or somebody else publishes."""
        if self._strides:
            return
        info = await self._info()
        emptied = not info.state.messages and not self._again
        if info.error or info.state.last_seq != self._expected or emptied:
            raise Unsettled("the stream is not as it was left")
        self._heard = time.monotonic()

    async def _last(self, database: Any, seq: int) -> Position | None:
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
        if headers.get(HEADER_EPOCH) != self._epoch or not await log.known(database, position):
            return None
        return position

    async def _listen(self) -> None:
        """A fresh inbox, so that acknowledgements of before count for nothing."""
        await self.close()
        self._strides.clear()
        self._events = self._bytes = 0
        self._inbox = self._bus.client.new_inbox()
        self._acks = await self._bus.subscribe(self._inbox, self._on_ack)

    async def close(self) -> None:
        acks, self._acks = self._acks, None
        if acks is not None:
            await self._bus.unsubscribe(acks)

    async def _info(self) -> _Info:
        return _read_info(await self._request(f"STREAM.INFO.{STREAM}", b""))

    async def _api(self, name: str, body: dict[str, Any]) -> bytes:
        answer = await self._request(name, msgspec.json.encode(body))
        if error := _read_info(answer).error:
            raise Unsettled(error.description)
        return answer

    async def _request(self, name: str, body: bytes) -> bytes:
        try:
            return (await self._bus.client.request(f"$JS.API.{name}", body, timeout=API_S)).data
        except (nats.errors.Error, TimeoutError) as error:
            raise Unsettled(type(error).__name__) from error


def _headers(raw: bytes) -> dict[str, str]:
    lines = raw.decode("ascii", "replace").split("\r\n")[1:]
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines) if name}
