"""Recent events, kept so that whoever comes back soon is served without asking PostgreSQL. Rebuildable; bounded."""

from bisect import bisect_right
from collections import deque
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Raw

from gateway.framing import deflated, text_frame
from schemas.events import Event
from schemas.frames import EventFrame
from schemas.limits import RING_EVENTS_MAX
from schemas.positions import START, Position

RING_BYTES_MAX = 64 << 20
ENTRY_BYTES = 1000  # an entry beside its data, roughly

_encode = msgspec.json.Encoder().encode


class Entry:
    """An event and its frames, each built when it is first needed and then shared by all sockets."""

    __slots__ = ("_frames", "event", "position")

    def __init__(self, event: Event) -> None:
        self.event = event
        self.position = event.position
        self._frames: dict[tuple[str, bool], bytes] = {}

    def frame(self, kind: str, deflate: bool = False) -> bytes:
        """As `event` on the topic of `kind`: `case`, `mine` or `me`; compressed for sockets that negotiated it."""
        frame = self._frames.get((kind, deflate))
        if frame is None:
            frame = self._frames[kind, deflate] = (
                deflated(self.frame(kind)) if deflate else self._framed(kind)
            )
        return frame

    def kept(self, kind: str, deflates: bool) -> bytes:
        """For one who comes back: compressed if that was done for others before; it is not done for one alone."""
        found = self._frames.get((kind, True)) if deflates else None
        return found or self.frame(kind)

    def _framed(self, kind: str) -> bytes:
        event = self.event
        return text_frame(
            _encode(
                EventFrame(
                    topic=f"case:{event.stream}" if kind == "case" else kind,
                    case=event.case_id,
                    seq=event.seq,
                    pos=str(self.position),
                    type=event.type,
                    at=event.at,
                    actor=event.actor,
                    data=event.data,
                )
            )
        )

    def blank(self) -> None:
        """Forget what a message said."""
        if not self.event.type.startswith("message."):
            return
        data: dict[str, Any] = msgspec.json.decode(self.event.data)
        if isinstance(message := data.get("message"), dict):
            message["body"], message["attachments"] = None, []
            self.event = msgspec.structs.replace(self.event, data=Raw(_encode(data)))
            self._frames.clear()


class Ring:
    """The last events in order. `floor` is the position after which nothing is missing."""

    def __init__(self, floor: Position = START, events_max: int = RING_EVENTS_MAX) -> None:
        self.floor = floor
        self._events_max = events_max
        self._entries: deque[Entry] = deque()
        self._streams: dict[UUID, deque[Entry]] = {}
        self._bytes = 0

    def add(self, entry: Entry) -> None:
        event = entry.event
        self._entries.append(entry)
        self._streams.setdefault(event.stream, deque()).append(entry)
        self._bytes += _size(entry)
        while len(self._entries) > self._events_max or self._bytes > RING_BYTES_MAX:
            self._evict()

    def _evict(self) -> None:
        oldest = self._entries.popleft()
        self.floor = oldest.position
        self._bytes -= _size(oldest)
        stream = self._streams[oldest.event.stream]
        stream.popleft()
        if not stream:
            del self._streams[oldest.event.stream]

    def holds(self, stream: UUID) -> bool:
        return stream in self._streams

    def stream_after(self, stream: UUID, seq: int, limit: int) -> list[Entry] | None:
        """The stream's entries after `seq`, at most `limit`; None when the first of them is not here any more."""
        entries = self._streams.get(stream)
        if not entries or entries[0].event.seq > seq + 1:
            return None
        start = max(0, seq + 1 - entries[0].event.seq)
        return [entries[i] for i in range(start, min(len(entries), start + limit))]

    def after(self, position: Position, limit: int) -> list[Entry] | None:
        """The entries after `position`, at most `limit`; None when some are not here any more."""
        if position < self.floor:
            return None
        start = bisect_right(self._entries, position, key=lambda entry: entry.position)
        return [self._entries[i] for i in range(start, min(len(self._entries), start + limit))]

    def blank(self, stream: UUID, thing: UUID) -> None:
        """A message was retracted: what it said does not come back."""
        for entry in self._streams.get(stream, ()):
            if entry.event.thing == thing:
                self._bytes -= _size(entry)
                entry.blank()
                self._bytes += _size(entry)


def _size(entry: Entry) -> int:
    # Three times: the data itself and, once they were needed, its frame and the same compressed, which is no larger.
    return ENTRY_BYTES + 3 * memoryview(entry.event.data).nbytes
