"""A socket on the event loop. The handshake and what comes in are parsed by `websockets`' sans-I/O protocol; what goes
out was framed before and is written straight to the transport."""

import asyncio
import logging
import math
import random
import socket
import struct
import zlib
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from websockets.datastructures import Headers
from websockets.exceptions import InvalidHandshake, InvalidMessage, ProtocolError
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import CONNECTING, OPEN
from websockets.server import ServerProtocol
from websockets.typing import StatusLike, Subprotocol

from gateway.handshake import Hello, read
from gateway.session import Close, Effect, Send, Session
from schemas.errors import CLOSES
from schemas.frames import SUBPROTOCOL
from schemas.headers import answer_headers
from schemas.limits import DEAD_PEER_S, FRAME_BYTES_MAX, HEARTBEAT_S, SOCKET_BUFFER_BYTES_MAX

if TYPE_CHECKING:
    from gateway.gateway import Gateway

WRITE_HIGH_BYTES = 64 << 10
WRITE_LOW_BYTES = 16 << 10
HANDSHAKE_S = 10.0
CLOSE_S = 5.0  # for the client's part of the closing
FRAGMENTS_MAX = 64
PARSE_BYTES = 4 << 10  # at once: of a flood, no more is parsed before it is closed
LATE_FRAMES_MAX = 1000  # that came while the closing had begun; a client in good faith had those under way
COME_BACK_MS = 500, 5000  # the delay named with 4000 to 4499, drawn evenly so that not all come at once

# What comes in and what goes out is compressed message by message: no window is kept for a connection.
DEFLATE = ServerPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True)

# The kernel throws away what it still holds for the client, and the connection with it.
AT_ONCE = struct.pack("ii", 1, 0)

# It tells of every connection; ours are counted instead.
_quiet = logging.getLogger("casewire.websockets")
_quiet.setLevel(logging.ERROR)

_CLOSE_OF: dict[int, str] = {
    CloseCode.PROTOCOL_ERROR: "protocol",
    CloseCode.INVALID_DATA: "protocol",
    CloseCode.MESSAGE_TOO_BIG: "frame_too_big",
}
# Browsers heed the one about TLS only where there is TLS.
ANSWER_HEADERS = answer_headers(secure=True)
NO_HANDSHAKE = "This is no handshake of a WebSocket.\n"


class Protocol(ServerProtocol):
    """The sans-I/O protocol with our close codes; before the upgrade it speaks HTTP, whatever came."""

    def reject(self, status: StatusLike, text: str) -> Response:
        response = super().reject(status, text)
        response.headers.update(ANSWER_HEADERS)
        return response

    def send_eof(self) -> None:
        if type(self.handshake_exc) is InvalidMessage:  # no HTTP: it would hang up without a word
            self.writes.append(self.reject(400, NO_HANDSHAKE).serialize())
        super().send_eof()

    def recv_frame(self, frame: Frame) -> None:
        if self.state is CONNECTING:
            raise ProtocolError("a frame before the upgrade")
        super().recv_frame(frame)

    def fail(self, code: CloseCode | int, reason: str = "") -> None:
        if self.state is CONNECTING:
            self.send_response(self.reject(400, NO_HANDSHAKE))
        elif (name := _CLOSE_OF.get(code)) is not None:
            super().fail(CLOSES[name].code, CLOSES[name].meaning)
        else:
            super().fail(code, "")


