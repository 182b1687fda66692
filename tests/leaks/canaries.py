"""Marks planted in everything that somebody could read, and who may read each: what is found elsewhere leaked."""

import re
import secrets
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

WORD = re.compile(r"cnry[0-9a-f]{16}")
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Mark(NamedTuple):
    """`where` says to people what it was planted in; `readers` are names of askers."""

    text: str
    where: str
    readers: frozenset[str]


class Canaries:
    """Words in texts, and the ids of things: both are looked for in every answer."""

    def __init__(self) -> None:
        self.marks: dict[str, Mark] = {}
        self.things: dict[str, list[tuple[str, frozenset[str]]]] = {}  # kind of thing → (id, readers)

    def word(self, where: str, readers: Iterable[str]) -> str:
        """A word to plant in what only `readers` may read."""
        text = f"cnry{secrets.token_hex(8)}"
        self.marks[text] = Mark(text, where, frozenset(readers))
        return text

    def thing(self, kind: str, id: UUID | str, readers: Iterable[str]) -> UUID:
        """A thing whose id only `readers` may be told."""
        text, who = str(id), frozenset(readers)
        self.marks[text] = Mark(text, f"the id of a {kind}", who)
        self.things.setdefault(kind, []).append((text, who))
        return UUID(text)

    def leaked(self, asker: str, answer: str, asked: str) -> list[Mark]:
        """What stands in `answer` that `asker` may not be told and did not say themselves in `asked`."""
        answer = answer.lower()
        found = set(WORD.findall(answer)) | set(ID.findall(answer))
        return [
            mark
            for text in sorted(found)
            if (mark := self.marks.get(text)) is not None and asker not in mark.readers and text not in asked
        ]

    def hidden(self, kind: str, asker: str) -> list[str]:
        """Ids of a kind that this asker may not be told."""
        return [id for id, readers in self.things.get(kind, []) if asker not in readers]

    def seen(self, kind: str, asker: str) -> list[str]:
        return [id for id, readers in self.things.get(kind, []) if asker in readers]
