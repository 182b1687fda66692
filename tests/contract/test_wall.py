"""The wall, twice: `schemas.access.sees` against a model of its own, and row-level security against `sees`."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from schemas.access import ADMIN, DESK, OUTSIDE, STAFF, WALLED, Viewer, expand, explain, roles_on, sees
from schemas.ids import new_id
from storage.postgres.access import Thing
from tests.conftest import Database
from tests.rows import Rows

ORGS = [new_id(), new_id()]
# Two cases of the first organisation, one of the second.
CASES = {new_id(): ORGS[0], new_id(): ORGS[0], new_id(): ORGS[1]}
PEOPLE = [new_id() for _ in range(3)]
ROLES = [STAFF, "client", "cocounsel"]

scopes = st.sampled_from([(case, role) for case in CASES for role in [*ROLES, WALLED]] +
                         [(org, role) for org in ORGS for role in (ADMIN, DESK, OUTSIDE)])  # fmt: skip
grants_of = st.frozensets(scopes, max_size=4)
audiences = st.builds(
    lambda roles, open_: expand(roles, open_to_staff=open_), st.sets(st.sampled_from(ROLES)), st.booleans()
)


@st.composite
def things(draw: st.DrawFn, *, named: bool = True) -> Thing:
    case = draw(st.sampled_from(list(CASES)))
    people = draw(st.lists(st.sampled_from(PEOPLE), max_size=2, unique=True)) if named else []
    return Thing(case, CASES[case], draw(audiences), people)


def model(person: UUID, grants: frozenset[tuple[UUID, str]], thing: Thing) -> bool:
    """Who sees what, said in another way: by what is true of a person in the thing's case and office."""
    in_case = [role for scope, role in grants if scope == thing.case_id]
    if WALLED in in_case:
        return False
    in_office = [role for scope, role in grants if scope == thing.org]
    named = person in list(thing.people)
    return (
        not set(thing.audience).isdisjoint(in_case)
        or not set(thing.audience).isdisjoint(in_office)
        or (named and (len(in_case) > 0 or ADMIN in in_office))
    )


@given(person=st.sampled_from(PEOPLE), grants=grants_of, thing=things())
def test_sees_is_the_model(person: UUID, grants: frozenset[tuple[UUID, str]], thing: Thing) -> None:
    viewer = Viewer(person, grants)
    seen = sees(viewer, thing)
    assert seen is model(person, grants, thing)
    walled = (thing.case_id, WALLED) in grants
    assert (explain(viewer, thing) == "is kept out of the case by a wall") is walled
    assert explain(viewer, thing).startswith("holds none") is not (seen or walled)


@given(person=st.sampled_from(PEOPLE), grants=grants_of, more=grants_of, thing=things())
def test_more_grants_never_hide_and_none_never_show(
    person: UUID, grants: frozenset[tuple[UUID, str]], more: frozenset[tuple[UUID, str]], thing: Thing
) -> None:
    assert not sees(Viewer(person, frozenset()), thing)
    more -= {(thing.case_id, WALLED)}
    assert sees(Viewer(person, grants | more), thing) >= sees(Viewer(person, grants), thing)


@given(person=st.sampled_from(PEOPLE), grants=grants_of, thing=things(), open_to_staff=st.booleans())
def test_a_wall_beats_all_of_its_case_and_nothing_of_another(
    person: UUID, grants: frozenset[tuple[UUID, str]], thing: Thing, open_to_staff: bool
) -> None:
    before, after = Viewer(person, grants), Viewer(person, grants | {(thing.case_id, WALLED)})
    assert not sees(after, thing)
    assert not roles_on(after, thing.case_id, thing.org, open_to_staff=open_to_staff)
    for other in set(CASES) - {thing.case_id}:
        same = thing._replace(case_id=other, org=CASES[other])
        assert sees(after, same) is sees(before, same)


@given(person=st.sampled_from(PEOPLE), grants=grants_of, thing=things())
def test_what_is_held_elsewhere_is_of_no_use(
    person: UUID, grants: frozenset[tuple[UUID, str]], thing: Thing
) -> None:
    here = frozenset((scope, role) for scope, role in grants if scope in (thing.case_id, thing.org))
    assert sees(Viewer(person, grants), thing) is sees(Viewer(person, here), thing)


# --- Row-level security ------------------------------------------------------------------------------------

GUARDED = [
    "cases", "participants", "team_cases", "parties", "entries", "conversations", "messages", "documents", "versions",
    "version_texts", "deadlines", "tasks", "details", "events",
]  # fmt: skip
NAMED = {"conversations", "messages", "versions", "version_texts", "events"}
# The column by which a row is recognised, and the value it gets.
MARK = {"events": "thing", "version_texts": "text"}


@pytest.fixture
async def free(database: Database) -> AsyncIterator[Any]:
    """A connection that no policy binds, in a transaction that is taken back."""
    connection = await asyncpg.connect(database.superuser)
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()


async def as_app(connection: Any, person: UUID | None) -> None:
    await connection.execute("set local role casewire_app")
    await connection.execute("select set_config('casewire.person', $1, true)", str(person) if person else "")


