"""Letting people into a case, and out. Changes of access hold the organisation's lock alone."""

from uuid import UUID

from hub.context import Hub, Who, key_of
from hub.paging import read_page
from hub.participants import rules
from hub.people.invitations import find_person, invite_by_mail
from schemas.answers import Answer, Page
from schemas.errors import Refused, bad_input
from schemas.events import Access, Grant, NewEvent
from schemas.facts import CaseFacts
from schemas.ids import new_id
from schemas.participants import GrantParticipant, Participant
from storage.postgres import locks, participants, people
from storage.postgres.unit import Unit


async def grant_participant(
    hub: Hub, who: Who, case: UUID, request: GrantParticipant, key: UUID
) -> Answer[Participant]:
    """Let a person take part. An unknown e-mail address is invited by mail; it takes part from now on."""
    if (request.person is None) == (request.email is None):
        raise bad_input("$.person", "name a person by id or by e-mail")
    known = await find_person(hub, who, case, request.email) if request.email else None
    person = request.person or (known.id if known else new_id())
    remembered = key_of(key, "grant_participant", case, request)
    async with hub.writing(who, locks.of_access("cases", case, person), remembered) as unit:
        facts, _ = await unit.facts(participants.CASE, case)
        if again := await unit.recalled(facts, participants.ONE, participants.participant):
            return again
        facts.require("participant.grant", open=False)
        if request.email is not None:
            name = request.name.strip() or request.email
            await unit.connection.execute(
                people.INTRODUCE, facts.org, person, request.email, name, unit.now
            )
            if known is None or not known.signs_in:
                await invite_by_mail(hub, unit, facts.org, request.email, name)
        card = await unit.connection.fetchrow(people.CARD, facts.org, person)
        if card is None:
            raise bad_input("$.person", "the organisation knows nobody with this id; give an e-mail address")
        row = await unit.connection.fetchrow(participants.HELD, case, person, request.role)
        held = participants.participant(row) if row else None
        new = rules.grant(
            facts, held, person, request.role, membership=card["membership"], id=new_id(), now=unit.now
        )
        await _change(unit, facts, "participant.granted", new)
        await unit.write(
            participants.GIVE, case, facts.org, person, new.role, unit.now, new.id, facts.everyone, who.person
        )
    return Answer(new, unit.as_of(facts.stream))


async def revoke_participant(hub: Hub, who: Who, case: UUID, id: UUID) -> Answer[Participant]:
    """Take a person's role away: their sockets leave the case at once. Repeating is free."""
    async with hub.reading(who) as connection:
        person = await connection.fetchval(participants.PERSON_OF, id)
    if person is None:
        raise Refused("not_found")
    async with hub.writing(who, locks.of_access("participants", id, person)) as unit:
        facts, row = await unit.facts(participants.PARTICIPANT, id)
        held = participants.participant(row)
        if held.case != case:
            raise Refused("not_found")
        if held.revoked_at is not None:
            return Answer(held, unit.as_of(facts.stream))
        after = rules.revoke(facts, held, now=unit.now)
        await _change(unit, facts, "participant.revoked", after)
        await unit.write(participants.TAKE, case, facts.org, held.person, held.role, unit.now, id)
    return Answer(after, unit.as_of(facts.stream))


async def _change(unit: Unit, facts: CaseFacts, type: str, participant: Participant) -> None:
    """The events of a change of access: on the case, and on the person's own stream."""
    facts.stream.access = Access(*await unit.connection.fetchval(participants.RAISE, facts.org, facts.case))
    unit.append(facts.stream, NewEvent(type, participant.id, participant, facts.everyone))
    mine = await unit.person_stream(participant.person)
    grant = Grant(facts.case, participant.role, participant.revoked_at is None)
    unit.append(mine, NewEvent("grant.changed", facts.case, grant, (), (participant.person,)))


async def list_participants(hub: Hub, who: Who, case: UUID, limit: int, after: str | None) -> Page[Participant]:
    return await read_page(hub, who, participants.PAGE, participants.participant, case, limit, after)
