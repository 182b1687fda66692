"""What somebody at a terminal is told: one sentence of what is wrong, and the exit code that the README names."""

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy import cli
from deploy.verify.cli import verify
from deploy.verify.report import Report
from tests.deploy.records import OTHER, Record, Signer, edited

KEY = Signer().vkey
THIEF = Signer(b"\x09" * 32).vkey
CHANGED = KEY[:-6] + ("B" if KEY[-6] == "A" else "A") + KEY[-5:]
FOREIGN = Record(42, seed=6, log=OTHER)


def closely(record: Record) -> Record:
    """With a checkpoint after each entry, as an office has that writes one now and then."""
    record.sizes = list(range(1, len(record.entries) + 1))
    record.notes = [record.note(size) for size in record.sizes]
    return record


def said(target: Path | str, keys: list[str] | None = None) -> tuple[int, list[str], list[str]]:
    """The exit code, what is wrong, and all that is printed."""
    told: list[str] = []
    report = Report(told.append, lambda _: None)
    return verify(str(target), report=report, jobs=1, keys=keys), report.findings, told


def change(record: Record) -> None:
    record.entries[5] = edited(record.entries[5], lambda e: e.update(rule="other"))


def break_(record: Record) -> None:
    record.entries[5] = record.entries[5].replace(b'"act"', b'"axt"')


def swap(record: Record) -> None:
    record.entries[5], record.entries[6] = record.entries[6], record.entries[5]


def cut(record: Record) -> None:
    del record.entries[30:]


def exchange(record: Record) -> None:
    record.notes = FOREIGN.notes


def forge(record: Record) -> None:
    record.notes[3] = record.notes[3].replace("time 2026", "time 2027")


@pytest.mark.parametrize(
    ("attack", "says"),
    [
        (change, "Entry 5 (message.posted, of 2026-03-01T09:00:05.000000Z, id "),
        (break_, "Entry 5 (of 2026-03-01T09:00:05.000000Z, id "),
        (swap, "Entry 5 ("),
        (cut, "checkpoints.txt has a checkpoint of 42 entries, and only 30 are here: entries were cut off."),
        (exchange, "checkpoints.txt has no checkpoint of this log: checkpoint 1 of"),
        (forge, "Checkpoint 4 of checkpoints.txt has a signature that does not hold"),
    ],
)
def test_what_was_changed_is_said_once(attack: Callable[[Record], None], says: str, tmp_path: Path) -> None:
    record = closely(Record(42, seed=5))
    attack(record)
    code, findings, told = said(record.write(tmp_path / "record"), keys=[KEY])
    assert code == 1 and len(findings) == 1 and findings[0].startswith(says), findings
    if attack in (change, break_, swap):
        assert any("more things do not fit, as follows from that" in line for line in told)


def test_a_removed_entry_does_not_make_a_sentence_of_each_behind_it(tmp_path: Path) -> None:
    record = closely(Record(300, seed=5))
    del record.entries[50]
    code, findings, _ = said(record.write(tmp_path / "record"), keys=[KEY])
    assert code == 1 and len(findings) <= 2 and findings[-1].startswith("Entry 50 ("), findings


def test_what_is_wrong_in_itself_is_said_of_a_few_and_counted(tmp_path: Path) -> None:
    """Signed by who has the key: nothing follows from anything."""
    record = Record(60, seed=5)
    record.private = {n: (salt, "10.9.9.9") for n, (salt, _) in record.private.items()}
    code, findings, told = said(record.write(tmp_path / "record"), keys=[KEY])
    assert (code, len(findings)) == (1, 3) and "… and 57 more" in "\n".join(told)
    assert told[-1].startswith("WRONG  60 found")


@pytest.mark.parametrize(
    ("brought", "named", "says"),
    [
        (CHANGED, [], "key.txt: The key's id does not belong to its name and bytes: it was changed."),
        (CHANGED, [KEY], "key.txt: The key's id does not belong to its name and bytes: it was changed."),
        ("", [], "key.txt holds no key."),
        (THIEF, [], "Checkpoint 1 of checkpoints.txt is not signed by the key that the record brings."),
        (THIEF, [KEY], "The record's key.txt is not the key that you trust: it is casewire.test+"),
        (KEY, [THIEF], "The record's key.txt is not the key that you trust: it is casewire.test+"),
    ],
)
def test_a_changed_or_another_key_is_one_sentence(brought: str, named: list[str], says: str, tmp_path: Path) -> None:
    folder = Record(42, seed=5).write(tmp_path / "record")
    (folder / "key.txt").write_text(brought)
    code, findings, _ = said(folder, keys=named)
    assert code == 1 and len(findings) == 1 and findings[0].startswith(says), findings


def test_what_is_no_record_is_said_to_be_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "letter.txt").write_text("Dear all")
    (tmp_path / "new").mkdir()
    for name in ("entries.jsonl", "checkpoints.txt"):
        (tmp_path / "new" / name).touch()
    (tmp_path / "empty.zip").write_bytes(b"")
    (tmp_path / "some.json").write_text('{"a": 1}')
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as made:
        made.writestr("holiday.jpg", b"x")
    for name, says in (
        ("folder", "is no record: entries.jsonl is missing."),
        ("new", "holds no entry and no checkpoint, so there is nothing to verify."),
        ("letter.txt", "is no record and no exported case: it is no zip archive."),
        ("empty.zip", "is no record and no exported case: it is no zip archive."),
        ("other.zip", "is no record and no exported case: it has no manifest.json."),
        ("some.json", "is no record that was exported."),
        ("nowhere.zip", "There is no "),
    ):
        assert said(tmp_path / name)[0] == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1 and error.startswith("casewire: ") and says in error, error


def test_an_archive_without_its_end_or_its_manifest_was_changed(tmp_path: Path) -> None:
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as made:
        made.writestr("case.json", b"{}")
        made.writestr("audit/key.txt", KEY)
    whole = tmp_path / "case.zip"
    whole.write_bytes(box.getvalue())
    code, findings, _ = said(whole, keys=[KEY])
    assert (code, findings) == (1, ["manifest.json is missing."])
    whole.write_bytes(box.getvalue()[:-30])
    code, findings, _ = said(whole, keys=[KEY])
    assert code == 1 and len(findings) == 1 and "it was cut off or changed" in findings[0]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["audit", "export-log"], 'Command "audit export-log" parameter --org requires an argument.'),
        (["audit", "veryfy"], 'Did you mean "verify"?'),
        (["audit", "verify", "--kye", "x"], "Unknown option: --kye."),
        (["up", "--hubs", "many"], 'unable to convert "many" into int'),
    ],
)
def test_what_is_missing_on_the_command_line_is_one_sentence(
    words: list[str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written past Python's own stream, which a test reads by a pipe."""
    read, write = os.pipe()
    kept = os.dup(2)
    monkeypatch.setattr("sys.argv", ["casewire", *words])
    os.dup2(write, 2)
    try:
        with pytest.raises(SystemExit) as ended:
            cli.main()
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(write)
    with os.fdopen(read) as file:
        told = file.read()
    assert ended.value.code == 2
    assert told.startswith("casewire: ") and told.count("\n") == 1 and says in told, told
