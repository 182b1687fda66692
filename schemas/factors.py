"""Second factors of a person, and the rule of an organisation that asks for one."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from schemas.limits import Secret
from schemas.people import Membership
from schemas.sessions import Code, Credential

FactorKind = Literal["totp", "passkey"]
Label = Annotated[str, Meta(min_length=1, max_length=100)]


class Factor(Struct, frozen=True):
    id: UUID
    kind: FactorKind
    label: str
    made_at: datetime
    used_at: datetime | None


class Factors(Struct, frozen=True):
    """`needed`: an organisation asks this person for a second factor. `recovery_left`: codes that were not used.
    `password`: they have one beside."""

    items: list[Factor]
    recovery_left: int
    needed: bool
    password: bool


class NewTotp(Struct, frozen=True):
    """Shown this once. `uri` and `qr` (an SVG as data URI) say the same as `secret`, which is base32, for typing."""

    id: UUID
    secret: str
    uri: str
    qr: str


class ConfirmTotp(Struct, frozen=True, forbid_unknown_fields=True):
    code: Code


class AddPasskey(Struct, frozen=True, forbid_unknown_fields=True):
    pending: Secret
    passkey: Credential
    label: Label = "Passkey"


class Enrolled(Struct, frozen=True):
    """A factor that counts now. `recovery` holds the codes, shown this once, where there were none before."""

    factor: Factor
    recovery: list[str]


class Recovery(Struct, frozen=True):
    """Shown this once; each works once."""

    codes: list[str]


class MfaRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Whoever has one of these places in the organisation needs a second factor."""

    roles: Annotated[list[Membership], Meta(max_length=3)]
