"""Reports over a big ledger; `make bench-reports`.

``report_count_per_s``: entries counted a second by the job, from the first on, with everything that
is written for them. ``report_worst_ms``: the slowest statement of the report's page, median of five
turns for each of its questions (every line by every span of time, filtered and not, as head office
and as a dealer); ``report_vs_ledger``: the page's middle question against the same one asked of the
ledger's entries, in turn. ``report_rollup_equal`` (1): a full count says the same in all tables.
``report_table_mb``: what the numbers take. ``report_walk_per_s``: states a second that are looked
into for what proves them. ``ILETI_BENCH_ROWS`` sets the number of entries (default
10 000 000): two years of three brands with ten forms; two thirds is taken
by 300 dealers with two people each, on paper or at events.
"""

from __future__ import annotations

import os
import statistics
import time
from datetime import date, timedelta
from typing import Any

import psycopg

from benchmarks import exports
from benchmarks.place import fresh_database, new_place

ROWS = int(os.environ.get("ILETI_BENCH_ROWS", "10000000"))
DAYS, PART, TURNS = 730, 500_000, 5
_SUBMISSIONS = """
insert into submission (provider_id, id, captured_at, actor_id, brand_id, dealer_id, site_id,
    actor_kind, source, idem, body_hash, entry_ids, evidence) overriding system value
select %(p)s, n, now() - make_interval(secs => (1 - n / %(all)s) * %(seconds)s),
       case when n %% 3 > 0 then 1 + n %% 600 end, %(b)s + n %% 3,
       case when n %% 3 > 0 then (%(d)s + n %% 300)::int end,
       case when n %% 3 = 0 then (1 + n %% 10)::int end, case when n %% 3 > 0 then 2 else 1 end,
       case when n %% 3 = 0 then 6 when n %% 7 < 5 then 1 else 3 end, 'bench:' || n, '', '{}',
       '{}'
  from generate_series(%(from)s::bigint, %(to)s::bigint) n"""
_ENTRIES = """
insert into consent_entry (provider_id, id, captured_at, submission_id, recipient_id, consent_date,
    brand_id, dealer_id, recipient_type, channel, status, source, standing, outcome, leaf)
select s.provider_id, s.id * 4 + c, s.captured_at, s.id, s.id, s.captured_at, s.brand_id,
       s.dealer_id, 2, 1 + c %% 3, case when s.id %% 11 = 0 then 2 else 1 end, s.source, 1,
       case when s.id %% 13 = 0 then 3 else 1 end, ''
  from submission s cross join generate_series(0, 3) c
 where s.provider_id = %(p)s and s.id between %(from)s and %(to)s"""
_RECEIPTS = """
insert into iys_receipt (provider_id, entry_id, accepted, code, at)
select provider_id, id, id %% 40 > 0, case when id %% 40 = 0 then 'H174' end,
       captured_at + make_interval(secs => (20 + id %% 900)::float8)
  from consent_entry where provider_id = %(p)s and submission_id between %(from)s and %(to)s
   and id %% 4 = 0"""
_STATES = """
insert into consent_state (provider_id, brand_id, recipient_id, recipient_type, channel, entry_id,
    entry_at, consent_date, status, source, standing, iys_status)
select provider_id, brand_id, recipient_id, recipient_type, channel, id, captured_at, consent_date,
       status, source, 1, 3
  from consent_entry where provider_id = %(p)s and submission_id between %(from)s and %(to)s
   and id %% 4 > 0"""
_LEDGER = """
select channel, count(*) filter (where status = 1), count(*) filter (where status = 2)
  from consent_entry where provider_id = %s and captured_at >= %s and captured_at < %s
   and outcome in (1, 2) group by 1"""


