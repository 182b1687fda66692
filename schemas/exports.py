"""A case exported: one archive that is made as it is downloaded, and checked without the server."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct


class Export(Struct, frozen=True):
    """What was asked for: a case as its exporter sees it. Counts and `bytes` are of `made_at`, to know how large the
    archive will be; it holds what they may see when it is downloaded, as `file_name`, until `expires_at`."""

    id: UUID
    case: UUID
    seq: int
    file_name: str
    made_at: datetime
    expires_at: datetime
    messages: int
    versions: int
    bytes: int


class Exported(Struct, frozen=True, kw_only=True):
    """A file of an archive, as its manifest names it."""

    path: str
    sha256: str
    size: int  # bytes


class LeftOut(Struct, frozen=True, kw_only=True):
    """A version whose bytes are not in the archive, and why."""

    version: UUID
    why: str
