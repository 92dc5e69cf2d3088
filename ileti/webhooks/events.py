"""What webhooks tell, each once per address: alarms that go by mail or stand in the log today, and
explicit consents (:mod:`ileti.webhooks.acts`), and what becomes of records, messages and lists
(:mod:`ileti.webhooks.facts`).

A job lays what is so now beside what was told and writes the difference, together with its outbox
rows; so a job that was killed, ran twice or runs on two hosts tells nothing twice, and an alarm
that was raised while Redis was flushed is told all the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

from ileti.core import clock, db
from ileti.iys.alarms import missing_days
from ileti.iys.stampcheck import bad_stamps
from ileti.outbox.relay import Connection
from ileti.webhooks import acts, facts, messagefacts
from ileti.webhooks.event import Event

TOPIC: Final = 4
TEST: Final = "webhook.test"
#: The events one can choose, in the order of the form.
KINDS: Final = ("deadline.half", "deadline.four_fifths", "deadline.overdue", "day.missing",
                "day.stamp", "pull.silent", "check.started", "check.finished", *acts.WORDS.values(),
                *facts.WORDS)
_LEVELS: Final = {50: "deadline.half", 80: "deadline.four_fifths", 100: "deadline.overdue"}
SILENT_AFTER: Final = timedelta(hours=24)
# What is older was raised before anybody could have wanted to hear it, or is no news any more.
LOOKED_BACK: Final = timedelta(days=2)


_ALARMS = """
select a.provider_id, p.iys_code, a.level, a.id, a.raised_at, b.brand_code, b.name, a.due_at,
       a.number, a.stopped
  from deadline_alarm a join provider p on p.id = a.provider_id join brand b on b.id = a.brand_id
 where a.raised_at > %s and exists (select from webhook w where w.provider_id = a.provider_id
                                     and w.created_at <= a.raised_at)
 order by a.id"""
_CURSORS = """
select c.provider_id, p.iys_code, c.pulled_at, c.gap_since, b.brand_code, b.name
  from iys_cursor c join brand b on b.id = c.brand_id
  join provider p on p.id = c.provider_id and p.iys_username is not null
       and p.iys_password is not null
 where exists (select from webhook w where w.provider_id = c.provider_id)"""
_STARTED = """
select distinct d.provider_id, p.iys_code, d.body
  from webhook_delivery d join provider p on p.id = d.provider_id
 where d.event = 'check.started' and d.created_at > now() - interval '14 days'"""


def write_events() -> dict[str, int]:
    """Write what nobody was told of yet; answers how many deliveries."""
    wanted = _webhooks()
    if not wanted:
        return {"written": 0}
    events = [*_deadlines(), *_days(), *_stamps(), *_pulls()]
    told = _told([hook for hooks in wanted.values() for hook, _ in hooks],
                 [event.id for event in events])
    written = 0
    for event in events:
        takers = [hook for hook, kinds in wanted.get(event.provider_id, ())
                  if event.kind in kinds and (hook, event.id) not in told]
        if takers:
            with db.transaction() as conn:
                written += sum(write(conn, hook, event) for hook in takers)
    since = clock.now() - LOOKED_BACK
    written += _write_pages(acts.pages(since))
    words = facts.wanted()
    if messagefacts.WORD in words:
        messagefacts.gather()
    for word in sorted(words):
        written += _write_pages(facts.pages(word, since))
    return {"written": written}


def _write_pages(pages: Iterable[list[tuple[int, Event]]]) -> int:
    """A page is one transaction; what a killed run left stands behind the last that was told."""
    written = 0
    for page in pages:
        told = _told(sorted({hook for hook, _ in page}), [event.id for _, event in page])
        fresh = [(hook, event) for hook, event in page if (hook, event.id) not in told]
        if fresh:
            with db.transaction() as conn:
                written += write_all(conn, fresh)
    return written


def write(conn: Connection, webhook_id: int, event: Event) -> int:
    """One delivery and its outbox row, in the caller's transaction; 0 when it was written before.
    """
    return write_all(conn, [(webhook_id, event)])


def write_all(conn: Connection, events: Sequence[tuple[int, Event]]) -> int:
    """The same for several (webhook, event) in one statement; how many were new."""
    hooks, some = [hook for hook, _ in events], [event for _, event in events]
    return conn.execute(
        "with made as (insert into webhook_delivery (provider_id, webhook_id, event_id, event, "
        "about, body) select * from unnest(%s::int[], %s::int[], %s::text[], %s::text[], "
        "%s::text[], %s::text[]) on conflict do nothing "
        "returning id, provider_id, webhook_id, created_at) "
        "insert into outbox (provider_id, topic, ref_id, ref_at, order_key, brand_id) "
        "select provider_id, %s, id, created_at, webhook_id, 0 from made order by id",
        ([one.provider_id for one in some], hooks, [one.id for one in some],
         [one.kind for one in some], [one.about[:80] for one in some],
         [one.body for one in some], TOPIC)).rowcount


def _told(webhook_ids: list[int], event_ids: list[str]) -> set[tuple[int, str]]:
    """What was written in an earlier run, so that the same alarm costs nothing minute by minute."""
    return set(db.connection().execute(
        "select webhook_id, event_id from webhook_delivery "
        "where webhook_id = any(%s) and event_id = any(%s)", (webhook_ids, event_ids)).fetchall())


def _webhooks() -> dict[int, list[tuple[int, list[str]]]]:
    found: dict[int, list[tuple[int, list[str]]]] = {}
    for number, provider, events in db.connection().execute(
            "select w.id, w.provider_id, w.events from webhook w join provider p "
            "on p.id = w.provider_id and p.data_management "
            "where w.active and w.secret is not null and not w.sandbox"):
        found.setdefault(provider, []).append((number, events))
    return found


def _brand(code: int, name: str) -> dict[str, Any]:
    return {"brandCode": code, "name": name}


def _deadlines() -> list[Event]:
    rows = db.connection().execute(_ALARMS, (clock.now() - LOOKED_BACK,)).fetchall()
    return [
        Event(provider, iys, _LEVELS[level], str(number), at, f"{name} · {count}",
              _brand(code, name), {"dueAt": due.isoformat(timespec="seconds"), "level": level,
                                   "records": count, "stopped": stopped})
        for provider, iys, level, number, at, code, name, due, count, stopped in rows
    ]


def _days() -> list[Event]:
    codes = {row[0]: row[1:] for row in db.connection().execute(
        "select b.id, b.brand_code, p.iys_code from brand b "
        "join provider p on p.id = b.provider_id "
        "where exists (select from webhook w where w.provider_id = p.id)")}
    return [
        Event(one.provider_id, codes[one.brand_id][1], "day.missing",
              f"{one.brand_id}:{one.day}:{one.days_left}", clock.now(),
              f"{one.brand_name} · {one.day}", _brand(codes[one.brand_id][0], one.brand_name),
              {"day": str(one.day), "daysLeft": one.days_left})
        for one in missing_days() if one.brand_id in codes
    ]


def _stamps() -> list[Event]:
    return [
        Event(one.provider_id, one.iys_code, "day.stamp",
              f"{one.brand_id}:{one.day}:{int(one.verdict)}", one.seen_at,
              f"{one.brand_name} · {one.day}", _brand(one.brand_code, one.brand_name),
              {"day": str(one.day), "verdict": one.verdict.name.lower()})
        for one in bad_stamps()
    ]


def _pulls() -> list[Event]:
    """Changes at İYS that were not heard for a day, and full checks that this led to (R-44)."""
    found: list[Event] = []
    whole = set()
    for provider, iys, pulled, gap, code, name in db.connection().execute(_CURSORS).fetchall():
        if gap is not None:
            found.append(Event(provider, iys, "check.started", f"{code}:{gap.timestamp():.0f}",
                               clock.now(), name, _brand(code, name),
                               {"unheardSince": gap.isoformat(timespec="seconds")}))
            continue
        whole.add((provider, code))
        if pulled is not None and pulled < clock.now() - SILENT_AFTER:
            found.append(Event(provider, iys, "pull.silent", f"{code}:{pulled.timestamp():.0f}",
                               clock.now(), name, _brand(code, name),
                               {"heardAt": pulled.isoformat(timespec="seconds")}))
    return found + _finished(whole)


def _finished(whole: set[tuple[int, int]]) -> list[Event]:
    events = []
    for provider, iys, body in db.connection().execute(_STARTED).fetchall():
        told = json.loads(body)
        if (provider, told["brand"]["brandCode"]) in whole:
            events.append(Event(provider, iys, "check.finished", told["id"], clock.now(),
                                told["brand"]["name"], told["brand"], told["data"]))
    return events
