"""The tree of a log: RFC 6962's hashes, and its proofs from tiles. Pure.

The hashes of a tree are kept in tiles of at most 256 (https://c2sp.org/tlog-tiles): tile `n` of level 0 holds those of
the leaves from 256 n on, that of level 1 the roots of 256 whole tiles of level 0, and so on. Only the last tile of a
level is not full. A range of leaves `lo` to `hi` (without it) that the RFC hashes is one of whole subtrees, and the
root of a whole subtree is in a tile or comes from the hashes of one.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256

HASH_BYTES = 32
TILE_LEVELS = 8  # of the tree, that one level of tiles spans
TILE_HASHES = 1 << TILE_LEVELS
EMPTY_ROOT = sha256().digest()
# Subtrees whose roots are remembered: from so many hashes on (256 bytes to 4 KiB each), at most so many.
REMEMBERED_HASHES, FOLDED_MAX = 8, 2048

Range = tuple[int, int]
TileId = tuple[int, int]  # its level and its number there


class Unfit(Exception):
    """Tiles that do not hold what a tree of this size must have."""


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def inclusion(n: int, size: int) -> list[Range]:
    """The ranges whose roots prove that leaf `n` is in the tree of `size` leaves, nearest first (RFC 6962, 2.1.1)."""
    if not 0 <= n < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {n}")
    lo, hi = 0, size
    path: list[Range] = []
    while hi - lo > 1:
        middle = lo + _left(hi - lo)
        if n < middle:
            path.append((middle, hi))
            hi = middle
        else:
            path.append((lo, middle))
            lo = middle
    return path[::-1]


def consistency(old: int, size: int) -> list[Range]:
    """The ranges whose roots prove that the tree of `old` leaves is the beginning of that of `size` (RFC 6962, 2.1.2).

    Of nothing, and of the whole, there is nothing to prove.
    """
    if not 0 <= old <= size:
        raise ValueError(f"a tree of {size} leaves does not begin with one of {old}")
    if old == 0:
        return []
    lo, hi = 0, size
    path: list[Range] = []
    while hi != old:
        middle = lo + _left(hi - lo)
        if old <= middle:
            path.append((middle, hi))
            hi = middle
        else:
            path.append((lo, middle))
            lo = middle
    if lo:  # else it is the old root itself, which whoever asks has
        path.append((lo, hi))
    return path[::-1]


def tiles_of(ranges: Iterable[Range]) -> set[TileId]:
    """The tiles from which `root` makes the roots of these ranges."""
    return {_place(level, n)[0] for one in ranges for level, n in _subtrees(*one)}


def root(tiles: Mapping[TileId, bytes], lo: int, hi: int) -> bytes:
    """The root of a range, from the tiles that `tiles_of` names. Raises `Unfit` where they do not hold it."""
    parts = [_subtree(tiles, level, n) for level, n in _subtrees(lo, hi)]
    if not parts:
        return EMPTY_ROOT
    found = parts.pop()
    while parts:
        found = node_hash(parts.pop(), found)
    return found


def edge(size: int) -> set[TileId]:
    """The tiles that are not full in a tree of this size: all that growing it takes, and its root."""
    found: set[TileId] = set()
    level, count = 0, size
    while count:
        if count % TILE_HASHES:
            found.add((level, count // TILE_HASHES))
        level, count = level + 1, count // TILE_HASHES
    return found


def grow(tiles: Mapping[TileId, bytes], size: int, leaves: Sequence[bytes]) -> dict[TileId, bytes]:
    """The tiles that are new or longer once `leaves` (hashes) stand behind a tree of `size`; `tiles` holds its edge."""
    changed: dict[TileId, bytes] = {}
    level, count, new = 0, size, leaves
    while new:
        tile, filled = divmod(count, TILE_HASHES)
        held = tiles.get((level, tile), b"") if filled else b""
        if len(held) != filled * HASH_BYTES:
            raise Unfit(f"tile {tile} of level {level} holds {len(held)} bytes where {filled} hashes belong")
        whole: list[bytes] = []
        taken = 0
        while taken < len(new):
            part = new[taken : taken + TILE_HASHES - filled]
            taken += len(part)
            held += b"".join(part)
            changed[level, tile] = held
            if len(held) == TILE_HASHES * HASH_BYTES:
                whole.append(_folded(held))
                tile, filled, held = tile + 1, 0, b""
        level, count, new = level + 1, count // TILE_HASHES, whole
    return changed


def _left(count: int) -> int:
    """The greatest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def _subtrees(lo: int, hi: int) -> list[tuple[int, int]]:
    """The whole subtrees of a range, each by its level and its number there, from left to right."""
    found: list[tuple[int, int]] = []
    while lo < hi:
        level = (hi - lo).bit_length() - 1
        found.append((level, lo >> level))
        lo += 1 << level
    return found


def _place(level: int, n: int) -> tuple[TileId, int, int]:
    """Where a subtree's hashes are: the tile, the first of them there, and how many."""
    above = level % TILE_LEVELS
    first = n << above
    return (level // TILE_LEVELS, first >> TILE_LEVELS), first % TILE_HASHES, 1 << above


def _subtree(tiles: Mapping[TileId, bytes], level: int, n: int) -> bytes:
    tile, first, count = _place(level, n)
    hashes = tiles.get(tile, b"")[first * HASH_BYTES : (first + count) * HASH_BYTES]
    if len(hashes) != count * HASH_BYTES:
        raise Unfit(f"tile {tile[1]} of level {tile[0]} lacks hashes {first} to {first + count}")
    return _remembered(hashes) if count >= REMEMBERED_HASHES else _folded(hashes)


@lru_cache(FOLDED_MAX)
def _remembered(hashes: bytes) -> bytes:
    """All proofs of a log share what lies above its tiles of leaves, and its edge: that is hashed once."""
    return _folded(hashes)


def _folded(hashes: bytes) -> bytes:
    """The root over a power of two of hashes."""
    while len(hashes) > HASH_BYTES:
        pairs = range(0, len(hashes), 2 * HASH_BYTES)
        hashes = b"".join([sha256(b"\1" + hashes[at : at + 2 * HASH_BYTES]).digest() for at in pairs])
    return hashes
