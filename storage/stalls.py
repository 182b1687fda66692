"""How long a process's event loop did not come round: while it was busy with one thing, or had no processor."""

import asyncio
import os

from prometheus_client import Counter, Histogram

LOOK_EVERY_S = 0.005
# A loop that has nothing to do comes round every 5 ms; what is over 20 ms, people who wait begin to see.
GAPS = Histogram(
    "casewire_loop_gap_seconds",
    "Between two looks of the event loop, which looks every 5 ms when nothing holds it up.",
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
        self._statistics = _statistics()
        self._waited_ns = self._waited()
        self._timer = self._loop.call_later(LOOK_EVERY_S, self._look)

    def _look(self) -> None:
        now, waited = self._loop.time(), self._waited()
        gap, unserved = now - self._last, (waited - self._waited_ns) / 1e9
        GAPS.observe(gap)
        HELD.observe(max(0.0, gap - unserved))
        UNSERVED.inc(unserved)
        self._last, self._waited_ns = now, waited
        self._timer = self._loop.call_later(LOOK_EVERY_S, self._look)

    def _waited(self) -> int:
        """Nanoseconds in the queue of a processor: the second figure of /proc/thread-self/schedstat."""
        return int(os.pread(self._statistics, 64, 0).split()[1]) if self._statistics is not None else 0

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
