"""Search over messages, documents and cases, only where the reader may see."""

from typing import Literal
from uuid import UUID

from msgspec import Struct


class Hit(Struct, frozen=True):
    """`snippet` marks what matched with U+E000 and U+E001; show it as text, never as HTML. `page` counts from 1.

    A document that was found by its text names the `version` that says so.
    """

    kind: Literal["message", "document", "case"]
    id: UUID
    version: UUID | None
    case: UUID
    case_title: str
    title: str
    snippet: str
    page: int | None
    rank: float


class Found(Struct, frozen=True):
    items: list[Hit]
    next: str | None
