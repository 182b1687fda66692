"""What must become of a client's bytes: a strict reader of RFC 6455 and 7692 that shares no code with the gateway's,
and a reader of what came back."""

from __future__ import annotations

import re
import zlib
from typing import NamedTuple

import msgspec

from schemas.frames import FromClient
from schemas.limits import FRAME_BYTES_MAX

PROTOCOL, TOO_BIG = 4508, 4509
FRAGMENTS_MAX = 64
# More frames than this at once may be refused as too many.
FRAMES_MAX = 150


class Due(NamedTuple):
    """What a stream of frames must lead to: a close with one of `codes`, or none where they hold None; and before that
    the answers to these pings, where they are known."""

    codes: frozenset[int | None]
    pongs: list[str] | None


# -- what must become of it ----------------------------------------------------------------------------------

_op = msgspec.json.Decoder(FromClient)


class Broken(Exception):
    """With one of these codes this is closed."""

    def __init__(self, *codes: int) -> None:
        self.codes = frozenset(codes)


def due(frames: bytes, *, packed: bool) -> Due:
    """What must become of a socket on which this comes after the welcome. `packed`: permessage-deflate was agreed."""
    reader = Reader(packed)
    codes = _codes(reader, frames)
    if reader.refused:
        # Frames that came in the same piece are parsed before this is judged, and may be found out of order first.
        codes |= _codes(Reader(packed, frames_alone=True), frames) - {None}
    return Due(codes, reader.pongs) if reader.count <= FRAMES_MAX else Due(codes | {PROTOCOL}, None)


def _codes(reader: Reader, frames: bytes) -> frozenset[int | None]:
    try:
        reader.read(frames)
    except Broken as broken:
        return broken.codes
    return frozenset({None})


def unmasked(mask: bytes, payload: bytes) -> bytes:
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")


class Reader:
    def __init__(self, packed: bool, *, frames_alone: bool = False) -> None:
        self._packed, self._frames_alone = packed, frames_alone
        self.refused = False
        self._parts: list[bytes] | None = None
        self._unpacker: zlib._Decompress | None = None
        self.pongs: list[str] = []
        self.count = 0

    def read(self, data: bytes) -> None:
        at = 0
        while len(data) >= at + 2 and self.count <= FRAMES_MAX:
            first, second = data[at], data[at + 1]
            fin, rsv, opcode = first >> 7, first >> 4 & 7, first & 15
            length, head = second & 127, 2
            if opcode not in (0, 1, 2, 8, 9, 10) or not second & 0x80:
                raise Broken(PROTOCOL)
            if length > 125:
                head = 4 if length == 126 else 10
                if len(data) < at + head:
                    return
                length = int.from_bytes(data[at + 2 : at + head], "big")
            held = sum(map(len, self._parts or ()))
            if length + held > FRAME_BYTES_MAX:
                # Where it breaks another rule too, either may be found first.
                raise Broken(
                    TOO_BIG,
                    *([PROTOCOL] if opcode > 7 or rsv or bool(opcode) is (self._parts is not None) else []),
                )
            start = at + head + 4
            if len(data) < start + length:
                return
            payload = unmasked(data[at + head : start], data[start : start + length])
            self._frame(fin, rsv, opcode, payload, held)
            at = start + length

    def _frame(self, fin: int, rsv: int, opcode: int, payload: bytes, held: int) -> None:
        if opcode > 7:
            if rsv or not fin or len(payload) > 125:
                raise Broken(PROTOCOL)
            self.count += 1
            if opcode == 8:
                self._close(payload)
            return
        if rsv & 3 or (rsv & 4 and (not self._packed or not opcode)):
            # An unpacker may have met a bomb before the bits are looked at.
            raise Broken(PROTOCOL, *([TOO_BIG] if rsv & 4 and self._packed else []))
        if bool(opcode) is (self._parts is not None):
            raise Broken(PROTOCOL, *([TOO_BIG] if rsv & 4 else []))
        if opcode:
            self._parts = []
            self._unpacker = zlib.decompressobj(wbits=-15) if rsv & 4 else None
        assert self._parts is not None
        if self._unpacker is not None:
            payload = self._unpack(self._unpacker, payload + (b"\0\0\xff\xff" if fin else b""), held)
        self._parts.append(payload)
        if opcode == 2 or (len(self._parts) > FRAGMENTS_MAX and not fin):
            self._refuse()
        if fin:
            whole, self._parts = b"".join(self._parts), None
            self._text(whole)

    def _unpack(self, unpacker: zlib._Decompress, data: bytes, held: int) -> bytes:
        room = FRAME_BYTES_MAX - held
        try:
            out = unpacker.decompress(data, room + 1)
        except zlib.error:
            # What came out before it broke may have been too much already.
            raise Broken(PROTOCOL, TOO_BIG) from None
        if len(out) > room:
            raise Broken(TOO_BIG, PROTOCOL)
        return out

    def _text(self, text: bytes) -> None:
        self.count += 1
        try:
            said = _op.decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            self._refuse()
            return
        if type(said).__name__ == "Ping":
            self.pongs.append(said.ref)  # type: ignore[union-attr]

    def _refuse(self) -> None:
        """The frames are in order, what they say is not."""
        self.refused = True
        if not self._frames_alone:
            raise Broken(PROTOCOL)

    def _close(self, payload: bytes) -> None:
        if payload:
            code = int.from_bytes(payload[:2], "big")
            known = code in (*range(1000, 1004), *range(1007, 1015)) or 3000 <= code < 5000
            try:
                payload[2:].decode()
            except UnicodeDecodeError:
                raise Broken(PROTOCOL) from None
            if len(payload) == 1 or not known:
                raise Broken(PROTOCOL)
        if self._parts is not None:
            raise Broken(PROTOCOL)
        raise Broken(int.from_bytes(payload[:2], "big") if payload else 1005)  # in order: it is echoed


# -- what came back ------------------------------------------------------------------------------------------

STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) [ -~]+\r\n")


class Answer(NamedTuple):
    """All that the gateway sent until it ended the connection."""

    data: bytes

    @property
    def status(self) -> int | None:
        """None where it answered nothing, 0 where it was no HTTP."""
        if not self.data:
            return None
        found = STATUS.match(self.data)
        return int(found[1]) if found and b"\r\n\r\n" in self.data else 0

    @property
    def packed(self) -> bool:
        return b"permessage-deflate" in self.data.partition(b"\r\n\r\n")[0]

    def frames(self) -> tuple[list[bytes], int | None, bytes]:
        """Texts, the close code (1005 for none named), and what of it is no whole frame in order."""
        data = self.data.partition(b"\r\n\r\n")[2]
        texts: list[bytes] = []
        at = 0
        while len(data) >= at + 2:
            first, length, head = data[at], data[at + 1], 2
            if length in (126, 127):
                head = 4 if length == 126 else 10
                length = int.from_bytes(data[at + 2 : at + head], "big")
            payload, opcode = data[at + head : at + head + length], first & 15
            fit = first & 0xB0 == 0x80 and opcode in (1, 8, 9, 10) and len(payload) == length < 1 << 32
            if not fit or (first & 0x40 and not (opcode == 1 and self.packed)):
                return texts, None, data[at:]
            at += head + length
            if opcode == 8:
                return texts, int.from_bytes(payload[:2], "big") if payload else 1005, data[at:]
            if opcode == 1:
                texts.append(zlib.decompressobj(-15).decompress(payload) if first & 0x40 else payload)
        return texts, None, data[at:]
