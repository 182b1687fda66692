"""What a question over the record found, as somebody took it along: `casewire-audit-export/1`, one line of JSON."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from deploy.verify.entries import named, parsed
from deploy.verify.notes import Bad, Checkpoint, Key, open_note, read_checkpoint, strict64
from deploy.verify.record import trusted
from deploy.verify.report import Report, Unreadable
from deploy.verify.tree import included, leaf

FORMAT = "casewire-audit-export/1"
ANSWER_BYTES_MAX = 512 << 20
PATH_MAX = 64  # hashes
BEFORE, BETWEEN = b'{"export":', b',"note":'


def verify_answer(report: Report, path: Path, *, named: list[Key], witnesses: list[Path]) -> None:
    """Verify a file of what was found. What is not signed is not looked at any further."""
    if not path.exists():
        raise Unreadable(f"There is no {path}.")
    if path.stat().st_size > ANSWER_BYTES_MAX:
        raise Unreadable(f"{path} has more than {ANSWER_BYTES_MAX >> 20} MiB.")
    data = path.read_bytes()
    try:
        whole = json.loads(data)
        export, note = whole["export"], whole["note"]
        if export["format"] != FORMAT or not isinstance(note, str):
            raise Unreadable(f"{path} is of another format; take a newer verifier.")
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        if isinstance(problem, ValueError) and data.startswith(BEFORE):
            report.say("The file cannot be read to its end: it was cut off or changed.")
            return
        raise Unreadable(f"{path} is no record that was exported.") from None
    try:
        keys = trusted(report, str(export["key"]), named, "key")
    except Bad as problem:
        report.say(str(problem))
        return
    except (KeyError, TypeError):
        raise Unreadable(f"{path} is no record that was exported.") from None
    try:
        _verify(report, data, whole, keys, witnesses)
    except Bad as problem:
        (report.follows if report.mistrusted else report.say)(f"The file {problem}.")
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        report.say(f"The file does not hold what its format says ({type(problem).__name__}).")


def _verify(
    report: Report, data: bytes, whole: Mapping[str, Any], keys: list[Key], witnesses: list[Path]
) -> None:
    export, note = whole["export"], str(whole["note"])
    if canonical(whole) + b"\n" != data:
        raise Bad("is not spelled as it was exported: it was changed")
    inside = data[len(BEFORE) : data.rindex(BETWEEN)]
    said = open_note(note, keys).split("\n")
    entries: Sequence[Mapping[str, Any]] = export["entries"]
    expected = [
        FORMAT,
        export["origin"],
        str(len(entries)),
        sha256(inside).hexdigest(),
        f"time {export['made_at']}",
        "",
    ]
    if said != expected:
        raise Bad("was forged: its signature is for another one")
    origin = str(export["origin"])
    if not any(origin.startswith(f"{key.name}/audit/") for key in keys):
        raise Bad("is of a log that its key does not sign")
    log = origin.rpartition("/audit/")[2]
    top = None if export["checkpoint"] is None else read_checkpoint(export["checkpoint"], keys)
    if top is not None:
        if top.origin != origin:
            raise Bad("holds the checkpoint of another log")
        _witnessed(report, witnesses, keys, top)
    proved = sum(_entry(report, one, log, top) for one in entries)
    if len({one["n"] for one in entries}) != len(entries):
        report.say("An entry stands there twice.")
    report.fact(f"{len(entries):,} entries, exported {export['made_at']} by {export['made_by']}.")
    if top is not None:
        report.fact(
            f"{proved:,} of them are in the log of {top.size:,} that was signed {top.time.isoformat()}."
        )


def _entry(report: Report, one: Mapping[str, Any], log: str, top: Checkpoint | None) -> bool:
    """Whether the entry is proved to be in the log; one that came after the checkpoint is not."""
    n, line = int(one["n"]), canonical(one["entry"])
    found = parsed(line)
    if found is None:
        report.say(f"Entry {n} is no entry of a record.", "form")
        return False
    if found["log"].decode() != log:
        report.say(f"{named(n, line)} is of another log.", "log")
        return False
    if top is None or n >= top.size:
        return False
    path = [strict64(hash) for hash in one.get("path", ())[:PATH_MAX]]
    if not included(leaf(line), n, top.size, path, top.root):
        report.say(f"{named(n, line)} is not in the log that was signed: it was changed or made up.", "entry")
        return False
    return True


def _witnessed(report: Report, witnesses: list[Path], keys: list[Key], top: Checkpoint) -> None:
    for path in witnesses:
        for note in path.read_text(errors="replace").split("---\n"):
            if not note.startswith(f"{top.origin}\n"):
                continue
            kept = read_checkpoint(note, keys)
            if kept.size == top.size and kept.root != top.root:
                report.say(f"A witness holds another record of {kept.size:,} entries: {path.name}.")


def canonical(value: Any) -> bytes:
    """The one spelling of what holds strings, whole numbers, arrays, objects and null (RFC 8785)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
