"""How a case looks to somebody else: to everybody, to a person one works for, and why."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from schemas.casetypes.kernel import Status


class PublicCase(Struct, frozen=True):
    """What everybody may know of a case: `fields` are those that its type declares public."""

    number: str
    type: str
    status: str
    is_open: bool
    opened_on: date
    closed_on: date | None
    category: str | None
    fields: dict[str, Any]


class PublicType(Struct, frozen=True):
    """How to read the public cases of a type. `fields` is JSON Schema by field, `category` the field to look by."""

    name: str
    title: str
    description: str
    statuses: dict[str, Status]
    fields: dict[str, Any]
    category: str


class PublicOffice(Struct, frozen=True):
    """An organisation that shows cases to everybody, and of which types."""

    name: str
    types: list[PublicType]


class Publication(Struct, frozen=True):
    """Of which case types an organisation shows the public side (`types`), and of which it could."""

    types: list[str]
    possible: list[str]


class SetPublication(Struct, frozen=True, forbid_unknown_fields=True):
    """These types and no others."""

    types: Annotated[list[str], Meta(max_length=100)]


class Reason(Struct, frozen=True):
    """Whether a person sees a thing of a case, and why, in words. `thing` is the case itself where none was named."""

    person: UUID
    name: str
    thing: UUID
    sees: bool
    why: str
    roles: list[str]
