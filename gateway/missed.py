"""What was missed in a stream since a place, ready to be written: many come back from the same place at the same time.

A range is named by its stream, where it begins and the stream's head; whatever happens to the stream moves the head, so
that a range is never out of date, and nothing that was retracted comes back.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from prometheus_client import Counter

from gateway.framing import joined
from gateway.ring import Entry
from gateway.session import Subscription
from schemas.events import Event

RANGE_EVENTS_MAX = 200
RANGES_MAX = 1024  # kept at a time
RANGES_BYTES_MAX = 16 << 20  # of their piles, and of events read for them; beyond, all are forgotten
KEPT_S = 5.0

QUERIES = Counter(
    "casewire_gateway_replay_queries_total", "Queries for what was missed and is not in the ring."
)


class Range:
    """A few events of one stream, grouped by what guards them: the wall is asked once for a group."""

    __slots__ = ("_groups", "_of", "_piles", "entries", "source")

    def __init__(self, entries: Sequence[Entry], source: str) -> None:
        self.entries, self.source = entries, source
        self._groups: list[Event] = []
        self._of: list[int] = []
        self._piles: dict[tuple[object, ...], tuple[int, bytes]] = {}
        numbers: dict[tuple[object, ...], int] = {}
        for entry in entries:
            event = entry.event
            key = (event.case_id, *event.audience, *event.people)
            number = numbers.get(key)
            if number is None:
                number = numbers[key] = len(self._groups)
                self._groups.append(event)
            self._of.append(number)

    def count(self, subscription: Subscription) -> int:
        """How many of them its holder may see."""
        seen = [subscription.sees(event) for event in self._groups]
        return sum(seen[number] for number in self._of)

    def pile(self, subscription: Subscription) -> tuple[int, bytes, bool]:
        """How many its holder may see, their frames as one write, and whether it was made just now."""
        deflates = subscription.session.deflates
        view = (subscription.kind, deflates, *map(subscription.sees, self._groups))
        found = self._piles.get(view)
        if found is not None:
            return *found, False
        frames = [
            entry.kept(subscription.kind, deflates)
            for entry, number in zip(self.entries, self._of, strict=True)
            if view[number + 2]
        ]
        found = self._piles[view] = len(frames), joined(frames)
        return *found, True


class Ranges:
    """Ranges in use lately. `read` gets the events of one from PostgreSQL."""

    def __init__(self, read: Callable[[UUID, int, int, int], Awaitable[list[Event]]]) -> None:
        self._read = read
        self._kept: OrderedDict[tuple[UUID, int, int], Range] = OrderedDict()
        self._reading: dict[tuple[UUID, int, int], asyncio.Task[Range]] = {}
        self._bytes = 0
        self._forgetting: asyncio.TimerHandle | None = None

    def find(self, stream: UUID, after: int, head: int) -> Range | None:
        return self._kept.get((stream, after, head))

    def keep(self, stream: UUID, after: int, head: int, entries: Sequence[Entry], source: str) -> Range:
        made = Range(entries, source)
        if self._forgetting is None:
            self._forgetting = asyncio.get_running_loop().call_later(KEPT_S, self._over)
        if len(self._kept) >= RANGES_MAX:
            self._kept.popitem(last=False)
        self._kept[stream, after, head] = made
        if source == "postgres":  # those of the ring are there anyway
            self._weigh(sum(memoryview(entry.event.data).nbytes for entry in entries))
        return made

    def pile(self, range: Range, subscription: Subscription) -> tuple[int, bytes]:
        """How many events of the range its holder may see, and their frames as one write."""
        count, data, fresh = range.pile(subscription)
        if fresh:
            self._weigh(len(data))
        return count, data

    def _weigh(self, size: int) -> None:
        self._bytes += size
        if self._bytes > RANGES_BYTES_MAX:
            self._kept.clear()
            self._bytes = 0

    async def get(self, stream: UUID, after: int, head: int) -> Range:
        """From PostgreSQL, once for all who ask meanwhile. Raises what the query raises."""
        key = stream, after, head
        if (kept := self._kept.get(key)) is not None:
            return kept
        reading = self._reading.get(key)
        if reading is None:
            reading = self._reading[key] = asyncio.create_task(self._fetch(*key))
            reading.add_done_callback(lambda done: self._read_done(key, done))
        return await asyncio.shield(reading)

    def _read_done(self, key: tuple[UUID, int, int], done: "asyncio.Task[Range]") -> None:
        if self._reading.get(key) is done:
            del self._reading[key]
        if not done.cancelled():
            done.exception()  # whoever still waits for it is told

    async def _fetch(self, stream: UUID, after: int, head: int) -> Range:
        QUERIES.inc()
        events = await self._read(stream, after, head, head - after)
        entries = [Entry(event) for event in events]
        if self._reading.get((stream, after, head)) is not asyncio.current_task():  # forgotten since
            return Range(entries, "postgres")
        return self.keep(stream, after, head, entries, "postgres")

    def _over(self) -> None:
        self._forgetting = None
        self._kept.clear()
        self._bytes = 0

    def forget(self) -> None:
        """What is kept, and what is being read: whoever waits for it gets it, and nobody after them."""
        self._kept.clear()
        self._reading.clear()
        self._bytes = 0
