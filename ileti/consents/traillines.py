"""The audit trail's lines as leaves: what each commits to, for the audit of the ledger (R-58).

Why this module exists: the trail shows who opened which address; whoever may write to the database
could take the line out again. Lines are sealed with consents (docs/adr/0040): a changed one no
longer fits its leaf, one that is gone is named by the line that came after it, one that was slipped
in is older than the seal before its own. A line names numbers of things and masked values only, so
nothing of an erased person is in it, and no erasure has to wait for it. Ten years on a line is
emptied; the log of destruction tells of it, and its leaf stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import psycopg

from ileti.consents.audit import Sealed, audits
from ileti.consents.claims import Gone
from ileti.evidence.leaf import canonical_json, micros_of
from ileti.evidence.seal import Position, bound, by_index

KIND: Final = 5
FORMAT: Final = 1
#: a line is sealed within seconds; no transaction of ours is open for so long
LATEST: Final = timedelta(hours=6)

_ROWS: Final = """
select l.xid::text::bigint, l.id, l.leaf, l.at, l.provider_id, l.erased_at is not null, l.salt,
       l.action, l.actor, l.address, l.before_id, l.brand_id, l.dealer_id, l.detail::text,
       l.subject, l.user_id,
       l.before_id is not null and not exists (select from audit_entry b where b.id = l.before_id),
       l.id <= trail_before_seals()
  from audit_entry l
 where l.epoch = %s and (l.xid, l.id) > (%s::text::xid8, %s)
   and (l.xid, l.id) <= (%s::text::xid8, %s)
 order by l.xid, l.id"""
_SEALED: Final = """select sealed_at from seal
 where epoch = %s and (upto_xid, upto_kind, upto_id) <= (%s, %s, %s)
 order by upto_xid desc, upto_kind desc, upto_id desc limit 1"""


@dataclass(frozen=True, slots=True)
class Line:
    """A line with all that it commits to, as it is kept. ``alone``: the line it names as the one
    before it is gone; ``late``: it is dated before a seal that it should stand under."""

    at: Position
    leaf: bytes
    captured_at: datetime
    provider_id: int | None
    erased: bool
    salt: bytes
    action: str
    actor: str | None
    address: str | None
    before: int | None
    brand: int | None
    dealer: int | None
    detail: str
    subject: str
    user: int | None
    alone: bool
    late: bool

    def claim(self) -> bytes:
        """RFC 8785 text; the same in SQL is ``audit_claim``."""
        return canonical_json({
            "action": self.action, "actor": self.actor, "address": self.address,
            "at": micros_of(self.captured_at), "before": self.before, "brand": self.brand,
            "dealer": self.dealer, "detail": sha256(self.detail.encode()).hexdigest(),
            "number": self.at.id, "provider": self.provider_id, "salt": self.salt.hex(),
            "subject": self.subject, "user": self.user, "v": FORMAT})

    @property
    def gone(self) -> Gone | None:
        """An emptied line is believed by its seal and the log of destruction."""
        return Gone("trail", self.provider_id or 0, self.at.id) if self.erased else None

    @property
    def fits(self) -> bool:
        """Whether it says what its leaf commits to, in its place."""
        return not (self.alone or self.late) and sha256(self.claim()).digest() == self.leaf

    def wrong(self) -> tuple[str, str, str]:
        """What an audit says of it: a number, Turkish, English."""
        if sha256(self.claim()).digest() != self.leaf:
            return (str(self.at.id),
                    f"Denetim izinin {self.at.id} numaralı satırı mühürlendiği gibi değil.",
                    f"Line {self.at.id} of the audit trail is not as it was sealed.")
        if self.alone:
            return (str(self.before),
                    f"Denetim izinin {self.before} numaralı satırı çıkarılmış: "
                    f"{self.at.id} numaralı satır onu kendinden önceki olarak anıyor.",
                    f"Line {self.before} of the audit trail was taken out: line {self.at.id} names "
                    "it as the one before it.")
        return (str(self.at.id),
                f"Denetim izinin {self.at.id} numaralı satırı sonradan eklenmiş: tarihi, "
                "kendinden önceki mühürden çok eski.",
                f"Line {self.at.id} of the audit trail was inserted later: it is dated long before "
                "the seal that precedes its own.")


@audits(KIND)
def sealed(conn: psycopg.Connection[Any], epoch: int, after: Position, upto: Position
           ) -> Sequence[Sealed]:
    """Lines of the trail for the audit of the whole ledger."""
    by_index(conn)
    row = conn.execute(_SEALED, (epoch, *after)).fetchone()
    earliest = row[0] - LATEST if row else None
    rows = conn.execute(_ROWS, (epoch, after.xid, bound(after, KIND), upto.xid,
                                bound(upto, KIND))).fetchall()
    return [_line(row, earliest) for row in rows]


def _line(row: Sequence[Any], earliest: datetime | None) -> Line:
    xid, number, leaf, at, provider, erased, salt, *texts = row
    late = earliest is not None and at < earliest and not texts[-1]
    said: Any = (*texts[:-1], late)
    return Line(Position(xid, KIND, number), bytes(leaf), at, provider, erased, bytes(salt), *said)
