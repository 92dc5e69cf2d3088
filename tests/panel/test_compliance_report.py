"""The report of compliance in the panel: whose it is, what narrows it, where it leads."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from ileti.consents.vocabulary import Channel, Source, Status
from ileti.core import db
from ileti.reports import fines
from tests.panel.people import dealer_of, sign_in, user_with
from tests.panel.test_reports import line, opened
from tests.panel.test_today import heard
from tests.reports.house import answered, counted, taken
from tests.reports.test_compliance import walked

PAGE = "/raporlar/uyum/"


@pytest.fixture
def house(app: Any, place: Any) -> dict[str, Any]:
    """Two dealers; one has a late consent and a form without its scan, the brand a late refusal."""
    one, two = dealer_of(place), dealer_of(place, "Nilüfer Tekstil")
    answered(place, taken(place, dealer=one).items[0].entry_id)
    answered(place, taken(place, dealer=one, source=Source.HS_ISLAK_IMZA).items[0].entry_id,
             accepted=False, code="H467")
    answered(place, taken(place, dealer=two, channels=(Channel.ARAMA,)).items[0].entry_id,
             accepted=False, code="H180")
    answered(place, taken(place, status=Status.RET).items[0].entry_id, late=True,
             after=timedelta(days=5))
    counted()
    walked(place)
    return {"place": place, "one": one, "two": two,
            "head": sign_in(app, user_with(app, "provider_admin", place)),
            "dealer": sign_in(app, user_with(app, "dealer_manager", place, level="dealer",
                                             dealer_id=one))}


def test_each_line_has_records_late_ones_their_share_and_how_long_it_took(house: Any) -> None:
    page = house["head"].get(f"{PAGE}?kirilim=bayi").get_data(as_text=True)
    assert line(page, "Bornova Akasya") == ["2", "1", "%50", "2 dk", "2 dk", "2 dk"]
    assert line(page, "Nilüfer Tekstil") == ["1", "0", "%0", "–", "–", "–"]
    assert line(page, "Doğrudan (marka)") == ["1", "1", "%100", *["120 sa"] * 3]
    assert line(page, "Toplam")[:3] == ["4", "2", "%50"]


def test_refusals_of_iys_lead_to_the_error_book_and_unproven_consents_to_their_records(
        house: Any) -> None:
    page = house["head"].get(PAGE).get_data(as_text=True)
    assert "/hata-kitabi/H467" in page
    assert "/hata-kitabi/H180" in page
    link = re.search(r'<a href="(/izinler/[^"]*)">İmzalı formun taraması yok', page)
    assert link
    records = house["head"].get(link[1].replace("&amp;", "&")).get_data(as_text=True)
    assert "Islak imza" in records


def test_fines_are_told_as_an_estimate_with_their_source_r50(house: Any) -> None:
    page = house["head"].get(PAGE).get_data(as_text=True)
    assert "hukuki görüş değildir" in page
    assert "Resmî Gazete 25.12.2025" in page
    assert "5.723 – 42.930 TL" in page, "one refusal that was late"
    assert "143.103 – 715.516 TL" in page, "an inspector asks for proofs once"


def test_a_year_without_a_table_has_no_estimate(
        house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fines, "YEARS", {})
    page = house["head"].get(PAGE).get_data(as_text=True)
    assert "cezaları burada henüz yok" in page
    assert "715.516" not in page
    assert house["head"].get("/raporlar/uyum/uyum.csv").status_code == 200


def test_a_dealer_has_its_own_and_no_others_no_fines_and_nothing_of_the_provider(
        house: Any) -> None:
    page = house["dealer"].get(f"{PAGE}?kirilim=bayi").get_data(as_text=True)
    assert line(page, "Toplam")[:2] == ["2", "1"]
    for strange in ("Nilüfer", "H180", "Ceza tahmini", "İmha edilecekler"):
        assert strange not in page
    file = house["dealer"].get("/raporlar/uyum/uyum.csv").get_data(as_text=True)
    for strange in ("Nilüfer", "H180", "Ceza tahmini"):
        assert strange not in file
    other = house["dealer"].get(f"{PAGE}?bayi={house['two']}").get_data(as_text=True)
    assert "hesabı verilecek kayıt yok" in other


def test_a_brands_reader_has_nothing_of_another_brand(app: Any, place: Any, house: Any) -> None:
    (other,) = db.system_connection().execute(
        "insert into brand (provider_id, brand_code, name) values (%s, 799001, 'Öteki') "
        "returning id", (place.provider_id,)).fetchone()
    reader = sign_in(app, user_with(app, "provider_admin", place))
    assert reader.get(f"{PAGE}?marka={other}").get_data(as_text=True).count(
        "hesabı verilecek kayıt yok") == 1


def test_what_cannot_be_read_in_the_address_is_left_out(house: Any) -> None:
    for query in ("kirilim=form", "kirilim=yok", "donem=99", "kanal=x&kanal=99999999999",
                  "tarih_from=31.31.2026", "bayi=-1", "kaynak=31", "kaynak=%27;--",
                  "tarih_from=2030-01-01&tarih_to=2020-01-01", "tarih_to=2001-01-01",
                  "kirilim=bayi&kirilim=gun", "donem=365&kirilim=hafta"):
        assert house["head"].get(f"{PAGE}?{query}").status_code == 200, query
        for ending in ("csv", "xlsx"):
            assert house["head"].get(
                f"/raporlar/uyum/uyum.{ending}?{query}").status_code == 200, query


def test_the_files_hold_every_block_with_real_numbers_and_no_formula(
        app: Any, place: Any, house: Any) -> None:
    dealer = dealer_of(place, "=HYPERLINK(1)")
    taken(place, dealer=dealer)
    counted()
    text = house["head"].get("/raporlar/uyum/uyum.csv?kirilim=bayi").get_data(as_text=True)
    assert ";'=HYPERLINK(1);1;0;0;0;;;" in text
    assert "Bayiye göre süre;Bornova Akasya;2;1;1;50;120;120;120" in text
    assert "H467;" in text
    cells, sheet = opened(house["head"].get("/raporlar/uyum/uyum.xlsx?kirilim=bayi").data)
    assert "<f>" not in sheet
    assert 'topLeftCell="B2"' in sheet
    assert [cells[f"{one}2"] for one in "ABCDE"] == ["Bornova Akasya", 2, 1, 1, 0.5]
    told = db.system_connection().execute(
        "select count(*) from audit_entry where provider_id = %s and action = 'report:export'",
        (place.provider_id,)).fetchone()
    assert told == (2,)


def test_a_house_without_records_is_told_so_kindly(app: Any, place: Any) -> None:
    head = sign_in(app, user_with(app, "provider_admin", place))
    page = head.get(PAGE).get_data(as_text=True)
    assert "hesabı verilecek kayıt yok" in page
    assert head.get("/raporlar/uyum/uyum.xlsx").status_code == 200
    assert head.get("/raporlar/uyum/uyum.csv").status_code == 200


def test_every_block_is_one_statement_over_counted_numbers(house: Any, app: Any) -> None:
    house["head"].get(PAGE)
    with heard(app) as said:
        house["head"].get(PAGE)
    counted_ones = [sql for sql, _values in said if "report_" in sql]
    assert len(counted_ones) <= 13, counted_ones
    assert len(said) <= 26, [sql for sql, _values in said]
    ledger = re.compile(r"\b(consent_entry|consent_state|iys_receipt|submission)\b")
    assert not [sql for sql in counted_ones if ledger.search(sql)], "the ledger is not read"


def test_who_may_not_read_reports_has_none(app: Any, place: Any) -> None:
    agent = sign_in(app, user_with(app, "call_centre_agent", place))
    assert agent.get(PAGE).status_code in (302, 403, 404)
    assert agent.get("/raporlar/uyum/uyum.csv").status_code in (302, 403, 404)


def test_a_view_of_the_report_is_kept_under_a_name(house: Any) -> None:
    head = house["head"]
    page = head.get(f"{PAGE}?kirilim=bayi&donem=56").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]
    head.post("/gorunumler/", data={
        "csrf_token": token, "list": "ComplianceReportView", "query": "kirilim=bayi&donem=56",
        "name": "Bayiler", "first": "1", "wish": "new"})
    again = head.get(PAGE)
    assert again.status_code == 302
    assert again.headers["Location"].startswith(PAGE)
