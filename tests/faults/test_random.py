"""A world in which, step after step, something breaks, drawn from a seed: 0 lost, 0 repeated, 0 out of order.

`FAULT_STEPS=1000` runs it for long, `FAULT_SEED=7` repeats a run: its steps are printed as they come.
"""

import asyncio
import os
import random
import signal
from itertools import islice

import pytest

from tests.faults.book import broken
from tests.faults.proxy import Told
from tests.faults.steps import LISTENERS_MAX, Step, draw
from tests.faults.town import Town, crowd
from tests.faults.voices import Voices

STEPS = int(os.environ.get("FAULT_STEPS", "60"))
SEED = int(os.environ.get("FAULT_SEED") or random.randrange(10**6))
STEPS_AT_ONCE_MAX = 6  # then all that is broken heals, and everybody must go on
BETWEEN_STEPS_S = 0.0, 0.4
SLOW_S = 0.05
TOLD: dict[str, Told] = {
    "half open, client told": "client",
    "half open, server told": "server",
    "half open, nobody told": "nobody",
}


async def perform(step: Step, place: Town, voices: Voices) -> None:
    """Do it, and undo it when its time is over."""
    what, where, seconds = step
    line = place.lines.get(where)
    if what in ("kill", "kill server"):
        place.signal(where, signal.SIGKILL)
    elif what == "restart server":
        place.signal(where, signal.SIGINT if where == "postgres" else signal.SIGTERM)
    elif what == "wipe":
        place.wipe()
    elif what == "delete stream":
        await place.delete_stream()
    elif what == "freeze":
        await place.freeze(where, seconds)
    elif what in ("freeze listener", "roam"):
        follower = voices.listeners[int(where) % len(voices.listeners)].follower
        await (follower.freeze(seconds) if seconds else follower.leave())
    elif line is None:
        raise LookupError(step)
    elif what == "cut":
        line.cut()
    elif what == "truncate":
        line.truncate()
    elif what == "slow":
        line.delay_s = SLOW_S
        await asyncio.sleep(seconds)
        line.delay_s = 0.0
    elif what == "hole":
        line.hole()
        try:
            await asyncio.sleep(seconds)
        finally:
            line.heal()
    else:
        line.half_open(TOLD[what])


@pytest.mark.timeout(240 + 10 * STEPS)
async def test_nothing_is_lost_repeated_or_out_of_order_whatever_breaks(place: Town) -> None:
    print(f"\nFAULT_SEED={SEED} FAULT_STEPS={STEPS}")
    pace = random.Random(SEED)
    voices, rooms = await crowd(place, pause_s=0.05)
    await voices.begin()
    await voices.going_on("the start")
    left = STEPS
    steps = enumerate(islice(draw(SEED), STEPS), 1)
    while left:
        now = list(islice(steps, pace.randint(1, STEPS_AT_ONCE_MAX)))
        left -= len(now)
        async with asyncio.TaskGroup() as breaking:
            for n, step in now:
                print(f"{n:4} {step}")
                breaking.create_task(perform(step, place, voices))
                await asyncio.sleep(pace.uniform(*BETWEEN_STEPS_S))
        began = asyncio.get_running_loop().time()
        await asyncio.to_thread(place.whole)
        await voices.going_on(", ".join(f"{n} {step}" for n, step in now))
        print(f"     all went on after {asyncio.get_running_loop().time() - began:.1f} s", flush=True)
    place.mend()
    await voices.going_on("the last step")
    book = await voices.close(place.world.pool, rooms)
    held = sum(len(view.held) for view in book.views)
    print(f"{len(book.promises)} promises, {held} events held, {voices.retries} retries")
    assert broken(book) == []
    # It was felt: otherwise this showed nothing.
    assert voices.retries > 0 and sum(one.follower.connections for one in voices.listeners) > LISTENERS_MAX
