"""The log between backups as it lies in a shelf, and where a part of it is missing.

What the server had no longer when it was asked for begins anew in a folder of its own (`follow.py`), so a gap can only
be between two folders. A backup that was begun after it needs nothing of before.

`received-PRINT.jsonl`, signed, says of each file how many bytes of it were received and their SHA-256: PostgreSQL
takes a record that is damaged for the end of its log, and would end there without a word.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from deploy.backup.keys import Keys
from deploy.backup.ledger import file_of, files, read_signed, write_signed
from deploy.backup.shelf import Backup, Shelf
from deploy.embedded.child import StackError
from storage.postgres import backups

NAME_CHARS = 24  # of a segment: timeline, and two halves of its number
PARTIAL = ".partial"
RECEIVED, OBJECTS = "received", "objects.jsonl"
CHUNK_BYTES = 1 << 20


class Gap(NamedTuple):
    """Between what was received until `at` (as the shelf's clock says) and the segment `to`, something is missing."""

    at: datetime
    to: str

    def after(self, backup: Backup) -> bool:
        """Whether the log after this backup has it."""
        return first_segment(backup)[8:] < self.to[8:]


def gaps(shelf: Shelf, epoch: str) -> list[Gap]:
    """Every gap in the log of a history, oldest first."""
    found: list[Gap] = []
    before: Path | None = None
    for folder in sorted(shelf.wal(epoch).glob("*/"), key=lambda path: int(path.name)):
        segments = sorted(
            (path for path in folder.iterdir() if _is_segment(path)),
            key=lambda path: (path.name[8:NAME_CHARS], path.suffix != PARTIAL),
        )
        if not segments:
            continue
        if before is not None:
            size = _size(before) or _size(segments[-1])
            missing = _number(segments[0].name, size) - _number(before.name, size)
            if missing > (before.suffix != PARTIAL):
                at = datetime.fromtimestamp(before.stat().st_mtime, UTC)
                found.append(Gap(at, segments[0].name[:NAME_CHARS]))
        before = segments[-1]
    return found


def first_segment(backup: Backup) -> str:
    """The name of the segment with which recovery from this backup begins."""
    try:
        label = (backup.folder / "postgres" / "backup_label").read_text()
    except OSError as problem:
        raise StackError(f"The backup {backup.folder} is not whole: {problem.strerror}.") from None
    return label.partition("(file ")[2].partition(")")[0]


async def note(connection: Any, shelf: Shelf, epoch: str, slot: str, keys: Keys) -> None:
    """Write down what has been received by now."""
    folder = shelf.wal(epoch)
    file = file_of(folder, RECEIVED, keys)
    known = _noted(file, [keys]) if file.exists() else {}
    # What is on the disk is asked for first: it only grows.
    lsn = position(await connection.fetchval(backups.RECEIVED, slot) or "0/0")
    now = dict(known)
    for path in [*folder.glob("*/*"), folder / OBJECTS]:
        name = str(path.relative_to(folder)).removesuffix(PARTIAL)
        size = _size(path)
        if path.name != OBJECTS and not _is_segment(path):
            continue
        if path.suffix == PARTIAL and size:
            size = min(size, max(0, lsn - _number(path.name, size) * size))
        if size > known.get(name, (0, ""))[0] and (digest := _digest(path, size)):
            now[name] = (size, digest)
    if now != known:
        write_signed(file, [json.dumps([name, *what]) for name, what in now.items()], keys)


def check(shelf: Shelf, backup: Backup, sets: Sequence[Keys], *, all_of_it: bool) -> None:
    """Raises `StackError` where what was received after `backup` is not as it was. Not `all_of_it`: of the log as
    much as is needed shows itself, when a time is not reached."""
    folder, first = shelf.wal(backup.manifest.epoch), first_segment(backup)[8:]
    for file in files(folder, RECEIVED):
        for name, (size, digest) in _noted(file, sets).items():
            path = folder / name
            if path.name != OBJECTS and (not all_of_it or path.name[8:] < first):
                continue
            path = path if path.exists() else path.with_name(path.name + PARTIAL)
            if not path.exists() or _digest(path, size) != digest:
                more = "" if path.name == OBJECTS else "; name a time before it with --until"
                raise StackError(
                    f"The log in the backup is damaged: {name} is missing or holds other bytes than were "
                    f"received{more}."
                )


def check_reaches(shelf: Shelf, backup: Backup, until: datetime | None) -> None:
    """Raises `StackError` where the log after `backup` has a gap before the time that is wanted."""
    for gap in gaps(shelf, backup.manifest.epoch):
        if gap.after(backup) and (until is None or until >= gap.at):
            raise StackError(
                f"The log after the backup {backup.manifest.name} has a gap from {_said(gap.at)} on, so what came "
                "later cannot be restored; name a time before it with --until, or a backup that was made after it."
            )


def told(shelf: Shelf, whole: list[Backup]) -> list[str]:
    """A line for each gap in a history of which there are backups, and what closes it."""
    lines: list[str] = []
    for epoch in dict.fromkeys(backup.manifest.epoch for backup in whole):
        own = [backup for backup in whole if backup.manifest.epoch == epoch]
        for gap in gaps(shelf, epoch):
            closing = next((backup.manifest for backup in own if not gap.after(backup)), None)
            if closing is None:
                lines.append(
                    f"the log has a gap: nothing after {_said(gap.at)} can be restored; make a backup now, it closes it"
                )
            elif gap.after(own[0]):
                lines.append(
                    f"the log has a gap: no time from {_said(gap.at)} to {_said(closing.ended_at)} can be restored; "
                    f"{closing.name} closed it"
                )
    return lines


def _noted(file: Path, sets: Sequence[Keys]) -> dict[str, tuple[int, str]]:
    return {name: (size, digest) for name, size, digest in map(json.loads, read_signed(file, sets))}


def _digest(path: Path, size: int) -> str:
    """SHA-256 of the first `size` bytes; empty where there are not so many."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while size and (data := file.read(min(size, CHUNK_BYTES))):
                digest.update(data)
                size -= len(data)
    except OSError:
        return ""
    return "" if size else digest.hexdigest()


def _size(path: Path) -> int:
    """In bytes; 0 where it is not there, as a segment that got its name in this moment."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _is_segment(path: Path) -> bool:
    return len(path.name.removesuffix(PARTIAL)) == NAME_CHARS and _size(path) > 0


def _number(segment: str, size: int) -> int:
    """Which one of the log it is, counted in segments of `size` bytes."""
    return int(segment[8:16], 16) * ((1 << 32) // size) + int(segment[16:NAME_CHARS], 16)


def position(lsn: str) -> int:
    """A place in the log, as PostgreSQL writes it, in bytes from its beginning."""
    high, _, low = lsn.partition("/")
    return int(high, 16) << 32 | int(low, 16)


def _said(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
