"""Histories of holding, releasing, approving, erasing, backing up, restoring and plain attacks, in any order.

Whatever happens, what is held is whole, and what was destroyed is gone and stays gone, also when a backup from before
it comes back and the ledger is applied. Each history is one transaction, so that a restore is a savepoint's; the acts
are the database's own, as the roles do them that do them in the running house. `KEEP_HISTORIES` says how many; CI
runs a few.
"""

import json
import os
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from schemas.access import ADMIN, OUTSIDE
from schemas.ids import new_id
from storage.postgres import ledger, retention
from tests.contract.test_wall import as_app, free
from tests.rows import Rows

__all__ = ["free"]  # fixture

HISTORIES = int(os.environ.get("KEEP_HISTORIES", "40"))
STEPS_MAX = 14
CASES, PEOPLE = 2, 2  # person n takes part in case n; person 0 wrote in case 1 too

ATTACKS = (
    "delete from messages where case_id = $1",
    "delete from cases where id = $1",
    "update versions set object_key = null where case_id = $1",
    "update case_keys set wrapped = null, destroyed_at = now() where case_id = $1",
    "delete from documents where case_id = $1",
    "delete from events where stream = $1",
)
step = st.one_of(
    st.tuples(st.just("hold"), st.sampled_from(["case", "document", "person"]), st.integers(0, CASES - 1)),
    st.tuples(st.just("release"), st.just(""), st.integers(0, 5)),
    st.tuples(st.just("approve"), st.sampled_from(["case", "document"]), st.integers(0, CASES - 1)),
    st.tuples(st.just("work"), st.just(""), st.just(0)),
    st.tuples(st.just("erase"), st.sampled_from(["", "words"]), st.integers(0, PEOPLE - 1)),
    st.tuples(st.just("attack"), st.sampled_from(ATTACKS), st.integers(0, CASES - 1)),
    st.tuples(st.just("backup"), st.just(""), st.just(0)),
    st.tuples(st.just("restore"), st.just(""), st.just(0)),
)


