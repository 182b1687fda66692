"""The record that the product writes is good where it lies, and as files; whatever is changed there is found."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from deploy.audit_export import export
from deploy.embedded.stack import Stack
from deploy.verify.cli import verify
from deploy.verify.database import verify_database
from deploy.verify.record import keys_named, verify_folder
from deploy.verify.report import Report, Unreadable
from schemas.settings import Settings
from tests.app import Office, app, http, hub, office, owner, world
from tests.record import Record, record
from tests.uploads import Hands, hands

__all__ = ["app", "hands", "http", "hub", "office", "owner", "record", "world"]  # fixtures

@pytest.fixture
async def written(record: Record, office: Office, hands: Hands, writer: Any) -> AsyncIterator[Office]:
    """A case in which things were done, edited and taken back; and what was signed of it, twice. The record comes
    first: what was written before it has no place there. What a test did to the log is not left to other tests."""
    talk = await office.conversation()
    first = await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": "first wording"})
    await record.settle()
    await office.lead.patch(f"/v1/messages/{first['id']}", {"body": "second"}, first["revision"])
    gone = await office.outside.made(f"/v1/conversations/{talk}/messages", {"body": "soon gone"})
    await office.outside.delete(f"/v1/messages/{gone['id']}", gone["revision"])
    await office.lead.made(f"/v1/cases/{office.case}/tasks", {"title": "Do it"})
    await record.settle()
    yield office
    await writer.execute("delete from audit_logs where log = $1", office.org)


@pytest.fixture
async def writer(stack: Stack) -> AsyncIterator[Any]:
    """Who holds the whole database."""
    connection = await asyncpg.connect(Settings.read(stack.settings("operator")).postgres_owner)
    yield connection
    await connection.close()


async def look(stack: Stack, office: Office, record: Record, witness: Path | None = None) -> Report:
    settings, report = Settings.read(stack.settings("operator")), Report(lambda _: None, lambda _: None)
    await asyncio.to_thread(
        verify_database, report, settings.postgres_owner, named=keys_named([record.signer.key]),
        witnesses=[witness] if witness else [], only=str(office.org),
    )  # fmt: skip
    return report


async def test_the_database_and_its_export_are_good(
    written: Office, record: Record, stack: Stack, writer: Any, tmp_path: Path
) -> None:
    witness = tmp_path / "witness.txt"
    note = await writer.fetchval("select note from audit_checkpoints where log = $1 order by size", written.org)
    witness.write_text(note)
    report = await look(stack, written, record, witness)
    assert report.findings == []
    assert any("commitments opened" in fact for fact in report.facts)
    assert not any("No checkpoint kept elsewhere" in fact for fact in report.facts)
    alone = await look(stack, written, record)
    assert alone.findings == [] and any("No checkpoint kept elsewhere" in fact for fact in alone.facts)
    settings = Settings.read(stack.settings("operator"))
    for private in (False, True):
        folder = tmp_path / f"record-{private}"
        folder.mkdir()
        assert await export(settings, written.org, folder, private=private) > 5
        found = Report(lambda _: None, lambda _: None)
        verify_folder(found, folder, named=keys_named([record.signer.key]), witnesses=[witness], jobs=1)
        assert found.findings == []
        assert ((folder / "private.jsonl").exists()) is private
    assert verify(str(tmp_path / "record-True"), keys=[record.signer.key], checkpoints=[str(witness)]) == 0


async def test_a_log_that_is_not_there_is_not_called_good(
    written: Office, record: Record, stack: Stack, writer: Any, tmp_path: Path
) -> None:
    witness = tmp_path / "witness.txt"
    note = await writer.fetchval("select note from audit_checkpoints where log = $1 order by size", written.org)
    witness.write_text(note)
    for table in ("audit_leaves", "audit_checkpoints", "audit_logs"):
        await writer.execute(f"delete from {table} where log = $1", written.org)
    with pytest.raises(Unreadable, match="There is no log"):  # also one that was mistyped
        await look(stack, written, record)
    assert any("is in one alone" in sentence for sentence in (await look(stack, written, record, witness)).findings)


async def test_of_a_database_without_any_log_nothing_is_called_good(
    record: Record, stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    dsn = Settings.read(stack.settings("operator")).postgres_owner
    monkeypatch.setattr("deploy.verify.database._LOGS", "select '' as log where false")
    assert await asyncio.to_thread(verify, None, dsn=dsn, keys=[record.signer.key]) == 2
    said = capsys.readouterr()
    assert said.err == "casewire: There is no log in this database yet, so there is nothing to verify.\n"
    assert "GOOD" not in said.out


ATTACKS = {
    "an entry rewritten": (
        ("update audit_entries set entry = convert_to(replace(convert_from(entry, 'UTF8'), 'staff', 'stuff'), 'UTF8')"
        " where log = $1"),
        "is not the one whose hash its leaf has",
    ),
    "an entry that tells of more events than can be": (
        ("update audit_entries set entry = convert_to(regexp_replace(convert_from(entry, 'UTF8'), '\"last\":[0-9]+',"
        " '\"last\":999999999999999'), 'UTF8') where log = $1 and convert_from(entry, 'UTF8') like '%message.posted%'"),
        "more than one entry can tell of",
    ),
    "an entry removed": (
        "delete from audit_entries where (tx, id) in (select tx, id from audit_leaves where log = $1 and n = 2)",
        "The entry of leaf 2",
    ),
    "an entry and its leaf removed": (
        ("with gone as (delete from audit_leaves where log = $1 and n = 2 returning tx, id) delete from audit_entries"
        " where (tx, id) in (select tx, id from gone)"),
        "Leaf 2 of",
    ),
    "the last entries cut off": (
        ("with gone as (delete from audit_leaves where log = $1 and n >= 3 returning tx, id) delete from audit_entries"
        " where (tx, id) in (select tx, id from gone)"),
        "entries were cut off",
    ),
    "one entry rewritten": (
        ("update audit_entries e set entry = convert_to(replace(convert_from(e.entry, 'UTF8'), '\"rule\":\"',"
        " '\"rule\":\"x'), 'UTF8') from audit_leaves l where (l.tx, l.id) = (e.tx, e.id) and l.log = $1 and l.n = 1"),
        "is not the one whose hash its leaf has",
    ),
    "one entry and its leaf rewritten": (
        ("with e as (update audit_entries e set entry = convert_to(replace(convert_from(e.entry, 'UTF8'),"
        " '\"rule\":\"', '\"rule\":\"x'), 'UTF8') from audit_leaves l"
        " where (l.tx, l.id) = (e.tx, e.id) and l.log = $1 and l.n = 1"
        " returning l.log, l.n, e.entry) update audit_leaves l set hash = sha256('\\x00'::bytea || e.entry) from e"
        " where (l.log, l.n) = (e.log, e.n)"),
        "are not those that the checkpoint",
    ),
    "an act renamed beside it": ("update audit_leaves set act = 'case.read' where log = $1 and n = 1", "another act"),
    "a person exchanged beside it": (
        "update audit_leaves set person = gen_random_uuid() where log = $1 and n = 1", "another person"
    ),
    "a hash exchanged": (
        "update audit_leaves set hash = sha256('x') where log = $1 and n = 1", "whose hash its leaf has"
    ),
    "a tile changed": (
        "update audit_tiles set hashes = set_byte(hashes, 5, 255 - get_byte(hashes, 5)) where log = $1",
        "does not agree with the entries",
    ),
    "a tile removed": ("delete from audit_tiles where log = $1", "is missing"),
    "a checkpoint changed": (
        "update audit_checkpoints set note = replace(note, 'time 2', 'time 3') where log = $1", "does not hold"
    ),
    "a head made up": ("update audit_logs set note = replace(note, 'time 2', 'time 3') where log = $1", "the head of"),
    "an address exchanged": (
        """update audit_entries set private = private || '{"address": "10.9.9.9"}' where log = $1
            and private ? 'address'""",
        "is not opened by the address",
    ),
    "an event rewritten": (
        """update events set data = replace(data::text, 'first wording', 'other wording')::json where org = $1
            and type = 'message.posted'""",
        "it was changed",
    ),
    "a message blanked without a word": (
        """update events set data = jsonb_set(data::jsonb, '{message,body}', 'null')::json where org = $1
            and type in ('message.posted', 'message.edited')""",
        "nothing says who took them back",
    ),
    "an event removed": ("delete from events where org = $1 and type = 'message.edited'", "is missing"),
    "an event made up": (
        """insert into events (org, kind, stream, seq, case_id, type, audience, people, access, at, actor, thing, data)
            select org, kind, stream, seq + 1000, case_id, type, audience, people, access, at, actor, thing, data
            from events where org = $1 and type = 'task.added'""",
        "No entry tells of event",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
async def test_what_is_changed_in_the_database_is_found(
    name: str, written: Office, record: Record, stack: Stack, writer: Any
) -> None:
    sql, says = ATTACKS[name]
    assert (await writer.execute(sql, written.org)) != "UPDATE 0"
    if name == "an event made up":  # what is newer than the last entry may still get one
        await written.lead.made(f"/v1/cases/{written.case}/tasks", {"title": "Another"})
        await record.settle()
    report = await look(stack, written, record)
    assert any(says in sentence for sentence in report.findings), (name, report.findings)
    if name.startswith("one "):  # tiles and checkpoints over it cannot fit: that is one line more, and no sentences
        assert len(report.findings) == 1 and report.followed, report.findings
        assert any("ntry 1 (" in told and ", id " in told for told in report.findings + report.facts), report.facts
