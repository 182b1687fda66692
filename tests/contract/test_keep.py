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
from hypothesis import HealthCheck, Phase, example, given, note, settings
from hypothesis import strategies as st

from schemas.access import ADMIN, OUTSIDE
from schemas.ids import new_id
from storage.postgres import ledger, messages, retention
from tests.contract.test_wall import as_app, free
from tests.rows import Rows

__all__ = ["free"]  # fixture

HISTORIES = int(os.environ.get("KEEP_HISTORIES", "40"))
STEPS_MAX = 14
CASES, PEOPLE = 2, 2  # person n takes part in case n; person 0 wrote in case 1 too

ATTACKS = (
    "delete from messages where case_id = $1",
    "delete from cases where id = $1",
    "update versions set object_key = null where case_id = $1 and object_key is not null",
    "update case_keys set wrapped = null, destroyed_at = now() where case_id = $1 and wrapped is not null",
    "delete from documents where case_id = $1",
    "delete from events where stream = $1",
    "update messages set body = null where case_id = $1 and body is not null",
    "update messages set attachments = '[]' where case_id = $1 and attachments <> '[]'",
    "update events set data = '{}' where stream = $1 and data::text <> '{}'",
    "update message_originals o set sealed = null from messages m where m.id = o.message and m.case_id = $1",
    "delete from message_originals where message in (select id from messages where case_id = $1)",
    "update versions set sealed = null where case_id = $1 and sealed is not null",
)
step = st.one_of(
    st.tuples(st.just("hold"), st.sampled_from(["case", "document", "person"]), st.integers(0, CASES - 1)),
    st.tuples(st.just("release"), st.just(""), st.integers(0, 5)),
    st.tuples(st.just("approve"), st.sampled_from(["case", "document"]), st.integers(0, CASES - 1)),
    st.tuples(st.just("work"), st.just(""), st.just(0)),
    st.tuples(st.just("erase"), st.sampled_from(["", "words"]), st.integers(0, PEOPLE - 1)),
    st.tuples(st.just("attack"), st.sampled_from(ATTACKS), st.integers(0, CASES - 1)),
    st.tuples(st.sampled_from(["edit", "retract"]), st.just(""), st.integers(0, PEOPLE)),
    st.tuples(st.just("version"), st.just(""), st.integers(0, CASES - 1)),
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
        self.versions: list[list[UUID]] = []  # of each document
        self.messages: list[tuple[UUID, UUID, int]] = []  # id, author, case; each with the first version attached
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
            self.versions.append([version["id"]])
            await self.on.execute("update versions set sealed = 'x' where id = $1", version["id"])
            attached = [{"version": str(version["id"]), "document": str(paper["id"]), "name": "Canary"}]
            talk = await rows.put("conversations", **here, people=[])
            for author in self.people[: 2 - n] if n else [self.people[0]]:
                one = await rows.put("messages", **here, conversation=talk["id"], author=author, people=[], seq=len(
                    self.messages) + 1)  # fmt: skip
                said = {"message": {"id": str(one["id"]), "body": "Canary 1", "attachments": attached}}
                await self.on.execute(
                    "update messages set body = 'Canary 1', attachments = $2, revision = 1, retracted_at = null, "
                    "edited_at = null where id = $1", one["id"], json.dumps(attached),
                )  # fmt: skip
                told = await rows.put(
                    "events", **here, stream=case, people=[], type="message.posted", thing=one["id"]
                )
                await self.on.execute(
                    "update events set actor = $2, data = $3 where stream = $1 and seq = $4",
                    case, author, json.dumps(said), told["seq"],
                )  # fmt: skip
                self.messages.append((one["id"], author, n))
        return self

    # --- The model ------------------------------------------------------------------------------------------

    def acted(self, person: UUID, case: UUID) -> bool:
        """Takes part, or did something that nobody has taken out of the events while nothing held them."""
        part = person == self.people[self.cases.index(case)]
        return part or (person == self.people[0] and case not in self.attacked)

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

    async def tried(self, sql: str, *args: Any, role: str = "", person: UUID | None = None) -> bool:
        """Whether the database did it; whatever it refuses leaves no trace."""
        savepoint = self.on.transaction()
        await savepoint.start()
        try:
            if role == "app":
                await as_app(self.on, person or self.admin)
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
                any(word in statement for word in ("versions", "documents", "set attachments"))
            )
            assert buried or not self.held("case", case), statement
            self.attacked.add(case)

    async def tried_alone(self, statement: str, n: int) -> None:
        """An attack of which nothing stays."""
        savepoint, attacked = self.on.transaction(), set(self.attacked)
        await savepoint.start()
        await self.attack(statement, n)
        await savepoint.rollback()
        self.attacked = attacked

    async def edit(self, _: str, n: int) -> None:
        """As its author does: the words of before are put aside."""
        id, author, case, row = await self._message(n)
        if row is not None and row["retracted_at"] is None and not self._touched(author, case):
            assert await self.tried(
                messages.EDIT, "[]", id, row["revision"], b"Canary %d" % row["revision"], row["posted_at"], author,
                f"Canary {row['revision'] + 1}",
            )  # fmt: skip

    async def retract(self, _: str, n: int) -> None:
        id, author, case, row = await self._message(n)
        if row is None or row["retracted_at"] is not None or self._touched(author, case):
            return
        attached = [UUID(one["version"]) for one in json.loads(row["attachments"])]
        assert await self.tried(
            messages.RETRACT, "[]", id, row["revision"], b"Canary %d" % row["revision"], row["posted_at"], author,
            attached,
        )  # fmt: skip
        assert await self.tried(messages.BLANK, self.cases[case], id, 0, role="app", person=author)
        told = "select count(*) from events where thing = $1 and position('Canary' in data::text) > 0"
        assert not await self.on.fetchval(told, id)

    async def _message(self, n: int) -> tuple[UUID, UUID, int, Any]:
        id, author, case = self.messages[n % len(self.messages)]
        return id, author, case, await self.on.fetchrow("select * from messages where id = $1", id)

    def _touched(self, author: UUID, case: int) -> bool:
        there = self.cases[case]
        return author in self.destroyed or there in self.destroyed or there in self.attacked

    async def version(self, _: str, n: int) -> None:
        """Another version of a document."""
        case, document = self.cases[n], self.documents[n]
        if case in self.destroyed or document in self.destroyed or case in self.attacked:
            return
        id = new_id()
        await self.on.execute(
            "insert into versions select (json_populate_record(v, json_build_object('id', $2::uuid, 'n', v.n + $3, "
            "'quarantine_key', $2::text, 'object_key', $2::text))).* from versions v where id = $1",
            self.versions[n][0], id, len(self.versions[n]),
        )  # fmt: skip
        self.versions[n].append(id)

    async def backup(self, _: str, __: int) -> None:
        self.backups += 1
        await self.on.execute(f"savepoint backup_{self.backups}")
        self.saved = set(self.attacked), [list(one) for one in self.versions]

    async def restore(self, _: str, __: int) -> None:
        """The database as it was then, and the ledger of now over it."""
        if self.backups:
            kept = await ledger.lines(self.on)
            await self.on.execute(f"rollback to savepoint backup_{self.backups}")
            self.attacked, self.versions = set(self.saved[0]), [list(one) for one in self.saved[1]]
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
                await self._words(n)
                if self.documents[n] not in self.destroyed:
                    of_it = (len(self.versions[n]), 1, 1)
                    assert (whole["versions"], whole["documents"], whole["keys"]) == of_it
            if self.documents[n] in self.destroyed:
                assert not await on.fetchval(
                    "select count(*) from data_keys where case_id = $1 and wrapped is not null", case
                )
        for author, where in self.words:
            assert not await on.fetchval(
                "select count(*) from messages m left join message_originals o on o.message = m.id "
                "where m.author = $1 and m.case_id = $2 and (m.body is not null or o.message is not null)",
                author, where,
            )  # fmt: skip
        for person in self.people:
            named = await on.fetchval(
                "select count(*) from people where id = $1 and name = $2", person, f"Canary {person.hex}"
            )
            assert named == (person not in self.destroyed)


    async def _words(self, n: int) -> None:
        """Each wording of each message of a case can be read, and what was attached, unless they were erased."""
        for id, author, where in self.messages:
            if where != n or (author, self.cases[n]) in self.words:
                continue
            row = await self.on.fetchrow("select * from messages where id = $1", id)
            aside = await self.on.fetch("select * from message_originals where message = $1", id)
            said = {bytes(one["sealed"]).decode() for one in aside} | ({row["body"]} if row["body"] else set())
            last = row["revision"] - (row["retracted_at"] is not None)
            assert said == {f"Canary {revision}" for revision in range(1, last + 1)}
            attached = {UUID(one["version"]) for one in json.loads(row["attachments"])}
            assert attached | {one for old in aside for one in old["attachments"]} == {self.versions[n][0]}


@pytest.mark.timeout(max(120, HISTORIES * 3))
@settings(
    max_examples=HISTORIES, deadline=None, phases=[Phase.explicit, Phase.generate, Phase.shrink], database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(history=st.lists(step, min_size=3, max_size=STEPS_MAX))
@example(history=[("erase", "words", 0), ("hold", "case", 0), ("backup", "", 0), ("restore", "", 0)])
@example(history=[("attack", "delete from events where stream = $1", 1), ("hold", "person", 0)])
async def test_held_data_is_never_destroyed_and_erased_data_never_kept(free: Any, history: list[Any]) -> None:
    note(f"history={history}")
    savepoint = free.transaction()
    await savepoint.start()
    try:
        house = await House(free).build()
        for act in history:
            await house.do(*act)
            await house.check()
        for n in range(CASES):
            for attack in ATTACKS:
                await house.tried_alone(attack, n)
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
