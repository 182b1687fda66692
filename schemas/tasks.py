"""Tasks: things to do in a case, by somebody, perhaps by a day."""

from datetime import date, datetime
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from schemas.limits import ShortText, Title


class Task(Struct, frozen=True):
    id: UUID
    case: UUID
    title: str
    note: str
    assignee: UUID | None
    due_on: date | None
    audience: list[str]
    added_at: datetime
    added_by: UUID
    done_at: datetime | None
    done_by: UUID | None
    revision: int


class AddTask(Struct, frozen=True, forbid_unknown_fields=True):
    title: Title
    note: ShortText = ""
    assignee: UUID | None = None
    due_on: date | None = None
    audience: str | None = None  # a declared audience's name; default: staff


class ChangeTask(Struct, frozen=True, forbid_unknown_fields=True):
    title: Title | UnsetType = UNSET
    note: ShortText | UnsetType = UNSET
    assignee: UUID | None | UnsetType = UNSET
    due_on: date | None | UnsetType = UNSET
    done: bool | UnsetType = UNSET
