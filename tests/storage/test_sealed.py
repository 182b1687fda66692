"""Sealed objects: what was put in comes out, whole or in part; what was changed in any way does not."""

import os
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import Refused
from schemas.ids import new_id
from storage.blobs import Blobs
from storage.keys.wrapping import Broken, new_key
from storage.sealed import (
    CHUNK_POWER,
    HEAD_BYTES,
    TAG_BYTES,
    About,
    Purpose,
    Sealing,
    open_file,
    open_small,
    opened,
    original,
    seal_file,
    seal_small,
)  # fmt: skip

CHUNK = 1 << CHUNK_POWER
WHOLE = CHUNK + TAG_BYTES
SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 5 * CHUNK + 7)
KEY = new_key()
ABOUT = About("bytes", new_id(), new_id(), new_id())


def chunks(sealed: bytes) -> list[bytes]:
    return [sealed[at : at + WHOLE] for at in range(HEAD_BYTES, len(sealed), WHOLE)]


class Held:
    """A store with one object, which hands it out in pieces of `piece` bytes and counts them."""

    documents = "documents"

    def __init__(self, data: bytes, piece: int = 256 << 10) -> None:
        self.data, self.piece, self.sent = data, piece, 0

    async def read(self, *_: Any, start: int = 0, length: int = 0) -> AsyncGenerator[bytes, None]:
        found = self.data[start : start + length] if length else self.data[start:]
        for at in range(0, len(found), self.piece):
            self.sent += len(found[at : at + self.piece])
            yield found[at : at + self.piece]


async def read(store: Held, size: int, sealing: Sealing | None, start: int = 0, length: int = 0) -> bytes:
    parts = opened(cast(Blobs, store), "key", None, size, sealing, start=start, length=length)
    return b"".join([part async for part in parts])


