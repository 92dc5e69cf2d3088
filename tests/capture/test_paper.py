"""Consent on paper: numbered sheets, signed ones typed in with their scans, and the second look."""

from __future__ import annotations

import ctypes
import io
import re
from datetime import timedelta
from typing import Any

import pypdfium2 as pdfium
import pytest

from ileti.capture import paper, papersheet, sites
from ileti.capture.paper import Batch
from ileti.core import clock, db
from ileti.documents.publish import publish_standard_texts
from tests.kvkk.told import untold
from tests.panel.people import dealer_of, sign_in, token_of, user_with

from .conftest import new_phone

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(40)


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's, which would share one context among all requests."""


@pytest.fixture
def batch(place: Any) -> Batch:
    publish_standard_texts(place.provider_id, place.brand_id)
    sites.forget_sites()
    return paper.print_batch(db.connection(), place, dealer_id=None, language="tr", copies=3,
                             spot="Bornova fuarı", by=1)


@pytest.fixture
def clerk(app: Any, place: Any, batch: Batch) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


def enter(client: Any, number: str, *, scan: bytes | None = PNG, **more: str) -> Any:
    fields: dict[str, Any] = {
        "csrf_token": token_of(client), "no": number, "name": "Nazlı Kırşehirli",
        "phone": new_phone(), "signed": clock.today().isoformat(), "cevap-MESAJ": "evet", **more}
    if scan is not None:
        fields["dosya"] = (io.BytesIO(scan), "form.png")
    return client.post("/kagit-formlar/giris", data=fields, content_type="multipart/form-data")


def rows(place: Any) -> list[Any]:
    return db.connection().execute(
        "select channel, status, source, standing, consent_date from consent_entry "
        "where provider_id = %s order by id", (place.provider_id,)).fetchall()


