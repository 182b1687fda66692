"""Conversations of many that go on while the world breaks, and the book of what was promised in them."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.app import Person
from tests.faults.book import Book, Event, Promise, View
from tests.live import PASSING, Follower, Told, live

AGAIN_AFTER_S = 0.05
EDIT_EVERY = 7  # of the messages sent over HTTP
ALIVE_S = 3.0  # a gateway that is silent for so long is given up by the clients here; browsers wait longer
GOING_ON_WITHIN_S = 90.0  # only ends a broken run
LOST = (OSError, httpx.HTTPError, ConnectionClosed, InvalidHandshake, TimeoutError, EOFError)


class Room(NamedTuple):
    """A conversation of a case."""

    case: str
    conversation: str


class Listener(NamedTuple):
    """`wants` maps what is written to (a conversation, or the person) to the stream in which it is told."""

    name: str
    person: Person
    follower: Follower
    wants: Mapping[str, str]


class Voices:
    """People write and listen through all of `hubs` and `gateways` until they are told to stop: whoever gets no answer
    asks the next one, with the same key."""

    def __init__(
        self,
        hubs: Sequence[str],
        gateways: Sequence[str],
        *,
        pause_s: float = 0.01,
        alive_s: float = ALIVE_S,
    ) -> None:
        self.hubs, self.gateways, self.pause_s, self.alive_s = hubs, gateways, pause_s, alive_s
        self.book = Book()
        self.listeners: list[Listener] = []
        self.newest: dict[str, int] = {}  # the last seq promised, for each conversation and person
        self.sent: dict[str, int] = {}  # promises made to each writer
        self.retries = 0
        self._stopping = asyncio.Event()
        self._writing: list[asyncio.Task[None]] = []
        self._following: list[asyncio.Task[None]] = []

    # -- who takes part -----------------------------------------------------------------------------------

    def follow(
        self,
        name: str,
        person: Person,
        topic: str,
        wants: Mapping[str, str],
        gateways: Sequence[str] | None = None,
    ) -> Follower:
        """Listen, at first at one gateway, the next listener at the next one; with `gateways` at those alone."""
        known = gateways or self.gateways
        first = len(self.listeners) % len(known)
        urls = [*known[first:], *known[:first]]
        follower = Follower(urls, person.token, topic, alive_s=self.alive_s)
        self.listeners.append(Listener(name, person, follower, wants))
        self._following.append(asyncio.create_task(follower.run()))
        return follower

    def write_over_http(self, name: str, person: Person, room: Room) -> None:
        self._start(name, self._over_http(name, person, room))

    def write_over_socket(self, name: str, person: Person, room: Room) -> None:
        self._start(name, self._over_socket(name, person, room))

    def mark(self, name: str, person: Person, room: Room) -> None:
        """Read everything, and say so."""
        self._start(name, self._marking(name, person, room))

    def _start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        self.sent[name] = 0
        self._writing.append(asyncio.create_task(work))

    async def begin(self) -> None:
        """Until everybody listens."""
        await until(lambda: all(one.follower.epoch for one in self.listeners), lambda: "all listen")

    async def stop_writing(self) -> None:
        """Each writer finishes what it has begun."""
        self._stopping.set()
        await asyncio.gather(*self._writing)

    async def stop_following(self) -> None:
        for task in self._following:
            task.cancel()
        await asyncio.gather(*self._following, return_exceptions=True)

    # -- how it goes --------------------------------------------------------------------------------------

    async def going_on(self, after: str, *, each: int = 1, together: int = 0) -> None:
        """Until every writer was promised `each` more, all of them `together` more, and everybody has seen it."""
        before = dict(self.sent)

        def news() -> dict[str, int]:
            return {name: number - before[name] for name, number in self.sent.items()}

        await until(
            lambda: min(news().values()) >= each and sum(news().values()) >= together,
            lambda: f"everybody writes after {after}: {news()}",
        )
        await self.all_seen(after)

    async def all_seen(self, after: str) -> None:
        newest = dict(self.newest)

        def behind() -> dict[str, list[tuple[str, int, int]]]:
            late = {
                one.name: [
                    (stream, one.follower.reached.get(stream, 0), newest[thing])
                    for thing, stream in one.wants.items()
                    if one.follower.reached.get(stream, 0) < newest.get(thing, 0)
                ]
                for one in self.listeners
            }
            return {name: things for name, things in late.items() if things}

        await until(lambda: not behind(), lambda: f"everybody sees after {after}: {behind()}")

    def _promised(self, name: str, thing: str, seq: int) -> None:
        self.sent[name] += 1
        self.newest[thing] = max(seq, self.newest.get(thing, 0))

    def _odd(self, name: str, what: object) -> None:
        self.book.odd.append(f"{name}: {what}")

    # -- writing ------------------------------------------------------------------------------------------

    async def _asked(
        self, name: str, ask: Callable[[str], Coroutine[Any, Any, httpx.Response]]
    ) -> httpx.Response:
        """The answer of the first hub that gives one which is not `unavailable`."""
        for n in count():
            with contextlib.suppress(*LOST):
                answer = await ask(self.hubs[n % len(self.hubs)])
                if answer.status_code < 300 or answer.json().get("code") not in PASSING:
                    return answer
            self.retries += 1
            await asyncio.sleep(AGAIN_AFTER_S)
        raise AssertionError

    async def _over_http(self, name: str, person: Person, room: Room) -> None:
        path = f"/v1/conversations/{room.conversation}/messages"
        for n in count(1):
            if self._stopping.is_set():
                return
            body, key = f"{name} {n}", uuid4()
            answer = await self._asked(name, lambda hub: person.post(hub + path, {"body": body}, key=key))  # noqa: B023
            if answer.status_code == 201:
                item = answer.json()["item"]
                self.book.promises.append(Promise(body, item["id"], *room, item["seq"]))
                self._promised(name, room.conversation, item["seq"])
                if n % EDIT_EVERY == 0:
                    await self._edit(name, person, item["id"])
            else:
                self._odd(name, f"{answer.status_code} {answer.text}")
                return
            await asyncio.sleep(self.pause_s)

    async def _edit(self, name: str, person: Person, id: str) -> None:
        path, body = f"/v1/messages/{id}", {"body": "written anew"}
        answer = await self._asked(name, lambda hub: person.patch(hub + path, body, 1))
        # `stale` says that an edit whose answer was lost had come through.
        if answer.status_code != 200 and answer.json().get("code") != "stale":
            self._odd(name, f"{answer.status_code} {answer.text}")

    async def _marking(self, name: str, person: Person, room: Room) -> None:
        path, me = f"/v1/conversations/{room.conversation}/read", str(person.id)
        while not self._stopping.is_set():
            upto = self.newest.get(room.conversation, 0)
            if upto > self.book.marks.get((me, room.conversation), 0):
                answer = await self._asked(name, lambda hub: person.post(hub + path, {"upto": upto}))  # noqa: B023
                if answer.status_code != 200:
                    self._odd(name, f"{answer.status_code} {answer.text}")
                    return
                self.book.marks[me, room.conversation] = upto
                self._promised(name, me, answer.json()["as_of"]["seq"])
            await asyncio.sleep(self.pause_s * 3)

    async def _over_socket(self, name: str, person: Person, room: Room) -> None:
        bodies, pending = (f"{name} {n}" for n in count(1)), ("", uuid4())
        for n in count(len(self._writing)):
            if self._stopping.is_set() and not pending[0]:
                return
            with contextlib.suppress(*LOST):
                async with live(
                    self.gateways[n % len(self.gateways)], person.token, alive_s=ALIVE_S
                ) as client:
                    while pending[0] or not self._stopping.is_set():
                        if not pending[0]:
                            pending = next(bodies), uuid4()
                        try:
                            ack = await client.post(room.conversation, *pending)
                        except Told as told:
                            if told.args[0] not in PASSING:
                                self._odd(name, told.args)
                                return
                            self.retries += 1
                            await asyncio.sleep(AGAIN_AFTER_S)
                            continue
                        self.book.promises.append(Promise(pending[0], ack["id"], *room, ack["seq"]))
                        self._promised(name, room.conversation, ack["seq"])
                        pending = "", uuid4()
                        await asyncio.sleep(self.pause_s)
                    return
            self.retries += 1
            await asyncio.sleep(AGAIN_AFTER_S)

    # -- the end ------------------------------------------------------------------------------------------

    async def close(self, pool: Any, rooms: Sequence[Room]) -> Book:
        """Let everything come to its end, and fill the book: the whole truth by `pool`, which sees all rows, and what
        each listener may read, read over HTTP as that person."""
        await self.stop_writing()
        await self.all_seen("the end")
        book, people = self.book, {one.person.id: one.person for one in self.listeners}
        cases = list(dict.fromkeys(room.case for room in rooms))
        for stream in [*cases, *map(str, people)]:
            book.streams[stream] = await _stream(pool, stream)
        newest = {stream: events[-1]["seq"] if events else 0 for stream, events in book.streams.items()}
        dues: dict[tuple[UUID, str], list[Event]] = {}
        lists: dict[UUID, dict[str, list[dict[str, Any]]]] = {id: {} for id in people}
        for id, person in people.items():
            for case in cases:
                dues[id, case] = await _all(person, f"{self.hubs[0]}/v1/cases/{case}/events")
                for marker in await _all(person, f"{self.hubs[0]}/v1/cases/{case}/markers"):
                    book.markers[str(id), marker["conversation"]] = marker["upto"]
            for room in rooms:
                found = await _all(person, f"{self.hubs[0]}/v1/conversations/{room.conversation}/messages")
                if found:
                    lists[id][room.conversation] = found
                    book.messages.setdefault(room.conversation, found)
        for one in self.listeners:
            id, topic = one.person.id, one.follower.topic
            if topic == "me":
                due, messages = book.streams[str(id)], {}
            else:
                its = cases if topic == "mine" else [topic.removeprefix("case:")]
                due = [event for case in its for event in dues[id, case]]
                messages = {r.conversation: lists[id][r.conversation] for r in rooms
                            if r.case in its and r.conversation in lists[id]}  # fmt: skip
            last = {"me" if topic == "me" else event["case"]: event["seq"] for event in due}
            await until(
                lambda: all(one.follower.reached.get(case, 0) >= seq for case, seq in last.items()),  # noqa: B023
                lambda: f"{one.name} sees the end {last}: {one.follower.reached}, {newest}",  # noqa: B023
            )
            follower = one.follower
            book.views.append(
                View(one.name, topic, follower.start, follower.held, due, follower.odd, messages)
            )
        await self.stop_following()
        return book


async def _stream(pool: Any, stream: str) -> list[Event]:
    rows = await pool.fetch(
        "select seq, tx, id, case_id, type, data::text as data from events where stream = $1 order by seq", UUID(stream)
    )  # fmt: skip
    return [
        {
            "seq": row["seq"],
            "pos": f"{row['tx']}-{row['id']}",
            "case": str(row["case_id"]) if row["case_id"] else None,
            "type": row["type"],
            "data": json.loads(row["data"]),
        }
        for row in rows
    ]


async def _all(person: Person, url: str) -> list[dict[str, Any]]:
    """Every item of a list; none where the person may not know of it."""
    while True:
        with contextlib.suppress(*LOST):
            answer = await person.get(url)
            if answer.status_code == 404:
                return []
            if answer.status_code == 200:
                return await person.all(url, limit=500 if "markers" not in url else None)
        await asyncio.sleep(AGAIN_AFTER_S)


async def until(true: Callable[[], bool], what: Callable[[], str]) -> None:
    try:
        async with asyncio.timeout(GOING_ON_WITHIN_S):
            while not true():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"in vain: {what()}") from None
