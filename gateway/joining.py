"""A subscription's way in: may they, from where, what did they miss, and then live; no gap and no repeat.

What was missed comes from the ring, or from PostgreSQL when it is older. It is handed over as fast as the socket
takes it; the step from the last of it to live is taken without letting go of the event loop.
"""

from typing import Any, Protocol
from uuid import UUID

import structlog
from prometheus_client import Counter

from gateway.feed import Feed
from gateway.framing import framed, joined
from gateway.ring import Entry
from gateway.session import Effect, Session, Subscription
from schemas.access import Viewer, sees
from schemas.frames import Subscribed
from schemas.limits import REPLAY_EVENTS_MAX
from storage.postgres import access
from storage.postgres import events as log
from storage.postgres.access import Thing
from storage.postgres.pool import PASSING

STEP_EVENTS = 200  # read at once in a replay
STEP_BYTES = 64 << 10  # written at once in a replay
THINGS_MAX = 20_000

REPLAYED = Counter("casewire_gateway_replayed_total", "Events replayed, by where they came from.", ["source"])

logger = structlog.get_logger("gateway")


class Socket(Protocol):
    """What joining needs of a connection."""

    def deliver(self, data: bytes) -> None: ...
    def perform(self, effects: list[Effect]) -> None: ...
    async def drained(self) -> None: ...


