"""What is compressed is compressed once, for everyone who takes it, and nothing of it is kept for a connection."""

import asyncio
import random
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import ring
from gateway.connection import Connection
from gateway.framing import DEFLATE_BYTES_MIN, deflated, text_frame
from gateway.ring import Entry
from schemas.limits import FRAME_BYTES_MAX
from tests.gateway.conftest import Live, Office
from tests.gateway.test_frames import PING, Raw, frame
from tests.gateway.test_session import an_event, case_id

AGREED = {"permessage-deflate", "server_no_context_takeover", "client_no_context_takeover"}
TAIL = b"\x00\x00\xff\xff"
BOMB_BYTES = 60 << 20


def inflate(payload: bytes) -> bytes:
    return zlib.decompressobj(-15).decompress(payload + TAIL)


def deflate(payload: bytes) -> bytes:
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (stream.compress(payload) + stream.flush(zlib.Z_SYNC_FLUSH))[: -len(TAIL)]


def head_and_payload(data: bytes) -> tuple[int, bytes]:
    at = {126: 4, 127: 10}.get(data[1], 2)
    return data[0], data[at:]


@asynccontextmanager
async def raw(live: Live, token: str, more: str = "") -> AsyncIterator[Raw]:
    """A client that negotiated compression as browsers do, and compresses for itself."""
    reader, writer = await asyncio.open_connection("127.0.0.1", live.port)
    writer.write(
        b"GET /v1/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
        + (f"; {more}" if more else "").encode()
        + b"\r\n"
        b"Sec-WebSocket-Protocol: casewire.v1\r\nAuthorization: Bearer " + token.encode() + b"\r\n\r\n"
    )
    answer = await reader.readuntil(b"\r\n\r\n")
    (agreed,) = [
        line for line in answer.decode().split("\r\n") if line.startswith("Sec-WebSocket-Extensions:")
    ]
    assert {part.strip() for part in agreed.partition(":")[2].split(";")} == AGREED | ({more} - {""})
    client = Raw(reader, writer)
    assert b'"welcome"' in (await client.frame())[1]
    try:
        yield client
    finally:
        writer.close()


