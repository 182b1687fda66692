"""The statements of questions: each prepares, goes by its index at many leaves, and shows strangers nothing."""

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from schemas.access import ADMIN, DESK, STAFF, WALLED
from schemas.audit import HOUSE
from schemas.audit_questions import Question
from schemas.ids import new_id
from storage.postgres.audit_questions import Asked, Place, count, leaves, page
from tests.conftest import Database
from tests.contract.test_wall import as_app, free
from tests.rows import Rows

__all__ = ["free"]  # fixture

LEAVES = 100_000  # of the log that is asked; as many stand in another one
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def questions() -> Iterator[Question]:
    """Every combination of what may be given."""
    given: dict[str, Any] = {
        "person": new_id(), "case": new_id(), "thing": new_id(), "outcome": "refused", "from_": NOW, "until": NOW,
        "since": 7,
    }  # fmt: skip
    for size in range(len(given) + 1):
        for names in itertools.combinations(given, size):
            for act in ((), ("task.done",), ("task.done", "task.added")):
                for changes in (False, True) if not act else (False,):
                    yield Question(**{name: given[name] for name in names}, act=act, changes=changes)


async def test_every_combination_prepares(database: Database) -> None:
    connection = await asyncpg.connect(database.app)
    try:
        for question in questions():
            for log in (None, new_id()):
                for things in ((), (new_id(),)):
                    asked = Asked(log, question, things)
                    for after in (None, Place(NOW, 1, new_id())):
                        statement, values = page(asked, after, 10)
                        prepared = await connection.prepare(statement)
                        assert len(prepared.get_parameters()) == len(values)
                    await connection.prepare(count(asked, 10)[0])
    finally:
        await connection.close()


@pytest.fixture
async def many(free: Any) -> dict[str, UUID]:
    """A log of many leaves and another one beside it, in a transaction that is taken back. Every thousandth is of one
    person, case and thing, one in ten thousand of a rare act and refused; `admin` reads all of it."""
    rows = await Rows.on(free)
    ids = {name: new_id() for name in ("org", "other", "admin", "person", "case", "thing")}
    for org in ("org", "other"):
        await rows.put("organisations", id=ids[org])
    await rows.put("people", id=ids["admin"])
    await rows.put("grants", person=ids["admin"], scope=ids["org"], role=ADMIN, org=ids["org"])
    await free.execute(
        """insert into audit_leaves (log, n, tx, id, hash, at, act, outcome, person, case_id, thing, entry)
        select case when i % 2 = 0 then $1::uuid else $2::uuid end, i / 2, -1, -i, decode(repeat('00', 32), 'hex'),
            $3::timestamptz + make_interval(secs => i), case when i % 20000 = 0 then 'wall.raised'
                when i % 1000 = 0 then 'task.done' else 'document.read' end,
            case when i % 20000 = 0 then 'refused' else 'done' end,
            case when i % 2000 = 0 then $4::uuid else uuidv7() end, case when i % 2000 = 0 then $5::uuid end,
            case when i % 2000 = 0 then $6::uuid else uuidv7() end, uuidv7()
        from generate_series(0, $7::int - 1) i""",
        ids["org"], ids["other"], NOW, ids["person"], ids["case"], ids["thing"], 2 * LEAVES,
    )  # fmt: skip
    await free.execute("analyze audit_leaves")
    return ids


async def read_of(connection: Any, asked: Asked, after: Place | None = None) -> int:
    """How many leaves one page of 50 looks at, whichever way."""
    statement, values = leaves(asked, after, 51)
    plan = await connection.fetchval(f"explain (analyze, format json, timing off) {statement}", *values)
    looked = 0

    def walk(node: dict[str, Any]) -> None:
        nonlocal looked
        if node.get("Relation Name") == "audit_leaves" or "Bitmap Index" in node["Node Type"]:
            passed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
            looked += (node["Actual Rows"] + passed) * node["Actual Loops"]
        for child in node.get("Plans", ()):
            walk(child)

    walk(plan[0]["Plan"])
    return looked


async def test_a_page_looks_at_little_of_a_great_log(free: Any, many: dict[str, UUID]) -> None:
    """As the hub's own role, policies and all; a page of 51 may look at some hundred leaves, of 200,000."""
    await free.set_type_codec("json", schema="pg_catalog", encoder=str, decoder=json.loads)
    await as_app(free, many["admin"])
    org = many["org"]
    early = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)
    for question in (
        Question(),
        Question(person=many["person"]),
        Question(case=many["case"]),
        Question(thing=many["thing"]),
        Question(act=("wall.raised",)),
        Question(outcome="refused"),
        Question(until=early),
        Question(from_=NOW, until=early),
        Question(person=many["person"], until=early),
        Question(case=many["case"], outcome="refused"),
        Question(changes=True),
        Question(changes=True, until=early),
        Question(case=many["case"], changes=True),
    ):
        looked = await read_of(free, Asked(org, question))
        assert 0 < looked <= 400, f"{question}: {looked} leaves"
    assert await read_of(free, Asked(org, Question()), Place(early, 900, org)) <= 400
    assert await read_of(free, Asked(org, Question(), (many["thing"],))) <= 400
    assert await free.fetchval(*_flat(count(Asked(org, Question()), 1001))) == 1001


def _flat(asked: tuple[str, list[Any]]) -> list[Any]:
    return [asked[0], *asked[1]]


