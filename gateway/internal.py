"""The loopback port of a process: /health/live, /health/ready and /metrics."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

REQUEST_S = 5.0
REQUEST_BYTES_MAX = 8192

Missing = Callable[[], Awaitable[list[str]]]


async def serve_internal(port: int, missing: Missing) -> asyncio.Server:
    """Listen on 127.0.0.1:`port`. `missing` names the dependencies that do not work now."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_S):
                head = await reader.readuntil(b"\r\n\r\n")
                status, kind, body = await respond(head.split(b" ", 2)[1].decode("ascii", "replace"), missing)
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
                    "Connection: close\r\n\r\n".encode()
                    + body
                )
                await writer.drain()
        except (TimeoutError, OSError, IndexError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    return await asyncio.start_server(answer, "127.0.0.1", port, limit=REQUEST_BYTES_MAX)


async def respond(path: str, missing: Missing) -> tuple[str, str, bytes]:
    """Status line, content type and body for `path`."""
    if path == "/health/live":
        return "200 OK", "application/json", b'{"live":true}'
    if path == "/health/ready":
        absent = await missing()
        body = msgspec.json.encode({"ready": not absent, "missing": absent})
        return "503 Service Unavailable" if absent else "200 OK", "application/json", body
    if path == "/metrics":
        return "200 OK", CONTENT_TYPE_LATEST, generate_latest()
    return "404 Not Found", "text/plain", b"not found\n"
