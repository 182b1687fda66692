"""Services of an organisation: programs that take part like people, and come in by tokens alone."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from schemas.limits import TOKEN_DAYS_MAX, Title
from schemas.people import Membership
from schemas.scopes import TokenScope


class Service(Struct, frozen=True):
    """`id` names it wherever a person's id does; `role` is its place in the organisation, "" when that was taken. A
    disabled one has no tokens. `used_at` is when one of them was last used, to some minutes; events do not carry it."""

    id: UUID
    org: UUID
    name: str
    role: str
    made_at: datetime
    made_by: UUID
    disabled_at: datetime | None
    revision: int
    used_at: datetime | None = None


class MakeService(Struct, frozen=True, forbid_unknown_fields=True):
    """As `admin` it sees all that administrators see; to make it so needs a proof that it is you."""

    name: Title
    role: Membership = "outside"


class ChangeService(Struct, frozen=True, forbid_unknown_fields=True):
    """What is left out stays. To disable it ends its tokens at once, sockets too."""

    name: Title | UnsetType = UNSET
    role: Membership | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET


class MakeServiceToken(Struct, frozen=True, forbid_unknown_fields=True):
    label: Annotated[str, Meta(min_length=1, max_length=100)]
    scopes: Annotated[list[TokenScope], Meta(min_length=1, max_length=10)]
    days: Annotated[int, Meta(ge=1, le=TOKEN_DAYS_MAX)] = 90
