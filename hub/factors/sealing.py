"""TOTP secrets at rest: AES-256-GCM under a key that the database does not have, so that its dump gives none away."""

import os
from functools import lru_cache
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schemas.settings import DEFAULT_SECRET, Settings, SettingsError

FORMAT = b"\x01"
NONCE_BYTES = 12
PURPOSE = b"casewire second factor 1"


def check(settings: Settings) -> None:
    """Raises `SettingsError` in production when the key is a known or a short one."""
    key = settings.seal_key.reveal()
    if settings.mode == "production" and (key == DEFAULT_SECRET or len(key) < 32):
        raise SettingsError("CASEWIRE_SEAL_KEY must be set to at least 32 random characters in production.")


@lru_cache(maxsize=8)
def _cipher(key: str) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(key.encode()))


def _about(factor: UUID, person: UUID) -> bytes:
    """What is sealed belongs to one factor of one person: moved to another row it does not open."""
    return PURPOSE + factor.bytes + person.bytes


def seal(settings: Settings, secret: bytes, factor: UUID, person: UUID) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    cipher = _cipher(settings.seal_key.reveal())
    return FORMAT + nonce + cipher.encrypt(nonce, secret, _about(factor, person))


def unseal(settings: Settings, sealed: bytes, factor: UUID, person: UUID) -> bytes:
    """Raises `cryptography.exceptions.InvalidTag` when it was sealed with another key, or for another factor."""
    nonce, rest = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    return _cipher(settings.seal_key.reveal()).decrypt(nonce, rest, _about(factor, person))
