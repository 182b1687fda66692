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

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait(self.head_wait_s)

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait(None)
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._wait(self.head_wait_s)

    def on_headers_complete(self) -> None:
        self._wait(self.body_wait_s)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._wait(None)
        super().on_message_complete()

    def _wait(self, seconds: float | None) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = self.loop.call_later(seconds, self.transport.abort) if seconds is not None else None