class Connection(asyncio.Protocol):
    """From the first byte to the last of one client."""

    __slots__ = (
        "_asked", "_begun", "_closing", "_deaf", "_drains", "_fresh", "_gateway", "_heard", "_judged", "_late", "_loop",
        "_parts", "_paused", "_protocol", "_transport", "deliver", "session",
    )  # fmt: skip

    deliver: Any  # a function of the bytes of ready frames

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._loop = asyncio.get_running_loop()
        self._protocol = Protocol(
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            extensions=[DEFLATE],
            max_size=FRAME_BYTES_MAX,
            logger=_quiet,
        )
        self._transport: Any = None
        self.session: Session | None = None
        self._parts: list[bytes] | None = None
        self._begun = self._heard = self._asked = self._loop.time()
        self._paused = 0.0  # since when the client has not taken what we write
        self._closing = 0.0
        # Writes ready frames. While nothing hinders it is the transport's own method: it is called for every delivery.
        self.deliver = self._deliver_warily
        self._drains: deque[asyncio.Future[None]] | None = None
        self._deaf = False  # it broke the protocol: what it still sends is not even parsed
        self._late = 0  # frames that came while closing
        self._fresh = True  # nothing has come yet
        self._judged = False  # it asked to be let in, by `handshake.read`, and has no answer yet

    # -- the loop calls -----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._transport.set_write_buffer_limits(WRITE_HIGH_BYTES, WRITE_LOW_BYTES)
        self.deliver = self._transport.write
        self._gateway.opened(self)

    def data_received(self, data: bytes) -> None:
        self._heard = self._loop.time()
        for at in range(0, len(data), PARSE_BYTES):
            if self._deaf:
                return
            self._parse(data[at : at + PARSE_BYTES])

    def _parse(self, data: bytes) -> None:
        protocol = self._protocol
        if self._judged:
            self.close("protocol")  # it speaks before the answer
            return
        if self._fresh:
            self._fresh = False
            if (hello := read(data)) is not None:
                self._judged = True
                self._gateway.greet(self, hello)
                return
        protocol.receive_data(data)
        for event in protocol.events_received():
            if isinstance(event, Request):
                if not protocol.eof_sent:
                    self._gateway.greet(self, event)
            elif not self._closing:
                self._on_frame(event)  # type: ignore[arg-type]
            else:
                self._late += 1
        if self._late > LATE_FRAMES_MAX:
            self._transport.abort()
            return
        self._send_protocol()

    def eof_received(self) -> bool:
        self._protocol.receive_eof()
        self._send_protocol()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._closing = self._closing or self._loop.time()
        self.deliver = self._deliver_warily
        self._gateway.lost(self)
        self._wake_drains()

    def pause_writing(self) -> None:
        self._paused = self._loop.time()
        self.deliver = self._deliver_warily

    def resume_writing(self) -> None:
        self._paused = 0.0
        if not self._closing:
            self.deliver = self._transport.write
        self._wake_drains()

    @property
    def peer(self) -> str:
        """The address at the other end; "" for none."""
        found = self._transport.get_extra_info("peername")
        return found[0] if found else ""

    # -- in -----------------------------------------------------------------------------------------------

    def _on_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.TEXT and frame.fin:
            self._on_text(bytes(frame.data))
        elif frame.opcode is Opcode.TEXT:
            self._parts = [bytes(frame.data)]
        elif frame.opcode is Opcode.BINARY:
            self.close("protocol")
        elif frame.opcode in (Opcode.PING, Opcode.PONG):
            # The protocol has answered it. Before the welcome there is nothing to ping.
            if self.session is None:
                self.close("protocol")
            else:
                self.perform(self.session.control(self._heard))
        elif frame.opcode is Opcode.CONT and self._parts is not None:
            self._parts.append(bytes(frame.data))
            if frame.fin:
                whole, self._parts = b"".join(self._parts), None
                self._on_text(whole)
            elif len(self._parts) > FRAGMENTS_MAX:
                self.close("protocol")

    def _on_text(self, payload: bytes) -> None:
        if self.session is None:
            self.close("protocol")  # it speaks before the welcome
        else:
            self.perform(self.session.receive(payload, self._heard))

    def perform(self, effects: Iterable[Effect]) -> None:
        """Do what a session decided."""
        for effect in effects:
            if isinstance(effect, Send):
                self.deliver(effect.frame)
            elif isinstance(effect, Close):
                self.close(effect.code, effect.reason)
            else:
                self._gateway.perform(self, effect)

    # -- out ----------------------------------------------------------------------------------------------

    def _deliver_warily(self, data: bytes) -> None:
        """While the client lags: when it has not taken `SOCKET_BUFFER_BYTES_MAX` it is cut, and resumes."""
        if self._closing:
            return
        if self._transport.get_write_buffer_size() + len(data) > SOCKET_BUFFER_BYTES_MAX:
            self.close("too_slow")
            return
        self._transport.write(data)

    @property
    def paused(self) -> float:
        """Since when the client has not taken most of what was written; 0 while it does, or when it is gone."""
        return 0.0 if self._closing else self._paused

    @property
    def held(self) -> int:
        """Bytes that wait here because the client does not take them."""
        return self._transport.get_write_buffer_size()

    async def drained(self) -> None:
        """Until the client has taken most of what was written, or is gone; lets others run in any case."""
        if not self._paused or self._closing:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = self._loop.create_future()
        if self._drains is None:
            self._drains = deque()
        self._drains.append(future)
        await future

    def _wake_drains(self) -> None:
        drains, self._drains = self._drains, None
        for future in drains or ():
            if not future.done():
                future.set_result(None)

    def accept(self, request: Hello | Request) -> bool:
        """Answer the handshake; False when it was not one, or more came with it than may."""
        if self._closing:
            return False
        if isinstance(request, Hello):
            return self._judged and self._accept(request)
        response = self._protocol.accept(request)
        self._protocol.send_response(response)
        self._send_protocol()
        return self._protocol.state is OPEN

    def _accept(self, hello: Hello) -> bool:
        """Leave the library's protocol as its own reading of a handshake would: its state, its extensions, its parser.
        It promises nothing of these to others, so a new version is to be tried with `tests/gateway/`."""
        protocol, agreed = self._protocol, None
        self._judged = False
        try:
            if offered := hello.headers.get("sec-websocket-extensions"):
                headers = Headers([("Sec-WebSocket-Extensions", value) for value in offered])
                agreed, protocol.extensions = protocol.process_extensions(headers)
        except InvalidHandshake:
            self.reject(400, NO_HANDSHAKE)
            return False
        protocol.subprotocol = Subprotocol(SUBPROTOCOL)
        protocol.state = OPEN
        protocol.parser = protocol.parse()  # of frames, since it is open
        next(protocol.parser)
        self._transport.write(hello.answer(agreed))
        return True

    def reject(self, status: int, text: str, retry_after_s: float = 0.0) -> None:
        self._judged = False
        response = self._protocol.reject(status, text)
        if retry_after_s:
            response.headers["Retry-After"] = str(math.ceil(retry_after_s))
        self._protocol.send_response(response)
        self._send_protocol()

    def welcome(self, session: Session, frame: bytes) -> None:
        self.session = session
        # What is compressed once for all uses the whole window: who asked for a smaller one gets it as it is.
        session.deflates = any(
            isinstance(one, PerMessageDeflate) and one.local_max_window_bits == zlib.MAX_WBITS
            for one in self._protocol.extensions
        )
        self.deliver(frame)

    def close(self, code: str, reason: str = "") -> None:
        """Close with a code of `CLOSES`; where the client is to come back, the reason names when."""
        if self._closing:
            return
        number, meaning = CLOSES[code]
        if number < 4500:
            reason = f"retry_after_ms={random.randint(*COME_BACK_MS)}"
        self._closing = self._loop.time()
        self.deliver = self._deliver_warily
        self._gateway.closed(self, code)
        self._wake_drains()
        if self._protocol.state is OPEN:
            self._protocol.send_close(number, reason or meaning)
            self._send_protocol()
            if code == "protocol":
                self._deaf = True
                if self._transport.can_write_eof():
                    self._transport.write_eof()
        elif self._protocol.state is CONNECTING and not self._protocol.eof_sent:
            self.reject(400 if code == "protocol" else 503, f"{meaning}\n")
        else:
            self._send_protocol()  # the protocol found fault with what came after, and has closed by itself

    def _send_protocol(self) -> None:
        for chunk in self._protocol.data_to_send():
            if chunk:
                self._transport.write(chunk)
            elif not self._transport.is_closing():
                # Half-closed: what the client still sends is read and dropped, so that it gets our last frame.
                if self._transport.can_write_eof():
                    self._transport.write_eof()
                if not self._closing:
                    self._closing = self._loop.time()
                    self.deliver = self._deliver_warily
                    self._gateway.closed(self, "client")

    # -- time ---------------------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Called about every second: pings, and the end of whoever is silent, stuck or half closed."""
        if self._closing:
            if now - self._closing > CLOSE_S:
                self._cut()
        elif self.session is None:
            if now - self._begun > HANDSHAKE_S:
                self.reject(408, "The handshake took too long.\n")
        elif self._paused and now - self._paused > DEAD_PEER_S:
            self.close("too_slow")
        elif now - self._heard > DEAD_PEER_S:
            self._closing = now
            self.deliver = self._deliver_warily
            self._cut()
        elif now - self._heard > HEARTBEAT_S and now - self._asked > HEARTBEAT_S and not self._paused:
            self._asked = now
            self._protocol.send_ping(b"")
            self._send_protocol()

    def _cut(self) -> None:
        """End it without waiting for a client that does not take its last bytes: they would stay in the kernel."""
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self._transport.abort()
