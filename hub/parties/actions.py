"""Writing down parties, changing and removing them."""

from uuid import UUID

from hub.context import Hub, Who, key_of
from hub.paging import read_page
from hub.parties import rules
from schemas.answers import Answer, Page
from schemas.events import NewEvent
from schemas.facts import CaseFacts
from schemas.ids import new_id
from schemas.parties import AddParty, ChangeParty, Party
from storage.postgres import locks, parties
from storage.postgres.unit import Unit


async def add_party(hub: Hub, who: Who, case: UUID, request: AddParty, key: UUID) -> Answer[Party]:
    async with hub.writing(who, locks.of_row("cases", case), key_of(key, "add_party", case, request)) as unit:
        facts, _ = await unit.facts(parties.CASE, case)
        if again := await unit.recalled(facts, parties.ONE, parties.party):
            return again
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
    return await read_page(hub, who, parties.PAGE, parties.party, case, limit, after)
