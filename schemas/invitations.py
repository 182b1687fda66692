"""Invitations: a place in an organisation that is offered to somebody, until they take it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from schemas.limits import Secret
from schemas.people import Membership

InvitationState = Literal["waiting", "accepted", "declined", "withdrawn"]


class Invitation(Struct, frozen=True):
    """As the organisation's administrators see it. One that waits is worth nothing after `expires_at`."""

    id: UUID
    org: UUID
    email: str
    name: str
    role: Membership
    by: UUID | None
    made_at: datetime
    expires_at: datetime
    state: InvitationState
    revision: int


class Invited(Struct, frozen=True):
    """An invitation as whom it is for sees it: which organisation asks, who of it, and for which place."""

    id: UUID
    org: UUID
    organisation: str
    role: Membership
    by: str
    made_at: datetime
    expires_at: datetime


class AnswerInvitation(Struct, frozen=True, forbid_unknown_fields=True):
    """Yes or no. `token` is the secret of the mail: needed where we have not seen that its address is read."""

    accept: bool
    token: Secret | None = None
