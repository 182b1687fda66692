"""Passwords: argon2id, in threads of their own and bounded in number, so that a flood of sign-ins stays a queue; and
which ones are refused because they are guessed first."""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn_rs_py import zxcvbn

from schemas.errors import Refused, bad_input
from schemas.settings import Settings

# OWASP's second recommendation and above: 19 MiB, two passes. Memory is HASHES_AT_ONCE times that at most.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# One processor is left to everybody else; each further one looks at some 40 passwords a second.
HASHES_AT_ONCE = max(1, min(4, len(os.sched_getaffinity(0)) - 1)) if sys.platform == "linux" else 2
WAITING_MAX = 200
# Whoever waited longer is looked at by a thread that gets its part of a processor, however busy the machine is.
PATIENCE_S = 10.0
PRIORITY = 10  # of that thread, as nice(2) counts

# zxcvbn's third grade: more than 10**8 guesses by somebody who knows the lists of what people choose.
SCORE_MIN = 3
# Its work grows with the third power of the length, and it holds the interpreter: 20 ms for the worst of this length.
JUDGED_CHARS = 24
TOO_SHORT = "Use at least {n} characters; several words are easy to remember."
TOO_COMMON = (
    "This is among the passwords that are tried first: it is well known, a pattern, or made of your name or address. "
    "Choose another one, for example four words that have nothing to do with each other."
)

T = TypeVar("T")


def _stand_aside() -> None:
    """A flood of sign-ins takes the processors that nothing else wants: everybody's requests go first. Without this,
    the event loop waited for a processor a third of the time (`casewire bench signin`)."""
    if sys.platform == "linux":  # elsewhere a priority is the whole process's
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))  # of this thread alone


def _step_back() -> None:
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), PRIORITY)


_threads = ThreadPoolExecutor(HASHES_AT_ONCE, thread_name_prefix="argon2", initializer=_stand_aside)
_impatient = ThreadPoolExecutor(1, thread_name_prefix="argon2-late", initializer=_step_back)
_waiting: dict[object, float] = {}  # since when, the longest first

# Verified in place of an unknown person's hash, so that both answers take the same time.
NOBODY = _hasher.hash("nobody")
# The first call reads the lists, 50 ms; now, and not while people wait.
zxcvbn("warm", [])


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def is_common(password: str, about: Sequence[str]) -> bool:
    """Whether a password stands on the lists of common and breached ones, is a simple pattern, or is made of the words
    in `about`: names and addresses of its owner. Under 50 ms for any input that is allowed."""
    if any(password.casefold() in text.casefold() for text in about):
        return True
    words = [
        word
        for text in ("casewire", *about)
        for word in (text, *text.replace("@", " ").replace(".", " ").split())
    ]
    return int(zxcvbn(password[:JUDGED_CHARS], words).score) < SCORE_MIN


async def _bounded(work: Callable[..., T], *args: object) -> T:
    if len(_waiting) >= WAITING_MAX:
        raise Refused("too_many", "Many people are signing in; try again in a moment.", retry_after_ms=2000)
    now, mine = time.monotonic(), object()
    late = now - next(iter(_waiting.values()), now) > PATIENCE_S
    _waiting[mine] = now
    try:
        threads = _impatient if late else _threads
        return await asyncio.get_running_loop().run_in_executor(threads, work, *args)
    finally:
        del _waiting[mine]


async def hashed(password: str) -> str:
    return await _bounded(hash_password, password)


async def verified(stored: str | None, password: str) -> bool:
    """Whether the password is the one; takes as long for a person who is not there."""
    return await _bounded(_verify, stored or NOBODY, password) and stored is not None


async def chosen(settings: Settings, at: str, password: str, *about: str) -> str:
    """The hash of a new password; `bad_input` at the field `at` for one that is too short or guessed too soon."""
    if len(password) < settings.password_min:
        raise bad_input(at, TOO_SHORT.format(n=settings.password_min))
    if await _bounded(is_common, password, about):
        raise bad_input(at, TOO_COMMON)
    return await hashed(password)
