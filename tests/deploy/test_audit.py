"""Who has the key of the record, and what the person at the machine is told of it."""

import asyncio
import json
from base64 import b64decode
from datetime import timedelta
from pathlib import Path

import pytest

from deploy import audit, audit_export, checks, cli, find
from deploy.embedded.child import StackError
from deploy.embedded.stack import SERVED, SIGNERS, Stack
from deploy.serve import serve
from schemas.audit_log import Signer, read_note, signed_by
from schemas.ids import new_id
from schemas.settings import DEFAULT_AUDIT_KEY, Settings, SettingsError
from tests.record import Record, record
from workers.sequence import utc_now

__all__ = ["record"]  # fixture


def test_who_signs_has_the_key_and_nobody_else(tmp_path: Path) -> None:
    assert not {"worker", "relay", "gateway", "operator"} & set(SIGNERS)
    keys: set[str] = set()
    for _ in range(2):  # it is the same when the stack starts again
        stack = Stack(tmp_path / "data", environ={"CASEWIRE_NATS": "nats://x"}, embed=())
        stack.prepare()
        try:
            having = {kind for kind in (*SERVED, "operator") if "CASEWIRE_AUDIT_KEY" in stack.settings(kind)}
            told = {
                kind for kind in (*SERVED, "operator") if "CASEWIRE_AUDIT_WITNESSES" in stack.settings(kind)
            }
            assert (having, told) == (set(SIGNERS), {"sequence"})
            keys |= {stack.settings(kind)["CASEWIRE_AUDIT_KEY"] for kind in having}
            assert stack.settings("sequence")["CASEWIRE_AUDIT_WITNESSES"].startswith(f"file:{tmp_path}")
        finally:
            stack.stop()
    (key,) = keys
    assert len(b64decode(key)) == 32 and key != DEFAULT_AUDIT_KEY


def test_production_signs_with_no_known_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "MODE": "production", "SECRET": "x" * 40, "PUBLIC_URL": "https://a.example", "LIVE_URL": "wss://a.example",
        "FILES_URL": "https://f.example", "POSTGRES": "postgresql://casewire_app@127.0.0.1:1/none",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"CASEWIRE_{name}", value)
    monkeypatch.delenv("CASEWIRE_AUDIT_KEY", raising=False)
    for name in ("sequence", "retention"):
        with pytest.raises(SettingsError, match=r"^CASEWIRE_AUDIT_KEY"):
            serve("worker", name, None)


async def test_keys_and_checkpoints_are_printed(
    record: Record, stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    log, settings = new_id(), Settings.read(stack.settings("operator"))
    named = "insert into organisations (id, name, zone, case_types, made_at) values ($1, $2, 'UTC', '{}', now())"
    await record.db.execute(named, log, "Zoë\x1b[2J & Co")
    await record.write(log, 3)
    await record.settle()
    signer = Signer(Settings.read(stack.settings("sequence")))
    await asyncio.to_thread(audit.key, settings)
    assert signer.key in capsys.readouterr().out.splitlines()
    await asyncio.to_thread(audit.checkpoint, settings, str(log))
    told = capsys.readouterr()
    note, end, rest = told.out.partition("---\n")
    assert told.err == f"{log}          3 entries  Zoë\N{REPLACEMENT CHARACTER}[2J & Co\n"
    assert read_note(note).size == 3 and signed_by(note, signer.key) and (end, rest) == ("---\n", "")
    await asyncio.to_thread(lambda: audit.checkpoint(settings, as_json=True))
    assert [one["note"] for one in json.loads(capsys.readouterr().out) if one["log"] == str(log)] == [note]
    for unknown in (str(new_id()), "nowhere"):
        with pytest.raises(StackError):
            await asyncio.to_thread(audit.checkpoint, settings, unknown)


async def test_the_doctor_says_that_the_record_does_not_go_on(record: Record, stack: Stack) -> None:
    settings = Settings.read(stack.settings("operator"))
    await record.write(new_id())
    await record.settle()
    now = utc_now()
    await record.db.execute("update audit_logs set signed_at = $1", now)  # those of other tests too
    assert await checks.record(settings, now) is None
    assert "last signed" in (await checks.record(settings, now + checks.UNSIGNED_AFTER * 2) or "")
    await record.write(new_id(), 2)
    late = utc_now() + checks.UNPLACED_AFTER
    assert await checks.record(settings, late - timedelta(seconds=20)) is None
    said = await checks.record(settings, late + timedelta(seconds=20))
    assert said is not None and "(2 by now)" in said
    await record.settle()
    await record.db.execute("update audit_logs set signed_at = $1", now)
    assert await checks.record(settings, now + checks.UNPLACED_AFTER * 2) is None


async def test_the_database_of_a_running_stack_is_verified_by_its_directory(
    record: Record,
    stack: Stack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[Path | None] = []
    settings = Settings.read(stack.settings("operator"))

    def found(data: Path | None) -> Settings:
        asked.append(data)
        return settings

    monkeypatch.setattr(find, "settings", found)
    log, key = new_id(), Signer(Settings.read(stack.settings("sequence"))).key
    await record.write(log, 2)
    await record.settle()
    with pytest.raises(SystemExit) as ended:
        await asyncio.to_thread(lambda: cli.verify(data=tmp_path, key=(key,), log=str(log)))
    assert (asked, ended.value.code) == ([tmp_path], 0)
    assert f"Log {log}: 2 entries" in capsys.readouterr().out
    with pytest.raises(StackError, match="one record"):
        cli.verify(str(tmp_path), data=tmp_path)


async def test_a_log_that_is_not_there_leaves_no_folder(stack: Stack, tmp_path: Path) -> None:
    settings = Settings.read(stack.settings("operator"))
    with pytest.raises(StackError, match="Nothing was signed"):
        await asyncio.to_thread(
            lambda: audit_export.main(settings, str(new_id()), tmp_path / "to", private=False)
        )
    assert not (tmp_path / "to").exists()
