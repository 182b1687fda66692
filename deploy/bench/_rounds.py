"""What one round of a fan-out gave: every arrival at every socket, and what the sender's process spent on it."""

import asyncio
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from statistics import median
from typing import NamedTuple

from deploy.bench._crowd import Arrival, Counts, Crowd
from deploy.bench._rig import cpu_s, percentile

REPEAT_S = 0.03  # what comes twice would come then
SETTLE_S = 10.0  # for the last frames; a round that is whole does not wait
FRAME_HEAD = 4  # bytes before the payload of a frame of 126 to 65,535 bytes


class Round(NamedTuple):
    """`cpu_s` is the sender's, None when that process is not of this machine. Marks are ns of `time.perf_counter_ns`.

    What is lost or repeated is found by the marks at every socket, and by seq where events have one.
    """

    sockets: int
    frames: int
    cpu_s: float | None
    arrivals: list[Arrival]
    heard: Counts

    @property
    def cpu_us_per_delivery(self) -> float | None:
        return self.cpu_s / len(self.arrivals) * 1e6 if self.cpu_s is not None and self.arrivals else None

    @property
    def seconds(self) -> list[float]:
        """From the mark, which is when sending began, to each arrival."""
        return [(one.at_ns - one.mark) / 1e9 for one in self.arrivals]

    @property
    def deliveries_per_s(self) -> float:
        """From the first arrival to the last."""
        return _per_s([one.at_ns for one in self.arrivals])

    @property
    def deliveries_per_s_within_an_event(self) -> float:
        by_mark = attrgetter("mark")
        return median(
            _per_s([one.at_ns for one in of_one])
            for _, of_one in groupby(sorted(self.arrivals, key=by_mark), by_mark)
        )

    @property
    def frames_per_read(self) -> float:
        """How much was joined on the way: a write of several frames is read in one go."""
        return len(self.arrivals) / max(1, self.heard.reads)

    @property
    def size(self) -> int:
        """Bytes of a frame."""
        return max((one.bytes for one in self.arrivals), default=0) + FRAME_HEAD

    @property
    def lost(self) -> int:
        return max(self.heard.gaps, self.sockets * self.frames - self._different)

    @property
    def repeated(self) -> int:
        return max(self.heard.repeats, len(self.arrivals) - self._different)

    @property
    def _different(self) -> int:
        return len({(one.socket, one.mark) for one in self.arrivals})

    @property
    def disordered(self) -> int:
        newest: dict[int, int] = {}
        found = 0
        for one in self.arrivals:
            found += one.mark < newest.get(one.socket, 0)
            newest[one.socket] = max(one.mark, newest.get(one.socket, 0))
        return found

    @property
    def whole(self) -> bool:
        return not (self.lost or self.repeated or self.disordered)


class Sender:
    """A process under measurement and the crowd that listens to it: `begin`, send, `end`."""

    def __init__(self, pid: int | None, crowd: Crowd) -> None:
        self._pid, self._crowd = pid, crowd
        self._before: float | None = None

    async def begin(self) -> None:
        await self._crowd.clear()
        self._before = cpu_s(self._pid)

    async def end(self, frames: int) -> Round:
        """After `frames` were sent to every socket."""
        await self._crowd.until(self._crowd.size * frames, SETTLE_S)
        after = cpu_s(self._pid)
        used = after - self._before if after is not None and self._before is not None else None
        await asyncio.sleep(REPEAT_S)
        heard = await self._crowd.counts()
        return Round(self._crowd.size, frames, used, await self._crowd.arrivals(), heard)


def _per_s(times_ns: Sequence[int]) -> float:
    took = max(times_ns, default=0) - min(times_ns, default=0)
    return len(times_ns) / took * 1e9 if took else 0.0


def cpu_us(rounds: Iterable[Round]) -> float | None:
    """The median round's CPU per delivery."""
    known = [one.cpu_us_per_delivery for one in rounds]
    return median(one for one in known if one is not None) if None not in known else None


def ratio(ours: float | None, theirs: float | None) -> float | None:
    return ours / theirs if ours is not None and theirs else None


def trouble(rounds: Sequence[Round]) -> dict[str, int]:
    return {
        "lost": sum(one.lost for one in rounds),
        "repeated": sum(one.repeated for one in rounds),
        "disordered": sum(one.disordered for one in rounds),
    }


def latency_ms(rounds: Iterable[Round], part: float) -> float:
    return percentile([second for one in rounds for second in one.seconds], part) * 1e3
