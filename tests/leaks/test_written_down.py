"""Every route that writes leaves exactly one entry, which says who, by which session and from where, on what, and by
which rule. Each is sent what `EXITS` says of it until it does something, in a town of its own."""

import importlib
import random
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest_asyncio
from msgspec.structs import replace

from schemas.audit import Entry
from tests.hub.audit.entries import count, newest
from tests.leaks.exits import EXITS
from tests.leaks.probing import PLACE, Names, forms, request_of, send
from tests.leaks.town import Town, plant
from tests.leaks.written import CLAIMED, NOTHING, key_of
from tests.routes import all_routes
from tests.uploads import Hands

Key = tuple[str, str]
IN_A_CASE = {
    "case", "conversation", "message", "document", "version", "deadline", "task", "party", "participant", "detail",
    "team_case",
}  # fmt: skip
# What is done here, as a route says it; whatever else does something is held to the same. The others ask for what a
# town has not (a pending question, a code, an identity elsewhere), and have scenes of their own: see `CLAIMED`.
DONE = """
PATCH /v1/cases/{case:uuid}
PATCH /v1/deadlines/{deadline:uuid}
PATCH /v1/documents/{document:uuid}
PATCH /v1/messages/{message:uuid}
PATCH /v1/orgs/{org:uuid}/apps/{app:uuid}
PATCH /v1/orgs/{org:uuid}/services/{service:uuid}
PATCH /v1/orgs/{org:uuid}/walls/{wall:uuid}
PATCH /v1/parties/{party:uuid}
PATCH /v1/tasks/{task:uuid}
POST /v1/cases
POST /v1/cases/{case:uuid}/conversations
POST /v1/cases/{case:uuid}/deadlines
POST /v1/cases/{case:uuid}/documents
POST /v1/cases/{case:uuid}/entries
POST /v1/cases/{case:uuid}/exports
POST /v1/cases/{case:uuid}/participants
POST /v1/cases/{case:uuid}/parties
POST /v1/cases/{case:uuid}/tasks
POST /v1/cases/{case:uuid}/teams
POST /v1/cases/{case:uuid}/transitions
POST /v1/conversations/{conversation:uuid}/messages
POST /v1/conversations/{conversation:uuid}/read
POST /v1/documents/{document:uuid}/versions
POST /v1/factors/totp
POST /v1/me/export
POST /v1/orgs/{org:uuid}/apps
POST /v1/orgs/{org:uuid}/holds
POST /v1/orgs/{org:uuid}/publication
POST /v1/orgs/{org:uuid}/schedules
POST /v1/orgs/{org:uuid}/services
POST /v1/orgs/{org:uuid}/services/{service:uuid}/tokens
POST /v1/orgs/{org:uuid}/teams
POST /v1/orgs/{org:uuid}/teams/{team:uuid}/members
POST /v1/orgs/{org:uuid}/walls
POST /v1/people
POST /v1/tokens
PUT /v1/documents/{document:uuid}/content
PUT /v1/orgs/{org:uuid}/mfa
DELETE /v1/messages/{message:uuid}
DELETE /v1/orgs/{org:uuid}/apps/{app:uuid}
DELETE /v1/orgs/{org:uuid}/people/{person:uuid}
DELETE /v1/orgs/{org:uuid}/teams/{team:uuid}
DELETE /v1/parties/{party:uuid}
"""
# What writes though its method says that it reads.
READS_AND_WRITES = {("GET", "/oauth/authorize"), ("GET", "/oauth/logout")}
SCENES = ("own", "office", "apps", "directory", "elsewhere")
# A request of several acts, each in a transaction of its own and with an entry of its own.
SEVERAL = {
    ("PUT", "/v1/documents/{document:uuid}/content"),
    ("DELETE", "/v1/orgs/{org:uuid}/people/{person:uuid}"),
    ("DELETE", "/v1/orgs/{org:uuid}/invitations/{invitation:uuid}"),
}
OF_BYTES = {
    ("PUT", "/v1/documents/{document:uuid}/content"),
    ("POST", "/v1/documents/{document:uuid}/versions"),
}
# What takes somebody's way back in, or the thing that others are asked about: sent last.
LAST = ("walls", "erasure", "people", "holds", "password", "sessions")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own(world: Any, hands: Hands, owner: Any) -> Town:
    return await plant(world, hands, owner)


class These(Names):
    """Fills a place of the path with one id."""

    kind = id = ""

    def of(self, kind: str) -> str:
        return self.id if self.id and kind == self.kind else super().of(kind)


def kinds_of(key: Key) -> list[str]:
    return [EXITS[key].kinds.get(place[1], place[1]) for place in PLACE.finditer(key[1])]


async def done(town: Town, owner: Any, asker: str, key: Key) -> list[Entry]:
    """The entries of the first request that did something."""
    row, person = EXITS[key], town.people[asker]
    kind = (kinds_of(key) or [""])[-1]
    ids = town.marks.seen(kind, asker)[:8] or [""]
    dice = random.Random(f"{asker} {key}")
    for id in ids:
        for n in range(forms(row)):
            names = These(town, asker, dice, "seen")
            names.kind, names.id = kind, id
            request = request_of(key, row, names, n, Names(town, asker, dice, "seen"))
            before = await count(owner)
            answer = await send(town, asker, request, str(uuid4()))
            if answer.status_code >= 300:
                continue
            written = [one for one in await newest(owner, before) if one.by.person == person.id]
            if written:
                for entry in written:
                    assert (entry.by.session, entry.outcome) == (person.session, "done"), key
                    assert entry.from_ and entry.rule and entry.by.kind == "browser", key
                return written
    return []


def test_every_route_that_writes_is_shown_here_or_in_a_scene() -> None:
    """A new one fails here until it is: in the town, in a scene, or in a scene as what is no act."""
    for scene in SCENES:
        importlib.import_module(f"tests.leaks.test_written_{scene}")
    files = {path.stem.removeprefix("test_written_") for path in Path(__file__).parent.glob("test_written_*.py")}
    assert files == {*SCENES, "down"}
    routes = {(route.method, route.path) for route in all_routes() if route.method != "GET"} | READS_AND_WRITES
    town, nothing = ({key_of(line) for line in lines} for lines in (DONE.strip().splitlines(), NOTHING))
    assert routes - town - set(CLAIMED) == set(), "nobody has seen what these leave in the record"
    assert (town | set(CLAIMED)) - routes == set(), "there are no such routes"
    assert nothing <= set(CLAIMED) and not nothing & town and all(NOTHING.values())


async def test_every_write_leaves_one(own: Town, owner: Any) -> None:
    tokens = {
        name: await own.world.token(own.people[name], kind="browser", proved=True)
        for name in ("admin", "lead")
    }
    town = replace(
        own, people=own.people | tokens, tokens=own.tokens | {n: p.token for n, p in tokens.items()}
    )
    routes = [key for key in EXITS if key[0] != "GET"]
    routes.sort(key=lambda key: (key[0] == "DELETE", any(f"/{one}" in key[1] for one in LAST), key))
    found: set[str] = set()
    for key in routes:
        for asker in ("lead", "admin"):
            written = await done(town, owner, asker, key)
            if not written:
                continue
            found.add(" ".join(key))
            assert len(written) == 1 or key in SEVERAL, (key, [one.act for one in written])
            for entry in written:
                inside = IN_A_CASE & set(kinds_of(key))
                assert not inside or (entry.case is not None and entry.log == town.org), key
                assert "org" not in kinds_of(key) or entry.log == town.org, key
                assert entry.of is not None or key not in OF_BYTES, key
            break
    assert set(DONE.strip().splitlines()) - found == set()
