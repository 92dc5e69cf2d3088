"""The report of consents in the panel: whose it is, what narrows it, what stands behind a line."""

from __future__ import annotations

import html
import io
import re
import zipfile
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from ileti.consents.vocabulary import Channel, Status
from ileti.core import clock, db
from ileti.evidence.paper import NotSet
from ileti.reports import printed
from tests.panel.people import dealer_of, sign_in, user_with
from tests.panel.test_today import heard
from tests.reports.house import answered, counted, taken


@pytest.fixture
def house(app: Any, place: Any) -> dict[str, Any]:
    """A brand with two dealers; one took three, the other one, the brand two."""
    one, two = dealer_of(place), dealer_of(place, "Nilüfer Tekstil")
    for dealer in (one, one, two):
        answered(place, taken(place, dealer=dealer).items[0].entry_id)
    answered(place, taken(place, dealer=one, channels=(Channel.ARAMA,)).items[0].entry_id,
             accepted=False, code="H174")
    taken(place, status=Status.RET)
    taken(place)
    counted()
    return {"place": place, "one": one, "two": two,
            "head": sign_in(app, user_with(app, "provider_admin", place)),
            "dealer": sign_in(app, user_with(app, "dealer_manager", place, level="dealer",
                                             dealer_id=one))}


def test_the_report_shows_the_ledgers_numbers_by_what_was_chosen(house: Any) -> None:
    page = house["head"].get("/raporlar/?kirilim=bayi").get_data(as_text=True)
    assert "Bornova Akasya" in page
    assert "Nilüfer Tekstil" in page
    assert "Doğrudan (marka)" in page


def line(page: str, name: str) -> list[str]:
    """The figures of a line of the table, as they are written."""
    row = re.search(rf"<th scope=\"row\">(?:<a[^>]*>)?{re.escape(name)}(?:</a>)?</th>(.*?)</tr>",
                    page, re.S)
    assert row, name
    return re.findall(r"<td class=\"num[^\"]*\">([^<]*)</td>", row[1])


