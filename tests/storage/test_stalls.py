"""An event loop that is held up says so."""

import asyncio
import time

from prometheus_client import REGISTRY

from storage.stalls import LOOK_EVERY_S, Watch


def longer_than(seconds: str) -> float:
    looks = REGISTRY.get_sample_value("casewire_loop_gap_seconds_count") or 0.0
    return looks - (REGISTRY.get_sample_value("casewire_loop_gap_seconds_bucket", {"le": seconds}) or 0.0)


async def test_what_holds_the_loop_up_is_counted() -> None:
    watch = Watch()
    await asyncio.sleep(LOOK_EVERY_S)
    before = longer_than("0.1")
    time.sleep(0.15)  # this is what must not happen
    await asyncio.sleep(2 * LOOK_EVERY_S)
    watch.stop()
    after = longer_than("0.1")
    assert after == before + 1
    looks = REGISTRY.get_sample_value("casewire_loop_gap_seconds_count")
    await asyncio.sleep(4 * LOOK_EVERY_S)
    assert REGISTRY.get_sample_value("casewire_loop_gap_seconds_count") == looks
