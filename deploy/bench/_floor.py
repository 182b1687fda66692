"""The floor of a fan-out for benches of something else: a C loop that write()s a ready frame to each socket."""

from typing import NamedTuple

from deploy.bench._peers import FLOOR, peer


class Floor(NamedTuple):
    """CPU of a delivery without the pauses; the rate is that of the arrivals within a burst."""

    cpu_us_per_delivery: float
    deliveries_per_s: float


async def floor(sockets: int, events: int, *, burst: int = 1, pace_s: float = 0.02, size: int = 700) -> Floor:
    """`events` times a burst of frames of `size` bytes to each socket. Raises `AssertionError` when one is missing."""
    async with peer(FLOOR, sockets) as writing:
        taken = await writing.round(events, burst, pace_s, size)
    assert taken.cpu_us_per_delivery is not None
    return Floor(taken.cpu_us_per_delivery, taken.deliveries_per_s_within_an_event)
