"""Legal holds: what is kept whatever a schedule, a request or an administrator says, until it is released."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

HoldKind = Literal["case", "person", "document"]
Reason = Annotated[str, Meta(min_length=1, max_length=2000, description="Why, for those who will ask.")]


class Hold(Struct, frozen=True):
    """While it stands, `thing` is not destroyed: a case with all that is in it, a document with its versions, a person
    with the cases of the organisation in which they took part. `case_id` is null for a person."""

    id: UUID
    org: UUID
    kind: HoldKind
    thing: UUID
    case_id: UUID | None
    reason: str
    raised_at: datetime
    raised_by: UUID
    released_at: datetime | None
    released_by: UUID | None
    release_reason: str
    revision: int


class RaiseHold(Struct, frozen=True, forbid_unknown_fields=True):
    kind: HoldKind
    thing: UUID
    reason: Reason


class ReleaseHold(Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason
