"""Running an ASGI app as a process: on uvloop until SIGTERM or SIGINT, then with its connections closed in order."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from storage.http import Impatient

CONNECTIONS_WAITING_MAX = 2048
KEEP_ALIVE_S = 75
GRACE_S = 3


class _Server(uvicorn.Server):
    """Leaves signals to us: uvicorn's own handling ends the process by the signal, before our connections close."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve_asgi(app: Any, host: str, port: int, *, lifespan: bool, connections_max: int | None = None) -> None:
    """Serve until a signal; requests under way get `GRACE_S` seconds."""
    server = _Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http=Impatient,
            ws="none",
            lifespan="on" if lifespan else "off",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=connections_max,
            backlog=CONNECTIONS_WAITING_MAX,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=GRACE_S,
        )
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, setattr, server, "should_exit", True)
    await server.serve()


def run(work: Callable[[], Awaitable[None]]) -> None:
    """Run a process's work on an event loop of its own."""

    async def whole() -> None:
        await work()

    with asyncio.Runner(loop_factory=uvicorn.Config("", loop="uvloop").get_loop_factory()) as runner:
        runner.run(whole())
