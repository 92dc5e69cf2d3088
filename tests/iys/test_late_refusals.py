"""A refusal that İYS gets too late holds, and that it was late stays to be seen (R-33): on its
record, in the list, in the radar's count; also when it no longer is what holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from iys_house import due_now, forward, phones, settle, state, take

from ileti.consents import listing
from ileti.consents.numbers import record_number
from ileti.core import clock, db
from ileti.radar.counts import Wanted
from ileti.radar.missed import missed
from ileti.tenancy import scope
from tests.panel.people import sign_in, user_with

PHONE = phones(1)[0]
LATE_WORDS = "geç bildirildiği bu kayıtta kalır"


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's, which would share one context among all requests."""


@pytest.fixture(autouse=True)
def patient(registry: Any) -> None:
    """An İYS that takes what is older than three business days."""
    registry.tell("rules", business_days=0)


def finish(shop: Any) -> None:
    for _ in range(3):
        due_now(shop)
        forward(shop)
        settle(shop)


def consented(shop: Any, numbers: list[str]) -> list[int]:
    made = take(shop, numbers, at=clock.now() - timedelta(days=20))
    finish(shop)
    return made


def refused(shop: Any, numbers: list[str], *, late: bool) -> list[int]:
    return take(shop, numbers, status="RET", at=clock.now() - timedelta(days=10),
                due=clock.now() + timedelta(hours=-1 if late else 1))


def marked(shop: Any) -> tuple[int, int]:
    """How many receipts say late, and how many states."""
    row = db.connection().execute(
        "select (select count(*) from iys_receipt where provider_id = %(p)s and late), "
        "(select count(*) from consent_state where provider_id = %(p)s and late_id = entry_id)",
        {"p": shop.provider_id}).fetchone()
    return row[0], row[1]  # type: ignore[index]


def page_of(client: Any, entry: int) -> str:
    return str(client.get(f"/izinler/{record_number(entry)}").text.partition("<main")[2])


@pytest.mark.parametrize("count", [1, 30])  # one by one, and as a list
@pytest.mark.parametrize("late", [True, False])
def test_only_what_came_after_its_deadline_is_marked(
        shop: Any, registry: Any, count: int, late: bool) -> None:
    numbers = phones(count)
    consented(shop, numbers)
    refused(shop, numbers, late=late)
    finish(shop)
    assert registry.holds(PHONE)["status"] == "RET"
    assert state(shop, PHONE)["iys"] == "REGISTERED"
    assert marked(shop) == ((count, count) if late else (0, 0))


def test_a_late_refusal_is_flagged_on_its_page_in_the_list_and_counted(
        app: Any, shop: Any, registry: Any) -> None:
    numbers = phones(3)
    consented(shop, numbers)
    late, = refused(shop, numbers[:1], late=True)
    on_time, _ = refused(shop, numbers[1:], late=False)
    finish(shop)
    client = sign_in(app, user_with(app, "provider_admin", shop))
    page = page_of(client, late)
    assert "Geç bildirildi" in page
    assert LATE_WORDS in page
    assert "Geç bildirildi" not in page_of(client, on_time)
    only = client.get("/izinler/", query_string={"iys": "late"}).text
    assert record_number(late) in only
    assert record_number(on_time) not in only
    both = client.get("/izinler/", query_string={"iys": "registered"}).text
    assert both.count(">Geç<") == 1
    radar = client.get("/sureler/").text
    assert "ret gecikti, yine de geçerli" in radar
    assert "iys=overdue&amp;iys=late" in radar


def test_a_later_consent_ends_the_flag_of_what_holds_but_not_of_the_record(
        app: Any, shop: Any, registry: Any) -> None:
    consented(shop, [PHONE])
    late, = refused(shop, [PHONE], late=True)
    finish(shop)
    before = clock.now()
    take(shop, [PHONE], at=clock.now())
    finish(shop)
    assert marked(shop) == (1, 0)
    client = sign_in(app, user_with(app, "provider_admin", shop))
    assert LATE_WORDS in page_of(client, late)
    then = client.get(f"/izinler/{record_number(late)}", query_string={"at": before.isoformat()})
    assert "Geç bildirildi" in then.text.partition("under-title")[2].partition("</div>")[0]
    assert record_number(late) not in client.get("/izinler/", query_string={"iys": "late"}).text


def test_a_refusal_that_was_overtaken_before_iys_got_it_is_marked_by_its_own_deadline(
        shop: Any, registry: Any) -> None:
    consented(shop, [PHONE])
    refused(shop, [PHONE], late=True)
    take(shop, [PHONE], at=clock.now() - timedelta(seconds=30))
    finish(shop)
    assert registry.holds(PHONE)["status"] == "ONAY"
    assert marked(shop) == (1, 0)


def test_a_late_consent_is_no_late_refusal(shop: Any, registry: Any) -> None:
    take(shop, [PHONE], at=clock.now() - timedelta(days=10), due=clock.now() + timedelta(seconds=1))
    db.connection().execute("update consent_state set iys_due_at = now() - interval '1 minute' "
                            "where provider_id = %s", (shop.provider_id,))
    finish(shop)
    assert marked(shop) == (0, 0)


def test_the_radar_counts_and_the_list_shows_them_however_iys_answered(
        app: Any, shop: Any, registry: Any) -> None:
    numbers = phones(2)
    consented(shop, numbers)
    registry.tell("rules", business_days=3)
    refused(shop, numbers[:1], late=True)
    finish(shop)
    assert (state(shop, numbers[0])["iys"], marked(shop)) == ("OVERDUE", (0, 0))
    registry.tell("rules", business_days=0)
    refused(shop, numbers[1:], late=True)
    finish(shop)
    with app.app_context(), scope.within(scope.Scope(provider_id=shop.provider_id)):
        assert (missed(Wanted()).refusals, missed(Wanted()).consents) == (2, 0)
        assert listing.count(listing.Wanted(iys=["overdue", "late"])) == 2


def test_settling_a_list_costs_no_statement_more_when_nothing_is_late(
        shop: Any, registry: Any, monkeypatch: Any) -> None:
    import psycopg

    numbers = phones(30)
    consented(shop, numbers)
    asked: list[str] = []
    real = psycopg.Connection.execute
    monkeypatch.setattr(psycopg.Connection, "execute", lambda conn, sql, *more, **named: (
        asked.append(str(sql)), real(conn, sql, *more, **named))[1])
    refused(shop, numbers, late=False)
    finish(shop)
    assert not [sql for sql in asked if "late_id = g.entry_id" in sql or "activation_date from" in
                sql]
