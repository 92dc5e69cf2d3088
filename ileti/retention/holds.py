"""Legal holds: nothing they match is destroyed, whatever its age, until a person ends them.

Why this module exists: a lawsuit or an inspection may need what would be due, and may concern one
recipient, a brand or a range of time. What is held is one function of the database
(``holds_on``, ``under_hold``), which every destroying statement asks; here holds are placed, listed
and ended. Placing one waits for the chunk that is being destroyed, so that what it matches is safe
from the moment it is placed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ileti.core import db
from ileti.core.errors import CallerMistake, NotFound
from ileti.retention.log import LOCK

LONGEST_REASON: Final = 500
REVIEW_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold with what narrows it; ``ended_at`` None while it holds."""

    id: int
    provider_id: int
    brand_id: int | None
    recipient_id: int | None
    from_at: datetime | None
    to_at: datetime | None
    reason: str
    since: datetime
    by: int | None
    ended_at: datetime | None
    ended_by: int | None
    end_reason: str | None


def place(provider_id: int, reason: str, *, by: int | None, brand_id: int | None = None,
          recipient_id: int | None = None, from_at: datetime | None = None,
          to_at: datetime | None = None) -> int:
    """Place a hold; its number. Raises CallerMistake without a reason, for a range that is none, or
    for a brand or recipient of somebody else."""
    if from_at is not None and to_at is not None and from_at >= to_at:
        raise CallerMistake("Başlangıç bitişten önce olmalı.", "The beginning must lie before the "
                            "end.", code="range")
    said = _reason(reason)
    with db.transaction() as conn:
        conn.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
        row = conn.execute(_PLACE, {
            "provider": provider_id, "brand": brand_id, "recipient": recipient_id,
            "from": from_at, "to": to_at, "reason": said, "by": by}).fetchone()
    if row is None:
        raise NotFound("Bu sağlayıcının böyle bir markası ya da alıcısı yok.",
                       "The provider has no such brand or recipient.")
    return int(row[0])


_PLACE: Final = """
insert into legal_hold (provider_id, brand_id, recipient_id, from_at, to_at, reason, "by")
select p.id, %(brand)s, %(recipient)s, %(from)s, %(to)s, %(reason)s, %(by)s from provider p
 where p.id = %(provider)s
   and (%(brand)s::int is null or exists (
       select from brand b where b.id = %(brand)s and b.provider_id = p.id))
   and (%(recipient)s::bigint is null or exists (
       select from recipient r where r.provider_id = p.id and r.id = %(recipient)s))
returning id"""


def end(provider_id: int, hold_id: int, reason: str, *, by: int | None) -> None:
    """End a hold; ending it twice is one end. Raises NotFound for another provider's."""
    said = _reason(reason)
    conn = db.connection()
    conn.execute(
        'insert into legal_hold_end (hold_id, provider_id, brand_id, "by", reason) '
        "select id, provider_id, brand_id, %s, %s from legal_hold where id = %s "
        "and provider_id = %s on conflict do nothing", (by, said, hold_id, provider_id))
    if conn.execute("select from legal_hold_end where hold_id = %s and provider_id = %s",
                    (hold_id, provider_id)).fetchone() is None:
        raise NotFound()


def _reason(text: str) -> str:
    said = " ".join(text.split())
    if not said:
        raise CallerMistake("Gerekçe yazın.", "Give a reason.", code="reason")
    if len(said) > LONGEST_REASON:
        raise CallerMistake(f"Gerekçe en çok {LONGEST_REASON} karakter olabilir.",
                            f"A reason has at most {LONGEST_REASON} characters.", code="reason")
    return said


_HOLDS: Final = """
select h.id, h.provider_id, h.brand_id, h.recipient_id, h.from_at, h.to_at, h.reason, h.since,
       h."by", x.at, x."by", x.reason
  from legal_hold h left join legal_hold_end x on x.hold_id = h.id"""


def holds_of(provider_id: int, *, most: int = 200) -> list[Hold]:
    """A provider's holds, those that hold first, then the newest."""
    rows = db.connection().execute(
        f"{_HOLDS} where h.provider_id = %s "
        "order by x.at is not null, h.id desc limit %s", (provider_id, most)).fetchall()
    return [Hold(*row) for row in rows]


def hold(provider_id: int, hold_id: int) -> Hold:
    """One of a provider's holds; raises NotFound."""
    row = db.connection().execute(
        f"{_HOLDS} where h.provider_id = %s and h.id = %s", (provider_id, hold_id)).fetchone()
    if row is None:
        raise NotFound()
    return Hold(*row)


def to_review() -> list[Hold]:
    """Holds of a year and more that nobody has ended: they may have been forgotten."""
    rows = db.connection().execute(
        f"{_HOLDS} where x.at is null and h.since < now() - make_interval(days => %s) "
        "order by h.since", (REVIEW_DAYS,)).fetchall()
    return [Hold(*row) for row in rows]


def matching(provider_id: int, recipient_id: int) -> list[int]:
    """The holds in force that hold a recipient or one of its records, ascending."""
    rows = db.connection().execute(
        "select distinct h from (select provider_id, brand_id, recipient_id, captured_at "
        "  from consent_entry where provider_id = %(provider)s and recipient_id = %(recipient)s "
        "union all select provider_id, brand_id, recipient_id, captured_at from kvkk_entry "
        "  where provider_id = %(provider)s and recipient_id = %(recipient)s) e, "
        "holds_on(e.provider_id, e.brand_id, e.recipient_id, e.captured_at, e.captured_at) h "
        "order by h", {"provider": provider_id, "recipient": recipient_id}).fetchall()
    return [row[0] for row in rows]
