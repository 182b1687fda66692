"""Frames from a client that means no good, or reads slowly: a close code, never a crash, never a stall of others."""

import asyncio
import os
import random
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gateway import connection as connection_module
from gateway.connection import PARSE_BYTES, Connection
from schemas.ids import new_id
from schemas.limits import FRAME_BYTES_MAX, SOCKET_BUFFER_BYTES_MAX
from tests.gateway.conftest import Live, Office
from tests.gateway.fuzz import DEFLATE, bomb, handshake
from tests.wire import eventually


class Raw:
    """A client that sends whatever bytes it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def frame(self) -> tuple[int, bytes]:
        async with asyncio.timeout(15):
            first, second = await self.reader.readexactly(2)
            size = second & 127
            if size == 126:
                (size,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
            return first & 15, await self.reader.readexactly(size)

    async def close_code(self) -> int | None:
        """The code of the close frame; None when the connection ended without."""
        try:
            while True:
                opcode, payload = await self.frame()
                if opcode == 8:
                    return struct.unpack("!H", payload[:2])[0]
        except (asyncio.IncompleteReadError, ConnectionError):
            return None


@asynccontextmanager
async def raw(live: Live, token: str, *headers: bytes) -> AsyncIterator[Raw]:
    reader, writer = await asyncio.open_connection("127.0.0.1", live.port)
    writer.write(handshake(token, *headers))
    await reader.readuntil(b"\r\n\r\n")
    client = Raw(reader, writer)
    assert b'"welcome"' in (await client.frame())[1]
    try:
        yield client
    finally:
        writer.close()


async def answer(live: Live, sent: bytes) -> bytes:
    """All that comes until the gateway closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", live.port)
    try:
        writer.write(sent)
        async with asyncio.timeout(15):
            return await reader.read()
    finally:
        writer.close()


def frame(opcode: int, payload: bytes, *, fin: bool = True, rsv: int = 0, masked: bool = True) -> bytes:
    size = len(payload)
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    bit = 0x80 if masked else 0
    if size < 126:
        head += bytes([bit | size])
    elif size < 65536:
        head += bytes([bit | 126]) + struct.pack("!H", size)
    else:
        head += bytes([bit | 127]) + struct.pack("!Q", size)
    return head + (bytes(4) if masked else b"") + payload


PING = b'{"op":"ping","ref":"1"}'

