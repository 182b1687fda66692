"""The gateway as a process: ready, metrics, and going away politely."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from deploy.embedded import ports
from gateway.serve import SEND_BUFFER_BYTES
from tests.gateway.conftest import Client, Live, Office
from tests.wire import eventually

CLOSE_S = 0.5
PROGRAM = f"""
import os
from gateway import connection
from gateway.serve import main
from schemas.settings import Settings
connection.CLOSE_S = {CLOSE_S}
main(Settings.read(os.environ))
"""


class Process:
    def __init__(self, process: asyncio.subprocess.Process, live_port: int, internal_port: int) -> None:
        self.process, self.live_port, self.internal_port = process, live_port, internal_port

    async def get(self, path: str) -> tuple[int, bytes]:
        return await asyncio.to_thread(_get, f"http://127.0.0.1:{self.internal_port}{path}")


def _get(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
    except OSError:
        return 0, b""


@pytest_asyncio.fixture(loop_scope="session")
async def process(live: Live) -> AsyncIterator[Process]:
    live_port, internal_port = ports.free(2)
    environ = os.environ | live.stack.settings("gateway") | {
        "CASEWIRE_LIVE_PORT": str(live_port), "CASEWIRE_INTERNAL_PORT": str(internal_port), "PYTHONPATH": os.getcwd(),
    }  # fmt: skip
    started = await asyncio.create_subprocess_exec(sys.executable, "-c", PROGRAM, env=environ)
    process = Process(started, live_port, internal_port)

    async def ready() -> bool:
        assert started.returncode is None, "it ended"
        return (await process.get("/health/ready"))[0] == 200

    await eventually(ready, "ready")
    yield process
    if started.returncode is None:
        started.kill()
    await started.wait()


async def test_on_sigterm_everyone_is_sent_away_to_come_back(
    live: Live, office: Office, process: Process
) -> None:
    headers = {"Authorization": f"Bearer {office.tokens['client']}"}
    address = f"ws://127.0.0.1:{process.live_port}/v1/live"
    async with connect(address, subprotocols=["casewire.v1"], additional_headers=headers) as socket:  # type: ignore[list-item]
        client = Client(socket)
        assert (await client.next())["op"] == "welcome"
        await client.subscribe(office.topic)
        await office.post("hello")
        assert (await client.next())["data"]["message"]["body"] == "hello"
        status, metrics = await process.get("/metrics")
        assert status == 200 and b"casewire_gateway_sockets 1.0" in metrics
        process.process.send_signal(signal.SIGTERM)
        try:
            while True:
                await client.next()
        except ConnectionClosed as closed:
            assert closed.rcvd is not None and closed.rcvd.code == 4000  # noqa: PT017
            assert closed.rcvd.reason.startswith("retry_after_ms=")  # noqa: PT017
    assert await process.process.wait() == 0


async def test_ready_names_what_is_missing_and_heals(live: Live, process: Process) -> None:
    assert live.stack.nats is not None
    live.stack.nats.child.kill()
    try:

        async def missing() -> bool:
            status, body = await process.get("/health/ready")
            return status == 503 and msgspec.json.decode(body)["missing"] == ["nats"]

        await eventually(missing, "nats is missing")
        assert (await process.get("/health/live"))[0] == 200
    finally:
        live.stack.nats.start()

    async def ready() -> bool:
        return (await process.get("/health/ready"))[0] == 200

    await eventually(ready, "ready again")


def kernel_holds(local: int, remote: int) -> list[int]:
    """Bytes not yet taken from the sending side of a connection between two ports of this machine; empty when the
    kernel knows of none."""
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    ends = f"0100007F:{local:04X}", f"0100007F:{remote:04X}"
    return [int(row[4].partition(":")[0], 16) for row in rows if (row[1], row[2]) == ends]


async def test_of_a_client_that_does_not_read_nothing_stays(
    live: Live, office: Office, process: Process
) -> None:
    """It is cut while it still does not read: what it held here and in the kernel is given back, and it resumes."""

    async def metric(name: str) -> float:
        found = re.search(rb"^%s (\S+)$" % name.encode(), (await process.get("/metrics"))[1], re.MULTILINE)
        return float(found[1]) if found else 0.0

    def open_socket(who: str, **more: Any) -> connect:
        headers = {"Authorization": f"Bearer {office.tokens[who]}"}
        settings: dict[str, Any] = {
            "additional_headers": headers,
            "subprotocols": ["casewire.v1"],
            "max_size": None,
        }
        return connect(f"ws://127.0.0.1:{process.live_port}/v1/live", compression=None, **settings, **more)

    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.connect(("127.0.0.1", process.live_port))
    port = small.getsockname()[1]
    async with open_socket("lawyer") as one, open_socket("client", sock=small, max_queue=1) as other:
        fast, slow = Client(one), Client(other)
        for client in (fast, slow):
            assert (await client.next())["op"] == "welcome"
        await fast.subscribe(office.topic)
        head = await slow.subscribe(office.topic)
        other.transport.pause_reading()
        count = 0
        while not await metric('casewire_gateway_closed_total{why="too_slow"}'):
            await office.post("x" * 19_000)
            count += 1
            assert (await fast.next())["seq"] == count
            assert all(size <= 2 * SEND_BUFFER_BYTES for size in kernel_holds(process.live_port, port))
            assert count < 100, "never cut"

        async def gone() -> bool:
            return await metric("casewire_gateway_sockets") == 1 and not kernel_holds(process.live_port, port)

        await eventually(gone, "the kernel has let go of the socket")
        other.transport.resume_reading()
        read = 0
        with contextlib.suppress(ConnectionClosed):
            while True:
                read = (await slow.next())["seq"]
    async with open_socket("client") as again:
        client = Client(again)
        await client.next()
        assert (await client.subscribe(office.topic, {"epoch": head["epoch"], "seq": read}))[
            "replay"
        ] == count - read
        assert [(await client.next())["seq"] for _ in range(count - read)] == list(range(read + 1, count + 1))
