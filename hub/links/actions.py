"""Links in the mail, by which clients come in: whom staff let, asking for one, using it up."""

import secrets
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from hub.audit.recording import naming
from hub.context import Hub, Who
from hub.people import mails
from hub.sessions import throttle
from hub.sessions.caller import Caller
from hub.sessions.signing import SignedIn, ask_second, signed_in
from schemas.access import ADMIN, DESK
from schemas.audit import NOBODY
from schemas.credentials import token_hash
from schemas.errors import Refused
from schemas.ids import new_id
from schemas.limits import DEVICE_DAYS, LINK_MINUTES
from schemas.links import LinkHolders
from schemas.sessions import MfaNeeded
from storage.postgres import links, locks, people, sessions
from storage.postgres.pool import translated

OVER = "This link was used, is over, or was asked for in another browser. Ask for a new one."


class New(NamedTuple):
    hash: bytes
    mail: UUID
    words: mails.Mail


def _new(hub: Hub) -> New:
    """A link; its secret stands in the mail and nowhere else, behind `#`, which no server and no log sees."""
    token = secrets.token_urlsafe(32)
    return New(
        token_hash(token), new_id(), mails.link(f"{hub.settings.public_url}/link#{token}", LINK_MINUTES)
    )


async def ask_link(hub: Hub, email: str, caller: Caller, browser: str) -> str:
    """Mail a link to who comes in by links; for all others nothing happens, and nobody sees the difference. It works in
    this browser alone, whose cookie's secret is answered."""
    since = hub.clock() - timedelta(days=DEVICE_DAYS)
    async with translated():
        row = await hub.database.signin.fetchrow(sessions.PERSON, email, caller.device_hash, since)
    device = caller.device_hash if row["known"] else None
    with naming(row["folded"], row["id"]):
        await throttle.admit(hub, *throttle.of_link(row["folded"], caller.address, device, row["id"]))
    browser = browser or secrets.token_urlsafe(32)
    new, now = _new(hub), hub.clock()
    async with hub.signing(NOBODY, caller.doing, "link.asked", thing=row["id"], rule="anybody") as unit:
        await unit.connection.execute(
            links.ASK, email, new.hash, token_hash(browser), new.mail, new.words.subject, new.words.body, now,
            now + timedelta(minutes=LINK_MINUTES),
        )  # fmt: skip
    return browser


async def use_link(hub: Hub, token: str, caller: Caller, browser: str) -> SignedIn | MfaNeeded:
    """Come in; of any number who try, one does. Who has a second factor is asked for it."""
    async with hub.signing(NOBODY, caller.doing, "link.used", rule="link") as unit:
        row = await unit.connection.fetchrow(
            links.USE, token_hash(token), token_hash(browser) if browser else b"", unit.now
        )
        if row is None:
            raise Refused("not_found", OVER)
        unit.thing = row["person"]
    if row["second"]:
        return await ask_second(hub, row["person"], by_link=True)
    return await signed_in(hub, row["person"], caller, [], "link", mfa=False, by_link=True)


async def give_link(hub: Hub, who: Who, org: UUID, person: UUID) -> None:
    """Let an outside person come in by links, and mail the first one. `conflict` for who is staff anywhere."""
    new = _new(hub)
    async with hub.writing(who, locks.of_streams(org)) as unit:
        mine = await unit.role(org)
        if mine not in (ADMIN, DESK) or await unit.connection.fetchrow(people.CARD, org, person) is None:
            raise Refused("not_found")
        given = await unit.connection.fetchval(
            links.GIVE, org, person, new.hash, new.mail, new.words.subject, new.words.body, unit.now,
            unit.now + timedelta(minutes=LINK_MINUTES),
        )  # fmt: skip
        if not given:
            raise Refused("conflict", "Staff do not come in by a link.")


async def take_link(hub: Hub, who: Who, org: UUID, person: UUID) -> None:
    """No more links for them; those that wait open nothing. Taking it again is done already."""
    async with hub.writing(who, locks.of_streams(org)) as unit:
        if await unit.role(org) not in (ADMIN, DESK):
            raise Refused("not_found")
        await unit.connection.execute(links.TAKE, org, person)


async def list_holders(hub: Hub, who: Who, org: UUID) -> LinkHolders:
    async with hub.reading(who) as connection:
        if await connection.fetchval(people.ROLE, org) not in (ADMIN, DESK):
            raise Refused("not_found")
        return LinkHolders([row["person"] for row in await connection.fetch(links.HOLDERS, org)])
