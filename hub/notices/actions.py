"""The inbox of a person."""

from uuid import UUID

from hub.context import Hub, Who
from schemas.answers import Answer, Page
from schemas.errors import Refused
from schemas.events import NewEvent
from schemas.facts import Stream, changed
from schemas.notices import Notice
from schemas.positions import AsOf
from storage.postgres import locks, notices
from storage.postgres.access import Thing
from storage.postgres.rows import cursor, read_cursor


async def list_inbox(hub: Hub, who: Who, *, unacked: bool, limit: int, after: str | None) -> Page[Notice]:
    """My notices, newest first. `as_of.seq` is of my own stream."""
    below = read_cursor(after, UUID)
    async with hub.reading(who) as connection:
        rows = await connection.fetch(notices.PAGE, below[0] if below else None, unacked, limit + 1)
        head = rows[0]["f_head"] if rows else await connection.fetchval(notices.HEAD)
    items = [notices.notice(row) for row in rows]
    more = cursor(str(items[limit - 1].id)) if len(items) > limit else None
    return Page(items[:limit], more, AsOf(hub.database.epoch, seq=head))


async def ack_notice(hub: Hub, who: Who, id: UUID) -> Answer[Notice]:
    """Say that one has taken note. Doing it again changes nothing."""
    async with hub.writing(who, locks.of_streams(None, who.person)) as unit:
        row = await unit.connection.fetchrow(notices.ONE, id)
        if row is None:
            raise Refused("not_found")
        stream = Stream.of_person(who.person, row["f_head"])
        before = notices.notice(row)
        if before.acked_at is not None:
            return Answer(before, unit.as_of(stream))
        after: Notice = changed(before, acked_at=unit.now)
        about = Thing(before.case, row["f_org"], row["f_readers"] or (), ()) if before.case else None
        unit.append(stream, NewEvent("notice.acked", id, after, (), (who.person,), about))
        await unit.write(notices.ACK, id, unit.now)
    return Answer(after, unit.as_of(stream))
