"""Invitations: finding people by address, asking them in, and their answer.

A new address gets its place at once, since nobody is there yet who could mind. Somebody who is there already is asked:
no organisation seats them, and none has its rules for them, before they say yes.
"""

import secrets
from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from hub.context import Hub, Who
from hub.factors.actions import end_unproved
from hub.people import mails
from hub.people.rules import may_administer
from hub.people.seating import was_seated
from hub.settling import org_stream
from schemas.access import ADMIN, DESK, OUTSIDE
from schemas.answers import Page
from schemas.credentials import token_hash
from schemas.errors import Refused
from schemas.events import NewEvent
from schemas.facts import Stream
from schemas.ids import new_id
from schemas.invitations import AnswerInvitation, Invitation, Invited
from schemas.limits import INVITATION_DAYS
from schemas.people import Card, Membership
from schemas.positions import AsOf
from storage.postgres import factors, locks, people
from storage.postgres.rows import cursor, read, read_cursor
from storage.postgres.unit import Unit

UNPROVED = (
    "Open the link in the mail that you were sent, signed in as now: we have not seen yet that you read it."
)
OVER = "This invitation was answered or withdrawn."


class Found(Struct, frozen=True):
    """Whom an address belongs to. `signs_in` is false while nobody has ever come in with it."""

    id: UUID
    name: str
    signs_in: bool


async def find_person(hub: Hub, who: Who, scope: UUID, email: str) -> Found | None:
    """Whom staff of a case or organisation mean by an address; None for an unknown one and for all others who ask."""
    async with hub.reading(who) as connection:
        row = await connection.fetchrow(people.FIND, scope, email)
    return read(row, Found) if row else None


async def ask_in(
    hub: Hub, unit: Unit, org: UUID, found: Found, email: str, name: str, role: Membership
) -> Stream:
    """Offer a place to somebody who is there already. Who was asked and has not answered is not asked again by it.

    The organisation learns no more of them than it said itself: not even what they are called.
    """
    stream = await org_stream(unit, org, access_changes=False)
    if await unit.connection.fetchrow(people.ASKED, org, found.id, unit.now) is None:
        id = await invite_by_mail(hub, unit, org, email, name, role, asked=found)
        made = read(await unit.connection.fetchrow(people.INVITATION, org, id), Invitation)
        unit.append(stream, NewEvent("invitation.added", id, made, (ADMIN, DESK)))
    return stream


def not_seated_yet(person: UUID, email: str, name: str) -> Card:
    """Somebody who was asked, for who asked: without a place."""
    return Card(person, name, email, "")


async def invite_by_mail(
    hub: Hub, unit: Unit, org: UUID, email: str, name: str, role: str = OUTSIDE, *, asked: Found | None = None
) -> UUID:
    """A one-time invitation; its secret goes into the mail alone. `asked`: whom it seats when they say yes."""
    id, token = new_id(), secrets.token_urlsafe(32)
    expires = unit.now + timedelta(days=INVITATION_DAYS)
    await unit.connection.execute(
        people.INVITE, id, token_hash(token), org, email, name, role, unit.person, unit.now, expires,
        asked.id if asked else None,
    )  # fmt: skip
    await _mail(hub, unit, org, id, token, email, name, joined=asked is not None and asked.signs_in)
    return id


async def _mail(
    hub: Hub, unit: Unit, org: UUID, id: UUID, token: str, email: str, name: str, *, joined: bool
) -> None:
    host = await unit.connection.fetchrow(people.HOST, org)
    by, organisation = host["name"], host["organisation"]
    url = f"{hub.settings.public_url}/invitation"
    mail = (
        mails.question(name, f"{url}?for={id}#{token}", INVITATION_DAYS, by=by, organisation=organisation)
        if joined
        else mails.invitation(name, f"{url}#{token}", INVITATION_DAYS, by=by, organisation=organisation)
    )
    mail_id = new_id()
    await unit.connection.execute(
        people.MAIL, mail_id, f"<{mail_id}@casewire>", email, mail.subject, mail.body, unit.now
    )


