"""An event loop that is held up says so."""

import asyncio
import time

import pytest
from prometheus_client import REGISTRY

from storage import stalls
from storage.stalls import IDLE_LOOK_EVERY_S, LOOK_EVERY_S, Watch


def looks() -> float:
    return REGISTRY.get_sample_value("casewire_loop_gap_seconds_count") or 0.0


def longer_than(seconds: str) -> float:
    return looks() - (REGISTRY.get_sample_value("casewire_loop_gap_seconds_bucket", {"le": seconds}) or 0.0)


async def test_what_holds_the_loop_up_is_counted() -> None:
    watch = Watch()
    await asyncio.sleep(LOOK_EVERY_S)
    before = longer_than("0.1")
    time.sleep(0.15)  # this is what must not happen
    await asyncio.sleep(2 * LOOK_EVERY_S)
    watch.stop()
    after = longer_than("0.1")
    assert after == before + 1
    seen = looks()
    await asyncio.sleep(4 * LOOK_EVERY_S)
    assert looks() == seen


async def test_an_idle_loop_looks_less_often_and_a_busy_one_as_often_as_it_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stalls, "BUSY_FOR_S", 0.0)
    with monkeypatch.context() as idle:
        idle.setattr(stalls, "BUSY_PART", 2.0)  # whatever else this process does here
        watch = Watch()
        await asyncio.sleep(2 * LOOK_EVERY_S)
        seen, late = looks(), longer_than("1.0")
        await asyncio.sleep(10 * IDLE_LOOK_EVERY_S)
        assert 0 < looks() - seen <= 11
        assert longer_than("1.0") == late
    monkeypatch.setattr(stalls, "BUSY_PART", 0.0)
    monkeypatch.setattr(stalls, "BUSY_FOR_S", 10.0)
    seen = looks()
    async with asyncio.timeout(10):
        while looks() - seen < 12:
            await asyncio.sleep(LOOK_EVERY_S)
    assert watch._every == LOOK_EVERY_S
    watch.stop()
