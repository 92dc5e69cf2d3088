"""The Merkle tree over leaves, hashed as RFC 9162 §2.1 says.

Why this module exists: one hash, the root, vouches for every leaf below it and for their order, and
a few hashes show that a leaf is below it. Leaf and node are hashed with a byte of their own in
front, so that a node can never be passed off as a leaf. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

_LEAF, _NODE = b"\x00", b"\x01"


def _row(leaves: Sequence[bytes]) -> list[bytes]:
    return [sha256(_LEAF + leaf).digest() for leaf in leaves]


def _above(row: list[bytes]) -> list[bytes]:
    """The next row of the tree; a node without a neighbour moves up as it is."""
    made = [sha256(_NODE + left + right).digest()
            for left, right in zip(row[::2], row[1::2], strict=False)]
    return made + row[-1:] if len(row) % 2 else made


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaves in their order; ValueError when there are none."""
    if not leaves:
        raise ValueError("a tree without leaves")
    row = _row(leaves)
    while len(row) > 1:
        row = _above(row)
    return row[0]


def path(leaves: Sequence[bytes], place: int) -> list[bytes]:
    """The hashes that lead from the leaf at ``place`` (from 0) to the root, the lowest first
    (RFC 9162 §2.1.3.1); IndexError when there is no such leaf."""
    return paths(leaves, [place])[0]


def paths(leaves: Sequence[bytes], places: Sequence[int]) -> list[list[bytes]]:
    """The paths of several leaves of one tree, which is hashed once."""
    if not all(0 <= place < len(leaves) for place in places):
        raise IndexError(places)
    here = list(places)
    found: list[list[bytes]] = [[] for _ in here]
    row = _row(leaves)
    while len(row) > 1:
        for n, place in enumerate(here):
            if place ^ 1 < len(row):
                found[n].append(row[place ^ 1])
            here[n] = place >> 1
        row = _above(row)
    return found


def holds(leaf: bytes, place: int, size: int, way: Sequence[bytes], top: bytes) -> bool:
    """Whether the path leads from the leaf at ``place`` of ``size`` to the root ``top``
    (RFC 9162 §2.1.3.2)."""
    if not 0 <= place < size:
        return False
    here, last, made = place, size - 1, sha256(_LEAF + leaf).digest()
    for beside in way:
        if last == 0:
            return False
        if here & 1 or here == last:
            made = sha256(_NODE + beside + made).digest()
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            made = sha256(_NODE + made + beside).digest()
        here, last = here >> 1, last >> 1
    return last == 0 and made == top
