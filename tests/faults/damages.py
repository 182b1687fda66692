"""What can be wrong with a backup, and what is said of it."""

import shutil
from collections.abc import Callable
from pathlib import Path

from deploy.backup.shelf import MARK, Shelf


def rewrite(file: Path, change: Callable[[bytes], bytes]) -> None:
    data = file.read_bytes()
    file.unlink()
    file.write_bytes(change(data))


def an_object(shelf: Shelf) -> Path:
    return shelf.object(shelf.held(shelf.whole()[-1])[0].sha256)


def truncated_database(shelf: Shelf) -> None:
    file = max(
        (shelf.whole()[-1].folder / "postgres" / "base").glob("*/*"), key=lambda path: path.stat().st_size
    )
    rewrite(file, lambda data: data[:-8192])


def changed_database(shelf: Shelf) -> None:
    file = max(
        (shelf.whole()[-1].folder / "postgres" / "base").glob("*/*"), key=lambda path: path.stat().st_size
    )
    rewrite(file, lambda data: data[:100] + bytes([data[100] ^ 1]) + data[101:])


def exchanged_database(shelf: Shelf) -> None:
    older, newer = (backup.folder / "postgres" for backup in shelf.whole())
    shutil.rmtree(newer)
    shutil.copytree(older, newer)


def lost_file(shelf: Shelf) -> None:
    (shelf.whole()[-1].folder / "postgres" / "global" / "pg_control").unlink()


def cut_manifest(shelf: Shelf) -> None:
    rewrite(shelf.whole()[-1].folder / "manifest.json", lambda data: data[: len(data) // 2])


def missing_object(shelf: Shelf) -> None:
    an_object(shelf).unlink()


def truncated_object(shelf: Shelf) -> None:
    rewrite(an_object(shelf), lambda data: data[:-1])


def exchanged_object(shelf: Shelf) -> None:
    rewrite(an_object(shelf), lambda data: bytes(len(data)))


def changed_list(shelf: Shelf) -> None:
    rewrite(
        shelf.whole()[-1].folder / "objects.jsonl", lambda data: data.replace(b"documents", b"quarantine")
    )


def newer_version(shelf: Shelf) -> None:
    rewrite(shelf.place / MARK, lambda data: data.replace(b'"casewire_backups":1', b'"casewire_backups":2'))


def flipped(file: Path, at: int | None = None) -> None:
    """One bit of the middle, or of a place."""
    rewrite(file, lambda data: _flip(data, len(data) // 2 if at is None else at))


def _flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def flipped_manifest(shelf: Shelf) -> None:
    flipped(shelf.whole()[-1].folder / "manifest.json")


def flipped_database_manifest(shelf: Shelf) -> None:
    flipped(shelf.whole()[-1].folder / "postgres" / "backup_manifest")


def flipped_object(shelf: Shelf) -> None:
    flipped(an_object(shelf))


def flipped_mark(shelf: Shelf) -> None:
    flipped(shelf.place / MARK, 0)


def of(shelf: Shelf, name: str) -> Path:
    [file] = shelf.place.glob(f"{name}-*.jsonl")
    return file


def flipped_erasures(shelf: Shelf) -> None:
    flipped(of(shelf, "erasures"))


def cut_erasures(shelf: Shelf) -> None:
    rewrite(of(shelf, "erasures"), lambda data: data[: len(data) // 2])


def flipped_authority(shelf: Shelf) -> None:
    flipped(of(shelf, "authority"))


def cut_authority(shelf: Shelf) -> None:
    rewrite(of(shelf, "authority"), lambda data: data[:-1].rpartition(b"\n")[0] + b"\n")


def log_after(shelf: Shelf) -> Path:
    """The segment that holds what happened after the newest backup."""
    return max(shelf.wal(shelf.whole()[-1].manifest.epoch).glob("*/*"), key=lambda path: path.name)


def flipped_log(shelf: Shelf) -> None:
    flipped(log_after(shelf), 5000)


def cut_log(shelf: Shelf) -> None:
    rewrite(log_after(shelf), lambda data: data[:4000])


def missing_log(shelf: Shelf) -> None:
    log_after(shelf).unlink()


def flipped_received(shelf: Shelf) -> None:
    [file] = shelf.wal(shelf.whole()[-1].manifest.epoch).glob("received-*.jsonl")
    flipped(file)


def flipped_since(shelf: Shelf) -> None:
    flipped(shelf.wal(shelf.whole()[-1].manifest.epoch) / "objects.jsonl")


def cut_since(shelf: Shelf) -> None:
    rewrite(shelf.wal(shelf.whole()[-1].manifest.epoch) / "objects.jsonl", lambda data: data[:-20])


SIGNED = "was not written with these keys, or is damaged; put the right one back"
RECEIVED = "is missing or holds other bytes than were received"

DAMAGES: dict[Callable[[Shelf], None], str] = {
    truncated_database: "The database in the backup is damaged",
    changed_database: "The database in the backup is damaged",
    exchanged_database: "the database's manifest is not as it was written",
    lost_file: "The database in the backup is damaged",
    cut_manifest: "its manifest is missing or damaged",
    missing_object: "is missing or cut off",
    truncated_object: "is missing or cut off",
    exchanged_object: "holds other bytes than were put there",
    changed_list: "objects.jsonl is not as it was written",
    flipped_manifest: "its manifest is missing or damaged",
    flipped_database_manifest: "the database's manifest is not as it was written",
    flipped_object: "holds other bytes than were put there",
    flipped_mark: "is damaged, so nothing here can be trusted",
    flipped_erasures: SIGNED,
    cut_erasures: SIGNED,
    flipped_authority: SIGNED,
    cut_authority: SIGNED,
    flipped_log: RECEIVED,
    cut_log: RECEIVED,
    missing_log: RECEIVED,
    flipped_received: SIGNED,
    flipped_since: RECEIVED,
    cut_since: RECEIVED,
    newer_version: "of version 2 and this Casewire knows versions up to 1",
}
