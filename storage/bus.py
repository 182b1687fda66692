"""NATS: wake-ups, signals, requests, and `follow`, the one way to read events in order.

NATS only carries. Whatever it loses, repeats or forgets, `follow` notices by the chain of positions and reads from
PostgreSQL; so nothing here trusts an acknowledgement, a sequence number or a consumer of JetStream.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

import nats
import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.aio.transport import TcpTransport

from schemas.errors import Refused
from schemas.events import Event
from schemas.positions import Position
from schemas.settings import Settings
from schemas.subjects import EVENTS, HEADER_EPOCH, HEADER_POS, HEADER_PREV, WAKE_RELAY, inbox
from storage.postgres import events as log
from storage.postgres.pool import PASSING

FIRST_CONNECT_S = 10.0
CONNECT_S = 2
RECONNECT_WAIT_S = 0.2
PING_INTERVAL_S = 2  # a dead connection is noticed in 4 to 6 s
FLUSH_S = 2
CLOSE_S = 1.0
OUTBOUND_BYTES_MAX = 8 << 20

BATCH_EVENTS_MAX = 500
PILE_MESSAGES_MAX = 8192
PILE_BYTES_MAX = 16 << 20
POLL_S = 2.0  # PostgreSQL is asked when nothing came for so long
POLL_WITHOUT_NATS_S = 0.5
REOPEN_S = 0.5
END_RETRY_S = 0.2

T = TypeVar("T")

logger = structlog.get_logger("bus")


class Pools(Protocol):
    """What `follow` needs of `storage.postgres.pool.Database`."""

    system: Any


class EpochChanged(Exception):
    """The database's history was replaced (a restore): positions of before mean nothing now."""


def inbox_prefix(settings: Settings) -> bytes:
    """Where answers come to: a place of this user's own, so that the server can keep other users away from it."""
    return inbox(settings.nats_user).encode() if settings.nats_user else b"_INBOX"


class _Client(Client):
    """Before it connects anew, the client waits until the old connection has sent what it still held; where nobody is
    left to take that, for ever. And whoever asked something on the old one waits for an answer that cannot come."""

    async def _attempt_reconnect(self) -> None:
        for asked in list(self._resp_map.values()):
            if not asked.done():
                asked.set_exception(nats.errors.StaleConnectionError())
        if isinstance(self._transport, TcpTransport) and (writer := self._transport._io_writer) is not None:  # pyright: ignore[reportPrivateUsage]
            writer.transport.abort()
        await super()._attempt_reconnect()