async def list_invitations(hub: Hub, who: Who, org: UUID, limit: int, after: str | None) -> Page[Invitation]:
    """Those of an organisation, for its administrators; the newest first."""
    (last,) = read_cursor(after, UUID) or (None,)
    async with hub.reading(who) as connection:
        may_administer(await connection.fetchval(people.ROLE, org))
        rows = await connection.fetch(people.INVITATIONS, org, last, limit + 1)
    items = [read(row, Invitation) for row in rows[:limit]]
    return Page(items, cursor(str(items[-1].id)) if len(rows) > limit else None, AsOf(hub.database.epoch))


async def resend_invitation(hub: Hub, who: Who, org: UUID, id: UUID) -> None:
    """Once more, with another secret and a new term; the one before opens nothing any more."""
    async with hub.writing(who, locks.of_streams(org)) as unit:
        made, _ = await _found(unit, org, id)
        found = await unit.connection.fetchrow(people.FIND, org, made.email)
        token = secrets.token_urlsafe(32)
        expires = unit.now + timedelta(days=INVITATION_DAYS)
        if (
            await unit.connection.fetchval(people.RENEW, org, id, token_hash(token), unit.now, expires)
            is None
        ):
            raise Refused("conflict", OVER)
        joined = bool(found and found["signs_in"])
        await _mail(hub, unit, org, id, token, made.email, made.name, joined=joined)


async def withdraw_invitation(hub: Hub, who: Who, org: UUID, id: UUID) -> UUID | None:
    """Its secret opens nothing any more, and nobody is asked by it. Answers the person who has a place by it and never
    came in: they lose the place too. Withdrawing again is done already."""
    async with hub.writing(who, locks.of_streams(org)) as unit:
        made, person = await _found(unit, org, id)
        if (
            await unit.connection.fetchval(people.WITHDRAW, org, id, unit.now) is None
            and made.state != "withdrawn"
        ):
            raise Refused("conflict", OVER)
        found = await unit.connection.fetchrow(people.FIND, org, made.email)
    return None if person is not None or found is None or found["signs_in"] else found["id"]


async def _found(unit: Unit, org: UUID, id: UUID) -> tuple[Invitation, UUID | None]:
    may_administer(await unit.role(org))
    row = await unit.connection.fetchrow(people.INVITATION, org, id)
    if row is None:
        raise Refused("not_found")
    return read(row, Invitation), row["person"]


async def my_invitations(hub: Hub, who: Who) -> Page[Invited]:
    """What waits for the asker's answer."""
    async with hub.reading(who) as connection:
        rows = await connection.fetch(people.MY_INVITATIONS, hub.clock())
    return Page([read(row, Invited) for row in rows], None, AsOf(hub.database.epoch))


async def answer_invitation(hub: Hub, who: Who, id: UUID, request: AnswerInvitation) -> None:
    """Yes seats the asker; the same answer again is free. `conflict` where the mail's secret is needed and missing."""
    async with hub.reading(who) as connection:
        org = await connection.fetchval(people.INVITATION_FROM, id)
        waits = [row["id"] for row in await connection.fetch(people.MY_INVITATIONS, hub.clock())]
    if org is None:
        raise Refused("not_found")
    secret = token_hash(request.token) if request.token else None
    ruled, role = False, ""
    async with hub.writing(who, locks.of_streams(org, who.person, exclusive=True)) as unit:
        done = await unit.connection.fetchval(people.ANSWER, id, request.accept, secret, unit.now)
        if done == "absent":
            raise Refused("not_found")
        if done == "unproved":
            raise Refused("conflict", UNPROVED)
        if done == "again" and id not in waits:
            unit.changes_nothing()  # it was answered so before; who has the place meanwhile answers it now
        if done == "seated":
            role = await unit.role(org) or ""
            await was_seated(unit, org, who.person, role)
            ruled = role in await unit.connection.fetchval(factors.RULE, org)
    if ruled:
        await end_unproved(hub, org, [role])
