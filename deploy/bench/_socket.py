"""A lean socket client: many in one process, each frame handed on as it comes, nothing parsed that need not be."""

import asyncio
import os
import time
from base64 import b64encode
from typing import cast

PING = 0x89
PONG = bytes((0x8A, 0x80)) + bytes(4)  # empty, as the pings are


class Client(asyncio.Protocol):
    """Shakes hands, answers pings and gives each other frame to `_frame`, with when it was read. Server frames are not
    masked.

    `ready` is for `_frame` to fulfil; it fails where the server refuses or closes before.
    """

    def __init__(self, host: str, token: str, opening: bytes = b"") -> None:
        """`opening` is sent as soon as the socket is open."""
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        key = b64encode(os.urandom(16)).decode()
        self._hello = (
            f"GET /v1/live HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: casewire.v1\r\n"
            f"Authorization: Bearer {token}\r\n\r\n"
        ).encode()
        self._opening = opening
        self._buffer = self._last = b""
        self._upgraded = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._hello)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(f"closed before it was ready: {self._last[:200]!r}"))

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        self._buffer = self._buffer + data if self._buffer else data
        if not self._upgraded and not self._upgrade():
            return
        buffer, at = self._buffer, 0
        while (end := frame_end(buffer, at)) is not None:
            self._last = buffer[at:end]
            if self._last[0] == PING:
                self._pong()
            else:
                self._frame(self._last, now)
            at = end
        self._buffer = buffer[at:]

    def _upgrade(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        assert self._transport is not None
        if not self._buffer.startswith(b"HTTP/1.1 101"):
            self._last = self._buffer
            self._transport.close()
            return False
        self._upgraded, self._buffer = True, self._buffer[end + 4 :]
        if self._opening:
            self._transport.write(self._opening)
        return True

    def _pong(self) -> None:
        """The gateway's pings are empty. Whoever leaves them unanswered is cut, as one who is gone."""
        assert self._transport is not None
        self._transport.write(PONG)

    def _frame(self, frame: bytes, now: float) -> None:
        raise NotImplementedError

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


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
