"""A replay of any length: what a subscriber missed, handed over no faster than the client takes it.

It comes from the ring, or from PostgreSQL when it is older: then page by page, the next one read while one is written.
Some replays read at once and take turns with the others, so that memory is bounded and live events wait for none of
them; a client that does not take what is written loses its turn, not its place.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from prometheus_client import Counter

from gateway.feed import Feed
from gateway.framing import joined
from gateway.missed import QUERIES
from gateway.ring import Entry
from gateway.session import Effect, Subscription
from schemas.events import Event
from schemas.positions import Position
from storage.bus import end
from storage.postgres import replays

REPLAYS_AT_ONCE = 4  # that read PostgreSQL and hold pages; the others wait for a turn
TURN_PAGES = 8
TURN_S = 2.0  # after which a client that does not take all at once gives way, however steadily it takes some
TURN_PATIENCE_S = 1.0  # how long a client may take nothing before its replay waits without a turn
PAGE_BYTES = 1 << 20  # aimed at, by the size of the events before
PAGE_EVENTS_FIRST, PAGE_EVENTS_MIN, PAGE_EVENTS_MAX = 200, 50, 2000
STEP_EVENTS = 200  # looked at in one go
STEP_BYTES = 64 << 10  # written at once

REPLAYED = Counter("casewire_gateway_replayed_total", "Events replayed, by where they came from.", ["source"])
replayed = {source: REPLAYED.labels(source) for source in ("ring", "postgres")}


class Socket(Protocol):
    """What a replay needs of a connection. `paused` is 0 while the client takes what is written."""

    @property
    def paused(self) -> float: ...
    def deliver(self, data: bytes) -> None: ...
    def perform(self, effects: list[Effect]) -> None: ...
    async def drained(self) -> None: ...


class Way(Protocol):
    """What a subscription goes along. A place is a seq, or a position; `place` is the last one handed over."""

    subscription: Subscription

    @property
    def place(self) -> Any: ...
    @place.setter
    def place(self, value: Any) -> None: ...
    def place_of(self, entry: Entry) -> Any: ...
    async def end(self) -> Any: ...
    def kept(self, after: Any) -> list[Entry] | None: ...
    async def hear(self, entries: Sequence[Entry]) -> None: ...
    async def page(self, after: Any, upto: Any, limit: int) -> list[Entry]: ...


class Lost(Exception):
    """The history has a hole where events must be."""


class Replaying:
    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self.turns = asyncio.Semaphore(REPLAYS_AT_ONCE)

    async def run(self, socket: Socket, way: Way) -> bool:
        """Hand over all until the end. When it answers True, nothing has happened since the end was reached."""
        sub = way.subscription
        while way.place < (upto := await way.end()):
            if not await self._ready(socket, sub, None):
                return False
            kept = way.kept(way.place)
            if kept is not None:
                await way.hear(kept)
                await self._hand_over(socket, way, kept, "ring", None)
                if not kept:
                    way.place = upto
            else:
                async with self.turns:
                    if not sub.gone:
                        await self._turn(socket, way, upto)
            if sub.gone:
                return False
        return not sub.gone

    async def _turn(self, socket: Socket, way: Way, upto: Any) -> None:
        """Some pages from PostgreSQL."""
        limit = PAGE_EVENTS_FIRST
        until = asyncio.get_running_loop().time() + TURN_S
        reading = asyncio.create_task(way.page(way.place, upto, limit))
        try:
            for number in range(TURN_PAGES):
                entries = await reading
                QUERIES.inc()
                if not entries:
                    way.place = upto
                    return
                await way.hear(entries)
                place = way.place_of(entries[-1])
                whole = len(entries) < limit or place >= upto
                more = number + 1 < TURN_PAGES and not whole and way.kept(place) is None
                if more:
                    limit = _page_events(entries)
                    reading = asyncio.create_task(way.page(place, upto, limit))
                if not await self._hand_over(socket, way, entries, "postgres", until):
                    return
                if whole:
                    way.place = upto
                if not more:
                    return
        finally:
            await end(reading)
            if not reading.cancelled():
                reading.exception()  # of a page that nobody waits for any more

    async def _hand_over(
        self, socket: Socket, way: Way, entries: Sequence[Entry], source: str, until: float | None
    ) -> bool:
        """Write what may be seen of `entries`; False when it stopped before their end, or the turn is over (`until`, by
        the loop's clock). What is written was looked at in the same moment, so nothing that was retracted or closed
        meanwhile goes out."""
        sub, retracted, at = way.subscription, self._feed.retracted, 0
        while at < len(entries):
            if not await self._ready(socket, sub, until):
                return False
            pile: list[bytes] = []
            size, upto = 0, min(at + STEP_EVENTS, len(entries))
            like: Event | None = None  # the event before, and whether it is seen
            seen = False
            while at < upto and size < STEP_BYTES:
                entry = entries[at]
                if entry.event.thing in retracted:
                    entry.blank()  # it was read before the retraction
                event = entry.event
                if like is None or not _alike(event, like):
                    seen = sub.sees(event)
                like = event
                if seen:
                    frame = entry.kept(sub.kind, sub.session.deflates)
                    pile.append(frame)
                    size += len(frame)
                at += 1
            if pile:
                socket.deliver(joined(pile))
                replayed[source].inc(len(pile))
            way.place = way.place_of(entries[at - 1])
        return not sub.gone

    async def _ready(self, socket: Socket, sub: Subscription, until: float | None) -> bool:
        """Let others run, and wait until the client has taken most of what was written: in a turn not for long."""
        if not socket.paused:
            await asyncio.sleep(0)
        by = None if until is None else min(until, asyncio.get_running_loop().time() + TURN_PATIENCE_S)
        try:
            async with asyncio.timeout_at(by):
                while socket.paused and not sub.gone:
                    await socket.drained()
        except TimeoutError:
            return False
        return not sub.gone


class Stream:
    """Along one stream, by seq."""

    def __init__(self, feed: Feed, database: Any, heads: Any, subscription: Subscription) -> None:
        self._feed, self._database, self._heads, self.subscription = feed, database, heads, subscription

    @property
    def place(self) -> int:
        return self.subscription.seq

    @place.setter
    def place(self, value: int) -> None:
        self.subscription.seq = value

    def place_of(self, entry: Entry) -> int:
        return entry.event.seq

    async def end(self) -> int:
        return await self._heads(self.subscription.id)

    def kept(self, after: int) -> list[Entry] | None:
        return self._feed.ring.stream_after(self.subscription.id, after, STEP_EVENTS)

    async def hear(self, entries: Sequence[Entry]) -> None:
        """Whoever comes in to a case is in the record before."""

    async def page(self, after: int, upto: int, limit: int) -> list[Entry]:
        """Raises `Lost` when one of the stream is missing: their seqs are dense."""
        found = await replays.stream_page(self._database.system, self.subscription.id, after, upto, limit)
        if len(found) < min(limit, upto - after):
            raise Lost
        return [Entry(event) for event in found]


class Everywhere:
    """Along the cases of a person, by position."""

    def __init__(self, feed: Feed, database: Any, subscription: Subscription) -> None:
        self._feed, self._database, self.subscription = feed, database, subscription

    @property
    def scopes(self) -> list[Any]:
        return list({scope for scope, _ in self.subscription.session.viewer.grants})

    @property
    def place(self) -> Position:
        return self.subscription.position

    @place.setter
    def place(self, value: Position) -> None:
        self.subscription.position = value

    def place_of(self, entry: Entry) -> Position:
        return entry.position

    async def end(self) -> Position:
        return self._feed.position

    def kept(self, after: Position) -> list[Entry] | None:
        return self._feed.ring.after(after, STEP_EVENTS)

    async def hear(self, entries: Sequence[Entry]) -> None:
        """Have the record say of which cases they bring the first that is privileged; raises `unavailable`."""
        sub = self.subscription
        of = {entry.event.case_id for entry in entries if entry.event.kind == "case"}
        hearing = self._feed.hearing
        new = {case for case in of if case is not None and not hearing.may_tell(sub.session, case)}
        seen = {
            entry.event.case_id for entry in entries if entry.event.case_id in new and sub.sees(entry.event)
        }
        if seen:
            await hearing.record(sub.session, [case for case in new if case in seen])

    async def page(self, after: Position, upto: Position, limit: int) -> list[Entry]:
        found = await replays.page(self._database.system, after, upto, self.scopes, limit)
        return [Entry(event) for event in found]


def _alike(one: Event, other: Event) -> bool:
    """Whether two events share what guards them: surely so where this says it."""
    return (
        one.audience is other.audience
        and one.people is other.people
        and one.stream == other.stream
        and one.case_id == other.case_id
    )


def _page_events(before: Sequence[Entry]) -> int:
    """How many events the next page is to have, when they are as large as these."""
    size = sum(memoryview(entry.event.data).nbytes for entry in before) // len(before) + 1
    return max(PAGE_EVENTS_MIN, min(PAGE_EVENTS_MAX, PAGE_BYTES // size))
