"""What a request leaves in the record, looked at by transactions: each that writes has one entry, and the entry says
who did what, from where and by which rule."""

import functools
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import msgspec

from hub.context import Hub
from schemas.audit import HOUSE, Actor, Entry, Private, committed, entry_of
from schemas.credentials import cookie_name, token_hash
from tests.app import Person
from tests.browsers import Browser

Key = tuple[str, str]
# What is written beside an act by transactions of its own, which have no entry: the reasons stand with the statements
# in tests/hub/audit/test_every_write.py.
BESIDES = {
    "rates", "throttles",  # count
    "challenges", "journeys",  # a question that waits for its answer
    "devices", "factors", "identities", "oauth_devices",  # that something is in use, or was asked for
    "mails",  # about an act that has its entry
    "version_texts",  # a worker's, of a version whose entry follows
    "case_keys", "data_keys", "roots",  # made before anything is sealed, with an entry by the recorder
}  # fmt: skip
# What is asked by a method of writing and is no act; the scenes show that it writes none.
NOTHING = {
    "POST /oauth/authorize": "is asked again as a GET, which is shown too",
    "POST /oauth/logout": "is asked again as a GET, which is shown too",
    "POST /oauth/userinfo": "tells the app what it may know of whom it holds a token",
    "POST /oauth/introspect": "tells the app of its own token",
    "POST /scim/v2/{org:uuid}/.search": "reads",
    "POST /scim/v2/{org:uuid}/Users/.search": "reads",
    "POST /scim/v2/{org:uuid}/Groups/.search": "reads",
    "POST /v1/apps/devices": "reads what a code stands for, and counts the tries",
    "POST /v1/factors/passkeys/options": "a question that waits for its answer",
    "POST /v1/session/passkey/options": "a question that waits for its answer",
    "POST /v1/session/proof/options": "a question that waits for its answer",
    "POST /v1/session/providers/{provider:uuid}/start": "a way to a provider, which opens nothing before the return",
    "POST /v1/identities/{provider:uuid}/start": "a way to a provider, which opens nothing before the return",
}
# Routes by the tests that prove them.
CLAIMED: dict[Key, str] = {}

SINCE = "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
ENTRIES = "select tx, entry, private from audit_entries where tx >= $1 order by tx, id"
TABLES = """select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
    and relname not like 'audit\\_%'"""


class Said(NamedTuple):
    entry: Entry
    private: Private
    tx: int


class Someone(NamedTuple):
    """By whose hand, as entries name it."""

    kind: str
    person: UUID | None = None
    session: UUID | None = None
    via: UUID | None = None


NOBODY, WORKER, OPERATOR = Someone("nobody"), Someone("worker"), Someone("operator")


class Left:
    """What was left by one request: its answer, its entries, and apart those of keys that were asked for on the way."""

    def __init__(self, answer: Any, said: Sequence[Said]) -> None:
        self.answer = answer
        self.said = [one for one in said if not one.entry.act.startswith("key.")]
        self.keys = [one for one in said if one.entry.act.startswith("key.")]

    @property
    def acts(self) -> list[str]:
        return [one.entry.act for one in self.said]

    def entry(self, act: str) -> Entry:
        (found,) = [one.entry for one in self.said if one.entry.act == act]
        return found

    def says(self, act: str, by: Someone, outcome: str = "done", /, **fields: Any) -> Entry:
        """One entry has this act; it is by `by`, from the client's address where there is a client, and as `fields`."""
        (one,) = [one for one in self.said if one.entry.act == act]
        entry = one.entry
        assert entry.by == Actor(kind=by.kind, person=by.person, session=by.session, via=by.via), act
        assert entry.outcome == outcome and entry.rule, act
        assert {name: getattr(entry, name) for name in fields} == fields, act
        if one.private.address:
            assert entry.from_ == committed(bytes.fromhex(one.private.salt), one.private.address.encode())
        return entry

    def came_from(self, act: str) -> str:
        (one,) = [one for one in self.said if one.entry.act == act]
        return one.private.address


