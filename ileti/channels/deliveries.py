"""What became of messages after they were handed over: heard, fetched, and given to who sent them.

Why this module exists: providers push reports or wait to be asked, in three formats; rooms that
send (the product's own messages, campaigns) each know their rows. A room registers a taker; reports
go to all takers in one transaction, so that a repeat or a crash between changes nothing. Where
reports must be fetched, or a push may have been lost, a batch is asked for at growing intervals
until all its messages have an end or three days are over. Providers count calls, not batches: an
account has so many a minute, and where reports come in pages a batch goes on at the page where it
stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ileti.channels import accounts, gatewaykinds
from ileti.channels.sms import Later, Report
from ileti.core import clock, db
from ileti.core.jobs import JobTimeout
from ileti.core.logs import get_logger

log = get_logger("ileti.gateways")

Taker = Callable[[Any, int, int, Sequence[Report]], int]
#: seconds until a batch is first asked for: soon, or where reports are pushed as a net below that
FIRST: Final = 15.0
FIRST_PUSHED: Final = 600.0
LONGEST: Final = 3_600.0
DAYS: Final = 3
_LEASE: Final = 300.0
#: calls for reports in a minute, where a provider allows fewer than this
_PER_MINUTE: Final = {"netgsm": 9, "netgsm-voice": 2}
_USUAL_PER_MINUTE: Final = 60
_takers: list[Taker] = []


def takes(taker: Taker) -> Taker:
    """Register who takes reports: called with a connection inside a transaction, the provider's and
    the account's number and the reports; answers how many it knew. A report may come again, before
    its message is known to be sent, or never."""
    if taker not in _takers:
        _takers.append(taker)
    return taker


def note(provider_id: int, account_id: int, reports: Sequence[Report]) -> int:
    """Hand reports to all takers, in one transaction; how many were somebody's."""
    if not reports:
        return 0
    with db.transaction(system=True) as conn:
        return sum(taker(conn, provider_id, account_id, reports) for taker in _takers)


def expect(conn: Any, provider_id: int, account_id: int, outside_id: str, messages: int, *,
           after: float = FIRST) -> None:
    """Ask for a batch's reports later, in the transaction that notes that it was taken; ``after``
    in seconds. A batch without a number at the provider cannot be asked for."""
    if outside_id:
        conn.execute(
            "insert into delivery_batch (provider_id, account_id, outside_id, messages, next_at) "
            "values (%s, %s, %s, %s, now() + make_interval(secs => %s)) on conflict do nothing",
            (provider_id, account_id, outside_id[:120], messages, after))


def first_after(provider_id: int, kind: str) -> float:
    """How long to wait before the first question, by the account's kind."""
    known = gatewaykinds.kind_of(provider_id, kind)
    return FIRST_PUSHED if known is not None and known.kind.pushes else FIRST


# -- fetching --------------------------------------------------------------------------------------

_DUE: Final = """
select b.account_id, a.kind from delivery_batch b
  left join gateway_account a on a.id = b.account_id
 where b.next_at <= now() group by b.account_id, a.kind order by min(b.next_at) limit 50"""
_CLAIM: Final = """
update delivery_batch b set tries = least(b.tries + 1, 30),
       next_at = now() + make_interval(secs => %(lease)s)
 where (b.account_id, b.outside_id) in (
    select account_id, outside_id from delivery_batch
     where account_id = %(account)s and next_at <= now()
     order by next_at limit 1 for update skip locked)
returning b.provider_id, b.account_id, b.outside_id, b.messages, b.tries, b.page, b.ended,
          b.created_at < now() - make_interval(days => %(days)s)"""
# A minute begins with the first call in it; whoever runs beside us counts here too.
_ASK: Final = """
update gateway_account set
       asked_since = case when asked_since > now() - interval '1 minute' then asked_since
                          else now() end,
       asked = case when asked_since > now() - interval '1 minute' then asked else 0 end + 1
 where id = %s and (asked_since is null or asked_since <= now() - interval '1 minute'
                    or asked < %s)"""
_FULL: Final = "update gateway_account set asked_since = now(), asked = %s where id = %s"
_AGAIN: Final = """
update delivery_batch set next_at = now() + make_interval(secs => %s), tries = %s, page = %s,
       ended = %s where account_id = %s and outside_id = %s"""


