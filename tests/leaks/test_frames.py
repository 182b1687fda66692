"""The leak matrix at the socket: every frame that a client can send times every kind of stranger, replays included."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, get_args
from uuid import uuid4

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from gateway.session import FRAMES_PER_S
from hub.context import Hub
from hub.services import offer
from schemas.frames import FromClient
from schemas.positions import START
from tests.app import ABSENT
from tests.gateway.conftest import Client, Live
from tests.leaks.town import ASKERS, DEAD, NARROW, Town

# What of the frames names something, with the kind of thing that it names.
FRAMES: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "subscribe": [
        ("case", {"ref": "s", "topic": "case:{id}"}),
        ("case", {"ref": "s", "topic": "case:{id}", "after": {"epoch": "{epoch}", "seq": 0}}),
        ("conversation", {"ref": "s", "topic": "case:{id}"}),
        ("person", {"ref": "s", "topic": "case:{id}", "after": {"epoch": "{epoch}", "seq": 0}}),
        ("org", {"ref": "s", "topic": "case:{id}", "after": {"epoch": "{epoch}", "seq": 0}}),
    ],
    "unsubscribe": [("case", {"ref": "u", "topic": "case:{id}"})],
    "post": [
        ("conversation", {"ref": "p", "key": "{key}", "conversation": "{id}", "body": "Hello"}),
        ("case", {"ref": "p", "key": "{key}", "conversation": "{id}", "body": "Hello"}),
    ],
    "read": [("conversation", {"conversation": "{id}", "upto": 1})],
    "typing": [("conversation", {"conversation": "{id}"})],
    "ping": [],  # names nothing
}
OWN_TOPICS = (
    {"topic": "me", "after": {"epoch": "{epoch}", "seq": 0}},
    {"topic": "mine", "after": {"epoch": "{epoch}", "pos": str(START)}},
)
CLOSED = {*DEAD, "write_only", "scim_only", "foreign_scim"}
LET_IN = [name for name in ASKERS if name not in CLOSED and name not in NARROW]


@pytest.fixture(scope="module", autouse=True)
async def answering(hub: Hub) -> AsyncIterator[None]:
    """The hub's answers to what sockets ask."""
    offered = await offer(hub)
    yield
    await offered.stop()


def test_every_frame_has_its_row() -> None:
    tags = {struct.__struct_config__.tag for struct in get_args(FromClient)}
    assert tags == set(FRAMES), "new frames: say here what strangers send in them"


@pytest.mark.parametrize("asker", sorted(CLOSED))
async def test_whoever_opens_nothing_is_not_let_in(town: Town, live: Live, asker: str) -> None:
    with pytest.raises((InvalidStatus, ConnectionClosed, AssertionError)):
        async with live.client(town.tokens[asker]):
            raise ValueError("let in")


@pytest.mark.parametrize("asker", LET_IN)
async def test_no_frame_leaks(town: Town, live: Live, asker: str) -> None:
    await live.told()
    told: list[str] = []
    async with live.client(town.tokens[asker]) as client:
        for op, rows in FRAMES.items():
            for kind, fields in rows:
                absent = await _ask(client, live, op, fields, str(ABSENT))
                # Typing is told some times in two seconds, and more is dropped without a word.
                for id in town.marks.hidden(kind, asker)[: 6 if op == "typing" else None]:
                    answer = await _ask(client, live, op, fields, id)
                    told += _leaks(town, asker, op, answer, id)
                    assert _shape(answer, id) == _shape(absent, str(ABSENT)), f"{asker}: {op} of a {kind}"
        for id in town.marks.seen("case", asker):
            fields = {"ref": "s", "topic": f"case:{id}", "after": {"epoch": "{epoch}", "seq": 0}}
            told += _leaks(town, asker, "replay", await _ask(client, live, "subscribe", fields, id), id)
        for topic in OWN_TOPICS:
            told += _leaks(
                town, asker, str(topic), await _ask(client, live, "subscribe", {"ref": "o", **topic}, ""), ""
            )
    assert told == []


async def test_what_happens_now_reaches_nobody_else(town: Town, live: Live) -> None:
    """Everybody listens to everything that they can while the lead says something new to each audience."""
    lead = town.people["lead"]
    before = dict(town.marks.marks)
    told: list[str] = []
    clients: dict[str, Client] = {}
    waiting = []
    for asker in LET_IN:
        context = live.client(town.tokens[asker])
        clients[asker] = await context.__aenter__()
        waiting.append(context)
        for topic in ("me", "mine", *(f"case:{id}" for id, _ in town.marks.things["case"])):
            await clients[asker].subscribe(topic)
    try:
        said = 0
        for case in town.marks.seen("case", "lead"):
            for talk in await lead.all(f"/v1/cases/{case}/conversations"):
                readers = dict(town.marks.things["conversation"])[talk["id"]]
                word = town.marks.word("a message said just now", readers)
                posted = await lead.made(f"/v1/conversations/{talk['id']}/messages", {"body": word})
                town.marks.thing("message", posted["id"], readers)
                said += 1
        await live.told()
        heard = 0
        for asker, client in clients.items():
            frames = await client.settled()
            told += _leaks(town, asker, "live", frames, "")
            fresh = set(town.marks.marks) - set(before)
            heard += any(mark in str(frames) for mark in fresh)
        assert told == []
        assert said >= 8 and heard >= 3, "those who may hear it do"
    finally:
        for context in waiting:
            await context.__aexit__(None, None, None)


async def _ask(client: Client, live: Live, op: str, fields: dict[str, Any], id: str) -> list[dict[str, Any]]:
    """What is answered, with whatever else came until then. What has no `ref` has no answer but an error."""
    text = msgspec.json.encode(fields).decode()
    for name, value in (("{id}", id), ("{epoch}", live.gateway.feed.epoch), ("{key}", str(uuid4()))):
        text = text.replace(name, value)
    await client.send(op, **msgspec.json.decode(text))
    frames: list[dict[str, Any]] = []
    ref = fields.get("ref")  # a `read` has none, and its error neither
    while not any(frame.get("ref") == ref for frame in frames):
        frames.append(await client.next())
    await asyncio.sleep(2 / FRAMES_PER_S)  # nobody may say more in the long run
    return frames + await client.settled()


def _leaks(town: Town, asker: str, op: str, frames: list[dict[str, Any]], asked: str) -> list[str]:
    text = msgspec.json.encode(frames).decode()
    return [f"{asker}: {op} told {mark.where}" for mark in town.marks.leaked(asker, text, asked)]


def _shape(frames: list[dict[str, Any]], id: str) -> str:
    return msgspec.json.encode(frames).decode().replace(id, "ID")
