"""Sessions and personal tokens: opening, listing and ending them; and changing one's password."""

from collections.abc import Collection
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from hub.context import Hub, Who
from hub.people import mails
from hub.people.mails import Mail
from hub.sessions import passwords, telling, throttle
from hub.sessions.ending import ENDED_AT_ONCE, tell_ended
from hub.sessions.standing import holds, proved_recently, recent, standing
from schemas.answers import Page
from schemas.audit import NOTHING, Actor, Doing
from schemas.credentials import new_token, token_hash
from schemas.errors import Refused
from schemas.ids import new_id
from schemas.limits import DEVICES_MAX, TOKENS_MAX
from schemas.people import Me
from schemas.positions import AsOf
from schemas.scopes import ADMIN, OF_BROWSERS
from schemas.sessions import ChangePassword, MakeToken, NewToken, Session
from storage.postgres import locks, people, sessions
from storage.postgres.rows import read
from storage.postgres.unit import Unit


class Shown(NamedTuple):
    """What somebody came in by: the hash of their password, or issuer and subject of an identity elsewhere. To look at
    it takes a while, in which it may be taken away."""

    password_hash: str | None = None
    issuer: str | None = None
    subject: str | None = None


async def open_session(
    hub: Hub,
    person: UUID,
    kind: str,
    label: str,
    days: int,
    *,
    address: str = "",
    mfa: bool = False,
    proved: bool = False,
    scopes: Collection[str] = OF_BROWSERS,
    by: Actor | None = None,
    doing: Doing = NOTHING,
    rule: str = "own",
    device: tuple[bytes, Mail] | None = None,
    shown: Shown | None = None,
) -> tuple[str, Session]:
    """A new session and its secret. `mfa`: a second factor was proved for it; `proved`: its holder has just proved who
    they are. A browser's ends earlier where nobody uses it; each use moves that on. `rule` says how they came in, and
    `device` from which browser: where the account knows others and not this one, its owner gets that mail.
    `bad_credentials` where `shown` is theirs no more."""
    token = new_token(kind)
    now, id, label, opens = hub.clock(), new_id(), label[:200], sorted(scopes)
    idle_s = hub.settings.session_idle_hours * 3600 if kind == "browser" else None
    by = by or Actor(kind=kind, person=person, session=id)
    act = "session.opened" if kind == "browser" else "token.made"
    async with hub.signing(by, doing, act, thing=id, rule=rule) as unit:
        if shown and not await unit.connection.fetchval(sessions.STILL, person, *shown):
            raise Refused("bad_credentials")
        if device is not None:
            hashed, mail = device
            if await unit.connection.fetchval(sessions.REMEMBER, person, hashed, now, DEVICES_MAX):
                await telling.tell(unit.connection, person, mail, now)
        expires_at = await unit.connection.fetchval(
            sessions.OPEN, id, token_hash(token), person, kind, label, now, now + timedelta(days=days), address, mfa,
            now if proved else None, opens, idle_s,
        )  # fmt: skip
    return token, Session(id, person, kind, label, now, expires_at, address, scopes=opens)


async def me(hub: Hub, person: UUID, session: UUID | None = None, held: bytes = b"") -> Me:
    async with hub.database.reading(person, session, held) as connection:
        row = await connection.fetchrow(sessions.ME, person)
    if row is None:
        raise Refused("unauthenticated")
    return read(row, Me, live_url=hub.settings.live_url, files_url=hub.settings.files_url)


async def make_token(hub: Hub, who: Who, request: MakeToken) -> NewToken:
    """A personal API token; its secret is shown this once and kept nowhere. It is worth what
    its session is worth, where an organisation asks for a second factor."""
    if ADMIN not in who.scopes:
        raise Refused("forbidden", "Who came in by a link makes no tokens.")
    async with hub.reading(who) as connection:  # and the session is still good, or this raises
        await proved_recently(connection, who, hub.clock())
        if await connection.fetchval(sessions.TOKENS, hub.clock()) >= TOKENS_MAX:
            raise Refused("conflict", f"You have {TOKENS_MAX} tokens; end one that you do not need.")
    stands = await standing(hub, who)
    token, session = await open_session(
        hub, who.person, "token", request.label, request.days, mfa=stands.mfa, scopes=set(request.scopes),
        by=who.actor, doing=who.doing,
    )  # fmt: skip
    return NewToken(session, token)


