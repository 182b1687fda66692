"""Content at rest: how bytes are sealed on their way to where they stay, and opened on their way out. Nowhere else.

Format 1: a head of 40 bytes (6 of a mark, the format, the size of a chunk as a power of 2, 32 random ones of salt),
then chunks of 64 KiB, each sealed by AES-256-GCM with 16 bytes of tag. This is the STREAM construction (Hoang,
Reyhanitabar, Rogaway, Vizár, CRYPTO 2015) in the form that Tink and age gave it: the nonce is the chunk's number in
11 bytes and one byte that is 1 for the last chunk alone, under a key that no other object has (HKDF-SHA256 of the
thing's key with the salt, bound to what the object is). So chunks that are cut off, exchanged, doubled, left out, or
brought from another object do not open; and any chunk opens without the others, so that a part of an object is read by
fetching the chunks that hold it.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import IO, Literal, NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schemas.errors import Refused
from storage.blobs import Blobs
from storage.keys.wrapping import Broken

MARK = b"cwseal\x01"
CHUNK_POWER = 16
CHUNK_POWERS = range(12, 25)  # of what may be read
SALT_BYTES = 32
HEAD_BYTES = len(MARK) + 1 + SALT_BYTES
TAG_BYTES = 16
AT_ONCE_BYTES_MAX = 64 << 10  # more is opened in a thread

Purpose = Literal["bytes", "text", "quarantine", "original"]


class About(NamedTuple):
    """What an object is: sealed as this, it opens as nothing else. `thing` has the key."""

    purpose: Purpose
    org: UUID
    case: UUID
    thing: UUID
    also: bytes = b""

    @property
    def bound(self) -> bytes:
        ids = self.org.bytes + self.case.bytes + self.thing.bytes
        return b"casewire object 1\0" + self.purpose.encode() + b"\0" + ids + self.also


def original(org: UUID, case: UUID, conversation: UUID, message: UUID, revision: int) -> About:
    """What a message said in one of its revisions."""
    return About("original", org, case, conversation, message.bytes + revision.to_bytes(8, "big"))


class Sealing(NamedTuple):
    """What opens one object: its head, as its row pins it, the key of its thing, and what it is."""

    head: bytes
    key: bytes
    about: About


def seal_small(data: bytes, key: bytes, about: About) -> bytes:
    """Bytes that are held in memory anyway. A thread is the caller's choice."""
    head = _new_head()
    return head + b"".join(_sealed(_Slices(data), head, key, about))


def open_small(sealed: bytes, key: bytes, about: About) -> bytes:
    """Raises `Broken`."""
    return b"".join(_opened(_Slices(sealed, HEAD_BYTES), sealed[:HEAD_BYTES], key, about))


def seal_file(source: Path, target: Path, key: bytes, about: About) -> bytes:
    """Seal one file into another, a chunk in memory; the head, for the row to pin. For a thread."""
    head = _new_head()
    with source.open("rb") as file, target.open("wb") as out:
        out.write(head)
        for chunk in _sealed(file, head, key, about):
            out.write(chunk)
    return head


def open_file(source: Path, target: Path, key: bytes, about: About) -> None:
    """The way back; `target` is worth nothing when this raises `Broken`. For a thread."""
    with source.open("rb") as file, target.open("wb") as out:
        for chunk in _opened(file, file.read(HEAD_BYTES), key, about):
            out.write(chunk)


