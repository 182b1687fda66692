"""A subscription's way in: may they, from where, what did they miss, and then live; no gap and no repeat.

What was missed comes from the ring, or from PostgreSQL when it is older. It is handed over as fast as the socket
takes it; the step from the last of it to live is taken without letting go of the event loop.
"""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, Literal, TypeVar, cast
from uuid import UUID

import structlog

from gateway.asking import Asking
from gateway.feed import Feed
from gateway.framing import framed, joined
from gateway.missed import QUERIES, RANGE_EVENTS_MAX, Range, Ranges
from gateway.replaying import STEP_BYTES, STEP_EVENTS, Everywhere, Lost, Replaying, Socket, Stream, replayed
from gateway.session import Session, Subscription
from schemas.access import Guarded, Viewer, sees
from schemas.errors import Refused
from schemas.frames import Subscribed
from schemas.limits import REPLAY_EVENTS_MAX, REPLAY_MINE_EVENTS_MAX
from storage.postgres import access, replays
from storage.postgres.access import Thing
from storage.postgres.pool import PASSING
from storage.postgres.replays import Alike

T = TypeVar("T")

THINGS_MAX = 20_000
COUNTED_AT_ONCE = 100_000  # events, by one statement: it must stay far below the role's transaction_timeout

logger = structlog.get_logger("gateway")


