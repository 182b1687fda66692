"""What is held of a person: a copy of it for them, and its erasure, with what the law keeps."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from schemas.holds import Reason
from schemas.limits import ERASED_CASES_MAX, Name
from schemas.retention import Certificate

ErasureState = Literal["asked", "refused", "done"]
Zone = Annotated[str, Meta(max_length=100, description="IANA name, such as Europe/Berlin.")]


class Kept(Struct, frozen=True):
    """`count` of `what` stays, and why."""

    what: str
    count: int
    why: str


class Preview(Struct, frozen=True):
    """What erasing a person would take away, place by place, and what stays. `account`: the account itself goes too,
    since no other organisation knows them. What is in cases that a wall closes to anybody is counted for nobody.
    `hold` is the hold that forbids it, `held_unseen` that one does which is not the asker's to see: of another
    organisation, or on a case that a wall closes to them."""

    person: UUID
    account: bool
    goes: dict[str, int]
    kept: list[Kept]
    hold: UUID | None
    held_unseen: bool


class Erase(Struct, frozen=True, forbid_unknown_fields=True):
    """There is no way back. In `cases` what they wrote goes too: the office says which, and answers for it."""

    reason: Reason
    cases: Annotated[list[UUID], Meta(max_length=ERASED_CASES_MAX)] = []


class Erasure(Struct, frozen=True):
    """That somebody asked to be erased from an organisation's records, or was; and what was said to it."""

    id: UUID
    org: UUID
    person: UUID
    state: ErasureState
    asked_at: datetime
    asked_by: UUID
    decided_at: datetime | None
    decided_by: UUID | None
    reason: str
    certificate: UUID | None
    revision: int


class Erased(Struct, frozen=True):
    erasure: Erasure
    certificate: Certificate


class AskErasure(Struct, frozen=True, forbid_unknown_fields=True):
    org: UUID
    reason: Annotated[str, Meta(max_length=2000)] = ""


class RefuseErasure(Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason


class Correction(Struct, frozen=True, forbid_unknown_fields=True):
    """How a person is called and which time zone they live in."""

    name: Name
    zone: Zone


class Corrected(Struct, frozen=True):
    id: UUID
    name: str
    zone: str