def sealed_size(size: int) -> int:
    """How many bytes a sealed object of `size` bytes has."""
    return HEAD_BYTES + size + TAG_BYTES * (max(size - 1, 0) // (1 << CHUNK_POWER) + 1)


async def opened(
    blobs: Blobs,
    object_key: str,
    version: str | None,
    size: int,
    sealing: Sealing | None,
    *,
    start: int = 0,
    length: int = 0,
) -> AsyncGenerator[bytes, None]:
    """A document's own bytes from `start`, `length` of them (0: to the end), in parts of bounded size; all of them are
    `size`. Fetches the chunks that hold them and no others. None for bytes from before there were keys.

    Raises `Absent` as the store does, and `Refused("unavailable")` for an object that is not what was sealed.
    """
    if sealing is None:
        async with aclosing(
            blobs.read(blobs.documents, object_key, version, start=start, length=length)
        ) as plain:
            async for part in plain:
                yield part
        return
    try:
        chunk_bytes, cipher = _cipher(sealing.head, sealing.key, sealing.about)
        whole = chunk_bytes + TAG_BYTES
        last = max(size - 1, 0) // chunk_bytes
        end = min(start + length, size) if length else size
        n, upto = start // chunk_bytes, max(end - 1, 0) // chunk_bytes
        at = HEAD_BYTES + n * whole
        missing = min(HEAD_BYTES + (upto + 1) * whole, HEAD_BYTES + size + (last + 1) * TAG_BYTES) - at
        skip, left, held = start - n * chunk_bytes, end - start, b""

        def open_held(held: bytes, n: int, count: int) -> bytes:
            parts = (
                _open(cipher, n + i, n + i == last, held[i * whole : (i + 1) * whole]) for i in range(count)
            )
            return b"".join(parts)

        reading = blobs.read(blobs.documents, object_key, version, start=at, length=missing)
        async with aclosing(reading) as pieces:
            async for piece in pieces:
                missing -= len(piece)
                held += piece
                ready = len(held) // whole if missing else upto + 1 - n
                if not ready:
                    continue
                if missing < 0:
                    raise Broken("the object is longer than it was")
                if len(held) > AT_ONCE_BYTES_MAX + TAG_BYTES:
                    plain = await asyncio.to_thread(open_held, held, n, ready)
                else:
                    plain = open_held(held, n, ready)
                held = held[ready * whole :]
                n += ready
                part = plain[skip : skip + left]
                skip, left = 0, left - len(part)
                if part:
                    yield part
        if n <= upto:
            raise Broken("the object ends too early")
    except Broken as error:
        raise Refused("unavailable", "The stored bytes are not those that were sealed.") from error


class _Slices:
    """Bytes, read as a file is."""

    def __init__(self, data: bytes, start: int = 0) -> None:
        self._data, self._at = memoryview(data), start

    def read(self, size: int, /) -> bytes:
        part = self._data[self._at : self._at + size]
        self._at += len(part)
        return bytes(part)


def _new_head() -> bytes:
    return MARK + bytes([CHUNK_POWER]) + os.urandom(SALT_BYTES)


def _cipher(head: bytes, key: bytes, about: About) -> tuple[int, AESGCM]:
    """How many bytes a chunk has, and what seals the chunks of the object with this head."""
    fixed, salt = head[: len(MARK) + 1], head[len(MARK) + 1 :]
    if not fixed.startswith(MARK) or len(salt) != SALT_BYTES or fixed[-1] not in CHUNK_POWERS:
        raise Broken("no sealed object of a known format")
    own = HKDF(algorithm=SHA256(), length=32, salt=salt, info=fixed + about.bound).derive(key)
    return 1 << fixed[-1], AESGCM(own)


def _nonce(n: int, last: bool) -> bytes:
    return n.to_bytes(11, "big") + bytes([last])


def _open(cipher: AESGCM, n: int, last: bool, sealed: bytes | memoryview) -> bytes:
    try:
        return cipher.decrypt(_nonce(n, last), sealed, None)
    except (InvalidTag, ValueError) as error:  # ValueError: shorter than a tag
        raise Broken(f"chunk {n} does not open") from error


def _chunks(source: "IO[bytes] | _Slices", size: int) -> Iterator[tuple[int, bool, bytes]]:
    """Number, whether it is the last one, and bytes of each chunk; one, an empty one, of nothing."""
    n, chunk = 0, source.read(size)
    while True:
        following = source.read(size) if len(chunk) == size else b""
        yield n, not following, chunk
        if not following:
            return
        n, chunk = n + 1, following


def _sealed(source: "IO[bytes] | _Slices", head: bytes, key: bytes, about: About) -> Iterator[bytes]:
    chunk_bytes, cipher = _cipher(head, key, about)
    for n, last, chunk in _chunks(source, chunk_bytes):
        yield cipher.encrypt(_nonce(n, last), chunk, None)


def _opened(source: "IO[bytes] | _Slices", head: bytes, key: bytes, about: About) -> Iterator[bytes]:
    chunk_bytes, cipher = _cipher(head, key, about)
    for n, last, chunk in _chunks(source, chunk_bytes + TAG_BYTES):
        yield _open(cipher, n, last, chunk)
