"""Ten thousand attacks on a record: each is found, in a sentence; what nobody touched is good.

In CI a short form; all of them with `VERIFY_ATTACKS=10000`. Attack `n` is the same every time.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from deploy.verify.record import keys_named, verify_folder
from deploy.verify.report import Report, Unreadable
from tests.deploy.records import LOG, OTHER, Record, Signer, bare, edited, uuid

ATTACKS = int(os.environ.get("VERIFY_ATTACKS", "300"))
WITNESSED = 3  # the checkpoint that the attacker cannot reach

RECORD = Record(count=42, seed=5)
FOREIGN = Record(count=42, seed=6, log=OTHER)
THIEF = Signer(b"\x09" * 32)

Attack = Callable[[random.Random, Record, Path], None]


def _random_field(rng: random.Random) -> Callable[[dict[str, Any]], object]:
    def change(entry: dict[str, Any]) -> None:
        name = rng.choice(sorted(entry))
        match entry[name]:
            case str() if name in ("at", "rule", "act"):
                entry[name] = {"at": "2026-03-01T09:00:00.000001Z", "rule": "other", "act": "case.read"}[name]
            case str() if name == "outcome":
                entry[name] = "refused" if entry[name] == "done" else "done"
            case str() if name == "from":
                entry[name] = rng.randbytes(32).hex()
            case str():
                entry[name] = uuid(rng)
            case dict() as inner:
                inner[rng.choice(["session", "person"]) if name == "by" else "version"] = uuid(rng)
            case list() as spans:
                spans[0]["last"] += rng.randrange(1, 4)
            case _:
                raise AssertionError(name)

    return change


def _tamper(rng: random.Random, record: Record) -> None:
    """Change what the first entries say that the witness saw, in one of many ways, and sign all of it again."""
    top = record.sizes[WITNESSED]
    at = rng.randrange(top)
    match rng.randrange(5):
        case 0:
            record.entries[at] = edited(record.entries[at], _random_field(rng))
        case 1:
            del record.entries[at]
        case 2:
            other = (at + 1 + rng.randrange(top - 1)) % top
            entries = record.entries
            entries[at], entries[other] = entries[other], entries[at]
        case 3:
            record.entries.insert(at, edited(record.entries[at], lambda e: e.update(id=uuid(rng))))
        case _:
            del record.entries[rng.randrange(top) :]
    record.sign_again()


def flip_entries(rng: random.Random, record: Record, folder: Path) -> None:
    _flip(rng, folder / "entries.jsonl")


def flip_checkpoints(rng: random.Random, record: Record, folder: Path) -> None:
    _flip(rng, folder / "checkpoints.txt")


def flip_private(rng: random.Random, record: Record, folder: Path) -> None:
    _flip(rng, folder / "private.jsonl")


def _flip(rng: random.Random, path: Path) -> None:
    data = bytearray(path.read_bytes())
    at = rng.randrange(len(data))
    data[at] ^= 1 << rng.randrange(8) if rng.random() < 0.7 else rng.randrange(1, 256)
    path.write_bytes(data)


def cut_entries(rng: random.Random, record: Record, folder: Path) -> None:
    _cut(rng, folder / "entries.jsonl")


def cut_checkpoints(rng: random.Random, record: Record, folder: Path) -> None:
    path = folder / "checkpoints.txt"
    data = path.read_bytes()
    # Not down to a whole earlier checkpoint: the entries after it are then said to be under none.
    path.write_bytes(data[: rng.randrange(len(data))])


def _cut(rng: random.Random, path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: rng.randrange(len(data))])


def edit_field(rng: random.Random, record: Record, folder: Path) -> None:
    at = rng.randrange(len(record.entries))
    record.entries[at] = edited(record.entries[at], _random_field(rng))
    record.write(folder)


def remove(rng: random.Random, record: Record, folder: Path) -> None:
    for _ in range(rng.choice([1, 1, 1, 2, 5])):
        del record.entries[rng.randrange(len(record.entries))]
    record.write(folder)


def double(rng: random.Random, record: Record, folder: Path) -> None:
    at = rng.randrange(len(record.entries))
    record.entries.insert(rng.randrange(len(record.entries) + 1), record.entries[at])
    record.write(folder)


def reorder(rng: random.Random, record: Record, folder: Path) -> None:
    before = list(record.entries)
    while record.entries == before:
        start = rng.randrange(len(before) - 1)
        some = record.entries[start : start + rng.randrange(2, 8)]
        rng.shuffle(some)
        record.entries[start : start + len(some)] = some
    record.write(folder)


def forge(rng: random.Random, record: Record, folder: Path) -> None:
    made = edited(rng.choice(record.entries), lambda e: e.update(id=uuid(rng), rule="forged"))
    record.entries.insert(rng.randrange(len(record.entries) + 1), made)
    record.write(folder)


def fork(rng: random.Random, record: Record, folder: Path) -> None:
    """By somebody who holds everything, the signing key too, but not what the witness kept."""
    _tamper(rng, record)
    record.write(folder)


def steal(rng: random.Random, record: Record, folder: Path) -> None:
    """A record made anew with another key, which it brings along; from time to time just as it was."""
    record.signer = THIEF
    if rng.random() < 0.8:
        _tamper(rng, record)
    record.sign_again()
    record.write(folder)


def swap_checkpoints(rng: random.Random, record: Record, folder: Path) -> None:
    """Checkpoints of another log, signed by the same key: all, or one."""
    if rng.random() < 0.3:
        record.notes = list(FOREIGN.notes)
    else:
        at = rng.randrange(len(record.notes))
        record.notes[at] = FOREIGN.notes[at]
    record.write(folder)


def exchange_record(rng: random.Random, record: Record, folder: Path) -> None:
    """Another log's record in the place of this one, whole and well signed."""
    FOREIGN.write(folder)


