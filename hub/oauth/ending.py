"""Ending what an app was given, whoever asks for it: a code that was used twice, the app itself, an administrator."""

from uuid import UUID

from hub.context import Hub
from schemas.events import NewEvent
from schemas.sessions import Session
from storage.postgres import locks, oauth
from storage.postgres.rows import read


async def end_families(
    hub: Hub, person: UUID, *, family: UUID | None = None, app: UUID | None = None
) -> None:
    """End a family, or all of an app's for this person: its refresh tokens are worth nothing, its sessions end
    everywhere, sockets too. Ending ended ones is done already."""
    async with hub.database.writing_as_system(locks.of_streams(None, person), hub.clock()) as unit:
        await unit.connection.execute(oauth.END_FAMILIES, person, family, app, unit.now)
        rows = await unit.connection.fetch(oauth.END_SESSIONS, person, unit.now)
        if rows:
            stream = await unit.person_stream(person)
            for row in rows:
                ended = read(row, Session)
                unit.append(stream, NewEvent("session.ended", ended.id, ended, (), (person,)))
    await hub.bus.wake()
