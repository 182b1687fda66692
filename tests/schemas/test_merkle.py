"""The tree against RFC 6962's recursion written down as it stands there, and the roots that Certificate Transparency's
own tests expect."""

from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import merkle

# https://github.com/google/certificate-transparency, merkletree/merkle_tree_test.cc
CT_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SIZES = st.one_of(
    st.integers(0, 2000),
    st.sampled_from([256**power * times + off for power in (1, 2) for times in (1, 2, 3) for off in (-1, 0, 1)
                     if 256**power * times < 70_000]),
)  # fmt: skip
LEAVES = [merkle.leaf_hash(n.to_bytes(4, "big")) for n in range(66_000)]


@cache
def model(lo: int, hi: int) -> bytes:
    """MTH(D[lo:hi]) of RFC 6962, 2.1."""
    if hi - lo == 0:
        return sha256(b"").digest()
    if hi - lo == 1:
        return LEAVES[lo]
    k = 1
    while 2 * k < hi - lo:
        k *= 2
    return sha256(b"\x01" + model(lo, lo + k) + model(lo + k, hi)).digest()


def path(m: int, lo: int, hi: int) -> list[bytes]:
    """PATH(m, D[lo:hi]) of 2.1.1."""
    if hi - lo == 1:
        return []
    k = 1
    while 2 * k < hi - lo:
        k *= 2
    if m < k:
        return [*path(m, lo, lo + k), model(lo + k, hi)]
    return [*path(m - k, lo + k, hi), model(lo, lo + k)]


def proof(m: int, lo: int, hi: int, known: bool) -> list[bytes]:
    """SUBPROOF(m, D[lo:hi], known) of 2.1.2."""
    if m == hi - lo:
        return [] if known else [model(lo, hi)]
    k = 1
    while 2 * k < hi - lo:
        k *= 2
    if m <= k:
        return [*proof(m, lo, lo + k, known), model(lo + k, hi)]
    return [*proof(m - k, lo + k, hi, False), model(lo, lo + k)]


def grown(*steps: int) -> dict[merkle.TileId, bytes]:
    """The tiles of a tree that grew in these steps, each from nothing but the edge of the one before."""
    tiles: dict[merkle.TileId, bytes] = {}
    size = 0
    for step in steps:
        edge = {id: tiles[id] for id in merkle.edge(size)}
        tiles |= merkle.grow(edge, size, LEAVES[size : size + step])
        size += step
    return tiles


WHOLE = grown(len(LEAVES))


def test_the_roots_of_certificate_transparency() -> None:
    leaves = [merkle.leaf_hash(data) for data in CT_LEAVES]
    assert merkle.root({}, 0, 0).hex() == sha256().hexdigest()
    for size, expected in enumerate(CT_ROOTS, 1):
        tiles = merkle.grow({}, 0, leaves[:size])
        assert merkle.root(tiles, 0, size).hex() == expected


@settings(max_examples=60, deadline=None)
@given(size=SIZES, data=st.data())
def test_a_tree_that_grows_in_any_steps_is_the_same(size: int, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, size), max_size=5)))
    steps = [b - a for a, b in zip([0, *cuts], [*cuts, size], strict=True)]
    tiles = grown(*steps)
    assert merkle.root({id: tiles[id] for id in merkle.edge(size)}, 0, size) == model(0, size)
    assert all(WHOLE[id].startswith(hashes) for id, hashes in tiles.items())
    assert set(tiles) == set(grown(size))


@settings(max_examples=150, deadline=None)
@given(size=SIZES.filter(lambda size: size > 0), data=st.data())
def test_inclusion_is_the_path_of_the_rfc(size: int, data: st.DataObject) -> None:
    n = data.draw(st.integers(0, size - 1))
    ranges = merkle.inclusion(n, size)
    tiles = {id: WHOLE[id] for id in merkle.tiles_of(ranges)}
    assert [merkle.root(tiles, *one) for one in ranges] == path(n, 0, size)
    assert len(tiles) <= 2 * 3  # of each level, the leaf's and the edge's


@settings(max_examples=150, deadline=None)
@given(size=SIZES, data=st.data())
def test_consistency_is_the_proof_of_the_rfc(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, size))
    ranges = merkle.consistency(old, size)
    tiles = {id: WHOLE[id] for id in merkle.tiles_of(ranges)}
    assert [merkle.root(tiles, *one) for one in ranges] == (proof(old, 0, size, True) if old else [])


def test_what_is_not_there_is_said() -> None:
    with pytest.raises(ValueError):
        merkle.inclusion(3, 3)
    with pytest.raises(ValueError):
        merkle.consistency(4, 3)
    with pytest.raises(merkle.Unfit):
        merkle.root({(0, 0): LEAVES[0]}, 0, 2)
    with pytest.raises(merkle.Unfit):
        merkle.grow({}, 3, LEAVES[:1])
    with pytest.raises(merkle.Unfit):
        merkle.grow({(0, 0): b"".join(LEAVES[:4])}, 3, LEAVES[:1])
