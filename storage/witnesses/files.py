"""A witness that is a file."""

import asyncio
import os
import stat
from pathlib import Path
from uuid import UUID

from schemas.audit_log import log_of, read_note
from storage.witnesses.witness import BETWEEN, Held, Unheard

READ_BYTES = 1 << 20


class FileWitness:
    """A file of notes, each followed by a line `---`. It is on another machine than the database if it is to witness
    anything, and append-only for us (`chattr +a`) if it is to witness against us."""

    remembers = True

    def __init__(self, path: Path) -> None:
        self.name = f"file:{path}"
        self._path = path
        self._read = 0  # bytes of it, all of which are whole notes
        self._file: tuple[int, int] | None = None
        self._held: dict[UUID, Held] = {}

    async def held(self, log: UUID, told: int) -> Held | None:
        try:
            await asyncio.to_thread(self._look)
        except (OSError, UnicodeDecodeError) as error:
            raise Unheard(str(error)) from error
        return self._held.get(log)

    async def take(self, log: UUID, size: int, note: str) -> None:
        try:
            await asyncio.to_thread(self._append, note.encode() + BETWEEN[1:])
        except OSError as error:
            raise Unheard(str(error)) from error

    def _look(self) -> None:
        """Read what is new in it: another process may have led meanwhile, and somebody may have changed it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a+b") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise OSError(f"{self._path} is no file")
            if self._file != (found.st_dev, found.st_ino) or found.st_size < self._read:
                self._file, self._read, self._held = (found.st_dev, found.st_ino), 0, {}
            file.seek(self._read)
            rest = b""
            while data := file.read(READ_BYTES):
                *notes, rest = (rest + data).split(BETWEEN)
                for note in notes:
                    self._remember(note.decode() + "\n")
                    self._read += len(note) + len(BETWEEN)
            if rest:  # half a note, of a process that died in the middle: nobody was told that it was taken
                file.truncate(self._read)

    def _remember(self, note: str) -> None:
        try:
            said = read_note(note)
        except ValueError:
            return
        if (log := log_of(said.origin)) is not None and (
            log not in self._held or self._held[log].size <= said.size
        ):
            self._held[log] = Held(said.size, said.root)

    def _append(self, data: bytes) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            if os.write(descriptor, data) != len(data):
                raise OSError(f"{self._path} took only a part")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
