"""An archive that is never whole anywhere: a zip, written a part at a time to whoever takes the parts."""

import re
import unicodedata
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from schemas.exports import Exported

NAME_CHARS_MAX = 100  # of a file in it
# What some system takes for a path or a command, or shows as something else than it is.
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]')
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(10))})


class _Sink:
    """Takes what `ZipFile` writes. It cannot be sought in, so that sizes follow after each file."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: Any) -> int:
        self.parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass


class Archive:
    """Files one after the other; `take` answers what is ready to be sent. `files` names those that are finished."""

    def __init__(self, made_at: datetime) -> None:
        self._sink = _Sink()
        self._zip = ZipFile(self._sink, "w", ZIP_STORED, allowZip64=True)  # type: ignore[arg-type]
        self._at = max(made_at.timetuple()[:6], (1980, 1, 1, 0, 0, 0))
        self._entry: Any = None
        self._path, self._size, self._digest = "", 0, sha256()
        self.files: list[Exported] = []

    @property
    def open(self) -> bool:
        """Whether a file is begun and not finished."""
        return self._entry is not None

    def begin(self, path: str, *, packed: bool) -> None:
        info = ZipInfo(path, self._at)
        info.compress_type = ZIP_DEFLATED if packed else ZIP_STORED
        info.external_attr = 0o644 << 16
        self._entry = self._zip.open(info, "w", force_zip64=True)
        self._path, self._size, self._digest = path, 0, sha256()

    def write(self, data: bytes) -> None:
        self._entry.write(data)
        self._digest.update(data)
        self._size += len(data)

    def end(self) -> Exported:
        self._entry.close()
        self._entry = None
        made = Exported(path=self._path, sha256=self._digest.hexdigest(), size=self._size)
        self.files.append(made)
        return made

    def finish(self) -> None:
        self._zip.close()

    def abandon(self) -> None:
        """Let go of it: where it is not finished, what was taken of it opens nowhere."""
        if self.open:
            self._entry.close()
        self._zip.close()
        self._sink.parts.clear()

    def take(self) -> bytes:
        parts, self._sink.parts = self._sink.parts, []
        return b"".join(parts)


def safe_name(name: str) -> str:
    """A file's name that every system takes as it is, with its ending: never a path, never a device."""
    name = _UNSAFE.sub("_", unicodedata.normalize("NFC", name)).strip(" .") or "file"
    stem, dot, ending = name.rpartition(".")
    if dot and 0 < len(ending) <= 12:
        name = f"{stem[: NAME_CHARS_MAX - len(ending) - 1].rstrip(' .') or 'file'}.{ending}"
    else:
        name = name[:NAME_CHARS_MAX].rstrip(" .")
    return f"_{name}" if name.partition(".")[0].strip().lower() in _DEVICES else name


def archive_name(number: str, made_at: datetime) -> str:
    """What the archive of a case with this number is called, everywhere."""
    return safe_name(f"{number} {made_at.astimezone(UTC).date().isoformat()}.zip")