@dataclass
class _Calls:
    """The calls one run may make to one account: a share of what a minute allows, and never more
    than that in a minute, whoever else asks."""

    account_id: int
    per_minute: int
    left: int

    def take(self) -> bool:
        """Whether one more call may go; it counts as made."""
        if self.left < 1:
            return False
        self.left -= 1
        return db.system_connection().execute(
            _ASK, (self.account_id, self.per_minute)).rowcount > 0

    def end(self) -> None:
        """The provider says it was asked too often: nothing more in this minute."""
        self.left = 0
        db.system_connection().execute(_FULL, (self.per_minute, self.account_id))


@dataclass
class _Asked:
    """A batch that is being asked for: which page comes next, how many messages before it ended."""

    provider_id: int
    account_id: int
    outside_id: str
    messages: int
    tries: int
    page: int
    ended: int
    old: bool

    def again(self, after: float, *, counted: bool = True) -> None:
        """Ask another time, from this page on; ``counted``: it was asked as far as it goes, or the
        other side failed, so that the next time comes later."""
        db.system_connection().execute(_AGAIN, (
            after, self.tries if counted else max(0, self.tries - 1), self.page, self.ended,
            self.account_id, self.outside_id))


def fetch_due(every: float = 15.0, within: float = 90.0) -> dict[str, int]:
    """Ask providers for the reports that are due; ``every``: seconds until the next call of this,
    ``within``: no further batch is begun after so many. Counts of batches and reports."""
    counts = {"batches": 0, "reports": 0, "finished": 0}
    until = clock.now().timestamp() + within
    for account, kind in db.system_connection().execute(_DUE).fetchall():
        limit = _PER_MINUTE.get(kind or "", _USUAL_PER_MINUTE)
        calls = _Calls(account, limit, max(1, int(limit * every / 60)))
        while calls.left:
            row = db.system_connection().execute(_CLAIM, {
                "account": account, "lease": _LEASE, "days": DAYS}).fetchone()
            if row is None:
                break
            one = _Asked(*row)
            if clock.now().timestamp() > until:
                one.again(0.0, counted=False)
                return counts
            if not one.old and not calls.take():
                one.again(FIRST, counted=False)
                break
            heard, finished = _fetch(one, calls)
            counts["batches"] += 1
            counts["reports"] += heard
            counts["finished"] += finished
    return counts


def _fetch(one: _Asked, calls: _Calls) -> tuple[int, bool]:
    """How many reports there were, and whether the batch is finished with. One call is taken."""
    try:
        found = accounts.find(one.account_id)
        if found is not None and hasattr(found[2], "page"):
            return _pages(one, found[2], calls)
        reports = found[2].reports(one.outside_id) if found is not None else []
    except accounts.Unusable as error:
        log.warning("reports_not_fetched", account=one.account_id, reason=str(error))
        reports = []
    except JobTimeout:
        raise
    except Exception:
        log.exception("reports_broke", account=one.account_id)
        reports = []
    note(one.provider_id, one.account_id, reports)
    one.ended = sum(report.delivery.final for report in reports)
    return len(reports), _told(one)


def _pages(one: _Asked, gateway: Any, calls: _Calls) -> tuple[int, bool]:
    """Page by page from where it stands, as many as may be asked for now."""
    heard = 0
    while True:
        told = gateway.page(one.outside_id, one.page)
        if isinstance(told, Later):
            if told.after is not None:
                calls.end()
            if one.old:
                return heard, _told(one)
            one.again(told.after or _delay(one.tries), counted=told.after is None)
            return heard, False
        note(one.provider_id, one.account_id, told.reports)
        heard += len(told.reports)
        one.ended += sum(report.delivery.final for report in told.reports)
        if told.last:
            return heard, _told(one)
        one.page += 1
        if not calls.take():
            one.again(FIRST, counted=False)
            return heard, False


def _told(one: _Asked) -> bool:
    """All that is known was told: the batch is finished with, or asked for from its first page."""
    done = one.ended >= one.messages
    if done or one.old:
        if not done:
            log.warning("reports_given_up", account=one.account_id, heard=one.ended)
        db.system_connection().execute(
            "delete from delivery_batch where account_id = %s and outside_id = %s",
            (one.account_id, one.outside_id))
        return True
    one.page = one.ended = 0
    one.again(_delay(one.tries))
    return False


def _delay(tries: int) -> float:
    return min(LONGEST, FIRST * 2 ** min(tries, 10))
