"""Held means held: whatever is done to what a hold is on, by whom and how, what was there can be read afterwards.

First the acts of people, as the routes have them; then the statements of whoever has the database: each column of each
table of a case is blanked, and either that is refused, or what stood there stands elsewhere, where it is refused.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from hub.context import Hub
from schemas.audit import Actor
from storage.postgres import retention as statements
from storage.sealed import open_small, original
from tests.app import Office, Person, World
from tests.browsers import proved
from tests.hub.retention.test_retention import approved, closed_since
from tests.uploads import Hands, cleared, hands, opened_whole
from workers import retention

__all__ = ["hands"]  # fixture

DATA = b"The lessee pays on the first of each month.\n"
HELD = ["case", "document", "person"]


@pytest.fixture
async def office(world: World) -> Office:
    office = await world.office("legal_matter")
    await proved(world, office.admin)
    return office


class File:
    """A case with something of everything in it, on which a hold may be raised; and how it is read past every wall."""

    def __init__(self, office: Office, hub: Hub, owner: Any, hands: Hands) -> None:
        self.office, self.hub, self.owner, self.hands = office, hub, owner, hands
        self.case = f"/v1/cases/{office.case}"

    async def fill(self) -> "File":
        office = self.office
        self.talk = await office.conversation()
        self.version = await cleared(self.hands, office.outside, office.case, DATA)
        self.document = (await self.hands.row(self.version))["document"]
        said = {"body": "Canary as posted", "attachments": [self.version]}
        self.message = await office.outside.made(f"/v1/conversations/{self.talk}/messages", said)
        self.message = await self.patched(office.outside, f"/v1/messages/{self.message['id']}", self.message, {
            "body": "Canary as edited"})  # fmt: skip
        self.party = await office.lead.made(f"{self.case}/parties", {"name": "Canary Roe", "role": "other"})
        self.task = await office.lead.made(f"{self.case}/tasks", {"title": "Canary task", "assignee": office.lead.id})
        self.deadline = await office.lead.made(
            f"{self.case}/deadlines", {"title": "Canary deadline", "due_on": "2090-01-01"}
        )
        await office.lead.made(f"{self.case}/entries", {"text": "Canary entry", "occurred_on": "2026-01-01"})
        return self

    async def patched(self, by: Person, path: str, item: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        answer = await by.patch(path, body, item["revision"])
        assert answer.status_code == 200, answer.text
        return answer.json()["item"]

    async def held(self, kind: str) -> dict[str, Any]:
        thing = {"case": self.office.case, "document": self.document, "person": self.office.outside.id}[kind]
        body = {"kind": kind, "thing": thing, "reason": "Preservation letter"}
        return await self.office.admin.made(f"/v1/orgs/{self.office.org}/holds", body)

    async def wordings(self) -> list[tuple[str, list[UUID]]]:
        """What the message said before, revision by revision, opened as an owner with the keys opens it."""
        org, case, id = self.office.org, self.office.case, UUID(self.message["id"])
        key = await self.hub.keys.ensure(
            self.hub.database.system, "conversation", self.talk, case, org, Actor(kind="worker")
        )
        rows = await self.owner.fetch("select * from message_originals where message = $1 order by revision", id)
        return [
            (open_small(row["sealed"], key, original(org, case, self.talk, id, row["revision"])).decode(),
             row["attachments"]) for row in rows
        ]  # fmt: skip

    async def told(self) -> str:
        rows = await self.owner.fetch("select data::text as data from events where stream = $1", self.office.case)
        return "\n".join(row["data"] for row in rows)

    async def whole(self) -> bool:
        return await opened_whole(self.hub, await self.hands.row(self.version)) == DATA


@pytest.fixture
async def file(office: Office, hub: Hub, owner: Any, hands: Hands) -> File:
    return await File(office, hub, owner, hands).fill()


async def retracted(file: File) -> None:
    answer = await file.office.outside.delete(f"/v1/messages/{file.message['id']}", file.message["revision"])
    assert answer.status_code == 200, answer.text


# --- What people do ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", HELD)
async def test_a_message_that_is_taken_back_is_kept_with_what_was_attached(file: File, kind: str) -> None:
    hold = await file.held(kind)
    await retracted(file)
    assert await file.wordings() == [("Canary as posted", []), ("Canary as edited", [file.version])]
    assert await file.whole()
    # Nobody is told of it any more, held or not.
    (seen,) = await file.office.lead.all(f"/v1/conversations/{file.talk}/messages")
    assert (seen["body"], seen["attachments"]) == (None, [])
    told = json.dumps(await file.office.lead.all(f"{file.case}/events"))
    assert "Canary as" not in told
    if kind == "person":
        return
    office = file.office
    await office.admin.made(f"/v1/orgs/{office.org}/holds/{hold['id']}/release", {"reason": "Over"})
    await closed_since(office, file.owner, 8)
    await retention.propose(file.hub)
    (due,) = await office.admin.all(f"/v1/orgs/{office.org}/dispositions")
    assert (await approved(office, due["disposition"])).status_code == 200
    await retention.destroy(file.hub)
    count = "select count(*) from message_originals where message = $1"
    assert await file.owner.fetchval(count, UUID(file.message["id"])) == 0


async def _renamed(file: File) -> None:
    office = file.office
    found = (await office.lead.all(f"{file.case}/documents"))[0]
    body = {"name": "Other", "kind": found["kind"]}
    await file.patched(office.outside, f"/v1/documents/{file.document}", found, body)


async def _party_changed(file: File) -> None:
    body = {"name": "Other", "role": "other"}
    await file.patched(file.office.lead, f"/v1/parties/{file.party['id']}", file.party, body)


async def _party_removed(file: File) -> None:
    answer = await file.office.lead.delete(f"/v1/parties/{file.party['id']}", file.party["revision"])
    assert answer.status_code == 200, answer.text


async def _task_changed(file: File) -> None:
    await file.patched(file.office.lead, f"/v1/tasks/{file.task['id']}", file.task, {"title": "Other"})


async def _deadline_changed(file: File) -> None:
    body = {"title": "Other", "due_on": "2091-01-01"}
    await file.patched(file.office.lead, f"/v1/deadlines/{file.deadline['id']}", file.deadline, body)


Act = Callable[[File], Awaitable[None]]
# What people change: the events tell what it was, and no event loses that while a hold stands.
CHANGES: dict[str, tuple[Act, str]] = {
    "a document is renamed": (_renamed, '"name"'),
    "a party is changed": (_party_changed, "Canary Roe"),
    "a party is removed": (_party_removed, "Canary Roe"),
    "a task is changed": (_task_changed, "Canary task"),
    "a deadline is changed": (_deadline_changed, "Canary deadline"),
}


@pytest.mark.parametrize("act", CHANGES)
async def test_what_is_changed_under_a_hold_is_told_as_it_was(file: File, act: str) -> None:
    change, was = CHANGES[act]
    await file.held("case")
    before = await file.told()
    assert was in before
    await change(file)
    assert before in await file.told()


@pytest.mark.parametrize("kind", ["person", "case"])
async def test_whoever_is_held_is_known_by_what_they_were_called(file: File, world: World, kind: str) -> None:
    """They may correct it; it goes with the hold, and with them."""
    someone = await world.token(file.office.outside, kind="browser", proved=True)
    was = (await someone.get("/v1/me")).json()["name"]
    names = "select name from former_names where person = $1 order by until"

    async def called(name: str) -> list[str]:
        answer = await someone.call("PATCH", "/v1/me", {"name": name, "zone": "UTC"})
        assert answer.status_code == 200, answer.text
        return [row["name"] for row in await file.owner.fetch(names, someone.id)]

    assert await called("Before any hold") == []
    hold = await file.held(kind)
    assert await called("First") == ["Before any hold"]
    assert await called("Second") == ["Before any hold", "First"]
    await file.hub.database.system.execute(statements.FORGET_NAMES)
    assert await called(was) == ["Before any hold", "First", "Second"]
    path = f"/v1/orgs/{file.office.org}/holds/{hold['id']}/release"
    await file.office.admin.made(path, {"reason": "Over"})
    if kind == "case":
        await file.hub.database.system.execute(statements.FORGET_NAMES)
    else:
        path = f"/v1/orgs/{file.office.org}/people/{someone.id}/erasure"
        await file.office.admin.made(path, {"reason": "They asked for it"})
    assert await file.owner.fetch(names, someone.id) == []


# --- What statements do: as the role that owns the tables ------------------------------------------------------

OF_CASE = """select c.relname as t, a.attname as c, format_type(a.atttypid, null) as type, a.attnotnull as needed
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' order by 1, 2"""
# How the rows of the case $1 are found in each table that holds something of it. A new table with a case is added here.
ROWS = {
    "cases": "id = $1", "message_originals": "message in (select id from messages where case_id = $1)",
    "people": "id in (select person from participants where case_id = $1) and held('person', id) is not null",
} | dict.fromkeys(
    ("participants", "parties", "entries", "conversations", "messages", "documents", "versions", "deadlines", "tasks",
     "details", "events", "case_keys", "data_keys"), "case_id = $1",
)  # fmt: skip
BESIDE = {
    "audit_entries": "the record", "audit_leaves": "the record", "dispositions": "says what was decided, by ids",
    "holds": "the hold itself", "exports": "leave to download", "markers": "how far somebody has read",
    "notices": "tells of what stands elsewhere", "team_cases": "who is let in", "version_texts": "made of the bytes",
    "public_cases": "made of the case",
}  # fmt: skip
BLANK = {"text": "''", "citext": "'x'", "jsonb": "'[]'", "json": "'{}'", "bytea": "null", "text[]": "'{}'",
         "uuid[]": "'{}'", "date": "null", "bigint": "0"}  # fmt: skip