def fill(conn: psycopg.Connection) -> tuple[int, int]:
    """The ledger; provider and its first brand. A quarter of the entries was answered."""
    provider, brand = new_place(conn)
    conn.execute("insert into brand (id, provider_id, brand_code, name) overriding system value "
                 "select %s + n, %s, %s + n, 'Bench ' || n from generate_series(1, 2) n",
                 (brand, provider, 731204))
    month = (date.today() - timedelta(DAYS)).replace(day=1)
    while month < date.today().replace(day=1):
        after = (month + timedelta(32)).replace(day=1)
        conn.execute(f"create table if not exists consent_entry_y{month:%Y}m{month:%m} partition "
                     f"of consent_entry for values from ('{month}') to ('{after}')")
        month = after
    first = 1
    while first <= ROWS // 4:
        span = {"p": provider, "b": brand, "d": 1, "from": first, "seconds": DAYS * 86_400,
                "all": ROWS / 4,
                "to": min(first + PART // 4 - 1, ROWS // 4)}
        for what in (_SUBMISSIONS, _ENTRIES, _RECEIPTS, _STATES):
            conn.execute(what, span)
        first = span["to"] + 1
    conn.execute("analyze")
    return provider, brand


def count() -> float:
    """Count all of it; entries and answers a second."""
    from ileti.reports import rollup

    began, done = time.perf_counter(), 0
    while (two := rollup.count_once()) != (0, 0):
        done += sum(two)
    return done / (time.perf_counter() - began)


def walked() -> float:
    """Walk through what stands; states a second."""
    from ileti.reports import standing

    began = time.perf_counter()
    done = standing.count_due(time.monotonic() + 36_000)["states"]
    return done / (time.perf_counter() - began)


def questions() -> list[tuple[str, Any]]:
    """What the page asks, by name."""
    from ileti.reports import compliance, queries
    from ileti.reports.queries import Wanted

    today, made = date.today(), list[tuple[str, Any]]()
    for days in (1, 30, 56, 365, 700):
        plain = Wanted(today - timedelta(days - 1), today)
        for name, wanted in (("all", plain), ("narrow", Wanted(plain.since, today, {
                "channel": [2], "source": [6]})), ("dealer", Wanted(plain.since, today, {
                "dealer": [7]})), ("form", Wanted(plain.since, today, {"site": [3]}))):
            for by in queries.BY:
                if by == "day" and days > 56:
                    continue  # drawn by the week or month
                made.append((f"{days} {name} by {by}",
                             lambda w=wanted, b=by: queries.lines(w, b, most=50)))
            made.append((f"{days} {name} total", lambda w=wanted: queries.totals(w)))
            if name == "form":
                continue
            ours = compliance.reported(wanted)
            made.append((f"{days} {name} codes", lambda w=ours: compliance.codes(w)))
            for by in ("", *compliance.BY):
                if by == "day" and days > 56:
                    continue
                keys = [one.key for one in queries.lines(ours, by, most=50)] if by else None
                made.append((f"{days} {name} times by {by or 'nothing'}",
                             lambda w=ours, b=by, k=keys: compliance.times(w, b, k)))
            made += [(f"{days} {name} proofs", lambda w=wanted: compliance.proven(w)),
                     (f"{days} {name} texts", lambda w=wanted: compliance.in_use(w))]
    return made


def asked(app: Any, scopes: list[Any]) -> tuple[float, str]:
    """The slowest question, its median in milliseconds and its name."""
    from ileti.core import orm
    from ileti.tenancy import scope

    worst = (0.0, "")
    with app.app_context():
        for place in scopes:
            with scope.within(place):
                for name, question in questions():
                    times = []
                    for _ in range(TURNS):
                        began = time.perf_counter()
                        question()
                        times.append(time.perf_counter() - began)
                        orm.db.session.rollback()
                    worst = max(worst, (statistics.median(times) * 1_000, name))
    return worst


def beside(app: Any, conn: psycopg.Connection, provider: int) -> float:
    """By channel over 56 days, here against the ledger, in turn."""
    from ileti.reports import queries
    from ileti.reports.queries import Wanted
    from ileti.tenancy import scope

    since, until = date.today() - timedelta(55), date.today()
    ours, bare = [], []
    with app.app_context(), scope.within(scope.Scope(provider_id=provider)):
        for _ in range(TURNS):
            began = time.perf_counter()
            queries.lines(Wanted(since, until), "channel")
            middle = time.perf_counter()
            conn.execute(_LEDGER, (provider, since, until + timedelta(1))).fetchall()
            ours.append(middle - began)
            bare.append(time.perf_counter() - middle)
    return statistics.median(bare) / statistics.median(ours)


def main() -> None:
    """Fill, count, ask, count anew, print."""
    settings = fresh_database("reports")
    from ileti.factory import create_app
    from ileti.reports import recount
    from ileti.tenancy.scope import Scope

    with psycopg.connect(settings.database_url, autocommit=True) as owner:
        provider, brand = fill(owner)
        rate = count()
        walk = walked()
        for table in (*recount.ALL, "report_standing"):
            owner.execute(f"vacuum analyze {table}")  # type: ignore[call-overload]
        app = create_app(settings)
        worst, name = asked(app, [Scope(provider_id=provider),
                                  Scope(provider_id=provider, brand_id=brand, dealer_id=7)])
        ratio = beside(app, owner, provider)
        (size,) = owner.execute("select sum(pg_total_relation_size(c::regclass))::float8 / 1e6 "
                                "from unnest(%s::text[]) c", (list(recount.ALL),)).fetchone()
        equal = not any(recount.compare().values())
        export = exports.measure(app, exports.fill(owner))
    print(f"report_count_per_s {rate:.0f}")
    print(f"report_walk_per_s {walk:.0f}")
    print(f"report_worst_ms {worst:.1f}")
    print(f"report_vs_ledger {ratio:.1f}")
    print(f"report_rollup_equal {int(equal)}")
    print(f"report_table_mb {size:.0f}")
    exports.tell(export)
    print(f"# the slowest: {name}")


if __name__ == "__main__":
    main()
