"""A conversation of many that goes on while processes die, and the book of what was promised in it."""

import asyncio
import contextlib
from typing import Any
from uuid import UUID, uuid4

import httpx
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.app import Person
from tests.live import Follower, Told, live

AGAIN_AFTER_S = 0.05
LOST = (OSError, httpx.HTTPError, ConnectionClosed, InvalidHandshake, TimeoutError, EOFError)
# What a client may be told while something is away; everything else would be a mistake of ours.
PASSING = {"unavailable", "too_many"}


class Talk:
    """Senders write to one conversation until `stop`; followers hold what they are given. `acked` maps the body of
    each acknowledged message, unique, to its id and seq; `odd` keeps every answer that no client should get."""

    def __init__(self, url: str, case: Any, conversation: UUID) -> None:
        self.url, self.case, self.conversation = url, case, conversation
        self.acked: dict[str, tuple[str, int]] = {}
        self.odd: list[str] = []
        self.retries = 0
        self.followers: list[Follower] = []
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._following: list[asyncio.Task[None]] = []

    def follow(self, person: Person) -> Follower:
        follower = Follower([self.url], person.token, f"case:{self.case}")
        self.followers.append(follower)
        self._following.append(asyncio.create_task(follower.run()))
        return follower

    def send_over_http(self, person: Person, name: str) -> None:
        self._tasks.append(asyncio.create_task(self._over_http(person, name)))

    def send_over_socket(self, person: Person, name: str) -> None:
        self._tasks.append(asyncio.create_task(self._over_socket(person, name)))

    async def stop_sending(self) -> None:
        """Each sender finishes what it has begun."""
        self._stopping.set()
        await asyncio.gather(*self._tasks)

    async def stop_following(self) -> None:
        for task in self._following:
            task.cancel()
        await asyncio.gather(*self._following, return_exceptions=True)

    async def _over_http(self, person: Person, name: str) -> None:
        n = 0
        while not self._stopping.is_set():
            n += 1
            body, key = f"{name} {n}", uuid4()
            while True:
                with contextlib.suppress(*LOST):
                    answer = await person.post(
                        f"/v1/conversations/{self.conversation}/messages", {"body": body}, key=key
                    )
                    if answer.status_code == 201:
                        item = answer.json()["item"]
                        self.acked[body] = item["id"], item["seq"]
                        break
                    if answer.json().get("code") not in PASSING:
                        self.odd.append(f"{name}: {answer.status_code} {answer.text}")
                self.retries += 1
                await asyncio.sleep(AGAIN_AFTER_S)
            await asyncio.sleep(0.01)

    async def _over_socket(self, person: Person, name: str) -> None:
        n, pending = 0, ("", uuid4())
        while not self._stopping.is_set() or pending[0]:
            try:
                async with live(self.url, person.token) as client:
                    while not self._stopping.is_set() or pending[0]:
                        if not pending[0]:
                            n += 1
                            pending = f"{name} {n}", uuid4()
                        try:
                            ack = await client.post(self.conversation, *pending)
                        except Told as told:
                            if told.args[0] not in PASSING:
                                self.odd.append(f"{name}: {told.args}")
                            self.retries += 1
                            await asyncio.sleep(AGAIN_AFTER_S)
                            continue
                        self.acked[pending[0]] = ack["id"], ack["seq"]
                        pending = "", uuid4()
                        await asyncio.sleep(0.01)
            except LOST:
                self.retries += 1
            await asyncio.sleep(AGAIN_AFTER_S)


def judge(talk: Talk, history: list[dict[str, Any]], messages: list[dict[str, Any]]) -> list[str]:
    """Every broken promise, as sentences. `history` is all events of the case, `messages` all of the conversation."""
    wrong = list(talk.odd)
    seqs = [event["seq"] for event in history]
    if seqs != list(range(1, len(seqs) + 1)):
        wrong.append("the history has a hole, a double or is out of order")
    places = [tuple(map(int, event["pos"].split("-"))) for event in history]
    if places != sorted(places):
        wrong.append("the order of positions is not the order of the history")
    posted = [event["data"]["message"] for event in history if event["type"] == "message.posted"]
    bodies = [message["body"] for message in posted]
    if len(set(bodies)) != len(bodies):
        wrong.append("a message was written twice")
    told = {message["body"]: (message["id"], message["seq"]) for message in posted}
    read = {message["body"]: (message["id"], message["seq"]) for message in messages}
    for body, promise in talk.acked.items():
        if told.get(body) != promise:
            wrong.append(f"{body}: acknowledged as {promise}, in the history {told.get(body)}")
        if read.get(body) != promise:
            wrong.append(f"{body}: acknowledged as {promise}, in the list {read.get(body)}")
    for n, follower in enumerate(talk.followers):
        held = [event["seq"] for event in follower.held]
        if held != sorted(set(held)):
            wrong.append(f"follower {n} was given something twice or out of order")
        if follower.held:
            due = [event for event in history if event["seq"] >= held[0]]
            given = {event["seq"]: (event["type"], event["data"]) for event in follower.held}
            missing = [
                event["seq"] for event in due if given.get(event["seq"]) != (event["type"], event["data"])
            ]
            if missing:
                wrong.append(f"follower {n} lacks {missing[:10]} of {len(due)}")
        if follower.odd:
            wrong.append(f"follower {n} was told: {follower.odd}")
    return wrong
