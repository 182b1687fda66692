"""The floor of a fan-out (`tests/bench/floor.c`): a C loop that write()s a ready frame to each socket."""

import asyncio

import msgspec
from msgspec import Struct

from deploy.bench._crowd import NOTHING, crowd
from deploy.bench._native import built

SETTLE_S = 10.0


class Floor(Struct, frozen=True):
    """CPU and sending seconds of all deliveries; pauses are in neither."""

    cpu_s: float
    sending_s: float
    deliveries: int

    @property
    def cpu_us_per_delivery(self) -> float:
        return self.cpu_s / self.deliveries * 1e6

    @property
    def deliveries_per_s(self) -> float:
        return self.deliveries / self.sending_s


async def floor(
    sockets: int, events: int, *, burst: int = 1, pause_s: float = 0.02, size: int = 700
) -> Floor:
    """`events` times a burst of frames of `size` bytes to each socket. Raises `AssertionError` when one is missing."""
    with built("floor") as program:
        process = await asyncio.create_subprocess_exec(
            program, str(sockets), str(events), str(burst), str(int(pause_s * 1e6)), str(size),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        try:
            port = int(await process.stdout.readline())
            plan = [(NOTHING, NOTHING)] * sockets
            async with crowd(port, plan, path="/", subprotocol=NOTHING) as listening:
                await listening.connect(at_once=1000)
                line = await asyncio.wait_for(
                    process.stdout.readline(), 60 + events * (pause_s + sockets * burst * 50e-6)
                )
                measured = msgspec.json.decode(line, type=Floor)
                heard = (await listening.until(measured.deliveries, SETTLE_S)).events
        finally:
            process.stdin.close()
            if process.returncode is None:
                process.terminate()
            await process.wait()
    if heard != measured.deliveries:
        raise AssertionError(f"the floor delivered {heard} of {measured.deliveries}")
    return measured
