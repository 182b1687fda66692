"""Row-level security alone, without a line of the hub before it: raw selects as the hub's own database role.

In every table stand rows of an office and of a case that are not for the strangers below; each reads every table whole.
What stands in the way is policies alone, and the test goes by the catalogue: a table that is new is in it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from schemas.access import ADMIN, DESK, OUTSIDE, STAFF, WALLED
from schemas.ids import new_id
from tests.contract.test_wall import GUARDED, NAMED, as_app, free
from tests.rows import Rows

__all__ = ["free"]  # fixture


class Stranger(NamedTuple):
    """`seat` in the office of the rows, None for who has none; `walled`: kept out of the case by a wall."""

    seat: str | None
    walled: bool = False


STRANGERS = {
    "nobody": Stranger(None),
    "other organisation": Stranger(None),  # administers another one
    "no case": Stranger(OUTSIDE),  # known to the office
    "other case": Stranger(OUTSIDE),  # takes part in another case of the office
    "wrong audience": Stranger(OUTSIDE),  # takes part in the case, in a role that these rows are not for
    "desk": Stranger(DESK),  # staff, of a type that is not open to all staff
    "revoked": Stranger(OUTSIDE),  # took part until a moment ago, and is named in what was said
    "walled desk": Stranger(DESK, True),  # takes part as staff, wrote some of it, is named in it
    "walled administrator": Stranger(ADMIN, True),
}

# What is no secret of the case: of how many planted rows a stranger may read which, and why.
OPEN: dict[str, tuple[str, Callable[[Stranger], bool]]] = {
    "roots": ("names keys that wrap others, and says nothing of what they open", lambda _: True),
    "epoch": ("names the history and nothing in it", lambda _: True),
    "organisations": ("whoever has a place there", lambda one: one.seat is not None),
    "teams": ("the office's staff", lambda one: one.seat in (ADMIN, DESK)),
    "team_members": ("the office's staff", lambda one: one.seat in (ADMIN, DESK)),
    "invitations": ("the office's staff, without its secret", lambda one: one.seat in (ADMIN, DESK)),
    "case_numbers": (
        "how many cases of a kind there were, for who opens one",
        lambda one: one.seat is not None,
    ),
    "publications": ("that a type is published is public", lambda _: True),
    "link_holders": (
        "whom the office's staff mailed a link, without its secret",
        lambda one: one.seat in (ADMIN, DESK),
    ),
    "oauth_apps": ("the office's administrators, without secrets", lambda one: one.seat == ADMIN),
    "providers": ("the office's administrators", lambda one: one.seat == ADMIN),
    "services": ("the office's administrators", lambda one: one.seat == ADMIN),
    "scim_users": ("the office's administrators", lambda one: one.seat == ADMIN),
    "scim_groups": ("the office's administrators", lambda one: one.seat == ADMIN),
    "schedules": ("the office's administrators", lambda one: one.seat == ADMIN),
    "erasures": ("the office's administrators", lambda one: one.seat == ADMIN),
}


class Scene(NamedTuple):
    office: UUID
    case: UUID
    people: dict[str, UUID]
    readable: list[str]


@pytest.fixture
async def scene(free: Any) -> Scene:
    """Every table with a row of the case or its office; those of a person are somebody else's."""
    await free.execute(
        "delete from publications; delete from public_cases"
    )  # of other tests, shown to everybody
    rows = await Rows.on(free)
    office, elsewhere, case, other = new_id(), new_id(), new_id(), new_id()
    people = {name: new_id() for name in STRANGERS if name != "nobody"}
    somebody = new_id()
    for org in (office, elsewhere):
        await rows.put("organisations", id=org)
    for person in (somebody, *people.values()):
        await rows.put("people", id=person)
    audience = [ADMIN, STAFF]
    await rows.put("cases", id=case, org=office, audience=[*audience, "client"])
    await rows.put("cases", id=other, org=office, audience=[*audience, "client"])
    await free.execute("update cases set audience = $2 where id = $1", case, audience)
    rows.shared |= {"people": somebody, "organisations": office, "cases": case}
    given = {"org": office, "case_id": case, "person": somebody}
    for table in rows.columns:
        if table in ("organisations", "people", "cases", "schema_migrations", "grants", "epoch", "audit_position"):
            continue
        more: dict[str, Any] = {}
        if table in GUARDED:
            more["audience"] = audience
        if table in NAMED:
            more["people"] = [
                somebody,
                people["revoked"],
                people["walled desk"],
                people["walled administrator"],
            ]
        if table == "walls":
            more |= {"cases": [case], "people": [people["walled desk"], people["walled administrator"]]}
        columns = {column["name"] for column in rows.columns[table]}
        await rows.put(table, **{name: value for name, value in given.items() if name in columns}, **more)
    await free.execute("update notices set case_id = $1", case)
    await free.execute("update tombstones set within = $2 where org = $1", office, case)
    await free.execute(
        "update certificates c set thing = t.thing from tombstones t where c.org = $1 and t.org = $1", office
    )

    async def holds(name: str, scope: UUID, role: str) -> None:
        org = elsewhere if scope == elsewhere else office
        await rows.put("grants", person=people[name], scope=scope, role=role, org=org)

    for name, one in STRANGERS.items():
        if one.seat is not None:
            await holds(name, office, one.seat)
    await holds("other organisation", elsewhere, ADMIN)
    await holds("other case", other, "client")
    await holds("wrong audience", case, "client")
    for name in ("walled desk", "walled administrator"):
        await holds(name, case, STAFF)
        await holds(name, case, WALLED)
        # What is their own about the case goes with it.
        await rows.put("notices", person=people[name], org=office)
        await free.execute("update notices set case_id = $1 where person = $2", case, people[name])
        await rows.put("markers", person=people[name], case_id=case)
        await rows.put("events", kind="person", stream=people[name], org=office, case_id=case, audience=audience,
                       people=[people[name]])  # fmt: skip
        await free.execute("update messages set author = $1", people[name])
    await rows.put("notices", person=people["revoked"], org=office)
    await free.execute("update notices set case_id = $1 where person = $2", case, people["revoked"])
    readable = await free.fetch(
        "select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace "
        "and has_any_column_privilege('casewire_app', c.oid, 'select') and c.relkind in ('r', 'p', 'v', 'm', 'f')"
    )
    return Scene(office, case, people, sorted(row["relname"] for row in readable))