class Bus:
    """One connection to NATS that comes back by itself for ever."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.reconnects = 0
        self.closing = False

    @classmethod
    async def connect(cls, settings: Settings, name: str = "casewire") -> "Bus":
        """Raises `OSError` when no server answers within `FIRST_CONNECT_S`."""
        client = _Client()
        bus = cls(client)

        async def reconnected() -> None:
            bus.reconnects += 1
            logger.info("nats reconnected", name=name)

        async def disconnected() -> None:
            if not bus.closing:
                logger.warning("nats disconnected", name=name)

        async def failed(error: Exception) -> None:
            if not isinstance(error, ConnectionError):
                logger.warning("nats error", name=name, error=type(error).__name__)

        try:
            # With endless reconnects the client's first connect would hang for ever where no server is.
            async with asyncio.timeout(FIRST_CONNECT_S):
                await client.connect(
                    servers=[url.strip() for url in settings.nats.split(",")],
                    user=settings.nats_user or None,
                    password=settings.nats_password.reveal() or None,
                    inbox_prefix=inbox_prefix(settings),
                    name=name,
                    connect_timeout=CONNECT_S,
                    allow_reconnect=True,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=RECONNECT_WAIT_S,  # pyright: ignore[reportArgumentType]  (it sleeps for any number)
                    ping_interval=PING_INTERVAL_S,
                    max_outstanding_pings=2,
                    pending_size=OUTBOUND_BYTES_MAX,
                    reconnected_cb=reconnected,
                    disconnected_cb=disconnected,
                    error_cb=failed,
                )
        except (TimeoutError, nats.errors.Error) as error:
            raise OSError(f"NATS does not answer ({type(error).__name__})") from error
        return bus

    @property
    def connected(self) -> bool:
        return self.client.is_connected

    async def close(self) -> None:
        self.closing = True
        with contextlib.suppress(nats.errors.Error, OSError, TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self.client.close()

    async def signal(self, subject: str, body: bytes = b"") -> None:
        """Publish once, perhaps in vain: only for what may be lost."""
        with contextlib.suppress(nats.errors.Error, OSError):
            await self.client.publish(subject, body)

    async def wake(self, subject: str = WAKE_RELAY) -> None:
        """Tell the relay (or workers) that there is something; their polls find it anyway."""
        await self.signal(subject)

    async def request(
        self,
        subject: str,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        *,
        timeout_s: float,
    ) -> Msg:
        """Ask a service. Raises `Refused("unavailable")` when nobody answers; the outcome is then unknown."""
        try:
            return await self.client.request(
                subject, body, timeout=timeout_s, headers=dict(headers) if headers else None
            )
        except (nats.errors.Error, TimeoutError, OSError) as error:
            raise Refused("unavailable", "The service does not answer.", retry_after_ms=1000) from error

    async def send(self, commands: Sequence[bytes]) -> None:
        """Hand ready commands of the protocol to the client in one piece, for whoever publishes thousands a second.

        `Client.publish` takes them one by one, and was the relay's limit. Raises `ConnectionError` while there is none.
        """
        if not self.connected:
            raise ConnectionError("no connection to NATS")
        await self.client._send_command(b"".join(commands))  # pyright: ignore[reportPrivateUsage]
        await self.client._flush_pending()  # pyright: ignore[reportPrivateUsage]

    async def subscribe(
        self, subject: str, heard: Callable[[Msg], Awaitable[None]], queue: str = ""
    ) -> Subscription:
        return await self.client.subscribe(subject, queue=queue, cb=heard)

    async def unsubscribe(self, subscription: Subscription) -> None:
        with contextlib.suppress(nats.errors.Error, OSError):
            await subscription.unsubscribe()


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks until they are done, and wait for them.

    Once is not enough: `asyncio.wait_for` of Python 3.11, through which the NATS client waits for answers, loses a
    cancellation that comes together with the answer.
    """
    while late := [task for task in tasks if not task.done()]:
        for task in late:
            task.cancel()
        await asyncio.wait(late, timeout=END_RETRY_S)


class Relayed(NamedTuple):
    """A message of the event stream: where it stands, and what stood before it. An empty body was too large."""

    epoch: str
    prev: Position
    pos: Position
    body: bytes


