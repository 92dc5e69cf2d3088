"""What happens to records, messages and lists, for a company's own systems.

Why this module exists: a CRM that gave us a consent wants to know when İYS has it, and one that
sends by it must hear at once that a person took it back at İYS (R-32, R-34). Each fact is told by
the numbers of its record, never by a person. Facts are many: they are read page by page behind the
last one that was told, with an overlap for what was committed late, as those of
:mod:`ileti.webhooks.acts`. What an import recorded is told once, as the import's end. Of people who
are kept for the law alone (R-64) only refusals are told, so that others stop too.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final

from ileti.channels.base import MessageKind
from ileti.channels.messages import TOPIC as MESSAGES
from ileti.consents.numbers import receipt_number, record_number
from ileti.consents.vocabulary import Channel, Outcome, RecipientType, Source, Standing, Status
from ileti.core import db
from ileti.core.clock import to_istanbul
from ileti.imports.states import RunState
from ileti.webhooks import messagefacts
from ileti.webhooks.event import Event
from ileti.webhooks.whose import HOOKS

PAGE: Final = 500
#: in one run of the job; what is left goes on at the next
MOST_PAGES: Final = 40
#: no click is written for longer than this; lists are, and are not told row by row
_LATE: Final = timedelta(minutes=2)

_RECORD: Final = """
select e.captured_at as at, e.id as ref, e.brand_id,
       jsonb_build_object('record', e.id, 'receipt', e.submission_id, 'channel', e.channel,
           'status', e.status, 'source', e.source, 'recipientType', e.recipient_type,
           'consentDate', e.consent_date, 'outcome', e.outcome, 'retailerCode', d.retailer_code)
           as data
  from brand b
  join consent_entry e on e.provider_id = w.provider_id and e.brand_id = b.id
       and e.captured_at >= l.since
  left join dealer d on d.id = e.dealer_id and d.provider_id = e.provider_id
 where b.provider_id = w.provider_id and e.standing = %(proven)s
   and (e.status = 2 or not is_restricted(e.provider_id, e.recipient_id, e.captured_at))"""
_RECEIPT: Final = """
select r.at, r.id as ref, e.brand_id,
       jsonb_build_object('record', e.id, 'receipt', e.submission_id, 'channel', e.channel,
           'status', e.status, 'source', e.source, 'recipientType', e.recipient_type,
           'consentDate', e.consent_date, 'code', r.code, 'late', r.late,
           'transactionId', r.transaction_id) as data
  from iys_receipt r
  join lateral (select * from consent_entry x where x.provider_id = r.provider_id
                   and x.id = r.entry_id offset 0) e on true
 where r.provider_id = w.provider_id and r.at >= l.since
   and (e.status = 2 or not is_restricted(e.provider_id, e.recipient_id, e.captured_at))"""
#: event → its facts by w (the webhook) and l.since: moment, number, brand, data
_FACTS: Final[dict[str, str]] = {
    "consent.taken": _RECORD + """ and e.source < 31 and e.outcome in (1, 2)
   and not exists (select from submission s where s.provider_id = e.provider_id
                      and s.id = e.submission_id and s.idem like 'import:%%')""",
    "consent.changed": _RECORD + " and e.source >= 31 and e.outcome = 1",
    "consent.registered": _RECEIPT + """ and r.accepted and r.transaction_id is not null
   and r.creation_date > l.since - interval '2 days'""",
    "consent.refused": _RECEIPT + " and not r.accepted",
    "import.done": """
select i.ended_at as at, i.id as ref, i.brand_id,
       jsonb_build_object('import', i.id, 'state', i.state, 'name', i.name, 'rows', i.rows,
           'written', i.written, 'leftOut', i.left_out) as data
  from import_run i
 where i.provider_id = w.provider_id and i.ended_at >= l.since and i.state = any(%(ended)s)""",
    messagefacts.WORD: messagefacts.FACTS,
    "day.difference": """
