"""Is the hub alive, and does all that it needs answer."""

import asyncio
from collections.abc import Awaitable

from litestar import Response, get
from msgspec import Struct

from hub.context import Hub
from hub.http.auth import PUBLIC

WAIT_S = 2.0


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
    """Names of the servers that do not answer, asked all at once."""

    async def asked(name: str, question: Awaitable[object]) -> str | None:
        try:
            await asyncio.wait_for(question, WAIT_S)
        except Exception:  # whatever it is: it does not work
            return name
        return None

    answers = await asyncio.gather(
        asked("postgres", hub.database.app.fetchval("select 1")), asked("objects", hub.blobs.ready())
    )
    return [name for name in answers if name] + ([] if hub.bus.connected else ["nats"])


ROUTES = [live, ready]
