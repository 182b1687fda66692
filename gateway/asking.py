"""Questions to PostgreSQL that many ask at the same time: one query at a time, each for all who came meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

ASKED_AT_ONCE = 200
# When so many waited for one query there is a storm, and the next one waits until more have come.
STORM_FROM = 8
GATHER_S = 0.01

K = TypeVar("K")
V = TypeVar("V")


class Asking(Generic[K, V]):
    """`look_up` answers for a list of keys. Who asks for a key that it leaves out gets None; what it raises is raised
    for all who waited for that query."""

    def __init__(self, look_up: Callable[[list[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._look_up = look_up
        self._waiting: dict[K, list[asyncio.Future[V | None]]] = {}
        self._running: asyncio.Task[None] | None = None

    def get(self, key: K) -> "asyncio.Future[V | None]":
        """Answered by a query that begins after this call."""
        future: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(future)
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return future

    async def _run(self) -> None:
        try:
            while self._waiting:
                asked = {key: self._waiting.pop(key) for key in list(self._waiting)[:ASKED_AT_ONCE]}
                found: Mapping[K, V] = {}
                failure: Exception | None = None
                try:
                    found = await self._look_up(list(asked))
                except Exception as error:
                    failure = error
                for key, futures in asked.items():
                    for future in futures:
                        if future.done():
                            continue
                        if failure is not None:
                            future.set_exception(failure)
                        else:
                            future.set_result(found.get(key))
                if sum(map(len, asked.values())) >= STORM_FROM:
                    await asyncio.sleep(GATHER_S)
        finally:
            self._running = None
