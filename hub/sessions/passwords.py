"""Passwords: argon2id, in threads of their own and bounded in number, so that a flood of sign-ins stays a queue."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from schemas.errors import Refused

# OWASP's second recommendation and above: 19 MiB, two passes. Memory is HASHES_AT_ONCE times that at most.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
HASHES_AT_ONCE = 2
WAITING_MAX = 200

_threads = ThreadPoolExecutor(HASHES_AT_ONCE, thread_name_prefix="argon2")
_waiting = 0

# Verified in place of an unknown person's hash, so that both answers take the same time.
NOBODY = _hasher.hash("nobody")


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


async def _bounded(work: object, *args: str) -> object:
    global _waiting
    if _waiting >= WAITING_MAX:
        raise Refused("too_many", "Many people are signing in; try again in a moment.", retry_after_ms=2000)
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work, *args)  # type: ignore[arg-type]
    finally:
        _waiting -= 1


async def hashed(password: str) -> str:
    return str(await _bounded(hash_password, password))


async def verified(stored: str | None, password: str) -> bool:
    """Whether the password is the one; takes as long for a person who is not there."""
    return bool(await _bounded(_verify, stored or NOBODY, password)) and stored is not None
