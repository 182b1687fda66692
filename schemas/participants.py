"""People who take part in a case, each in a role that its type declares. A grant opens; revoking closes at once."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from schemas.limits import Email, RoleName


class Participant(Struct, frozen=True):
    """One person in one role. `id` stays the same when a grant is revoked and given again."""

    id: UUID
    case: UUID
    person: UUID
    role: str
    granted_at: datetime
    granted_by: UUID
    revoked_at: datetime | None
    revision: int


class GrantParticipant(Struct, frozen=True, forbid_unknown_fields=True):
    """Name a person by id, or by e-mail: an unknown address is invited by mail and joins when it accepts."""

    role: RoleName
    person: UUID | None = None
    email: Email | None = None
    name: str = ""