class Joining:
    def __init__(self, feed: Feed, database: Any) -> None:
        self._feed, self._database = feed, database
        self._cases: dict[UUID, Thing] = {}
        self._conversations: dict[UUID, Thing] = {}
        self._hearing = feed.hearing
        self._replaying = Replaying(feed)
        self._ranges = Ranges(lambda *place: replays.stream_page(database.system, *place))
        feed.forget = self._ranges.forget
        self._ask_case = Asking[UUID, Thing](lambda ids: access.case_things(database.system, ids))
        self._ask_head = Asking[UUID, int](lambda ids: replays.heads(database.system, ids, feed.position))

    def join_at_once(self, socket: Socket, sub: Subscription) -> bool:
        """Whether `sub` is in: where nothing need be asked and one write holds all that was missed."""
        feed, after = self._feed, sub.after
        head, thing = feed.heads.get(sub.id), self._cases.get(sub.id)
        if sub.kind != "case" or socket.paused or head is None or thing is None:
            return False
        if not sees(sub.session.viewer, thing) or (after is not None and after.epoch != feed.epoch):
            return False
        start = head if after is None or after.seq is None else after.seq
        missed = self._at_hand(sub, start, head) if start < head else None
        if start > head or (start < head and missed is None):
            return False
        if not self._hearing.may_tell(sub.session, thing.case_id):
            return False  # what is privileged is written down first, and whether it is may have to be asked
        sub.thing = thing
        if not self._write(socket, sub, start, head, missed):
            return False
        feed.rooms.room_of(sub).add(sub, socket)
        return True

    async def join(self, socket: Socket, subscription: Subscription) -> None:
        """Never raises; the client is told what became of it."""
        mine = subscription.kind == "mine"
        work = self._join_mine(socket, subscription) if mine else self._join_stream(socket, subscription)
        if (failed := await self._surely(subscription, work)) and not subscription.gone:
            if failed == "unavailable":
                socket.perform(subscription.session.refuse(subscription, "unavailable"))
            else:
                socket.perform(subscription.session.reset(subscription, "history"))

    async def join_again(self, socket: Socket, subscription: Subscription) -> None:
        """As one who missed what `mine` brings next, since that is to be written down first. Where it cannot be, the
        client reads again and comes again."""
        way = Everywhere(self._feed, self._database, subscription)
        if await self._surely(subscription, self._live(socket, way)) and not subscription.gone:
            socket.perform(subscription.session.reset(subscription, "history"))

    async def _surely(
        self, subscription: Subscription, work: Coroutine[Any, Any, None]
    ) -> Literal["", "unavailable", "lost"]:
        """What hindered it."""
        try:
            await work
        except (*PASSING, Refused) as error:
            logger.warning("postgres does not answer", error=type(error).__name__)
            return "unavailable"
        except Lost:
            logger.error("events are missing in the history", topic=subscription.topic)
            return "lost"
        return ""

    async def conversation(self, id: UUID, viewer: Viewer | None = None) -> Thing | None:
        """What guards a conversation. Its audience is fixed when it opens, so it is asked for once; and again where
        `viewer` may not see it, so that refusals take equally long."""
        thing = self._conversations.get(id)
        if thing is None or (viewer is not None and not sees(viewer, thing)):
            thing = await access.conversation_thing(self._database.system, id)
            if thing is not None:
                _keep(self._conversations, id, thing)
        return thing

    async def _case(self, id: UUID, viewer: Viewer) -> Thing | None:
        """What guards a case; asked for again where the viewer may not see it, so that refusals take equally long."""
        thing = self._cases.get(id)
        if thing is None or not sees(viewer, thing):
            thing = await self._ask_case.get(id)
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
            found = await self._ask_head.get(stream) or 0
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
            await self._hearing.record(session, [thing.case_id])
            if sub.gone:
                return
            sub.thing = thing
        if after is not None and after.epoch != feed.epoch:
            socket.perform(session.reset(sub, "epoch"))
            return
        head = await self._head(sub.id)
        start = head if after is None or after.seq is None else after.seq
        ahead, last = start > head, head
        if ahead:
            last = await replays.last(self._database.system, sub.id)
            head = await self._head(sub.id)
            ahead = start > head
        if sub.gone:
            return
        if (ahead and start > last) or head - start > REPLAY_EVENTS_MAX:
            socket.perform(session.reset(sub, "history"))
            return
        if ahead:
            sub.seq = start
            socket.deliver(self._subscribed(sub, start, 0))
            feed.rooms.room_of(sub).waiting[sub] = socket
            return
        await _free(socket, sub)
        missed = None
        if start < head:
            missed = self._at_hand(sub, start, head)
            if missed is None and head - start <= RANGE_EVENTS_MAX:
                missed = await self._ranges.get(sub.id, start, head)
        if sub.gone:
            return
        current = feed.heads.get(sub.id) == head
        written = current and not socket.paused and self._write(socket, sub, start, head, missed)
        if not written:
            replay = missed.count(sub) if missed is not None else await self._count(sub, start, head)
            if sub.gone:
                return
            sub.seq = start
            socket.deliver(self._subscribed(sub, head, replay))
        missed = None  # a client that does not take what is written holds nothing of what was read
        if await self._replaying.run(socket, Stream(feed, self._database, self._head, sub)):
            feed.rooms.room_of(sub).add(sub, socket)

    def _at_hand(self, sub: Subscription, start: int, head: int) -> Range | None:
        """A range that was used lately, or that the ring holds, where it is not a long one."""
        if head - start > RANGE_EVENTS_MAX:
            return None
        if (found := self._ranges.find(sub.id, start, head)) is not None:
            return found
        entries = self._feed.ring.stream_after(sub.id, start, RANGE_EVENTS_MAX)
        if entries is None or len(entries) != head - start:
            return None
        return self._ranges.keep(sub.id, start, head, entries, "ring")

    def _write(self, socket: Socket, sub: Subscription, start: int, head: int, missed: Range | None) -> bool:
        """Say that it is in and give it all that was missed in one write; False when that would be too large. The
        range must have been made since the head is what it is."""
        if missed is None:
            if start < head:
                return False
            socket.deliver(self._subscribed(sub, head, 0))
        else:
            count, data = self._ranges.pile(missed, sub)
            if len(data) > STEP_BYTES:
                return False
            socket.deliver(joined((self._subscribed(sub, head, count), data)))
            replayed[missed.source].inc(count)
        sub.seq = head
        return True

    async def _count(self, sub: Subscription, start: int, head: int) -> int:
        """How many events of a long way its holder may see."""
        entries = self._feed.ring.stream_after(sub.id, start, head - start)
        count = 0
        if entries is None:
            async with self._replaying.turns:
                for after in range(start, head, COUNTED_AT_ONCE):
                    upto = min(head, after + COUNTED_AT_ONCE)
                    QUERIES.inc()
                    groups = await replays.stream_count(self._database.system, sub.id, after, upto)
                    count += _seen(sub.session.viewer, groups)
            return count
        for at in range(0, len(entries), STEP_EVENTS):
            count += Range(entries[at : at + STEP_EVENTS], "ring").count(sub)
            await asyncio.sleep(0)
        return count

    async def _join_mine(self, socket: Socket, sub: Subscription) -> None:
        feed, session, after, system = self._feed, sub.session, sub.after, self._database.system
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
        way = Everywhere(feed, self._database, sub)
        missed = feed.ring.after(sub.position, REPLAY_MINE_EVENTS_MAX)
        if missed is not None:
            replay = 0
            for at in range(0, len(missed), STEP_EVENTS):
                replay += sum(sub.sees(entry.event) for entry in missed[at : at + STEP_EVENTS])
                await asyncio.sleep(0)
        else:
            async with self._replaying.turns:
                QUERIES.inc()
                far = await replays.far(system, sub.position, upto, REPLAY_MINE_EVENTS_MAX)
                groups = [] if far else await replays.count(system, sub.position, upto, way.scopes)
            if sub.gone:
                return
            if far:
                socket.perform(session.reset(sub, "history"))
                return
            replay = _seen(session.viewer, groups)
        await _free(socket, sub)
        if sub.gone:
            return
        socket.deliver(self._subscribed(sub, 0, replay))
        await self._live(socket, way)

    async def _live(self, socket: Socket, way: Everywhere) -> None:
        if await self._replaying.run(socket, way):
            self._feed.rooms.mine.add(way.subscription, socket)

    def _subscribed(self, sub: Subscription, seq: int, replay: int) -> bytes:
        feed = self._feed
        return framed(Subscribed(sub.ref, sub.topic, feed.epoch, seq, str(feed.position), replay))


async def _free(socket: Socket, sub: Subscription) -> None:
    """Until the client takes what is written: it may have asked for many topics at once."""
    while socket.paused and not sub.gone:
        await socket.drained()


def _seen(viewer: Viewer, groups: Iterable[Alike]) -> int:
    # What on a person's own stream is about no case is theirs.
    return sum(
        group.events for group in groups if group.case_id is None or sees(viewer, cast(Guarded, group))
    )


def _keep(things: dict[UUID, T], id: UUID, thing: T) -> None:
    if len(things) >= THINGS_MAX:
        things.clear()
    things[id] = thing
