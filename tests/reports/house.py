"""Records to report on: taken here, answered by İYS."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from ileti.consents.ledger import ActorKind, NewConsent, NewSubmission, Recorded, hash_body, record
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import clock, db
from ileti.reports import rollup

_next = itertools.count(1)


def taken(place: Any, *, channels: Sequence[Channel] = (Channel.MESAJ,),
          status: Status = Status.ONAY, source: Source = Source.HS_WEB, dealer: int | None = None,
          agent: int | None = None, standing: Standing = Standing.VERIFIED,
          phone: str | None = None, idem: str | None = None,
          evidence: dict[str, Any] | None = None) -> Recorded:
    """One click of somebody new."""
    number = next(_next)
    idem = idem or f"report-{place.provider_id}-{number}"
    at = clock.whole_second(clock.now() - timedelta(seconds=5))
    return record(NewSubmission(
        place=place, idem=idem, body_hash=hash_body(idem), source=source, standing=standing,
        actor=ActorKind.USER if agent else ActorKind.VISITOR, actor_id=agent, dealer_id=dealer,
        evidence=evidence or {}, items=[NewConsent(
            phone or (f"r{number}@ornek.com.tr" if one is Channel.EPOSTA
                      else f"+90532{number:07d}"), one, status, at) for one in channels]))


def answered(place: Any, entry: int, *, accepted: bool = True, code: str | None = None,
             after: timedelta = timedelta(minutes=2), detail: str | None = None,
             late: bool = False) -> None:
    """What İYS says to an entry."""
    db.system_connection().execute(
        "insert into iys_receipt (provider_id, entry_id, accepted, code, at, detail, late) "
        "select %s, %s, %s, %s, captured_at + %s, %s::jsonb, %s from consent_entry "
        "where provider_id = %s and id = %s",
        (place.provider_id, entry, accepted, code, after, detail, late, place.provider_id, entry))


def counted() -> None:
    """Everything that has come is counted; waits for writers before it, which are also those of
    the tests beside this one: transactions are numbered for all databases of a server."""
    conn = db.system_connection()
    (mine,) = conn.execute("select pg_current_xact_id()::text").fetchone()
    until = time.monotonic() + 60
    while time.monotonic() < until:
        while any(rollup.count_due(time.monotonic() + 30).values()):
            pass
        (passed,) = conn.execute("select pg_snapshot_xmin(pg_current_snapshot()) > %s::xid8",
                                 (mine,)).fetchone()
        if passed:
            break
        time.sleep(0.05)
    while any(rollup.count_due(time.monotonic() + 30).values()):
        pass


def numbers(place: Any, table: str = "report_day", by: str = "status"
            ) -> dict[Any, tuple[int, ...]]:
    """Taken, accepted, rejected, overdue, same_day of a provider, by one column."""
    return {row[0]: tuple(int(one) for one in row[1:]) for row in db.system_connection().execute(
        f"select {by}, sum(taken), sum(accepted), sum(rejected), sum(overdue), sum(same_day) "
        f"from {table} where provider_id = %s group by 1", (place.provider_id,))}


