"""Proving a second factor: a code, a recovery code or a passkey. Each is used up by one atomic statement."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct

from hub.context import Hub
from hub.factors import passkeys, rules, sealing
from hub.factors.passkeys import Known
from schemas.audit import NOTHING, Actor, Doing
from schemas.credentials import token_hash
from schemas.errors import Refused, bad_input
from schemas.limits import PENDING_MINUTES
from schemas.sessions import Way
from storage.postgres import factors, sessions
from storage.postgres.pool import translated
from storage.postgres.rows import read

CHALLENGE_BYTES = 32
WRONG = "That code is not right, or it was used already."


class Kept(Struct, frozen=True):
    """A factor as it is stored."""

    id: UUID
    person: UUID
    kind: str
    label: str
    made_at: datetime
    confirmed_at: datetime | None
    used_at: datetime | None
    sealed: bytes | None
    last_step: int
    credential: bytes | None
    public_key: bytes | None
    sign_count: int
    transports: list[str]

    @property
    def passkey(self) -> Known:
        return Known(self.credential or b"", self.public_key or b"", self.sign_count, tuple(self.transports))


class Answer(Struct, frozen=True):
    """What somebody gives as their second factor; exactly one is there."""

    code: str | None
    recovery: str | None
    passkey: dict[str, Any] | None

    @property
    def guessable(self) -> bool:
        return self.passkey is None

    @property
    def kind(self) -> str:
        return "passkey" if self.passkey is not None else "totp" if self.code is not None else "recovery"


async def kept(hub: Hub, person: UUID, *, confirmed: bool = True) -> list[Kept]:
    async with translated():
        rows = await hub.database.signin.fetch(factors.OF_PERSON, person)
    found = [read(row, Kept) for row in rows]
    return [one for one in found if one.confirmed_at is not None] if confirmed else found


def ways_of(found: list[Kept], recovery: int = 1) -> list[Way]:
    kinds = {one.kind for one in found}
    ways: list[Way] = []
    if "passkey" in kinds:
        ways.append("passkey")
    if "totp" in kinds:
        ways.append("totp")
    if found and recovery:
        ways.append("recovery")
    return ways


class Tried(NamedTuple):
    """What an answer was asked for: of whom, their address, the challenge, and what the question was counted under."""

    person: UUID | None
    email: str
    challenge: bytes
    charged: list[bytes]


async def begin(
    hub: Hub,
    purpose: str,
    person: UUID | None,
    session: UUID | None,
    charged: Sequence[bytes] = (),
    password_hash: str | None = None,
    prefix: str = "",
) -> tuple[str, bytes]:
    """A secret that goes to the client and back, and the challenge for its passkeys. It opens nothing by itself, and
    nothing at all once the password that led to it, if one did, is another."""
    pending, challenge = prefix + secrets.token_urlsafe(32), secrets.token_bytes(CHALLENGE_BYTES)
    expires = hub.clock() + timedelta(minutes=PENDING_MINUTES)
    async with translated():
        await hub.database.signin.execute(
            sessions.CHALLENGE, token_hash(pending), purpose, person, session, challenge, expires,
            list(charged), password_hash,
        )  # fmt: skip
    return pending, challenge


async def tried(hub: Hub, purpose: str, pending: str, session: UUID | None, tries: int) -> Tried:
    """Whom and what `pending` was begun for. One of `tries` is spent by asking."""
    async with translated():
        row = await hub.database.signin.fetchrow(
            sessions.TRY, token_hash(pending), purpose, session, hub.clock(), tries
        )
    if row is None:
        raise Refused("bad_credentials", "That took too long or was tried too often; start again.")
    return Tried(row["person"], row["email"] or "", row["challenge"], row["charged"])


async def taken(hub: Hub, pending: str) -> None:
    """Use `pending` up: of any number of answers to one question the first counts."""
    async with translated():
        if not await hub.database.signin.fetchval(sessions.TAKE, token_hash(pending)):
            raise Refused("bad_credentials", "That was answered already; start again.")


def one_of(code: str | None, recovery: str | None, passkey: dict[str, Any] | None) -> Answer:
    if sum(part is not None for part in (code, recovery, passkey)) != 1:
        raise bad_input("$", "exactly one of `code`, `recovery` and `passkey` is needed")
    return Answer(code, recovery, passkey)


async def prove(hub: Hub, person: UUID, challenge: bytes, answer: Answer, doing: Doing = NOTHING) -> None:
    """Raises `bad_credentials` unless the answer proves a factor of this person; it is used up then."""
    if answer.recovery is not None:
        by = Actor(kind="recovery", person=person)
        async with hub.signing(by, doing, "recovery_code.used", rule="recovery") as unit:
            used = await unit.connection.fetchval(
                factors.USE_RECOVERY, person, rules.recovery_hash(answer.recovery), unit.now
            )
        if not used:
            raise Refused("bad_credentials", WRONG)
        return
    found = await kept(hub, person)
    if answer.passkey is not None:
        credential = passkeys.id_of(answer.passkey)
        mine = next((one for one in found if one.credential == credential), None)
        if mine is None:
            raise Refused("bad_credentials", "This passkey was not accepted.")
        await use_passkey(hub, mine, challenge, answer.passkey)
        return
    for one in found:
        if one.kind == "totp" and await _use_code(hub, one, answer.code or ""):
            return
    raise Refused("bad_credentials", WRONG)


async def _use_code(hub: Hub, factor: Kept, code: str) -> bool:
    now = hub.clock()
    step = step_of(hub, factor, code, now)
    if step is None:
        return False
    async with translated():
        return bool(await hub.database.signin.fetchval(factors.USE_STEP, factor.id, step, now))


def step_of(hub: Hub, factor: Kept, code: str, now: datetime) -> int | None:
    """The time step whose code this is."""
    return rules.step_of(
        sealing.unseal(hub.settings, factor.sealed or b"", factor.id, factor.person), code, now
    )


async def use_passkey(hub: Hub, factor: Kept, challenge: bytes, credential: dict[str, Any]) -> None:
    after = passkeys.shown(hub.settings, challenge, credential, factor.passkey)
    async with translated():
        used = await hub.database.signin.fetchval(
            factors.USE_PASSKEY, factor.id, factor.sign_count, after, hub.clock()
        )
    if not used:
        raise Refused("bad_credentials", "This passkey was not accepted.")
