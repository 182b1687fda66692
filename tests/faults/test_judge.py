"""A talk of one conversation hands to the judge all that it knows; what the judge sees is told in `test_book.py`."""

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from tests.faults.book import Event, Message, Promise
from tests.faults.talk import Talk, judge
from tests.live import Follower

CASE, ROOM = uuid4(), uuid4()


def event(seq: int) -> Event:
    message = {"id": f"m{seq}", "body": f"a {seq}", "conversation": str(ROOM), "seq": seq, "revision": 1}
    data = {"message": message}
    return {"seq": seq, "pos": f"{seq}-{seq}", "case": str(CASE), "type": "message.posted", "data": data}


async def spoken() -> tuple[Talk, Follower, list[Event], list[Message]]:
    """A talk in which all went well, and its one follower, who came when the first message was written."""
    talk = Talk("ws://127.0.0.1:9", CASE, ROOM)
    history = [event(seq) for seq in range(1, 6)]
    messages = [one["data"]["message"] for one in history]
    for m in messages:
        talk.voices.book.promises.append(Promise(m["body"], m["id"], str(CASE), str(ROOM), m["seq"]))
    nobody: Any = SimpleNamespace(token="")
    follower = talk.follow(nobody)
    await talk.stop_following()
    follower.held, follower.start = history[1:], (1, "1-1")
    return talk, follower, history, messages


async def test_nothing_is_wrong_where_all_went_well() -> None:
    talk, _, history, messages = await spoken()
    assert judge(talk, history, messages) == []


@pytest.mark.parametrize(
    ("harm", "word"),
    [
        (lambda talk, follower, history, messages: messages.pop(), "in the list None"),
        (lambda talk, follower, history, messages: history.pop(2), "hole"),
        (lambda talk, follower, history, messages: follower.held.pop(1), "lacks ('3-3', 3)"),
        (lambda talk, follower, history, messages: follower.odd.append("reset history"), "reset"),
        (lambda talk, follower, history, messages: talk.voices.book.odd.append("500"), "500"),
        (lambda talk, follower, history, messages: talk.voices.book.promises.pop(), "never acknowledged"),
    ],
)
async def test_the_judge_sees(harm: Any, word: str) -> None:
    talk, follower, history, messages = await spoken()
    harm(talk, follower, history, messages)
    assert any(word in sentence for sentence in judge(talk, history, messages))
