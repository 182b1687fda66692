"""Putting entries on a case's timeline."""

from datetime import date
from uuid import UUID

from hub.context import Hub, Who, key_of
from hub.entries import rules
from hub.paging import Order, read_page
from schemas.answers import Answer, Page
from schemas.entries import AddEntry, Entry
from schemas.events import NewEvent
from schemas.ids import new_id
from storage.postgres import entries, locks

BY_DAY = Order((date, int), lambda entry: (entry.occurred_on.isoformat(), entry.seq))


async def add_entry(hub: Hub, who: Who, case: UUID, request: AddEntry, key: UUID) -> Answer[Entry]:
    async with hub.writing(who, locks.of_row("cases", case), key_of(key, "add_entry", case, request)) as unit:
        facts, _ = await unit.facts(entries.CASE, case)
        if again := await unit.recalled(facts, entries.ONE, entries.entry):
            return again
        new = rules.add(facts, request, id=new_id(), now=unit.now)
        unit.append(facts.stream, NewEvent("entry.added", new.id, new, tuple(new.audience)))
        await unit.write(
            entries.INSERT, new.id, case, facts.org, new.kind, new.number, new.text, new.occurred_on, new.entered_on,
            new.recorded_at, new.by, new.audience, new.seq,
        )  # fmt: skip
    return Answer(new, unit.as_of(facts.stream))


async def list_entries(hub: Hub, who: Who, case: UUID, limit: int, after: str | None) -> Page[Entry]:
    """By the day it happened, newest first."""
    return await read_page(hub, who, entries.PAGE, entries.entry, case, limit, after, BY_DAY)
