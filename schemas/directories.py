"""What an organisation says to its directory and hears of it, apart from SCIM itself (`schemas/scim.py`)."""

from datetime import datetime
from typing import Literal

from msgspec import Struct


class ScimRule(Struct, frozen=True, forbid_unknown_fields=True):
    """The place of whom the directory sends without a role."""

    role: Literal["outside", "desk"]


class ScimState(Struct, frozen=True):
    """What an organisation's directory is: the address that it is given, the place of whom it sends without a role, how
    many people and groups it has sent, and when it last changed anything."""

    address: str
    role: Literal["outside", "desk"]
    people: int
    groups: int
    changed_at: datetime | None
