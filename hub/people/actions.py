"""People of an organisation: inviting, seating, removing; and the first organisation of all."""

from uuid import UUID

import msgspec

from hub.context import Hub, Who, key_of
from hub.factors.actions import end_unproved
from hub.participants.actions import revoke_participant, revoke_unseen
from hub.people import rules
from hub.people.invitations import answer_invitation, ask_in, find_person, invite_by_mail, not_seated_yet
from hub.people.seating import put_out, take_in
from hub.sessions import passwords
from hub.sessions.actions import end_all
from hub.sessions.caller import Caller
from hub.sessions.signing import SignedIn, signed_in
from hub.sessions.standing import proved_recently
from hub.views.eyes import eyes_of
from schemas.access import ADMIN, OUTSIDE, STAFF
from schemas.answers import Answer, Page
from schemas.audit import NOBODY, NOTHING, Actor, Doing
from schemas.casetypes import CURRENT
from schemas.credentials import token_hash
from schemas.errors import Refused, bad_input
from schemas.ids import new_id
from schemas.invitations import AnswerInvitation
from schemas.people import AcceptInvitation, Card, FirstRun, InvitePerson
from schemas.positions import AsOf
from schemas.zones import zone_named
from storage.postgres import factors, locks, people, sessions
from storage.postgres.pool import translated
from storage.postgres.rows import cursor, read, read_cursor
from storage.postgres.unit import RECALL

USED = "This invitation was used or is over; ask for another one, or sign in."
SET_UP = "Casewire is set up already; sign in."


async def invite_person(hub: Hub, who: Who, request: InvitePerson, key: UUID) -> Answer[Card]:
    """Make a person a member; one who cannot sign in yet gets an invitation. Staff invite outside people,
    administrators anybody. A member gets the new place; somebody who is there already and no member is asked first."""
    known = await find_person(hub, who, request.org, request.email)
    person = known.id if known else new_id()
    if known is not None and request.role == OUTSIDE:
        await _leave_teams(hub, who, request.org, person, key)
    remembered = key_of(key, "invite_person", request.org, request)
    async with hub.writing(who, locks.of_streams(request.org, person, exclusive=True), remembered) as unit:
        if await unit.recall():
            row = await unit.connection.fetchrow(people.CARD, request.org, person)
            card = read(row, Card) if row else not_seated_yet(person, request.email, request.name)
            return Answer(card, AsOf(hub.database.epoch))
        mine = await unit.role(request.org)
        rules.may_seat(mine, request.role, oneself=person == who.person)
        if request.role == ADMIN:
            await proved_recently(unit.connection, who, unit.now)
        if known is not None and await unit.connection.fetchrow(people.CARD, request.org, person) is None:
            stream = await ask_in(hub, unit, request.org, known, request.email, request.name, request.role)
            return Answer(not_seated_yet(person, request.email, request.name), unit.as_of(stream))
        card, stream = await take_in(
            unit, request.org, person, request.email, request.name, request.role if mine == ADMIN else None
        )
        rule = await unit.connection.fetchval(factors.RULE, request.org)
        if known is None or not known.signs_in:
            place = card.membership if mine == ADMIN else OUTSIDE
            await invite_by_mail(hub, unit, request.org, request.email, request.name, place)
    if card.membership in rule:
        await end_unproved(hub, request.org, [card.membership])
    return Answer(card, unit.as_of(stream))


async def remove_person(hub: Hub, who: Who, org: UUID, person: UUID) -> None:
    """Take a person's roles in the organisation's cases, then their place in it. Each step repeats for free."""
    if person == who.person:
        raise Refused("conflict", "Another administrator has to remove you.")
    async with hub.reading(who) as connection:
        rules.may_administer(await connection.fetchval(people.ROLE, org))
        rows = await connection.fetch(people.PARTICIPATIONS, org, person)
    for row in rows:
        await revoke_participant(hub, who, row["case_id"], row["id"])
    await revoke_unseen(hub, org, person)
    async with hub.writing(who, locks.of_streams(org, person, exclusive=True)) as unit:
        await put_out(unit, org, person)