def opened(data: bytes) -> tuple[dict[str, Any], str]:
    """The cells of a workbook's sheet, and the sheet as it is written."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        texts = ["".join(one.itertext()) for one in ElementTree.fromstring(
            book.read("xl/sharedStrings.xml"))]
    found: dict[str, Any] = {}
    for name, kind, value in re.findall(
            r'<c r="([A-Z]+[0-9]+)"(?: s="[0-9]+")?( t="s")?><v>([^<]*)</v>', sheet):
        found[name] = texts[int(value)] if kind else float(value)
    return found, sheet


def test_a_line_has_consents_refusals_rejections_late_ones_and_the_share_accepted(
        house: Any) -> None:
    page = house["head"].get("/raporlar/?kirilim=bayi").get_data(as_text=True)
    assert line(page, "Bornova Akasya") == ["3", "0", "1", "0", "%66,7"]
    assert line(page, "Nilüfer Tekstil") == ["1", "0", "0", "0", "%100"]
    assert line(page, "Doğrudan (marka)") == ["1", "1", "0", "0", "–"]
    assert line(page, "Toplam") == ["5", "1", "1", "0", "%75"]


def test_a_dealer_has_its_own_report_and_no_others_names(house: Any) -> None:
    page = house["dealer"].get("/raporlar/?kirilim=bayi").get_data(as_text=True)
    assert "Nilüfer Tekstil" not in page
    assert line(page, "Toplam")[:2] == ["3", "0"]
    assert line(page, "Mesaj")[:2] == ["2", "0"], "a dealer's lines are by channel instead"
    other = house["dealer"].get(f"/raporlar/?bayi={house['two']}").get_data(as_text=True)
    assert "Bu günlerde kayıt yok" in other


def test_behind_a_line_stand_its_records(house: Any) -> None:
    page = house["head"].get("/raporlar/?kirilim=bayi&kanal=2").get_data(as_text=True)
    link = html.unescape(re.search(r'<a href="(/izinler/\?[^"]*)">Bornova Akasya', page)[1])
    records = house["head"].get(link).get_data(as_text=True)
    assert records.count('class="first"><a') == 2
    assert f"bayi={house['one']}" in link
    assert "kanal=2" in link


def test_what_cannot_be_read_in_the_address_is_left_out(house: Any) -> None:
    for query in ("kirilim=yok", "donem=99", "kanal=x", "tarih_from=31.31.2026", "bayi=-1",
                  "tarih_from=2030-01-01&tarih_to=2020-01-01", "tarih_to=2001-01-01"):
        assert house["head"].get(f"/raporlar/?{query}").status_code == 200, query
    assert house["head"].get("/raporlar/izinler.xlsx?kirilim=yok").status_code == 200


def test_days_of_ones_own_and_the_days_before_them(house: Any) -> None:
    db.system_connection().execute(
        "insert into report_brand_day (provider_id, day, brand_id, channel, source, status, "
        "recipient_type, taken) values (%s, %s, %s, 2, 6, 1, 2, 4)",
        (house["place"].provider_id, clock.today() - timedelta(1), house["place"].brand_id))
    today = clock.today().isoformat()
    page = house["head"].get(f"/raporlar/?tarih_from={today}&tarih_to={today}").get_data(
        as_text=True)
    assert "Önceki 1 günden %25 fazla" in page
    assert line(page, "Toplam")[:2] == ["5", "1"]


def test_the_files_hold_the_same_lines_and_the_trail_says_who_took_them(house: Any) -> None:
    answer = house["head"].get("/raporlar/izinler.csv?kirilim=bayi")
    lines = answer.get_data(as_text=True).removeprefix("\ufeff").split("\r\n")
    assert lines[0].startswith("Bayi;Onay;Ret;")
    assert "Bornova Akasya;3;0;2;1;0;66,67;2;120" in lines
    assert "attachment" in answer.headers["Content-Disposition"]
    data = house["head"].get("/raporlar/izinler.xlsx?kirilim=gun").data
    cells, sheet = opened(data)
    assert 'topLeftCell="B2"' in sheet
    assert cells["A2"] == (clock.today() - date(1899, 12, 30)).days
    assert [cells[f"{one}3"] for one in "ABCDE"] == ["Toplam", 5, 1, 3, 1]
    told = db.system_connection().execute(
        "select count(*) from audit_entry where provider_id = %s and action = 'report:export'",
        (house["place"].provider_id,)).fetchone()
    assert told == (2,)


def test_on_paper_stand_the_same_lines_and_what_they_were_narrowed_to(
        house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[dict[str, Any]] = []
    monkeypatch.setattr(printed, "typeset", lambda _t, data, _at: said.append(data) or b"%PDF-")
    answer = house["head"].get(f"/raporlar/izinler.pdf?kirilim=bayi&kanal=2&bayi={house['one']}"
                               "&kanal=77")
    assert answer.headers["Content-Disposition"].endswith('.pdf"')
    [told] = said
    [table] = told["tables"]
    assert table["title"] == "Bayiye göre"
    assert table["rows"] == [["Bornova Akasya", *table["rows"][0][1:]]]
    assert table["total"] == ["Toplam", *table["rows"][0][1:]]
    assert told["narrowed"] == [["Kanal", "Mesaj, #77"], ["Bayi", "Bornova Akasya"]]
    assert [tile[0] for tile in told["tiles"]] == [
        "Onay", "Ret", "İYS reddi", "Ortalama iletim süresi"]
    noted = db.system_connection().execute(
        "select count(*) from audit_entry where provider_id = %s and action = 'report:export'",
        (house["place"].provider_id,)).fetchone()
    assert noted == (1,)


def test_pages_are_a_pdf_that_holds_what_strangers_called_their_shop(app: Any, place: Any) -> None:
    taken(place, dealer=dealer_of(place, "#eval(\"x\") $ 😀"))
    counted()
    head = sign_in(app, user_with(app, "provider_admin", place))
    for path in ("/raporlar/izinler.pdf?kirilim=bayi", "/raporlar/izinler.pdf?kanal=9",
                 "/raporlar/uyum/uyum.pdf?kirilim=bayi", "/raporlar/gunluk/gunluk-rapor.pdf"):
        answer = head.get(path)
        assert (answer.status_code, answer.data[:5]) == (200, b"%PDF-"), path


def test_pages_that_cannot_be_set_are_said_in_one_sentence(
        house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_asked: Any) -> bytes:
        raise NotSet("exit 1")

    monkeypatch.setattr(printed, "typeset", broken)
    answer = house["head"].get("/raporlar/izinler.pdf")
    assert answer.status_code == 503
    assert "Sayfalar hazırlanamadı; yeniden deneyin." in answer.get_data(as_text=True)


def test_a_name_that_is_a_formula_runs_in_no_file(app: Any, place: Any) -> None:
    dealer = dealer_of(place, "=HYPERLINK(1)")
    taken(place, dealer=dealer)
    counted()
    head = sign_in(app, user_with(app, "provider_admin", place))
    text = head.get("/raporlar/izinler.csv?kirilim=bayi").get_data(as_text=True)
    assert "'=HYPERLINK(1)" in text
    cells, sheet = opened(head.get("/raporlar/izinler.xlsx?kirilim=bayi").data)
    assert cells["A2"] == "=HYPERLINK(1)"
    assert "<f>" not in sheet


def test_a_report_asks_the_counted_numbers_in_few_statements(house: Any, app: Any) -> None:
    house["head"].get("/raporlar/?kirilim=bayi")
    with heard(app) as said:
        house["head"].get("/raporlar/?kirilim=bayi")
    assert len([sql for sql, _values in said if "report_" in sql]) <= 6
    assert len(said) <= 20, [sql for sql, _values in said]


def test_who_may_not_read_reports_has_none(app: Any, place: Any) -> None:
    agent = sign_in(app, user_with(app, "call_centre_agent", place))
    assert agent.get("/raporlar/").status_code in (302, 403, 404)
    assert "Raporlar" not in agent.get("/").get_data(as_text=True)


def test_a_view_of_the_report_is_kept_under_a_name(house: Any) -> None:
    head = house["head"]
    page = head.get("/raporlar/?kirilim=bayi&donem=56").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]
    head.post("/gorunumler/", data={
        "csrf_token": token, "list": "ConsentReportView", "query": "kirilim=bayi&donem=56",
        "name": "Bayiler", "first": "1", "wish": "new"})
    again = head.get("/raporlar/")
    assert again.status_code == 302
    assert "kirilim=bayi" in again.headers["Location"]
