"""A process of workers. Each named one is loaded, run and, when it falls, started again on its own."""

import asyncio
import contextlib
import gc
import importlib
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog
import uvloop
from prometheus_client import Counter

from schemas.settings import Settings
from storage.bus import Bus, end
from storage.health import absent, serve_health
from storage.logs import configure
from storage.postgres.pool import Database

BACKOFF_MIN_S = 0.2
BACKOFF_MAX_S = 5.0
STEADY_AFTER_S = 10.0  # who ran that long starts again without a long pause
STOP_WAIT_S = 1.0  # then what still runs is cancelled: every effect is safe to leave undone

# Rows and events come by the thousand and hold no cycles: looking for some took a fifth of the relay's time.
GARBAGE_AFTER = 20_000, 20, 20

Run = Callable[[Settings, asyncio.Event], Awaitable[None]]

FELL = Counter("casewire_worker_restarts_total", "Times a worker fell and was started again.", ["worker"])

logger = structlog.get_logger("worker")


def main(settings: Settings, names: Sequence[str]) -> None:
    """Run the workers `names` until SIGTERM or SIGINT."""
    configure(f"worker {','.join(names)}")
    gc.freeze()
    gc.set_threshold(*GARBAGE_AFTER)
    uvloop.run(serve(settings, {name: _lazily(name) for name in names}))


def _lazily(name: str) -> Run:
    """A process loads the code of its own workers alone."""

    async def run(settings: Settings, stop: asyncio.Event) -> None:
        await importlib.import_module(f"workers.{name}").run(settings, stop)

    return run


async def serve(settings: Settings, workers: Mapping[str, Run], stop: asyncio.Event | None = None) -> None:
    """Keep every worker running until `stop` is set, by a signal if by nobody else."""
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    ground = Ground(settings)
    kept = {name: Kept(name, run, settings, stop) for name, run in workers.items()}

    async def missing() -> list[str]:
        return await ground.missing() + [f"{name}: {one.why}" for name, one in kept.items() if one.why]

    tasks = [asyncio.create_task(one.keep(), name=name) for name, one in kept.items()]
    health = None
    try:
        health = await serve_health(settings.internal_port, missing)
        await stop.wait()
    finally:
        stop.set()
        if health is not None:
            health.close()
        _, late = await asyncio.wait(tasks, timeout=STOP_WAIT_S)
        await end(*late)
        await ground.close()


class Kept:
    """One worker, started again whenever it ends. `why` says what is wrong with it now."""

    def __init__(self, name: str, run: Run, settings: Settings, stop: asyncio.Event) -> None:
        self.name, self.run, self.settings, self.stop = name, run, settings, stop
        self.why: str | None = "is not started yet"

    async def keep(self) -> None:
        pause = BACKOFF_MIN_S
        while not self.stop.is_set():
            began = time.monotonic()
            self.why = None
            try:
                await self.run(self.settings, self.stop)
                if self.stop.is_set():
                    return
                logger.error("a worker ended by itself", worker=self.name)
            except Exception:
                logger.exception("a worker fell", worker=self.name)
            if time.monotonic() - began >= STEADY_AFTER_S:
                pause = BACKOFF_MIN_S
            self.why = "fell and is starting again"
            FELL.labels(self.name).inc()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self.stop.wait()
            pause = min(pause * 2, BACKOFF_MAX_S)


class Ground:
    """What workers stand on, looked at through connections of its own: theirs may be busy."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._database: Database | None = None
        self._bus: Bus | None = None

    async def missing(self) -> list[str]:
        return await absent({"postgres": self._postgres(), "nats": self._nats()})

    async def _postgres(self) -> None:
        if self._database is None:
            self._database = await Database.open(self.settings, roles=("system",))
        await self._database.system.fetchval("select 1")

    async def _nats(self) -> None:
        if self._bus is None:
            self._bus = await Bus.connect(self.settings, "health")
        if not self._bus.connected:
            raise ConnectionError("NATS is away")

    async def close(self) -> None:
        if self._database is not None:
            await self._database.close()
        if self._bus is not None:
            await self._bus.close()
