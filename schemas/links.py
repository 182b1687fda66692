"""Links in the mail, by which clients come in without a password."""

from uuid import UUID

from msgspec import Struct

from schemas.limits import Email, Secret


class AskLink(Struct, frozen=True, forbid_unknown_fields=True):
    email: Email


class UseLink(Struct, frozen=True, forbid_unknown_fields=True):
    token: Secret


class LinkHolders(Struct, frozen=True):
    """Whom of an organisation's outside people its staff let come in by links."""

    people: list[UUID]
