"""One follow for the whole process: every event is looked at once, kept for those who come back, and handed to the
sockets of those who may see it. No event costs a query; a change of access costs one, before the event goes out."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec
import structlog
from msgspec import Struct
from prometheus_client import Counter, Gauge

from gateway.framing import joined
from gateway.hearing import Hearing
from gateway.ring import Entry, Ring
from gateway.rooms import Readers, Rooms
from gateway.session import Effect, Session, Subscription
from schemas.access import Viewer
from schemas.events import ACCESS_EVENTS, WIDE_ACCESS_EVENTS, Event
from schemas.positions import START, Position
from storage.bus import Bus, EpochChanged, follow, patiently
from storage.postgres import access
from storage.postgres import events as log

TOUCHED_MAX = 10_000
COUNTERS_MAX = 100_000
RETRACTED_MAX = 1000
HEADS_MAX = 200_000
# Written to a socket at once: with what it may hold before it counts as lagging, well below what it may hold at all.
PILE_BYTES = 64 << 10
# What lagging readers get after a whole pile, to take it: of each, and of all in a batch.
EASE_S, EASE_BATCH_S, EASE_STEP_S = 0.02, 0.1, 0.001
# After these, what somebody holds is read again. Who opens a case gets its first grant with it.
LOOK_AGAIN = ACCESS_EVENTS | WIDE_ACCESS_EVENTS | {"grant.changed", "case.opened"}
# After these, events of before may not say any more what they said, in whatever case: an erasure does not tell which.
ERASING = frozenset({"certificate.issued", "disposition.approved"})
# After these, sockets that a session's secret opened close, each with its code.
SECRET_GONE = {"session.ended": "session_ended", "session.renewed": "session_renewed"}

EVENTS = Counter("casewire_gateway_events_total", "Events followed.")
DELIVERED = Counter("casewire_gateway_deliveries_total", "Event frames handed to sockets, live.")
REFRESHED = Counter(
    "casewire_gateway_refreshes_total", "Times grants were read again because access had changed."
)
LAG = Gauge("casewire_gateway_lag_seconds", "From the writing of the newest event to its delivery.")

logger = structlog.get_logger("gateway")


class Socket(Protocol):
    """What the feed needs of a connection."""

    session: Session | None

    def deliver(self, data: bytes) -> None: ...
    def perform(self, effects: Iterable[Effect]) -> None: ...
    def close(self, code: str, reason: str = "") -> None: ...


class _Named(Struct):
    person: UUID


class _Wall(Struct):
    people: set[UUID]


class _Member(Struct):
    participant: _Named | None = None
    member: _Named | None = None
    wall: _Wall | None = None


class _Id(Struct):
    id: UUID


class _Session(Struct):
    session: _Id


_read_member = msgspec.json.Decoder(_Member).decode
_read_session = msgspec.json.Decoder(_Session).decode


def _nothing() -> None:
    """Nobody keeps anything beside the ring."""


def _nobody(socket: Any, subscription: Subscription) -> None:
    raise AssertionError("nobody takes those who are to come again")


class Feed:
    """Follows, remembers, delivers. `position` is that of the last event delivered, `heads` the last seq per stream
    as of then, for streams that were seen or asked for."""

    def __init__(self, bus: Bus, database: Any) -> None:
        self._bus, self._database = bus, database
        self.hearing = Hearing(database)
        self.rooms = Rooms(self.hearing.may_tell)
        # Given who is to come to `mine` again from where they were, since the record is to be written first.
        self.again: Callable[[Any, Subscription], None] = _nobody
        # Has those forget events who keep some.
        self.forget: Callable[[], None] = _nothing
        self.ring = Ring()
        self.epoch = ""
        self.position = START
        self.heads: dict[UUID, int] = {}
        self.people: dict[UUID, set[Socket]] = {}
        self.running = False
        self.retracted: OrderedDict[UUID | None, None] = OrderedDict()  # messages, lately
        self.touched = 0  # how often somebody's access or session changed, ever
        self._touched: deque[UUID] = deque(maxlen=TOUCHED_MAX)
        self._counters: OrderedDict[UUID, int] = OrderedDict()
        self._outgoing: dict[UUID | None, Pile] = {}

    async def run(self) -> None:
        """Follow until cancelled. A restore of the database resets every subscription."""
        pool = self._database.system
        while True:
            self.epoch = await patiently(log.epoch, pool)
            self.position = await patiently(log.head, pool)
            self.ring = Ring(self.position)
            self.heads.clear()
            self._counters.clear()
            self._reset_all()
            self.running = True
            try:
                async with aclosing(follow(self._bus, self._database, self.position)) as batches:
                    async for batch in batches:
                        await self.take(batch)
            except EpochChanged:
                logger.warning("the database has another history; every subscription is reset")
            finally:
                self.running = False

    async def take(self, batch: list[Event]) -> None:
        """Deliver a batch in its order."""
        ease = EASE_BATCH_S
        await self._learn(batch)
        for event in batch:
            before = self.position
            outdated = self._outdated(event)
            if outdated or event.type in LOOK_AGAIN:
                self._flush()
                await self._look_again(event)
            if event.type == "message.retracted" and event.thing is not None:
                self.ring.blank(event.stream, event.thing)
                self.retracted[event.thing] = None
                if len(self.retracted) > RETRACTED_MAX:
                    self.retracted.popitem(last=False)
            entry = Entry(event)
            self.ring.add(entry)
            self.position = entry.position
            self.heads[event.stream] = event.seq
            if large := self._deliver(entry, before):
                self._flush()
                ease -= await _ease(large, min(EASE_S, ease))
            if event.type in SECRET_GONE:
                self._flush()
                self._end_session(event)
            elif event.type in ERASING:
                self._flush()
                self.ring = Ring(self.position)
                self.forget()
        self._flush()
        EVENTS.inc(len(batch))
        LAG.set((datetime.now(UTC) - batch[-1].at).total_seconds())
        if len(self.heads) > HEADS_MAX:
            self.heads = {stream: seq for stream, seq in self.heads.items() if self.ring.holds(stream)}

    # -- delivery -----------------------------------------------------------------------------------------

    async def _learn(self, batch: list[Event]) -> None:
        """Which cases are privileged is asked for once each, not by everybody who hears of them."""
        if not self.rooms.mine:
            return
        of = {event.case_id for event in batch if event.kind == "case" and event.case_id is not None}
        if new := [case for case in of if not self.hearing.knows(case)]:
            await patiently(self.hearing.learn, new)

    def _deliver(self, entry: Entry, before: Position) -> Readers | None:
        """Those who now have a whole pile to be written, if any. `before`: the position of the event before it."""
        event = entry.event
        room = self.rooms.streams.get(event.stream)
        large = None
        if event.kind == "case":
            if room is not None:
                large = self._put(event.stream, room.readers(event), entry, "case")
            if self.rooms.mine:
                large = self._put(None, self._mine(event, before), entry, "mine") or large
        elif event.kind == "person" and room is not None:
            large = self._put(event.stream, room.readers(event), entry, "me")
        return large

    def _mine(self, event: Event, before: Position) -> Readers:
        """Who hears it on `mine` now. Of whom the record does not know it yet, they miss it, and are brought it as
        soon as that is written: nobody else waits for it."""
        mine = self.rooms.mine
        readers = mine.readers(event)
        for subscription, socket in readers.unheard:
            mine.remove(subscription)
            subscription.position = max(subscription.position, before)
            self.again(socket, subscription)
        return mine.readers(event) if readers.unheard else readers

    def _put(self, room: UUID | None, readers: Readers, entry: Entry, kind: str) -> Readers | None:
        """Events of one room that the same sockets get, one after another, go out in one write each."""
        if not readers:
            return None
        pile = self._outgoing.get(room)
        if pile is None:
            pile = self._outgoing[room] = Pile(readers)
        elif pile.readers is not readers:
            pile.write()
            pile = self._outgoing[room] = Pile(readers, pile.size)
        pile.add(entry, kind)
        return readers if pile.size >= PILE_BYTES else None

    def _flush(self) -> None:
        outgoing, self._outgoing = self._outgoing, {}
        for pile in outgoing.values():
            pile.write()

    # -- access -------------------------------------------------------------------------------------------

    def _outdated(self, event: Event) -> bool:
        """Whether this event knows of a change of access that no event before it has told."""
        return self._newer(event.case_id, event.access.case) | self._newer(event.org, event.access.org)

    def _newer(self, scope: UUID | None, counter: int) -> bool:
        if scope is None or counter == 0:
            return False
        held = self._counters.get(scope)
        if held is None:
            # Facts of everyone connected are as new as the events before this one, so this is where to start.
            if len(self._counters) >= COUNTERS_MAX:
                self._counters.popitem(last=False)
            self._counters[scope] = counter
            return False
        if counter > held:
            self._counters[scope] = counter
        return counter > held

    async def _look_again(self, event: Event) -> None:
        """Read again what those concerned hold, and tell them what ended and what must be read anew."""
        named = _named(event)
        for person in named:
            self.touch(person)
        wide = event.type in WIDE_ACCESS_EVENTS
        if wide:
            self.touch_all()
        if wide or event.type not in LOOK_AGAIN:
            scopes = {event.case_id, event.org}
            named |= {
                person
                for person, sockets in self.people.items()
                if any(scope in scopes for scope, _ in _viewer(sockets).grants)
            }
        connected = [person for person in named if person in self.people]
        if not connected:
            return
        REFRESHED.inc()
        found = await patiently(access.viewers, self._database.system, connected)
        for person, viewer in found.items():
            for socket in list(self.people.get(person, ())):
                if socket.session is not None:
                    socket.perform(socket.session.look_again(viewer))

    def touch(self, person: UUID) -> None:
        """Facts about this person that were read before now are of no use."""
        self.touched += 1
        self._touched.append(person)

    def touch_all(self) -> None:
        """As `touch`, of everybody."""
        self.touched += TOUCHED_MAX + 1

    def touched_since(self, mark: int, person: UUID) -> bool:
        """Whether the person's facts may have changed since `touched` was `mark`."""
        count = self.touched - mark
        return count > 0 and (count > TOUCHED_MAX or person in list(self._touched)[-count:])

    def _end_session(self, event: Event) -> None:
        self.touch(event.stream)
        ended = _read_session(event.data).session.id
        for socket in list(self.people.get(event.stream, ())):
            if socket.session is not None and socket.session.id == ended:
                socket.close(SECRET_GONE[event.type])

    # -- who is there -------------------------------------------------------------------------------------

    def enter(self, socket: Socket, person: UUID) -> None:
        self.people.setdefault(person, set()).add(socket)

    def leave(self, socket: Socket, person: UUID) -> None:
        if (sockets := self.people.get(person)) is not None:
            sockets.discard(socket)
            if not sockets:
                del self.people[person]

    def _reset_all(self) -> None:
        for sockets in list(self.people.values()):
            for socket in list(sockets):
                if (session := socket.session) is not None:
                    for subscription in list(session.subscriptions.values()):
                        socket.perform(session.reset(subscription, "epoch"))


