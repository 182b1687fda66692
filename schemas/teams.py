"""Teams: named groups of an organisation's staff, which take part in cases as a whole."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from schemas.limits import RoleName, Title


class Team(Struct, frozen=True):
    """`members` are those who are in it now. A dissolved team has none, gives nothing, and stays as history."""

    id: UUID
    org: UUID
    name: str
    members: list[UUID]
    made_at: datetime
    dissolved_at: datetime | None
    revision: int


class MakeTeam(Struct, frozen=True, forbid_unknown_fields=True):
    name: Title


class RenameTeam(Struct, frozen=True, forbid_unknown_fields=True):
    name: Title


class AddMember(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who is staff of the organisation."""

    person: UUID


class TeamCase(Struct, frozen=True):
    """A team that takes part in a case in one role. `id` stays the same when it is taken off and let in again."""

    id: UUID
    case: UUID
    team: UUID
    role: str
    granted_at: datetime
    granted_by: UUID
    revoked_at: datetime | None
    revision: int


class OpenedCase(Struct, frozen=True):
    """A case that a team opens to its members, as far as the asker may see it."""

    id: UUID
    case: UUID
    number: str
    title: str
    role: str
    granted_at: datetime


class GrantTeam(Struct, frozen=True, forbid_unknown_fields=True):
    """`role` is one of the case type's on the side of staff."""

    team: UUID
    role: RoleName = "staff"
