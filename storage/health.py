"""Health and metrics of a process on its internal loopback port: /health/live, /health/ready, /metrics."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

HEAD_BYTES_MAX = 8192
HEAD_WAIT_S = 2.0
LOOK_S = 1.5

# Answers the names of what is missing; empty when all of it works.
Ready = Callable[[], Awaitable[list[str]]]


async def absent(looks: Mapping[str, Awaitable[object]]) -> list[str]:
    """The names of those that fail, or do not answer within `LOOK_S`; asked all at once."""
    found = await asyncio.gather(
        *(asyncio.wait_for(look, LOOK_S) for look in looks.values()), return_exceptions=True
    )
    return [name for name, answer in zip(looks, found, strict=True) if isinstance(answer, BaseException)]


async def serve_health(port: int, ready: Ready) -> asyncio.Server | None:
    """Listen on 127.0.0.1; None when `port` is 0. Close the server it returns when the process stops."""
    if not port:
        return None

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_WAIT_S)
            status, kind, body = await _respond(head.split(b" ", 2)[1], ready)
            writer.write(
                b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
                % (status, kind, len(body))
            )
            writer.write(body)
            await writer.drain()
        except (
            TimeoutError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
            ConnectionError,
            IndexError,
        ):
            pass
        finally:
            writer.close()

    return await asyncio.start_server(answer, "127.0.0.1", port, limit=HEAD_BYTES_MAX)


async def _respond(path: bytes, ready: Ready) -> tuple[bytes, bytes, bytes]:
    if path == b"/health/live":
        return b"200 OK", b"application/json", b"{}"
    if path == b"/health/ready":
        missing = await ready()
        body = msgspec.json.encode({"ready": not missing, "missing": missing})
        return (b"503 Service Unavailable" if missing else b"200 OK"), b"application/json", body
    if path == b"/metrics":
        return b"200 OK", CONTENT_TYPE_LATEST.encode(), generate_latest()
    return b"404 Not Found", b"text/plain", b"not found\n"