select y.compared_at as at, extract(epoch from y.day)::bigint / 86400 as ref, y.brand_id,
       jsonb_build_object('day', y.day, 'differences', y.differences, 'open', (
           select count(*) from iys_difference x where x.provider_id = y.provider_id
              and x.brand_id = y.brand_id and x.day = y.day and x.state = 1)) as data
  from iys_day y
 where y.provider_id = w.provider_id and y.compared_at >= l.since and y.differences > 0""",
}
WORDS: Final = tuple(_FACTS)
_ENDED: Final = (RunState.APPLIED, RunState.FAILED, RunState.UNDONE)

_FOUND: Final = """
select w.id, f.brand_id, w.home_id, p.iys_code, f.at, f.ref, b.brand_code, b.name, f.data,
       w.sandbox
  from {hooks} join provider p on p.id = w.provider_id
 cross join lateral (
    select greatest(w.created_at, %(since)s, (
        select (d.body::jsonb ->> 'createdAt')::timestamptz - %(late)s from webhook_delivery d
         where d.provider_id = w.home_id and d.webhook_id = w.id and d.event = %(word)s
         order by d.id desc limit 1)) as since offset 0) l
 cross join lateral ({facts}) f
  join brand b on b.id = f.brand_id
 where w.active and w.secret is not null and %(word)s = any(w.events)
   and (f.at, f.ref, f.brand_id, w.id) > (%(at)s, %(ref)s, %(brand)s, %(hook)s)
 order by f.at, f.ref, f.brand_id, w.id limit %(page)s"""


def wanted() -> frozenset[str]:
    """The words that some webhook wants to hear."""
    row = db.connection().execute(
        "select array(select distinct unnest(events) from webhook where active "
        "and secret is not null)").fetchone()
    return frozenset(row[0] if row else ()) & frozenset(WORDS)


def pages(word: str, since: datetime) -> Iterator[list[tuple[int, Event]]]:
    """Facts after a moment as (webhook, event), the oldest first; those of the overlap may have
    been told."""
    asked = _FOUND.format(facts=_FACTS[word], hooks=HOOKS)
    most = min(PAGE, messagefacts.PAGE) if word == messagefacts.WORD else PAGE
    last: tuple[datetime, int, int, int] = (since, 0, 0, 0)
    for _ in range(MOST_PAGES):
        rows = db.connection().execute(asked, {
            "since": last[0], "late": _LATE, "word": word, "proven": int(Standing.VERIFIED),
            "ended": [int(one) for one in _ENDED], "messages": MESSAGES, "at": last[0],
            "ref": last[1], "brand": last[2], "hook": last[3], "page": most,
            **messagefacts.VALUES}).fetchall()
        if rows:
            yield [(row[0], _event(word, *row[2:])) for row in rows]
            last = (rows[-1][4], rows[-1][5], rows[-1][1], rows[-1][0])
        if len(rows) < most:
            return


def _event(word: str, provider: int, iys: int, at: datetime, ref: int, code: int, name: str,
           data: dict[str, Any], sandbox: bool) -> Event:
    if word == messagefacts.WORD:
        data = messagefacts.told(data)
    told = {key: _TOLD[key](value) if key in _TOLD and value is not None else value
            for key, value in data.items()}
    mark = str(ref)
    if word == messagefacts.WORD:
        mark = messagefacts.mark(ref, data)
    elif word == "day.difference":
        mark = f"{code}:{data['day']}:{data['differences']}"
    elif word == "import.done":
        told["state"] = RunState(data["state"]).name
        mark = f"{ref}:{told['state']}"
    return Event(provider, iys, word, mark, at, f"{name} · {_about(word, told)}"[:80],
                 {"brandCode": code, "name": name}, told, sandbox)


def _about(word: str, told: dict[str, Any]) -> str:
    """A few words for the list of deliveries."""
    if word == messagefacts.WORD:
        return messagefacts.about(told)
    first = {"import.done": "name", "day.difference": "day"}
    return str(told[first.get(word, "record")])


def _moment(text: str) -> str:
    return to_istanbul(datetime.fromisoformat(text)).isoformat(timespec="milliseconds")


_TOLD: Final[dict[str, Any]] = {
    "record": record_number, "receipt": receipt_number, "consentDate": _moment,
    "channel": lambda n: Channel(n).name, "status": lambda n: Status(n).name,
    "source": lambda n: Source(n).name, "recipientType": lambda n: RecipientType(n).name,
    "outcome": lambda n: Outcome(n).name, "kind": lambda n: MessageKind(n).name,
    "day": lambda text: date.fromisoformat(text).isoformat(),
}
