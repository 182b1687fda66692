"""The bytes under examination, and the views of them that identifying and extracting share."""

from __future__ import annotations

import mmap
import time
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from functools import cached_property
from typing import BinaryIO
from zipfile import ZipFile

from workers.sandbox.results import Limits


class Unreadable(Exception):
    """The document is damaged, or made to do damage: `corrupt`, with a reason that quotes nothing of it."""


class Locked(Exception):
    """The document is there, but nobody can read it without its password."""


class _Mapped(mmap.mmap):
    """A memory map that zipfile takes for a file (it asks `seekable`, which mmap has only since Python 3.13)."""

    def seekable(self) -> bool:
        return True


class Content:
    """A file of `size` bytes as `data`, with what its uploader claims and the limits it is read under."""

    def __init__(self, file: BinaryIO, *, declared_media_type: str, filename: str, limits: Limits) -> None:
        self.size = file.seek(0, 2)
        # A private, copy-on-write map: pdfium wants a writable pointer, and the file itself must stay as it is.
        self.data: bytes | mmap.mmap = (
            _Mapped(file.fileno(), 0, access=mmap.ACCESS_COPY) if self.size else b""
        )
        self.declared = declared_media_type.partition(";")[0].strip().lower()
        self.extension = filename.rpartition(".")[2].lower() if "." in filename else ""
        self.limits = limits
        self._deadline = time.monotonic() + limits.seconds * 0.75

    def late(self) -> bool:
        """Whether it is time to hand over what there is, before the parent kills and all is lost."""
        return time.monotonic() > self._deadline

    @cached_property
    def archive(self) -> ZipFile:
        """The zip container. Raises `Unreadable` when it is none, or has more members than anyone needs."""
        if not isinstance(self.data, _Mapped):
            raise Unreadable("empty")
        try:
            archive = ZipFile(self.data)  # type: ignore[arg-type]  # a map reads and seeks like a file
        except Exception as error:
            raise Unreadable(f"broken zip container: {type(error).__name__}") from None
        if len(archive.filelist) > self.limits.zip_entries_max:
            raise Unreadable(f"zip container with more than {self.limits.zip_entries_max} members")
        return archive

    @cached_property
    def message(self) -> EmailMessage:
        """The e-mail, parsed leniently as the standard library does."""
        return BytesParser(policy=default).parsebytes(self.data[: self.limits.mail_bytes_max])
