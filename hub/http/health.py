"""Is the hub alive, and does all that it needs answer."""

import asyncio

from litestar import Response, get
from msgspec import Struct

from hub.context import Hub
from hub.http.auth import PUBLIC
from schemas.limits import READY_KEPT_S
from storage.health import absent


class Health(Struct, frozen=True):
    ready: bool
    missing: list[str]


@get("/health/live", opt=PUBLIC, sync_to_thread=False, include_in_schema=False)
def live() -> Health:
    return Health(True, [])


@get("/health/ready", opt=PUBLIC, include_in_schema=False)
async def ready(hub: Hub) -> Response[Health]:
    missing = await what_is_missing(hub)
    return Response(Health(not missing, missing), status_code=503 if missing else 200)


async def what_is_missing(hub: Hub) -> list[str]:
    """Names of the servers that do not answer; however many ask, they are asked once a second."""
    now = asyncio.get_running_loop().time()
    if hub.health.asked is None or now - hub.health.at >= READY_KEPT_S:
        hub.health.asked, hub.health.at = asyncio.ensure_future(_look(hub)), now
    return await asyncio.shield(hub.health.asked)


async def _look(hub: Hub) -> list[str]:
    looks = {"postgres": hub.database.app.fetchval("select 1"), "objects": hub.blobs.ready()}
    return await absent(looks) + ([] if hub.bus.connected else ["nats"])


ROUTES = [live, ready]
