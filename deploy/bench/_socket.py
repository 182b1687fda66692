"""A lean socket client: many in one process, each frame's arrival noted, nothing parsed that need not be."""

import asyncio
import os
import re
import time
from base64 import b64encode
from collections.abc import Callable
from typing import cast
from uuid import UUID

# Messages of a bench begin with `t=<number>;`.
MARK = re.compile(rb"t=(\d+);")
Heard = Callable[[int, float], None]


class Listener(asyncio.Protocol):
    """Subscribes to a case and tells `heard(mark, time)` of each event with a mark. Server frames are not masked."""

    def __init__(self, host: str, token: str, case: UUID, heard: Heard) -> None:
        self.subscribed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        key = b64encode(os.urandom(16)).decode()
        self._hello = (
            f"GET /v1/live HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: casewire.v1\r\n"
            f"Authorization: Bearer {token}\r\n\r\n"
        ).encode()
        self._subscribe = masked(b'{"op":"subscribe","ref":"1","topic":"case:%s"}' % str(case).encode())
        self._heard = heard
        self._buffer = self._last = b""
        self._upgraded = False
        self.closed = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._hello)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if not self.subscribed.done():
            self.subscribed.set_exception(
                ConnectionError(f"closed before it was subscribed: {self._last[:200]!r}")
            )

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        self._buffer = self._buffer + data if self._buffer else data
        if not self._upgraded and not self._upgrade():
            return
        buffer, at = self._buffer, 0
        while (end := frame_end(buffer, at)) is not None:
            self._frame(buffer[at:end], now)
            at = end
        self._buffer = buffer[at:]

    def _upgrade(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        if not self._buffer.startswith(b"HTTP/1.1 101"):
            self.subscribed.set_exception(ConnectionError(self._buffer[:200].decode("latin-1")))
            cast(asyncio.Transport, self.transport).close()
            return False
        self._upgraded = True
        self._buffer = self._buffer[end + 4 :]
        cast(asyncio.Transport, self.transport).write(self._subscribe)
        return True

    def _frame(self, frame: bytes, now: float) -> None:
        # Several events may be joined in one write, each in a frame of its own.
        if mark := MARK.search(frame):
            self._heard(int(mark[1]), now)
        elif not self.subscribed.done():
            self._last = frame
            if b'"subscribed"' in frame:
                self.subscribed.set_result(None)

    def close(self) -> None:
        if self.transport is not None:
            self.transport.abort()


def frame_end(buffer: bytes, at: int) -> int | None:
    """Where the frame that begins at `at` ends, None while it is not whole."""
    if len(buffer) < at + 2:
        return None
    length, head = buffer[at + 1] & 0x7F, 2
    if length > 125:
        head = 4 if length == 126 else 10
        length = int.from_bytes(buffer[at + 2 : at + head])
    end = at + head + length
    return end if len(buffer) >= end else None


def masked(payload: bytes) -> bytes:
    """A text frame as clients send it; an all-zero mask leaves the payload as it is."""
    assert len(payload) < 126
    return bytes((0x81, 0x80 | len(payload))) + bytes(4) + payload
