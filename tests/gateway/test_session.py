"""The session without I/O: frames and facts in, effects out."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from websockets.frames import Frame
from websockets.streams import StreamReader

from gateway.framing import text_frame
from gateway.rooms import Mine, Room
from gateway.session import CALLS_MAX, FRAMES_BURST, Call, Close, Effect, Join, Leave, Send, Session, Signal
from schemas.access import Viewer, sees
from schemas.audit import Actor
from schemas.events import Access, Event
from schemas.ids import new_id
from schemas.limits import SUBSCRIPTIONS_MAX
from schemas.scopes import OF_BROWSERS
from storage.postgres.access import Thing

ORG = UUID(int=1)
ME = UUID(int=2)


def case_id(number: int) -> UUID:
    return UUID(int=100 + number)


def an_event(
    case: UUID,
    *,
    seq: int = 1,
    tx: int = 1,
    id: int = 1,
    audience: tuple[str, ...] = ("staff",),
    people: Any = (),
) -> Event:
    return Event(
        tx=tx, id=id, org=ORG, kind="case", stream=case, seq=seq, case_id=case, type="message.posted",
        audience=list(audience), people=list(people), access=Access(1, 1), at=datetime.now(UTC), actor=None,
        thing=None, data=Raw(b"{}"),
    )  # fmt: skip


def a_session(*grants: tuple[UUID, str], person: UUID = ME, scopes: Collection[str] = OF_BROWSERS) -> Session:
    return Session(
        new_id(),
        Viewer(person, frozenset(grants)),
        Actor(kind="browser", person=person),
        datetime.now(UTC),
        scopes,
        "token",
        "192.0.2.7",
        0.0,
    )


def say(session: Session, now: float = 0.0, **frame: Any) -> list[Effect]:
    return session.receive(msgspec.json.encode(frame), now)


def told(effects: list[Effect]) -> list[dict[str, Any]]:
    """The frames among the effects."""
    found = []
    for effect in effects:
        if isinstance(effect, Send):
            head = 2 if effect.frame[1] < 126 else 4
            found.append(msgspec.json.decode(effect.frame[head:]))
    return found


def joined(session: Session, topic: str, thing: Thing | None = None) -> Any:
    (effect,) = say(session, op="subscribe", ref="r", topic=topic)
    assert isinstance(effect, Join)
    effect.subscription.thing = thing
    return effect.subscription


def test_ping_is_answered_with_its_ref() -> None:
    assert told(say(a_session(), op="ping", ref="7")) == [{"op": "pong", "ref": "7"}]


def test_a_token_that_may_read_alone_writes_nothing() -> None:
    conversation, key = str(UUID(int=5)), str(UUID(int=6))
    frames: list[dict[str, Any]] = [
        {"op": "post", "ref": "7", "key": key, "conversation": conversation, "body": "x", "attachments": []},
        {"op": "read", "conversation": conversation, "upto": 1},
        {"op": "typing", "conversation": conversation},
    ]
    for scopes, refused in ((["read"], True), (["read", "admin"], True), (["read", "write"], False)):
        session = a_session(scopes=scopes)
        joined(session, "me")
        for frame in frames:
            found = told(say(session, **frame))
            assert [one["code"] for one in found] == (["scope"] if refused else []), (scopes, frame)
            assert not refused or found[0]["ref"] == frame.get("ref")
        assert session.calls == (0 if refused else 2)


def test_subscribe_joins_and_the_same_topic_again_takes_its_place() -> None:
    session = a_session()
    first = joined(session, "mine")
    leave, join = say(session, op="subscribe", ref="2", topic="mine")
    assert isinstance(leave, Leave) and leave.subscription is first and first.gone
    assert isinstance(join, Join) and not join.subscription.gone
    assert list(session.subscriptions.values()) == [join.subscription]


def test_unsubscribe_leaves_and_is_answered_even_when_there_is_nothing() -> None:
    session = a_session()
    subscription = joined(session, "me")
    effects = say(session, op="unsubscribe", ref="2", topic="me")
    assert isinstance(effects[0], Leave) and subscription.gone and not session.subscriptions
    assert told(effects) == told(say(session, op="unsubscribe", ref="2", topic="me"))


def test_topics_are_limited() -> None:
    session = a_session()
    for number in range(SUBSCRIPTIONS_MAX):
        joined(session, f"case:{case_id(number)}")
    assert told(say(session, op="subscribe", ref="r", topic="mine"))[0]["code"] == "too_many"
    assert len(session.subscriptions) == SUBSCRIPTIONS_MAX


@pytest.mark.parametrize(
    ("topic", "after", "code"),
    [
        ("mine", {"epoch": "e", "seq": 3}, "bad_input"),
        ("mine", {"epoch": "e", "pos": "nonsense"}, "bad_input"),
        ("me", {"epoch": "e", "pos": "1-2"}, "bad_input"),
        (f"case:{case_id(1)}", {"epoch": "e"}, "bad_input"),
        ("case:------------------------------------", None, "not_found"),
    ],
)
def test_bad_subscription_is_an_error_that_leaves_nothing(topic: str, after: Any, code: str) -> None:
    session = a_session()
    (error,) = told(say(session, op="subscribe", ref="r", topic=topic, after=after))
    assert (error["op"], error["ref"], error["code"]) == ("error", "r", code)
    assert not session.subscriptions


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"{", b"null", b"[]", b"1", b'"ping"', b"\xff\xfe", b'{"op":"nothing"}', b'{"op":"ping"}', b'{"ref":"1"}',
        b'{"op":"ping","ref":""}', b'{"op":"ping","ref":"1","more":1}', b'{"op":"subscribe","ref":"1","topic":"all"}',
        b'{"op":"subscribe","ref":"1","topic":"case:x"}', b'{"op":"typing","conversation":"x"}', b"[" * 60_000,
        b'{"op":"ping","ref":"' + b"x" * 65 + b'"}', b'{"op":"read","conversation":"x","upto":-1}',
    ],
)  # fmt: skip
def test_what_is_no_frame_closes(payload: bytes) -> None:
    (effect,) = a_session().receive(payload, 0.0)
    assert isinstance(effect, Close) and effect.code == "protocol"


@given(st.binary(max_size=200))
def test_any_bytes_are_a_frame_or_close(payload: bytes) -> None:
    effects = a_session().receive(payload, 0.0)
    assert effects and isinstance(effects[0], Close | Send | Join | Call | Signal)


def test_a_flood_is_refused_then_closed() -> None:
    session = a_session()
    answers = [say(session, op="ping", ref="1") for _ in range(int(FRAMES_BURST))]
    assert all(told(answer)[0]["op"] == "pong" for answer in answers)
    error = told(say(session, op="ping", ref="1"))[0]
    assert (error["code"], error["retry_after_ms"]) == ("too_many", 1000)
    while not isinstance(last := say(session, op="ping", ref="1")[0], Close):
        pass
    assert last.code == "protocol"
    assert told(say(session, 1000.0, op="ping", ref="1"))[0]["op"] == "pong"


def test_control_frames_share_the_allowance() -> None:
    session = a_session()
    spent = 1
    while not (effects := session.control(0.0)):
        spent += 1
    assert isinstance(effects[0], Close) and effects[0].code == "protocol"
    assert FRAMES_BURST < spent < 10 * FRAMES_BURST
    assert isinstance(say(session, op="ping", ref="1")[0], Close)
    assert session.control(1000.0) == []


@pytest.mark.parametrize(
    "pos", ["9223372036854775808-1", "1-9223372036854775808", "1-" + "9" * 30, "-1-1", "1", "1-1-1"]
)
def test_a_position_that_cannot_be_is_refused(pos: str) -> None:
    after = {"epoch": "e", "pos": pos}
    assert (
        told(say(a_session(), op="subscribe", ref="1", topic="mine", after=after))[0]["code"] == "bad_input"
    )


def test_calls_to_the_hub_are_limited() -> None:
    session = a_session()
    post: dict[str, Any] = {
        "op": "post",
        "ref": "1",
        "key": str(new_id()),
        "conversation": str(new_id()),
        "body": "x",
    }
    for _ in range(CALLS_MAX):
        assert isinstance(say(session, **post)[0], Call)
    assert told(say(session, **post))[0]["code"] == "too_many"
    session.calls -= 1
    assert isinstance(say(session, **post)[0], Call)


def test_typing_is_told_once_in_a_while() -> None:
    session = a_session()
    one = str(new_id())
    assert len(say(session, 0.0, op="typing", conversation=one)) == 1
    assert say(session, 1.0, op="typing", conversation=one) == []
    assert len(say(session, 2.5, op="typing", conversation=one)) == 1
    told_of = [len(say(session, 10.0, op="typing", conversation=str(new_id()))) for _ in range(20)]
    assert sum(told_of) < 10


def test_look_again_ends_what_is_closed_and_resets_what_looks_different() -> None:
    one, two, three = case_id(1), case_id(2), case_id(3)
    session = a_session((one, "client"), (two, "client"), (three, "client"))
    for case in (one, two, three):
        joined(session, f"case:{case}", Thing(case, ORG, ("client", "staff"), ()))
    joined(session, "mine")
    joined(session, "me")
    effects = session.look_again(Viewer(ME, frozenset({(two, "client"), (two, "staff"), (three, "client")})))
    assert told(effects) == [
        {"op": "ended", "topic": f"case:{one}", "code": "forbidden"},
        {"op": "reset", "topic": f"case:{two}", "why": "access"},
        {"op": "reset", "topic": "mine", "why": "access"},
    ]
    assert set(session.subscriptions) == {f"case:{three}", "me"}
    assert session.look_again(session.viewer) == []


roles = st.sampled_from(["staff", "client", "admin", "desk"])
scopes = st.sampled_from([case_id(0), case_id(1), ORG])
viewers = st.lists(st.frozensets(st.tuples(scopes, roles), max_size=4), min_size=1, max_size=6)
events = st.lists(
    st.tuples(st.integers(0, 1), st.sets(roles, max_size=3), st.sets(st.integers(0, 5), max_size=2)),
    max_size=4,
)


class Named:
    paused = 0.0

    def __init__(self, name: int) -> None:
        self.name = name

    def deliver(self, data: bytes) -> None: ...


@given(viewers, events, st.lists(st.integers(0, 5), max_size=12))
def test_rooms_give_exactly_those_who_may_see_it(
    people: list[frozenset[tuple[UUID, str]]], told_of: Any, changes: list[int]
) -> None:
    """Whoever enters, leaves or changes between two events: the readers are what the wall says of each member, each
    among those who take an event in the form they negotiated."""
    rooms = {case: Room() for case in (case_id(0), case_id(1))}
    mine = Mine(lambda session, case: session.viewer.person.int % 3 != 1000 % 3)
    inside: dict[int, tuple[Session, Any, Named]] = {}

    def turn(number: int) -> None:
        if number in inside:
            _, subscriptions, _ = inside.pop(number)
            for room, subscription in subscriptions:
                room.remove(subscription)
        elif number < len(people):
            session = a_session(*people[number], person=UUID(int=1000 + number))
            session.deflates = number % 2 == 1
            socket = Named(number)
            subscriptions = [(rooms[case], joined(session, f"case:{case}")) for case in rooms]
            subscriptions.append((mine, joined(session, "mine")))
            for room, subscription in subscriptions:
                room.add(subscription, socket)
            inside[number] = session, subscriptions, socket

    for number in changes:
        turn(number)
        for case, audience, named in told_of:
            event = an_event(
                case_id(case), audience=tuple(audience), people=[UUID(int=1000 + n) for n in named]
            )
            expected = sorted(n for n, (session, _, _) in inside.items() if sees(session.viewer, event))  # type: ignore[arg-type]
            for room in (rooms[case_id(case)], mine):
                readers = room.readers(event)
                plain, deflating = (sorted(s.name for s in sockets) for sockets in readers[:2])  # type: ignore[attr-defined]
                assert plain == [n for n in expected if n % 2 == 0]
                assert deflating == [n for n in expected if n % 2 == 1]
                assert bool(readers) == bool(expected)
                assert {one.session for one, _ in readers.unheard} == {
                    inside[n][0] for n in expected if room is mine and n % 3 == 0
                }


@given(st.binary(max_size=70_000))
def test_a_frame_is_what_the_protocol_says(payload: bytes) -> None:
    reader = StreamReader()
    reader.feed_data(text_frame(payload))
    parsing = Frame.parse(reader.read_exact, mask=False)
    with pytest.raises(StopIteration) as done:
        next(parsing)
    frame = done.value.value
    assert (frame.opcode, frame.fin, bytes(frame.data)) == (1, True, payload)


def test_a_frame_of_64_kib_and_more_has_the_long_header() -> None:
    assert text_frame(b"x" * 65536)[:10] == b"\x81\x7f" + (65536).to_bytes(8, "big")
