"""How an archive leaves: a buffer at a time, each after the wall was asked, and not slower than a named pace."""

import asyncio
from collections.abc import Awaitable, Callable

from schemas.limits import (
    EXPORT_LATE_MAX_S,
    EXPORT_PACE_MIN_BYTES_S,
    EXPORT_PART_BYTES,
    READING_ASKED_AGAIN_S,
)


class Slow(Exception):
    """Whoever downloads takes less than the pace asks for, and has used up what they may be late."""


class Leaving:
    """Hands bytes over by `hand`, which returns when the next may follow. `still` raises when who asked for it has lost
    what is in it: it is asked before each buffer, and every second while one waits to be taken. So after a
    revocation at most the one buffer leaves that was under way. `tick` tells seconds."""

    def __init__(
        self,
        hand: Callable[[bytes], Awaitable[None]],
        still: Callable[[], Awaitable[None]],
        *,
        asked_again_s: float = READING_ASKED_AGAIN_S,
        tick: Callable[[], float] | None = None,
    ) -> None:
        self._hand, self._still, self._asked_again_s = hand, still, asked_again_s
        self._tick = tick or asyncio.get_running_loop().time
        self._waiting = bytearray()
        self._late = 0.0  # seconds behind the pace

    async def add(self, data: bytes) -> None:
        """Raises `Slow`, and what `still` and `hand` raise."""
        self._waiting += data
        while len(self._waiting) >= EXPORT_PART_BYTES:
            part = bytes(self._waiting[:EXPORT_PART_BYTES])
            del self._waiting[:EXPORT_PART_BYTES]
            await self._leave(part)

    async def end(self) -> None:
        """The last buffer."""
        if self._waiting:
            await self._leave(bytes(self._waiting))
            self._waiting.clear()

    async def _leave(self, part: bytes) -> None:
        await self._still()
        began, before = self._tick(), self._late - len(part) / EXPORT_PACE_MIN_BYTES_S
        taken = asyncio.ensure_future(self._hand(part))
        try:
            while not taken.done():
                await asyncio.wait({taken}, timeout=self._asked_again_s)
                # What was quick long ago does not excuse standing still now: nothing is saved up.
                self._late = max(0.0, before + self._tick() - began)
                if self._late > EXPORT_LATE_MAX_S:
                    raise Slow
                if not taken.done():
                    await self._still()
            await taken
        finally:
            taken.cancel()
