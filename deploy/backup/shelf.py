"""A directory of backups: what lies where, who may write, and which backups are whole.

casewire-backups.json    of which house, and in which version
objects/ab/abcd…         sealed objects, each once, by the SHA-256 of what is stored
backups/NAME/            postgres/ (a base backup), objects.jsonl, manifest.json
backups/NAME.part/       one that is being made, or was interrupted
wal/EPOCH/N/             PostgreSQL's log since, and wal/EPOCH/objects.jsonl, the objects since
"""

import ctypes
import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, NamedTuple

import msgspec
from msgspec import Struct

from deploy.backup.keys import Keys, signed
from deploy.embedded.child import StackError
from deploy.embedded.nats import write_private

FORMAT = 1
MARK = "casewire-backups.json"
PART = ".part"
FREE_BYTES_MIN = 256 << 20  # stays free whatever is written
LOCK_WAIT_S = 30.0

_libc = ctypes.CDLL(None, use_errno=True)


class Held(Struct, frozen=True, array_like=True):
    """An object of the store as a shelf holds it: `bucket` is documents or quarantine, `version` what the store called
    it (null where nothing pins one), `sha256` that of the stored bytes, `size` in bytes."""

    bucket: str
    key: str
    version: str | None
    sha256: str
    size: int


class Manifest(Struct, frozen=True, kw_only=True):
    """What a backup holds. Times are UTC; `house` is PostgreSQL's system identifier, `epoch` the history that was
    copied, `checkpoints` the newest signed one of each log before the copy began and `audit_keys` who signs them,
    `lost` how many objects the database named and the store did not have; `database` and `superuser` what these were
    called in the cluster."""

    format: int = FORMAT
    name: str
    house: str
    epoch: str
    began_at: datetime
    ended_at: datetime
    schema: int
    postgres: int
    database_bytes: int
    database_sha256: str
    objects: int
    objects_bytes: int
    objects_sha256: str
    lost: int
    checkpoints: dict[str, str]
    audit_keys: list[str]
    salt: str
    prints: dict[str, str]
    database: str = "casewire"
    superuser: str = "postgres"


class _End(Struct, frozen=True):
    """The last line of a manifest: its hash, and a signature by the keys."""

    sha256: str
    signature: str


class _Mark(Struct, frozen=True):
    casewire_backups: int
    house: str


class Backup(NamedTuple):
    """A whole backup: its manifest, the exact bytes of that, and the signature under them."""

    folder: Path
    manifest: Manifest
    body: bytes
    signature: str

    def check(self, keys: Keys) -> None:
        """Raises `StackError` unless whoever made it had these keys."""
        if signed(keys, self.body) != self.signature:
            raise StackError(
                f"The manifest of {self.folder} was not written with these keys; it has been exchanged."
            )


Place = tuple[str, str, str | None]


