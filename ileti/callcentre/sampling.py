"""Drawing calls by lot, so that nobody chooses what the supervisor hears, and anybody can check it.

Why this module exists: a sample that somebody picked proves nothing. The seed is the digest of the
newest evidence seal together with what is drawn from, so whoever draws cannot wish for one; a call
stands in the draw at the SHA-256 of seed and number, and those with the smallest stand in the
sample. The draw is kept with its seed, how many calls there were, and their digest: :func:`holds`
draws again and compares. Pure but for reading and keeping.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Any, Final

from ileti.core import clock, db
from ileti.core.errors import Conflict, FieldError, InvalidInput
from ileti.evidence import seal

LONGEST_DAYS: Final = 92


@dataclass(frozen=True)
class Draw:
    """What is drawn from: the calls with a yes of these Istanbul days, both with, at a provider or
    one brand of it; ``share`` in per cent, rounded up. ``refusals``: also those in which somebody
    typed the number and wrote down nothing but a refusal, which works at once and for all (R-31),
    so that nobody refuses for others unheard; only samples from before that go without."""

    provider_id: int
    brand_id: int | None
    since: date
    until: date
    share: int
    refusals: bool = True


def chosen(seed: bytes, calls: Sequence[int], share: int) -> list[int]:
    """The calls of a draw, in order of their numbers."""
    ranked = sorted(calls, key=lambda one: sha256(seed + one.to_bytes(8, "big")).digest())
    return sorted(ranked[:-(-len(ranked) * share // 100)])


def digest_of(calls: Sequence[int]) -> bytes:
    """What the calls that were drawn from are told by."""
    return sha256(b"".join(one.to_bytes(8, "big") for one in sorted(calls))).digest()


def draw(wish: Draw, *, by: int | None) -> int:
    """Draw and keep it; the sample's number. Raises InvalidInput for days or a share that are none,
    Conflict when there is no call to draw from."""
    _refuse_wrong(wish)
    conn = db.system_connection()
    now = clock.now()
    calls = _among(wish, now)
    if not calls:
        raise Conflict("Bu günlerde dinlenecek çağrı yok.",
                       "There is no call of these days to hear.", code="no_calls")
    newest = seal.newest(conn)
    root = newest.digest if newest is not None else os.urandom(32)
    seed = sha256(b"|".join((root, str((wish.provider_id, wish.brand_id)).encode(),
                             f"{wish.since}/{wish.until}/{wish.share}".encode()))).digest()
    row = conn.execute(
        "insert into call_sample (provider_id, brand_id, since, until, share, seed, seal_no, "
        "among, digest, calls, drawn_at, drawn_by, refusals) "
        "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning id",
        (wish.provider_id, wish.brand_id, wish.since, wish.until, wish.share, seed,
         newest.number if newest is not None else None, len(calls), digest_of(calls),
         chosen(seed, calls, wish.share), now, by, wish.refusals)).fetchone()
    assert row is not None
    return int(row[0])


def holds(sample: Any) -> bool:
    """Whether drawing again, from the calls as they are now, gives the same sample."""
    calls = _among(Draw(sample.provider_id, sample.brand_id, sample.since, sample.until,
                        sample.share, sample.refusals), sample.drawn_at)
    return (digest_of(calls) == bytes(sample.digest)
            and chosen(bytes(sample.seed), calls, sample.share) == list(sample.calls))


def _refuse_wrong(wish: Draw) -> None:
    if not (wish.since <= wish.until <= clock.today()
            and wish.until - wish.since <= timedelta(days=LONGEST_DAYS)):
        raise InvalidInput(errors=(FieldError(
            "since", "invalid", f"Geçmiş günler seçin; en çok {LONGEST_DAYS} gün.",
            f"Choose days that have passed, {LONGEST_DAYS} at most."),))
    if not 1 <= wish.share <= 100:
        raise InvalidInput(errors=(FieldError(
            "share", "invalid", "1 ile 100 arasında bir yüzde yazın.",
            "Write a percentage from 1 to 100."),))


_AMONG: Final = """
select c.id from call c
 where c.provider_id = %s and (%s::int is null or c.brand_id = %s)
   and c.started_at >= %s and c.started_at < %s and c.ended_at <= %s
   and exists (select from call_step s where s.provider_id = c.provider_id and s.call_id = c.id
                  and (s.kind = 6 and s.said = 1 or %s and s.kind = 7 and not c.by_system))
 order by c.id"""


def _among(wish: Draw, upto: datetime) -> list[int]:
    first = datetime.combine(wish.since, time.min, clock.ISTANBUL)
    last = datetime.combine(wish.until + timedelta(days=1), time.min, clock.ISTANBUL)
    return [row[0] for row in db.system_connection().execute(_AMONG, (
        wish.provider_id, wish.brand_id, wish.brand_id, first, last, upto,
        wish.refusals)).fetchall()]


#: calls in which an agent typed a number and only refused: from so many, and from such a share of
#: their calls, it is said (R-31)
WINDOW: Final = timedelta(days=7)
MANY: Final = 5
SHARE: Final = 30
_REFUSERS: Final = """
select c.agent_id, count(*) filter (where not c.by_system
           and exists (select from call_step s where s.provider_id = c.provider_id
                          and s.call_id = c.id and s.kind = 7)
           and not exists (select from call_step s where s.provider_id = c.provider_id
                              and s.call_id = c.id and s.kind = 6 and s.said = 1)) as refused,
       count(*) as taken
  from call c
 where c.provider_id = %s and (%s::int is null or c.brand_id = %s) and c.started_at > %s
   and c.agent_id is not null
 group by c.agent_id order by 2 desc, 1"""


def refusers(provider_id: int, brand_id: int | None) -> list[tuple[int, int, int]]:
    """Agents who refused for conspicuously many typed numbers lately: whom, how many such calls,
    and of how many. Each refusal stands; whoever sees this hears the calls."""
    return [(agent, refused, taken) for agent, refused, taken in db.system_connection().execute(
        _REFUSERS, (provider_id, brand_id, brand_id, clock.now() - WINDOW)).fetchall()
        if refused >= MANY and refused * 100 >= taken * SHARE]