class Tail:
    """The events as they are published, from the moment of opening, in a pile of bounded size.

    A plain subscription and no consumer of JetStream: where a consumer delivers to is whatever its maker names, which
    no permission limits, and what it adds (to be told that messages are missing) the chain of positions tells anyway.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._subscription: Subscription | None = None
        self._reconnects = -1
        self._tried = 0.0
        self._pile: deque[Relayed] = deque()
        self._bytes = 0
        self._something = asyncio.Event()
        self.overflowed = False

    @property
    def alive(self) -> bool:
        """Whether all that was published since `open` has come or will, as far as the connection knows."""
        return (
            self._subscription is not None
            and self._bus.connected
            and self._reconnects == self._bus.reconnects
        )

    async def open(self) -> bool:
        """Hear what comes from now on, if it is time to try. True when that is new."""
        now = time.monotonic()
        if now - self._tried < REOPEN_S or not self._bus.connected:
            return False
        self._tried = now
        await self.close()
        self._reconnects = self._bus.reconnects
        try:
            self._subscription = await self._bus.client.subscribe(EVENTS, cb=self._on_message)
            await self._bus.client.flush(timeout=FLUSH_S)  # the server knows of it
        except (nats.errors.Error, TimeoutError, OSError) as error:
            logger.debug("no events from nats yet", error=type(error).__name__)
            await self.close()
            return False
        return True

    async def close(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            await self._bus.unsubscribe(subscription)

    async def _on_message(self, message: Msg) -> None:
        headers = message.headers or {}
        if len(self._pile) >= PILE_MESSAGES_MAX or self._bytes > PILE_BYTES_MAX:
            # A reader this far behind reads the rest from PostgreSQL.
            self._pile.clear()
            self._bytes = 0
            self.overflowed = True
        try:
            relayed = Relayed(
                headers[HEADER_EPOCH],
                Position.parse(headers[HEADER_PREV]),
                Position.parse(headers[HEADER_POS]),
                message.data,
            )
        except (KeyError, ValueError):
            return  # not of the relay; the chain shows whether something is missing
        self._pile.append(relayed)
        self._bytes += len(message.data)
        self._something.set()

    def next(self) -> Relayed | None:
        """The oldest message of the pile, left there."""
        return self._pile[0] if self._pile else None

    def drop(self) -> None:
        self._bytes -= len(self._pile.popleft().body)

    async def wait(self, seconds: float) -> None:
        """Until something came, at most `seconds`."""
        if self._pile:
            return
        self._something.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._something.wait()


async def follow(bus: Bus, database: Pools, position: Position) -> AsyncGenerator[list[Event], None]:
    """Every event after `position`, each once, in order, as batches of 1 to `BATCH_EVENTS_MAX`; never ends.

    Live from NATS while each message names the last one seen as its predecessor, else from PostgreSQL until it
    does. While PostgreSQL is away it goes on live; while NATS is away it polls PostgreSQL. Raises `EpochChanged`
    after a restore. Close the iterator (`contextlib.aclosing`) when leaving it early.
    """
    pool = database.system
    tail = Tail(bus)
    epoch = await patiently(log.epoch, pool)
    behind = True
    last_event = time.monotonic()
    try:
        while True:
            alive = tail.alive
            if not alive and await tail.open():
                behind = alive = True
            if tail.overflowed:
                behind, tail.overflowed = True, False
            idle = time.monotonic() - last_event
            if idle >= (POLL_S if alive else POLL_WITHOUT_NATS_S):
                behind = True
                if await patiently(log.epoch, pool) != epoch:
                    raise EpochChanged
                last_event = time.monotonic()
            if behind:
                batch = await patiently(log.events_after, pool, position, BATCH_EVENTS_MAX)
                behind = len(batch) == BATCH_EVENTS_MAX
                if batch:
                    position = batch[-1].position
                    last_event = time.monotonic()
                    yield batch
                    continue
                # A message that PostgreSQL does not know in this place is of no history of ours.
                if (odd := tail.next()) and odd.pos > position and odd.prev != position:
                    tail.drop()
            batch = []
            while (message := tail.next()) and len(batch) < BATCH_EVENTS_MAX:
                if message.epoch != epoch:
                    if await patiently(log.epoch, pool) != epoch:
                        raise EpochChanged
                elif message.prev == position and message.body:
                    batch.append(log.decode(message.body))
                    position = message.pos
                elif message.pos > position:
                    behind = True
                    break
                tail.drop()
            if batch:
                last_event = time.monotonic()
                yield batch
            elif not behind:
                await tail.wait(min(1.0, POLL_S) if alive else POLL_WITHOUT_NATS_S)
    finally:
        await tail.close()


async def patiently(ask: Callable[..., Awaitable[T]], *args: Any) -> T:
    """Ask PostgreSQL until it answers."""
    wait = 0.05
    while True:
        try:
            return await ask(*args)
        except PASSING as error:
            logger.warning("postgres does not answer", error=type(error).__name__)
            await asyncio.sleep(wait)
            wait = min(wait * 2, 1.0)
