"""Signing in: by password, by password and second factor, by passkey alone; and proving once more that it is you."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from hub.audit.recording import naming
from hub.context import Hub, Who
from hub.factors import passkeys, proving
from hub.http.auth import session_of
from hub.people import mails
from hub.sessions import passwords, throttle
from hub.sessions.actions import Shown, end_own, me, open_session
from hub.sessions.caller import Caller
from hub.sessions.standing import holds, standing
from schemas.credentials import new_token, token_hash
from schemas.errors import Refused, bad_input
from schemas.events import NewEvent
from schemas.limits import DEVICE_DAYS, FACTOR_TRIES_MAX, LINK_SESSION_DAYS, SESSION_DAYS
from schemas.people import Me, SignIn
from schemas.scopes import OF_BROWSERS, READ, WRITE
from schemas.sessions import Asked, MfaNeeded, PasskeySignIn, ProofWays, Prove, ProveSecond, Session, Way
from storage.postgres import factors, locks, sessions
from storage.postgres.pool import translated
from storage.postgres.rows import read

# What a session by a link opens: what its person may read and write. No rules of an organisation, no tokens.
BY_LINK = (READ, WRITE)
LINK_SECOND, LINK_PREFIX = "second of a link", "link."
SECOND, PASSKEY, PROOF = "second", "passkey", "proof"


class SignedIn(NamedTuple):
    """The secrets of a new session and of the device, for cookies, and the person."""

    token: str
    device: str
    me: Me


async def sign_in(hub: Hub, request: SignIn, caller: Caller) -> SignedIn | MfaNeeded:
    """By password. `bad_credentials` for an address that nobody has and for a wrong password alike, in the same time;
    `too_many` when either was tried too often."""
    since = hub.clock() - timedelta(days=DEVICE_DAYS)
    async with translated():
        row = await hub.database.signin.fetchrow(sessions.PERSON, request.email, caller.device_hash, since)
    person: UUID | None = row["id"]
    device = caller.device_hash if row["known"] else None
    counted = throttle.of_sign_in(row["folded"], caller.address, device, person)
    with naming(row["folded"], person):
        await throttle.admit(hub, *counted)
        if not await passwords.verified(row["password_hash"], request.password) or person is None:
            raise Refused("bad_credentials")
    charged = throttle.keys(counted)
    if row["second"]:
        return await ask_second(hub, person, charged, row["password_hash"])
    shown = Shown(row["password_hash"])
    return await signed_in(hub, person, caller, charged, "password", mfa=False, shown=shown)


async def ask_second(
    hub: Hub,
    person: UUID,
    charged: Sequence[bytes] = (),
    password_hash: str | None = None,
    *,
    by_link: bool = False,
) -> MfaNeeded:
    """What is still needed of somebody whose first proof was right; over once `password_hash` is theirs no more."""
    found = await proving.kept(hub, person)
    purpose, prefix = (LINK_SECOND, LINK_PREFIX) if by_link else (SECOND, "")
    pending, challenge = await proving.begin(hub, purpose, person, None, charged, password_hash, prefix)
    known = [one.passkey for one in found if one.kind == "passkey"]
    ask = passkeys.ask_to_show(hub.settings, challenge, known) if known else None
    return MfaNeeded(proving.ways_of(found), pending, ask)


async def prove_second(hub: Hub, request: ProveSecond, caller: Caller) -> SignedIn:
    """The second half of a sign-in whose first proof was right. What it cost is taken back where it was counted, from
    wherever the second half comes."""
    answer = proving.one_of(request.code, request.recovery, request.passkey)
    by_link = request.pending.startswith(
        LINK_PREFIX
    )  # without it there is no such pending: it is part of the secret
    purpose = LINK_SECOND if by_link else SECOND
    asked = await proving.tried(hub, purpose, request.pending, None, FACTOR_TRIES_MAX)
    person, charged = asked.person, list(asked.charged)
    if person is None:
        raise Refused("bad_credentials")
    with naming("", person):
        if answer.guessable:
            device = caller.device_hash if await _knows(hub, person, caller) else None
            mine = throttle.of_second(person, device)
            await throttle.admit(hub, mine)
            charged.append(mine.key)
        await proving.prove(hub, person, asked.challenge, answer, caller.doing)
        await proving.taken(hub, request.pending)
    rule = f"{'link' if by_link else 'password'}, {answer.kind}"
    return await signed_in(hub, person, caller, charged, rule, mfa=True, by_link=by_link)


async def ask_passkey(hub: Hub, caller: Caller) -> Asked:
    """A question to the browser's passkeys of this host, whoever's they are."""
    counted = throttle.of_question(caller.address)
    await throttle.admit(hub, *counted)
    pending, challenge = await proving.begin(hub, PASSKEY, None, None, throttle.keys(counted))
    return Asked(pending, passkeys.ask_to_show(hub.settings, challenge))


async def sign_in_by_passkey(hub: Hub, request: PasskeySignIn, caller: Caller) -> SignedIn:
    """A passkey that has verified its user is both factors in one."""
    asked = await proving.tried(hub, PASSKEY, request.pending, None, 1)
    async with translated():
        row = await hub.database.signin.fetchrow(factors.CREDENTIAL, passkeys.id_of(request.passkey))
    if row is None:
        raise Refused("bad_credentials", "This passkey was not accepted.")
    factor = read(row, proving.Kept)
    with naming("", factor.person):
        if passkeys.owner_of(request.passkey) not in (None, factor.person):
            raise Refused("bad_credentials", "This passkey was not accepted.")
        await proving.use_passkey(hub, factor, asked.challenge, request.passkey)
        await proving.taken(hub, request.pending)
    return await signed_in(hub, factor.person, caller, asked.charged, "passkey", mfa=True)


async def signed_in(
    hub: Hub,
    person: UUID,
    caller: Caller,
    charged: Sequence[bytes],
    rule: str,
    *,
    mfa: bool,
    by_link: bool = False,
    shown: Shown | None = None,
) -> SignedIn:
    """A session with a secret of its own, never one that the client brought; the one it brought ends. `rule` says what
    was shown for it, and `shown` what has to be theirs still."""
    await throttle.forgive(hub, *charged)
    device = caller.device if await _knows(hub, person, caller) else secrets.token_urlsafe(32)
    before = await session_of(hub, caller.session, caller.doing) if caller.session else None
    if before is not None and before.kind == "browser" and await holds(hub, before):
        await end_own(hub, before)
    days, scopes = (LINK_SESSION_DAYS, BY_LINK) if by_link else (SESSION_DAYS, OF_BROWSERS)
    token, _ = await open_session(
        hub,
        person,
        "browser",
        caller.label,
        days,
        address=caller.address,
        mfa=mfa,
        proved=True,
        scopes=scopes,
        doing=caller.doing,
        rule=rule,
        device=(token_hash(device), mails.new_device(caller.label, caller.address, hub.clock())),
        shown=shown,
    )
    return SignedIn(token, device, await me(hub, person))


async def _knows(hub: Hub, person: UUID, caller: Caller) -> bool:
    if not caller.device:
        return False
    since = hub.clock() - timedelta(days=DEVICE_DAYS)
    async with translated():
        return bool(await hub.database.signin.fetchval(sessions.KNOWS, person, caller.device_hash, since))


async def ask_proof(hub: Hub, who: Who) -> ProofWays:
    """How the asker can confirm that it is them: by a factor where they have one, by their password else."""
    stands = await standing(hub, who)
    if stands.kind != "browser":
        raise Refused("forbidden", "Sign in to do this; a token is not enough.")
    assert who.session is not None  # or its standing were none
    await throttle.admit(hub, throttle.of_asking(who.session))
    pending, challenge = await proving.begin(hub, PROOF, who.person, who.session)
    if not stands.second:
        # Who has neither signs in again: that is a proof too.
        return ProofWays(["password"] if stands.password_hash else [], pending)
    found = await proving.kept(hub, who.person)
    known = [one.passkey for one in found if one.kind == "passkey"]
    ask = passkeys.ask_to_show(hub.settings, challenge, known) if known else None
    ways: list[Way] = proving.ways_of(found, stands.recovery)
    return ProofWays(ways, pending, ask)


async def prove_again(hub: Hub, who: Who, request: Prove, caller: Caller) -> str:
    """Confirm that it is the session's holder who sits there. Who has a second factor confirms with that: a password
    that was spied out is not enough to take the factor away.

    Answers the session's new secret for the browser that asked by its cookie, "" else: what was stolen before is worth
    nothing afterwards, and sockets that it opened close. Those of the browser come back with the new one."""
    stands = await standing(hub, who)
    if stands.kind != "browser" or who.session is None:
        raise Refused("forbidden", "Sign in to do this; a token is not enough.")
    mine, charged, way = throttle.of_proof(who.session), True, "password"
    if request.password is not None:
        if stands.second:
            raise bad_input("$.password", "confirm with your second factor")
        await throttle.admit(hub, mine)
        if not await passwords.verified(stands.password_hash, request.password):
            raise Refused("bad_credentials", "That is not your password.")
    else:
        answer = proving.one_of(request.code, request.recovery, request.passkey)
        challenge, way = b"", answer.kind
        if answer.guessable:
            await throttle.admit(hub, mine)
        else:
            charged = False
            asked = await proving.tried(hub, PROOF, request.pending or "", who.session, 1)
            challenge = asked.challenge
            await proving.taken(hub, request.pending or "")
        await proving.prove(hub, who.person, challenge, answer, who.doing)
    if charged:
        await throttle.forgive(hub, mine.key)
    async with hub.signing(who.actor, who.doing, "session.proved", thing=who.session, rule=way) as unit:
        await unit.connection.execute(sessions.PROVE, who.session, request.password is None, unit.now)
    if not caller.session or token_hash(caller.session) != who.held:
        return ""
    token = new_token("browser")
    lock = locks.of_streams(None, who.person)
    async with hub.database.writing(who.person, lock, hub.clock(), by=who.actor, doing=who.doing) as unit:
        row = await unit.connection.fetchrow(
            sessions.RENEW, who.session, who.held, token_hash(token), unit.now
        )
        if row is None:
            raise Refused("unauthenticated", "Your session was renewed elsewhere; read again.")
        renewed = read(row, Session)
        stream = await unit.person_stream(who.person)
        unit.append(stream, NewEvent("session.renewed", renewed.id, renewed, (), (who.person,)))
    await hub.bus.wake()
    return token
