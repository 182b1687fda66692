"""The hub's process: `casewire serve hub`."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import uvicorn

from hub.app import make_app
from hub.context import Hub
from hub.http.health import what_is_missing
from hub.services import offer
from schemas.settings import Settings
from storage.blobs import Blobs
from storage.bus import Bus
from storage.health import serve_health
from storage.logs import configure
from storage.postgres.pool import Database

GRACE_S = 3
CONNECTIONS_WAITING_MAX = 2048


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Hub]:
    """A hub with its connections open. Raises `OSError` or a database error where a server is not there."""
    database = await Database.open(settings)
    try:
        bus = await Bus.connect(settings, "hub")
        try:
            yield Hub(settings, database, bus, Blobs(settings))
        finally:
            await bus.close()
    finally:
        await database.close()


async def serve(settings: Settings) -> None:
    async with opened(settings) as hub:
        services = await offer(hub)
        health = await serve_health(settings.internal_port, lambda: what_is_missing(hub))
        server = uvicorn.Server(
            uvicorn.Config(
                make_app(hub),
                host=settings.http_host,
                port=settings.http_port,
                http="httptools",
                ws="none",
                lifespan="on",
                access_log=False,
                log_config=None,
                server_header=False,
                proxy_headers=False,
                backlog=CONNECTIONS_WAITING_MAX,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=GRACE_S,
            )
        )
        try:
            await server.serve()
        finally:
            await services.stop()
            if health is not None:
                health.close()


def main(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT."""
    configure("hub")
    uvicorn_loop = uvicorn.Config("", loop="uvloop").get_loop_factory()
    with asyncio.Runner(loop_factory=uvicorn_loop) as runner:
        runner.run(serve(settings))
