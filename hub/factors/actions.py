"""Second factors of the asker: setting up, removing, recovery codes; and the rule of an organisation.

These go through the sign-in role with the asker's session: somebody who still lacks a factor that an organisation asks
for can do this and nothing else.
"""

from datetime import datetime
from uuid import UUID

import segno

from hub.context import Hub, Who
from hub.factors import passkeys, proving, rules, sealing
from hub.factors.proving import Kept
from hub.people import mails
from hub.sessions import telling, throttle
from hub.sessions.ending import tell_ended
from hub.sessions.standing import Standing, proved_recently, recent, standing
from schemas.errors import Refused, bad_input
from schemas.factors import AddPasskey, Enrolled, Factor, Factors, MfaRule, NewTotp, Recovery
from schemas.ids import new_id
from schemas.limits import FACTORS_MAX
from schemas.sessions import Asked
from storage.postgres import factors, locks

NEW_PASSKEY = "new passkey"
AUTHENTICATOR = "Authenticator app"
ENDED_AT_ONCE = 200  # sessions looked for at once


async def list_factors(hub: Hub, who: Who) -> Factors:
    stands = await standing(hub, who)
    items = [_factor(one) for one in await proving.kept(hub, who.person)]
    return Factors(items, stands.recovery, stands.needed, stands.password_hash is not None)


async def begin_totp(hub: Hub, who: Who) -> NewTotp:
    """A new secret for an authenticator app; it counts once a code of it was given. One begun before is replaced."""
    stands = await _may_change(hub, who)
    if any(one.kind == "totp" for one in await proving.kept(hub, who.person)):
        raise Refused("conflict", "You have an authenticator app already; remove it first.")
    id, secret = new_id(), rules.new_secret()
    sealed = sealing.seal(hub.settings, secret, id, who.person)
    await _add(hub, who, id, "totp", AUTHENTICATOR, sealed=sealed)
    uri = rules.totp_uri(secret, stands.email)
    qr = segno.make(uri, error="m", micro=False).svg_data_uri(scale=5, border=4, dark="#000", light="#fff")
    return NewTotp(id, rules.typed(secret), uri, qr)


async def confirm_totp(hub: Hub, who: Who, id: UUID, code: str) -> Enrolled:
    """The first code of the app proves that it has the secret."""
    await _may_change(hub, who)
    found = next((one for one in await proving.kept(hub, who.person, confirmed=False) if one.id == id), None)
    if found is None or found.kind != "totp" or found.confirmed_at is not None or who.session is None:
        raise Refused("not_found")
    mine = throttle.of_proof(who.session)
    await throttle.admit(hub, mine)
    step = proving.step_of(hub, found, code, hub.clock())
    if step is None:
        raise bad_input(
            "$.code", "That code is not right; wait for the next one, and check the clock of your phone."
        )
    await throttle.forgive(hub, mine.key)
    async with hub.signing(who.actor, who.doing, "factor.confirmed", thing=id) as unit:
        if not await unit.connection.fetchval(factors.CONFIRM, who.session, id, step, unit.now):
            raise Refused("not_found")
    return await _enrolled(hub, who, id)


async def ask_new_passkey(hub: Hub, who: Who) -> Asked:
    stands = await _may_change(hub, who)
    assert who.session is not None  # or its standing were none
    await throttle.admit(hub, throttle.of_asking(who.session))
    known = [one.passkey for one in await proving.kept(hub, who.person) if one.kind == "passkey"]
    pending, challenge = await proving.begin(hub, NEW_PASSKEY, who.person, who.session)
    options = passkeys.ask_to_make(hub.settings, challenge, who.person, stands.email, stands.name, known)
    return Asked(pending, options)


async def add_passkey(hub: Hub, who: Who, request: AddPasskey) -> Enrolled:
    await _may_change(hub, who)
    asked = await proving.tried(hub, NEW_PASSKEY, request.pending, who.session, 1)
    known = passkeys.made(hub.settings, asked.challenge, request.passkey)
    await proving.taken(hub, request.pending)
    id = new_id()
    await _add(hub, who, id, "passkey", request.label, passkey=known)
    return await _enrolled(hub, who, id)


async def remove_factor(hub: Hub, who: Who, id: UUID) -> None:
    """Removing an absent one is done already. `conflict` for the last one where an organisation asks for one."""
    await _may_change(hub, who)
    async with hub.signing(who.actor, who.doing, "factor.removed", thing=id) as unit:
        done = await unit.connection.fetchval(factors.REMOVE, who.session, id, unit.now)
        if done == "needed":
            raise Refused(
                "conflict",
                "Your organisation asks for a second factor; add another one before you remove this.",
            )
        if done == "only":
            raise Refused(
                "conflict", "You sign in by this passkey alone; set a password before you remove it."
            )
        if done != "removed":
            unit.changes_nothing()
    if done == "removed":
        await telling.told(
            hub, who.person, mails.changed("A second factor was removed from your account", hub.clock())
        )


