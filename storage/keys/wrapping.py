"""A key wrapped by another: AES-256-GCM with a nonce of its own, bound to what the key is for.

Random nonces of 96 bits are safe for 2^32 wraps by one key (NIST SP 800-38D, 8.3); a case has fewer things, an office
fewer cases.
"""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
FORMAT = b"\x01"
NONCE_BYTES = 12
CASE = b"casewire case key 1\0"


class Broken(Exception):
    """What was sealed does not open: other bytes, another key, or another place than it was sealed for."""


def new_key() -> bytes:
    return os.urandom(KEY_BYTES)


def about_case(org: UUID, case: UUID) -> bytes:
    """What the key of a case is bound to."""
    return CASE + org.bytes + case.bytes


def case_of(about: bytes) -> tuple[UUID, UUID] | None:
    """Organisation and case that `about_case` made this of; None for what is about something else."""
    ids = about.removeprefix(CASE)
    if len(about) != len(CASE) + 32 or len(ids) != 32:
        return None
    return UUID(bytes=ids[:16]), UUID(bytes=ids[16:])


def wrap(key: bytes, by: bytes, about: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return FORMAT + nonce + AESGCM(by).encrypt(nonce, key, FORMAT + about)


def unwrap(wrapped: bytes, by: bytes, about: bytes) -> bytes:
    """Raises `Broken`."""
    head = len(FORMAT) + NONCE_BYTES
    if wrapped[:1] != FORMAT:
        raise Broken("no wrapped key of a known format")
    try:
        return AESGCM(by).decrypt(wrapped[1:head], wrapped[head:], FORMAT + about)
    except (InvalidTag, ValueError) as error:  # ValueError: too short to hold a nonce
        raise Broken("a wrapped key does not open") from error