async def test_every_table_with_an_audience_is_in_this_test(free: Any) -> None:
    found = await free.fetch(
        "select table_name as t from information_schema.columns "
        "where table_schema = 'public' and column_name = 'audience'"
    )
    assert {row["t"] for row in found} == set(GUARDED)
    named = await free.fetch(
        "select table_name as t from information_schema.columns "
        "where table_schema = 'public' and column_name = 'people'"
    )
    assert {row["t"] for row in named} == {*NAMED, "walls"}  # those named by a wall are whom it keeps out


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
async def test_row_level_security_agrees_with_sees(free: Any, data: st.DataObject) -> None:
    held = {person: data.draw(grants_of, label=f"grants {n}") for n, person in enumerate(PEOPLE)}
    savepoint = free.transaction()
    await savepoint.start()
    try:
        rows = await Rows.on(free)
        for org in ORGS:
            await rows.put("organisations", id=org)
        for n, person in enumerate(PEOPLE):
            await rows.put("people", id=person, email=f"w{n}-{person}@mail.test")
        rows.shared["people"] = PEOPLE[0]
        written: dict[str, dict[str, Thing]] = {table: {} for table in GUARDED}
        for case, org in CASES.items():
            audience = data.draw(audiences)
            await rows.put("cases", id=case, org=org, audience=list(audience))
            written["cases"][str(case)] = Thing(case, org, audience, ())
        for person, grants in held.items():
            for scope, role in grants:
                await rows.put("grants", person=person, scope=scope, role=role, org=CASES.get(scope, scope))
        for table in GUARDED[1:]:
            for _ in range(3):
                thing = data.draw(things(named=table in NAMED))
                mark = new_id()
                column = MARK.get(table, "id")
                await rows.put(
                    table, case_id=thing.case_id, org=thing.org, audience=list(thing.audience),
                    people=list(thing.people), **{column: str(mark) if column == "text" else mark},
                )  # fmt: skip
                written[table][str(mark)] = thing
        for person, grants in held.items():
            await as_app(free, person)
            for table in GUARDED:
                found = await free.fetch(f"select {MARK.get(table, 'id')}::text as mark from {table}")
                expected = {
                    mark for mark, thing in written[table].items() if sees(Viewer(person, grants), thing)
                }
                assert {row["mark"] for row in found} & set(written[table]) == expected, table
            await free.execute("reset role")
    finally:
        await savepoint.rollback()


async def test_nobody_sees_nothing_in_any_table(free: Any) -> None:
    """A missing setting is nobody. `epoch` is for all: it names the history and nothing in it; and so is which types
    of cases an office publishes, which these rows do not. `roots` says by which root a process must be started."""
    rows = await Rows.on(free)
    await free.execute("delete from public_cases")  # what another test published is for everybody
    org = (await rows.put("organisations"))["id"]
    for table in rows.columns:
        if table not in ("organisations", "epoch", "audit_position", "schema_migrations"):
            await rows.put(
                table, **({"org": org} if "org" in {c["name"] for c in rows.columns[table]} else {})
            )
    filled = {table for table in rows.columns if await free.fetchval(f"select count(*) from {table}")}
    assert filled >= set(rows.columns) - {"schema_migrations"}
    readable = {
        row["t"]
        for row in await free.fetch(
            "select c.relname as t from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' "
            "and has_any_column_privilege('casewire_app', c.oid, 'select')"
        )
    }
    for person in (None, new_id()):
        await as_app(free, person)
        seen = {table for table in readable if await free.fetchval(f"select count(*) from {table}")}
        assert seen == {"epoch", "publications", "roots"}
        await free.execute("reset role")


# --- The catalogue -----------------------------------------------------------------------------------------


async def test_every_table_has_row_level_security_forced(free: Any) -> None:
    bare = await free.fetch(
        "select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') "
        "and c.relname <> 'schema_migrations' and not (c.relrowsecurity and c.relforcerowsecurity and exists "
        "(select 1 from pg_policy p where p.polrelid = c.oid))"
    )
    assert [row["relname"] for row in bare] == []
    assert not await free.fetchval(
        "select has_table_privilege('casewire_app', 'schema_migrations', 'select')"
    )
    bypass = await free.fetch(
        "select rolname from pg_roles where rolname like 'casewire%' and (rolbypassrls or rolsuper)"
    )
    assert [row["rolname"] for row in bypass] == []


OURS = """from pg_proc p where p.pronamespace = 'public'::regnamespace
    and not exists (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e')"""


async def test_functions_that_see_more_are_pinned_and_closed(free: Any) -> None:
    loose = await free.fetch(
        f"select p.proname {OURS} and p.prosecdef "
        "and not coalesce('search_path=pg_catalog, public' = any (p.proconfig), false)"
    )
    assert [row["proname"] for row in loose] == []
    public = await free.fetch(
        f"select p.proname {OURS} and exists "
        "(select 1 from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a "
        "where a.grantee = 0 and a.privilege_type = 'EXECUTE')"
    )
    assert [row["proname"] for row in public] == []
    signin = await free.fetch(
        f"select p.proname {OURS} and has_function_privilege('casewire_signin', p.oid, 'execute')"
    )
    assert all(row["proname"].startswith("signin_") for row in signin)
    app = await free.fetch(
        f"select p.proname {OURS} and has_function_privilege('casewire_app', p.oid, 'execute')"
    )
    assert not [row["proname"] for row in app if row["proname"].startswith("signin_")]


