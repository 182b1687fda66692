"""Notices: what a person's inbox holds. Made by workers, acknowledged by the person."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

NoticeKind = Literal["deadline", "escalation", "case", "task", "message"]


class Notice(Struct, frozen=True):
    """`late` says that it should have gone earlier and could not. `thing` is the deadline, case, task or message."""

    id: UUID
    person: UUID
    case: UUID | None
    kind: NoticeKind
    thing: UUID | None
    step: str  # the plan step of a deadline: "3d", "overdue"
    title: str
    due: datetime | None
    late: bool
    at: datetime
    acked_at: datetime | None
    revision: int