async def _leave_teams(hub: Hub, who: Who, org: UUID, person: UUID, key: UUID) -> None:
    """Who is staff no more is on no team either. Only an administrator is told of participations, so for others
    nothing happens here; each step repeats for free, and none after all was done by this key."""
    if person == who.person:
        return
    async with hub.reading(who) as connection:
        if await connection.fetchval(people.ROLE, org) != ADMIN or await connection.fetchrow(RECALL, key):
            return
        rows = await connection.fetch(people.PARTICIPATIONS, org, person)
    for row in rows:
        if row["role"] == STAFF:
            await revoke_participant(hub, who, row["case_id"], row["id"])
    await revoke_unseen(hub, org, person, role=STAFF)


async def list_people(hub: Hub, who: Who, org: UUID, limit: int, after: str | None) -> Page[Card]:
    """The directory of an organisation, for its staff; by name."""
    above = read_cursor(after, str, str) or (None, None)
    async with hub.reading(who) as connection:
        rows = await connection.fetch(people.ORG_CARDS, org, *above, limit + 1)
    if not rows and not after:
        raise Refused("not_found")
    items = [read(row, Card) for row in rows]
    more = cursor(items[limit - 1].name.lower(), str(items[limit - 1].id)) if len(items) > limit else None
    return Page(items[:limit], more, AsOf(hub.database.epoch))


async def list_case_people(hub: Hub, who: Who, case: UUID) -> Page[Card]:
    """Who takes or took part in a case or acted in it: events name people by id, this gives the names."""
    async with hub.reading(who) as connection:
        eyes = await eyes_of(connection, who, case)
        rows = await connection.fetch(people.CASE_CARDS, case)
        met = await eyes.met(connection) if eyes else frozenset[UUID]()
    if not rows:
        raise Refused("not_found")
    items = [read(row, Card) for row in rows if row["id"] is not None]
    if eyes is not None:
        known = [card for card in items if card.id in met]
        items = known if eyes.of_staff else [msgspec.structs.replace(card, email="") for card in known]
    return Page(items, None, AsOf(hub.database.epoch, seq=rows[0]["f_head"]))


async def accept_invitation(hub: Hub, request: AcceptInvitation, caller: Caller) -> SignedIn:
    """Use an invitation and sign in. Of any number who try, one succeeds.

    What is refused is refused before a password is hashed, in the same time whether the invitation was used, is over or
    never was: all three are one look-up by a hash. The secret has 256 bits, so to look costs nothing that guesses need.
    """
    async with translated():
        invited = await hub.database.signin.fetchrow(
            sessions.INVITATION, token_hash(request.token), hub.clock()
        )
    if invited is None:
        raise Refused("not_found", USED)
    zone = zone_named(request.zone, "UTC")
    password_hash = await passwords.chosen(
        hub.settings, "$.password", request.password, invited["email"], request.name
    )
    async with hub.signing(NOBODY, caller.doing, "invitation.accepted", rule="invitation") as unit:
        row = await unit.connection.fetchrow(
            people.ACCEPT, token_hash(request.token), request.name, password_hash, zone, unit.now
        )
        if row is None:
            raise Refused("not_found", USED)
        unit.thing = row["person"]
    person: UUID = row["person"]
    if row["waits"] is not None:
        who = Who(person, None, "invitation", doing=caller.doing)
        await end_all(hub, who)  # whoever came in before did so by a provider's word alone
        await answer_invitation(hub, who, row["waits"], AnswerInvitation(True, request.token))
    return await signed_in(hub, person, caller, [], "invitation", mfa=False)


async def setup_needed(hub: Hub) -> bool:
    async with translated():
        return bool(await hub.database.signin.fetchval(people.SETUP_NEEDED))


async def set_up(hub: Hub, request: FirstRun, by: Actor = NOBODY, doing: Doing = NOTHING) -> UUID:
    """The first organisation and its first administrator; `conflict` when there is one. Returns the person's id."""
    types = request.case_types or sorted(CURRENT)
    if unknown := set(types) - set(CURRENT):
        raise bad_input("$.case_types", f"no such case type: {', '.join(sorted(unknown))}")
    if not await setup_needed(hub):
        raise Refused("conflict", SET_UP)
    person = new_id()
    password_hash = await passwords.chosen(
        hub.settings, "$.password", request.password, request.email, request.name, request.organisation
    )
    async with hub.signing(by, doing, "organisation.made", thing=person, rule="first") as unit:
        made = await unit.connection.fetchval(
            people.SETUP, new_id(), request.organisation, types, zone_named(request.zone, "UTC"), person, request.email,
            request.name, password_hash, hub.clock(),
        )  # fmt: skip
    if not made:
        raise Refused("conflict", SET_UP)
    return person