# Of a person's own: theirs wherever they are kept out.
OWN = {
    "people": "select count(*) from people where id = me()",
    "grants": "select count(*) from grants where person = me()",
    "organisations": "select count(*) from organisations where id in (select scope from grants where person = me())",
}


@pytest.mark.parametrize("name", STRANGERS)
async def test_foreign_rows_are_none_in_every_table(free: Any, scene: Scene, name: str) -> None:
    stranger = STRANGERS[name]
    await as_app(free, scene.people.get(name))
    seen: dict[str, int] = {}
    expected: dict[str, int] = {}
    for table in scene.readable:
        seen[table] = await free.fetchval(f"select count(*) from {table}")
        expected[table] = await free.fetchval(OWN[table]) if table in OWN and name != "nobody" else 0
        if table in OPEN and table != "organisations":
            seen[table], expected[table] = min(seen[table], 1), int(OPEN[table][1](stranger))
        if table == "cases" and name in ("other case", "walled administrator"):
            expected[table] = 1  # the other one
    assert seen == expected


async def test_who_takes_part_reads_what_the_strangers_may_not(free: Any, scene: Scene) -> None:
    """The rows are there to be seen: the same case without the wall."""
    await free.execute("delete from grants where role = 'walled'")
    await as_app(free, scene.people["walled desk"])
    for table in GUARDED:
        assert await free.fetchval(f"select count(*) from {table}") > 0, table


async def test_every_table_of_a_case_is_kept_out_of(free: Any) -> None:
    """A wall is a policy of its own on each of them, for all commands, that no other policy can outweigh; of the record
    for all but writing, where the act is written down that closed a case to whoever acts."""
    needed = await free.fetch(
        "select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') "
        "and has_any_column_privilege('casewire_app', c.oid, 'select') and (c.relname = 'cases' or exists (select 1 "
        "from pg_attribute a where a.attrelid = c.oid and a.attname = 'case_id' and not a.attisdropped))"
    )
    policies = await free.fetch(
        "select tablename, qual from pg_policies where policyname = 'kept_out' and permissive = 'RESTRICTIVE' "
        "and cmd = case tablename when 'audit_entries' then 'SELECT' else 'ALL' end "
        "and roles = '{casewire_app}' and with_check is null and qual like '%walled%'"
    )
    assert {row["tablename"] for row in policies} == {row["relname"] for row in needed} - {"public_cases"}
