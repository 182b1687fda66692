"""`search_all` sees past row-level security, so it repeats the wall: here it is held against the policies and against
the pure rule, over random grants, audiences and named people."""

import asyncio
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from schemas.access import Viewer, sees
from schemas.ids import new_id
from tests.conftest import Database

ROLES = ("staff", "client", "admin", "desk")
WORD = "zanzibar"
SEARCH = "select kind, id from search_all($1, null, $2, '', $2, $2, null, null, 500)"


class Thing(NamedTuple):
    """`case` is an index; `named` says whether the viewer is among its people."""

    kind: str
    case: int
    audience: frozenset[str]
    named: bool


audiences = st.frozensets(st.sampled_from(ROLES), max_size=3)
things = st.builds(
    Thing,
    st.sampled_from(("message", "text", "document", "party")),
    st.integers(0, 2),
    audiences,
    st.booleans(),
)


class Guarded(NamedTuple):
    case_id: UUID
    org: UUID
    audience: frozenset[str]
    people: tuple[UUID, ...]


class Base(NamedTuple):
    me: UUID
    orgs: list[UUID]
    cases: list[UUID]

    def org(self, case: int) -> UUID:
        return self.orgs[0] if case < 2 else self.orgs[1]


async def base(on: Any) -> Base:
    """One person, two organisations, two cases in the first and one in the second; nothing says the word."""
    made = Base(new_id(), [new_id(), new_id()], [new_id() for _ in range(3)])
    await on.execute(
        "insert into people (id, email, name, zone, made_at) values ($1, $2, 'x', 'UTC', now())",
        made.me, f"{made.me.hex}@mail.test",
    )  # fmt: skip
    for org in made.orgs:
        await on.execute(
            "insert into organisations (id, name, zone, case_types, made_at) values ($1, 'x', 'UTC', '{}', now())",
            org,
        )
    for n, case in enumerate(made.cases):
        await on.execute(
            "insert into cases (id, org, type, type_version, number, title, status, is_open, intake, zone, "
            "opened_at, opened_by, audience) "
            "values ($1, $2, 'legal_matter', 1, $3, 'x', 'open', true, '{}', 'UTC', now(), $4, '{}')",
            case, made.org(n), f"T-{case.hex}", made.me,
        )  # fmt: skip
    return made


async def put(on: Any, base: Base, thing: Thing) -> tuple[str, UUID, Guarded]:
    """Write a thing that says the word; the hit it would be, and the wall's facts about it."""
    case, org, id_ = base.cases[thing.case], base.org(thing.case), new_id()
    audience, people = (
        list(thing.audience),
        [base.me] if thing.named and thing.kind in ("message", "text") else [],
    )
    guarded = Guarded(case, org, thing.audience, tuple(people))
    if thing.kind == "message":
        talk = new_id()
        await on.execute(
            "insert into conversations values ($1, $2, $3, 'x', $4, $5, now(), $6)",
            talk, case, org, audience, people, base.me,
        )  # fmt: skip
        await on.execute(
            "insert into messages (id, case_id, org, conversation, author, body, attachments, posted_at, seq, "
            "audience, people) values ($1, $2, $3, $4, $5, $6, '[]', now(), 1, $7, $8)",
            id_, case, org, talk, base.me, WORD, audience, people,
        )  # fmt: skip
        return "message", id_, guarded
    if thing.kind == "party":
        await on.execute(
            "insert into parties (id, case_id, org, name, kind, role, contacts, note, audience, added_at) "
            "values ($1, $2, $3, $4, 'person', 'x', '[]', '', $5, now())",
            id_, case, org, WORD, audience,
        )  # fmt: skip
        return "case", case, guarded
    # A text's document is open to everybody here, so that its own wall alone decides.
    opens = audience if thing.kind == "document" else list(ROLES)
    await on.execute(
        "insert into documents (id, case_id, org, name, kind, audience, added_at, added_by) "
        "values ($1, $2, $3, $4, 'other', $5, now(), $6)",
        id_, case, org, WORD if thing.kind == "document" else "x", opens, base.me,
    )  # fmt: skip
    if thing.kind == "text":
        version = new_id()
        await on.execute(
            "insert into versions (id, document, case_id, org, n, status, file_name, media_type, size, sha256, "
            "quarantine_key, begun_at, by, audience, people) "
            "values ($1, $2, $3, $4, 1, 'cleared', 'x', 'x', 1, '', '', now(), $5, $6, $7)",
            version, id_, case, org, base.me, audience, people,
        )  # fmt: skip
        await on.execute(
            "insert into version_texts values ($1, 1, $2, $3, $4, $5, $6, search_vector($6))",
            version, case, org, audience, people, WORD,
        )  # fmt: skip
    return "document", id_, guarded


