"""What piles up goes out joined; and no burst is more than a socket may hold, nor cuts one whose client reads."""

import socket
from typing import Any

import msgspec
import pytest

from gateway import feed as feed_module
from gateway.connection import Connection
from gateway.feed import PILE_BYTES, Feed, Pile
from gateway.rooms import Readers
from gateway.serve import SEND_BUFFER_BYTES
from gateway.session import Session
from schemas.events import Event
from schemas.limits import SOCKET_BUFFER_BYTES_MAX
from tests.gateway.conftest import Live, Office
from tests.gateway.test_session import a_session, an_event, case_id, joined
from tests.history import LOCK, STAFF

BODY_BYTES = 8_000
MANY = 160  # of them: far more than the kernel and a socket hold together
HIDDEN = (1, 80)  # from the slow one


class Listening:
    """A socket that takes everything, or nothing: then it is cut when it holds too much."""

    def __init__(self, session: Session, *, reads: bool = True) -> None:
        self.session, self.reads = session, reads
        self.writes: list[bytes] = []
        self.held = 0
        self.closed: list[str] = []
        self.paused = 0.0

    def deliver(self, data: bytes) -> None:
        self.writes.append(data)
        if not self.reads:
            self.held += len(data)
            self.paused = 1.0

    def perform(self, effects: Any) -> None: ...

    def close(self, code: str, reason: str = "") -> None:
        self.closed.append(code)


def in_room(feed: Feed, **more: Any) -> Listening:
    session = a_session((case_id(0), "staff"))
    subscription = joined(session, f"case:{case_id(0)}")
    listening = Listening(session, **more)
    feed.rooms.room_of(subscription).add(subscription, listening)
    return listening


def an_event_of(seq: int, size: int, audience: tuple[str, ...] = ("staff",)) -> Event:
    event = an_event(case_id(0), seq=seq, id=seq, audience=audience)
    return msgspec.structs.replace(event, data=msgspec.Raw(b'{"x":"%s"}' % (b"x" * size)))


def small(live: Live, size: int) -> socket.socket:
    """A connection that holds little in the kernel."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
    sock.connect(("127.0.0.1", live.port))
    return sock


async def test_what_came_together_is_one_write() -> None:
    feed = Feed(None, None)  # type: ignore[arg-type]
    one, two = in_room(feed), in_room(feed)
    await feed.take([an_event_of(n, 200) for n in range(1, 21)])
    for listening in (one, two):
        (data,) = listening.writes
        assert [data.count(b'"seq":%d,' % n) for n in range(1, 21)] == [1] * 20
    assert one.writes[0] is two.writes[0]


async def test_a_single_event_waits_for_nobody() -> None:
    """Not even when its readers lag."""
    feed = Feed(None, None)  # type: ignore[arg-type]
    one, stuck = in_room(feed), in_room(feed, reads=False)
    stuck.paused = 1.0
    taking = feed.take([an_event_of(1, 200)])
    with pytest.raises(StopIteration):
        taking.send(None)
    assert len(one.writes) == len(stuck.writes) == 1


@pytest.mark.parametrize(
    "audiences", [[("staff",)], [("staff",), ("client", "staff")]], ids=["same", "in turns"]
)
async def test_a_large_batch_is_written_in_bounded_pieces(
    monkeypatch: pytest.MonkeyPatch, audiences: list[tuple[str, ...]]
) -> None:
    waits: list[float] = []
    ease = feed_module._ease

    async def watched(readers: Readers, seconds: float) -> float:
        waits.append(seconds)
        return await ease(readers, seconds)

    monkeypatch.setattr(feed_module, "_ease", watched)
    feed = Feed(None, None)  # type: ignore[arg-type]
    one, stuck = in_room(feed), in_room(feed, reads=False)
    await feed.take([an_event_of(n, 10_000, audiences[n % len(audiences)]) for n in range(1, 101)])
    assert b"".join(one.writes) == b"".join(stuck.writes)
    assert max(map(len, one.writes)) < PILE_BYTES + 11_000
    # Who reads nothing, and would here never be cut, holds up a batch so long and no longer.
    assert waits[0] == feed_module.EASE_S
    assert len(waits) > 12 and all(left <= 0 for left in waits[8:])


async def test_a_burst_cuts_who_does_not_read_and_nobody_else(
    live: Live, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[Event] = []
    most: list[int] = []
    take, write = Feed.take, Pile.write

    async def at_once(feed: Feed, batch: list[Event]) -> None:
        held.extend(batch)
        if len(held) == MANY:
            await take(feed, held)

    def watched(pile: Pile) -> None:
        write(pile)
        for sockets in pile.readers:
            most.extend(one._transport.get_write_buffer_size() for one in sockets)  # type: ignore[attr-defined]

    # Readers and gateway share a loop here, perhaps on a busy machine.
    monkeypatch.setattr(feed_module, "EASE_S", 0.5)
    monkeypatch.setattr(feed_module, "EASE_BATCH_S", 10.0)
    monkeypatch.setattr(Feed, "take", at_once)
    monkeypatch.setattr(Pile, "write", watched)
    async with (
        office.client("lawyer", sock=small(live, 64 << 10)) as fast,
        office.client("admin", sock=small(live, 64 << 10), compression="deflate") as too,
    ):
        for client in (fast, too):
            await client.subscribe(office.topic)
        async with office.client("client", sock=small(live, 4096), max_queue=1) as slow:
            head = await slow.subscribe(office.topic)
            for connections in live.gateway.feed.people.values():
                for connection in connections:
                    assert isinstance(connection, Connection)
                    connection._transport.get_extra_info("socket").setsockopt(
                        socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES
                    )
            slow.socket.transport.pause_reading()
            pool, org, case = office.history.pool, office.org, office.case
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute(LOCK, org, case)
                for n in range(MANY):
                    body, more = f"{n}" + "x" * BODY_BYTES, {"audience": STAFF} if n in HIDDEN else {}
                    await office.history.post(
                        case, org, office.people["lawyer"], body, connection=connection, **more
                    )
            await office.live.bus.wake()
            for client in (fast, too):
                assert [(await client.next())["seq"] for _ in range(MANY)] == list(range(1, MANY + 1))
            await office.live.told()
            assert office.people["client"] not in live.gateway.feed.people
            assert PILE_BYTES < max(most) <= SOCKET_BUFFER_BYTES_MAX
            slow.socket.transport.resume_reading()
            read = 0
            while True:
                try:
                    read = (await slow.next())["seq"]
                except Exception:
                    break
            assert slow.socket.close_code == 4008
        seen = [n for n in range(1, MANY + 1) if n - 1 not in HIDDEN]
        async with office.client("client") as again:
            rest = [n for n in seen if n > read]
            resumed = await again.subscribe(office.topic, {"epoch": head["epoch"], "seq": read})
            assert resumed["replay"] == len(rest) > 0
            assert [(await again.next())["seq"] for _ in rest] == rest
