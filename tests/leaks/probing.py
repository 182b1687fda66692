"""One probe: what an asker sends to an exit, and what must not stand in the answer."""

import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import httpx

from hub.context import Hub
from tests.app import ABSENT
from tests.leaks.canaries import Mark
from tests.leaks.exits import EXITS, Exit
from tests.leaks.town import Town

PLACE = re.compile(r"\{([a-z_]+)(?::[a-z]+)?\}")


BESIDES = ("spend_rates", "signin_touch")


class Request(NamedTuple):
    method: str
    path: str
    query: dict[str, Any]
    body: Any

    @property
    def said(self) -> str:
        return f"{self.path} {self.query} {self.body}".lower()


Which = Literal["hidden", "seen", "absent"]


class Names:
    """Fills the places of a row with words and with ids of things that are hidden from the asker, that the asker sees,
    or that nobody has ever made."""

    def __init__(self, town: Town, asker: str, dice: random.Random, which: Which = "hidden") -> None:
        self.town, self.asker, self.dice, self.which = town, asker, dice, which

    def of(self, kind: str) -> str:
        if kind == "me":
            person = self.town.people.get(self.asker)
            return str(person.id if person else ABSENT)
        if kind == "word":
            return self.dice.choice(self.town.words)[:-2]
        if kind == "email":
            return self.dice.choice(list(self.town.people.values())).email
        if self.which == "absent":
            return str(ABSENT)
        if kind == "number":  # of cases, which are counted from one
            return self.dice.choice(("SR-2026-0001", "SR-2026-0002", "M-2026-0001", "x"))
        if kind == "office":
            return self.town.marks.seen(kind, "anonymous")[0]
        hidden = self.town.marks.hidden(kind, self.asker)
        if self.which == "seen" and (seen := self.town.marks.seen(kind, self.asker)):
            return self.dice.choice(seen)
        # A kind of which there is nothing here: somebody may try with the id of something else.
        return self.dice.choice(hidden or self.town.marks.hidden("case", self.asker))

    def fill(self, value: Any, kinds: Mapping[str, str] = MappingProxyType({})) -> Any:
        if isinstance(value, str):
            return (
                PLACE.sub(lambda place: self.of(kinds.get(place[1], place[1])), value)
                if "{" in value
                else value
            )
        if isinstance(value, dict):
            return {key: self.fill(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.fill(one) for one in value]
        return value


def request_of(key: tuple[str, str], row: Exit, path: Names, n: int, inside: Names | None = None) -> Request:
    """The n-th form of a row: its queries and bodies in turn, with names of `inside` where they differ."""
    queries, bodies, inside = row.queries, row.bodies, inside or path
    return Request(
        key[0],
        path.fill(key[1], row.kinds),
        inside.fill(queries[n % len(queries)]),
        inside.fill(bodies[n // len(queries) % len(bodies)]),
    )


def forms(row: Exit) -> int:
    return len(row.queries) * len(row.bodies)


async def send(town: Town, asker: str, request: Request, key: str) -> httpx.Response:
    headers = {"idempotency-key": key, "if-match": '"1"'}
    if token := town.tokens[asker]:
        headers["authorization"] = f"Bearer {token}"
    content = None
    if isinstance(request.body, bytes):
        content, headers["content-type"] = request.body, "application/octet-stream"
    elif request.body is not None or request.method in ("POST", "PUT", "PATCH"):
        content, headers["content-type"] = json.dumps(request.body or {}).encode(), "application/json"
    return await town.world.http.request(
        request.method, request.path, params=request.query, content=content, headers=headers
    )


def leaks_of(town: Town, asker: str, request: Request, answer: httpx.Response) -> list[Mark]:
    whole = f"{answer.headers!r} {answer.text}"
    return town.marks.leaked(asker, whole, request.said)


ROWS = sorted(EXITS.items())


@contextmanager
def counted(hub: Hub) -> Iterator[Counter[str]]:
    """Counts the round trips to PostgreSQL by role, while it is open."""
    trips: Counter[str] = Counter()
    connections = [
        (role, holder._con)  # pyright: ignore[reportPrivateUsage]
        for role in ("app", "signin", "system")
        for holder in getattr(hub.database, role)._holders
        if holder._con is not None
    ]

    def noting(role: str) -> Any:
        def note(query: Any) -> None:
            # What a process writes down now and then of itself is nobody's answer.
            trips[role] += not any(name in query.query for name in BESIDES)

        return note

    noted = [(connection, noting(role)) for role, connection in connections]
    for connection, note in noted:
        connection.add_query_logger(note)
    try:
        yield trips
    finally:
        for connection, note in noted:
            connection.remove_query_logger(note)
