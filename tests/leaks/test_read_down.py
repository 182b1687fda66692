"""Every way by which what is privileged is told leaves its entry, in the record of its case. What was planted is looked
for in the answers of every route, to people who may read it: where it stands, one entry must say so, and the way must
stand in `WAYS`. Sockets are asked in tests/gateway/test_hearing.py, bytes and exports in
tests/gateway/files and tests/gateway/exports."""

import random
from collections import defaultdict
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from tests.hub.audit.entries import count, newest
from tests.leaks.exits import EXITS
from tests.leaks.probing import PLACE, Names, request_of, send
from tests.leaks.town import Town

MESSAGES, TEXTS = "message", "document text"
# What a route tells, and the act that its entries say.
WAYS: dict[tuple[str, str], dict[str, str]] = {
    ("GET", "/v1/conversations/{conversation:uuid}/messages"): {MESSAGES: "conversation.read"},
    ("GET", "/v1/cases/{case:uuid}/events"): {MESSAGES: "conversation.heard"},
    ("GET", "/v1/search"): {MESSAGES: "conversation.found", TEXTS: "document.found"},
    ("GET", "/v1/versions/{version:uuid}/text"): {TEXTS: "document.read"},
}


class These(Names):
    """Fills the places of a path with one id."""

    id = ""

    def of(self, kind: str) -> str:
        return self.id if self.id and kind not in ("me", "word", "email") else super().of(kind)


def told(town: Town, answer: str, asked: str) -> dict[str, set[str]]:
    """What of each kind stands in an answer, by the case that it is of."""
    found: dict[str, set[str]] = defaultdict(set)
    for mark in town.marks.leaked("nobody", answer, asked):
        noun, _, place = mark.where.partition(" of the ")
        if noun in (MESSAGES, TEXTS) and place:
            found[noun].add(place.partition(" case")[0])
    return found


@pytest.mark.parametrize("asker", ["lead", "client"])
async def test_what_is_told_was_written_down(town: Town, owner: Any, asker: str) -> None:
    ways: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    person = town.people[asker].id
    town = replace(town, tokens=town.tokens | {asker: town.people[asker].token})
    for key, row in sorted(EXITS.items()):
        if key[0] != "GET":
            continue
        kinds = {row.kinds.get(place[1], place[1]) for place in PLACE.finditer(key[1])}
        ids = [one for kind in kinds for one in town.marks.seen(kind, asker)] if len(kinds) == 1 else [""]
        names = These(town, asker, random.Random(5), "seen")
        for id in ids:
            for n in range(len(row.queries)):
                names.id = id
                request = request_of(key, row, names, n, Names(town, asker, random.Random(5), "seen"))
                before = await count(owner)
                answer = await send(town, asker, request, str(uuid4()))
                shown = told(town, answer.text, request.said) if answer.status_code == 200 else {}
                written = [one for one in await newest(owner, before) if one.by.person == person]
                for noun, cases in shown.items():
                    acts = {one.act for one in written if one.act in WAYS.get(key, {}).values()}
                    act = WAYS.get(key, {}).get(noun, "")
                    mine = [one for one in written if one.act == act]
                    assert act in acts, f"{request} told {noun} and left {[one.act for one in written]}"
                    assert len(mine) == len(cases) == len({one.case for one in mine}), request
                    assert all(one.case and one.log == town.org and one.from_ for one in mine), request
                    ways[key][noun] = act
    assert ways == WAYS


async def test_one_search_leaves_one_for_each_case(town: Town, owner: Any) -> None:
    before = await count(owner)
    person = town.people["lead"]
    found = (await person.get("/v1/search", q="Hello")).json()["items"]
    cases = {UUID(one["case"]) for one in found}
    written = [one for one in await newest(owner, before) if one.act == "conversation.found"]
    assert len(cases) == 2 and sorted(one.case for one in written if one.case) == sorted(cases)
