"""Identifiers: UUIDv7 (RFC 9562, section 5.7), made before a row is written so that nothing must be read back."""

import os
import time
from uuid import UUID


def new_id() -> UUID:
    """A UUIDv7: 48 bits of Unix milliseconds, 12 bits of the fraction (section 6.2, method 3), 62 random bits.

    With the fraction, ids that one process makes one after another sort in that order.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    value = (milliseconds << 80) | (0x7 << 76) | ((rest << 12) // 1_000_000 << 64)
    return UUID(int=value | (0x2 << 62) | (int.from_bytes(os.urandom(8)) >> 2))
