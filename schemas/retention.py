"""How long what is in cases is kept, what is due to go, and what remains of what is gone."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from schemas.holds import Reason
from schemas.limits import KEEP_YEARS_MAX

Years = Annotated[int, Meta(ge=0, le=KEEP_YEARS_MAX, description="Years after the case is closed.")]
DispositionState = Literal["due", "kept", "approved", "destroyed"]
Destroyed = Literal["case", "document"]


class Schedule(Struct, frozen=True):
    """How long an organisation keeps what is of a case type: the case itself where `kind` is "", else documents of that
    kind. `years` is null for what is never due. `declared` is what the case type says, `reason` why this differs."""

    org: UUID
    type: str
    kind: str
    years: int | None
    declared: int | None
    reason: str
    set_at: datetime | None
    set_by: UUID | None
    revision: int


class SetSchedule(Struct, frozen=True, forbid_unknown_fields=True):
    """`kind` "" is the case itself. `years` null: for ever."""

    type: Annotated[str, Meta(max_length=100)]
    years: Years | None
    reason: Reason
    kind: Annotated[str, Meta(max_length=100)] = ""


class Disposition(Struct, frozen=True):
    """What a schedule says is to go, and what was decided about it. `kept`: not before `keep_until`. `approved`: it is
    being destroyed, and nobody sees it any more."""

    id: UUID
    org: UUID
    case_id: UUID
    kind: Destroyed
    thing: UUID
    schedule: str
    due_on: date
    state: DispositionState
    proposed_at: datetime
    decided_at: datetime | None
    decided_by: UUID | None
    reason: str
    keep_until: date | None
    revision: int


class Due(Struct, frozen=True):
    """A disposition for the administrator who reviews it. `number` and `title` are the case's, `name` the document's;
    "" once it is destroyed. `hold` is the hold that stands in the way."""

    disposition: Disposition
    number: str
    title: str
    name: str
    hold: UUID | None


class Approve(Struct, frozen=True, forbid_unknown_fields=True):
    """Destroy it. There is no way back."""

    reason: Reason


class KeepLonger(Struct, frozen=True, forbid_unknown_fields=True):
    until: date
    reason: Reason


class Certificate(Struct, frozen=True):
    """That something was destroyed: `body` is canonical JSON (RFC 8785) of ids, counts and hashes, `sha256` its hash,
    `note` a C2SP signed note over it with the record's key; null where it is from before these were signed.
    `scrubbed_at` says since when its bytes are gone from the disks too; null where that was not done yet."""

    id: UUID
    org: UUID
    kind: str
    thing: UUID | None
    at: datetime
    body: str
    sha256: str
    note: str | None
    scrubbed_at: datetime | None


class Issued(Struct, frozen=True):
    """A certificate as its organisation's stream tells of it."""

    id: UUID
    org: UUID
    kind: str
    thing: UUID | None
    at: datetime
    sha256: str
