"""A stream of JetStream like the relay's own, for what is to be compared with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from schemas.subjects import HEADER_EPOCH, HEADER_POS, HEADER_PREV, HEADER_SEQ
from storage.bus import Bus
from storage.stream import CONFIG

STREAM, SUBJECT = "CASEWIRE_BENCH", "casewire-bench.event"
BODY = b"." * 800  # about what an event has
ANSWER_S = 10.0


def headers(n: int) -> dict[str, str]:
    """As an event's: of the message that follows the stream's sequence `n`."""
    return {
        "Nats-Msg-Id": f"bench-{n}",
        "Nats-Expected-Last-Sequence": str(n),
        HEADER_SEQ: str(n),
        HEADER_EPOCH: "bench",
        HEADER_POS: f"{n}-{n}",
        HEADER_PREV: f"{n - 1}-{n - 1}",
    }


@asynccontextmanager
async def stream(bus: Bus) -> AsyncIterator[None]:
    """An empty one, gone at the end; what a bench that was killed has left of it, too."""
    await _delete(bus)
    made = {"name": STREAM, "subjects": [SUBJECT], "description": "A bench's; it may be deleted."}
    await api(bus, f"STREAM.CREATE.{STREAM}", CONFIG | made)
    try:
        yield
    finally:
        await _delete(bus)


async def _delete(bus: Bus) -> None:
    await bus.client.request(f"$JS.API.STREAM.DELETE.{STREAM}", b"", timeout=ANSWER_S)


async def api(bus: Bus, name: str, body: dict[str, Any]) -> None:
    """Raises `AssertionError` where JetStream refuses."""
    answer = await bus.client.request(f"$JS.API.{name}", msgspec.json.encode(body), timeout=ANSWER_S)
    if "error" in (given := msgspec.json.decode(answer.data)):
        raise AssertionError(f"{name}: {given['error']}")
