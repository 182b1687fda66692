"""Those whom a case is about, with their contacts (attorneys, agents). They need no account."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from schemas.limits import Name, ShortText


class Contact(Struct, frozen=True, forbid_unknown_fields=True):
    """A person to reach for a party, such as an attorney. `text` is the address block as it was given."""

    name: Name
    roles: Annotated[list[str], Meta(max_length=20)] = []
    text: ShortText = ""
    email: Annotated[str, Meta(max_length=500)] = ""
    phone: Annotated[str, Meta(max_length=100)] = ""


Contacts = Annotated[list[Contact], Meta(max_length=500)]
PartyKind = Literal["person", "organisation"]


class Party(Struct, frozen=True):
    id: UUID
    case: UUID
    name: str
    kind: PartyKind
    role: str
    contacts: list[Contact]
    note: str
    audience: list[str]
    added_at: datetime
    removed_at: datetime | None
    revision: int


class AddParty(Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    role: Annotated[str, Meta(min_length=1, max_length=100)]
    kind: PartyKind = "person"
    contacts: Contacts = []
    note: ShortText = ""
    audience: str | None = None  # a declared audience's name; default: everyone who takes part


class ChangeParty(Struct, frozen=True, forbid_unknown_fields=True):
    name: Name | UnsetType = UNSET
    role: Annotated[str, Meta(min_length=1, max_length=100)] | UnsetType = UNSET
    kind: PartyKind | UnsetType = UNSET
    contacts: Contacts | UnsetType = UNSET
    note: ShortText | UnsetType = UNSET
