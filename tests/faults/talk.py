"""The simplest talk: one conversation of a case, and all who listen may see all of it."""

from typing import Any
from uuid import UUID

from tests.app import Person
from tests.faults.book import Book, View, broken
from tests.faults.voices import Room, Voices
from tests.live import Follower

ALIVE_S = 20.0  # patient clients: who comes back here was sent away


class Talk:
    """`acked` maps the body of each acknowledged message to its id and seq."""

    def __init__(self, url: str, case: Any, conversation: UUID) -> None:
        self.voices = Voices([""], [url], alive_s=ALIVE_S)
        self.room = Room(str(case), str(conversation))

    @property
    def acked(self) -> dict[str, tuple[str, int]]:
        return {promise.body: (promise.id, promise.seq) for promise in self.voices.book.promises}

    @property
    def followers(self) -> list[Follower]:
        return [one.follower for one in self.voices.listeners]

    @property
    def retries(self) -> int:
        return self.voices.retries

    def follow(self, person: Person) -> Follower:
        case, conversation = self.room
        name = f"follower {len(self.followers)}"
        return self.voices.follow(name, person, f"case:{case}", {conversation: case})

    def send_over_http(self, person: Person, name: str) -> None:
        self.voices.write_over_http(name, person, self.room)

    def send_over_socket(self, person: Person, name: str) -> None:
        self.voices.write_over_socket(name, person, self.room)

    async def stop_sending(self) -> None:
        await self.voices.stop_writing()

    async def stop_following(self) -> None:
        await self.voices.stop_following()


def judge(talk: Talk, history: list[dict[str, Any]], messages: list[dict[str, Any]]) -> list[str]:
    """Every broken promise, as sentences. `history` is all events of the case, `messages` all of the conversation."""
    case, conversation = talk.room
    views = [
        View(one.name, f.topic, f.start, f.held, history, f.odd, {conversation: messages})
        for one in talk.voices.listeners
        for f in (one.follower,)
    ]
    book = talk.voices.book
    return broken(Book(book.promises, book.odd, {case: history}, {conversation: messages}, views))
