"""How the asker's session stands: by whom it is held, what was proved in it, and whether that was recently."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from hub.context import Hub, Who
from schemas.errors import Refused
from schemas.limits import PROOF_MINUTES
from storage.postgres import sessions
from storage.postgres.pool import translated
from storage.postgres.rows import read


class Standing(Struct, frozen=True):
    """`mfa`: a second factor was proved in this session; `needed`: an organisation asks for one; `second`: the person
    has one. `recovery` counts the unused codes."""

    person: UUID
    email: str
    name: str
    kind: str
    mfa: bool
    needed: bool
    second: bool
    proved_at: datetime | None
    password_hash: str | None
    recovery: int


async def standing(hub: Hub, who: Who) -> Standing:
    """As of now, also of a session that opens nothing yet since its second factor is missing."""
    async with translated():
        row = await hub.database.signin.fetchrow(sessions.STANDING, who.session, hub.clock(), who.held)
    if row is None:
        raise Refused("unauthenticated", "Your session is over; sign in again.")
    return read(row, Standing)


async def holds(hub: Hub, who: Who) -> bool:
    """Whether the asker's secret is the session's still: processes remember whose one was."""
    async with translated():
        return bool(await hub.database.signin.fetchval(sessions.HOLDS, who.session, who.held))


def recent(kind: str, proved_at: datetime | None, now: datetime) -> None:
    """Refuse a dangerous act unless its asker proved who they are within the last minutes."""
    if kind != "browser":
        raise Refused("forbidden", "Sign in to do this; a token is not enough.")
    if proved_at is None or proved_at < now - timedelta(minutes=PROOF_MINUTES):
        raise Refused("step_up_needed", "Confirm that it is you, then try again.")


async def proved_recently(connection: Any, who: Who, now: datetime) -> None:
    """`recent`, inside a transaction of the asker. The person at the machine has no session and needs no proof."""
    if who.session is not None:
        row = await connection.fetchrow(sessions.PROVED, who.session)
        recent(row["kind"], row["proved_at"], now)