class Ledger:
    """Reads what requests leave. `proved` are the routes of which it was seen."""

    def __init__(self, hub: Hub, owner: Any) -> None:
        self.hub, self.owner = hub, owner
        self.proved: set[Key] = set()
        self._tables: list[str] = []

    async def someone(self, by: Person | Browser) -> Someone:
        """Whoever holds this token or cookie, whose use needs not be noted meanwhile."""
        token = by.token if isinstance(by, Person) else by.cookies[cookie_name(self.hub.settings.secure)]
        row = await self.owner.fetchrow(
            "select s.id, s.person, s.kind, f.app from sessions s left join oauth_families f on f.id = s.family "
            "where s.token_hash = $1",
            token_hash(token),
        )
        self.hub.uses.due(row["id"], self.hub.clock() + timedelta(days=3650))
        return Someone(row["kind"], row["person"], row["id"], row["app"])

    async def watch(self, work: Awaitable[Any], *besides: str) -> Left:
        """What `work` leaves. Each transaction with an entry has one, and all others write what needs none: rows of
        `BESIDES`, and of the tables that are named, as by a savepoint, which has an id of its own."""
        if not self._tables:
            self._tables = [row["relname"] for row in await self.owner.fetch(TABLES)]
        since: int = await self.owner.fetchval(SINCE)
        answer = await work
        rows = await self.owner.fetch(ENTRIES, since)
        said = [
            Said(entry_of(row["entry"]), msgspec.json.decode(row["private"] or "{}", type=Private), row["tx"])
            for row in rows
        ]
        left = Left(answer, said)
        acts = [(one.tx, one.entry.log) for one in left.said]  # one transaction may be of several organisations
        assert len(acts) == len(set(acts)), ("two entries of one act", left.acts)
        with_entry = [one.tx for one in said]
        wrote = " union all ".join(
            f"select '{table}' as t from {table} where xmin::text::bigint >= $1 "
            "and not xmin::text::bigint = any ($2)"
            for table in self._tables
        )
        bare = {
            row["t"]
            for row in await self.owner.fetch(f"select distinct t from ({wrote}) w", since, with_entry)
        }
        bare -= BESIDES.union(besides)
        assert bare == set(), ("written without an entry", bare, left.acts)
        return left

    async def did(self, route: str, request: Awaitable[httpx.Response], *acts: str, status: int = 0) -> Left:
        """A request of this route, which must do something: it leaves exactly these acts, in their order."""
        assert acts or route in NOTHING, f"{route} has to leave something, or to say why not"
        left = await self.watch(request)
        assert left.answer.status_code == status if status else left.answer.status_code < 400, (
            left.answer.text
        )
        assert left.acts == list(acts), (route, left.acts)
        assert all(one.entry.outcome == "done" for one in left.said)
        self.proved.add(key_of(route))
        return left

    async def by(
        self, route: str, who: Person | Browser, request: Awaitable[httpx.Response], act: str, **fields: Any
    ) -> Left:
        """The same of one act, which is theirs who ask; `log` is the house's unless it is said."""
        someone = await self.someone(who)
        left = await self.did(route, request, act)
        fields.setdefault("log", HOUSE)
        left.says(act, someone, **fields)
        assert left.came_from(act), route
        return left

    async def nothing(self, route: str, request: Awaitable[httpx.Response]) -> Left:
        """A request of this route is answered, and is no act: see `NOTHING`."""
        return await self.did(route, request)

    async def no_more(self, request: Awaitable[httpx.Response], *statuses: int) -> None:
        """What is asked again, or is refused as a thing that stands as it is, leaves nothing that was done."""
        left = await self.watch(request)
        assert left.answer.status_code in (statuses or (200, 201, 204)), left.answer.text
        assert [one.entry.act for one in left.said if one.entry.outcome == "done"] == []

    async def refused(
        self, who: Person | Browser, request: Awaitable[httpx.Response], status: int, act: str, **fields: Any
    ) -> None:
        """One entry says who was refused what."""
        someone = await self.someone(who)
        left = await self.watch(request)
        assert left.answer.status_code == status, left.answer.text
        assert left.acts == [act], left.acts
        left.says(act, someone, "refused", **fields)
        assert left.came_from(act)


def key_of(route: str) -> Key:
    method, _, path = route.partition(" ")
    return method, path


def proves(*routes: str) -> Callable[[Callable[..., Awaitable[None]]], Callable[..., Awaitable[None]]]:
    """A test that shows of these routes what they leave, by its `ledger`; it fails where it has not."""
    keys = {key_of(route) for route in routes}

    def mark(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        CLAIMED.update(dict.fromkeys(keys, f"{test.__module__}.{test.__qualname__}"))

        @functools.wraps(test)
        async def run(**given: Any) -> None:
            await test(**given)
            ledger: Ledger = given["ledger"]
            assert ledger.proved == keys, ledger.proved ^ keys

        return run

    return mark