BAD = {
    "not json": (frame(1, b"hello"), 4508),
    "unknown op": (frame(1, b'{"op":"nothing"}'), 4508),
    "binary": (frame(2, PING), 4508),
    "invalid utf-8": (frame(1, b'{"op":"ping","ref":"\xff"}'), 4508),
    "not masked": (frame(1, PING, masked=False), 4508),
    "reserved bits": (frame(1, PING, rsv=4), 4508),
    "unknown opcode": (frame(3, b""), 4508),
    "continuation of nothing": (frame(0, PING), 4508),
    "fragmented control": (frame(9, b"", fin=False), 4508),
    "large control": (frame(9, bytes(126)), 4508),
    "text within text": (frame(1, b"{", fin=False) + frame(1, PING), 4508),
    "frame over the limit": (frame(1, bytes(FRAME_BYTES_MAX + 1)), 4509),
    "fragments over the limit": (
        frame(1, bytes(FRAME_BYTES_MAX // 2), fin=False) + frame(0, bytes(FRAME_BYTES_MAX // 2 + 1)),
        4509,
    ),
    "length of 2^63": (b"\x81\xff" + struct.pack("!Q", 1 << 63) + bytes(4), 4509),
    "endless fragments": (frame(1, b"{", fin=False) + frame(0, b"", fin=False) * 100, 4508),
    "compressed without agreement": (frame(1, b"\xaa\x56\xca\x2f\x50", rsv=4), 4508),
}


@pytest.mark.parametrize("what", BAD)
async def test_bad_frame_gets_its_code(live: Live, office: Office, what: str) -> None:
    data, code = BAD[what]
    async with office.client("lawyer") as other, raw(live, office.tokens["client"]) as client:
        client.writer.write(data)
        assert await client.close_code() == code
        assert await other.settled() == []
    await eventually(lambda: not live.gateway._connections, "no connection is left")


@pytest.mark.parametrize("size", [FRAME_BYTES_MAX + 1, 1 << 24])
async def test_a_compressed_bomb_is_too_big(live: Live, office: Office, size: int) -> None:
    packed = bomb(size)
    assert len(packed) < FRAME_BYTES_MAX
    async with raw(live, office.tokens["client"], DEFLATE) as client:
        client.writer.write(frame(1, packed, rsv=4))
        assert await client.close_code() == 4509


@pytest.mark.parametrize(
    "early", [frame(1, PING), frame(9, b"hi"), b"\xff" * 20], ids=["text", "ping", "garbage"]
)
async def test_frames_before_the_upgrade_are_told_over_http(live: Live, office: Office, early: bytes) -> None:
    """In one write with the handshake, and in one of their own while it is judged."""
    assert (await answer(live, handshake(office.tokens["client"]) + early)).startswith(b"HTTP/1.1 400 ")
    assert (await answer(live, b"GET / HTTP/1.1\r\n\r\n" + early)).startswith(b"HTTP/1.1 4")
    await eventually(lambda: not live.gateway._connections, "no connection is left")


@pytest.mark.parametrize("sent", [b"SSH-2.0-x\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\xff\xff\r\n"])
async def test_what_is_no_http_is_answered_all_the_same(live: Live, sent: bytes) -> None:
    assert (await answer(live, sent)).startswith(b"HTTP/1.1 400 ")


async def test_two_faults_in_one_write_are_closed_in_order(live: Live, office: Office) -> None:
    """The second is found before the first is judged; the close frame must go out all the same."""
    async with raw(live, office.tokens["client"]) as client:
        client.writer.write(frame(1, PING) + frame(1, b"no json") + frame(3, b""))
        assert await client.frame() == (1, b'{"op":"pong","ref":"1"}')
        assert await client.close_code() == 4508


async def test_of_a_flood_no_more_is_parsed_than_until_it_is_closed(live: Live, office: Office) -> None:
    async with raw(live, office.tokens["client"]) as client:
        connection = next(iter(live.gateway._connections))
        client.writer.write(frame(1, PING) * 5000)
        assert await client.close_code() == 4508
        assert connection._late * len(frame(1, PING)) <= PARSE_BYTES


async def test_fragments_byte_by_byte_and_a_ping_between_are_a_frame(live: Live, office: Office) -> None:
    async with raw(live, office.tokens["client"]) as client:
        data = frame(1, PING[:9], fin=False) + frame(9, b"hi") + frame(0, PING[9:])
        for n in range(len(data)):
            client.writer.write(data[n : n + 1])
            await client.writer.drain()
        answers = {await client.frame(), await client.frame()}
        assert answers == {(10, b"hi"), (1, b'{"op":"pong","ref":"1"}')}


async def test_random_frames_never_break_anything(live: Live, office: Office) -> None:
    chance = random.Random(os.environ.get("PYTEST_XDIST_TESTRUNUID", "casewire"))
    async with office.client("lawyer") as other:
        await other.subscribe(office.topic)
        for _ in range(60):
            async with raw(live, office.tokens["client"]) as client:
                data = bytearray()
                for _ in range(chance.randint(1, 8)):
                    body = chance.choice(
                        [PING, b'{"op":"subscribe","ref":"1","topic":"mine"}', chance.randbytes(40)]
                    )
                    data += frame(
                        chance.randint(0, 15), body, fin=chance.random() < 0.8, rsv=chance.randint(0, 1)
                    )
                for _ in range(chance.randint(0, 3)):
                    data[chance.randrange(len(data))] = chance.randrange(256)
                client.writer.write(bytes(data))
                client.writer.write(frame(8, struct.pack("!H", 1000)))
                client.writer.write_eof()  # a frame cut short waits for its rest
                assert await client.close_code() in (1000, 1005, 4508, 4509, None)
        seq = await office.post("still here")
        assert (await other.next())["seq"] == seq


async def test_ten_thousand_subscriptions_are_refused(live: Live, office: Office) -> None:
    async with raw(live, office.tokens["client"]) as client:
        client.writer.write(
            b"".join(
                frame(1, b'{"op":"subscribe","ref":"1","topic":"case:%s"}' % str(new_id()).encode())
                for _ in range(10_000)
            )
        )
        assert await client.close_code() == 4508
    await eventually(lambda: not live.gateway._connections, "no connection is left")


@pytest.mark.parametrize("opcode", [9, 10], ids=["ping", "pong"])
async def test_a_flood_of_control_frames_is_closed(live: Live, office: Office, opcode: int) -> None:
    """They are no frames of ours, but each costs this process as much as one."""
    async with office.client("lawyer") as other, raw(live, office.tokens["client"]) as client:
        client.writer.write(frame(opcode, b"x" * 125) * 10_000)
        assert await client.close_code() == 4508
        assert await other.settled() == []
    await eventually(lambda: not live.gateway._connections, "no connection is left")


async def test_what_comes_after_a_broken_protocol_is_not_answered(live: Live, office: Office) -> None:
    async with raw(live, office.tokens["client"]) as client:
        client.writer.write(frame(2, PING))
        assert await client.close_code() == 4508
        client.writer.write(frame(9, b"still there?") * 10)
        assert await client.reader.read() == b""
    await eventually(lambda: not live.gateway._connections, "no connection is left")


async def test_slow_reader_is_cut_and_others_are_not_held_up(live: Live, office: Office) -> None:
    """A body of 19 kB at a time: what the kernel takes for the slow one is bounded too, so it is soon full."""
    large = "x" * 19_000
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", live.port))
    async with office.client("lawyer") as fast:
        await fast.subscribe(office.topic)
        async with office.client("client", sock=sock, max_queue=1) as slow:
            head = await slow.subscribe(office.topic)
            person = office.people["client"]
            (connection,) = live.gateway.feed.people[person]
            assert isinstance(connection, Connection)
            slow.socket.transport.pause_reading()
            count = 0
            while person in live.gateway.feed.people:
                assert connection._transport.get_write_buffer_size() <= SOCKET_BUFFER_BYTES_MAX
                await office.post(f"{count}{large}")
                count += 1
                assert (await fast.next())["seq"] == count
                assert count < 500, "never cut"
            slow.socket.transport.resume_reading()
            read = 0
            while True:
                try:
                    read = (await slow.next())["seq"]
                except Exception:
                    break
            assert slow.socket.close_code == 4008
            assert "retry_after_ms=" in str(slow.socket.close_reason)
        async with office.client("client") as again:
            resumed = await again.subscribe(office.topic, {"epoch": head["epoch"], "seq": read})
            assert resumed["replay"] == count - read
            assert [(await again.next())["seq"] for _ in range(count - read)] == list(
                range(read + 1, count + 1)
            )


async def test_silent_peer_is_asked_then_dropped(
    live: Live, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "HEARTBEAT_S", 0.5)
    monkeypatch.setattr(connection_module, "DEAD_PEER_S", 4.0)
    async with office.client("lawyer") as lively, raw(live, office.tokens["client"]) as dead:
        assert (await dead.frame())[0] == 9
        assert await dead.close_code() is None
        assert await lively.settled() == []  # its library answers pings


async def test_client_that_leaves_leaves_nothing(live: Live, office: Office) -> None:
    async with office.client("client") as client:
        for topic in (office.topic, "mine", "me"):
            await client.subscribe(topic)
    gateway = live.gateway
    await eventually(lambda: not gateway._connections, "no connection is left")
    assert not gateway.feed.people and not gateway.feed.rooms.streams and not gateway.feed.rooms.mine
    assert not gateway._per_person and not gateway.feed.rooms.mine._scopes
