"""The judge of the fault tests sees what it is there to see: each kind of broken promise, planted by hand."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.book import Book, Event, Promise, View, broken

CASE, ROOM, INNER, ME = "case", "room", "inner", "me"


def posted(seq: int, room: str = ROOM, *, body: str = "") -> Event:
    message = {"id": f"m{seq}", "body": body or f"a {seq}", "conversation": room, "seq": seq, "revision": 1}
    data = {"message": message}
    return {"seq": seq, "pos": f"{seq}-{seq}", "case": CASE, "type": "message.posted", "data": data}


def edited(seq: int, of: int) -> Event:
    message = posted(of)["data"]["message"] | {"body": "anew", "revision": 2}
    return posted(seq) | {"type": "message.edited", "data": {"message": message}}


def marked(seq: int) -> Event:
    return {
        "seq": seq,
        "pos": f"{20 + seq}-{seq}",
        "case": None,
        "type": "marker.moved",
        "data": {"upto": seq},
    }


def kept() -> Book:
    """A talk in which all went well: six messages, one of them edited, two of them not for everybody."""
    history = [posted(1), posted(2), posted(3, INNER), posted(4), edited(5, 2), posted(6, INNER), posted(7)]
    shared = [event for event in history if event["data"]["message"]["conversation"] == ROOM]
    lists = {
        ROOM: [posted(1), edited(5, 2), posted(4), posted(7)],
        INNER: [posted(3, INNER), posted(6, INNER)],
    }
    messages = {room: [event["data"]["message"] for event in events] for room, events in lists.items()}
    mine = [marked(1), marked(2)]
    return Book(
        promises=[
            Promise(m["body"], m["id"], CASE, m["conversation"], m["seq"])
            for m in (e["data"]["message"] for e in history if e["type"] == "message.posted")
        ],
        streams={CASE: history, ME: mine},
        messages=messages,
        views=[
            View("staff", "case:case", (1, "1-1"), history[1:], list(history), [], messages),
            View("outside", "case:case", (2, "2-2"), shared[2:], list(shared), [], {ROOM: messages[ROOM]}),
            View("mine", "mine", (0, "1-1"), history[1:], list(history), [], messages),
            View("me", "me", (0, "0-0"), list(mine), list(mine), [], {}),
        ],
        marks={("me", ROOM): 4},
        markers={("me", ROOM): 7},
    )


def test_nothing_is_wrong_where_all_went_well() -> None:
    assert broken(kept()) == []


def no_promise(book: Book) -> None:
    book.promises.pop()


def swapped(held: list[Event]) -> None:
    held[0], held[1] = held[1], held[0]


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (lambda book: book.odd.append("500"), "500"),
        (lambda book: book.promises.append(Promise("a 9", "m9", CASE, ROOM, 9)), "a 9: acknowledged as"),
        (lambda book: book.promises.append(book.promises[0]), "two acknowledgements"),
        (no_promise, "a 7: written and never acknowledged"),
        (lambda book: book.promises.__setitem__(0, Promise("a 1", "m1", CASE, INNER, 1)), "a 1: acknowledged as"),
        (lambda book: book.messages[ROOM].pop(0), "a 1: acknowledged at 1, in the list None"),
        (lambda book: book.streams[CASE].pop(4), "case: the history has a hole"),
        (lambda book: book.streams[CASE].append(posted(8, body="a 7")), "a 7: acknowledged as"),
        (lambda book: book.streams[CASE].__setitem__(3, posted(4) | {"pos": "1-9"}), "the order of positions"),
        (lambda book: book.streams[ME].pop(0), "me: the history has a hole"),
        (lambda book: book.views[0].held.pop(2), "staff: lacks ('4-4', 4)"),
        (lambda book: book.views[1].held.pop(0), "outside: lacks ('4-4', 4)"),
        (lambda book: book.views[2].held.pop(), "mine: lacks ('7-7', 7)"),
        (lambda book: book.views[3].held.pop(), "me: lacks ('22-2', 2)"),
        (lambda book: book.views[0].held.append(posted(7)), "staff: was given twice"),
        (lambda book: book.views[2].held.append(posted(2)), "mine: was given twice"),
        (lambda book: swapped(book.views[0].held), "staff: was given things out of order"),
        (lambda book: swapped(book.views[2].held), "mine: was given things out of order"),
        (lambda book: book.views[1].held.insert(0, posted(3, INNER)), "outside: was given what it may not see"),
        (lambda book: book.views[0].held.insert(0, posted(1)), "staff: was given what it may not see"),
        (lambda book: book.views[0].held.__setitem__(0, posted(2, body="x")), "staff: was given ('2-2', 2) otherwise"),
        (lambda book: book.views[0].messages[ROOM].pop(1), "staff: reads otherwise than it was told: room m2"),
        (lambda book: book.views[0].odd.append("reset history"), "staff: reset history"),
        (lambda book: book.markers.clear(), "had read up to 4"),
    ],
)  # fmt: skip
def test_the_judge_sees(harm: Callable[[Book], Any], sentence: str) -> None:
    book = kept()
    harm(book)
    assert any(sentence in one for one in broken(book)), broken(book)