# What may change under a hold, and why nothing is lost by it.
FREE = {
    ("*", "audience"): "who sees it", ("*", "people"): "who sees it", ("cases", "access"): "a counter",
    ("versions", "begun_hash"): "of a request", ("events", "key_hash"): "of a request", ("events", "tx"): "its place",
    ("deadlines", "plan"): "told as a list", ("versions", "quarantine_key"): "of bytes that were examined",
    ("versions", "quarantine_version"): "of bytes that were examined", ("versions", "why"): "of an examination",
    ("versions", "quarantine_sealed"): "of bytes that were examined", ("people", "password_hash"): "opens the account",
    ("case_keys", "root"): "which root wraps it",
}


async def test_every_table_of_a_case_is_looked_at(owner: Any) -> None:
    tables = {row["t"] for row in await owner.fetch(OF_CASE) if row["c"] == "case_id"}
    assert tables <= ROWS.keys() | BESIDE.keys()


@pytest.mark.parametrize("kind", HELD)
async def test_no_column_is_blanked_without_a_copy(file: File, kind: str) -> None:
    await file.held(kind)
    lost: list[str] = []
    async with file.owner.acquire() as on:
        for row in await on.fetch(OF_CASE):
            table, column = row["t"], row["c"]
            if table in ROWS and row["type"] in BLANK and not {(table, column), ("*", column)} & FREE.keys():
                lost += await blanked(on, file, table, column, row["type"])
    assert not lost, "\n".join(lost)


