"""What every process tells those who run it: /health/live, /health/ready and /metrics on an internal loopback port."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

HOST = "127.0.0.1"
REQUEST_BYTES_MAX = 8192
REQUEST_S_MAX = 5.0
CHECK_S_MAX = 2.0

# None when all is well, else one sentence that says what is missing. Raising says it too.
Check = Callable[[], Awaitable[str | None]]


async def missing(checks: Mapping[str, Check]) -> dict[str, str]:
    """What keeps this process from working: the name of each check that fails, and why."""

    async def ask(check: Check) -> str | None:
        try:
            async with asyncio.timeout(CHECK_S_MAX):
                return await check()
        except Exception as error:  # whatever it is, it is not ready; the type alone, for a text could hold secrets
            return f"does not answer ({type(error).__name__})"

    answers = await asyncio.gather(*(ask(check) for check in checks.values()))
    return {name: why for name, why in zip(checks, answers, strict=True) if why}


async def answer(path: str, checks: Mapping[str, Check]) -> tuple[int, str, bytes]:
    """(status, content type, body) for a path; 503 from /health/ready names what is missing."""
    if path == "/metrics":
        return 200, CONTENT_TYPE_LATEST, generate_latest()
    if path == "/health/live":
        return 200, "application/json", b'{"live":true}'
    if path == "/health/ready":
        absent = await missing(checks)
        body = msgspec.json.encode({"ready": not absent, "missing": absent})
        return (503 if absent else 200), "application/json", body
    return 404, "application/json", b"{}"


@asynccontextmanager
async def serving(port: int, checks: Mapping[str, Check]) -> AsyncIterator[None]:
    """Answer on `port` of loopback while the block runs; 0 answers nowhere. Raises `OSError` when it is taken."""
    if not port:
        yield
        return

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(REQUEST_S_MAX):
                await _one(reader, writer, checks)
        writer.close()

    server = await asyncio.start_server(handle, HOST, port, limit=REQUEST_BYTES_MAX)
    try:
        yield
    finally:
        server.close()


async def _one(reader: Any, writer: Any, checks: Mapping[str, Check]) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    method, _, rest = head.partition(b" ")
    path = rest.partition(b" ")[0].partition(b"?")[0].decode("ascii", "replace")
    status, kind, body = await answer(path, checks) if method in (b"GET", b"HEAD") else (405, "application/json", b"{}")
    writer.write(
        f"HTTP/1.1 {status} {'OK' if status == 200 else 'No'}\r\ncontent-type: {kind}\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode()
    )
    if method != b"HEAD":
        writer.write(body)
    await writer.drain()
