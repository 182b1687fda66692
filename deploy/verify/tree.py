"""The tree of RFC 6962: hashes of leaves and nodes, roots out of peaks, and the two proofs as RFC 9162 checks them."""

from collections.abc import Iterable, Sequence
from hashlib import sha256

EMPTY = sha256(b"").digest()

Peak = tuple[int, bytes]  # a whole subtree of 2^level leaves, and its hash


def leaf(data: bytes) -> bytes:
    return sha256(b"\0" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def push(peaks: list[Peak], level: int, hash: bytes) -> None:
    """Put a whole subtree at the right; `peaks` come with falling levels."""
    while peaks and peaks[-1][0] == level:
        hash = node(peaks.pop()[1], hash)
        level += 1
    peaks.append((level, hash))


def root(peaks: Sequence[Peak]) -> bytes:
    if not peaks:
        return EMPTY
    hash = peaks[-1][1]
    for _, left in reversed(peaks[:-1]):
        hash = node(left, hash)
    return hash


def peaks_of(hashes: list[bytes]) -> list[Peak]:
    """The peaks over leaves, with falling levels."""
    level, row, odd = 0, hashes, list[Peak]()
    while row:
        if len(row) % 2:
            odd.append((level, row[-1]))
        pairs = iter(row)
        row = [sha256(b"\1" + left + right).digest() for left, right in zip(pairs, pairs, strict=False)]
        level += 1
    return odd[::-1]


def included(hash: bytes, n: int, size: int, path: Iterable[bytes], top: bytes) -> bool:
    """Whether leaf `n` with this hash is in the tree of `size` leaves with the root `top` (RFC 9162, 2.1.3.2)."""
    if not 0 <= n < size:
        return False
    fn, sn, r = n, size - 1, hash
    for p in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == top


def consistent(size1: int, root1: bytes, size2: int, root2: bytes, path: Sequence[bytes]) -> bool:
    """Whether the tree of `size2` begins with that of `size1` (RFC 9162, 2.1.4.2)."""
    if size1 > size2 or size1 < 0:
        return False
    if size1 == size2:
        return root1 == root2 and not path
    if size1 == 0:
        return root1 == EMPTY and not path
    nodes = list(path)
    if size1 & (size1 - 1) == 0:
        nodes.insert(0, root1)
    if not nodes:
        return False
    fn, sn = size1 - 1, size2 - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = nodes[0]
    for c in nodes[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == root1 and sr == root2
