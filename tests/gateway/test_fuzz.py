"""Hundreds of clients that mean no good, on a gateway in a process of its own, while one who means well follows a case.

Each is told with a close code, or with an HTTP error before there is a socket; the gateway says nothing of it in its
log, keeps nothing of it in memory, and the one who means well gets every event. `FUZZ_CASES=20000` runs it for long;
`FUZZ_SEED` names the first case, to see one again.
"""

import asyncio
import os
import random
import re
import signal
import sys
import time
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from deploy.embedded import ports
from tests.gateway.conftest import Client, Live, Office
from tests.gateway.fuzz_attack import Result
from tests.wire import eventually

CASES = int(os.environ.get("FUZZ_CASES", "300"))
SEED = int(os.environ.get("FUZZ_SEED", str(random.randrange(1 << 30))))
POST_EVERY_S = 0.05
GROWTH_BYTES_MAX = 16 << 20  # after the first cases; caches of a fixed size fill in those
COMPLAINT = re.compile(r'Traceback|"level": ?"(error|warning|critical)"| (ERROR|WARNING|CRITICAL) ')
# Asked to, it looks for garbage at once; left alone it keeps some MiB of closed connections until there is more.
PROGRAM = """
import gc
import os
import signal
signal.signal(signal.SIGUSR1, lambda *_: gc.collect())
from gateway.serve import main
from schemas.settings import Settings
main(Settings.read(os.environ))
"""


class Process:
    """A gateway apart from this one's event loop; its log is a file."""

    def __init__(
        self, process: asyncio.subprocess.Process, log: Path, live_port: int, internal_port: int
    ) -> None:
        self.process, self.log, self.live_port = process, log, live_port
        self._internal = f"http://127.0.0.1:{internal_port}"

    def get(self, path: str) -> bytes:
        try:
            with urllib.request.urlopen(self._internal + path, timeout=5) as answer:
                return answer.read()
        except OSError:
            return b""

    async def resident_bytes(self) -> int:
        """Without garbage."""
        self.process.send_signal(signal.SIGUSR1)
        await asyncio.sleep(1)
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf(
            "SC_PAGE_SIZE"
        )

    @property
    def sockets(self) -> float:
        found = re.search(rb"^casewire_gateway_sockets (\S+)", self.get("/metrics"), re.MULTILINE)
        return float(found[1]) if found else -1


@asynccontextmanager
async def gateway(live: Live, log: Path) -> AsyncIterator[Process]:
    live_port, internal_port = ports.free(2)
    environ = os.environ | live.stack.settings("gateway") | {
        "CASEWIRE_LIVE_PORT": str(live_port), "CASEWIRE_INTERNAL_PORT": str(internal_port), "PYTHONPATH": os.getcwd(),
        "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    with log.open("wb") as output:
        started = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, env=environ, stdout=output, stderr=output
        )
    process = Process(started, log, live_port, internal_port)
    try:
        await eventually(lambda: b"true" in process.get("/health/ready"), "the gateway is ready")
        yield process
    finally:
        if started.returncode is None:
            started.terminate()
        await started.wait()


class Watch:
    """One who means well: every event of its case, and how long each took from before its commit."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self.posted: dict[int, float] = {}
        self.heard: list[int] = []
        self.delays: list[float] = []

    async def write(self) -> None:
        while True:
            at = time.perf_counter()
            self.posted[await self._office.post("still here")] = at
            await asyncio.sleep(POST_EVERY_S)

    async def read(self, client: Client) -> None:
        while True:
            frame = msgspec.json.decode(await client.socket.recv())
            assert frame["op"] == "event", frame
            self.heard.append(frame["seq"])
            if frame["seq"] in self.posted:
                self.delays.append(time.perf_counter() - self.posted[frame["seq"]])


async def attacked(port: int, office: Office, first: int, cases: int) -> Result:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.gateway.fuzz_attack", str(port), office.tokens["client"], str(office.case),
        str(first), str(cases), stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        printed, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        raise
    assert process.returncode == 0, printed[-2000:]
    return msgspec.json.decode(printed, type=Result)


@pytest.mark.timeout(180 + CASES // 10)
async def test_nothing_that_a_client_sends_breaks_the_gateway(
    live: Live, office: Office, tmp_path: Path
) -> None:
    print(f"seeds {SEED} to {SEED + CASES - 1}")
    watch, early = Watch(office), CASES // 5
    async with gateway(live, tmp_path / "gateway.log") as process:
        async with live.open(office.tokens["lawyer"], port=process.live_port) as socket:
            client = Client(socket)
            assert (await client.next())["op"] == "welcome"
            first = (await client.subscribe(office.topic))["seq"]
            reading, writing = asyncio.create_task(watch.read(client)), asyncio.create_task(watch.write())
            results = [await attacked(process.live_port, office, SEED, early)]
            grown = -await process.resident_bytes()
            results.append(await attacked(process.live_port, office, SEED + early, CASES - early))
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            last = await live.database.system.fetchval(
                "select max(seq) from events where stream = $1", office.case
            )
            await eventually(lambda: reading.done() or last in watch.heard, "the last event arrived")
            await eventually(lambda: process.sockets == 1, "no other connection is left")
            grown += await process.resident_bytes()
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        assert process.process.returncode is None, "it died"
    delays = sorted(watch.delays)
    for result in results:
        print(f"{sum(result.kinds.values())} cases, {result.kinds}; told {result.told}")
    print(
        f"the one who means well: {len(watch.heard)} events, median {delays[len(delays) // 2] * 1e3:.1f} ms, slowest "
        f"{delays[-1] * 1e3:.0f} ms; the gateway grew by {grown >> 10} KiB"
    )
    broken = [sentence for result in results for sentence in result.broken]
    assert not broken, f"{len(broken)} of {CASES} cases:\n" + "\n".join(broken[:10])
    assert watch.heard == list(range(first + 1, last + 1))
    assert process.process.returncode == 0
    said = process.log.read_text(errors="replace")
    assert not COMPLAINT.search(said), said[-3000:]
    assert grown < GROWTH_BYTES_MAX
