"""A client of NATS that asks to be let in, and leaves nothing behind where it is not."""

import contextlib
from typing import Any

import nats.errors
from nats.aio.client import Client


async def comes_in(url: str, client: Client | None = None, **options: Any) -> bool:
    """Whether the server lets this client in; one that it lets in is to be closed by whoever brought it."""
    knocking = client or Client()
    told: list[Exception] = []

    async def failed(error: Exception) -> None:
        told.append(error)

    options = {"error_cb": failed, "allow_reconnect": False, "connect_timeout": 10} | options
    try:
        await knocking.connect(url, **options)
    except (nats.errors.Error, OSError):
        # The library forgets a connection that was refused, and leaves it open.
        if (transport := knocking._transport) is not None:  # pyright: ignore[reportPrivateUsage]
            transport.close()
            with contextlib.suppress(OSError):
                await transport.wait_closed()
        return False
    if client is None:
        await knocking.close()
    return True
