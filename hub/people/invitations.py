"""Finding people by address, and inviting those who cannot sign in yet."""

import secrets
from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from hub.context import Hub, Who
from hub.people import mails
from schemas.access import OUTSIDE
from schemas.credentials import token_hash
from schemas.ids import new_id
from schemas.limits import INVITATION_DAYS
from storage.postgres import people
from storage.postgres.rows import read
from storage.postgres.unit import Unit


class Found(Struct, frozen=True):
    """Whom an address belongs to. `signs_in` is false while an invitation waits."""

    id: UUID
    name: str
    signs_in: bool


async def find_person(hub: Hub, who: Who, scope: UUID, email: str) -> Found | None:
    """Whom staff of a case or organisation mean by an address; None for an unknown one and for all others who ask."""
    async with hub.reading(who) as connection:
        row = await connection.fetchrow(people.FIND, scope, email)
    return read(row, Found) if row else None


async def invite_by_mail(hub: Hub, unit: Unit, org: UUID, email: str, name: str) -> None:
    """A one-time invitation; its secret goes into the mail and nowhere else."""
    token = secrets.token_urlsafe(32)
    expires = unit.now + timedelta(days=INVITATION_DAYS)
    await unit.connection.execute(
        people.INVITE, new_id(), token_hash(token), org, email, name, OUTSIDE, unit.person, unit.now, expires
    )
    host = await unit.connection.fetchrow(people.HOST, org)
    mail = mails.invitation(
        name,
        f"{hub.settings.public_url}/invitation#{token}",
        INVITATION_DAYS,
        by=host["name"],
        organisation=host["organisation"],
    )
    mail_id = new_id()
    await unit.connection.execute(
        people.MAIL, mail_id, f"<{mail_id}@casewire>", email, mail.subject, mail.body, unit.now
    )
