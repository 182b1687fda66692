"""Frames down, built once however many sockets they go to: RFC 6455 text frames of one piece, unmasked."""

from collections.abc import Iterable

import msgspec

from schemas.frames import Down

_encode = msgspec.json.Encoder().encode


def text_frame(payload: bytes) -> bytes:
    """`payload` behind the shortest header that holds its length."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


def framed(message: Down) -> bytes:
    return text_frame(_encode(message))


def joined(frames: Iterable[bytes]) -> bytes:
    """Frames that piled up, as one write."""
    return b"".join(frames)