class Pile:
    """Events that the same sockets get, in the forms that some of them take. `size` is in bytes, with what the room got
    just before."""

    __slots__ = ("_deflated", "_plain", "readers", "size")

    def __init__(self, readers: Readers, size: int = 0) -> None:
        self.readers = readers
        self._plain: list[bytes] = []
        self._deflated: list[bytes] = []
        self.size = size

    def add(self, entry: Entry, kind: str) -> None:
        frame = entry.frame(kind)
        self.size += len(frame)
        self._plain.append(frame)
        if self.readers.deflating:
            self._deflated.append(entry.frame(kind, True))

    def write(self) -> None:
        for sockets, frames in ((self.readers.plain, self._plain), (self.readers.deflating, self._deflated)):
            if sockets:
                data = joined(frames)
                for socket in sockets:
                    socket.deliver(data)
                DELIVERED.inc(len(sockets) * len(frames))


async def _ease(readers: Readers, seconds: float) -> float:
    """After a whole pile: let readers that work take it before the next comes; a burst may be more than a socket holds.
    Who does not read holds up the others so long, and is cut after a few piles. Answers the seconds it took."""
    clock = asyncio.get_running_loop().time
    begun = now = clock()
    await asyncio.sleep(0)
    while now - begun < seconds and any(socket.paused for socket in (*readers.plain, *readers.deflating)):
        await asyncio.sleep(EASE_STEP_S)
        now = clock()
    return now - begun


def _named(event: Event) -> set[UUID]:
    """Whose access this event changes."""
    if event.type == "grant.changed":
        return {event.stream}
    if event.type == "case.opened":
        return {event.actor} if event.actor is not None else set()
    if event.type in ACCESS_EVENTS or event.type in WIDE_ACCESS_EVENTS:
        read = _read_member(event.data)
        named = {who.person for who in (read.participant, read.member) if who is not None}
        return named | read.wall.people if read.wall is not None else named
    return set()


def _viewer(sockets: set[Socket]) -> Viewer:
    session = next(iter(sockets)).session
    assert session is not None
    return session.viewer
