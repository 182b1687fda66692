"""Deadlines and the notices that lead to them; tasks have a file of their own."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from schemas.limits import ShortText, Title

DeadlineStatus = Literal["open", "met", "cancelled"]
PlanStep = Annotated[str, Meta(pattern="^([1-9][0-9]{0,2}[dh]|overdue)$", description="`7d`, `2h` or `overdue`")]
Plan = Annotated[list[PlanStep], Meta(max_length=12)]


class Deadline(Struct, frozen=True):
    """Either `due_on`, a date in `zone` that ends with its last second, or `due_at`, an instant.

    `plan`: notices counted in days go at 09:00 in `zone`; in hours only for `due_at`. When nobody acknowledges an
    `overdue` notice within `escalate_after_h` hours, `escalate_to` is told.
    """

    id: UUID
    case: UUID
    title: str
    note: str
    due_on: date | None
    due_at: datetime | None
    zone: str
    status: DeadlineStatus
    plan: list[str]
    assignee: UUID | None
    escalate_to: UUID | None
    escalate_after_h: int
    audience: list[str]
    set_at: datetime
    set_by: UUID
    done_at: datetime | None
    revision: int


class SetDeadline(Struct, frozen=True, forbid_unknown_fields=True):
    title: Title
    due_on: date | None = None
    due_at: datetime | None = None
    zone: str | None = None
    note: ShortText = ""
    plan: Plan | None = None  # default: the case type's
    assignee: UUID | None = None  # default: every staff participant is told
    escalate_to: UUID | None = None
    escalate_after_h: Annotated[int, Meta(ge=1, le=720)] = 24
    audience: str | None = None  # a declared audience's name; default: staff


class ChangeDeadline(Struct, frozen=True, forbid_unknown_fields=True):
    title: Title | UnsetType = UNSET
    due_on: date | None | UnsetType = UNSET
    due_at: datetime | None | UnsetType = UNSET
    zone: str | UnsetType = UNSET
    note: ShortText | UnsetType = UNSET
    plan: Plan | UnsetType = UNSET
    assignee: UUID | None | UnsetType = UNSET
    escalate_to: UUID | None | UnsetType = UNSET
    status: DeadlineStatus | UnsetType = UNSET
