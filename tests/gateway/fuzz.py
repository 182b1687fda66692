"""Clients that mean no good, drawn from a seed: broken handshakes and broken frames. What must become of them stands in
`fuzz_reader.py`."""

import random
import zlib
from collections.abc import Callable
from functools import cache
from typing import NamedTuple
from uuid import UUID

import msgspec

from schemas.ids import new_id
from schemas.limits import FRAME_BYTES_MAX

BLOCK_BYTES = 1 << 16

Chance = random.Random


class Case(NamedTuple):
    """A greeting, and `frames` to be sent after the welcome; None where none is due. `drip`: byte by byte."""

    seed: int
    kind: str
    greeting: bytes
    frames: bytes | None
    drip: bool = False


# -- what a client sends -------------------------------------------------------------------------------------


def frame(
    chance: Chance,
    opcode: int,
    payload: bytes,
    *,
    fin: bool = True,
    rsv: int = 0,
    masked: bool = True,
    wide: int = 0,
) -> bytes:
    """`wide` is 126 or 127 to write the length in a longer form than it needs."""
    size = len(payload)
    form = wide or (size if size < 126 else 126 if size < 65536 else 127)
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode, (0x80 if masked else 0) | form])
    if form == 126:
        head += (size & 0xFFFF).to_bytes(2, "big")
    elif form == 127:
        head += size.to_bytes(8, "big")
    if not masked:
        return head + payload
    mask = chance.randbytes(4)
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return head + mask + (int.from_bytes(payload, "big") ^ key).to_bytes(size, "big")


