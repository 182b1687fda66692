"""What the sandbox is asked and what it answers: pure values, safe to import anywhere."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

Verdict = Literal["clean", "refused"]
TextStatus = Literal["ok", "no_text", "encrypted", "corrupt", "unsupported", "too_large", "failed"]
How = Literal["exited", "crashed", "timeout", "too_much_output", "unreadable"]

Count = Annotated[int, Meta(ge=0)]


class Limits(Struct, frozen=True, kw_only=True):
    """Every bound of one examination. Reaching one never raises; the result says which one it was."""

    bytes_max: int = 200 * 2**20
    """Bytes of a file whose text is taken; a larger one is still hashed and typed, and says `too_large`."""
    pages_max: int = 5_000
    """Pages (or chunks) that are returned; `page_count` still tells the true number of a PDF."""
    text_chars_max: int = 20_000_000
    """Characters over all pages."""
    page_bytes_max: int = 200_000
    """UTF-8 bytes of one page: PostgreSQL refuses a tsvector above 1 MB."""
    chunk_bytes_max: int = 50_000
    """UTF-8 bytes of one chunk of a format that has no pages."""
    html_bytes_max: int = 8 * 2**20
    """Bytes of an HTML page that are parsed (a tree takes thirty times as much memory); the rest is cut off."""
    mail_bytes_max: int = 64 * 2**20
    """Bytes of an e-mail that are parsed; the rest is cut off, with the attachments in it."""
    zip_entries_max: int = 10_000
    """Members of a zip container."""
    zip_bytes_max: int = 256 * 2**20
    """Unpacked bytes read from one zip container, whatever its directory claims."""
    seconds: float = 60
    """Wall clock of the child. Text that is not ready at three quarters of it is cut there."""
    cpu_seconds: int = 60
    """Processor time of the child, kept by the kernel."""
    memory_bytes_max: int = 2**30
    """Address space of the child, the mapped file included."""

    @property
    def output_bytes_max(self) -> int:
        """Bytes a child may print: four a character at worst, and room for the rest."""
        return 4 * self.text_chars_max + 2**20


class Job(Struct, frozen=True):
    """One file to examine. The media type and the name are the uploader's claims."""

    path: str
    declared_media_type: str
    filename: str
    limits: Limits


class Identified(Struct, frozen=True):
    """First line a child prints, before any parser of a document format has run."""

    found_media_type: str
    verdict: Verdict
    why: str
    mismatch: bool


class Extracted(Struct, frozen=True):
    """Second line a child prints."""

    text_status: TextStatus
    pages: list[str] = field(default_factory=list[str])
    page_count: Count = 0
    truncated: bool = False
    detail: str = ""


class Ended(Struct, frozen=True):
    """How the child of one file ended, said by the process that forked it. The hash and size are of that process
    and not of the child, so that a parser taken over by a document cannot lie about them."""

    how: How
    sha256: str = ""
    size: Count = 0
    detail: str = ""
    output_bytes: Count = 0
    """Bytes the child printed; they follow this value on the wire."""


class Examined(Struct, frozen=True, kw_only=True):
    """What is known of a file. `refused` must never be shown to anyone; `why` may be, it holds nothing of the text."""

    sha256: str
    """Lower-case hexadecimal."""
    size: int
    declared_media_type: str
    found_media_type: str
    """By content alone; `application/octet-stream` when nothing recognised it."""
    mismatch: bool
    """Declared and found differ and the pair is not a tolerated one. Harmless in itself, worth showing to staff."""
    verdict: Verdict
    why: str
    """Reason of a refusal, or of the mismatch; else empty."""
    text_status: TextStatus
    pages: list[str]
    """Text by page, or in chunks; no NUL and no lone surrogate. Empty unless `text_status` is `ok`."""
    page_count: int
    """Pages of the document, also where fewer are returned; chunks for a format without pages."""
    truncated: bool
    """A limit cut the text; `detail` names it."""
    detail: str


class Failure(Struct, frozen=True):
    """The sandbox itself could not work, so nothing is known of the file: try again later."""

    why: str
