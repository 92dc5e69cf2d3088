"""What an audit of the ledger is told about lawful erasures.

Why this module exists: an emptied row looks the same whether the law wanted it or somebody hid
something. The audit (:mod:`ileti.consents.audit`) believes an erasure only when a line of the
signed log tells of it, and only a line that holds: chained, signed, and over these very ids.
"""

from __future__ import annotations

from typing import Final

from ileti.consents.audit import Pairs, vouches
from ileti.core import db
from ileti.retention import log
from ileti.retention.periods import Kind


@vouches
class DestructionWitness:
    """Verifies the whole log once, then answers from the parts its lines tell of."""

    def __init__(self) -> None:
        _, faults = log.verify()
        self._wrong = sorted({one.line for one in faults})
        self.faults = [(one.tr, one.en) for one in faults]

    def persons(self, asked: Pairs) -> Pairs:
        """Those of these recipients that a line tells of, or that were erased by hand before there
        was a log."""
        return self._told(Kind.PERSON, asked)

    def submissions(self, asked: Pairs) -> Pairs:
        """Those of these submissions that a line tells of."""
        return self._told(Kind.SUBMISSION, asked)

    def files(self, asked: Pairs) -> Pairs:
        """Those of these files that a line tells of."""
        return self._told(Kind.FILE, asked)

    def _told(self, kind: Kind, asked: Pairs) -> Pairs:
        found: Pairs = set()
        for provider_id in {one for one, _ in asked}:
            ids = sorted(number for provider, number in asked if provider == provider_id)
            found |= {(provider_id, row[0]) for row in db.connection().execute(_TOLD, {
                "provider": provider_id, "kind": int(kind), "ids": ids, "first": ids[0],
                "last": ids[-1], "wrong": self._wrong}).fetchall()}
        return found


_TOLD: Final = """
select u from destruction_part p, unnest(p.ids) u
 where p.provider_id = %(provider)s and p.kind = %(kind)s and p.last_id >= %(first)s
   and p.first_id <= %(last)s and (p.log_id is null or p.log_id <> all(%(wrong)s::bigint[]))
   and u = any(%(ids)s::bigint[])"""
