"""The judge of the fault tests sees what it is there to see: each kind of broken promise, planted by hand."""

from typing import Any
from uuid import uuid4

import pytest

from tests.faults.talk import Talk, judge
from tests.live import Follower


def event(seq: int, body: str, *, id: str = "") -> dict[str, Any]:
    message = {"id": id or f"m{seq}", "body": body, "seq": seq}
    return {"seq": seq, "pos": f"{seq}-{seq}", "type": "message.posted", "data": {"message": message}}


def spoken() -> tuple[Talk, list[dict[str, Any]], list[dict[str, Any]]]:
    """A talk in which all went well."""
    talk = Talk("", uuid4(), uuid4())
    history = [event(seq, f"a {seq}") for seq in range(1, 6)]
    messages = [one["data"]["message"] for one in history]
    talk.acked = {message["body"]: (message["id"], message["seq"]) for message in messages}
    follower = Follower([""], "", "case:")
    follower.held = history[1:]
    talk.followers.append(follower)
    return talk, history, messages


def test_nothing_is_wrong_where_all_went_well() -> None:
    assert judge(*spoken()) == []


@pytest.mark.parametrize(
    ("harm", "word"),
    [
        (lambda talk, history, messages: talk.acked.update({"a 9": ("m9", 9)}), "a 9: acknowledged"),
        (lambda talk, history, messages: messages.pop(), "in the list None"),
        (lambda talk, history, messages: history.pop(2), "hole"),
        (lambda talk, history, messages: history.append(event(6, "a 5")), "twice"),
        (lambda talk, history, messages: history[3].update(pos="0-1"), "order of positions"),
        (lambda talk, history, messages: talk.followers[0].held.append(history[2]), "twice or out of order"),
        (lambda talk, history, messages: talk.followers[0].held.pop(1), "lacks [3]"),
        (
            lambda talk, history, messages: talk.followers[0].held.__setitem__(0, event(2, "other")),
            "lacks [2]",
        ),
        (lambda talk, history, messages: talk.followers[0].odd.append("reset history"), "reset"),
        (lambda talk, history, messages: talk.odd.append("500"), "500"),
    ],
)
def test_the_judge_sees(harm: Any, word: str) -> None:
    talk, history, messages = spoken()
    harm(talk, history, messages)
    assert any(word in sentence for sentence in judge(talk, history, messages))