def reorder_checkpoints(rng: random.Random, record: Record, folder: Path) -> None:
    first, second = rng.sample(range(len(record.notes)), 2)
    record.notes[first], record.notes[second] = record.notes[second], record.notes[first]
    record.write(folder)


def drop_last_checkpoint(rng: random.Random, record: Record, folder: Path) -> None:
    del record.notes[-rng.randrange(1, len(record.notes)) :]
    record.write(folder)


def lie_with_the_key(rng: random.Random, record: Record, folder: Path) -> None:
    """What nobody may sign, after all that the witness saw: it is wrong in itself."""
    last = len(record.entries) - 1
    at = rng.randrange(record.sizes[WITNESSED], last)
    entries = record.entries

    def unlike(entry: dict[str, Any]) -> None:
        if "spans" in entry:
            entry["spans"][0]["first"] = entry["spans"][0]["last"] = 9000  # a hole behind which events could hide
        else:
            entry["by"]["passport"] = "unknown"

    match rng.randrange(6):
        case 0:
            entries[at] = edited(entries[at], lambda e: e.update(id=record_id(entries[rng.randrange(at)])))
        case 1:
            entries[at] = edited(entries[at], unlike)
        case 2:
            entries[at] = entries[at].replace(b":", b": ", 1)
        case 3:
            entries[at] = edited(entries[at], lambda e: e.update(at="2026-02-01T00:00:00.000000Z"))
        case 4:
            entries[at] = edited(entries[at], lambda e: e.update(log=OTHER))
        case _:
            entries[at] = edited(entries[at], lambda e: e.pop("rule"))
    record.sign_again()
    record.write(folder)


def record_id(entry: bytes) -> str:
    import json

    return json.loads(entry)["id"]


KINDS: list[Attack] = [
    flip_entries, flip_entries, flip_checkpoints, flip_private, cut_entries, cut_checkpoints, edit_field, remove,
    double, reorder, forge, fork, fork, fork, steal, swap_checkpoints, exchange_record, reorder_checkpoints,
    drop_last_checkpoint, lie_with_the_key,
]  # fmt: skip


def look(folder: Path, witness: Path | None) -> Report:
    report = Report(tell=lambda _: None, progress=lambda _: None)
    try:
        named = keys_named([RECORD.signer.vkey])
        verify_folder(report, folder, named=named, witnesses=[witness] if witness else [], jobs=1)
    except Unreadable as problem:
        report.say(str(problem))
    return report


@pytest.mark.timeout(900)
async def test_every_attack_is_found(tmp_path: Path) -> None:
    witness = tmp_path / "witness.txt"
    witness.write_text(RECORD.notes[WITNESSED])
    missed: list[str] = []
    tried: Counter[str] = Counter()
    for n in range(ATTACKS):
        attack = KINDS[n % len(KINDS)]
        record = deepcopy_of(RECORD)
        folder = record.write(tmp_path / "record")
        attack(random.Random(f"attack {n}"), record, folder)
        tried[attack.__name__] += 1
        await asyncio.sleep(0)  # what other tests have open goes on answering
        report = look(folder, witness)
        if not report.findings:
            missed.append(f"{n} {attack.__name__}")
        for sentence in report.findings:
            assert sentence.endswith(".") and "\n" not in sentence and len(sentence) < 400, sentence
    assert not missed, (len(missed), missed[:20])
    assert set(tried) == {kind.__name__ for kind in KINDS}


def deepcopy_of(record: Record) -> Record:
    signer, record.signer = record.signer, Signer()
    copy = deepcopy({k: v for k, v in vars(record).items() if k != "signer"})
    record.signer = signer
    made = Record.__new__(Record)
    vars(made).update(copy, signer=signer)
    return made


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 9, 255, 256, 257, 600])
def test_an_untouched_record_is_good(tmp_path: Path, count: int) -> None:
    record = Record(count=count, seed=count)
    folder = record.write(tmp_path / "record")
    witness = tmp_path / "witness.txt"
    # A witness keeps those of many logs, and may have heard one twice.
    notes = [record.notes[0], FOREIGN.notes[0], record.notes[0], record.notes[-1]]
    witness.write_text("---\n".join(notes))
    report = look(folder, witness)
    assert report.findings == [] and report.finish() == 0


def test_a_fork_is_found_only_with_what_a_witness_kept(tmp_path: Path) -> None:
    """What makes the witness worth having: the same attack without it goes unseen, and the verifier says so."""
    record = deepcopy_of(RECORD)
    record.entries[3] = edited(record.entries[3], lambda e: e.update(rule="other"))
    record.sign_again()
    folder = record.write(tmp_path / "record")
    alone = look(folder, None)
    assert alone.findings == [] and any("kept elsewhere" in fact for fact in alone.facts)
    witness = tmp_path / "witness.txt"
    witness.write_text(RECORD.notes[WITNESSED])
    found = look(folder, witness)
    assert len(found.findings) == 1 and "are not those that the checkpoint of" in found.findings[0]


def test_what_was_destroyed_is_no_error_and_is_counted(tmp_path: Path) -> None:
    record = deepcopy_of(RECORD)
    for n in range(10):
        del record.private[n]
    report = look(record.write(tmp_path / "record"), None)
    assert report.findings == []
    assert any("of 10 entries is destroyed" in fact for fact in report.facts)


def test_a_record_of_nothing_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"entries\.jsonl is missing"):
        verify_folder(Report(lambda _: None), tmp_path, named=[], witnesses=[])
    assert LOG != OTHER and bare({}) == b"{}"
