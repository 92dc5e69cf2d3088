"""The files of a proof bundle: those linked to its records, and those of the lists they came with.

Why this module exists: a claim names a file by its digest, and whoever checks a proof wants to hold
the file. A link to one record has a leaf of its own (docs/adr/0024). What proves a whole list is
named in the evidence of each of its records, so that the record's own leaf vouches for it: there
is nothing to link. Acts about personal data have no links (docs/adr/0033): the scan or recording of
one is named by its evidence in the same way, and lies in a folder of its own, which older verifiers
pass over. What does not fit stays in the vault and is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Final

from ileti.consents.bundled import Bundle, Linked
from ileti.consents.claims import Link, links_of
from ileti.consents.places import not_as_sealed, places, readable
from ileti.core import db
from ileti.evidence import kinds, vault
from ileti.evidence.leaf import iso_utc, micros_of
from ileti.evidence.vault import Kept
from ileti.evidence.verifier import LISTS, OWN, named

#: proof files beyond this are left in the vault: a bundle is made in memory and sent by mail
MOST_FILE_BYTES: Final = 64_000_000
#: the desk, signed paper and calls: where a file that proves the record is kept with it
_OWN_FLOWS: Final = ("desk-", "paper", "call")
_DIGEST: Final = re.compile("[0-9a-f]{64}")


def add(made: Bundle, provider_id: int) -> None:
    """Put the proof files of a bundle's records into it, each with its link. Raises Conflict for a
    link that is not as it was sealed or waits for its seal."""
    records = {one.entry.id: one.record for one in made.proven}
    with db.transaction() as conn:
        links = [one for one in links_of(conn, provider_id, list(records)) if not one.file_erased]
    kept = vault.describe(provider_id, {one.file_id for one in links})
    linked = {file.sha256 for file in kept.values()}
    kept |= _named(provider_id, [mark for one in made.proven for mark in named(one.parts, *LISTS)])
    beside = {number: file for number, file in _named(provider_id, [
        mark for one in made.records if _is_ours(one.parts) for mark in named(one.parts, *OWN)
        ]).items()
        if file.sha256 not in linked}
    _leave(made, {file.sha256.hex() for file in (kept | beside).values()})
    if not (kept or beside):
        return
    taken = _fitting((kept | beside).values())
    _link(made, [one for one in links if one.file_id in taken], records, kept)
    for file_id in sorted(taken):
        with vault.opened(provider_id, file_id) as pieces:
            content = b"".join(pieces)
        for some, folder in ((kept, "proofs"), (beside, "files")):
            if file_id in some:
                made.files[name_of(some[file_id], folder)] = content
    left = sorted((kept | beside).keys() - taken)
    made.left |= {(kept | beside)[one].sha256.hex(): "size" for one in left}
    if left:
        made.files["proofs-left.txt"] = _LEFT.format(
            names="\n".join((kept | beside)[one].sha256.hex() for one in left)).encode()


def _leave(made: Bundle, there: set[str]) -> None:
    """Note which files that records name are not in the vault, or named by others than us."""
    for one in made.records:
        ours = named(one.parts, *LISTS) + (named(one.parts, *OWN) if _is_ours(one.parts) else [])
        made.left |= {mark: "gone" if mark in ours else "foreign"
                      for mark in named(one.parts, *LISTS, *OWN)
                      if _DIGEST.fullmatch(mark) and mark not in there}


def name_of(file: Kept, folder: str = "proofs") -> str:
    """A file's name in a bundle: its digest, with a suffix of what it is."""
    return kinds.download_name(f"{folder}/{file.sha256.hex()}", file.media_type)


def _is_ours(parts: dict[str, Any]) -> bool:
    """Whether its evidence was written by a desk of ours: what a program says of itself must not
    draw a file of somebody else's into a bundle."""
    said = parts["evidence"]
    return isinstance(said, dict) and str(said.get("flow")).startswith(_OWN_FLOWS)


def _named(provider_id: int, marks: Iterable[str]) -> dict[int, Kept]:
    """Files of the vault of these digests, which records' own evidence names."""
    digests = [bytes.fromhex(mark) for mark in sorted(set(marks)) if _DIGEST.fullmatch(mark)]
    found = vault.find_all(provider_id, digests) if digests else []
    there = vault.describe(provider_id, [one.id for one in found])  # the others are destroyed
    return {one.id: one for one in found if one.id in there}


def _fitting(kept: Iterable[Kept]) -> set[int]:
    """As many files as fit, the smallest first."""
    taken, room = set(), MOST_FILE_BYTES
    for file in sorted(kept, key=lambda one: (one.size, one.id)):
        if file.size <= room:
            room -= file.size
            taken.add(file.id)
    return taken


def _link(made: Bundle, links: list[Link], records: dict[int, str], kept: dict[int, Kept]) -> None:
    placed = places(links)
    for number, one in enumerate(links, 1):
        record = records[one.entry_id]
        if not one.fits or one.leaf_key is None:
            raise not_as_sealed(record, "file")
        file, (header, place) = kept[one.file_id], placed[one.at]
        parts = _parts(one, record, file) | place
        made.links.append(Linked(one, parts, header, name_of(file)))
        made.files[f"links/{number:04}.json"] = readable(parts)


def _parts(one: Link, record: str, file: Kept) -> dict[str, Any]:
    assert one.leaf_key is not None
    return {
        "record": record, "claim": one.claim, "file": name_of(file),
        "mediaType": file.media_type, "captured": iso_utc(one.added_at),
        "capturedMicros": micros_of(one.added_at),
        "salt": sha256(one.leaf_key + one.id.to_bytes(8, "big")).hexdigest(),
        "leaf": one.leaf.hex()}


_LEFT: Final = """\
Boyutu nedeniyle pakete alınmayan, kasada duran kanıt dosyaları (SHA-256):
Proof files that are too large for the bundle and stay in the vault (SHA-256):

{names}
"""
