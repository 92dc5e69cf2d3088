"""The tree is RFC 9162's, and a path leads only where it should."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ileti.evidence.merkle import holds, path, root

# The inputs and roots that implementations of Certificate Transparency test themselves with.
LEAVES = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f")]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_everybody_else_computes(size: int) -> None:
    assert root(LEAVES[:size]).hex() == ROOTS[size - 1]


def _tree(leaves: list[bytes]) -> bytes:
    """The definition of RFC 9162 §2.1.1, word by word."""
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + _tree(leaves[:split]) + _tree(leaves[split:])).digest()


some_leaves = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70,
                       unique=True)


@given(some_leaves)
def test_the_root_is_the_definitions(leaves: list[bytes]) -> None:
    assert root(leaves) == _tree(leaves)


@given(some_leaves, st.data())
def test_the_path_of_each_leaf_leads_to_the_root_and_no_other_leafs_does(
        leaves: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    way, top, size = path(leaves, place), root(leaves), len(leaves)
    assert holds(leaves[place], place, size, way, top)
    assert not holds(sha256(leaves[place]).digest(), place, size, way, top)
    other = data.draw(st.integers(0, size + 1))
    assert holds(leaves[place], other, size, way, top) == (other == place)
    assert not holds(leaves[place], place, size, [*way, top], top)
    if way:
        assert not holds(leaves[place], place, size, way[:-1], top)


def test_a_node_is_not_taken_for_a_leaf() -> None:
    left, right = (sha256(b"\x00" + leaf).digest() for leaf in LEAVES[:2])
    assert not holds(left + right, 0, 1, [], root(LEAVES[:2]))


def test_no_leaves_have_no_root() -> None:
    with pytest.raises(ValueError, match="without leaves"):
        root([])
    with pytest.raises(IndexError):
        path(LEAVES, 8)
