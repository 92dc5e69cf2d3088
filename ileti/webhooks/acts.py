"""Explicit consents given and withdrawn, for a company's own systems (R-62).

Why this module exists: whoever works with data on an explicit consent must stop when it is
withdrawn, in systems that İleti does not know. An act is told by the numbers of its record and its
receipt, under which the company's software knows the click; whose it is stands in no call. Told are
acts of proven addresses (R-21), and of people who are kept for the law alone (R-64) withdrawals
only, so that others stop too. Unlike alarms acts are many: they are read page by page behind the
last one that was told, with an overlap for what was committed late.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from ileti.consents.numbers import receipt_number, record_number
from ileti.consents.vocabulary import Source, Standing
from ileti.core import db
from ileti.kvkk.vocabulary import Act
from ileti.webhooks.event import Event
from ileti.webhooks.whose import HOOKS

WORDS: Final = {Act.GIVEN: "privacy.given", Act.WITHDRAWN: "privacy.withdrawn"}
PAGE: Final = 500
#: No click is written for longer than this (idle and statement limits of the database).
_LATE: Final = timedelta(minutes=10)

_FOUND: Final = f"""
select w.id, w.home_id, p.iys_code, k.act, k.id, k.captured_at, k.act_at, k.source,
       k.submission_id, b.brand_code, b.name, v.id, v.title, v.version,
       w.sandbox
  from {HOOKS} join provider p on p.id = w.provider_id
 cross join lateral (
    select greatest(w.created_at, %(since)s, (
        select (d.body::jsonb ->> 'createdAt')::timestamptz - %(late)s from webhook_delivery d
         where d.provider_id = w.home_id and d.webhook_id = w.id and d.event = any(%(words)s)
         order by d.id desc limit 1)) as since offset 0) l
  join kvkk_entry k on k.provider_id = w.provider_id and k.act in (3, 4)
   and k.captured_at > l.since
  join brand b on b.id = k.brand_id
  join document_version v on v.id = k.text_id
 where w.active and w.secret is not null and %(words)s && w.events::text[]
   and case k.act when 3 then %(given)s else %(withdrawn)s end = any(w.events)
   and k.standing = %(proven)s
   and (k.act = 4 or not is_restricted(k.provider_id, k.recipient_id, k.captured_at))
   and (k.captured_at, k.id, w.id) > (%(at)s, %(id)s, %(hook)s)
 order by k.captured_at, k.id, w.id limit %(page)s"""  # noqa: S608 (ours)


def pages(since: datetime) -> Iterator[list[tuple[int, Event]]]:
    """Acts after a moment as (webhook, event), the oldest first; those of the overlap may have been
    told."""
    last: tuple[datetime, int, int] = (since, 0, 0)
    while True:
        rows = db.connection().execute(_FOUND, {
            "since": since, "late": _LATE, "words": list(WORDS.values()),
            "given": WORDS[Act.GIVEN], "withdrawn": WORDS[Act.WITHDRAWN],
            "proven": int(Standing.VERIFIED), "page": PAGE,
            "at": last[0], "id": last[1], "hook": last[2]}).fetchall()
        if rows:
            yield [(row[0], _event(*row[1:])) for row in rows]
            last = (rows[-1][5], rows[-1][4], rows[-1][0])
        if len(rows) < PAGE:
            return


def _event(provider: int, iys: int, act: int, entry: int, written: datetime, at: datetime,
           source: int, submission: int, code: int, name: str, text: int, title: str,
           version: int, sandbox: bool) -> Event:
    data: dict[str, Any] = {
        "record": record_number(entry), "receipt": receipt_number(submission),
        "at": at.isoformat(timespec="milliseconds"), "source": Source(source).name,
        "text": {"title": title, "version": version, "path": f"/n/{text}"}}
    return Event(provider, iys, WORDS[Act(act)], str(entry), written, f"{name} · {title}",
                 {"brandCode": code, "name": name}, data, sandbox)