@cache
def bomb(size: int) -> bytes:
    """Zeros, `size` of them rounded up to whole blocks."""
    packer = zlib.compressobj(wbits=-9)
    block = packer.compress(bytes(BLOCK_BYTES)) + packer.flush(zlib.Z_FULL_FLUSH)
    return (block * (size // BLOCK_BYTES + 1)).removesuffix(b"\0\0\xff\xff")


def deflated(payload: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-9)
    return (packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\0\0\xff\xff")


def message(chance: Chance, payload: bytes, *, opcode: int = 1, packed: bool = False) -> bytes:
    """A message in one frame or in some, with control frames between them."""
    rsv = 0
    if packed:
        payload, rsv = deflated(payload), 4
    cuts = sorted(chance.randrange(len(payload) + 1) for _ in range(chance.choice((0, 0, 0, 1, 2, 5))))
    parts = [payload[a:b] for a, b in zip([0, *cuts], [*cuts, len(payload)], strict=True)]
    sent = b""
    for n, part in enumerate(parts):
        last = n == len(parts) - 1
        sent += frame(chance, 0 if n else opcode, part, fin=last, rsv=0 if n else rsv)
        if not last and chance.random() < 0.3:
            sent += frame(chance, chance.choice((9, 10)), chance.randbytes(chance.randrange(126)))
    return sent


def said(chance: Chance, case: UUID) -> bytes:
    """A frame of casewire.v1 as a client in good faith may send it."""
    ref = f"r{chance.randrange(10**6)}"
    topic = chance.choice([f"case:{case}", f"case:{case}", "mine", "me", f"case:{new_id()}"])
    made = chance.choice(
        [
            {"op": "ping", "ref": ref},
            {"op": "ping", "ref": "é" * 20 + "😀" * chance.randrange(9)},
            {"op": "subscribe", "ref": ref, "topic": topic},
            {
                "op": "subscribe",
                "ref": ref,
                "topic": topic,
                "after": {"epoch": "e", "seq": chance.randrange(99)},
            },
            {"op": "unsubscribe", "ref": ref, "topic": topic},
            {"op": "typing", "conversation": str(new_id())},
            {"op": "read", "conversation": str(new_id()), "upto": chance.randrange(10**9)},
            {
                "op": "post",
                "ref": ref,
                "key": str(new_id()),
                "conversation": str(new_id()),
                "body": "x" * 500,
            },
        ]
    )
    return msgspec.json.encode(made)


NUMBERS = (
    b"1e999",
    b"-1",
    b"9" * 5000,
    b"1e-400",
    b"18446744073709551616",
    b"0.1",
    b"-0",
    b"NaN",
    b"Infinity",
    b"0x1",
)
ODD_JSON: list[Callable[[Chance], bytes]] = [
    lambda c: b"[" * c.choice((100, 5000, 60_000)),
    lambda c: b'{"op":' * c.choice((100, 5000)),
    lambda c: b'{"op":"subscribe","ref":"1","topic":"me","after":' + b'{"epoch":' * 3000 + b"1" + b"}" * 3001,
    lambda c: b'{"op":"read","conversation":"%s","upto":%s}' % (str(new_id()).encode(), c.choice(NUMBERS)),
    lambda c: b'{"op":"subscribe","ref":"1","topic":"me","after":{"epoch":"e","seq":%s}}' % c.choice(NUMBERS),
    lambda c: b'{"op":"ping","ref":"%s"}' % (b"x" * c.choice((0, 65, 60_000))),
    lambda c: b'{"op":"ping","ref":"\\ud800"}',
    lambda c: b'{"op":"ping","ref":"\\u0000"}',
    lambda c: b'\xef\xbb\xbf{"op":"ping","ref":"1"}',
    lambda c: b'{"op":"ping","op":"post","ref":"1","ref":"2"}',
    lambda c: b'{"op":"ping","ref":"1","more":1}',
    lambda c: b'{"op":["ping"],"ref":{}}',
    lambda c: c.choice((b"", b" ", b"null", b"0", b'"ping"', b"[]", b"{}", b"{", b'{"op"', b"\0")),
    lambda c: b'{"op":"ping","ref":"1"} trailing',
    lambda c: b'{"op":"subscribe","ref":"1","topic":"case:%s"}' % (b"-" * 36),
    lambda c: b'{"op":"subscribe","ref":"1","topic":"mine","after":{"epoch":"e","pos":"%s"}}' % c.choice(NUMBERS),
    lambda c: b'{"op":"ping","ref":"%s"}' % c.choice((b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80")),
]  # fmt: skip


def odd_frame(chance: Chance) -> bytes:
    """One frame, or some, that RFC 6455 forbids."""
    text = b'{"op":"ping","ref":"1"}'
    split = b'{"op":"ping","ref":"\xe2\x82\xac"}'
    at = chance.randrange(21, 23)
    return chance.choice(
        [
            lambda: frame(chance, 1, text, masked=False),
            lambda: frame(chance, 1, text, rsv=chance.randrange(1, 8)),
            lambda: frame(chance, chance.choice((3, 4, 5, 6, 7, 11, 12, 13, 14, 15)), text),
            lambda: frame(chance, chance.choice((8, 9, 10)), chance.randbytes(chance.choice((126, 4000)))),
            lambda: frame(chance, chance.choice((8, 9, 10)), b"", fin=False),
            lambda: frame(chance, 2, text),
            lambda: frame(chance, 0, text),
            lambda: frame(chance, 1, b"{", fin=False) + frame(chance, 1, text),
            lambda: frame(chance, 1, b"{", fin=False) + frame(chance, 8, b"\x03\xe8"),
            lambda: frame(chance, 1, b"{", fin=False) + frame(chance, 0, b"", fin=False) * chance.choice((60, 70, 500)),
            # UTF-8 cut in the middle of a character is in order; cut and never completed is not.
            lambda: frame(chance, 1, split[:at], fin=False) + frame(chance, 0, split[at:]),
            lambda: frame(chance, 1, split[:at], fin=False) + frame(chance, 0, b'"}'),
            lambda: frame(chance, 1, b" " * (FRAME_BYTES_MAX + 1)),
            lambda: frame(chance, 1, b" " * 40_000, fin=False) + frame(chance, 0, b" " * 40_000),
            lambda: b"\x81\xff" + chance.choice((1 << 63, FRAME_BYTES_MAX + 1)).to_bytes(8, "big") + bytes(4),
            lambda: frame(chance, 1, text, wide=chance.choice((126, 127))),
            lambda: frame(chance, 8, chance.choice((b"x", b"\x03\xe7", b"\x03\xed", b"\xff\xff", b"\x03\xe8\xff\xff"))),
            lambda: frame(chance, 8, b"\x03\xe8") + frame(chance, 9, b"still there?") * 3,
        ]
    )()  # fmt: skip


def odd_packed(chance: Chance) -> bytes:
    """What an unpacker may stumble over: a bomb, half a stream, and no stream at all."""
    large = bomb(chance.choice((FRAME_BYTES_MAX + 1, 1 << 20, 1 << 24)))
    whole = deflated(b'{"op":"ping","ref":"%s"}' % (b"a" * 40))
    half = len(large) // 2
    return chance.choice(
        [
            lambda: frame(chance, 1, large, rsv=4),
            lambda: frame(chance, 1, large[:half], rsv=4, fin=False) + frame(chance, 0, large[half:]),
            lambda: frame(chance, 1, deflated(large), rsv=4),
            lambda: frame(chance, 1, whole[: len(whole) // 2], rsv=4),
            lambda: frame(chance, 1, chance.randbytes(50), rsv=4),
            lambda: frame(chance, 1, b"", rsv=4),
            lambda: frame(chance, 1, whole[:9], rsv=4, fin=False) + frame(chance, 0, whole[9:], rsv=4),
            lambda: frame(chance, 9, whole, rsv=4),
            lambda: frame(chance, 2, whole, rsv=4),
            lambda: frame(chance, 1, whole, rsv=chance.randrange(1, 8)),
            lambda: message(chance, b'{"op":"ping","ref":"packed"}', packed=True),
            lambda: message(chance, b" " * 60_000 + b'{"op":"ping","ref":"large"}', packed=True),
        ]
    )()


def mutated(chance: Chance, data: bytes) -> bytes:
    """`data` with some bytes flipped, cut out, doubled or put in between."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        at = chance.randrange(len(out) + 1)
        how = chance.randrange(5)
        if how == 0 and at < len(out):
            out[at] ^= 1 << chance.randrange(8)
        elif how == 1 and at < len(out):
            out[at] = chance.randrange(256)
        elif how == 2:
            del out[at : at + chance.choice((1, 1, 4, 50))]
        elif how == 3:
            out[at:at] = chance.randbytes(chance.choice((1, 2, 8, 200)))
        else:
            out[at:at] = out[at : at + chance.choice((1, 20, 300))]
    return bytes(out)


# -- handshakes ----------------------------------------------------------------------------------------------


def handshake(token: str, *more: bytes) -> bytes:
    lines = [
        b"GET /v1/live HTTP/1.1", b"Host: x", b"Upgrade: websocket", b"Connection: Upgrade",
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", b"Sec-WebSocket-Version: 13",
        b"Sec-WebSocket-Protocol: casewire.v1", b"Authorization: Bearer " + token.encode(), *more,
    ]  # fmt: skip
    return b"\r\n".join(lines) + b"\r\n\r\n"


DEFLATE = b"Sec-WebSocket-Extensions: permessage-deflate"
ODD_HEADERS: list[Callable[[Chance], list[bytes]]] = [
    lambda c: [b"X-%d: y" % n for n in range(c.choice((100, 200, 5000)))],
    lambda c: [b"X: " + b"y" * c.choice((8000, 9000, 300_000))],
    lambda c: [b"X" * c.choice((8000, 300_000)) + b": y"],
    lambda c: [b"no colon here"],
    lambda c: [b": no name"],
    lambda c: [b" folded: onto the line before"],
    lambda c: [b"X: \0\x01\x7f\xff\xfe"],
    lambda c: [b"X\r: y"],
    lambda c: [c.choice((b"Host", b"Upgrade", b"Sec-WebSocket-Key", b"Authorization", b"Origin")) + b": twice"] * 2,
    lambda c: [b"Transfer-Encoding: chunked"],
    lambda c: [b"Content-Length: %s" % c.choice((b"5", b"-1", b"9" * 400, b"x"))],
    lambda c: [b"Cookie: " + b"; ".join(b"a%d=%s" % (n, c.randbytes(4).hex().encode()) for n in range(300))],
    lambda c: [b'Cookie: casewire="\\"', b"Origin: null"],
    lambda c: [b"Sec-WebSocket-Protocol: " + b", ".join(b"p%d" % n for n in range(1000))],
    lambda c: [b"Sec-WebSocket-Extensions: " + c.choice((
        b"permessage-deflate; server_max_window_bits=8",
        b"permessage-deflate; client_max_window_bits=8; server_no_context_takeover",
        b"permessage-deflate; server_max_window_bits=99999999999999999999",
        b"permessage-deflate; client_max_window_bits=15; client_max_window_bits=9",
        b"permessage-deflate; unknown; =; ;; \"",
        b", ".join([b"permessage-deflate; client_max_window_bits"] * 400),
        b"x-webkit-deflate-frame, permessage-bzip2",
        b"\xff" * 100,
    ))],
]  # fmt: skip
OTHER_GREETINGS: list[Callable[[Chance], bytes]] = [
    lambda c: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(30),
    lambda c: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + c.randbytes(400),
    lambda c: b"SSH-2.0-x\r\n",
    lambda c: b"\r\n" * c.choice((1, 1000)),
    lambda c: b"GET " + b"/" + b"x" * c.choice((10, 9000, 300_000)) + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    lambda c: b"POST /v1/live HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
    lambda c: b"GET /v1/live HTTP/1.0\r\n\r\n",
    lambda c: b"GET /v1/live HTTP/9.9\r\n\r\n",
    lambda c: b"GET /v1/live?token=x HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n",
    lambda c: b"\xff" * c.choice((10, 10_000)),
    lambda c: c.randbytes(c.choice((1, 100, 20_000))),
    lambda c: b"x" * c.choice((100, 500_000)),
]


# -- cases ---------------------------------------------------------------------------------------------------


class Maker(NamedTuple):
    """Makes the case of a seed; the same seed makes the same but for the ids in it."""

    token: str
    case: UUID

    def make(self, seed: int) -> Case:
        chance = random.Random(seed)
        kind = chance.choice(list(KINDS))
        return KINDS[kind](self, chance, seed, kind)

    def hello(self, chance: Chance) -> bytes:
        return handshake(self.token, *([DEFLATE] if chance.random() < 0.5 else ()))

    def greeted_badly(self, chance: Chance, seed: int, kind: str) -> Case:
        how = chance.randrange(3)
        if how == 0:
            data = mutated(chance, self.hello(chance))
        elif how == 1:
            data = handshake(self.token, *chance.choice(ODD_HEADERS)(chance))
        else:
            data = chance.choice(OTHER_GREETINGS)(chance)
        return Case(seed, kind, data + chance.choice((b"", chance.randbytes(100))), None)

    def dripped(self, chance: Chance, seed: int, kind: str) -> Case:
        """A handshake, or its half, byte by byte."""
        data = self.hello(chance)
        if chance.random() < 0.5:
            return Case(seed, kind, data[: chance.randrange(1, len(data))], None, drip=True)
        return Case(seed, kind, data, message(chance, said(chance, self.case)), drip=True)

    def pipelined(self, chance: Chance, seed: int, kind: str) -> Case:
        """What is sent before the welcome is not of the protocol, and closed as that."""
        garbage = chance.choice(
            (chance.randbytes(200), self.hello(chance), frame(chance, 1, said(chance, self.case)))
        )
        return Case(seed, kind, self.hello(chance) + garbage, None)

    def spoken(self, chance: Chance, seed: int, kind: str) -> Case:
        """A session in good faith, but for some bytes of it."""
        packed = chance.random() < 0.5
        data = b"".join(
            message(chance, said(chance, self.case), packed=packed and chance.random() < 0.5)
            for _ in range(chance.randrange(1, 12))
        )
        if chance.random() < 0.8:
            data = mutated(chance, data)
        return self._after(chance, seed, kind, data, packed=packed)

    def odd_json(self, chance: Chance, seed: int, kind: str) -> Case:
        text = chance.choice(ODD_JSON)(chance)
        data = (
            message(chance, said(chance, self.case))
            + message(chance, text)
            + message(chance, said(chance, self.case))
        )
        return self._after(chance, seed, kind, data)

    def odd_frame(self, chance: Chance, seed: int, kind: str) -> Case:
        data = (
            message(chance, said(chance, self.case))
            + odd_frame(chance)
            + message(chance, said(chance, self.case))
        )
        return self._after(chance, seed, kind, data)

    def odd_packed(self, chance: Chance, seed: int, kind: str) -> Case:
        data = (
            message(chance, said(chance, self.case))
            + odd_packed(chance)
            + message(chance, said(chance, self.case))
        )
        return self._after(chance, seed, kind, data, packed=chance.random() < 0.8)

    def flooded(self, chance: Chance, seed: int, kind: str) -> Case:
        """10,000 of something at once."""
        one = chance.choice(
            [
                lambda: frame(
                    chance, 1, b'{"op":"subscribe","ref":"1","topic":"case:%s"}' % str(new_id()).encode()
                ),
                lambda: frame(chance, 1, b'{"op":"subscribe","ref":"1","topic":"mine"}'),
                lambda: frame(chance, chance.choice((9, 10)), b"x" * 125),
                lambda: frame(chance, 1, b'{"op":"ping","ref":"1"}'),
            ]
        )
        pool = [one() for _ in range(100)]
        return self._after(chance, seed, kind, b"".join(pool) * 100)

    def _between(self, chance: Chance, seed: int, kind: str, odd: bytes, *, packed: bool = False) -> Case:
        before, after = (message(chance, said(chance, self.case)) for _ in range(2))
        return self._after(chance, seed, kind, before + odd + after, packed=packed)

    def _after(self, chance: Chance, seed: int, kind: str, frames: bytes, *, packed: bool = False) -> Case:
        hello = handshake(self.token, *([DEFLATE] if packed else ()))
        return Case(seed, kind, hello, frames, drip=len(frames) < 300 and chance.random() < 0.1)


KINDS: dict[str, Callable[[Maker, Chance, int, str], Case]] = {
    "greeted_badly": Maker.greeted_badly,
    "dripped": Maker.dripped,
    "pipelined": Maker.pipelined,
    "spoken": Maker.spoken,
    "spoken_too": Maker.spoken,
    "odd_json": Maker.odd_json,
    "odd_frame": Maker.odd_frame,
    "odd_packed": Maker.odd_packed,
    "flooded": Maker.flooded,
}
