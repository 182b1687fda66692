"""Who sees what, said by its causes: places in an office, participants, teams, teams on cases, walls.

Against that model stand the settled grants with `sees`, and row-level security alone. It knows nothing of grants.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from schemas.access import ADMIN, DESK, OUTSIDE, STAFF, Viewer, expand, sees
from schemas.ids import new_id
from storage.postgres.access import SETTLE, Thing
from tests.contract.test_wall import GUARDED, MARK, NAMED, as_app, free
from tests.rows import Rows

__all__ = ["free"]  # fixture

FIRM, CITY = new_id(), new_id()
CASES = {new_id(): FIRM, new_id(): FIRM, new_id(): CITY}
PEOPLE = [new_id() for _ in range(4)]
TEAMS = {new_id(): FIRM, new_id(): FIRM, new_id(): CITY}
KEEPERS = {FIRM: new_id(), CITY: new_id()}  # somebody whom no wall names administers each
ROLES = [STAFF, "client", "cocounsel"]

RAISED = datetime(2026, 3, 1, tzinfo=UTC)
BEFORE, AFTER = RAISED - timedelta(days=1), RAISED + timedelta(days=1)


class Seat(NamedTuple):
    person: UUID
    org: UUID
    role: str


class Part(NamedTuple):
    case: UUID
    person: UUID
    role: str
    over: bool


class Member(NamedTuple):
    team: UUID
    person: UUID
    left: datetime | None


class OnCase(NamedTuple):
    team: UUID
    case: UUID
    role: str
    over: bool


class Raised(NamedTuple):
    org: UUID
    cases: tuple[UUID, ...]
    people: tuple[UUID, ...]
    teams: tuple[UUID, ...]
    lifted: bool


class Brought(NamedTuple):
    """`when` is None of what is acted through whenever it was made: a service; `cases` None of whom nobody else had
    made staff, else those that somebody could not see before they were raised by this hand."""

    person: UUID
    org: UUID
    by: UUID
    when: datetime | None
    cases: tuple[UUID, ...] | None


class Causes(NamedTuple):
    seats: list[Seat]
    parts: list[Part]
    members: list[Member]
    on_cases: list[OnCase]
    walls: list[Raised]
    brought: list[Brought]

    def seat(self, person: UUID, org: UUID) -> str | None:
        return next((one.role for one in self.seats if (one.person, one.org) == (person, org)), None)

    def roles(self, person: UUID, case: UUID) -> set[str]:
        """In which roles somebody takes part, by themselves or by a team."""
        mine = {one.role for one in self.parts if (one.case, one.person, one.over) == (case, person, False)}
        if self.seat(person, CASES[case]) in (ADMIN, DESK):
            teams = {one.team for one in self.members if one.person == person and one.left is None}
            mine |= {
                one.role for one in self.on_cases if one.case == case and one.team in teams and not one.over
            }
        return mine

    def kept_out(self, person: UUID, case: UUID) -> bool:
        """By name or team; or by whose hand they are there, who was kept out by then."""
        waiting = [(one, RAISED) for one in PEOPLE if self.named(one, case)]
        reached: set[UUID] = set()
        while waiting:
            by, since = waiting.pop()
            reached.add(by)
            for one in self.brought:
                if (one.by, one.org) != (by, CASES[case]) or one.person in reached:
                    continue
                if one.cases is not None and case not in one.cases:
                    continue
                if one.when is None:
                    waiting.append((one.person, since))
                elif one.when >= since:
                    waiting.append((one.person, one.when))
        return person in reached

    def named(self, person: UUID, case: UUID) -> bool:
        for wall in self.walls:
            if wall.lifted or case not in wall.cases:
                continue
            if person in wall.people:
                return True
            for member in self.members:
                if member.person == person and member.team in wall.teams and member.left != BEFORE:
                    return True
        return False

    def sees(self, person: UUID, thing: Thing) -> bool:
        if self.kept_out(person, thing.case_id):
            return False
        roles, seat = self.roles(person, thing.case_id), self.seat(person, thing.org)
        if roles & set(thing.audience) or seat in thing.audience:
            return True
        return person in thing.people and (bool(roles) or seat == ADMIN)


def some(values: Any, most: int, least: int = 0) -> Any:
    listed = list(values)
    most = min(most, len(listed))
    return st.lists(st.sampled_from(listed), unique=True, min_size=least, max_size=most).map(tuple)


def of(owners: dict[UUID, UUID], org: UUID) -> list[UUID]:
    return [one for one, owner in owners.items() if owner == org]


people, cases = st.sampled_from(PEOPLE), st.sampled_from(list(CASES))
seats = st.builds(Seat, people, st.sampled_from([FIRM, CITY]), st.sampled_from([ADMIN, DESK, OUTSIDE]))
parts = st.builds(Part, cases, people, st.sampled_from(ROLES), st.booleans())
members = st.builds(
    Member, st.sampled_from(list(TEAMS)), people, st.sampled_from([None, None, BEFORE, AFTER])
)
on_cases = st.one_of(
    [
        st.builds(
            OnCase, st.sampled_from(of(TEAMS, org)), st.sampled_from(of(CASES, org)), st.just(STAFF), st.booleans()
        )
        for org in (FIRM, CITY)
    ]
)  # fmt: skip
walls = st.one_of(
    [
        st.builds(
            Raised, st.just(org), some(of(CASES, org), 2, 1), some(PEOPLE, 2), some(of(TEAMS, org), 1),
            st.sampled_from([False, False, True]),
        )
        for org in (FIRM, CITY)
    ]
)  # fmt: skip


hands = st.builds(
    Brought,
    people,
    st.sampled_from([FIRM, CITY]),
    people,
    st.sampled_from([None, BEFORE, AFTER]),
    st.one_of(st.none(), some(CASES, 2)),
).filter(lambda one: one.person != one.by)


def once(strategy: Any, key: Any, most: int) -> Any:
    return st.lists(strategy, max_size=most, unique_by=key)


causes = st.builds(
    Causes,
    once(seats, lambda one: one[:2], 6),
    once(parts, lambda one: one[:3], 8),
    once(members, lambda one: one[:2], 6),
    once(on_cases, lambda one: one[:3], 4),
    st.lists(walls, max_size=3),
    once(hands, lambda one: one[:3], 5),
)
audiences = st.builds(
    lambda roles, open_: expand(roles, open_to_staff=open_), st.sets(st.sampled_from(ROLES)), st.booleans()
)


async def write(rows: Rows, now: Causes) -> None:
    """The causes as rows; no grant at a case among them."""
    for org in (FIRM, CITY):
        await rows.put("organisations", id=org)
    for person in (*PEOPLE, *KEEPERS.values()):
        await rows.put("people", id=person, email=f"c{person}@mail.test")
    rows.shared["people"] = PEOPLE[0]
    for org, keeper in KEEPERS.items():
        await rows.put("grants", person=keeper, scope=org, role=ADMIN, org=org)
    for seat in now.seats:
        await rows.put("grants", person=seat.person, scope=seat.org, role=seat.role, org=seat.org)
    for team, org in TEAMS.items():
        await rows.put("teams", id=team, org=org)
    for one in now.members:
        await rows.put("team_members", team=one.team, person=one.person, org=TEAMS[one.team])
        await rows.connection.execute(
            "update team_members set left_at = $3 where team = $1 and person = $2", *one
        )
    await write_brought(rows, now)


async def write_brought(rows: Rows, now: Causes) -> None:
    """In the place of what seating wrote: how that is written is shown in tests/hub/walls."""
    await rows.connection.execute("delete from brought")
    for one in now.brought:
        await rows.connection.execute(
            "insert into brought (person, org, by, at, cases) values ($1, $2, $3, $4, $5)", *one
        )


async def write_on_cases(rows: Rows, now: Causes) -> None:
    for part in now.parts:
        row = await rows.put(
            "participants",
            case_id=part.case,
            org=CASES[part.case],
            person=part.person,
            role=part.role,
            audience=[],
        )
        if part.over:
            await rows.connection.execute(
                "update participants set revoked_at = now() where id = $1", row["id"]
            )
    for one in now.on_cases:
        row = await rows.put(
            "team_cases", case_id=one.case, org=CASES[one.case], team=one.team, role=one.role, audience=[]
        )
        if one.over:
            await rows.connection.execute("update team_cases set revoked_at = now() where id = $1", row["id"])
    for wall in now.walls:
        row = await rows.put(
            "walls", org=wall.org, cases=list(wall.cases), people=list(wall.people), teams=list(wall.teams),
            raised_at=RAISED,
        )  # fmt: skip
        if wall.lifted:
            await rows.connection.execute("update walls set lifted_at = now() where id = $1", row["id"])


async def settle(connection: Any, people: list[UUID] | None, cases: list[UUID] | None) -> set[UUID]:
    """As somebody who belongs to each organisation; answers who was told of it."""
    told: set[UUID] = set()
    for org, keeper in KEEPERS.items():
        await as_app(connection, keeper)
        told |= {row["person"] for row in await connection.fetch(SETTLE, org, people, cases, RAISED)}
        await connection.execute("reset role")
    return told


async def held(connection: Any, person: UUID) -> Viewer:
    rows = await connection.fetch("select scope, role from grants where person = $1", person)
    return Viewer(person, frozenset((row["scope"], row["role"]) for row in rows))


fast = settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@fast
@given(data=st.data(), now=causes)
async def test_grants_and_policies_are_what_their_causes_say(
    free: Any, data: st.DataObject, now: Causes
) -> None:
    savepoint = free.transaction()
    await savepoint.start()
    try:
        rows = await Rows.on(free)
        await write(rows, now)
        written: dict[str, dict[str, Thing]] = {table: {} for table in GUARDED}
        for case, org in CASES.items():
            audience = data.draw(audiences)
            await rows.put("cases", id=case, org=org, audience=list(audience))
            written["cases"][str(case)] = Thing(case, org, audience, ())
        await write_on_cases(rows, now)
        for table in GUARDED[1:]:
            if table in ("participants", "team_cases"):
                continue  # they are causes here
            for case, org in CASES.items():
                named = data.draw(some(PEOPLE, 2)) if table in NAMED else ()
                thing, mark = Thing(case, org, data.draw(audiences), list(named)), new_id()
                column = MARK.get(table, "id")
                await rows.put(
                    table, case_id=case, org=org, audience=list(thing.audience), people=list(named),
                    **{column: str(mark) if column == "text" else mark},
                )  # fmt: skip
                written[table][str(mark)] = thing
        await settle(free, None, list(CASES))
        for person in PEOPLE:
            viewer = await held(free, person)
            await as_app(free, person)
            for table, things in written.items():
                expected = {mark for mark, thing in things.items() if now.sees(person, thing)}
                assert {mark for mark, thing in things.items() if sees(viewer, thing)} == expected, table
                found = await free.fetch(f"select {MARK.get(table, 'id')}::text as mark from {table}")
                assert {row["mark"] for row in found} & set(things) == expected, table
            await free.execute("reset role")
        assert await settle(free, None, list(CASES)) == set(), "what is settled stays as it is"
    finally:
        await savepoint.rollback()


@fast
@given(before=causes, now=causes, whom=st.sampled_from(["people", "cases"]))
async def test_what_was_settled_once_follows_every_change(
    free: Any, before: Causes, now: Causes, whom: str
) -> None:
    """However the causes change, and whether it is asked by people or by cases."""
    savepoint = free.transaction()
    await savepoint.start()
    try:
        rows = await Rows.on(free)
        await write(rows, before)
        for case, org in CASES.items():
            await rows.put("cases", id=case, org=org, audience=[STAFF, ADMIN])
        await write_on_cases(rows, before)
        await settle(free, None, list(CASES))
        for table in ("walls", "team_cases", "team_members", "participants"):
            await free.execute(f"delete from {table}")
        await free.execute("delete from grants where scope = org and person = any ($1)", PEOPLE)
        for seat in now.seats:
            await rows.put("grants", person=seat.person, scope=seat.org, role=seat.role, org=seat.org)
        for one in now.members:
            await rows.put("team_members", team=one.team, person=one.person, org=TEAMS[one.team])
            await free.execute("update team_members set left_at = $3 where team = $1 and person = $2", *one)
        await write_brought(rows, now)
        await write_on_cases(rows, now)
        await settle(free, *((PEOPLE, None) if whom == "people" else (None, list(CASES))))
        for person in PEOPLE:
            viewer = await held(free, person)
            for case, org in CASES.items():
                walled = (case, "walled") in viewer.grants
                assert walled is now.kept_out(person, case)
                assert {role for scope, role in viewer.grants if scope == case} - {"walled"} == now.roles(
                    person, case
                )
                assert {role for scope, role in viewer.grants if scope == org} == {now.seat(person, org)} - {
                    None
                }
    finally:
        await savepoint.rollback()


async def test_a_hand_keeps_out_of_the_cases_that_it_opened(free: Any) -> None:
    """And so does the hand of whom it raised; all others stay open."""
    (one, other), (walled, raised, further, _) = of(CASES, FIRM), PEOPLE
    now = Causes(
        [Seat(person, FIRM, ADMIN) for person in (walled, raised, further)], [], [], [],
        [Raised(FIRM, (one, other), (walled,), (), False)],
        [Brought(raised, FIRM, walled, AFTER, (one,)), Brought(further, FIRM, raised, AFTER, None)],
    )  # fmt: skip
    rows = await Rows.on(free)
    await write(rows, now)
    for case in (one, other):
        await rows.put("cases", id=case, org=FIRM, audience=[STAFF, ADMIN])
    await write_on_cases(rows, now)
    await settle(free, None, [one, other])
    for person, cases in ((walled, {one, other}), (raised, {one}), (further, {one})):
        kept = {scope for scope, role in (await held(free, person)).grants if role == "walled"}
        assert kept == cases == {case for case in (one, other) if now.kept_out(person, case)}


async def test_a_wall_without_anybody_who_may_lift_it_cannot_be(free: Any) -> None:
    rows = await Rows.on(free)
    alone = Causes([], [], [], [], [Raised(FIRM, tuple(of(CASES, FIRM)), (KEEPERS[FIRM],), (), False)], [])
    await write(rows, alone)
    for case, org in CASES.items():
        await rows.put("cases", id=case, org=org)
    await write_on_cases(rows, alone)
    with pytest.raises(asyncpg.RestrictViolationError):
        async with free.transaction():
            await settle(free, None, list(CASES))


async def test_settling_is_for_those_who_belong_and_names_whom_or_what(free: Any) -> None:
    rows = await Rows.on(free)
    await write(rows, Causes([], [], [], [], [], []))
    for person, org in ((PEOPLE[0], FIRM), (KEEPERS[CITY], FIRM), (None, FIRM)):
        await as_app(free, person)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with free.transaction():
                await free.fetch(SETTLE, org, PEOPLE, None, RAISED)
    await as_app(free, KEEPERS[FIRM])
    with pytest.raises(asyncpg.RaiseError):
        async with free.transaction():
            await free.fetch(SETTLE, FIRM, None, None, RAISED)
