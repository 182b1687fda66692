"""CPU seconds of processes, the children of each counted with it: PostgreSQL is a process for every connection."""

import os
import time
from collections.abc import Mapping

TICKS = os.sysconf("SC_CLK_TCK")


class Meter:
    """What the processes of a stack, and this one as `bench`, have used since `start`."""

    def __init__(self, pids: Mapping[str, int], *names: str) -> None:
        self._pids = {name: pids[name] for name in names if pids.get(name)}
        self._before: dict[str, float] = {}

    def start(self) -> None:
        self._before = self._used()

    def us_per(self, count: int) -> dict[str, float]:
        """CPU microseconds for each of `count`, by process."""
        return {
            name: (used - self._before[name]) / max(1, count) * 1e6 for name, used in self._used().items()
        }

    def _used(self) -> dict[str, float]:
        times = _times()
        used = {"bench": time.process_time()}
        for name, pid in self._pids.items():
            children = sum(own for own, _, parent in times.values() if parent == pid)
            own, ended, _ = times.get(pid, (0.0, 0.0, 0))
            used[name] = own + ended + children
        return used


def _times() -> dict[int, tuple[float, float, int]]:
    """By process: its CPU seconds, those of its children that have ended, and its parent."""
    found: dict[int, tuple[float, float, int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as stat:
                    fields = stat.read().rpartition(")")[2].split()
            except OSError:
                continue
            user, system, ended_user, ended_system = map(int, fields[11:15])
            found[int(entry)] = ((user + system) / TICKS, (ended_user + ended_system) / TICKS, int(fields[1]))
    return found
