"""Resident memory of a process."""

import asyncio
import os
from types import TracebackType

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
SAMPLE_S = 0.02


def resident_bytes(pid: int | None) -> int | None:
    """None where the process is not of this machine."""
    try:
        with open(f"/proc/{pid}/statm") as statm:
            return int(statm.read().split()[1]) * PAGE_BYTES
    except OSError:
        return None


class Watch:
    """`async with Watch(pid) as watch`: what the process held before, and the most that it held within the block."""

    def __init__(self, pid: int | None) -> None:
        self._pid = pid
        self.before = self.most = resident_bytes(pid)
        self._task: asyncio.Task[None] | None = None

    @property
    def growth(self) -> int | None:
        return self.most - self.before if self.most is not None and self.before is not None else None

    async def __aenter__(self) -> "Watch":
        self._task = asyncio.create_task(self._look())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        self._see()

    def _see(self) -> None:
        now = resident_bytes(self._pid)
        if now is not None and self.most is not None:
            self.most = max(self.most, now)

    async def _look(self) -> None:
        while True:
            self._see()
            await asyncio.sleep(SAMPLE_S)


def kernel_bytes() -> int:
    """What the kernel of this machine holds for everybody: its own objects, and what TCP buffers."""
    with open("/proc/meminfo") as info:
        slab = next(int(line.split()[1]) for line in info if line.startswith("Slab:"))
    with open("/proc/net/sockstat") as info:
        pages = next(int(line.split()[-1]) for line in info if line.startswith("TCP:"))
    return slab * 1024 + pages * PAGE_BYTES
