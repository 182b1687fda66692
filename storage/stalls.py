"""How long a process's event loop did not come round: while it was busy with one thing, or had no processor."""

import asyncio
import os

from prometheus_client import Counter, Histogram

LOOK_EVERY_S = 0.005
IDLE_LOOK_EVERY_S = 0.08
BUSY_PART = 0.2  # of the time on a processor, from which on a loop counts as busy; to look every 5 ms takes 0.04
BUSY_FOR_S = 1.0
# A loop that has nothing to do comes round when it is due; what is over 20 ms, people who wait begin to see.
GAPS = Histogram(
    "casewire_loop_gap_seconds",
    "Between two looks of the event loop, 5 ms when nothing holds it up; an idle one looks less often, counted alike.",
    buckets=(0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0),
)
HELD = Histogram(
    "casewire_loop_held_seconds",
    "The same without the time in which the machine gave the processor to others: what the process itself held up.",
    buckets=(0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0),
)
UNSERVED = Counter(
    "casewire_loop_unserved_seconds_total",
    "How long the event loop's thread was ready to run and the machine gave the processor to others.",
)


class Watch:
    """Looks from when it is made, in the running loop, until it is stopped."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time()
        self._busy_until = self._last + BUSY_FOR_S
        self._every = LOOK_EVERY_S
        self._statistics = _statistics()
        self._ran_ns, self._waited_ns = self._spent()
        self._timer = self._loop.call_later(self._every, self._look)

    def _look(self) -> None:
        now, (ran, waited) = self._loop.time(), self._spent()
        passed, unserved = now - self._last, (waited - self._waited_ns) / 1e9
        gap = passed - self._every + LOOK_EVERY_S
        GAPS.observe(gap)
        HELD.observe(max(0.0, gap - unserved))
        UNSERVED.inc(unserved)
        if self._statistics is None or (ran - self._ran_ns) / 1e9 > BUSY_PART * passed:
            self._busy_until = now + BUSY_FOR_S
        self._every = LOOK_EVERY_S if now < self._busy_until else IDLE_LOOK_EVERY_S
        self._last, self._ran_ns, self._waited_ns = now, ran, waited
        self._timer = self._loop.call_later(self._every, self._look)

    def _spent(self) -> tuple[int, int]:
        """Nanoseconds on a processor and in the queue of one: the first figures of /proc/thread-self/schedstat."""
        if self._statistics is None:
            return 0, 0
        ran, waited = os.pread(self._statistics, 64, 0).split()[:2]
        return int(ran), int(waited)

    def stop(self) -> None:
        self._timer.cancel()
        if self._statistics is not None:
            os.close(self._statistics)
            self._statistics = None


def _statistics() -> int | None:
    try:
        return os.open("/proc/thread-self/schedstat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:  # not Linux, or a kernel without them
        return None
