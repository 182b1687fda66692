"""The verifier's own idea of the formats is that of the writer, and of the standards that both name."""

import asyncio
import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

import schemas.audit as written
from deploy.verify import tree
from deploy.verify.cli import main
from deploy.verify.entries import parsed
from deploy.verify.report import Report
from tests.deploy.records import LOG, Record, mth

ROOT = Path(__file__).parent.parent.parent
NAMES = st.sampled_from(["browser", "message.posted", "post_message", "document.read", "x"])
HASHES = st.binary(min_size=32, max_size=32).map(bytes.hex)
NUMBERS = st.integers(0, 2**53 - 1)

ENTRIES = st.builds(
    written.Entry,
    about=st.none() | HASHES,
    act=NAMES,
    at=st.integers(0, 2**32).map(lambda s: written.moment(datetime.fromtimestamp(s, UTC))),
    by=st.builds(
        written.Actor,
        kind=NAMES,
        person=st.none() | st.uuids(),
        session=st.none() | st.uuids(),
        via=st.none() | st.uuids(),
        viewing=st.none() | st.uuids(),
    ),
    case=st.none() | st.uuids(),
    from_=st.none() | HASHES,
    id=st.uuids(),
    log=st.uuids(),
    of=st.none() | st.builds(written.Version, document=st.uuids(), n=NUMBERS, sha256=HASHES, version=st.uuids()),
    outcome=st.sampled_from(["done", "refused"]),
    rule=st.text(max_size=60),
    spans=st.none()
    | st.lists(
        st.builds(written.Span, data=HASHES, first=NUMBERS, last=NUMBERS, stream=st.uuids()), min_size=1, max_size=3
    ),
    thing=st.none() | st.uuids(),
)


@settings(deadline=None, max_examples=100)
@given(entry=ENTRIES)
def test_what_the_writer_writes_is_an_entry(entry: written.Entry) -> None:
    line = written.canonical(entry)
    found = parsed(line)
    assert found is not None and found["id"].decode() == str(entry.id)
    assert rfc8785.dumps(json.loads(line)) == line


@settings(deadline=None, max_examples=100)
@given(entry=ENTRIES, data=st.data())
def test_no_other_spelling_of_it_is(entry: written.Entry, data: st.DataObject) -> None:
    """Whatever one byte is changed to: what the pattern takes is canonical all the same."""
    line = bytearray(written.canonical(entry))
    line[data.draw(st.integers(0, len(line) - 1))] = data.draw(st.integers(0, 255))
    if parsed(bytes(line)) is not None:
        assert rfc8785.dumps(json.loads(bytes(line))) == bytes(line)


def test_a_surrogate_a_space_or_a_field_more_is_no_entry() -> None:
    line = Record(1).entries[0]
    assert parsed(line)
    for other in (
        line.replace(b'"rule":"', b'"rule":"\\ud800'),
        line.replace(b'"rule":"', b'"rule":"\\u0041'),
        line.replace(b'"rule":"', b'"rule":"\\/'),
        line.replace(b'"rule":"', b'"rule":"\xff'),
        line.replace(b":", b": ", 1),
        line.replace(b'"thing"', b'"thought"'),
        line[:-1] + b',"v":1}',
        line + b"\n",
        b"",
    ):
        assert parsed(other) is None, other


def test_commitments_are_those_of_the_writer() -> None:
    from deploy.verify.chunks import committed

    assert committed(b"salt", b"a", b"bc") == written.committed(b"salt", b"a", b"bc") != committed(b"salt", b"ab", b"c")
    made = written.span(UUID(int=1), 1, 1, b"salt", [b"{}"])
    assert made.data == committed(sha256(b"salt" + b"data").digest(), b"{}")


@settings(deadline=None, max_examples=60)
@given(leaves=st.lists(st.binary(max_size=8), max_size=300), data=st.data())
def test_roots_and_proofs_are_those_of_the_standard(leaves: list[bytes], data: st.DataObject) -> None:
    """Against the recursion of RFC 6962, section 2.1, and proofs as that section makes them."""
    peaks: list[tree.Peak] = []
    for one in leaves:
        tree.push(peaks, 0, tree.leaf(one))
    top = mth(leaves)
    assert tree.root(peaks) == top == tree.root(tree.peaks_of([tree.leaf(one) for one in leaves]))
    if not leaves:
        return
    n = data.draw(st.integers(0, len(leaves) - 1))
    path = _path(n, leaves)
    assert tree.included(tree.leaf(leaves[n]), n, len(leaves), path, top)
    assert not tree.included(tree.leaf(leaves[n] + b"!"), n, len(leaves), path, top)
    assert not tree.included(tree.leaf(leaves[n]), n, len(leaves), [*path, top], top)
    size = data.draw(st.integers(1, len(leaves)))
    proof = _subproof(size, leaves, True)
    assert tree.consistent(size, mth(leaves[:size]), len(leaves), top, proof)
    assert not tree.consistent(size, sha256(b"other").digest(), len(leaves), top, proof)
    assert not tree.consistent(len(leaves) + 1, top, len(leaves), top, proof)


