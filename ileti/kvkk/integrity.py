"""R-60: every data event has a notice before it, or it is told which one has not.

Why this module exists: the notice is given before or at the collection, and the proof of it is the
controller's. Looked at are consents that we took ourselves, in whatever way (:data:`_OURS`), and
explicit consents given anywhere. Not looked at is what others took and only report: lists, which
keep a notice plan of their own (R-61), what another system sends through the API, which tells its
notices by ``POST /acts``, and what people change at İYS.

Consents by SMS and by mail are looked at like all others, although nothing of ours was before the
person when they wrote the word: R-60 knows no way that is free of it, the active word (R-12) is the
consent and never the notice, and a consent text that speaks of the notice does not take its place,
since both are texts of their own (R-58). The advertisement that told the word must have told it,
and of that we hold no proof; so such a consent passes only where the same person was shown a notice
of the brand before, and else is told, until the company can prove it in another way.

A notice counts when its act is of the same person, its text one of the event's brand or of the
provider for all brands, and it is not later than the event, or of the very same click; where nobody
proved the address it was anybody who saw it, and it counts for its own click alone (R-21). What
another system reports of a notice counts when it comes within a day of the event: later anybody
could write one for whatever this finds. A notice that a later version asked to be given anew (R-61)
informs of what is done no more: from the day that version counts it is enough for its own click
alone. All of a
call is one occasion: what was said in it names in its evidence the notice that was read before
anything was asked. Before acts were kept, an acknowledgement in the click's evidence counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg

from ileti.consents.vocabulary import Source, Status
from ileti.kvkk.standing import older

COUNTED: Final = 10_000
#: how long after an event a notice before it may still be reported to us
TOLD: Final = timedelta(days=1)
#: ways of ours that belong to no site, as the evidence names them: preference centre, a call of the
#: call centre, the keys of a line, a signed sheet, a word by SMS or by mail
_OURS: Final = ("preferences", "call", "ivr", "paper", "sms", "email")

# `act = 3` and not a value bound: the index of explicit consents by moment holds these acts alone.
# `offset 0` keeps the question about notices one of each event's person: as a join it could read
# all notices there are.
_UNTOLD: Final = f"""
with event as (
    select e.provider_id, e.brand_id, e.dealer_id, e.id, e.recipient_id, e.captured_at,
           e.consent_date as at, e.submission_id, false as explicit
      from consent_entry e join submission s on s.provider_id = e.provider_id
           and s.id = e.submission_id
           and (s.site_id is not null or s.evidence ->> 'flow' = any(%(ours)s))
     where e.captured_at >= %(since)s and e.status = %(given)s and e.source < %(there)s
       and (%(provider)s::int is null or e.provider_id = %(provider)s)
    union all
    select k.provider_id, k.brand_id, k.dealer_id, k.id, k.recipient_id, k.captured_at,
           k.act_at, k.submission_id, true
      from provider p join kvkk_entry k on k.provider_id = p.id
     where k.captured_at >= %(since)s and k.act = 3 and p.sandbox_of is null
       and (%(provider)s::int is null or p.id = %(provider)s))
select event.provider_id, event.id, event.recipient_id, event.captured_at, event.explicit
  from event
 where (%(brand)s::int is null or event.brand_id = %(brand)s)
   and (%(dealer)s::int is null or event.dealer_id = %(dealer)s)
   and not exists (
       select from kvkk_entry n join document d on d.id = n.document_id
        where n.provider_id = event.provider_id and n.recipient_id = event.recipient_id
          and n.act in (1, 2) and (d.brand_id is null or d.brand_id = event.brand_id)
          and (n.submission_id = event.submission_id
               or n.standing = 1 and n.act_at <= event.at
                  and n.captured_at <= event.captured_at + %(told)s
                  and not exists (
                      select from document_version v join document_version r
                          on r.document_id = v.document_id and {older("v", "r")}
                       where v.id = n.text_id and r.renewal = 'INFORM'
                         and r.effective_from <= event.at)) offset 0)
   and not exists (
       select from submission s
        where s.provider_id = event.provider_id and s.id = event.submission_id
          and (jsonb_typeof(s.evidence -> 'notice') = 'object'
               or s.evidence ->> 'flow' = 'call'
                  and s.evidence #>> '{{told,id}}' is not null))
   and (%(restricted)s
        or not is_restricted(event.provider_id, event.recipient_id, event.captured_at))
 order by event.captured_at desc, event.id desc limit %(most)s"""  # noqa: S608 - a part of ours


@dataclass(frozen=True)
class Untold:
    """A data event without a notice; ``explicit``: an explicit consent, else a commercial one."""

    provider_id: int
    entry_id: int
    recipient_id: int
    captured_at: datetime
    explicit: bool


def untold(conn: psycopg.Connection[Any], *, since: datetime, provider_id: int | None = None,
           brand_id: int | None = None, dealer_id: int | None = None, restricted: bool = False,
           most: int = COUNTED) -> Sequence[Untold]:
    """Events since a moment (aware) that no notice precedes, the newest first; of everybody, or of
    a provider, brand or dealer alone. ``restricted``: also of people who are kept for the law alone
    (R-64)."""
    rows = conn.execute(_UNTOLD, {
        "since": since, "given": int(Status.ONAY),
        "there": int(Source.IYS_KISAMESAJ), "ours": list(_OURS),
        "told": TOLD, "provider": provider_id, "brand": brand_id, "dealer": dealer_id,
        "restricted": restricted, "most": most}).fetchall()
    return [Untold(*row) for row in rows]
