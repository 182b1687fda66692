"""The leak matrix: every route times every kind of stranger. Nothing that was planted for others stands in an answer,
and what is foreign is answered like what never was. `LEAK_PROBES=100000` makes the long run, of `LEAK_SEED`."""

import os
import random
from collections import Counter
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.app import ABSENT
from tests.leaks.canaries import Mark
from tests.leaks.exits import ENDS, EXITS
from tests.leaks.probing import ROWS, Names, Request, Which, counted, forms, leaks_of, request_of, send
from tests.leaks.town import ASKERS, DEAD, NARROW, Town
from tests.routes import all_routes

PROBES = int(os.environ.get("LEAK_PROBES", "600"))  # by chance, besides each row for each asker
SEED = int(os.environ.get("LEAK_SEED", "4"))

# Headers that differ from one answer to the next.
PASSING = {"date", "content-length", "x-request-id"}


def test_every_route_has_its_row() -> None:
    routes = {(route.method, route.path) for route in all_routes()}
    assert routes - set(EXITS) - ENDS == set(), (
        "new ways out: say in tests/leaks/exits.py what strangers send there"
    )
    assert set(EXITS) - routes == set(), "these routes are no more"


def test_every_asker_has_a_token_or_none(town: Town) -> None:
    assert set(town.tokens) >= set(ASKERS)
    assert [name for name in ASKERS if not town.tokens[name]] == ["anonymous"]


async def test_those_who_may_are_told(town: Town) -> None:
    """The other side of the matrix: an answer that is empty for everybody would leak nothing."""
    told: dict[str, set[str]] = {}
    for asker, path in (
        ("admin", "/v1/search?q=Hello"),
        ("client", "/v1/search?q=Hello"),
        ("lead", "/v1/cases"),
    ):
        answer = await town.world.http.get(
            path, headers={"authorization": f"Bearer {town.people[asker].token}"}
        )
        told[asker] = {mark.text for mark in town.marks.leaked("nobody", answer.text, "")}
    assert all(len(words) >= 2 for words in told.values()), told
    assert told["client"] < told["admin"]


@pytest.mark.parametrize("asker", ASKERS)
async def test_nothing_leaks_by_any_route(town: Town, asker: str) -> None:
    """Each row in each of its forms, with what is hidden, and with what the asker sees a part of."""
    dice = random.Random(f"{SEED} {asker}")
    found: list[str] = []
    for key, row in ROWS:
        if _open(asker, key):
            continue
        for n in range(forms(row)):
            for request in _requests(town, asker, key, row, n, dice):
                answer = await send(town, asker, request, str(UUID(int=dice.getrandbits(128), version=4)))
                found += _said(asker, request, answer, leaks_of(town, asker, request, answer))
    assert found == []


def _open(asker: str, key: tuple[str, str]) -> bool:
    """Whether it is what this asker's narrow token is for."""
    if asker == "scim_only":
        return key[1].startswith("/scim/")
    return key[0] not in NARROW.get(asker, (key[0],))


def _requests(
    town: Town, asker: str, key: tuple[str, str], row: Any, n: int, dice: random.Random
) -> list[Request]:
    hidden = Names(town, asker, dice)
    made = [request_of(key, row, hidden, n)]
    # Lists of what is partly open; and writes there that name what is not. What is seen is neither changed nor removed.
    if key[0] == "GET" or (key[0] == "POST" and "{" in str(row.bodies)):
        made.append(request_of(key, row, Names(town, asker, dice, "seen"), n, hidden))
    return made


def _said(asker: str, request: Request, answer: httpx.Response, marks: list[Mark]) -> list[str]:
    if answer.status_code >= 500:
        asked = f"{request.method} {request.path} {request.body}"
        return [f"{asker}: {asked} answered {answer.status_code}: {answer.text[:200]}"]
    return [f"{asker}: {request.method} {request.path} {request.query} told {mark.where}" for mark in marks]


@pytest.mark.parametrize("asker", [name for name in ASKERS if name not in DEAD and name not in NARROW])
async def test_absent_and_foreign_are_answered_alike(town: Town, asker: str, hub: Any) -> None:
    """Status, headers and body, and the round trips that it took: what takes as many takes as long."""
    found: list[str] = []
    for key, row in ROWS:
        if row.own or "{" not in key[1]:
            continue
        for n in range(forms(row)):
            same = f"{SEED} {asker} {key} {n}"
            answers: list[tuple[Any, ...]] = []
            for which in ("hidden", "absent"):
                names = Names(town, asker, random.Random(same), _which(which))
                absent = Names(town, asker, random.Random(same), "absent")
                request = request_of(key, row, names, n, absent)
                with counted(hub) as trips:
                    answer = await send(
                        town, asker, request, str(UUID(int=random.Random(same).getrandbits(128), version=4))
                    )
                answers.append((answer.status_code, _headers(answer), _body(answer, request), trips.total()))
            if answers[0] != answers[1]:
                found.append(f"{asker}: {key} {n}: {answers[0]} / {answers[1]}")
    assert found == []


def _which(name: str) -> Which:
    return "hidden" if name == "hidden" else "absent"


def _headers(answer: httpx.Response) -> list[tuple[str, str]]:
    return sorted((name, value) for name, value in answer.headers.items() if name not in PASSING)


def _body(answer: httpx.Response, request: Request) -> str:
    text = answer.text
    for part in request.path.split("/"):
        if len(part) == 36:
            text = text.replace(part, str(ABSENT))
    return text


async def test_by_chance(town: Town) -> None:
    """Any asker, any row, any id: also ids of one kind in the place of another."""
    dice = random.Random(SEED)
    kinds = sorted(town.marks.things)
    found: list[str] = []
    statuses: Counter[int] = Counter()
    askers = sorted(ASKERS)
    for _ in range(PROBES):
        asker, (key, row) = dice.choice(askers), dice.choice(ROWS)
        if _open(asker, key):
            continue
        names = Stray(town, asker, dice, kinds) if dice.random() < 0.2 else Names(town, asker, dice)
        path = Names(town, asker, dice, "seen") if key[0] == "GET" and dice.random() < 0.4 else names
        request = request_of(key, row, path, dice.randrange(forms(row)), names)
        answer = await send(town, asker, request, str(UUID(int=dice.getrandbits(128), version=4)))
        statuses[answer.status_code] += 1
        found += _said(asker, request, answer, leaks_of(town, asker, request, answer))
    print(f"{PROBES} probes with seed {SEED}: {dict(statuses)}, {len(found)} leaks")
    assert found == []


class Stray(Names):
    """Puts the id of any hidden thing into any place."""

    def __init__(self, town: Town, asker: str, dice: random.Random, kinds: list[str]) -> None:
        super().__init__(town, asker, dice)
        self.kinds = kinds

    def of(self, kind: str) -> str:
        return super().of(kind if kind in ("me", "word", "email") else self.dice.choice(self.kinds))
