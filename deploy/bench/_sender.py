"""Lean clients that post one message at a time, each made by joining bytes: by socket, and by HTTP."""

import asyncio
import re
from typing import NamedTuple
from uuid import UUID, uuid4

from deploy.bench._http import Client, Post
from deploy.bench._http import connect as http_connect
from deploy.bench._socket import Client as SocketClient

ACK = re.compile(rb'"op":"ack".*?"seq":(\d+)')
REPLY = re.compile(rb'"op":"(?:ack|error)"')
SEQ = re.compile(rb'"seq":(\d+)')


class Answer(NamedTuple):
    """`seq` of the message that was made, None when none was; `at` is when the last byte of the answer was there."""

    seq: int | None
    at: float


class HttpSender:
    """Posts to one conversation as one person, over one kept connection."""

    def __init__(self, client: Client, post: Post) -> None:
        self._client, self._post = client, post

    async def post(self) -> Answer:
        status, at = await self._client.send(self._post.request())
        made = SEQ.search(self._client.answered) if status == 201 else None
        return Answer(int(made[1]) if made else None, at)

    def close(self) -> None:
        self._client.close()


class SocketSender(SocketClient):
    """The same by socket."""

    def __init__(self, host: str, token: str, conversation: UUID, size: int) -> None:
        super().__init__(host, token)
        start = b'{"op":"post","ref":"1","conversation":"%s","key":"' % str(conversation).encode()
        end = b'","body":"%s"}' % (b"." * size)
        length = len(start) + 36 + len(end)
        assert 126 <= length < 65536
        # An all-zero mask leaves the payload as it is.
        self._start = b"\x81\xfe" + length.to_bytes(2) + bytes(4) + start
        self._end = end
        self._answer: asyncio.Future[Answer] | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("the gateway closed the connection"))

    def post(self) -> "asyncio.Future[Answer]":
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(b"%s%s%s" % (self._start, str(uuid4()).encode(), self._end))
        return self._answer

    def _frame(self, frame: bytes, now: float) -> None:
        if not self.ready.done():  # the welcome
            self.ready.set_result(None)
        elif self._answer is not None and not self._answer.done() and REPLY.search(frame):
            ack = ACK.search(frame)
            self._answer.set_result(Answer(int(ack[1]) if ack else None, now))


Sender = HttpSender | SocketSender


async def by_http(port: int, token: str, conversation: UUID, size: int) -> Sender:
    return HttpSender(await http_connect(port), Post(port, token, conversation, size))


async def by_socket(port: int, token: str, conversation: UUID, size: int) -> Sender:
    """A socket that was welcomed. Each may send 50 frames a second, after a first 200."""
    _, sender = await asyncio.get_running_loop().create_connection(
        lambda: SocketSender(f"127.0.0.1:{port}", token, conversation, size), "127.0.0.1", port
    )
    async with asyncio.timeout(30):
        await sender.ready
    return sender