async def blanked(on: Any, file: File, table: str, column: str, type: str) -> list[str]:
    """What nobody could read any more when this column of the case's rows were emptied."""
    case, which = file.office.case, ROWS[table]
    rows = await on.fetch(f"select {column}::text as was from {table} where {which}", case)
    values = {row["was"] for row in rows} - {None, "", "[]", "{}", "0"}
    blank = "'{}'" if any((row["was"] or "").startswith("{") for row in rows) else BLANK[type]
    transaction = on.transaction()
    await transaction.start()
    try:
        await on.execute(f"update {table} set {column} = {blank} where {which}", case)
        await on.execute("set constraints all immediate")
        told = "\n".join(row[0] for row in await on.fetch("select data::text from events where stream = $1", case))
        names = "select unnest(array[name, email, zone]) from former_names"
        kept = {row[0] for row in await on.fetch(names)}
        return [
            f"{table}.{column}: {value}" for value in values
            if json.dumps(value, ensure_ascii=False)[1:-1] not in told and value not in kept
        ]  # fmt: skip
    except (asyncpg.ObjectInUseError, asyncpg.IntegrityConstraintViolationError, asyncpg.GeneratedAlwaysError):
        return []
    finally:
        await transaction.rollback()


async def test_what_was_refused_is_not_lost_sight_of(file: File) -> None:
    refuse = "update versions set object_key = null, status = 'quarantined' where id = $1"
    await file.owner.execute(refuse, file.version)
    await file.held("document")
    with pytest.raises(asyncpg.ObjectInUseError):
        await file.owner.execute("update versions set quarantine_key = 'x' where id = $1", file.version)


async def test_words_are_put_aside_whole_or_not_taken(file: File) -> None:
    """Each half of it, by whoever has the tables: words without a copy, and attachments that no copy names."""
    await file.held("document")
    id = UUID(file.message["id"])
    aside = (
        "insert into message_originals (message, revision, sealed, replaced_at, replaced_by, attachments) "
        "select id, revision, {}, now(), author, {} from messages where id = $1"
    )
    async with file.owner.acquire() as on:
        for sealed, attached, spared in (
            ("'x'", "array(select (a ->> 'version')::uuid from jsonb_array_elements(attachments) a)", False),
            ("null", "array(select (a ->> 'version')::uuid from jsonb_array_elements(attachments) a)", True),
            ("'x'", "'{}'", True),
        ):
            transaction = on.transaction()
            await transaction.start()
            await on.execute(aside.format(sealed, attached), id)
            try:
                await on.execute("update messages set body = null, attachments = '[]' where id = $1", id)
                assert not spared
            except asyncpg.ObjectInUseError:
                assert spared
            await transaction.rollback()