class Joining:
    def __init__(self, feed: Feed, database: Any) -> None:
        self._feed, self._database = feed, database
        self._cases: dict[UUID, Thing] = {}
        self._conversations: dict[UUID, Thing] = {}

    async def join(self, socket: Socket, subscription: Subscription) -> None:
        """Never raises; the client is told what became of it."""
        try:
            if subscription.kind == "mine":
                await self._join_mine(socket, subscription)
            else:
                await self._join_stream(socket, subscription)
        except PASSING as error:
            logger.warning("postgres does not answer", error=type(error).__name__)
            if not subscription.gone:
                socket.perform(subscription.session.refuse(subscription, "unavailable"))

    async def conversation(self, id: UUID) -> Thing | None:
        """What guards a conversation. Its audience is fixed when it opens, so it is asked for once."""
        thing = self._conversations.get(id)
        if (
            thing is None
            and (thing := await access.conversation_thing(self._database.system, id)) is not None
        ):
            _keep(self._conversations, id, thing)
        return thing

    async def _case(self, id: UUID, viewer: Viewer) -> Thing | None:
        """What guards a case; asked for again where the viewer may not see it, so that refusals take equally long."""
        thing = self._cases.get(id)
        if thing is None or not sees(viewer, thing):
            thing = await access.case_thing(self._database.system, id)
            if thing is not None:
                _keep(self._cases, id, thing)
        return thing

    async def _look_again(self, socket: Socket, session: Session) -> None:
        """Give the session what its person holds now; never what is older than the events that the feed has told."""
        person, mark = session.viewer.person, -1
        viewer = session.viewer
        while mark < 0 or self._feed.touched_since(mark, person):
            mark = self._feed.touched
            viewer = (await access.viewers(self._database.system, [person]))[person]
        socket.perform(session.look_again(viewer))

    async def _head(self, stream: UUID) -> int:
        """The stream's last seq as of the feed's position."""
        head = self._feed.heads.get(stream)
        if head is None:
            found = await log.stream_head(self._database.system, stream, self._feed.position)
            # What was delivered meanwhile has put a newer one there.
            head = self._feed.heads.setdefault(stream, found)
        return head

    async def _join_stream(self, socket: Socket, sub: Subscription) -> None:
        feed, session, after = self._feed, sub.session, sub.after
        if sub.kind == "case":
            thing = await self._case(sub.id, session.viewer)
            if not sub.gone and thing is not None and not sees(session.viewer, thing):
                # They may have been let in just now, by an event that is still on its way to us.
                await self._look_again(socket, session)
            if sub.gone:
                return
            if thing is None or not sees(session.viewer, thing):
                socket.perform(session.refuse(sub, "not_found"))
                return
            sub.thing = thing
        if after is not None and after.epoch != feed.epoch:
            socket.perform(session.reset(sub, "epoch"))
            return
        head = await self._head(sub.id)
        start = head if after is None or after.seq is None else after.seq
        ahead, last = start > head, head
        if ahead:
            last = await log.stream_last(self._database.system, sub.id)
            head = await self._head(sub.id)
            ahead = start > head
        if sub.gone:
            return
        if (ahead and start > last) or head - start > REPLAY_EVENTS_MAX:
            socket.perform(session.reset(sub, "history"))
            return
        missed = self._feed.ring.stream_after(sub.id, start, REPLAY_EVENTS_MAX) if start < head else []
        if missed is not None:
            replay = sum(sub.sees(entry.event) for entry in missed)
        else:
            briefs = await log.brief_stream(self._database.system, sub.id, start, head, REPLAY_EVENTS_MAX)
            if sub.gone:
                return
            replay = len(briefs) if sub.kind == "me" else sum(sees(session.viewer, brief) for brief in briefs)
        sub.seq = start
        socket.deliver(self._subscribed(sub, max(start, head), replay))
        if ahead:
            feed.rooms.room_of(sub).waiting[sub] = socket
            return
        while sub.seq < (head := await self._head(sub.id)):
            missed = feed.ring.stream_after(sub.id, sub.seq, STEP_EVENTS)
            source = "ring"
            if missed is None:
                found = await log.stream_between(self._database.system, sub.id, sub.seq, head, STEP_EVENTS)
                missed, source = [Entry(event) for event in found], "postgres"
            if sub.gone or not missed:
                return
            await self._hand_over(socket, sub, missed, source)
            sub.seq = missed[-1].event.seq
        if not sub.gone:
            feed.rooms.room_of(sub).add(sub, socket)

    async def _join_mine(self, socket: Socket, sub: Subscription) -> None:
        feed, session, after = self._feed, sub.session, sub.after
        if after is not None and after.epoch != feed.epoch:
            socket.perform(session.reset(sub, "epoch"))
            return
        upto = feed.position
        if after is None:
            sub.position = upto
        if sub.position > upto:
            socket.deliver(self._subscribed(sub, 0, 0))
            feed.rooms.mine.waiting[sub] = socket
            return
        missed = feed.ring.after(sub.position, REPLAY_EVENTS_MAX + 1)
        if missed is not None:
            many, replay = len(missed), sum(sub.sees(entry.event) for entry in missed)
        else:
            briefs = await log.brief_between(self._database.system, sub.position, upto, REPLAY_EVENTS_MAX + 1)
            if sub.gone:
                return
            many, replay = len(briefs), sum(sees(session.viewer, brief) for brief in briefs)
        if many > REPLAY_EVENTS_MAX:
            socket.perform(session.reset(sub, "history"))
            return
        socket.deliver(self._subscribed(sub, 0, replay))
        while sub.position < (upto := feed.position):
            missed = feed.ring.after(sub.position, STEP_EVENTS)
            source = "ring"
            if missed is None:
                found = await log.events_between(self._database.system, sub.position, upto, STEP_EVENTS)
                missed, source = [Entry(event) for event in found], "postgres"
            if sub.gone:
                return
            await self._hand_over(socket, sub, missed, source)
            sub.position = missed[-1].position if len(missed) == STEP_EVENTS else upto
        if not sub.gone:
            feed.rooms.mine.add(sub, socket)

    def _subscribed(self, sub: Subscription, seq: int, replay: int) -> bytes:
        feed = self._feed
        return framed(Subscribed(sub.ref, sub.topic, feed.epoch, seq, str(feed.position), replay))

    async def _hand_over(self, socket: Socket, sub: Subscription, entries: list[Entry], source: str) -> None:
        """Write what may be seen of `entries`, no faster than the client takes it."""
        pile: list[bytes] = []
        size = count = 0
        for entry in entries:
            if size >= STEP_BYTES:
                socket.deliver(joined(pile))
                pile, size = [], 0
                await socket.drained()
                if sub.gone:
                    return
            if entry.event.thing in self._feed.retracted:
                entry.blank()  # it was read before the retraction
            if sub.sees(entry.event):
                frame = entry.frame(sub.kind)
                pile.append(frame)
                size, count = size + len(frame), count + 1
        if pile:
            socket.deliver(joined(pile))
        REPLAYED.labels(source).inc(count)
        await socket.drained()


def _keep(things: dict[UUID, Thing], id: UUID, thing: Thing) -> None:
    if len(things) >= THINGS_MAX:
        things.clear()
    things[id] = thing