@pytest.mark.parametrize("size", SIZES)
def test_what_goes_in_comes_out(size: int, tmp_path: Path) -> None:
    data = os.urandom(size)
    (tmp_path / "plain").write_bytes(data)
    head = seal_file(tmp_path / "plain", tmp_path / "sealed", KEY, ABOUT)
    sealed = (tmp_path / "sealed").read_bytes()
    assert sealed[:HEAD_BYTES] == head
    assert len(sealed) == HEAD_BYTES + size + TAG_BYTES * max(1, -(-size // CHUNK))
    assert size < 16 or data[:16] not in sealed
    open_file(tmp_path / "sealed", tmp_path / "again", KEY, ABOUT)
    assert (tmp_path / "again").read_bytes() == data
    assert open_small(sealed, KEY, ABOUT) == data == open_small(seal_small(data, KEY, ABOUT), KEY, ABOUT)


def test_the_same_bytes_never_look_the_same() -> None:
    one, other = seal_small(b"x" * 100, KEY, ABOUT), seal_small(b"x" * 100, KEY, ABOUT)
    assert one[:HEAD_BYTES] != other[:HEAD_BYTES] and one[HEAD_BYTES:] != other[HEAD_BYTES:]


def test_every_changed_byte_is_found() -> None:
    sealed = seal_small(b"the lessee pays", KEY, ABOUT)
    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises(Broken):
            open_small(bytes(changed), KEY, ABOUT)
    for length in range(len(sealed)):
        with pytest.raises(Broken):
            open_small(sealed[:length], KEY, ABOUT)


DATA = os.urandom(3 * CHUNK + 9)
GOOD = seal_small(DATA, KEY, ABOUT)


def mangled() -> dict[str, bytes]:
    """What a storekeeper can do to an object without its key."""
    again = seal_small(DATA, KEY, ABOUT)
    elsewhere = seal_small(DATA, KEY, ABOUT._replace(thing=new_id()))
    head, (a, b, c, d) = GOOD[:HEAD_BYTES], chunks(GOOD)
    return {
        "the last chunk is gone": head + a + b + c,
        "nothing is left": head,
        "a chunk in the middle is gone": head + a + c + d,
        "two are exchanged": head + b + a + c + d,
        "one is there twice": head + a + a + b + c + d,
        "one stands for another": head + a + a + c + d,
        "one of the same bytes, sealed at another time": head + chunks(again)[0] + b + c + d,
        "one of another object": head + a + chunks(elsewhere)[1] + c + d,
        "half of the last": GOOD[:-5],
        **BEHIND,
    }


# What a reader never asks for, who knows head and size from the row.
BEHIND = {
    "the last one twice": GOOD + chunks(GOOD)[-1],
    "another head": seal_small(DATA, KEY, ABOUT)[:HEAD_BYTES] + GOOD[HEAD_BYTES:],
    "bytes behind": GOOD + b"x",
}


@pytest.mark.parametrize("what", mangled())
def test_what_was_mangled_does_not_open(what: str, tmp_path: Path) -> None:
    sealed = mangled()[what]
    with pytest.raises(Broken):
        open_small(sealed, KEY, ABOUT)
    (tmp_path / "sealed").write_bytes(sealed)
    with pytest.raises(Broken):
        open_file(tmp_path / "sealed", tmp_path / "again", KEY, ABOUT)


@pytest.mark.parametrize(
    "about",
    [
        ABOUT._replace(org=new_id()),
        ABOUT._replace(case=new_id()),
        ABOUT._replace(thing=new_id()),
        *(ABOUT._replace(purpose=cast(Purpose, p)) for p in ("text", "quarantine", "original")),
        ABOUT._replace(also=b"x"),
    ],
)
def test_it_opens_as_what_it_is_alone(about: About) -> None:
    with pytest.raises(Broken):
        open_small(seal_small(b"x", KEY, ABOUT), KEY, about)


def test_an_original_is_of_one_revision_of_one_message() -> None:
    org, case, talk, message = (new_id() for _ in range(4))
    sealed = seal_small(b"frist", KEY, original(org, case, talk, message, 1))
    assert open_small(sealed, KEY, original(org, case, talk, message, 1)) == b"frist"
    for other in (original(org, case, talk, message, 2), original(org, case, talk, new_id(), 1)):
        with pytest.raises(Broken):
            open_small(sealed, KEY, other)


@pytest.mark.parametrize("key", [new_key(), KEY[::-1]], ids=["new", "turned"])
def test_another_key_opens_nothing(key: bytes) -> None:
    with pytest.raises(Broken):
        open_small(seal_small(b"x", KEY, ABOUT), key, ABOUT)


def test_an_older_size_of_chunks_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The size stands in the head, so that it may change; an absurd one is not believed."""
    monkeypatch.setattr("storage.sealed.CHUNK_POWER", 12)
    sealed = seal_small(b"y" * 10_000, KEY, ABOUT)
    monkeypatch.undo()
    assert open_small(sealed, KEY, ABOUT) == b"y" * 10_000
    monkeypatch.setattr("storage.sealed.CHUNK_POWER", 40)
    with pytest.raises(Broken):
        seal_small(b"y", KEY, ABOUT)


PLAIN = {size: os.urandom(size) for size in SIZES}
SEALED = {size: seal_small(data, KEY, ABOUT) for size, data in PLAIN.items()}
EDGES = [n * CHUNK + d for n in range(6) for d in (-1, 0, 1)]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
async def test_any_part_is_what_stands_there(data: st.DataObject) -> None:
    size = data.draw(st.sampled_from(SIZES))
    start = data.draw(
        st.one_of(st.sampled_from(EDGES), st.integers(0, size)).filter(lambda n: 0 <= n <= size)
    )
    most = size - start
    length = data.draw(
        st.one_of(st.sampled_from(EDGES), st.integers(0, most)).filter(lambda n: 0 <= n <= most)
    )
    piece = data.draw(st.sampled_from([1000, CHUNK, WHOLE, 256 << 10, 1 << 20]))
    store = Held(SEALED[size], piece)
    sealing = Sealing(SEALED[size][:HEAD_BYTES], KEY, ABOUT)
    found = await read(store, size, sealing, start, length)
    assert found == (PLAIN[size][start : start + length] if length else PLAIN[size][start:])
    if length:
        touched = (start + length - 1) // CHUNK - start // CHUNK + 1
        assert store.sent <= touched * WHOLE, "only the chunks that hold it are fetched"


@pytest.mark.parametrize("what", mangled())
async def test_a_mangled_object_is_never_read_to_its_end(what: str) -> None:
    """What comes before the place where it is mangled may have been sent."""
    sealing = Sealing(GOOD[:HEAD_BYTES], KEY, ABOUT)
    if what in BEHIND:
        assert await read(Held(BEHIND[what]), len(DATA), sealing) == DATA
        return
    with pytest.raises(Refused, match="unavailable"):
        await read(Held(mangled()[what]), len(DATA), sealing)


async def test_the_pinned_head_decides_which_object_it_is() -> None:
    """Two objects of one version, as two workers leave them: the row names one, and the other is not read for it."""
    one, other = seal_small(b"same", KEY, ABOUT), seal_small(b"same", KEY, ABOUT)
    with pytest.raises(Refused, match="unavailable"):
        await read(Held(other), 4, Sealing(one[:HEAD_BYTES], KEY, ABOUT))


async def test_a_size_that_is_not_the_objects_is_found() -> None:
    sealing = Sealing(SEALED[3 * CHUNK][:HEAD_BYTES], KEY, ABOUT)
    for size in (3 * CHUNK - 1, 3 * CHUNK + 1, 2 * CHUNK, 4 * CHUNK):
        with pytest.raises(Refused, match="unavailable"):
            await read(Held(SEALED[3 * CHUNK]), size, sealing)


async def test_what_is_from_before_there_were_keys_is_read_as_it_is() -> None:
    store = Held(PLAIN[CHUNK + 1])
    assert await read(store, CHUNK + 1, None, 5, 9) == PLAIN[CHUNK + 1][5:14]
    assert await read(store, CHUNK + 1, None) == PLAIN[CHUNK + 1]
