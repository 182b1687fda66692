"""What proves a second factor: codes of time steps (RFC 6238) and recovery codes. Pure."""

import base64
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime
from hashlib import sha256
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

from schemas.access import ADMIN
from schemas.errors import Refused
from schemas.limits import RECOVERY_BITS, RECOVERY_CODES

STEP_S = 30
DIGITS = 6
SECRET_BYTES = 20  # RFC 4226, section 4: 160 bits
STEPS_AROUND = 1  # a clock may be wrong by this many steps either way


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def typed(secret: bytes) -> str:
    """A secret as base32, which authenticator apps let people type."""
    return base64.b32encode(secret).decode().rstrip("=")


def totp_uri(secret: bytes, email: str) -> str:
    """What the QR code says: the key URI that authenticator apps read."""
    label = quote(f"Casewire:{email}")
    return f"otpauth://totp/{label}?secret={typed(secret)}&issuer=Casewire&algorithm=SHA1&digits={DIGITS}&period={STEP_S}"


def step_of(secret: bytes, code: str, now: datetime) -> int | None:
    """The time step whose code this is, of those around now; None for a wrong code. Every step is compared, in a time
    that does not tell how much was right. Whether the step's code was used already is the database's to say."""
    given = "".join(code.split())
    if len(given) != DIGITS or not (given.isascii() and given.isdigit()):
        return None
    hotp = HOTP(secret, DIGITS, SHA1())
    here = int(now.timestamp()) // STEP_S
    found: int | None = None
    for step in range(here - STEPS_AROUND, here + STEPS_AROUND + 1):
        if hmac.compare_digest(hotp.generate(step), given.encode()):
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Codes of `RECOVERY_BITS` random bits each, in base32 and groups of four."""
    codes: list[str] = []
    for _ in range(RECOVERY_CODES):
        text = base64.b32encode(secrets.token_bytes(RECOVERY_BITS // 8)).decode().lower()
        codes.append("-".join(text[at : at + 4] for at in range(0, len(text), 4)))
    return codes


def recovery_hash(code: str) -> bytes:
    """SHA-256 of a code, however it was typed: 120 random bits need neither salt nor a slow hash."""
    return sha256("".join(one for one in code.lower() if one.isalnum()).encode()).digest()


def may_set_rule(mine: str | None, *, mfa: bool, roles: Collection[str]) -> None:
    """Administrators alone; and who asks others for a second factor has proved one in this very session, so that
    nobody shuts the door behind which they stand themselves."""
    if mine is None:
        raise Refused("not_found")
    if mine != ADMIN:
        raise Refused("forbidden", "Only an administrator makes this rule.")
    if roles and not mfa:
        raise Refused("conflict", "Set up a second factor for yourself first; then ask others for one.")
