"""Mail to somebody about their own account: whoever changes it, its owner hears of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from hub.context import Hub
from hub.people.mails import Mail
from schemas.ids import new_id
from storage.postgres import sessions
from storage.postgres.pool import translated


async def tell(connection: Any, person: UUID, mail: Mail, now: datetime) -> None:
    """In the transaction of its cause, on a connection of the sign-in role."""
    await connection.execute(sessions.TELL, person, new_id(), mail.subject, mail.body, now)


async def told(hub: Hub, person: UUID, mail: Mail) -> None:
    """The same by itself, after a cause that is committed."""
    async with translated():
        await tell(hub.database.signin, person, mail, hub.clock())