def test_a_signed_sheet_is_recorded_with_its_scan_and_its_source(
    clerk: Any, place: Any, batch: Batch
) -> None:
    answer = enter(clerk, batch.number(1), **{"cevap-ARAMA": "hayir"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/kagit-formlar/giris")
    assert sorted(row[:4] for row in rows(place)) == [(1, 2, 2, 1), (2, 1, 2, 1)]
    linked = db.connection().execute(
        "select count(*), count(distinct file_id) from entry_file where provider_id = %s",
        (place.provider_id,)).fetchone()
    assert linked == (2, 1)
    said = db.connection().execute("select evidence from submission where provider_id = %s",
                                   (place.provider_id,)).fetchone()[0]
    assert (said["sheet"], said["place"]) == (batch.number(1), "Bornova fuarı")
    assert len(said["file"]["sha256"]) == 64
    acts = db.connection().execute("select act, extent from kvkk_entry where provider_id = %s",
                                   (place.provider_id,)).fetchall()
    assert (len(acts), untold(place)) == (1, [])  # the notice was handed over on paper


def test_without_a_scan_nothing_is_recorded_r09(clerk: Any, place: Any, batch: Batch) -> None:
    answer = enter(clerk, batch.number(1), scan=None)
    assert (answer.status_code, "taramasını ekleyin" in answer.text) == (422, True)
    assert "taramasını ekleyin" in enter(clerk, batch.number(1), scan=b"only words").text
    assert rows(place) == []


@pytest.mark.parametrize(("change", "said"), [
    ({"name": "12"}, "adı ve soyadı"), ({"phone": "12"}, "Numara eksik"),
    ({"cevap-MESAJ": ""}, "işaretli bir kutu"), ({"signed": "2999-01-01"}, "Tarih"),
    ({"signed": "x"}, "Tarih"), ({"signed": "2020-01-01"}, "Tarih"),
    ({"cevap-EPOSTA": "evet", "email": "yok"}, "posta"), ({"cevap-MESAJ": "belki"}, "kutu")])
def test_what_is_wrong_is_told_and_what_was_typed_stays(
    clerk: Any, place: Any, batch: Batch, change: dict[str, str], said: str
) -> None:
    answer = enter(clerk, batch.number(2), **({"phone": "05991112233"} | change))
    assert answer.status_code == 422
    assert said in answer.text.partition('role="alert"')[2].partition("</ul>")[0]
    assert f'value="{change.get("phone", "05991112233")}"' in answer.text
    assert rows(place) == []
    token = re.search(r'name="gelen" value="([^"]+)"', answer.text)
    assert token  # nobody scans twice
    assert enter(clerk, batch.number(2), scan=None, gelen=token.group(1)).status_code == 303
    assert enter(clerk, batch.number(3), scan=None, gelen=token.group(1)).status_code == 422


def test_a_sheet_counts_once(clerk: Any, place: Any, batch: Batch) -> None:
    phone = new_phone()
    for _ in range(2):
        assert enter(clerk, batch.number(1), phone=phone).status_code == 303
    again = enter(clerk, batch.number(1), phone=new_phone())
    assert (again.status_code, "daha önce" in again.text) == (422, True)
    assert len(rows(place)) == 1


def test_a_sheet_is_found_by_its_number_however_it_comes(clerk: Any, batch: Batch) -> None:
    number = batch.number(3)
    for typed in (number, number.lower(), f"https://x/kagit-formlar/giris?no={number}"):
        page = clerk.get("/kagit-formlar/giris", query_string={"no": typed})
        assert (page.status_code, number in page.text) == (200, True)
    for wrong in ("KGT-0000-0000-0000", "1", "é" * 500, batch.number(4), "KGT-"):
        assert clerk.get("/kagit-formlar/giris",
                         query_string={"no": wrong}).status_code == 422
    assert 'checked><span>Evet' not in clerk.get(f"/kagit-formlar/giris?no={number}").text


def test_what_one_cannot_read_another_types_in(
    app: Any, clerk: Any, place: Any, batch: Batch
) -> None:
    number = batch.number(1)
    assert enter(clerk, number, bak="1", phone="").status_code == 303
    assert rows(place) == []
    assert "başka biri bakmalı" in enter(clerk, number).text  # not the same eyes
    other = sign_in(app, user_with(app, "provider_admin", place))
    scan = re.search(r'href="(/kagit-formlar/bak/\d+)"', other.get("/kagit-formlar/").text)
    assert scan
    assert other.get(scan.group(1)).data == PNG
    assert enter(other, number, scan=None).status_code == 303  # the scan lies there already
    assert [row[:4] for row in rows(place)] == [(2, 1, 2, 1)]
    assert "ikinci göz" not in other.get("/kagit-formlar/").text.lower()


def test_what_nobody_can_read_is_put_aside_by_somebody_else(
    app: Any, clerk: Any, place: Any, batch: Batch
) -> None:
    enter(clerk, batch.number(1), bak="1", phone="")
    number = db.connection().execute("select id from paper_look where provider_id = %s",
                                     (place.provider_id,)).fetchone()[0]
    other = sign_in(app, user_with(app, "provider_admin", place))
    for client, state in ((clerk, 1), (other, 3)):
        client.post(f"/kagit-formlar/bak/{number}/ayir", data={"csrf_token": token_of(client)})
        assert db.connection().execute("select state from paper_look where id = %s",
                                       (number,)).fetchone()[0] == state
    assert rows(place) == []


def test_a_sheet_put_aside_may_be_left_again_and_a_recorded_one_not(
    app: Any, clerk: Any, place: Any, batch: Batch
) -> None:
    other = sign_in(app, user_with(app, "provider_admin", place))
    enter(clerk, batch.number(1), bak="1", phone="")
    number, = db.connection().execute("select id from paper_look where provider_id = %s",
                                      (place.provider_id,)).fetchone()
    other.post(f"/kagit-formlar/bak/{number}/ayir", data={"csrf_token": token_of(other)})
    assert enter(other, batch.number(1), bak="1", phone="").status_code == 303
    assert "başka biri bakmalı" in enter(other, batch.number(1)).text
    assert enter(clerk, batch.number(1)).status_code == 303
    again = enter(other, batch.number(1), bak="1", phone="")
    assert (again.status_code, "kaydedilmiş" in again.text) == (422, True)
    looks = db.connection().execute("select state from paper_look where provider_id = %s",
                                    (place.provider_id,)).fetchall()
    assert looks == [(2,)]


def test_a_date_is_never_before_the_printing_and_too_old_a_sheet_is_refused_r40(
    clerk: Any, place: Any, batch: Batch
) -> None:
    enter(clerk, batch.number(1))
    assert rows(place)[0][4] >= batch.made_at.replace(microsecond=0)
    db.connection().execute("update paper_batch set made_at = now() - interval '30 days' "
                            "where id = %s", (batch.id,))
    late = enter(clerk, batch.number(2), signed=str(clock.today() - timedelta(days=12)))
    assert (late.status_code, "3 iş günü" in late.text) == (422, True)


def test_the_sheet_shows_the_published_words_with_yes_and_no_and_a_number_each(
    clerk: Any, place: Any, batch: Batch
) -> None:
    said = papersheet.content(batch, "Defne Ev", "", "")
    assert [one["number"] for one in said["sheets"]] == [batch.number(n) for n in (1, 2, 3)]
    assert len(said["lines"]) == 3
    assert all("kabul ediyorum" in one["text"] for one in said["lines"])
    assert said["words"]["heading"] == "Ticari elektronik ileti"
    template = papersheet.TEMPLATE.read_text()
    assert template.index("w.heading)") < template.index("write(w.sign)")
    assert "size: 12pt, lang" in template
    made = clerk.get(f"/kagit-formlar/{batch.id}.pdf")
    assert (made.status_code, made.mimetype, b"pdfaid" in made.data) == (
        200, "application/pdf", True)


@pytest.mark.parametrize("language", ["tr", "en"])
def test_r14_what_is_signed_is_drawn_in_twelve_points_above_the_signature(
    place: Any, language: str
) -> None:
    publish_standard_texts(place.provider_id, place.brand_id)
    batch = paper.print_batch(db.connection(), place, dealer_id=None, language=language, copies=1,
                              spot="Bornova fuarı", by=1)
    front = pdfium.PdfDocument(papersheet.sheets(batch, "Defne Ev", "", ""))[0]
    drawn = [(one.extract(), size(one), one.get_bounds()[3])
             for one in front.get_objects(filter=[pdfium.raw.FPDF_PAGEOBJ_TEXT],
                                          textpage=front.get_textpage())]
    words = papersheet.content(batch, "Defne Ev", "", "")["words"]
    top, sign = (next(y for text, _, y in drawn if text.startswith(words[name].split(" (")[0]))
                 for name in ("heading", "sign"))
    inside = [(text, points) for text, points, y in drawn if sign <= y <= top]
    assert len(inside) > 6
    assert all(points >= 11.99 for _, points in inside), inside
    small = {text for text, points, _ in drawn if points < 11.99}
    assert small == {papersheet.content(batch, "Defne Ev", "", "")["versions"]}


def size(drawn: pdfium.PdfObject) -> float:
    """The points a run of text is set in, its scale on the page counted in."""
    points = ctypes.c_float()
    pdfium.raw.FPDFTextObj_GetFontSize(drawn.raw, points)
    return float(points.value * abs(drawn.get_matrix().d))


def test_a_dealer_prints_and_types_in_for_itself_alone(app: Any, place: Any, batch: Batch) -> None:
    dealer = dealer_of(place)
    manager = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=dealer))
    assert manager.get(f"/kagit-formlar/{batch.id}.pdf").status_code == 404
    assert manager.get("/kagit-formlar/giris",
                       query_string={"no": batch.number(1)}).status_code == 422
    manager.post("/kagit-formlar/bas", data={
        "csrf_token": token_of(manager), "marka": place.brand_id, "dil": "tr", "adet": "2"})
    number = db.connection().execute("select max(id) from paper_batch where dealer_id = %s",
                                     (dealer,)).fetchone()[0]
    assert enter(manager, paper.number_of(number, 2)).status_code == 303
    own = db.connection().execute("select dealer_id from consent_entry where provider_id = %s",
                                  (place.provider_id,)).fetchone()[0]
    assert own == dealer


@pytest.mark.parametrize("copies", ["0", "201", "x", "-1"])
def test_a_printing_has_one_to_two_hundred_sheets(clerk: Any, place: Any, copies: str) -> None:
    answer = clerk.post("/kagit-formlar/bas", follow_redirects=True, data={
        "csrf_token": token_of(clerk), "marka": place.brand_id, "dil": "tr", "adet": copies})
    assert "1–200" in answer.text
