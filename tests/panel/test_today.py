"""The first page: true numbers, few statements, none without a scope, each with an early end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from ileti.consents import listing
from ileti.core import clock, db, orm
from ileti.iys.errors import meaning
from ileti.iys.reasons import in_short
from ileti.tenancy import scope
from ileti.web import figures
from tests.panel.people import dealer_of, sign_in, take, user_with

MOST_STATEMENTS = {"provider_admin": 24, "dealer_manager": 15}
BIG = ("consent_entry", "consent_state", "outbox", "iys_receipt", "recipient", "submission")
ROWS = 4_000
Statement = tuple[str, Any]


@contextmanager
def heard(app: Any) -> Iterator[list[Statement]]:
    """Every statement of the ORM inside the block."""
    statements: list[Statement] = []

    def note(_conn: Any, _cursor: Any, sql: str, values: Any, *_rest: Any) -> None:
        statements.append((sql, values))

    with app.app_context():
        engine = orm.db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def many(database: str, place: Any) -> Any:
    """A brand with thousands of entries over 30 days, each tenth still open, some refused."""
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(
            "insert into recipient (provider_id, kind, key_no, addr_hash) "
            "select %(p)s, 1, 1, sha256((%(p)s || '-' || n)::bytea) "
            "from generate_series(1, %(n)s) n", {"p": place.provider_id, "n": ROWS})
        owner.execute(
            "insert into consent_entry (provider_id, id, captured_at, submission_id, recipient_id,"
            " consent_date, brand_id, recipient_type, channel, status, source, standing, outcome,"
            " leaf) select provider_id, nextval('consent_entry_id_seq'),"
            " now() - (row_number() over (order by id)) * interval '9 minutes', 1, id, now(), %s,"
            " 1, 2, 1, 6, 1, 1, sha256('') from recipient where provider_id = %s",
            (place.brand_id, place.provider_id))
        for statement in (_STATES, _OPEN, _REFUSED, "analyze"):
            owner.execute(statement, [place.provider_id] if "%s" in statement else None)
    return place


_STATES = """insert into consent_state (provider_id, brand_id, recipient_id, recipient_type,
  channel, entry_id, entry_at, consent_date, iys_due_at, status, source, standing, iys_status)
  select provider_id, brand_id, recipient_id, 1, 2, id, captured_at, consent_date,
         now() + interval '9 days', 1, 6, 1, 1 from consent_entry where provider_id = %s"""
_OPEN = """insert into outbox (provider_id, topic, ref_id, ref_at, order_key, brand_id)
  select provider_id, 1, id, captured_at, (recipient_id << 3) | 6, brand_id
    from consent_entry where provider_id = %s"""
_REFUSED = """insert into iys_receipt (provider_id, entry_id, at, accepted, code)
  select provider_id, id, captured_at, id %% 2 = 0, 'H178' from consent_entry
   where provider_id = %s"""


@pytest.mark.parametrize("role", list(MOST_STATEMENTS))
def test_the_first_page_asks_few_statements_and_none_without_a_scope(
    app: Any, place: Any, role: str
) -> None:
    dealer = dealer_of(place) if role.startswith("dealer") else None
    for number in range(9):
        take(place, f"+90599204660{number}", dealer_id=dealer)
    client = sign_in(app, user_with(app, role, place, dealer_id=dealer))
    with heard(app) as statements:
        assert client.get("/").status_code == 200
    assert len(statements) <= MOST_STATEMENTS[role], [sql for sql, _values in statements]
    unscoped = [sql for sql, _values in statements
                if any(re.search(rf"(from|join) {one}\b", sql, re.I) for one in BIG)
                and "provider_id = %(" not in sql and "provider_id IN (%(" not in sql]
    assert unscoped == []


def test_every_number_stops_early(app: Any, many: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "ENTRIES_READ", 1_000)
    monkeypatch.setattr(figures, "OPEN_READ", 300)
    monkeypatch.setattr(figures, "REJECTIONS_READ", 300)
    asked = (lambda: figures.by_day(1, figures.Rejections()), figures.open_rows,
             figures.rejections, lambda: listing.page(listing.Wanted(), size=6))
    with app.test_request_context(), scope.within(scope.Scope(provider_id=many.provider_id)):
        for one in asked:
            assert _most_rows_read(app, one) <= 1_001


def _most_rows_read(app: Any, ask: Any) -> int:
    """The most rows any node of any plan really produced, while planned as on a page."""
    with heard(app) as statements:
        ask()
    most = 0
    raw = orm.db.session.connection().connection.driver_connection
    # A test's table is small, so that to read all of it would seem cheap.
    raw.execute("set local enable_hashjoin = off")
    raw.execute("set local enable_mergejoin = off")
    for sql, values in list(statements):
        if sql.startswith("set local"):
            raw.execute(sql)
            continue
        plan = raw.execute(f"explain (analyze, format json) {sql}", values).fetchone()[0]
        most = max(most, *(int(float(one)) for one in re.findall(
            r'"Actual Rows": ([\d.]+)', json.dumps(plan))))
    orm.db.session.rollback()
    return most


def test_days_that_were_not_read_whole_are_left_out(
    app: Any, many: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "ENTRIES_READ", 1_000)
    with app.test_request_context(), scope.within(scope.Scope(provider_id=many.provider_id)):
        days = figures.by_day(1, figures.Rejections())
    assert 2 <= len(days) < 9
    assert days[-1][0] == clock.today()
    assert all(numbers[0] == 160 for _day, numbers in days[1:-1])


def test_the_whole_month_is_counted_when_it_fits(app: Any, many: Any) -> None:
    with app.test_request_context(), scope.within(scope.Scope(provider_id=many.provider_id)):
        days = figures.by_day(1, figures.rejections())
    assert len(days) == 30
    assert sum(numbers[0] for _day, numbers in days) == ROWS
    assert sum(numbers[2] for _day, numbers in days) == ROWS // 2


def test_what_runs_out_tonight_stands_on_top(app: Any, place: Any) -> None:
    entries = [take(place, f"+90599204770{n}").items[0].entry_id for n in range(3)]
    limit = figures.midnight(clock.today() + timedelta(days=1)) - timedelta(seconds=1)
    with db.transaction() as conn:
        conn.execute("update consent_state set iys_due_at = %s where provider_id = %s",
                     (limit, place.provider_id))
        conn.execute("update outbox set dead_at = now(), reason = 'x' where provider_id = %s "
                     "and ref_id = %s", (place.provider_id, entries[0]))
    page = sign_in(app, user_with(app, "provider_admin", place)).get("/").text
    assert "3 kaydın süresi bu gece 23:59’da doluyor." in page
    assert "2 kayıt kendiliğinden iletilecek. 1 kayıt sizden bir düzeltme bekliyor." in page
    assert "1 kayıt durdu" in page


def test_a_dealers_numbers_are_its_own(app: Any, place: Any) -> None:
    mine, other = dealer_of(place, "Bornova Akasya"), dealer_of(place, "Karşıyaka Lale")
    take(place, "+905992048801", dealer_id=mine)
    for number in range(7):
        take(place, f"+90599204881{number}", dealer_id=other)
    page = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=mine)).get("/").text
    assert re.findall(r'class="tile-number">([^<]+)<', page) == ["1", "1", "1"]
    assert "Karşıyaka" not in page


@pytest.mark.parametrize(("code", "turkish"), [
    ("H178", "İYS’de aynı alıcı için daha yeni tarihli bir kayıt var"),
    ("H180", "Bayi kodu İYS’de kayıtlı değil"),
    ("H467", "3 iş günü geçtiği için İYS bu izni almadı"),
])
def test_a_reason_is_told_in_one_short_sentence(app: Any, code: str, turkish: str) -> None:
    with app.test_request_context():
        assert in_short(meaning(code)) == turkish
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert not in_short(meaning(code)).startswith("It ")


def test_five_silent_days_are_the_first_thing_said_r44(app: Any, place: Any, place_b: Any) -> None:
    client = sign_in(app, user_with(app, "provider_admin", place))
    sentence = "Şu anda hiçbir ileti gönderilemez."
    silent = "update iys_cursor set pulled_at = now() - interval '6 days' where provider_id = %s"
    db.connection().execute(silent, (place_b.provider_id,))
    assert sentence not in client.get("/").text
    db.connection().execute(silent, (place.provider_id,))
    assert sentence in client.get("/").text
    db.connection().execute(
        "update iys_cursor set pulled_at = now(), gap_since = now() - interval '6 days' "
        "where provider_id = %s", (place.provider_id,))
    assert sentence in client.get("/").text


@pytest.mark.parametrize(("role", "told"), [("provider_admin", True), ("dealer_manager", False)])
def test_a_late_destruction_is_told_to_who_may_see_retention(
        app: Any, place: Any, monkeypatch: pytest.MonkeyPatch, role: str, told: bool) -> None:
    """R-64: six months at most; the page said nothing where nobody looked."""
    monkeypatch.setattr("ileti.retention.plan.overdue", lambda: True)
    where = {"level": "dealer", "dealer_id": dealer_of(place)} if role == "dealer_manager" else {}
    page = sign_in(app, user_with(app, role, place, **where)).get("/").get_data(as_text=True)
    assert ("Dönemsel imha gecikti" in page) is told
