"""The gateway's process: `main(settings)` runs until SIGTERM or SIGINT."""

import asyncio
import contextlib
import gc
import resource
import signal
import socket
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
import uvloop

from gateway.connection import Connection
from gateway.gateway import Gateway
from schemas.settings import Settings
from storage.bus import Bus, end
from storage.health import serve_health
from storage.logs import configure
from storage.postgres.pool import PASSING, Database

BACKLOG = 2048
# A client that does not read costs at most this in the kernel (it doubles the number), and then our own buffer.
SEND_BUFFER_BYTES = 64 << 10
LEAVE_S = 2.0
START_RETRY_S = 0.5
# Events, frames and sockets go when nobody refers to them any more. Looking for rings of garbage among them after every
# 700 new objects, as Python does, costs more than half of a replay.
GARBAGE_AFTER = 200_000, 20, 20


T = TypeVar("T")

logger = structlog.get_logger("gateway")


def main(settings: Settings) -> None:
    """Serve the socket at `live_port`. Waits for PostgreSQL and NATS when they are not there yet."""
    configure("gateway")
    files = open_files()
    logger.info("gateway starts", open_files_max=files)
    gc.freeze()
    gc.set_threshold(*GARBAGE_AFTER)
    uvloop.run(serve(settings))


def open_files() -> int:
    """How many files and sockets this process may open, after asking for as many as it can get."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


async def serve(settings: Settings) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    running = asyncio.create_task(_run(settings, stopped))
    waiting = asyncio.create_task(stopped.wait())
    await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    done, _ = await asyncio.wait((running,), timeout=LEAVE_S + 2)
    if done:
        running.result()
    else:
        await end(running)


async def _run(settings: Settings, stopped: asyncio.Event) -> None:
    parts: dict[str, object] = {"database": None, "bus": None, "gateway": None}

    async def missing() -> list[str]:
        return await _missing(parts)

    internal = await serve_health(settings.internal_port, missing)
    roles = "system", "signin"
    database = parts["database"] = await _there("postgres", lambda: Database.open(settings, roles), stopped)
    bus = parts["bus"] = await _there("nats", lambda: Bus.connect(settings, "gateway"), stopped)
    if database is None or bus is None:
        return
    gateway = parts["gateway"] = Gateway(settings, bus, database)
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(gateway), sock=_listening(settings.http_host, settings.live_port), backlog=BACKLOG
    )
    working = asyncio.create_task(gateway.run())
    waiting = asyncio.create_task(stopped.wait())
    logger.info("gateway listens", port=settings.live_port)
    try:
        await asyncio.wait((working, waiting), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()  # it never ends well by itself: say why, and let the supervisor start us again
    finally:
        waiting.cancel()
        server.close()
        await gateway.leave(LEAVE_S)
        await end(working)
        if internal is not None:
            internal.close()
        await bus.close()
        await database.close()


async def _there(name: str, connect: Callable[[], Awaitable[T]], stopped: asyncio.Event) -> T | None:
    """Connect as soon as the server is there; None when we are told to stop before."""
    while not stopped.is_set():
        try:
            return await connect()
        except PASSING as error:
            logger.warning("waiting for a server", server=name, error=type(error).__name__)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_RETRY_S):
                await stopped.wait()
    return None


async def _missing(parts: dict[str, object]) -> list[str]:
    absent: list[str] = []
    database, bus, gateway = parts["database"], parts["bus"], parts["gateway"]
    try:
        async with asyncio.timeout(1):
            if not isinstance(database, Database) or await database.system.fetchval("select 1") != 1:
                absent.append("postgres")
    except PASSING:
        absent.append("postgres")
    if not isinstance(bus, Bus) or not bus.connected:
        absent.append("nats")
    if not isinstance(gateway, Gateway) or not gateway.feed.running:
        absent.append("feed")
    return absent


def _listening(host: str, port: int) -> socket.socket:
    """A listening socket whose options every accepted one inherits."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listening.setblocking(False)
    listening.bind((host, port))
    return listening
