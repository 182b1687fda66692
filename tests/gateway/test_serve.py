"""The gateway as a process: ready, metrics, and going away politely."""

import asyncio
import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator

import msgspec
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from deploy.embedded import ports
from tests.gateway.conftest import Client, Live, Office
from tests.wire import eventually

PROGRAM = """
import os
from gateway.serve import main
from schemas.settings import Settings
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
