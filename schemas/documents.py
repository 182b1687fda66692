"""Documents: a name and a kind over immutable versions."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from schemas.limits import VERSION_BYTES_MAX, Sha256, Title


class Document(Struct, frozen=True):
    id: UUID
    case: UUID
    name: str
    kind: str
    audience: list[str]
    added_at: datetime
    added_by: UUID
    revision: int


class AddDocument(Struct, frozen=True, forbid_unknown_fields=True):
    name: Title
    kind: Annotated[str, Meta(min_length=1, max_length=50)] = "other"
    audience: str | None = None  # a declared audience's name; default: staff alone, or what staff share with the adder


class ChangeDocument(Struct, frozen=True, forbid_unknown_fields=True):
    name: Title | UnsetType = UNSET
    kind: Annotated[str, Meta(min_length=1, max_length=50)] | UnsetType = UNSET


VersionStatus = Literal["awaiting", "received", "cleared", "quarantined", "abandoned"]
TextStatus = Literal["none", "ok", "no_text", "encrypted", "corrupt", "unsupported", "too_large", "failed"]


class Version(Struct, frozen=True):
    """Immutable bytes. Only a `cleared` one can be read; before that its uploader and staff see where it stands.

    `media_type` is what the bytes are (found by examination), or what was declared until then.
    """

    id: UUID
    document: UUID
    case: UUID
    n: int
    status: VersionStatus
    why: str
    file_name: str
    media_type: str
    size: int  # bytes
    sha256: str
    text_status: TextStatus
    pages: int
    begun_at: datetime
    by: UUID
    cleared_at: datetime | None
    revision: int


class BeginVersion(Struct, frozen=True, forbid_unknown_fields=True):
    file_name: Annotated[str, Meta(min_length=1, max_length=255)]
    media_type: Annotated[str, Meta(min_length=3, max_length=127, pattern=r"^[\w.+-]+/[\w.+-]+$")]
    size: Annotated[int, Meta(ge=1, le=VERSION_BYTES_MAX, description="bytes")]
    sha256: Sha256


class Upload(Struct, frozen=True):
    """PUT the bytes to `url` with exactly these headers before `expires_at`, then complete the version."""

    url: str
    headers: dict[str, str]
    expires_at: datetime


class BegunVersion(Struct, frozen=True):
    version: Version
    upload: Upload | None  # null when the same version was begun and completed before


class PageText(Struct, frozen=True):
    """The text of one page, counted from 1; a format without pages is cut into chunks."""

    page: int
    text: str


class FileAddress(Struct, frozen=True):
    """A short-lived, personal address on the files origin."""

    url: str
    expires_at: datetime