async def new_recovery(hub: Hub, who: Who) -> Recovery:
    """Ten new codes; the old ones are worth nothing any more."""
    await _may_change(hub, who)
    codes = await _set_recovery(hub, who, only_none=False)
    if not codes:
        raise Refused("conflict", "Set up a second factor first; recovery codes stand in for it.")
    await telling.told(
        hub, who.person, mails.changed("New recovery codes were made for your account", hub.clock())
    )
    return Recovery(codes)


async def read_rule(hub: Hub, who: Who, org: UUID) -> MfaRule:
    async with hub.reading(who) as connection:
        roles = await connection.fetchval(factors.RULE, org)
    if roles is None:
        raise Refused("not_found")
    return MfaRule(roles)


async def set_rule(hub: Hub, who: Who, org: UUID, rule: MfaRule) -> MfaRule:
    """Who has one of these places needs a second factor from now on: sessions without one end, sockets too, and the
    next sign-in leads to setting one up."""
    stands = await standing(hub, who)
    roles: list[str] = sorted(set(rule.roles))
    async with hub.writing(who, locks.of_streams(org, exclusive=True)) as unit:
        rules.may_set_rule(await unit.role(org), mfa=stands.mfa, roles=roles)
        await proved_recently(unit.connection, who, unit.now)
        await unit.connection.execute(factors.SET_RULE, org, roles)
    await end_unproved(hub, org, roles)
    return MfaRule(list(roles))  # type: ignore[arg-type]


async def end_unproved(hub: Hub, org: UUID, roles: list[str]) -> None:
    """End the sessions that a rule has overtaken. They open nothing already; this closes their sockets."""
    while True:
        rows = await hub.database.system.fetch(factors.UNPROVED, org, roles, hub.clock(), ENDED_AT_ONCE)
        if not rows:
            return
        for person in {row["person"] for row in rows}:
            await _end_unproved_of(hub, person, None)


async def end_overtaken(hub: Hub) -> int:
    """End sessions that a rule overtook and `end_unproved` did not come to, since its process died before; how many
    people had one."""
    rows = await hub.database.system.fetch(factors.OVERTAKEN, hub.clock(), ENDED_AT_ONCE)
    for row in rows:
        await _end_unproved_of(hub, row["person"], row["since"])
    return len(rows)


async def _end_unproved_of(hub: Hub, person: UUID, before: datetime | None) -> None:
    async with hub.database.writing_as_system(locks.of_streams(None, person), hub.clock()) as unit:
        unit.rule = "an organisation asks for a second factor"
        await tell_ended(
            unit, person, await unit.connection.fetch(factors.END_UNPROVED, person, unit.now, before)
        )
    await hub.bus.wake()


async def _may_change(hub: Hub, who: Who) -> Standing:
    stands = await standing(hub, who)
    recent(stands.kind, stands.proved_at, hub.clock())
    return stands


async def _add(
    hub: Hub,
    who: Who,
    id: UUID,
    kind: str,
    label: str,
    *,
    sealed: bytes | None = None,
    passkey: passkeys.Known | None = None,
) -> None:
    of_key = (passkey.credential, passkey.public_key, passkey.sign_count, list(passkey.transports)) if passkey else (
        None, None, 0, [])  # fmt: skip
    async with hub.signing(who.actor, who.doing, "factor.added", thing=id) as unit:
        added = await unit.connection.fetchval(
            factors.ADD,
            who.session,
            id,
            kind,
            label,
            passkey is not None,
            sealed,
            *of_key,
            unit.now,
            FACTORS_MAX,
        )
        if not added:
            raise Refused("conflict", f"You have {FACTORS_MAX} factors already; remove one first.")


async def _enrolled(hub: Hub, who: Who, id: UUID) -> Enrolled:
    codes = await _set_recovery(hub, who, only_none=True)
    found = next((one for one in await proving.kept(hub, who.person) if one.id == id), None)
    if found is None:
        raise Refused("not_found")
    kind = "A passkey" if found.kind == "passkey" else "An authenticator app"
    await telling.told(hub, who.person, mails.changed(f"{kind} was added to your account", hub.clock()))
    return Enrolled(_factor(found), codes)


async def _set_recovery(hub: Hub, who: Who, *, only_none: bool) -> list[str]:
    """The new codes; none where nothing was changed."""
    codes = rules.new_recovery_codes()
    hashes = [rules.recovery_hash(code) for code in codes]
    async with hub.signing(who.actor, who.doing, "recovery_codes.made", thing=who.person) as unit:
        done = await unit.connection.fetchval(factors.SET_RECOVERY, who.session, hashes, only_none, unit.now)
        if not done:
            unit.changes_nothing()
    return codes if done else []


def _factor(one: Kept) -> Factor:
    return Factor(one.id, one.kind, one.label, one.made_at, one.used_at)  # type: ignore[arg-type]
