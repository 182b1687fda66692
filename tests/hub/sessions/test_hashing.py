"""A flood of sign-ins is a queue behind everybody else's requests."""

import asyncio
import os
import sys
import threading

import pytest

from hub.sessions import passwords
from schemas.errors import Refused

_bounded = passwords._bounded  # pyright: ignore[reportPrivateUsage]


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priorities of their own elsewhere")
async def test_hashing_stands_aside_until_somebody_waited_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    def standing() -> tuple[int, int]:
        return os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    assert await _bounded(standing) == (os.SCHED_IDLE, 0)
    assert standing() == (os.SCHED_OTHER, 0), "the event loop stays where it was"
    held = threading.Event()
    first = asyncio.create_task(_bounded(held.wait, 60))
    await asyncio.sleep(0)
    monkeypatch.setattr(passwords, "PATIENCE_S", -1.0)
    try:
        assert await _bounded(standing) == (os.SCHED_OTHER, passwords.PRIORITY)
    finally:
        held.set()
    assert await first


async def test_refused_when_too_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "WAITING_MAX", 3)
    tries = [passwords.verified(None, "a wrong password") for _ in range(10)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    refused = [one for one in done if isinstance(one, Refused)]
    assert done.count(False) == 3 and len(refused) == 7
    assert all(one.code == "too_many" and one.retry_after_ms for one in refused)
    assert await passwords.verified(None, "and the next one is looked at") is False


def test_a_password_costs_what_is_recommended_at_least() -> None:
    parameters = dict(part.split("=") for part in passwords.NOBODY.split("$")[3].split(","))
    assert passwords.NOBODY.startswith("$argon2id$")
    assert int(parameters["m"]) >= 19 * 1024 and int(parameters["t"]) >= 2