@pytest.mark.parametrize("role", ["casewire_app", "casewire_signin"])
async def test_history_cannot_be_rewritten(free: Any, role: str) -> None:
    for privilege in ("UPDATE", "DELETE", "TRUNCATE"):
        assert not await free.fetchval("select has_table_privilege($1, 'events', $2)", role, privilege)
        assert not await free.fetchval("select has_any_column_privilege($1, 'events', 'UPDATE')", role)


async def test_nobody_writes_in_another_name(free: Any) -> None:
    rows = await Rows.on(free)
    me, other = [(await rows.put("people", id=new_id()))["id"] for _ in range(2)]
    insert = ("insert into events (kind, stream, seq, type, audience, people, access, at, actor, data) "
              "values ('person', $1, 1, 'marker.moved', '{}', '{}', '{0,0}', now(), $2, '{}')")  # fmt: skip
    await as_app(free, me)
    await free.execute(insert, me, me)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await free.execute(insert, other, other)


async def test_an_event_is_written_only_where_one_belongs(free: Any) -> None:
    """A stranger's case, office or person hears nothing of it, though it were written in one's own name."""
    rows = await Rows.on(free)
    me, other = [(await rows.put("people", id=new_id()))["id"] for _ in range(2)]
    mine, theirs = [(await rows.put("organisations", id=new_id()))["id"] for _ in range(2)]
    case, foreign = [
        (await rows.put("cases", id=new_id(), org=org, audience=["staff", ADMIN]))["id"]
        for org in (mine, theirs)
    ]
    await rows.put("grants", person=me, scope=mine, role=ADMIN, org=mine)
    insert = ("insert into events (kind, stream, case_id, org, type, seq, audience, people, access, at, actor, data) "
              "values ($1, $2, $3, $4, $5, 1, '{}', '{}', '{1,1}', now(), $6, '{}')")  # fmt: skip
    await as_app(free, me)
    for good in (
        ("case", case, case, mine, "message.posted"),
        ("org", mine, None, mine, "member.added"),
        ("person", me, None, None, "marker.moved"),
        ("person", other, None, None, "grant.changed"),
    ):
        async with free.transaction():
            await free.execute(insert, *good, me)
    for bad in (
        ("case", foreign, foreign, theirs, "message.posted"),
        ("case", foreign, foreign, mine, "message.posted"),
        ("case", foreign, case, mine, "message.posted"),
        ("org", theirs, None, theirs, "member.added"),
        ("org", theirs, None, mine, "member.added"),
        ("person", other, None, None, "notice.added"),
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with free.transaction():
                await free.execute(insert, *bad, me)


async def test_only_its_author_changes_a_message(free: Any) -> None:
    rows = await Rows.on(free)
    author, reader = [(await rows.put("people", id=new_id()))["id"] for _ in range(2)]
    org = (await rows.put("organisations"))["id"]
    case = (await rows.put("cases", org=org, audience=["client"]))["id"]
    for person in (author, reader):
        await rows.put("grants", person=person, scope=case, role="client", org=org)
    message = (await rows.put("messages", case_id=case, org=org, author=author, audience=["client"]))["id"]
    for person, changed in ((reader, "UPDATE 0"), (author, "UPDATE 1")):
        await as_app(free, person)
        assert await free.fetchval("select count(*) from messages where id = $1", message) == 1
        assert (
            await free.execute("update messages set body = 'other words' where id = $1", message) == changed
        )
        await free.execute("reset role")


async def test_an_opener_alone_gives_grants_and_to_themselves_alone(free: Any) -> None:
    """In the moment in which a case is opened; all other grants at cases follow from their causes."""
    rows = await Rows.on(free)
    me, other = [(await rows.put("people", id=new_id()))["id"] for _ in range(2)]
    mine, theirs = [(await rows.put("organisations", id=new_id()))["id"] for _ in range(2)]
    case, foreign = [(await rows.put("cases", id=new_id(), org=org))["id"] for org in (mine, theirs)]
    await rows.put("grants", person=me, scope=mine, role=ADMIN, org=mine)
    give = "select give_grants($1, $2, array[$3::uuid], array[$4], now())"
    await as_app(free, me)
    new = new_id()
    await free.execute(give, mine, new, me, STAFF)
    for org, scope, person, role in (
        (mine, new, me, "client"), (mine, case, me, STAFF), (mine, new_id(), other, STAFF), (mine, mine, me, STAFF),
        (mine, foreign, me, STAFF), (mine, theirs, me, STAFF), (theirs, new_id(), me, STAFF),
    ):  # fmt: skip
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with free.transaction():
                await free.execute(give, org, scope, person, role)
    for role in (ADMIN, WALLED):
        await free.execute(give, mine, fresh := new_id(), me, role)
        assert await free.fetchval("select count(*) from grants where scope = $1", fresh) == 0
