"""The gateway of a process: its sockets, and what their sessions ask for."""

import asyncio
import contextlib
from collections import Counter as Count
from collections.abc import Coroutine
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
import structlog
from msgspec import Raw
from nats.aio.msg import Msg
from prometheus_client import Counter, Gauge
from websockets.http11 import Request

from gateway.admission import Admission, Admitted
from gateway.calls import call
from gateway.connection import Connection
from gateway.feed import Feed
from gateway.framing import framed
from gateway.handshake import HEADERS, Hello, Refusal, address_of, door, judge
from gateway.joining import Joining
from gateway.session import Call, Effect, Join, Leave, Session, Subscription
from gateway.session import Signal as SignalEffect
from schemas.access import sees
from schemas.audit import Actor
from schemas.errors import Refused
from schemas.frames import PROTOCOL_VERSION, Down, ErrorFrame, Signal
from schemas.limits import HEARTBEAT_S
from schemas.rates import budgets
from schemas.scopes import READ
from schemas.settings import Settings
from schemas.subjects import SIGNALS, signal_subject
from storage.bus import Bus, end
from storage.postgres.pool import PASSING
from storage.postgres.rates import Rates

SOCKETS_MAX = 20_000
SOCKETS_PER_PERSON_MAX = 50
TICK_S = 1.0

SOCKETS = Gauge("casewire_gateway_sockets", "Open sockets.")
LAGGING = Gauge("casewire_gateway_lagging", "Sockets whose client does not take what is written.")
HELD = Gauge(
    "casewire_gateway_held_bytes", "What is kept for the clients that lag, each one's counted for itself."
)
CLOSED = Counter("casewire_gateway_closed_total", "Sockets closed, by why.", ["why"])
SIGNALLED = Counter("casewire_gateway_signals_total", "Typing signals delivered.")

logger = structlog.get_logger("gateway")


class _Welcome(Down, frozen=True, tag="welcome"):
    """`schemas.frames.Welcome` with what it says of the person as JSON."""

    protocol: int
    session: UUID
    me: Raw
    heartbeat_s: int
    time: datetime


def clock() -> datetime:
    return datetime.now(UTC)


