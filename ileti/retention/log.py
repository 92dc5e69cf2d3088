"""The signed log of what was destroyed (R-64): written, read, verified.

Why this module exists: who destroys must be able to show what, when and by which rule, and nobody
may be able to hide a deletion among the lawful ones. A line's canonical JSON (RFC 8785) holds the
digest of the line before and a hash over the ids; it is signed with Ed25519 as receipts are, its
digest is sealed and stamped like any record (docs/adr/0022), and the database refuses a destruction
that no line tells of. Lines name numbers of rows, nobody's data.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import psycopg
from cryptography.exceptions import InvalidSignature

from ileti.core import db
from ileti.core.crypto import verify_signature
from ileti.core.secrets import receipt_keys, secrets
from ileti.evidence.leaf import canonical_json, iso_utc
from ileti.retention.periods import BY_KIND, RUN_RULE, Kind

FORMAT: Final = 1
LOCK: Final = 6750  # the destroying functions take the same (0220_retention.sql)
COLUMNS: Final = ("id, at, boundary, run_id, provider_id, kind, count, rule, case_number, "
                   "ids_hash, previous, leaf, key_id, signature")
_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line. ``boundary``: what it tells of was due before; ``previous`` None for the first."""

    id: int
    at: datetime
    boundary: datetime
    run_id: int | None
    provider_id: int | None
    kind: int
    count: int
    rule: str
    case_number: str | None
    ids_hash: bytes
    previous: bytes | None
    leaf: bytes = b""
    key_id: str = ""
    signature: str = ""

    def canonical(self) -> bytes:
        """What is hashed and signed."""
        return canonical_json({
            "at": iso_utc(self.at), "boundary": iso_utc(self.boundary), "case": self.case_number,
            "count": self.count, "ids": self.ids_hash.hex(), "kind": self.kind, "number": self.id,
            "previous": self.previous and self.previous.hex(), "provider": self.provider_id,
            "rule": self.rule, "run": self.run_id, "v": FORMAT,
        })


    @property
    def fits(self) -> bool:
        """Whether it says what its leaf commits to."""
        return sha256(self.canonical()).digest() == self.leaf


@dataclass(frozen=True, slots=True)
class Fault:
    """Why the log is not to be believed; ``line`` the number it concerns, 0 what has no line."""

    line: int
    tr: str
    en: str


def hash_of(ids: Sequence[int]) -> bytes:
    """SHA-256 over ascending ids, 8 bytes each, big-endian."""
    return sha256(struct.pack(f">{len(ids)}q", *sorted(ids))).digest()


def next_line(conn: psycopg.Connection[Any]) -> tuple[int, bytes | None]:
    """The next line's number and the digest of the last; nobody else writes one until the caller's
    transaction ends."""
    conn.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
    row = conn.execute("select id, leaf from destruction_log order by id desc limit 1").fetchone()
    return (row[0] + 1, bytes(row[1])) if row else (1, None)


def write(conn: psycopg.Connection[Any], number: int, previous: bytes | None, kind: Kind, *,
          ids: Sequence[int], provider_id: int | None = None, run_id: int | None = None,
          case_number: str | None = None, rule: str | None = None) -> Line:
    """Write the line that :func:`next_line` numbered, in the transaction that destroys. ``rule``:
    another than the kind's own."""
    row = conn.execute("select date_trunc('second', now())").fetchone()
    assert row is not None
    rule = rule or (BY_KIND[kind].rule if kind in BY_KIND else RUN_RULE)
    line = Line(number, row[0], row[0], run_id, provider_id, int(kind),
                len(ids), rule, case_number, hash_of(ids), previous)
    said, signer = line.canonical(), secrets().receipts
    conn.execute(
        f"insert into destruction_log ({COLUMNS}) values "  # noqa: S608 (own constant)
        "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (line.id, line.at, line.boundary, run_id, provider_id, line.kind, line.count, rule,
         case_number, line.ids_hash, previous, sha256(said).digest(), signer.key_id,
         signer.sign(said)))
    return line


