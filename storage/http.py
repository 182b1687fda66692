"""How long our HTTP servers wait for a request: uvicorn alone waits for ever, and connections are counted."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Impatient(HttpToolsProtocol):
    """uvicorn's protocol, which gives up on a client that does not say what it wants.

    Between two requests uvicorn's own `timeout_keep_alive` counts; how long an answer takes is the app's affair.
    """

    head_wait_s = 10.0  # from the connection's or the request's first byte to the end of its headers
    body_wait_s = 120.0  # from there to its last byte: 8 MiB over half a megabit a second

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
        super().data_received(data)
        # Most requests come whole, and need no timer at all.
        if self._turned:
            self._wait()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._limit, self._turned = self.head_wait_s, True

    def on_headers_complete(self) -> None:
        self._limit, self._turned = self.body_wait_s, True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._limit, self._turned = None, True
        super().on_message_complete()

    def _wait(self) -> None:
        self._turned = False
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        if self._limit is not None:
            self._waiting = self.loop.call_later(self._limit, self.transport.abort)