TABLES = {"message": "messages", "text": "version_texts", "document": "documents", "party": "parties"}


def test_search_function_policy_and_rule_agree(database: Database) -> None:
    with asyncio.Runner() as runner:
        connection: Any = runner.run(asyncpg.connect(database.superuser))
        found_something = hid_something = False

        async def one(
            grants: set[tuple[int, str]], cases: list[frozenset[str]], wanted: list[Thing]
        ) -> tuple[set[Any], set[Any], set[Any], int]:
            await connection.execute("begin")
            try:
                made = await base(connection)
                scopes = [*made.cases, *made.orgs]
                held = {(scopes[scope], role) for scope, role in grants}
                for scope, role in held:
                    org = made.orgs[1] if scope in (made.cases[2], made.orgs[1]) else made.orgs[0]
                    await connection.execute(
                        "insert into grants values ($1, $2, $3, $4, now())", made.me, scope, role, org
                    )
                for id_, audience in zip(made.cases, cases, strict=True):
                    await connection.execute(
                        "update cases set audience = $2 where id = $1", id_, list(audience)
                    )
                viewer = Viewer(made.me, frozenset(held))
                by_rule: set[Any] = set()
                hits: dict[str, list[tuple[str, UUID, Guarded]]] = {}
                for thing in wanted:
                    hit = await put(connection, made, thing)
                    hits.setdefault(thing.kind, []).append(hit)
                    of_case = Guarded(made.cases[thing.case], made.org(thing.case), cases[thing.case], ())
                    if sees(viewer, hit[2]) and sees(viewer, of_case):
                        by_rule.add(hit[:2])
                await connection.execute("set local role casewire_app")
                await connection.execute("select set_config('casewire.person', $1, true)", str(made.me))
                kinds = ["messages", "documents", "cases"]
                by_search = {tuple(row) for row in await connection.fetch(SEARCH, kinds, WORD)}
                by_policy: set[Any] = set()
                for kind, table in TABLES.items():
                    rows = await connection.fetch(
                        f"select t.* from {table} t join cases c on c.id = t.case_id where t.case_id = any ($1)",
                        made.cases,
                    )
                    for row in rows:
                        if kind == "message":
                            by_policy.add(("message", row["id"]))
                        elif kind == "party":
                            by_policy.add(("case", row["case_id"]))
                        elif kind == "document" and row["name"] == WORD:
                            by_policy.add(("document", row["id"]))
                        elif kind == "text":
                            await connection.execute("reset role")
                            of = "select document from versions where id = $1"
                            by_policy.add(("document", await connection.fetchval(of, row["version"])))
                            await connection.execute("set local role casewire_app")
                return by_search, by_policy, by_rule, len(wanted)
            finally:
                await connection.execute("rollback")

        @settings(
            max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
        )
        @given(
            st.sets(st.tuples(st.integers(0, 4), st.sampled_from(ROLES)), min_size=1, max_size=5),
            st.lists(st.frozensets(st.sampled_from(ROLES), min_size=1), min_size=3, max_size=3),
            st.lists(things, min_size=4, max_size=10),
        )
        # Named, and in the office, but neither in the case nor an administrator.
        @example({(3, "desk")}, [frozenset({"desk"})] * 3, [Thing("message", 0, frozenset(), True)])
        @example({(3, "desk")}, [frozenset({"desk"})] * 3, [Thing("text", 1, frozenset(), True)])
        @example({(3, "admin")}, [frozenset({"admin"})] * 3, [Thing("message", 0, frozenset(), True)])
        @example({(0, "client")}, [frozenset({"client"})] * 3, [Thing("text", 0, frozenset(), True)])
        def agree(grants: set[tuple[int, str]], cases: list[frozenset[str]], wanted: list[Thing]) -> None:
            nonlocal found_something, hid_something
            by_search, by_policy, by_rule, planted = runner.run(one(grants, cases, wanted))
            assert by_search == by_rule
            assert by_search == by_policy
            found_something |= bool(by_search)
            hid_something |= planted > len(by_search)

        try:
            agree()
        finally:
            runner.run(connection.close())
        assert found_something
        assert hid_something
