"""The receipt that goes to whoever gave or withdrew an explicit consent, read a notice or refused
(R-10, R-23, R-28, R-60, R-62).

Why a sweeper and not a line at each place that records: acts come from the preference centre,
forms, the desk, the call centre, letters and the panel, and one deed may be several entries (*stop
everything* is one per brand, a word at the desk two). A minute after the last of them one message
tells a person all of it, by mail where a mail address is known to be theirs, else by SMS. What a
commercial consent's own confirmation tells is not told again. A killed process loses nothing: what
no message told is found by the next look. Acts that other systems report are theirs to tell (as
with commercial consents), and whoever is erased is told nothing. It asks for nothing (R-11).

A refusal and a notice that was read are told **by mail alone**, where a mail address is known to be
theirs. R-10 wants a message of a consent only, and R-28 to R-30 say how one refuses, not that it
is answered: so no rule sends an SMS to somebody who has just asked for none, and none is sent. A
mail about one's own deed promotes nothing and is no commercial message (R-01), also where it was
mails that were refused; it goes once. A phone's refusal without a mail address has its receipt on
the page that took it; one by SMS, mail or call is answered where it is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from ileti.channels.base import MessageKind
from ileti.channels.messages import NewMessage, end_of_day, enqueue
from ileti.channels.render import istanbul_text, receipt_url
from ileti.consents.ledger import ActorKind
from ileti.consents.numbers import receipt_number
from ileti.consents.vocabulary import Channel, Status
from ileti.core import clock, db
from ileti.kvkk.vocabulary import Act
from ileti.recipients.address import AddressKind

QUIET: Final = timedelta(seconds=60)
#: how long after an act its receipt is still written, where nothing could be for so long
BACK: Final = timedelta(days=3)
_AT_ONCE: Final = 500
_LOCK: Final = 6_210

#: submissions ``s`` whose commercial consents the sweeper confirms (R-10): of forms, of the centre,
#: of keys of a line; what is taken otherwise is confirmed where it is taken, or by who reports it
CONFIRMED: Final = "(s.site_id is not null or s.evidence ->> 'flow' in ('preferences', 'ivr'))"

# Told is what was recorded until the last act that a message tells: one that was being recorded
# when it was written is newer, and is told by the next.
_UNTOLD: Final = """
with acted as (
    select k.provider_id, k.id, k.act, k.submission_id, k.brand_id, k.captured_at,
           coalesce(s.evidence ->> 'language', v.language) as language,
           coalesce(
               case when s.evidence ->> 'receiptTo' ~ '^[0-9]{1,18}$'
                    then (s.evidence ->> 'receiptTo')::bigint end,
               (select min(r.id) from kvkk_entry o
                  join recipient r on r.provider_id = o.provider_id and r.id = o.recipient_id
                 where o.provider_id = k.provider_id and o.submission_id = k.submission_id
                   and o.standing = 1 and r.kind = %(mail)s and r.addr_ct is not null),
               k.recipient_id) as told_to
      from provider p
      join kvkk_entry k on k.provider_id = p.id and k.act in (2, 3, 4)
       and k.captured_at >= %(since)s
      join submission s on s.provider_id = k.provider_id and s.id = k.submission_id
      join document_version v on v.id = k.text_id
     where k.standing = 1 and k.recipient_id is not null and s.actor_kind <> all(%(others)s)
       and (%(one)s::bigint is null or p.id = %(provider)s)
       and not is_restricted(k.provider_id, k.recipient_id, k.captured_at)
       and not exists (select from consent_entry e where e.provider_id = k.provider_id
                          and e.captured_at = s.captured_at and e.id = any(s.entry_ids)
                          and e.recipient_id = k.recipient_id and e.status = 1
                          and e.outcome = 1 and e.standing = 1
                          and (CONFIRMED or exists (
                              select from message m where m.provider_id = k.provider_id
                                 and m.submission_id = k.submission_id and m.kind = %(beside)s
                                 and m.recipient_id = k.recipient_id)))),
refused as (
    select e.provider_id, e.id, 0 as act, e.submission_id, e.brand_id, e.captured_at,
           s.evidence ->> 'language' as language,
           coalesce(case when s.evidence ->> 'receiptTo' ~ '^[0-9]{1,18}$'
                         then (s.evidence ->> 'receiptTo')::bigint end, e.recipient_id) as told_to
      from brand b
      join consent_entry e on e.provider_id = b.provider_id and e.brand_id = b.id
       and e.captured_at >= %(since)s and e.status = 2 and e.standing = 1 and e.outcome in (1, 2)
      join submission s on s.provider_id = e.provider_id and s.id = e.submission_id
       and s.evidence ->> 'flow' in ('preferences', 'refusal-link')
     where (%(one)s::bigint is null or b.provider_id = %(provider)s)
       and not is_restricted(e.provider_id, e.recipient_id, e.captured_at)),
