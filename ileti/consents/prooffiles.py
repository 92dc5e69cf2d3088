"""The files of a proof bundle: those linked to its records, and those of the lists they came with.

Why this module exists: a claim names a file by its digest, and whoever checks a proof wants to hold
the file. A link to one record has a leaf of its own (docs/adr/0024). What proves a whole list is
named in the evidence of each of its records, so that the record's own leaf vouches for it: there
is nothing to link. What does not fit stays in the vault and is named.
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
from ileti.evidence.verifier import files_named

#: proof files beyond this are left in the vault: a bundle is made in memory and sent by mail
MOST_FILE_BYTES: Final = 64_000_000
_DIGEST: Final = re.compile("[0-9a-f]{64}")


def add(made: Bundle, provider_id: int) -> None:
    """Put the proof files of a bundle's records into it, each with its link. Raises Conflict for a
    link that is not as it was sealed or waits for its seal."""
    records = {one.entry.id: one.record for one in made.proven}
    with db.transaction() as conn:
        links = [one for one in links_of(conn, provider_id, list(records)) if not one.file_erased]
    kept = vault.describe(provider_id, {one.file_id for one in links})
    kept |= _of_lists(made, provider_id)
    if not kept:
        return
    taken = _fitting(kept.values())
    _link(made, [one for one in links if one.file_id in taken], records, kept)
    for file_id in sorted(taken):
        name = name_of(kept[file_id])
        with vault.opened(provider_id, file_id) as pieces:
            made.files[name] = b"".join(pieces)
    left = sorted(kept.keys() - taken)
    if left:
        made.files["proofs-left.txt"] = _LEFT.format(
            names="\n".join(kept[one].sha256.hex() for one in left)).encode()


def name_of(file: Kept) -> str:
    """A file's name in a bundle: its digest, with a suffix of what it is."""
    return kinds.download_name(f"proofs/{file.sha256.hex()}", file.media_type)


def _of_lists(made: Bundle, provider_id: int) -> dict[int, Kept]:
    """Files of the vault that the records' own evidence names."""
    digests = {mark for one in made.proven for mark in files_named(one.parts)}
    found = vault.find_all(provider_id, [bytes.fromhex(mark) for mark in sorted(digests)
                                         if _DIGEST.fullmatch(mark)])
    return {one.id: one for one in found}


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