class Shelf:
    """The backups in `place`."""

    def __init__(self, place: Path) -> None:
        self.place = place.absolute()
        self.objects = self.place / "objects"
        self.backups = self.place / "backups"

    def make(self, house: str) -> None:
        """Make the directory what it must be, or see that it is. Raises `StackError` for another house's."""
        try:
            self.place.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not (self.place / MARK).exists():
                if any(self.place.iterdir()):
                    raise StackError(
                        f"{self.place} is not empty and holds no backups; name another directory."
                    )
                write_private(self.place / MARK, msgspec.json.encode(_Mark(FORMAT, house)).decode())
            self.objects.mkdir(exist_ok=True, mode=0o700)
            self.backups.mkdir(exist_ok=True, mode=0o700)
        except OSError as problem:
            raise StackError(f"{self.place} cannot be written: {problem.strerror}.") from None
        if self.house() != house:
            raise StackError(f"{self.place} holds the backups of another Casewire; name another directory.")

    def house(self) -> str:
        """Whose backups these are. Raises `StackError` for no directory of backups, or one of a newer version."""
        try:
            mark = msgspec.json.decode((self.place / MARK).read_bytes(), type=_Mark)
        except OSError:
            raise StackError(f"There are no backups in {self.place}.") from None
        except msgspec.MsgspecError:
            raise StackError(f"{self.place / MARK} is damaged, so nothing here can be trusted.") from None
        if mark.casewire_backups > FORMAT:
            raise StackError(
                f"The backups in {self.place} are of version {mark.casewire_backups} and this Casewire knows versions "
                f"up to {FORMAT}; use the newer Casewire that wrote them."
            )
        return mark.house

    @contextmanager
    def taken(self, *, shared: bool = False, wait_s: float | None = None) -> Iterator[None]:
        """Alone, or with others who only read. A follower has it for moments, so it is waited for; raises `StackError`
        when somebody has it for longer."""
        try:
            lock = (self.place / "lock").open("r" if shared else "a")
        except OSError:
            if not shared:
                raise StackError(f"{self.place} cannot be written.") from None
            yield  # nothing was ever written here, or nothing can be
            return
        with lock:
            deadline = time.monotonic() + (LOCK_WAIT_S if wait_s is None else wait_s)
            while not locked(lock, shared=shared):
                if time.monotonic() >= deadline:
                    raise StackError(f"Another backup works in {self.place}; wait until it is done.")
                time.sleep(0.05)
            yield

    def whole(self) -> list[Backup]:
        """Every whole backup, oldest first. Raises `StackError` for one whose manifest is not as it was written."""
        names = sorted(path.name for path in self.backups.iterdir()) if self.backups.is_dir() else []
        return [self.named(name) for name in names if not name.endswith(PART)]

    def named(self, name: str) -> Backup:
        folder = self.backups / name
        if "/" in name or name.endswith(PART) or not folder.is_dir():
            raise StackError(f"There is no backup {name} in {self.place}; `casewire backup list` names them.")
        try:
            body, _, rest = (folder / "manifest.json").read_bytes().partition(b"\n")
            end = msgspec.json.decode(rest, type=_End)
            if sha256(body).hexdigest() != end.sha256:
                raise ValueError
            manifest = msgspec.json.decode(body, type=Manifest)
        except (OSError, ValueError):
            raise StackError(
                f"The backup {folder} is not whole: its manifest is missing or damaged."
            ) from None
        if manifest.format > FORMAT:
            raise StackError(
                f"The backup {folder} is of version {manifest.format} and this Casewire knows versions up to {FORMAT}; "
                "use the newer Casewire that wrote it."
            )
        return Backup(folder, manifest, body, end.signature)

    def write_manifest(self, folder: Path, manifest: Manifest, keys: Keys) -> None:
        body = msgspec.json.encode(manifest)
        end = msgspec.json.encode(_End(sha256(body).hexdigest(), signed(keys, body)))
        write_private(folder / "manifest.json", (body + b"\n" + end + b"\n").decode())

    def held(self, backup: Backup) -> list[Held]:
        """The objects of a backup. Raises `StackError` when the list is not the one that was written."""
        data = _read(backup.folder / "objects.jsonl")
        if sha256(data).hexdigest() != backup.manifest.objects_sha256:
            raise StackError(
                f"The backup {backup.folder} is damaged: objects.jsonl is not as it was written."
            )
        return [msgspec.json.decode(line, type=Held) for line in data.splitlines()]

    def since(self, epoch: str) -> list[Held]:
        """The objects that were copied between backups. A last line that was cut off stands for nothing."""
        file = self.wal(epoch) / "objects.jsonl"
        if not file.exists():
            return []
        *lines, _ = _read(file).split(b"\n")
        try:
            return [msgspec.json.decode(line, type=Held) for line in lines]
        except msgspec.MsgspecError:
            raise StackError(f"{file} is damaged: it names objects by lines that cannot be read.") from None

    def followed(self) -> set[str]:
        """The histories that somebody follows into this place now."""
        found: set[str] = set()
        for path in self.wal("").glob("*/lock"):
            with path.open() as lock:
                if not locked(lock, shared=True):
                    found.add(path.parent.name)
        return found

    def wal(self, epoch: str) -> Path:
        return self.place / "wal" / epoch

    def object(self, digest: str) -> Path:
        return self.objects / digest[:2] / digest

    def has(self, held: Held) -> bool:
        try:
            return self.object(held.sha256).stat().st_size == held.size
        except OSError:
            return False

    def known(self, epoch: str) -> dict[Place, Held]:
        """What need not be copied again: a store never changes what it calls by a version."""
        newest = [backup for backup in self.whole() if backup.manifest.epoch == epoch][-1:]
        held = [*(one for backup in newest for one in self.held(backup)), *self.since(epoch)]
        return {place(one): one for one in held if one.version is not None}

    def check_space(self, bytes_needed: int, what: str) -> None:
        check_space(self.place, bytes_needed, what)

    def clear_parts(self) -> None:
        """Remove what interrupted backups left. Only while nobody else is here."""
        for path in self.backups.glob("*" + PART):
            shutil.rmtree(path, ignore_errors=True)
        shutil.rmtree(self.place / "incoming", ignore_errors=True)


def locked(lock: IO[str], *, shared: bool = False) -> bool:
    """Take the lock if nobody has it; it is free again when the file is closed."""
    try:
        fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def place(held: Held) -> Place:
    return held.bucket, held.key, held.version


def check_space(where: Path, bytes_needed: int, what: str) -> None:
    """Raises `StackError` unless so much and some more is free."""
    free, needed = shutil.disk_usage(where).free, bytes_needed + FREE_BYTES_MIN
    if free < needed:
        raise StackError(f"The disk under {where} has {free >> 20} MiB free and {what} needs {needed >> 20}.")


def lines(held: Iterable[Held]) -> bytes:
    return b"".join(msgspec.json.encode(one) + b"\n" for one in held)


def to_disk(folder: Path) -> None:
    """Until everything on the file system of `folder` is on the disk itself."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if _libc.syncfs(descriptor) != 0:
            raise StackError(f"The disk under {folder} does not write: {os.strerror(ctypes.get_errno())}.")
    finally:
        os.close(descriptor)


def digest_of(file: Path) -> str:
    """SHA-256 in hexadecimal; empty when there is no such file."""
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return ""


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise StackError(f"{file} cannot be read: {problem.strerror}.") from None
