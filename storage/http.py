"""How long our HTTP servers wait for a request, and how much of one they take before they know what it is: uvicorn
alone waits for ever, and connections are counted."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from schemas.headers import answer_headers


class Impatient(HttpToolsProtocol):
    """uvicorn's protocol, which gives up on a client that does not say what it wants.

    Between two requests uvicorn's own `timeout_keep_alive` counts; how long an answer takes is the app's affair.
    """

    head_wait_s = 10.0  # from the connection's or the request's first byte to the end of its headers
    body_wait_s = 120.0  # from there to its last byte: 8 MiB over half a megabit a second

    head_bytes_max = 64 << 10  # of a request before its body

    _heading = True  # what comes belongs to a head
    _head = 0  # bytes of it so far, as they came
    _said = 0  # of its headers, as they were read
    _waiting: asyncio.TimerHandle | None = None
    _limit: float | None = None  # of what the client is to say next; None while it is our turn
    _turned = False  # whether that has changed since the timer was set

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._limit = self.head_wait_s
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._limit = None
        self._wait()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._head += len(data) if self._heading else 0
        super().data_received(data)
        if self._heading and self._head > self.head_bytes_max and not self.transport.is_closing():
            self.send_400_response("This request has too many headers.")
        # Most requests come whole, and need no timer at all.
        if self._turned:
            self._wait()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._heading, self._said = True, 0
        self._limit, self._turned = self.head_wait_s, True

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._said += len(name) + len(value) + 4
        if self._said > self.head_bytes_max:
            raise ValueError("too many headers")  # which the parser makes a 400 of

    def send_400_response(self, msg: str) -> None:
        """For what is no request; in its place uvicorn answers without any of our headers."""
        said = "".join(f"{name}: {value}\r\n" for name, value in answer_headers(secure=True).items())
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\n%scontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
            b"connection: close\r\n\r\n%s" % (said.encode(), len(msg), msg.encode())
        )
        self.transport.close()

    def on_headers_complete(self) -> None:
        self._heading = False
        self._limit, self._turned = self.body_wait_s, True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._heading, self._head = True, 0
        self._limit, self._turned = None, True
        super().on_message_complete()

    def _wait(self) -> None:
        self._turned = False
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        if self._limit is not None:
            self._waiting = self.loop.call_later(self._limit, self.transport.abort)