def lines(provider_id: int | None = None, *, run_id: int | None = None) -> Iterator[Line]:
    """All lines in order; of one provider its own and those that close runs."""
    conn, after = db.connection(), 0
    while True:
        rows = conn.execute(
            f"select {COLUMNS} from destruction_log where id > %(after)s "  # noqa: S608
            "and (%(provider)s::int is null or provider_id = %(provider)s or kind = 0) "
            "and (%(run)s::bigint is null or run_id = %(run)s) order by id limit %(most)s",
            {"after": after, "provider": provider_id, "run": run_id, "most": _PAGE}).fetchall()
        for row in rows:
            yield line_of(row)
        if len(rows) < _PAGE:
            return
        after = rows[-1][0]


def line_of(row: Sequence[Any]) -> Line:
    """A line from its ``COLUMNS``."""
    (number, at, boundary, run, provider, kind, count, rule, case, hashed, before, leaf, key_id,
     signature) = row
    return Line(number, at, boundary, run, provider, kind, count, rule, case, bytes(hashed),
                None if before is None else bytes(before), bytes(leaf), key_id, signature)


def verify() -> tuple[int, list[Fault]]:
    """How many lines there are, and what is wrong with them: gaps, changed or unsigned lines, and
    lines that tell of other rows than were destroyed, and rows without a line."""
    faults: list[Fault] = []
    number, previous, keys = 0, None, receipt_keys()
    for line in lines():
        number += 1
        if line.id != number:
            faults.append(Fault(number, f"{number} numaralı imha satırı yok.",
                                f"Line {number} of the destruction log is missing."))
            number = line.id
        elif line.previous != previous:
            faults.append(Fault(line.id, f"{line.id} numaralı imha satırı öncekine bağlı değil.",
                                f"Line {line.id} does not stand on the one before it."))
        faults += _faults_of(line, keys)
        previous = line.leaf
    faults += [Fault(row[0], f"{row[0]} numaralı satır silinen kayıtlarla uyuşmuyor.",
                     f"Line {row[0]} does not fit the rows that were destroyed.")
               for row in db.connection().execute(_UNFIT).fetchall()]
    row = db.connection().execute("select unlogged_parts() = parts_before_log()").fetchone()
    if not (row and row[0]):  # only the migration took over rows without a line
        faults.append(Fault(0, "İmha günlüğünün hiçbir satırının anlatmadığı silme kayıtları var.",
                            "Rows of destruction stand there that no line of the log tells of."))
    return number, faults


# The hash over the ids is made in the database: a line may tell of a thousand rows.
_IDS_HASH: Final = ("sha256(coalesce((select string_agg(int8send(u), ''::bytea order by u) "
                    "from unnest(p.ids) u), ''))")
_UNFIT: Final = f"""
select l.id from destruction_log l left join destruction_part p on p.log_id = l.id
 where case when p.id is null then l.kind <> 0
            else p.kind <> l.kind or cardinality(p.ids) <> l.count
                 or p.provider_id is distinct from l.provider_id or {_IDS_HASH} <> l.ids_hash end
 order by l.id"""  # noqa: S608


def _faults_of(line: Line, keys: dict[str, str]) -> list[Fault]:
    said = line.canonical()
    if not line.fits:
        return [Fault(line.id, f"{line.id} numaralı imha satırı değiştirilmiş.",
                      f"Line {line.id} of the destruction log was changed.")]
    try:
        if line.key_id not in keys:
            return [Fault(
                line.id, f"{line.id} numaralı imha satırı tanınmayan bir anahtarla imzalanmış "
                "(SIGNING_KEYS_BEFORE).",
                f"Line {line.id} of the destruction log is signed by an unknown key "
                "(SIGNING_KEYS_BEFORE).")]
        verify_signature(keys[line.key_id], said, line.signature)
    except (InvalidSignature, ValueError):
        return [Fault(line.id, f"{line.id} numaralı imha satırının imzası tutmuyor.",
                      f"The signature of line {line.id} does not fit.")]
    return []
