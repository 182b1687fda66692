"""A case: anything an office works on with people outside it until it is decided."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from schemas.limits import Title

Intake = Annotated[dict[str, Any], Meta(description="The fields that the case type declares.")]


class Case(Struct, frozen=True):
    id: UUID
    org: UUID
    type: str
    type_version: int
    number: str
    title: str
    status: str
    is_open: bool
    intake: dict[str, Any]
    zone: str  # IANA name
    opened_at: datetime
    opened_by: UUID
    closed_at: datetime | None
    revision: int


class CaseRow(Struct, frozen=True):
    """A case in a list, with what concerns the reader: unread messages, the next open deadline, the last event."""

    case: Case
    roles: list[str]
    unread: int
    next_deadline: date | None
    last_at: datetime
    seq: int


class CaseAnswer(Struct, frozen=True):
    """A case, and in which roles the reader acts on it."""

    case: Case
    roles: list[str]


class OpenCase(Struct, frozen=True, forbid_unknown_fields=True):
    org: UUID
    type: str
    title: Title
    intake: Intake = {}
    zone: str | None = None


class ChangeCase(Struct, frozen=True, forbid_unknown_fields=True):
    title: Title | UnsetType = UNSET
    intake: Intake | UnsetType = UNSET
    zone: str | UnsetType = UNSET


class MoveCase(Struct, frozen=True, forbid_unknown_fields=True):
    """Take a named transition."""

    name: Annotated[str, Meta(min_length=1, max_length=50)]
    note: Annotated[str, Meta(max_length=2000)] = ""
