"""Reading what happened in a case."""

from uuid import UUID

from hub.audit.reading import record_read
from hub.context import Hub, Who
from hub.views.eyes import eyes_of
from schemas.answers import Page
from schemas.errors import Refused
from schemas.events import EventView
from schemas.positions import AsOf, Position
from storage.postgres import events


async def list_events(hub: Hub, who: Who, case: UUID, epoch: str | None, after: int, limit: int) -> Page[EventView]:
    """The events after a seq that the reader may see, in order; `reset` when the epoch is another."""
    if epoch is not None and epoch != hub.database.epoch:
        raise Refused("reset", "This database has another history; read again.")
    async with hub.reading(who) as connection:
        eyes = await eyes_of(connection, who, case)
        rows = await connection.fetch(events.PAGE, case, after, limit + 1)
    if not rows:
        raise Refused("not_found")
    await record_read(hub, who, "conversation.heard", [case], case)
    found = [row for row in rows if row["id"] is not None]
    items = [
        EventView(
            seq=row["seq"],
            pos=str(Position(row["tx"], row["id"])),
            type=row["type"],
            case=row["case_id"],
            at=row["at"],
            actor=row["actor"],
            data=row["data"],
        )
        for row in found[:limit]
        if eyes is None or eyes.see(row)
    ]
    more = str(found[limit - 1]["seq"]) if len(found) > limit else None
    return Page(items, more, AsOf(hub.database.epoch, seq=rows[0]["f_head"]))
