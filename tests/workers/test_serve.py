"""A process of workers: it says how it is, starts what fell again, and stops when asked."""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec

from deploy.embedded import ports
from deploy.embedded.stack import Stack
from schemas.settings import Settings
from tests.app import Office
from workers import serve

ROOT = Path(__file__).parents[2]


async def until(true: Any, what: str) -> None:
    """Poll until it is true; the limit only ends a broken run."""
    async with asyncio.timeout(60):
        while not await true():
            assert what
            await asyncio.sleep(0.02)


async def test_a_worker_that_falls_is_started_again_and_the_others_go_on(working: Settings) -> None:
    stop, rounds, falls = asyncio.Event(), 0, 0
    port = ports.free(1)[0]

    async def steady(settings: Settings, stop: asyncio.Event) -> None:
        nonlocal rounds
        while not stop.is_set():
            rounds += 1
            await asyncio.sleep(0.01)

    async def frail(settings: Settings, stop: asyncio.Event) -> None:
        nonlocal falls
        if falls < 2:
            falls += 1
            raise RuntimeError("fell")
        await stop.wait()

    settings = msgspec.structs.replace(working, internal_port=port)
    serving = asyncio.create_task(serve.serve(settings, {"steady": steady, "frail": frail}, stop))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:

        async def ready() -> bool:
            try:
                return (await client.get("/health/ready")).status_code == 200
            except httpx.TransportError:
                return False

        async def fell_and_rose() -> bool:
            return falls == 2 and await ready()

        await until(fell_and_rose, "ready")
        seen = rounds

        async def goes_on() -> bool:
            return rounds > seen

        await until(goes_on, "the steady one goes on")
        metrics = (await client.get("/metrics")).text
        assert 'casewire_worker_restarts_total{worker="frail"} 2.0' in metrics
        assert 'worker="steady"' not in metrics
    stop.set()
    await serving


async def test_a_worker_that_keeps_falling_is_named_as_missing(working: Settings) -> None:
    stop, port = asyncio.Event(), ports.free(1)[0]

    async def broken(settings: Settings, stop: asyncio.Event) -> None:
        raise RuntimeError("no")

    settings = msgspec.structs.replace(working, internal_port=port)
    serving = asyncio.create_task(serve.serve(settings, {"broken": broken}, stop))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:

        async def named() -> bool:
            try:
                answer = await client.get("/health/ready")
            except httpx.TransportError:
                return False
            return answer.status_code == 503 and "broken" in answer.text

        await until(named, "named")
        assert (await client.get("/health/live")).status_code == 200
    stop.set()
    await serving


async def test_the_process_sends_what_is_due_and_stops_when_asked(
    office: Office, stack: Stack, tmp_path: Path
) -> None:
    port = ports.free(1)[0]
    over = datetime.now(UTC) - timedelta(days=2)
    made = await office.lead.made(f"/v1/cases/{office.case}/deadlines", {"title": "Answer", "due_at": over})
    environ = stack.settings("worker") | {"CASEWIRE_INTERNAL_PORT": str(port), "CASEWIRE_DATA": str(tmp_path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "deploy.cli", "serve", "worker", "notices",
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environ},
    )  # fmt: skip
    try:

        async def told() -> bool:
            assert process.returncode is None
            return [one["thing"] for one in await office.lead.all("/v1/inbox")] == [made["id"]]

        async def mailed() -> bool:
            return any(office.lead.email in file.read_text() for file in tmp_path.glob("mail/*.eml"))

        await until(told, "told")
        await until(mailed, "mailed")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            assert (await client.get("/health/ready")).status_code == 200
    finally:
        process.send_signal(signal.SIGTERM)
        code = await process.wait()
    assert code == 0
