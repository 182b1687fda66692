"""Writes entries of the record that go with no write of their own: what was read, and what was refused.

What comes at the same time goes together: one transaction, and so one write to disk, for all that waited for it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import structlog
from prometheus_client import Counter

from schemas.audit import Entry, Private
from schemas.errors import Refused
from schemas.limits import ENTRIES_TOGETHER_MAX, ENTRIES_WAITING_MAX
from storage.postgres import audit

RECORDED = Counter("casewire_entries_recorded_total", "Reads and refusals that were written into the record.")
UNRECORDED = Counter(
    "casewire_entries_refused_total", "Reads and refusals that could not be written into the record."
)

log = structlog.get_logger("audit")


class _Waiting(NamedTuple):
    statement: str
    done: "asyncio.Future[None]"


class Recorder:
    """Each `Database` has one. `run` runs statements that the connections of casewire_app and casewire_system have
    prepared, and raises `unavailable` where it cannot."""

    def __init__(self, run: Callable[[str], Awaitable[None]]) -> None:
        self._run = run
        self._waiting: deque[_Waiting] = deque()
        self._writing: asyncio.Task[None] | None = None

    async def record(self, entry: Entry, private: Private) -> None:
        """Returns when the entry is committed; `unavailable` where it cannot be, also because too many wait: what the
        entry is about is refused then."""
        if len(self._waiting) >= ENTRIES_WAITING_MAX:
            UNRECORDED.inc()
            raise Refused("unavailable", "Too much waits to be written down.", retry_after_ms=500)
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(audit.recording(entry, private), done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await done

    async def close(self) -> None:
        """What waits is still written."""
        if self._writing is not None:
            await asyncio.wait([self._writing])

    async def _write(self) -> None:
        try:
            while self._waiting:
                together = [
                    self._waiting.popleft() for _ in range(min(len(self._waiting), ENTRIES_TOGETHER_MAX))
                ]
                # Who has gone meanwhile has still asked: their entry is written with the others.
                await self._commit(together)
        finally:
            self._writing = None

    async def _commit(self, together: list[_Waiting]) -> None:
        try:
            await self._run("; ".join(["begin", *(one.statement for one in together), "commit"]))
        except Exception as error:
            away = isinstance(error, Refused) and error.code == "unavailable"
            if len(together) > 1 and not away:
                # One that does not fit must not take the others with it.
                for one in together:
                    await self._commit([one])
                return
            UNRECORDED.inc(len(together))
            if not away:
                log.error("an entry does not fit into the record", exc_info=error)
                error = Refused("unavailable", "What is done cannot be written down just now.")
            for one in together:
                if not one.done.done():
                    one.done.set_exception(error)
            return
        RECORDED.inc(len(together))
        for one in together:
            if not one.done.done():
                one.done.set_result(None)