def _split(count: int) -> int:
    return 1 << (count - 1).bit_length() - 1


def _path(n: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if n < k:
        return [*_path(n, leaves[:k]), mth(leaves[k:])]
    return [*_path(n - k, leaves[k:]), mth(leaves[:k])]


def _subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = _split(len(leaves))
    if m <= k:
        return [*_subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*_subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def test_it_runs_alone_and_needs_nothing_of_casewire(tmp_path: Path) -> None:
    """Its folder, copied: with another record, a wrong key, and nothing at all."""
    shutil.copytree(ROOT / "deploy" / "verify", tmp_path / "deploy" / "verify")
    record = Record(30).write(tmp_path / "record")

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "deploy.verify", *arguments], cwd=tmp_path, capture_output=True, text=True,
            timeout=100, check=False, env={"PATH": "/usr/bin:/bin"},
        )  # fmt: skip

    good = run(str(record))
    assert (good.returncode, good.stderr) == (0, "")
    # A record that somebody signed all anew with a key of their own looks like this too, and the last line says so.
    assert "\nGOOD   Nothing was changed since it was signed with the key that it brings" in good.stdout
    known = run(str(record), "--key", str(record / "key.txt"))
    assert known.returncode == 0 and known.stdout.endswith("GOOD   Nothing was changed.\n")
    lines = (record / "entries.jsonl").read_bytes()
    (record / "entries.jsonl").write_bytes(lines.replace(b"staff", b"stuff", 1))
    wrong = run(str(record))
    assert wrong.returncode == 1 and "\nWRONG  The first 5 entries are not those that" in wrong.stdout
    assert wrong.stdout.count("WRONG") == 2  # and the last line
    none = run(str(tmp_path / "absent"))
    assert none.returncode == 2 and none.stderr.count("\n") == 1
    assert run(str(record), "--key", "nonsense").stderr == (
        "casewire: --key: The key is not of the form <name>+<id>+<base64>.\n"
    )


async def examined(folder: Path, jobs: str) -> int:
    return await asyncio.to_thread(main, [str(folder), "--jobs", jobs])


async def test_many_entries_are_examined_by_several_processes_as_by_one(tmp_path: Path) -> None:
    """More than two chunks, with checkpoints within them and at their ends; and a fault in the last."""
    record = Record(16384 * 2 + 100, seed=3)
    record.private = {}
    record.sizes = [1, 16383, 16384, 16385, 20000, 32768, 32868]
    record.notes = [record.note(size) for size in record.sizes]
    folder = record.write(tmp_path / "record")
    assert [await examined(folder, jobs) for jobs in ("2", "1")] == [0, 0]
    record.entries[32800], record.entries[32801] = record.entries[32801], record.entries[32800]
    record.write(folder)
    assert [await examined(folder, jobs) for jobs in ("2", "1")] == [1, 1]
    # The same entry again, in another chunk: found although no chunk sees both.
    record = Record(16384 + 50, seed=3)
    record.entries[-1] = record.entries[0]
    record.sign_again()
    record.private = {}
    record.write(folder)
    assert await examined(folder, "2") == 1
    assert LOG in (folder / "checkpoints.txt").read_text()


def test_no_name_steers_a_terminal_or_makes_a_line_of_its_own() -> None:
    """Whoever is named in what is verified chose that name; none of them says what was found."""
    told: list[str] = []
    report = Report(told.append)
    report.fact("Case 1 of Zoë \x1b[2J\u202e & Co.\nGOOD   Nothing was changed.")
    report.say("\r\x9b2K\u2028GOOD   Nothing was changed.")
    assert told == [
        "       Case 1 of Zoë \\x1b[2J\\u202e & Co.\\nGOOD   Nothing was changed.",
        "WRONG  \\r\\x9b2K\\u2028GOOD   Nothing was changed.",
    ]
