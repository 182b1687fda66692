"""Letting people into a case, and out. Changes of access hold the organisation's lock alone."""

from uuid import UUID

from hub.context import Hub, Who, key_of
from hub.paging import read_page
from hub.participants import rules
from hub.people.invitations import find_person, invite_by_mail
from hub.people.seating import ASKED_FIRST
from hub.settling import settle
from schemas.answers import Answer, Page
from schemas.errors import Refused, bad_input
from schemas.events import Access, Grant, NewEvent
from schemas.facts import CaseFacts, changed
from schemas.ids import new_id
from schemas.participants import GrantParticipant, Participant
from storage.postgres import access, locks, participants, people
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
            await unit.connection.execute(people.INTRODUCE, facts.org, person, request.email, name, unit.now)
            if known is None or not known.signs_in:
                await invite_by_mail(hub, unit, facts.org, request.email, name)
        card = await unit.connection.fetchrow(people.CARD, facts.org, person)
        if card is None and request.email is not None:
            raise Refused("conflict", ASKED_FIRST)
        if card is None:
            raise bad_input("$.person", "the organisation knows nobody with this id; give an e-mail address")
        row = await unit.connection.fetchrow(participants.HELD, case, person, request.role)
        held = participants.participant(row) if row else None
        walled = await unit.connection.fetchval(access.KEPT_OUT, case, [person])
        new = rules.grant(
            facts, held, person, request.role, membership=card["membership"], walled=person in walled, id=new_id(),
            now=unit.now,
        )  # fmt: skip
        await _change(unit, facts, "participant.granted", new)
        await unit.write(
            participants.GIVE, new.id, case, facts.org, person, new.role, facts.everyone, unit.now, who.person
        )
        await settle(unit, facts.org, people=[person], cases=[case], tell=False)
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
        await unit.write(participants.TAKE, id, unit.now)
        await settle(unit, facts.org, people=[person], cases=[case], tell=False)
    return Answer(after, unit.as_of(facts.stream))


async def revoke_unseen(hub: Hub, org: UUID, person: UUID, *, role: str | None = None) -> None:
    """Take the roles (or one of them) of somebody who leaves the organisation, or its staff, in those of its cases that
    whoever removes them may not see: done by nobody, and told to those who may see it. Each step repeats for free."""
    for row in await hub.database.system.fetch(participants.TAKING_PART_OF, org, person, role):
        lock = locks.of_access("participants", row["id"], person)
        async with hub.database.writing_as_system(lock, hub.clock()) as unit:
            facts, found = await unit.facts(participants.PARTICIPANT, row["id"])
            held = participants.participant(found)
            if held.revoked_at is not None:
                continue
            after = changed(held, revoked_at=unit.now)
            await _change(unit, facts, "participant.revoked", after, raising=participants.RAISE_UNSEEN)
            await unit.write(participants.TAKE, held.id, unit.now)
            await settle(unit, org, people=[person], cases=[held.case], tell=False)
        await hub.bus.wake()


async def _change(
    unit: Unit, facts: CaseFacts, type: str, participant: Participant, *, raising: str = access.RAISE
) -> None:
    """The events of a change of access: on the case, and on the person's own stream."""
    facts.stream.access = Access(*await unit.connection.fetchval(raising, facts.org, facts.case))
    unit.append(facts.stream, NewEvent(type, participant.id, participant, facts.everyone))
    mine = await unit.person_stream(participant.person)
    grant = Grant(facts.case, participant.role, participant.revoked_at is None)
    unit.append(mine, NewEvent("grant.changed", facts.case, grant, (), (participant.person,)))


async def list_participants(
    hub: Hub, who: Who, case: UUID, limit: int, after: str | None
) -> Page[Participant]:
    return await read_page(hub, who, participants.PAGE, participants.participant, case, limit, after)
