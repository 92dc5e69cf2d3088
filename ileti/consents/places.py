"""Where leaves stand: the seal of each, and the path that leads from it to the seal's root.

Why this module exists: records and the files linked to them are proven in the same way, and a
ledger that is not as it was sealed must give no proof at all, whichever of them is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Protocol

from ileti.core.errors import Conflict
from ileti.evidence import merkle, seal
from ileti.evidence.seal import Header, Position


class Placed(Protocol):
    """What has a leaf."""

    @property
    def at(self) -> Position:
        """Its place in the order of leaves."""

    @property
    def epoch(self) -> int:
        """The epoch of its place."""


def places(sealed: Sequence[Placed]) -> dict[Position, tuple[Header, dict[str, Any]]]:
    """Seal and path of each. Raises Conflict while one waits for its seal, and when
    the leaves of a seal are not those it stands on."""
    by_seal: dict[int, tuple[Header, list[Placed]]] = {}
    seals = seal.seals_of([(one.epoch, one.at) for one in sealed])
    for one, found in zip(sealed, seals, strict=True):
        if found is None:
            raise Conflict("Kayıt henüz mühürlenmedi; birkaç saniye sonra yeniden deneyin.",
                           "The record has no seal yet; try again in a few seconds.",
                           code="not_sealed_yet")
        by_seal.setdefault(found.number, (found, []))[1].append(one)
    placed = {}
    for header, some in by_seal.values():
        leaves = seal.leaves_of(header)
        values = [leaf.value for leaf in leaves]
        where = {leaf.at: n for n, leaf in enumerate(leaves)}
        if merkle.root(values) != header.root:
            raise Conflict(
                f"{header.number} numaralı mührün altındaki kayıtlar mühürlendikleri gibi değil; "
                "`ileti audit` ile bakın.",
                f"The records below seal {header.number} are not as they were sealed; look with "
                "`ileti audit`.", code="not_as_sealed")
        spots = [where[one.at] for one in some]
        for one, place, path in zip(some, spots, merkle.paths(values, spots), strict=True):
            placed[one.at] = (header, {
                "seal": header.number, "place": place, "path": [step.hex() for step in path]})
    return placed


def not_as_sealed(number: str, part: str) -> Conflict:
    """What is said of a record whose leaf does not follow from its parts."""
    return Conflict(
        f"{number} numaralı kayıt mühürlendiği gibi değil ({part}); `ileti audit` ile bakın.",
        f"Record {number} is not as it was sealed ({part}); look with `ileti audit`.",
        code="not_as_sealed")


def readable(parts: dict[str, Any]) -> bytes:
    """For people too; the verifier hashes the canonical form of its parts."""
    return json.dumps(parts, ensure_ascii=False, indent=1, sort_keys=True).encode()