class Gateway:
    def __init__(self, settings: Settings, bus: Bus, database: Any) -> None:
        self._bus, self._door = bus, door(settings)
        self.feed = Feed(bus, database)
        self._joining = Joining(self.feed, database)
        self.feed.again = self._join_again
        self._admission = Admission(self.feed, database, settings, clock)
        self._connections: set[Connection] = set()
        SOCKETS.set_function(self._connections.__len__)
        self._rates = Rates(database.system, budgets(settings.rates))
        self._per_person: Count[UUID] = Count()
        self._tasks: set[asyncio.Task[None]] = set()
        self._leaving = False

    async def run(self) -> None:
        """Follow and keep time until cancelled."""
        await self._bus.subscribe(SIGNALS, self._on_signal)
        tasks = asyncio.create_task(self.feed.run()), asyncio.create_task(self._keep_time())
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await end(*tasks)
            await self._rates.close()

    # -- connections call ---------------------------------------------------------------------------------

    def opened(self, connection: Connection) -> None:
        self._connections.add(connection)

    def greet(self, connection: Connection, request: Hello | Request) -> None:
        """A handshake has come in whole."""
        if isinstance(request, Hello):
            headers = request.headers
        else:
            headers = {name: request.headers.get_all(name) for name in HEADERS}
        address = address_of(connection.peer, headers, self._door)
        wait_s = self._over(None, address)
        if wait_s:
            connection.reject(429, "Too many connections.\n", wait_s)
            return
        verdict = judge(request.path, headers, self._door)
        if isinstance(verdict, Refusal):
            connection.reject(verdict.status, verdict.text)
        elif self._leaving or len(self._connections) > SOCKETS_MAX:
            if connection.accept(request):
                connection.close("going_away" if self._leaving else "try_later")
        elif not verdict.token:
            self._admitted(connection, request, "", address, None)
        else:
            self._admission.admit(
                verdict.token,
                partial(self._admitted, connection, request, verdict.token, address),
                partial(self._busy, connection, request),
            )

    def closed(self, connection: Connection, why: str) -> None:
        """The closing has begun: nothing more is delivered."""
        CLOSED.labels(why).inc()
        self._forget(connection)

    def lost(self, connection: Connection) -> None:
        self._forget(connection)
        self._connections.discard(connection)

    def perform(self, connection: Connection, effect: Effect) -> None:
        if isinstance(effect, Join):
            if not self._joining.join_at_once(connection, effect.subscription):
                self._start(self._joining.join(connection, effect.subscription))
        elif isinstance(effect, Leave):
            self.feed.rooms.leave(effect.subscription)
        elif isinstance(effect, Call):
            self._start(self._call(connection, effect))
        elif isinstance(effect, SignalEffect):
            self._start(self._signal(connection, effect.conversation))

    # -- inside -------------------------------------------------------------------------------------------

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a task failed", exc_info=error)

    def _join_again(self, socket: Any, subscription: Subscription) -> None:
        self._start(self._joining.join_again(socket, subscription))

    def _forget(self, connection: Connection) -> None:
        session, connection.session = connection.session, None
        if session is None:
            return
        for leave in session.all_gone():
            self.feed.rooms.leave(leave.subscription)
        person = session.viewer.person
        self.feed.leave(connection, person)
        self._per_person[person] -= 1
        if self._per_person[person] <= 0:
            del self._per_person[person]

    def _admitted(
        self,
        connection: Connection,
        request: Hello | Request,
        token: str,
        address: str,
        admitted: Admitted | None,
    ) -> None:
        if connection not in self._connections or not connection.accept(request):
            return
        if admitted is None:
            connection.close("unauthenticated")
            return
        holder = admitted.holder
        person = holder.viewer.person
        if self._over(person, ""):
            connection.close("try_later")
            return
        if self._leaving or self._per_person[person] >= SOCKETS_PER_PERSON_MAX:
            connection.close("going_away" if self._leaving else "try_later")
            return
        if READ not in holder.scopes:
            connection.close("scope")
            return
        now = asyncio.get_running_loop().time()
        by = Actor(kind=holder.kind, person=person, session=holder.session, via=holder.via)
        session = Session(
            holder.session, holder.viewer, by, holder.expires_at, holder.scopes, token, address, now
        )
        self._per_person[person] += 1
        self.feed.enter(connection, person)
        connection.welcome(
            session, framed(_Welcome(PROTOCOL_VERSION, holder.session, admitted.me, HEARTBEAT_S, clock()))
        )

    def _over(self, person: UUID | None, address: str) -> float:
        """0 when one more handshake is within the budget; else the seconds after which it is."""
        wait_s = self._rates.take("live", person, address)
        if wait_s is None:  # nobody is kept waiting here: who comes back finds that it was said
            self._start(self._say())
            return TICK_S
        return wait_s

    async def _say(self) -> None:
        with contextlib.suppress(*PASSING):
            await self._rates.say()

    def _busy(self, connection: Connection, request: Hello | Request) -> None:
        if connection in self._connections and connection.accept(request):
            connection.close("try_later")

    async def _call(self, connection: Connection, effect: Call) -> None:
        session = connection.session
        if session is None:
            return
        answer = await call(self._bus, session.token, session.address, effect.frame)
        session.calls -= 1
        if answer is not None:
            connection.deliver(framed(answer))

    async def _signal(self, connection: Connection, conversation: UUID) -> None:
        """Somebody types: told to the case's room on every gateway."""
        if (session := connection.session) is None:
            return
        try:
            thing = await self._joining.conversation(conversation, session.viewer)
        except PASSING:
            return
        if thing is None or not sees(session.viewer, thing):
            connection.deliver(framed(ErrorFrame(None, "not_found", "")))
            return
        signal = Signal(thing.case_id, conversation, "typing", session.viewer.person)
        await self._bus.signal(signal_subject(thing.org, thing.case_id), msgspec.json.encode(signal))

    async def _on_signal(self, message: Msg) -> None:
        try:
            signal = msgspec.json.decode(message.data, type=Signal)
        except msgspec.MsgspecError:
            return
        room = self.feed.rooms.streams.get(signal.case)
        if room is None:
            return
        try:
            thing = await self._joining.conversation(signal.conversation)
        except (*PASSING, Refused):
            return
        if thing is None or thing.case_id != signal.case:
            return
        frame = framed(signal)
        for subscription, socket in (room.members | room.waiting).items():
            viewer = subscription.session.viewer
            if viewer.person != signal.actor and sees(viewer, thing):
                socket.deliver(frame)
                SIGNALLED.inc()

    async def _keep_time(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(TICK_S)
            now, today = loop.time(), clock()
            held = [size for connection in self._connections if (size := connection.held)]
            LAGGING.set(len(held))
            HELD.set(sum(held))
            for connection in list(self._connections):
                session = connection.session
                if session is not None and session.expires_at <= today:
                    connection.close("session_ended")
                connection.tick(now)

    async def leave(self, within_s: float) -> None:
        """Send everyone away, each to come back at a moment of their own, and wait for them shortly."""
        self._leaving = True
        for connection in list(self._connections):
            connection.close("going_away")
        end = asyncio.get_running_loop().time() + within_s
        while self._connections and asyncio.get_running_loop().time() < end:  # noqa: ASYNC110  (once, at the end)
            await asyncio.sleep(0.02)
        for task in list(self._tasks):
            task.cancel()