async def list_sessions(hub: Hub, who: Who) -> Page[Session]:
    """One's own, those used last first."""
    async with hub.reading(who) as connection:
        rows = await connection.fetch(sessions.MINE, hub.clock(), who.session)
    return Page([read(row, Session) for row in rows], None, AsOf(hub.database.epoch))


async def end_session(hub: Hub, who: Who, id: UUID | None) -> None:
    """End one of one's own sessions; its sockets close at once. Ending an ended one is done already."""
    if id is None:
        return
    async with hub.writing(who, locks.of_streams(None, who.person)) as unit:
        await tell_ended(unit, who.person, await unit.connection.fetch(sessions.END, id, unit.now))


async def end_own(hub: Hub, who: Who) -> None:
    """Sign out. Also of a session that opens nothing yet: to end it needs no more than to hold it. By a secret that it
    has no more nothing ends: `unauthenticated`."""
    if not await holds(hub, who):
        raise Refused("unauthenticated", "Your session is over; sign in again.")
    lock = locks.of_streams(None, who.person)
    async with hub.database.writing(who.person, lock, hub.clock(), by=who.actor, doing=who.doing) as unit:
        await tell_ended(unit, who.person, await unit.connection.fetch(sessions.END, who.session, unit.now))
    await hub.bus.wake()


async def end_others(hub: Hub, who: Who, *, tokens: bool) -> None:
    """End all of one's own sessions but this one, and personal tokens where `tokens` says so."""
    more = True
    while more:
        async with hub.writing(who, locks.of_streams(None, who.person)) as unit:
            await proved_recently(unit.connection, who, unit.now)
            more = await end_some(unit, who, tokens)


async def change_password(hub: Hub, who: Who, request: ChangePassword) -> None:
    """Needs the old password, and where there is none or a second factor a recent proof; all other sessions end with
    it. Who half signed in by the old one is out as well."""
    stands = await standing(hub, who)
    first = stands.password_hash is None
    if first or stands.second or stands.kind != "browser" or who.session is None:
        recent(stands.kind, stands.proved_at, hub.clock())
    assert who.session is not None
    if not first:
        mine = throttle.of_proof(who.session)
        await throttle.admit(hub, mine)
        if not await passwords.verified(stands.password_hash, request.old or ""):
            raise Refused("bad_credentials", "The current password is not right.")
        await throttle.forgive(hub, mine.key)
    after = await passwords.chosen(hub.settings, "$.new", request.new, stands.email, stands.name)
    async with hub.writing(who, locks.of_streams(None, who.person)) as unit:
        if not await unit.connection.fetchval(sessions.CHANGE_PASSWORD, stands.password_hash, after):
            raise Refused("conflict", "Your password was changed elsewhere meanwhile.")
        unit.act, unit.thing = "password.changed", who.person
        await tell(unit, stands.email, "Your password was " + ("set" if first else "changed"))
        more = await end_some(unit, who, request.end_tokens)
    while more:
        async with hub.writing(who, locks.of_streams(None, who.person)) as unit:
            more = await end_some(unit, who, request.end_tokens)


async def remove_password(hub: Hub, who: Who) -> None:
    """Go without, where a passkey opens the account. Going without already is done."""
    stands = await standing(hub, who)
    recent(stands.kind, stands.proved_at, hub.clock())
    if stands.password_hash is None:
        return
    async with hub.writing(who, locks.of_streams(None, who.person)) as unit:
        if not await unit.connection.fetchval(sessions.CHANGE_PASSWORD, stands.password_hash, None):
            raise Refused("conflict", "Add a passkey first: without it and a password you could not sign in.")
        unit.act, unit.thing = "password.removed", who.person
        await tell(unit, stands.email, "Your password was removed")


async def tell(unit: Unit, email: str, what: str) -> None:
    mail, id = mails.changed(what, unit.now), new_id()
    await unit.connection.execute(
        people.MAIL, id, f"<{id}@casewire>", email, mail.subject, mail.body, unit.now
    )


async def end_some(unit: Unit, who: Who, tokens: bool) -> bool:
    """Some of one's own sessions but the one that asks; whether there may be more."""
    rows = await unit.connection.fetch(sessions.END_OTHERS, who.session, tokens, unit.now, ENDED_AT_ONCE)
    await tell_ended(unit, who.person, rows)
    return len(rows) == ENDED_AT_ONCE


async def end_all(hub: Hub, who: Who) -> None:
    """All of one's sessions and tokens but the one that asks."""
    more = True
    while more:
        async with hub.writing(who, locks.of_streams(None, who.person)) as unit:
            more = await end_some(unit, who, tokens=True)
