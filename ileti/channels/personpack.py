"""Everything a company can prove about a person, in one file (R-23, R-46, R-60).

Why this module exists: an authority or a court asks about a person, not about a record: every
consent to messages and refusal, every notice and explicit consent, what was sent to them and on
what it relied. The file is a bundle as any other, so that program and page check it; what held when
it was made and the messages stand beside as the company's own word. Who asks gets what it sees: a
brand its own, a dealer what it took itself (ADR 0019). What was destroyed when its time had come
can be put together by nobody, and is left out (ADR 0029).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from ileti.channels import messagepack, othersent
from ileti.channels.messagepack import Row
from ileti.channels.othersent import Told
from ileti.consents import bundle, moments
from ileti.consents.bundled import Bundle
from ileti.consents.moments import Reach
from ileti.consents.momenttold import iso, told
from ileti.consents.numbers import record_number
from ileti.consents.places import readable
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.core.errors import NotFound
from ileti.kvkk import moments as act_moments
from ileti.kvkk import proof

MOST_MESSAGES: Final = 200
_FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_ENTRIES: Final = """
select e.id from consent_entry e
  join submission s on s.provider_id = e.provider_id and s.id = e.submission_id
   and s.erased_at is null
 where e.provider_id = %(provider)s and e.recipient_id = %(recipient)s
   and (%(brand)s::int is null or e.brand_id = %(brand)s)
   and (%(dealer)s::int is null or e.dealer_id = %(dealer)s)
   and (%(restricted)s or not is_restricted(e.provider_id, e.recipient_id, e.captured_at))
 order by e.id limit %(most)s"""
# what a dealer's click led to is the dealer's; what nobody clicked for is the company's
_MESSAGES: Final = """
select m.id from message m
 where m.provider_id = %(provider)s and m.recipient_id = %(recipient)s
   and (%(brand)s::int is null or m.brand_id = %(brand)s)
   and (%(dealer)s::int is null or exists (
        select from submission s where s.provider_id = m.provider_id
           and s.id = m.submission_id and s.dealer_id = %(dealer)s))
   and (%(restricted)s or not is_restricted(m.provider_id, m.recipient_id, m.created_at))
 order by m.id desc limit %(most)s"""


def build(reach: Reach, recipient_id: int) -> Bundle:
    """The bundle of a person. Raises NotFound when whoever asks sees no record of them, and as
    :func:`ileti.consents.bundle.build`."""
    now = clock.now()
    entries = _ids(_ENTRIES, reach, recipient_id, bundle.MOST + 1)
    acts = proof.of_person(reach, recipient_id)
    if not (entries or acts):
        raise NotFound("Bu adres hakkında kayıt yok.", "There is no record of this address.",
                       code="no_record")
    rows = messagepack.rows_of(reach, _ids(_MESSAGES, reach, recipient_id, MOST_MESSAGES + 1))
    others = othersent.near(reach, recipient_id, now, _FIRST, now, MOST_MESSAGES + 1) \
        if reach.dealer_id is None else []  # a campaign is the company's
    more = len(rows) > MOST_MESSAGES or len(others) > MOST_MESSAGES
    rows, others = rows[-MOST_MESSAGES:], others[:MOST_MESSAGES]
    files, _stood_on = messagepack.files_of(reach, rows)  # the person's own, so they are here
    for n, one in enumerate(others, len(rows) + 1):
        files[f"messages/{n:04}.json"] = readable(one.parts)
    files["person.json"] = readable({
        "at": iso(now), "messages": [*map(_short, rows), *map(_other, others)],
        "moreMessages": more,
        "states": [told(one) for one in moments.at_moment(reach, recipient_id, now)],
        "acts": act_moments.all_told(act_moments.at_moment(reach, recipient_id, now))})
    return bundle.build(reach.provider_id, entries, files,
                        proof.these(reach.provider_id, acts) if acts else None, found=False)


def _ids(query: str, reach: Reach, recipient_id: int, most: int) -> list[int]:
    return [row[0] for row in db.connection().execute(query, {
        "provider": reach.provider_id, "recipient": recipient_id, "brand": reach.brand_id,
        "dealer": reach.dealer_id, "restricted": reach.restricted, "most": most})]


def _short(one: Row) -> dict[str, Any]:
    return {"message": messagepack.number_of(one.id), "at": iso(one.moment),
            "channel": Channel(one.channel).name, "sent": one.sent_at is not None,
            "reliedOn": record_number(one.permit_id) if one.permit_id is not None else None}


def _other(one: Told) -> dict[str, Any]:
    return {"message": one.number, "at": iso(one.at), "channel": Channel(one.channel).name,
            "sent": True, "reliedOn": record_number(one.entry_id) if one.entry_id else None}

