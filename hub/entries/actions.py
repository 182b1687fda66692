"""Putting entries on a case's timeline."""

from datetime import date
from uuid import UUID

from hub.context import Hub, Who, key_of
from hub.entries import rules
from schemas.answers import Answer, Page
from schemas.entries import AddEntry, Entry
from schemas.errors import Refused
from schemas.events import NewEvent
from schemas.ids import new_id
from schemas.positions import AsOf
from storage.postgres import entries, locks
from storage.postgres.rows import cursor, read_cursor


async def add_entry(hub: Hub, who: Who, case: UUID, request: AddEntry, key: UUID) -> Answer[Entry]:
    async with hub.writing(who, locks.of_row("cases", case), key_of(key, "add_entry", case, request)) as unit:
        facts, _ = await unit.facts(entries.CASE, case)
        if made := facts.recall(unit.key):
            return Answer(entries.entry(await unit.connection.fetchrow(entries.ONE, made)), unit.as_of(facts.stream))
        new = rules.add(facts, request, id=new_id(), now=unit.now)
        unit.append(facts.stream, NewEvent("entry.added", new.id, new, tuple(new.audience)))
        await unit.write(
            entries.INSERT, new.id, case, facts.org, new.kind, new.number, new.text, new.occurred_on, new.entered_on,
            new.recorded_at, new.by, new.audience, new.seq,
        )  # fmt: skip
    return Answer(new, unit.as_of(facts.stream))


async def list_entries(hub: Hub, who: Who, case: UUID, limit: int, after: str | None) -> Page[Entry]:
    """By the day it happened, newest first."""
    below = read_cursor(after, date, int) or (None, None)
    async with hub.reading(who) as connection:
        rows = await connection.fetch(entries.PAGE, case, *below, limit + 1)
    if not rows:
        raise Refused("not_found")
    items = [entries.entry(row) for row in rows if row["id"] is not None]
    more = cursor(items[limit - 1].occurred_on.isoformat(), items[limit - 1].seq) if len(items) > limit else None
    return Page(items[:limit], more, AsOf(hub.database.epoch, seq=rows[0]["f_head"]))
