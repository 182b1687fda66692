"""Writing down parties, changing and removing them."""

from uuid import UUID

from hub.context import Hub, Who, key_of
from hub.parties import rules
from schemas.answers import Answer, Page
from schemas.errors import Refused
from schemas.events import NewEvent
from schemas.facts import CaseFacts
from schemas.ids import new_id
from schemas.parties import AddParty, ChangeParty, Party
from schemas.positions import AsOf
from storage.postgres import locks, parties
from storage.postgres.rows import cursor, read_cursor
from storage.postgres.unit import Unit


async def add_party(hub: Hub, who: Who, case: UUID, request: AddParty, key: UUID) -> Answer[Party]:
    async with hub.writing(who, locks.of_row("cases", case), key_of(key, "add_party", case, request)) as unit:
        facts, _ = await unit.facts(parties.CASE, case)
        if made := facts.recall(unit.key):
            found = await unit.connection.fetchrow(parties.ONE, made)
            return Answer(parties.party(found), unit.as_of(facts.stream))
        new = rules.add(facts, request, id=new_id(), now=unit.now)
        unit.append(facts.stream, NewEvent("party.added", new.id, new, tuple(new.audience)))
        await unit.write(
            parties.INSERT, new.id, case, facts.org, new.name, new.kind, new.role, new.contacts, new.note,
            new.audience, new.added_at,
        )  # fmt: skip
    return Answer(new, unit.as_of(facts.stream))


async def change_party(hub: Hub, who: Who, id: UUID, request: ChangeParty, revision: int) -> Answer[Party]:
    async with hub.writing(who, locks.of_row("parties", id)) as unit:
        facts, row = await unit.facts(parties.PARTY, id)
        after = rules.change(facts, parties.party(row), request, revision=revision)
        await _write(unit, facts, "party.changed", after)
    return Answer(after, unit.as_of(facts.stream))


async def remove_party(hub: Hub, who: Who, id: UUID, revision: int) -> Answer[Party]:
    async with hub.writing(who, locks.of_row("parties", id)) as unit:
        facts, row = await unit.facts(parties.PARTY, id)
        after = rules.remove(facts, parties.party(row), revision=revision, now=unit.now)
        await _write(unit, facts, "party.removed", after)
    return Answer(after, unit.as_of(facts.stream))


async def _write(unit: Unit, facts: CaseFacts, type: str, party: Party) -> None:
    unit.append(facts.stream, NewEvent(type, party.id, party, tuple(party.audience)))
    await unit.write(
        parties.CHANGE, party.id, party.name, party.kind, party.role, party.contacts, party.note, party.removed_at
    )


async def list_parties(hub: Hub, who: Who, case: UUID, limit: int, after: str | None) -> Page[Party]:
    above = read_cursor(after, UUID)
    async with hub.reading(who) as connection:
        rows = await connection.fetch(parties.PAGE, case, above[0] if above else None, limit + 1)
    if not rows:
        raise Refused("not_found")
    items = [parties.party(row) for row in rows if row["id"] is not None]
    more = cursor(str(items[limit - 1].id)) if len(items) > limit else None
    return Page(items[:limit], more, AsOf(hub.database.epoch, seq=rows[0]["f_head"]))
