"""Alarms of the 30-day clock: on day 20, on day 25, and when it is over (R-63).

Why this module exists: nobody looks at a desk that is usually empty. An alarm is an event of the
case, marked by its level, and mails to those who may answer, written in one transaction: neither a
job that runs twice nor an emptied Redis says it again. A desk that was down for a week is told the
highest level only.
"""

from __future__ import annotations

from typing import Final

from ileti.core import clock, db
from ileti.core.logs import get_logger
from ileti.requests import cases, mails, rules
from ileti.requests.vocabulary import Deed, Mail

log = get_logger("ileti.requests")

AT_ONCE: Final = 200
_DUE = """
select r.id from data_request r
 cross join lateral (select %(today)s::date
     - (r.received_at at time zone 'Europe/Istanbul')::date as days) d
 where r.state < 4 and d.days >= %(first)s
   and not exists (select from data_request_event e where e.request_id = r.id
        and e.mark = 'alarm:' || (select max(n) from unnest(%(levels)s::int[]) n
                                   where n <= d.days))
 order by r.received_at limit %(limit)s"""
_TOLD = """
select distinct u.id from membership m join ab_user u on u.id = m.user_id
 where m.provider_id = %s and m.dealer_id is null and (m.brand_id is null or m.brand_id = %s)
   and m.suspended_at is null and m.role = any(%s) and u.active and u.email like '%%@%%'"""


def raise_alarms() -> dict[str, int]:
    """Raise what is due; answers how many alarms and mails. A case that fails is named in the log
    and keeps no other's alarm."""
    rows = db.connection().execute(_DUE, {
        "today": clock.today(), "first": rules.ALARM_DAYS[0], "levels": list(rules.ALARM_DAYS),
        "limit": AT_ONCE}).fetchall()
    counts = [_raised(row[0]) for row in rows]
    return {"alarms": sum(one is not None for one in counts), "mails": sum(n or 0 for n in counts)}


def _raised(request_id: int) -> int | None:
    try:
        return _raise(request_id)
    except Exception:
        log.exception("request_alarm_failed", case=request_id)
        return None


def _raise(request_id: int) -> int | None:
    """One case's alarm and its mails; None when it was raised or answered meanwhile."""
    with db.transaction() as conn:
        case = cases.read_case(conn, request_id, lock=True)
        level = rules.alarm_level(case.received_at, clock.now())
        if case.closed_at is not None or not level:
            return None
        over = level == rules.ALARM_DAYS[-1]
        if not cases.note(conn, case, Deed.LATE if over else Deed.ALARM, mark=f"alarm:{level}",
                          day=level):
            return None
        language = conn.execute("select alarm_mails from provider where id = %s",
                                (case.provider_id,)).fetchone()
        if language is None or language[0] == "off":
            return 0
        told = conn.execute(_TOLD, (case.provider_id, case.brand_id,
                                    cases.roles_at(conn, case))).fetchall()
        return sum(mails.write(
            conn, provider_id=case.provider_id, brand_id=case.brand_id, request_id=case.id,
            user_id=user, kind=Mail.ALARM, mark=f"alarm:{case.id}:{level}:{user}",
            content={"lang": "en" if language[0] == "en" else "tr"}) for user, in told)
