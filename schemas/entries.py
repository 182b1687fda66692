"""Dated entries on a case's timeline: docket entries, notes, hearings, calls."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from schemas.limits import LongText


class Entry(Struct, frozen=True):
    """`occurred_on` is when it happened in the world, `recorded_at` when Casewire learned of it."""

    id: UUID
    case: UUID
    kind: str
    number: str
    text: str
    occurred_on: date
    entered_on: date | None
    recorded_at: datetime
    by: UUID
    audience: list[str]
    seq: int


class AddEntry(Struct, frozen=True, forbid_unknown_fields=True):
    text: Annotated[LongText, Meta(min_length=1)]
    occurred_on: date
    kind: Annotated[str, Meta(min_length=1, max_length=50)] = "note"
    number: Annotated[str, Meta(max_length=50)] = ""
    entered_on: date | None = None
    audience: str | None = None  # a declared audience's name; default: staff
