"""Ending what an app was given, whoever asks for it: a code that was used twice, the app itself, an administrator."""

from uuid import UUID

from hub.context import Hub
from hub.sessions.ending import tell_ended
from schemas.audit import Actor, Doing
from storage.postgres import locks, oauth


async def end_families(
    hub: Hub,
    person: UUID,
    *,
    by: Actor,
    address: str,
    family: UUID | None = None,
    app: UUID | None = None,
    rule: str = "ended",
) -> None:
    """End a family, or all of an app's for this person: its refresh tokens are worth nothing, its sessions end
    everywhere, sockets too. Ending ended ones is done already. `by` asked for it, from `address`."""
    doing = Doing(address=address)
    lock = locks.of_streams(None, person)
    async with hub.database.writing_as_system(lock, hub.clock(), doing, by) as unit:
        unit.act, unit.thing, unit.rule = "app.tokens_ended", app or family, rule
        await unit.connection.execute(oauth.END_FAMILIES, person, family, app, unit.now)
        await tell_ended(unit, person, await unit.connection.fetch(oauth.END_SESSIONS, person, unit.now))
    await hub.bus.wake()