done as (select * from acted union all select * from refused)
select d.provider_id, d.told_to, array_agg(d.id order by d.id) filter (where d.act <> 0),
       (array_agg(d.submission_id order by d.id))[1], (array_agg(d.brand_id order by d.id desc))[1],
       (array_agg(d.language order by d.id desc))[1], max(d.captured_at), r.kind,
       array_agg(d.id order by d.id) filter (where d.act = 0)
  from done d
  join recipient r on r.provider_id = d.provider_id and r.id = d.told_to and r.addr_ct is not null
 where (%(one)s::bigint is null or d.told_to = %(one)s)
   and (d.act in (3, 4) or r.kind = %(mail)s)
   and not exists (select from message m where m.provider_id = d.provider_id
                      and m.recipient_id = d.told_to and m.kind = %(kind)s
                      and d.captured_at <= coalesce(m.told_upto, m.created_at))
 group by d.provider_id, d.told_to, r.kind having max(d.captured_at) < %(until)s
 order by 1, 2 limit %(limit)s""".replace("CONFIRMED", CONFIRMED)


def tell_untold(since: datetime) -> int:
    """Write the receipts of acts since a moment that nobody was told of; answers how many."""
    rows = db.connection().execute(_UNTOLD, _values(since)).fetchall()
    return sum(_tell(row[0], row[1], since) for row in rows)


def _tell(provider_id: int, recipient_id: int, since: datetime) -> bool:
    """One message, unless another look has written it: looked at again under a lock of the person.
    """
    with db.transaction() as conn:
        conn.execute("select pg_advisory_xact_lock(%s, hashint8(%s))", (_LOCK, recipient_id))
        row = conn.execute(_UNTOLD, _values(since, provider_id, recipient_id)).fetchone()
        if row is None:
            return False
        _, _, ids, submission_id, brand_id, language, at, kind, refusals = row
        enqueue(conn, [NewMessage(
            provider_id=provider_id, brand_id=brand_id, recipient_id=recipient_id,
            submission_id=submission_id, kind=MessageKind.ACTS, due_at=end_of_day(at), told_upto=at,
            channel=Channel.EPOSTA if kind == AddressKind.EMAIL else Channel.MESAJ,
            content={"lang": "en" if language == "en" else "tr", "records": ids or [],
                     "refusals": refusals or []})])
    return True


def _values(since: datetime, provider_id: int | None = None, one: int | None = None
            ) -> dict[str, Any]:
    return {"since": since, "until": clock.now() - QUIET, "kind": int(MessageKind.ACTS),
            "beside": int(MessageKind.CONFIRMATION),
            "mail": int(AddressKind.EMAIL), "limit": _AT_ONCE, "provider": provider_id, "one": one,
            "others": [int(ActorKind.API), int(ActorKind.SYSTEM)]}


# -- what it says ----------------------------------------------------------------------------------

_ACTS: Final = """
select k.act, v.title, v.version, k.act_at, k.submission_id, k.recipient_id,
       s.evidence ->> 'receipt'
  from kvkk_entry k
  join document_version v on v.id = k.text_id
  join submission s on s.provider_id = k.provider_id and s.id = k.submission_id
 where k.provider_id = %s and k.id = any(%s) order by k.id"""


_REFUSALS: Final = """
select e.channel, b.name, e.consent_date, e.submission_id, e.recipient_id,
       s.evidence ->> 'receipt'
  from consent_entry e join brand b on b.id = e.brand_id
  join submission s on s.provider_id = e.provider_id and s.id = e.submission_id
 where e.provider_id = %s and e.id = any(%s) order by e.id"""
_KINDS: Final = {Act.SHOWN: "read", Act.READ: "read", Act.GIVEN: "given",
                 Act.WITHDRAWN: "withdrawn"}


def told(provider_id: int, recipient_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """What the message says: each act and refusal once, though it was recorded for several
    addresses, and a receipt per click. Raises LookupError when nothing of it is kept."""
    conn = db.connection()
    rows = conn.execute(_ACTS, (provider_id, content.get("records", []))).fetchall()
    refused = conn.execute(_REFUSALS, (provider_id, content.get("refusals", []))).fetchall()
    if not rows and not refused:
        raise LookupError("no act to tell")
    english = content.get("lang") == "en"
    acts = {(act, title, version): {
        "says": Act(act).en if english else Act(act).tr, "title": title, "version": version,
        "kind": _KINDS[Act(act)], "at": istanbul_text(at)}
        for act, title, version, at, *_ in rows}
    acts |= {("refused", channel, brand): {
        "says": Status.RET.en if english else Status.RET.tr, "version": None, "kind": "refused",
        "title": f"{Channel(channel).en if english else Channel(channel).tr} · {brand}",
        "at": istanbul_text(at)} for channel, brand, at, *_ in refused}
    return content | {"acts": list(acts.values()),
                      "receipts": _receipts(provider_id, recipient_id, [*rows, *refused])}


def _receipts(provider_id: int, recipient_id: int, rows: Sequence[Any]) -> list[dict[str, str]]:
    """A link per click: of the address that reads it where it took part, else of the first."""
    whose: dict[int, tuple[int, str]] = {}
    for *_, submission, recipient, number in rows:
        if submission not in whose or recipient == recipient_id:
            whose[submission] = recipient, str(number or receipt_number(submission))
    return [{"number": number, "url": receipt_url(provider_id, submission, recipient)}
            for submission, (recipient, number) in whose.items()]