class House:
    """An organisation, and what the model knows: which holds stand and what was destroyed."""

    def __init__(self, on: Any) -> None:
        self.on = on
        self.org, self.admin, self.other = new_id(), new_id(), new_id()
        self.cases = [new_id() for _ in range(CASES)]
        self.people = [new_id() for _ in range(PEOPLE)]
        self.documents: list[UUID] = []
        self.holds: dict[UUID, tuple[str, UUID]] = {}
        self.destroyed: dict[UUID, str] = {}
        self.words: set[tuple[UUID, UUID]] = set()  # whose in which case were erased
        self.backups = 0
        self.attacked: set[UUID] = set()  # cases of which something was deleted while nothing held them

    async def build(self) -> "House":
        rows = await Rows.on(self.on)
        await rows.put("organisations", id=self.org)
        for n, person in enumerate((self.admin, self.other, *self.people)):
            await rows.put("people", id=person, name=f"Canary {person.hex}", email=f"{person.hex}@mail.test")
            role = ADMIN if n < 2 else OUTSIDE
            await rows.put("grants", person=person, scope=self.org, org=self.org, role=role)
        rows.shared |= {"people": self.admin, "organisations": self.org}
        for n, case in enumerate(self.cases):
            here = {"case_id": case, "org": self.org, "audience": [ADMIN, "staff"]}
            await rows.put("cases", id=case, org=self.org, audience=here["audience"], is_open=False)
            await self.on.execute(
                "update cases set closed_at = now() - interval '30 years' where id = $1", case
            )
            talk = await rows.put("conversations", **here, people=[])
            for author in self.people[: 2 - n] if n else [self.people[0]]:
                one = await rows.put(
                    "messages", **here, conversation=talk["id"], author=author, people=[], body="x"
                )
                await self.on.execute("update messages set body = 'Canary' where id = $1", one["id"])
                await rows.put("message_originals", message=one["id"], replaced_by=author)
                await rows.put("events", **here, stream=case, people=[], type="message.posted")
                await self.on.execute(
                    "update events set actor = $2 where stream = $1 and actor is null", case, author
                )
            await rows.put("participants", **here, person=self.people[n], role="client")
            paper = await rows.put("documents", **here, added_by=self.people[n])
            version = await rows.put(
                "versions", **here, document=paper["id"], by=self.people[n], people=[], status="cleared"
            )
            await self.on.execute(
                "update versions set object_key = quarantine_key where id = $1", version["id"]
            )
            key = {"case_id": case, "org": self.org}
            await self.on.execute(
                "insert into case_keys (case_id, org, wrapped, made_at) values ($1, $2, 'x', now())",
                *key.values(),
            )
            await self.on.execute(
                "insert into data_keys (thing, kind, case_id, org, wrapped, made_at) "
                "values ($3, 'version', $1, $2, 'x', now())", *key.values(), version["id"],
            )  # fmt: skip
            self.documents.append(paper["id"])
        return self

    # --- The model ------------------------------------------------------------------------------------------

    def acted(self, person: UUID, case: UUID) -> bool:
        return person == self.people[0] or case == self.cases[1]

    def held(self, kind: str, thing: UUID) -> bool:
        """The same three sentences as `hub/holds/README.md`."""
        for on, what in self.holds.values():
            if what == thing:
                return True
            case_of = self.cases[self.documents.index(what)] if on == "document" else what
            if kind == "case":
                if on == "document" and case_of == thing:
                    return True
                if on == "person" and self.acted(what, thing):
                    return True
            if kind == "document":
                n = self.documents.index(thing)
                if on == "case" and what == self.cases[n]:
                    return True
                if on == "person" and self.acted(what, self.cases[n]):
                    return True
            if kind == "person" and on != "person" and self.acted(thing, case_of):
                return True
        return False

    # --- Acts -----------------------------------------------------------------------------------------------

    async def do(self, act: str, what: str, n: int) -> None:
        await getattr(self, act)(what, n)

    async def tried(self, sql: str, *args: Any, role: str = "") -> bool:
        """Whether the database did it; whatever it refuses leaves no trace."""
        savepoint = self.on.transaction()
        await savepoint.start()
        try:
            if role == "app":
                await as_app(self.on, self.admin)
            elif role:
                await self.on.execute(f"set local role {role}")
            tag = await self.on.execute(sql, *args)
            await self.on.execute("reset role")
        except (
            asyncpg.ObjectInUseError,
            asyncpg.ObjectNotInPrerequisiteStateError,
            asyncpg.InsufficientPrivilegeError,
            asyncpg.ForeignKeyViolationError,
        ):
            await savepoint.rollback()
            return False
        await savepoint.commit()
        return not tag.endswith(" 0")

    async def hold(self, kind: str, n: int) -> None:
        thing = {"case": self.cases, "document": self.documents, "person": self.people}[kind][n]
        case = None if kind == "person" else self.cases[n]
        id = new_id()
        done = await self.tried(
            "insert into holds (id, org, kind, thing, case_id, reason, raised_at, raised_by) "
            "values ($1, $2, $3, $4, $5, 'x', now(), $6)",
            id, self.org, kind, thing, case, self.admin, role="app",
        )  # fmt: skip
        gone = thing in self.destroyed or case in self.destroyed
        if gone:
            assert not done, "held what is destroyed"
        elif case is None or case not in self.attacked:
            assert done, "not held"
        if done:
            self.holds[id] = (kind, thing)

    async def release(self, _: str, n: int) -> None:
        if self.holds:
            id = sorted(self.holds)[n % len(self.holds)]
            assert await self.tried(
                "update holds set released_at = now(), released_by = $2, release_reason = 'x' where id = $1",
                id, self.admin, role="app",
            )  # fmt: skip
            del self.holds[id]

    async def approve(self, kind: str, n: int) -> None:
        case, thing = self.cases[n], (self.cases if kind == "case" else self.documents)[n]
        if thing in self.destroyed or case in self.destroyed or case in self.attacked:
            return
        id = new_id()
        await self.on.execute("delete from dispositions where thing = $1 and state <> 'destroyed'", thing)
        await self.on.execute(
            "insert into dispositions (id, org, case_id, kind, thing, schedule, due_on, state, proposed_at, "
            "decided_by) values ($1, $2, $3, $4, $5, 'x', now(), 'approved', now(), $6)",
            id, self.org, case, kind, thing, self.admin,
        )  # fmt: skip
        done = await self.tried("select bury($1, now())", id, role="app")
        assert done is not self.held(kind, thing), f"{kind} destroyed: {done}"
        if done:
            self.destroyed[thing] = kind
            if kind == "case":
                self.destroyed[self.documents[n]] = "document"
        else:
            await self.on.execute("delete from dispositions where id = $1", id)

    async def work(self, _: str, __: int) -> None:
        for stone in await self.on.fetch("select thing, kind from tombstones where done_at is null"):
            for statement in retention.DESTROY[stone["kind"]]:
                while await self.tried(statement, stone["thing"], 100, role="casewire_system"):
                    pass
            await self.on.execute("update tombstones set done_at = now() where thing = $1", stone["thing"])

    async def erase(self, what: str, n: int) -> None:
        person = self.people[n]
        if person in self.destroyed:
            return
        cases = [case for case in self.cases if case not in self.destroyed and case not in self.attacked]
        savepoint = self.on.transaction()
        await savepoint.start()
        done = True
        if what:
            done = await self.tried(
                "select erase_words($1, $2, $3, now())", self.org, person, cases, role="app"
            )
        done = done and await self.tried("select erase_person($1, $2, now())", self.org, person, role="app")
        held = self.held("person", person) or (what and any(self.held("case", case) for case in cases))
        if not self.attacked:
            assert done is not bool(held), f"erased: {done}"
        if not done:
            await savepoint.rollback()
            return
        await savepoint.commit()
        await self.on.execute(
            "insert into erasures (id, org, person, state, asked_at, asked_by, decided_at, decided_by, cases) "
            "values ($1, $2, $3, 'done', now(), $4, now(), $4, $5)",
            new_id(), self.org, person, self.admin, cases if what else [],
        )  # fmt: skip
        self.destroyed[person] = "person"
        if what:
            self.words |= {(person, case) for case in cases}

    async def attack(self, statement: str, n: int) -> None:
        """A statement of the role that owns the tables: nothing of the hub's stands before it."""
        case = self.cases[n]
        if case in self.destroyed:
            return
        done = await self.tried(statement, case)
        if done:
            # What the document's own tombstone stands for may go, whatever else of the case is held.
            buried = self.documents[n] in self.destroyed and (
                "versions" in statement or "documents" in statement
            )
            assert buried or not self.held("case", case), statement
            self.attacked.add(case)

    async def backup(self, _: str, __: int) -> None:
        self.backups += 1
        await self.on.execute(f"savepoint backup_{self.backups}")
        self.saved = set(self.attacked)

    async def restore(self, _: str, __: int) -> None:
        """The database as it was then, and the ledger of now over it."""
        if self.backups:
            kept = await ledger.lines(self.on)
            await self.on.execute(f"rollback to savepoint backup_{self.backups}")
            self.attacked = set(self.saved)
            await ledger.apply(self.on, kept)

    # --- What must be so ------------------------------------------------------------------------------------

    async def check(self) -> None:
        on = self.on
        standing = {row["id"] for row in await on.fetch("select id from holds where released_at is null "
                                                        "and org = $1", self.org)}  # fmt: skip
        assert standing == set(self.holds)
        for n, case in enumerate(self.cases):
            whole = await on.fetchrow(
                "select (select count(*) from messages where case_id = $1 and body is not null) as messages, "
                "(select count(*) from versions where case_id = $1 and object_key is not null) as versions, "
                "(select count(*) from documents where case_id = $1) as documents, "
                "(select count(*) from case_keys where case_id = $1 and wrapped is not null) as keys, "
                "(select count(*) from cases where id = $1 and audience <> '{}') as seen", case,
            )  # fmt: skip
            if case in self.destroyed:
                assert (whole["keys"], whole["seen"]) == (0, 0)
                if not await on.fetchval("select count(*) from tombstones where done_at is null"):
                    assert sum(whole.values()) == 0
            elif self.held("case", case) and case not in self.attacked:
                gone = {author for author, where in self.words if where == case}
                authors = [self.people[0]] if n == 0 else self.people[: 2 - n]
                assert whole["messages"] == len([one for one in authors if one not in gone])
                if self.documents[n] not in self.destroyed:
                    assert (whole["versions"], whole["documents"], whole["keys"]) == (1, 1, 1)
            if self.documents[n] in self.destroyed:
                assert not await on.fetchval(
                    "select count(*) from data_keys where case_id = $1 and wrapped is not null", case
                )
        for person in self.people:
            named = await on.fetchval(
                "select count(*) from people where id = $1 and name = $2", person, f"Canary {person.hex}"
            )
            assert named == (person not in self.destroyed)


@pytest.mark.timeout(max(120, HISTORIES * 3))
@settings(
    max_examples=HISTORIES, deadline=None, phases=[Phase.generate, Phase.shrink], database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(history=st.lists(step, min_size=3, max_size=STEPS_MAX))
async def test_held_data_is_never_destroyed_and_erased_data_never_kept(free: Any, history: list[Any]) -> None:
    savepoint = free.transaction()
    await savepoint.start()
    try:
        house = await House(free).build()
        for act in history:
            await house.do(*act)
            await house.check()
    finally:
        await savepoint.rollback()


async def test_the_ledger_says_nothing_of_what_was_destroyed(free: Any) -> None:
    house = await House(free).build()
    await house.do("hold", "document", 1)
    await house.do("approve", "case", 0)
    await house.do("erase", "", 0)
    written = [line for line in await ledger.lines(free) if str(house.org) in line]
    assert written and not [line for line in written if "Canary" in line]
    assert {json.loads(line)["what"] for line in written} >= {"hold", "tombstone"}
