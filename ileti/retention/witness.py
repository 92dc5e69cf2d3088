"""What an audit of the ledger is told about lawful erasures, and how it reads the log itself.

Why this module exists: an emptied row looks the same whether the law wanted it or somebody hid
something. The audit (:mod:`ileti.consents.audit`) believes an erasure only when a line of the
signed log tells of it, and only a line that holds: chained, signed, and over these very ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg

from ileti.consents.audit import Sealed, audits, vouches
from ileti.consents.claims import Gone
from ileti.core import db
from ileti.evidence.seal import Position, bound, by_index
from ileti.retention import log
from ileti.retention.periods import Kind

KIND: Final = 4


@vouches
class DestructionWitness:
    """Verifies the whole log once, then answers from the parts its lines tell of."""

    def __init__(self) -> None:
        _, faults = log.verify()
        self._wrong = sorted({one.line for one in faults})
        self._before = 0 not in self._wrong  # what has no line is what the migration took over
        self.faults = [(one.tr, one.en) for one in faults]

    def told(self, asked: set[Gone]) -> set[Gone]:
        """Those of these that a line tells of, or that the migration found erased by hand before
        there was a log."""
        found: set[Gone] = set()
        for what, provider_id in {(one.what, one.provider_id) for one in asked}:
            ids = sorted(one.id for one in asked if one[:2] == (what, provider_id))
            told = _TOLD.format(place="= %(provider)s" if provider_id else "is null")
            found |= {Gone(what, provider_id, row[0]) for row in db.connection().execute(told, {
                "provider": provider_id, "kind": int(_KINDS[what]), "ids": ids, "first": ids[0],
                "last": ids[-1], "wrong": self._wrong, "before": self._before}).fetchall()}
        return found


@dataclass(frozen=True, slots=True)
class _Sealed:
    """A line of the log in the order of all leaves; its leaf is the digest of what it says."""

    at: Position
    leaf: bytes
    captured_at: datetime
    fits: bool
    gone: None = None

    def wrong(self) -> tuple[str, str, str]:
        """What an audit says of it when it does not fit: its number, Turkish, English."""
        return (str(self.at.id), f"{self.at.id} numaralı imha satırı mühürlendiği gibi değil.",
                f"Line {self.at.id} of the destruction log is not as it was sealed.")


@audits(KIND)
def sealed(conn: psycopg.Connection[Any], epoch: int, after: Position, upto: Position
           ) -> Sequence[Sealed]:
    """Lines of the log for the audit of the whole ledger."""
    by_index(conn)
    rows = conn.execute(
        f"select xid::text::bigint, {log.COLUMNS} from destruction_log l "  # noqa: S608
        "where epoch = %s and (l.xid, id) > (%s::text::xid8, %s) "
        "and (l.xid, id) <= (%s::text::xid8, %s) order by l.xid, id",
        (epoch, after.xid, bound(after, KIND), upto.xid, bound(upto, KIND))).fetchall()
    lines = [(row[0], log.line_of(row[1:])) for row in rows]
    return [_Sealed(Position(xid, KIND, line.id), line.leaf, line.at, line.fits)
            for xid, line in lines]


_KINDS: Final = {"person": Kind.PERSON, "submission": Kind.SUBMISSION, "file": Kind.FILE,
                 "trail": Kind.TRAIL}
_TOLD: Final = """
select u from destruction_part p, unnest(p.ids) u
 where p.provider_id {place} and p.kind = %(kind)s and p.last_id >= %(first)s
   and p.first_id <= %(last)s and (p.log_id is null and %(before)s
                                    or p.log_id <> all(%(wrong)s::bigint[]))
   and u = any(%(ids)s::bigint[])"""
