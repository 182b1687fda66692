"""The hub's process: `casewire serve hub`."""

import contextlib
import gc
from collections.abc import AsyncIterator
from functools import partial

from hub.app import make_app
from hub.context import Hub
from hub.factors import sealing
from hub.http.health import what_is_missing
from hub.services import admit, offer
from schemas import audit_log
from schemas.rates import budgets
from schemas.settings import Settings
from storage.asgi import run, serve_asgi
from storage.blobs import Blobs
from storage.bus import Bus
from storage.callout import Callout
from storage.health import serve_health
from storage.keys.ring import Keys
from storage.keys.roots import roots_of
from storage.logs import configure
from storage.postgres.pool import Database
from storage.postgres.rates import Rates
from storage.stalls import Watch

# Little that a request leaves behind holds cycles.
GARBAGE_AFTER = 20_000, 20, 20


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Hub]:
    """A hub with its connections open. Raises `OSError` or a database error where a server is not there."""
    database = await Database.open(settings)
    try:
        bus = await Bus.connect(settings, "hub")
        blobs = Blobs(settings)
        rates = Rates(database.system, budgets(settings.rates))
        keys = Keys(roots_of(settings), database.recorder)
        try:
            yield Hub(settings, database, bus, blobs, rates, keys)
        finally:
            await keys.close()
            await rates.close()
            blobs.close()
            await bus.close()
    finally:
        await database.close()


async def serve(settings: Settings) -> None:
    async with opened(settings) as hub:
        services = await offer(hub)
        seed = settings.nats_issuer.reveal()
        callout = await Callout.start(hub.bus, seed, partial(admit, hub)) if seed else None
        health = await serve_health(settings.internal_port, lambda: what_is_missing(hub))
        app = make_app(hub)
        _settle_memory()
        watch = Watch()
        try:
            await serve_asgi(app, hub.settings.http_host, hub.settings.http_port, lifespan=True)
        finally:
            watch.stop()
            if callout is not None:
                await callout.stop(hub.bus)
            await services.stop()
            if health is not None:
                health.close()


def _settle_memory() -> None:
    """What stands when the app is made stays: routes, schemas, code. To look through its 150,000 objects for garbage
    holds the event loop up for 50 ms and more."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_AFTER)


def main(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT."""
    sealing.check(settings)
    audit_log.check(settings)
    configure("hub")
    run(lambda: serve(settings))
