"""Frames down, built once however many sockets they go to: RFC 6455 text frames of one piece, unmasked; and the same
compressed (RFC 7692), each in a stream of its own, so that what is compressed for one is what all others take."""

import zlib
from collections.abc import Iterable

import msgspec

from schemas.frames import Down

# Below it a frame is compressed by little, and it mostly concerns one person: a marker, a notice read.
DEFLATE_BYTES_MIN = 512
DEFLATE_LEVEL = 1  # an event is too short for a higher one to find more
DEFLATE_TAIL = b"\x00\x00\xff\xff"  # RFC 7692 7.2.1: what a flush ends with is left away

TEXT, DEFLATED_TEXT = 0x81, 0xC1  # a whole message; with RSV1 where it is compressed

_encode = msgspec.json.Encoder().encode


def text_frame(payload: bytes, head: int = TEXT) -> bytes:
    """`payload` behind the shortest header that holds its length."""
    size = len(payload)
    if size < 126:
        return bytes((head, size)) + payload
    if size < 65536:
        return bytes((head, 126)) + size.to_bytes(2, "big") + payload
    return bytes((head, 127)) + size.to_bytes(8, "big") + payload


def deflated(frame: bytes) -> bytes:
    """A frame of `text_frame`, compressed for those who negotiated it; itself where that does not pay."""
    if len(frame) < DEFLATE_BYTES_MIN:
        return frame
    payload = memoryview(frame)[4 if frame[1] == 126 else 10 :]
    stream = zlib.compressobj(DEFLATE_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = stream.compress(payload) + stream.flush(zlib.Z_SYNC_FLUSH)
    smaller = text_frame(packed[: -len(DEFLATE_TAIL)], DEFLATED_TEXT)
    return smaller if len(smaller) < len(frame) else frame


def framed(message: Down) -> bytes:
    return text_frame(_encode(message))


def joined(frames: Iterable[bytes]) -> bytes:
    """Frames that piled up, as one write."""
    return b"".join(frames)
