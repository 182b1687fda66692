"""People: global, one verified e-mail and one sign-in each; membership is per organisation."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from schemas.limits import Email, Name, NewPassword, Password, Secret

Membership = Literal["admin", "desk", "outside"]


class Card(Struct, frozen=True):
    """What others in a case or an organisation see of a person; a service has no e-mail."""

    id: UUID
    name: str
    email: str
    membership: str  # in the organisation asked about; "" when none


class Member(Struct, frozen=True):
    """A person's place in an organisation."""

    person: UUID
    org: UUID
    role: str
    since: datetime
    revision: int


class Organisation(Struct, frozen=True):
    id: UUID
    name: str
    zone: str
    case_types: list[str]


class Seat(Struct, frozen=True):
    """An organisation I belong to and my role there."""

    org: Organisation
    role: str


class Me(Struct, frozen=True):
    """The person signed in. `seats` are memberships; `live_url` and `files_url` are where the client connects."""

    id: UUID
    name: str
    email: str
    zone: str
    seats: list[Seat]
    live_url: str
    files_url: str


class InvitePerson(Struct, frozen=True, forbid_unknown_fields=True):
    org: UUID
    email: Email
    name: Name
    role: Membership = "outside"


class AcceptInvitation(Struct, frozen=True, forbid_unknown_fields=True):
    token: Secret
    name: Name
    password: NewPassword
    zone: str = "UTC"


class FirstRun(Struct, frozen=True, forbid_unknown_fields=True):
    """Makes the organisation and its first administrator; works only while there is no organisation."""

    organisation: Name
    name: Name
    email: Email
    password: NewPassword
    zone: str = "UTC"
    case_types: list[str] = []


class SignIn(Struct, frozen=True, forbid_unknown_fields=True):
    email: Email
    password: Password
