"""What was promised in a talk, what became of it, and every broken promise as a sentence. Pure."""

from collections import Counter
from typing import Any, NamedTuple

from msgspec import Struct, field

Event = dict[str, Any]
Message = dict[str, Any]


class Promise(NamedTuple):
    """A message that somebody was told is written."""

    body: str
    id: str
    case: str
    conversation: str
    seq: int


class View(NamedTuple):
    """A follower: `held` is what it was given since `start` (a seq, a pos), `due` all that its person may read of the
    topic from the beginning; `messages` the lists of the conversations that its person may read, by conversation."""

    name: str
    topic: str
    start: tuple[int, str]
    held: list[Event]
    due: list[Event]
    odd: list[str]
    messages: dict[str, list[Message]]


class Book(Struct):
    """All of a talk. `streams` is every event of each stream, as PostgreSQL has it; `marks` how far (person,
    conversation) was told that it is read, `markers` how far it is."""

    promises: list[Promise] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    streams: dict[str, list[Event]] = field(default_factory=dict)
    messages: dict[str, list[Message]] = field(default_factory=dict)
    views: list[View] = field(default_factory=list)
    marks: dict[tuple[str, str], int] = field(default_factory=dict)
    markers: dict[tuple[str, str], int] = field(default_factory=dict)


def broken(book: Book) -> list[str]:
    """Every broken promise; empty when all were kept."""
    wrong = [*book.odd, *_order(book), *_written(book)]
    for view in book.views:
        wrong += [f"{view.name}: {sentence}" for sentence in _given(view)]
    for who, upto in book.marks.items():
        if book.markers.get(who, 0) < upto:
            wrong.append(f"{who} had read up to {upto}, and the marker stands at {book.markers.get(who, 0)}")
    return wrong


def place(event: Event) -> tuple[int, ...]:
    """The position of an event, to be compared."""
    return tuple(map(int, event["pos"].split("-")))


def _order(book: Book) -> list[str]:
    wrong: list[str] = []
    for stream, events in book.streams.items():
        seqs = [event["seq"] for event in events]
        if seqs != list(range(1, len(seqs) + 1)):
            wrong.append(f"{stream}: the history has a hole, a double or is out of order")
        if [place(event) for event in events] != sorted(map(place, events)):
            wrong.append(f"{stream}: the order of positions is not the order of the history")
    return wrong


def _written(book: Book) -> list[str]:
    """Acknowledged is written, once, where it was said; and nothing else is."""
    wrong: list[str] = []
    found: dict[str, list[tuple[str, str, str, int]]] = {}
    for stream, events in book.streams.items():
        for event in events:
            if event["type"] == "message.posted":
                message = event["data"]["message"]
                written = message["id"], stream, message["conversation"], event["seq"]
                found.setdefault(message["body"], []).append(written)
    listed = {message["id"]: message["seq"] for messages in book.messages.values() for message in messages}
    promised = {promise.body: promise for promise in book.promises}
    if len(promised) != len(book.promises):
        wrong.append("two acknowledgements for one message")
    for body, promise in promised.items():
        if found.get(body, []) != [tuple(promise)[1:]]:
            wrong.append(f"{body}: acknowledged as {tuple(promise)[1:]}, in the history {found.get(body)}")
        if listed.get(promise.id) != promise.seq:
            wrong.append(f"{body}: acknowledged at {promise.seq}, in the list {listed.get(promise.id)}")
    wrong += [f"{body}: written and never acknowledged" for body in found if body not in promised]
    return wrong


def _given(view: View) -> list[str]:
    """A follower got all that it may see after its start, each once, in order, as it was; and could build from it
    what its person reads."""
    wrong = list(view.odd)
    if view.topic == "mine":
        due = sorted(view.due, key=place)
        earlier = [event for event in due if place(event) <= place({"pos": view.start[1]})]
    else:
        due = view.due
        earlier = [event for event in due if event["seq"] <= view.start[0]]
    due = due[len(earlier) :]
    given = [_key(event) for event in view.held]
    if twice := [key for key, count in Counter(given).items() if count > 1]:
        wrong.append(f"was given twice: {_first(twice)}")
    known = {_key(event): event for event in due}
    if missing := known.keys() - set(given):
        wrong.append(f"lacks {_first(sorted(missing))} of {len(due)}")
    if foreign := set(given) - known.keys():
        wrong.append(f"was given what it may not see: {_first(sorted(foreign))}")
    if given != sorted(given, key=lambda key: tuple(map(int, key[0].split("-")))):
        wrong.append("was given things out of order")
    for event in view.held:
        told = known.get(_key(event))
        if told is not None and any(event[name] != told[name] for name in ("type", "case", "data")):
            wrong.append(f"was given {_key(event)} otherwise than it is")
    built = _state([*earlier, *view.held])
    for conversation, messages in view.messages.items():
        read, told = {message["id"]: message for message in messages}, built.get(conversation, {})
        if differing := [id for id in read | told if read.get(id) != told.get(id)]:
            wrong.append(f"reads otherwise than it was told: {conversation} {_first(differing)}")
    return wrong


def _key(event: Event) -> tuple[str, int]:
    return event["pos"], event["seq"]


def _first(found: Any) -> str:
    return ", ".join(map(str, list(found)[:5]))


def _state(events: list[Event]) -> dict[str, dict[str, Message]]:
    """The messages of each conversation, by id, as a client holds them: the newest revision wins."""
    held: dict[str, dict[str, Message]] = {}
    for event in events:
        if event["type"].startswith("message."):
            message = event["data"]["message"]
            messages = held.setdefault(message["conversation"], {})
            if message["id"] not in messages or messages[message["id"]]["revision"] < message["revision"]:
                messages[message["id"]] = message
    return held
