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
    newer_version: "of version 2 and this Casewire knows versions up to 1",
}
