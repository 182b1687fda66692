"""A lean HTTP/1.1 client over one kept connection: it must cost less than what it measures."""

import asyncio
import time
from typing import cast
from uuid import UUID, uuid4


class Client(asyncio.Protocol):
    """One request at a time. `send` answers the status and when the last byte of the answer was there, which
    `answered` then holds."""

    def __init__(self) -> None:
        self.answered = b""
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, float]] | None = None
        self._buffer = b""
        self._need = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("the hub closed the connection"))

    def send(self, request: bytes) -> "asyncio.Future[tuple[int, float]]":
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._need < 0:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            at = self._buffer[:end].lower().find(b"content-length:")
            length = int(self._buffer[at + 15 : end].split(b"\r\n", 1)[0]) if at >= 0 else 0
            self._need = end + 4 + length
        if len(self._buffer) >= self._need:
            status = int(self._buffer[9:12])
            self.answered = self._buffer[: self._need]
            self._buffer, self._need = self._buffer[self._need :], -1
            if self._answer is not None and not self._answer.done():
                self._answer.set_result((status, time.perf_counter()))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


async def connect(port: int) -> Client:
    _, client = await asyncio.get_running_loop().create_connection(Client, "127.0.0.1", port)
    return client


class Post:
    """Requests that post to one conversation as one person, made by joining bytes."""

    def __init__(self, port: int, token: str, conversation: UUID, size: int = 200) -> None:
        head = (
            f"POST /v1/conversations/{conversation}/messages HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n"
            f"authorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {size + 11}\r\n"
            "idempotency-key: "
        )
        self._head, self._size = head.encode(), size

    def request(self, text: str = "") -> bytes:
        """A message of `size` characters that begins with `text`, under a key of its own."""
        body = text.ljust(self._size, ".")
        return b'%s%s\r\n\r\n{"body":"%s"}' % (self._head, str(uuid4()).encode(), body.encode())
