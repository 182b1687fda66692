"""Guessing is slowed down, and the owner of an account is never locked out by who guesses.

Every attempt at a password is counted before it is looked at, in PostgreSQL, so for all processes and however many come
at once. A browser that somebody has signed in from before (a long-lived cookie) is counted by itself: whatever goes on
elsewhere, its owner gets in. All others are counted by account and by address. Attempts that went well are taken back.
An address of mail is counted whether or not anybody has it, so both answer alike.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from hub.context import Hub
from schemas.errors import Refused
from schemas.proxies import neighbourhood, site
from storage.postgres import sessions
from storage.postgres.pool import translated


class Budget(NamedTuple):
    """`free` attempts at once; each further one waits twice as long as the one before, up to `longest_s` seconds. An
    hour without an attempt is forgotten (`signin_throttle`)."""

    name: str
    free: int
    longest_s: int


ACCOUNT = Budget("account", 5, 900)
ADDRESS = Budget("address", 20, 900)
DEVICE = Budget("device", 10, 300)
SECOND = Budget("second factor", 5, 900)
SECOND_HERE = Budget("second factor of a device", 10, 300)
PROOF = Budget("proof in a session", 5, 900)
QUESTION = Budget("question to passkeys", 30, 60)
LINK = Budget("link to an address", 3, 900)
LINK_HERE = Budget("link from a device", 5, 300)
LINK_FROM = Budget("links from an address", 10, 900)
RESET = Budget("new password for an address", 3, 900)
RESET_HERE = Budget("new password from a device", 5, 300)
RESET_FROM = Budget("new passwords from an address", 10, 900)
ASKING = Budget("questions in a session", 30, 60)
USER_CODE = Budget("code of a device that asks", 10, 900)
# What has a /48 of IPv6 has 65,536 networks of the size that counts as one address: together they have this much more.
SITE_TIMES = 10


class Counted(NamedTuple):
    """One counter: a budget, and the hash of whom it is about."""

    budget: Budget
    key: bytes


def _counted(budget: Budget, *about: str) -> Counted:
    return Counted(budget, sha256("\0".join((budget.name, *about)).encode()).digest())


def of_sign_in(folded: str, address: str, device: bytes | None, person: UUID | None) -> list[Counted]:
    """`folded` is the address as the database compares it, `device` the hash of a browser's cookie if this account
    knows it, None else."""
    if device is not None:
        return [_counted(DEVICE, device.hex(), str(person))]
    return [_counted(ACCOUNT, folded), *_from(ADDRESS, address)]


def _from(budget: Budget, address: str) -> list[Counted]:
    """An address and the network around it. Without one (a Unix socket) all would share one counter."""
    if not address:
        return []
    around = site(address)
    wide = [_counted(Budget(f"{budget.name} of a site", budget.free * SITE_TIMES, budget.longest_s), around)]
    return [_counted(budget, neighbourhood(address)), *(wide if around else [])]


def of_second(person: UUID, device: bytes | None) -> Counted:
    if device is not None:
        return _counted(SECOND_HERE, device.hex(), str(person))
    return _counted(SECOND, str(person))


def of_proof(session: UUID) -> Counted:
    return _counted(PROOF, str(session))


def of_question(address: str) -> list[Counted]:
    return _from(QUESTION, address)


def of_link(folded: str, address: str, device: bytes | None, person: UUID | None) -> list[Counted]:
    """Mails to somebody: nobody else fills their inbox, whoever they are. Whoever tries keeps no browser out that the
    account knows (`device`, None else)."""
    if device is not None:
        return [_counted(LINK_HERE, device.hex(), str(person))]
    return [_counted(LINK, folded), *_from(LINK_FROM, address)]


def of_reset(folded: str, address: str, device: bytes | None, person: UUID | None) -> list[Counted]:
    """Mails to who has forgotten a password. Whoever else asks for them keeps no browser out that the account knows
    (`device`, None else)."""
    if device is not None:
        return [_counted(RESET_HERE, device.hex(), str(person))]
    return [_counted(RESET, folded), *_from(RESET_FROM, address)]


def of_asking(session: UUID) -> Counted:
    return _counted(ASKING, str(session))


def of_user_code(person: UUID) -> Counted:
    return _counted(USER_CODE, str(person))


def keys(counted: Sequence[Counted]) -> list[bytes]:
    return [one.key for one in counted]


async def admit(hub: Hub, *counted: Counted) -> None:
    """Count an attempt, or refuse it with `too_many` and the time after which one is looked at."""
    free = [one.budget.free for one in counted]
    longest = [one.budget.longest_s for one in counted]
    async with translated():
        wait_ms = await hub.database.signin.fetchval(
            sessions.THROTTLE, keys(counted), free, longest, hub.clock()
        )
    if wait_ms:
        seconds = -(-wait_ms // 1000)
        count, unit = (seconds, "second") if seconds < 120 else (-(-seconds // 60), "minute")
        when = f"{count} {unit}{'' if count == 1 else 's'}"
        raise Refused("too_many", f"Too many attempts. Try again in {when}.", retry_after_ms=wait_ms)


async def forgive(hub: Hub, *charged: bytes) -> None:
    """Take back what an attempt cost that went well: by the keys that it was counted under, and no others."""
    if charged:
        async with translated():
            await hub.database.signin.execute(sessions.FORGIVE, list(charged))