@pytest.fixture
def times(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The size of each frame that was compressed."""
    sizes: list[int] = []

    def counted(data: bytes) -> bytes:
        sizes.append(len(data))
        return deflated(data)

    monkeypatch.setattr(ring, "deflated", counted)
    return sizes


@given(st.one_of(st.binary(max_size=70_000), st.text(max_size=3000).map(lambda text: (text * 40).encode())))
def test_a_compressed_frame_holds_the_same_alone(payload: bytes) -> None:
    plain = text_frame(payload)
    packed = deflated(plain)
    assert len(packed) <= len(plain)
    head, body = head_and_payload(packed)
    if head == 0xC1:
        assert len(plain) >= DEFLATE_BYTES_MIN
        assert inflate(body) == payload
    else:
        assert packed == plain


def test_an_event_of_usual_size_becomes_much_smaller_and_a_marker_is_left_alone() -> None:
    large, small = text_frame(b'{"body":"the same again"}' * 30), text_frame(b"x" * 300)
    assert len(deflated(large)) < len(large) / 2
    assert deflated(small) is small


def test_what_was_retracted_is_forgotten_in_both_forms() -> None:
    data = msgspec.json.encode({"message": {"body": "secret" * 200, "attachments": []}})
    entry = Entry(
        msgspec.structs.replace(an_event(case_id(0)), type="message.posted", data=msgspec.Raw(data))
    )
    assert b"secret" in entry.frame("case")
    assert b"secret" in inflate(head_and_payload(entry.frame("case", True))[1])
    entry.blank()
    for data in (entry.frame("case"), entry.frame("case", True), entry.kept("case", True)):
        head, body = head_and_payload(data)
        assert b"secret" not in (inflate(body) if head == 0xC1 else body)


async def test_an_event_is_compressed_once_for_all_who_take_it_so(
    live: Live, office: Office, times: list[int]
) -> None:
    tokens = office.tokens
    async with (
        raw(live, tokens["lawyer"]) as one,
        raw(live, tokens["client"]) as two,
        office.client("admin", compression="deflate") as three,
        office.client("client") as plain,
    ):
        subscribe = frame(
            1, deflate(b'{"op":"subscribe","ref":"1","topic":"%s"}' % office.topic.encode()), rsv=4
        )
        for client in (one, two):
            client.writer.write(subscribe)
            assert b'"subscribed"' in (await client.frame())[1]
        for client in (three, plain):
            assert (await client.subscribe(office.topic))["op"] == "subscribed"
        await office.post("to all of you " * 20)
        event = await plain.next()
        assert await three.next() == event
        wire: list[bytes] = []
        for client in (one, two):
            async with asyncio.timeout(15):
                head = await client.reader.readexactly(4)
                assert head[:2] == b"\xc1\x7e"
                wire.append(await client.reader.readexactly(int.from_bytes(head[2:])))
        assert wire[0] == wire[1]
        assert msgspec.json.decode(inflate(wire[0])) == event
        assert len(times) == 1 and len(wire[0]) < 0.7 * times[0]


async def test_nothing_is_compressed_where_nobody_takes_it_so(office: Office, times: list[int]) -> None:
    async with office.client("lawyer") as one, office.client("client") as two:
        for client in (one, two):
            await client.subscribe(office.topic)
        await office.post()
        for client in (one, two):
            assert (await client.next())["seq"] == 1
    assert times == []


async def test_a_replay_takes_what_was_compressed_before_and_compresses_nothing(
    live: Live, office: Office, times: list[int]
) -> None:
    async with office.client("lawyer", compression="deflate") as there:
        head = await there.subscribe(office.topic)
        for _ in range(3):
            await office.post("compressed for those who are there")
        events = [await there.next() for _ in range(3)]
    assert len(times) == 3
    await live.stop()
    await live.start()  # nothing is kept in the new one
    after = {"epoch": head["epoch"], "seq": 1}
    async with office.client("lawyer", compression="deflate") as back, office.client("client") as other:
        for client in (back, other):
            assert (await client.subscribe(office.topic, after))["replay"] == 2
            assert [await client.next() for _ in range(2)] == events[1:]
        await office.post("live again")
        live_again = await back.next()
        assert await other.next() == live_again
    assert len(times) == 4
    async with raw(live, office.tokens["lawyer"]) as late:
        more = b'{"op":"subscribe","ref":"1","topic":"%s","after":{"epoch":"%s","seq":3}}'
        late.writer.write(frame(1, more % (office.topic.encode(), head["epoch"].encode())))
        assert b'"replay":1' in (await late.frame())[1]
        opcode, payload = await late.frame()
        assert opcode == 1 and msgspec.json.decode(inflate(payload)) == live_again
    async with office.client(
        "client"
    ) as plain:  # from the same place, so what was put together may be shared
        assert (await plain.subscribe(office.topic, {"epoch": head["epoch"], "seq": 3}))["replay"] == 1
        assert await plain.next() == live_again
    assert len(times) == 4


async def test_no_window_is_kept_for_a_connection(live: Live, office: Office) -> None:
    async with office.client("client", compression="deflate") as client:
        await client.subscribe(office.topic)
        await office.post("x" * 1000)
        await client.next()
        assert await client.settled() == []
        (connection,) = live.gateway.feed.people[office.people["client"]]
        assert isinstance(connection, Connection)
        (extension,) = connection._protocol.extensions
        held: dict[str, Any] = vars(extension)
        assert not {"encoder", "decoder"} & set(held)


BOMBS = {
    "in one frame": lambda bomb: frame(1, bomb, rsv=4),
    "in fragments": lambda bomb: b"".join(
        frame(opcode, part, fin=fin, rsv=rsv)
        for opcode, part, fin, rsv in (
            (1, bomb[:30], False, 4),
            (0, bomb[30:90], False, 0),
            (0, bomb[90:], True, 0),
        )
    ),
    "after as much as a message may hold": lambda bomb: (
        frame(1, deflate(b" " * FRAME_BYTES_MAX), fin=False, rsv=4) + frame(0, bomb)
    ),
}


@pytest.mark.parametrize("what", BOMBS)
async def test_a_bomb_is_closed_and_never_unpacked(live: Live, office: Office, what: str) -> None:
    bomb = deflate(b" " * BOMB_BYTES)
    assert len(bomb) < FRAME_BYTES_MAX  # it would pass as a frame
    data = BOMBS[what](bomb)
    async with office.client("lawyer") as other, raw(live, office.tokens["client"]) as client:
        tracemalloc.start()
        try:
            client.writer.write(data)
            assert await client.close_code() == 4509
            assert tracemalloc.get_traced_memory()[1] < BOMB_BYTES // 4
        finally:
            tracemalloc.stop()
        assert await other.settled() == []


async def test_who_has_a_smaller_window_can_unpack_all(live: Live, office: Office) -> None:
    """What repeats only 4 KiB later lies outside a window of 512 bytes."""
    async with raw(live, office.tokens["client"], "server_max_window_bits=9") as client:
        client.writer.write(frame(1, b'{"op":"subscribe","ref":"1","topic":"%s"}' % office.topic.encode()))
        assert b'"subscribed"' in (await client.frame())[1]
        body = random.Random(1).randbytes(2000).hex()
        await office.post(body + body)
        async with asyncio.timeout(15):
            head = await client.reader.readexactly(4)
            data = await client.reader.readexactly(int.from_bytes(head[2:]))
        if head[0] == 0xC1:
            stream, data, rest = zlib.decompressobj(-9), b"", data + TAIL
            while rest:  # piece by piece: zlib looks back into what it has just given as well
                data += stream.decompress(rest, 256)
                rest = stream.unconsumed_tail
        assert body.encode() in data


@pytest.mark.parametrize(
    "data",
    [frame(1, b"\xff" * 20, rsv=4), frame(1, PING, fin=False, rsv=4), frame(0, deflate(PING), rsv=4)],
    ids=["no deflate", "not compressed though it says so", "said in a continuation"],
)
async def test_what_cannot_be_unpacked_is_closed(live: Live, office: Office, data: bytes) -> None:
    async with raw(live, office.tokens["client"]) as client:
        client.writer.write(data + frame(0, b""))
        assert await client.close_code() == 4508


async def test_a_message_that_is_not_compressed_is_taken_from_who_could(live: Live, office: Office) -> None:
    async with raw(live, office.tokens["client"]) as client:
        client.writer.write(frame(1, PING) + frame(1, deflate(PING), rsv=4))
        for _ in range(2):
            assert await client.frame() == (1, b'{"op":"pong","ref":"1"}')