async def test_raw_selects_show_leaves_to_those_whose_record_it_is(free: Any) -> None:
    """Row-level security alone, in both tables: administrators all of their log but behind walls, staff their case,
    everybody what they did themselves, and nobody the house's log."""
    rows = await Rows.on(free)
    org, elsewhere, case, other, open_to_all = (new_id() for _ in range(5))
    names = ("admin", "walled", "staff", "desk", "client", "foreign", "gone")
    people = {name: new_id() for name in names}
    for one in (org, elsewhere):
        await rows.put("organisations", id=one)
    for one in people.values():
        await rows.put("people", id=one)
    for name, scope, role in (
        ("admin", org, ADMIN), ("walled", org, ADMIN), ("walled", case, WALLED), ("staff", org, DESK),
        ("staff", case, STAFF), ("desk", org, DESK), ("client", case, "client"), ("foreign", elsewhere, ADMIN),
        ("gone", case, STAFF), ("gone", case, WALLED),
    ):  # fmt: skip
        await rows.put(
            "grants",
            person=people[name],
            scope=scope,
            role=role,
            org=elsewhere if scope == elsewhere else org,
        )
    await rows.put("cases", id=open_to_all, org=org, audience=[ADMIN, DESK, STAFF])
    written = {
        "of a case that is open to all staff": (org, open_to_all, people["admin"]),
        "of the organisation": (org, None, people["admin"]),
        "of the case": (org, case, people["staff"]),
        "of another case": (org, other, people["admin"]),
        "by the client": (org, case, people["client"]),
        "by who is gone": (org, case, people["gone"]),
        "of the house": (HOUSE, None, people["desk"]),
    }
    places: dict[str, int] = {}
    for n, (name, (log, of_case, person)) in enumerate(written.items()):
        entry = f'{{"by":{{"person":"{person}"}},"case":"{of_case}","log":"{log}"}}'
        if of_case is None:
            entry = f'{{"by":{{"person":"{person}"}},"log":"{log}"}}'
        places[name] = -1 - n
        await free.execute(
            """with made as (insert into audit_entries (tx, id, log, case_id, person, entry) overriding system value
                values (-7, $1, $2, $3, $4, $5))
            insert into audit_leaves (log, n, tx, id, hash, at, act, outcome, person, case_id, entry)
            values ($2, 1000000 + $6, -7, $1, decode(repeat('00', 32), 'hex'), now(), 'x', 'done', $4, $3, uuidv7())""",
            -1 - n, log, of_case, person, entry.encode(), n,
        )  # fmt: skip
    case_alone = {"of the case", "by the client", "by who is gone"}
    of_all = "of a case that is open to all staff"
    expected = {
        "admin": case_alone | {"of the organisation", "of another case", of_all},
        "walled": {"of the organisation", "of another case", of_all},
        "staff": case_alone | {of_all},
        "desk": {"of the house", of_all},  # their own, and what they are staff of
        "client": {"by the client"},
        "foreign": set[str](),
        "gone": set[str](),  # a wall stands before their own too
    }
    for name, person in {**people, "nobody": None}.items():
        await as_app(free, person)
        for table in ("audit_leaves", "audit_entries"):
            found = await free.fetch(f"select id from {table} where tx = -7")
            seen = {place for place, id in places.items() if id in {row["id"] for row in found}}
            assert seen == expected.get(name, set()), f"{name}: {table}"
        await free.execute("reset role")


async def test_names_are_told_to_who_may_read_that_record(free: Any) -> None:
    rows = await Rows.on(free)
    org, case, other = new_id(), new_id(), new_id()
    people = {
        name: new_id() for name in ("admin", "walled", "staff", "client", "stranger", "acted", "hidden")
    }
    await rows.put("organisations", id=org)
    for one in (case, other):
        await rows.put("cases", id=one, org=org, audience=[ADMIN, STAFF])
    for name, one in people.items():
        await rows.put("people", id=one, name=name)
    for name, scope, role in (
        ("admin", org, ADMIN), ("walled", org, ADMIN), ("walled", other, WALLED), ("staff", case, STAFF),
        ("client", case, "client"),
    ):  # fmt: skip
        await rows.put("grants", person=people[name], scope=scope, role=role, org=org)
    for n, (name, of_case) in enumerate((("acted", case), ("hidden", other))):
        await free.execute(
            """insert into audit_leaves (log, n, tx, id, hash, at, act, outcome, person, case_id, entry)
            values ($1, $2, -8, $2, decode(repeat('00', 32), 'hex'), now(), 'x', 'done', $3, $4, uuidv7())""",
            org, n, people[name], of_case,
        )  # fmt: skip
    asked = "select name from audit_names($1, $2, $3)"
    for name, of_case, told in (
        ("admin", None, {"admin", "walled", "acted", "hidden"}),
        ("walled", None, {"admin", "walled", "acted"}),
        ("walled", other, set[str]()),
        ("staff", case, {"staff", "client", "acted"}),
        ("staff", None, set[str]()),
        ("staff", other, set[str]()),
        ("client", case, set[str]()),
        ("stranger", case, set[str]()),
        ("stranger", None, set[str]()),
    ):
        await as_app(free, people[name])
        found = await free.fetch(asked, org, of_case, list(people.values()))
        assert {row["name"] for row in found} == told, f"{name}, {of_case}"
        await free.execute("reset role")
