"""The hosted application form: what it asks, that the code makes it, and what strangers try."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.requests import cases, drafts
from ileti.requests.numbers import case_of, form_path
from tests.panel.people import take
from tests.requests.conftest import TCKN, Applicant, kinds_of


def count(applicant: Applicant, table: str = "data_request") -> int:
    row = db.connection().execute(f"select count(*) from {table} where provider_id = %s",
                                  (applicant.place.provider_id,)).fetchone()
    return int(row[0])


def test_an_application_is_made_with_the_code_and_has_number_and_last_day(
    applicant: Applicant
) -> None:
    page = applicant.send("B", "E", wish="Hangi verilerim var?")
    assert page.status_code == 200
    assert count(applicant) == 0
    receipt = applicant.confirm()
    number = re.search(r"BSV-\w{4}-\w{4}-\w{4}", receipt.text)[0]
    case = cases.read_case(db.connection(), case_of(number))
    assert (case.person.name, case.person.tckn, case.wish) == (
        "Nazlı Kırşehirli", TCKN, "Hangi verilerim var?")
    assert case.rights == ["B", "E"]
    assert kinds_of(case.id) == ["received", "confirmed"]
    assert (case.due_at - case.received_at).days in (29, 30)


def test_opening_pages_changes_nothing(applicant: Applicant) -> None:
    for lang in ("tr", "en"):
        applicant.lang = lang
        assert applicant.get().status_code == 200
    assert count(applicant, "data_request_draft") == 0
    assert "Set-Cookie" not in applicant.get().headers


def test_the_answer_is_the_same_for_known_and_unknown_addresses(
    app: Any, place: Any
) -> None:
    known = Applicant(app, place)
    take(place, known.mail, channel=Channel.EPOSTA)
    pages = []
    for one in (known, Applicant(app, place)):
        text = one.send("A").text
        pages.append(re.sub(r'value="[^"]+"|nonce="[^"]+"|k•+\w@', "", text))
    assert pages[0] == pages[1]


@pytest.mark.parametrize(("field", "value", "said"), [
    ("name", "", "Ad ve soyad"), ("tckn", "", "T.C. kimlik no"), ("postal", "", "Tebligata esas"),
    ("tckn", "12345678901", "bu numara olamaz"), ("email", "nazli@", "E-posta adresi eksik"),
    ("right", [], "Talep konusu"), ("wish", "x" * 4_001, "En çok 4000 harf"),
])
def test_what_the_communique_asks_for_is_asked_for(
    applicant: Applicant, field: str, value: Any, said: str
) -> None:
    more = {field: value}
    answer = applicant.post("", applicant.filled() | more)
    assert answer.status_code == 422
    assert said in answer.text
    assert count(applicant, "data_request_draft") == 0


def test_a_foreigner_applies_with_nationality_and_passport(applicant: Applicant) -> None:
    number = applicant.apply("A", tckn="", nationality="Deutschland", passport="c01x 00t47")
    case = cases.read_case(db.connection(), case_of(number))
    assert (case.person.passport, case.person.nationality) == ("C01X00T47", "Deutschland")


def test_nothing_of_a_person_lies_in_clear(applicant: Applicant) -> None:
    number = case_of(applicant.apply("B", wish="gizli söz"))
    row = db.connection().execute("select row_to_json(r)::text from data_request r where id = %s",
                                  (number,)).fetchone()[0]
    draft = db.connection().execute(
        "select content from data_request_draft where request_id = %s", (number,)).fetchone()
    for word in ("Nazlı", TCKN, "gizli", "Akasya", applicant.mail):
        assert word not in row
    assert draft == (None,)


def test_a_wrong_code_makes_no_case_and_five_end_it(applicant: Applicant) -> None:
    applicant.send()
    right = applicant.code()
    wrong = "000000" if right != "000000" else "111111"
    for left in (4, 3, 2, 1, 0):
        assert f"{left} deneme" in applicant.confirm(wrong).text
    assert "Deneme hakkınız bitti" in applicant.confirm(right).text
    assert count(applicant) == 0


def draft_of(one: Applicant) -> int:
    return int(drafts.open_handle(one.handle, one.place.brand_id)[0])


def test_a_code_is_of_one_draft_and_one_address(app: Any, place: Any) -> None:
    """Also where somebody wrote to the database by hand."""
    mine, theirs = Applicant(app, place), Applicant(app, place)
    mine.send()
    code = mine.code()
    theirs.send()
    db.connection().execute(
        "update data_request_draft t set code_hash = m.code_hash from data_request_draft m "
        "where t.id = %s and m.id = %s", (draft_of(theirs), draft_of(mine)))
    assert "Kod uymadı" in theirs.confirm(code).text
    db.connection().execute(
        "update data_request_draft m set content = t.content from data_request_draft t "
        "where t.id = %s and m.id = %s", (draft_of(theirs), draft_of(mine)))
    assert "Kod uymadı" in mine.confirm(code).text
    assert count(mine) == 0


def test_an_address_has_so_many_wrong_tries_a_day_whatever_codes_and_drafts(
    app: Any, place: Any
) -> None:
    one = Applicant(app, place)
    for _ in range(5):
        one.send()
        right = one.code()
        for _ in range(4):
            answer = one.confirm("000000" if right != "000000" else "111111")
    assert "1 deneme" in answer.text
    assert "bugünkü deneme hakkı bitti" in one.confirm(right).text
    assert count(one) == 0


def test_the_same_code_again_is_the_same_case(applicant: Applicant) -> None:
    applicant.send()
    code = applicant.code()
    first, second = applicant.confirm(code), applicant.confirm(code)
    numbers = {re.search(r"BSV-[\w-]{14}", one.text)[0] for one in (first, second)}
    assert len(numbers) == 1
    assert count(applicant) == 1
    assert count(applicant, "data_request_mail") == 2  # the code and one receipt


def test_a_filled_trap_looks_the_same_and_keeps_nothing(applicant: Applicant) -> None:
    answer = applicant.send(website="http://x")
    assert answer.status_code == 200
    assert 'name="code.email"' in answer.text
    assert count(applicant, "data_request_draft") == 0
    assert "Kod uymadı" in applicant.confirm("123456").text


def test_a_post_from_another_site_or_with_a_strange_token_is_refused(
    applicant: Applicant, place_b: Any
) -> None:
    data = applicant.filled()
    answer = applicant.client.post(applicant.path, data=data,
                                   headers={"Origin": "https://kotu.test"})
    assert answer.status_code == 403
    assert applicant.client.post(form_path(place_b.brand_id), data=data).status_code == 403
    assert applicant.post("", data | {"token": "x.y"}).status_code == 403
    assert count(applicant, "data_request_draft") == 0


def test_an_address_gets_so_many_codes_in_an_hour(applicant: Applicant) -> None:
    for _ in range(6):
        assert applicant.send().status_code == 200
    assert applicant.send().status_code == 429


def test_r30_who_wants_no_messages_is_refused_everywhere_with_the_code(
    app: Any, place: Any
) -> None:
    one = Applicant(app, place)
    taken = take(place, one.mail, channel=Channel.EPOSTA)
    number = case_of(one.apply("RET"))
    row = db.connection().execute(
        "select status, source from consent_state where provider_id = %s and recipient_id = %s",
        (place.provider_id, taken.items[0].recipient_id)).fetchall()
    assert row == [(2, 6)]
    assert "stopped" in kinds_of(number)


def test_one_wish_that_fails_keeps_nobody_elses(
    app: Any, place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [Applicant(app, place) for _ in range(3)]
    with monkeypatch.context() as crashed:
        crashed.setattr(drafts, "_stop_if_asked", lambda _: None)
        numbers = [case_of(one.apply("RET")) for one in asked]
    real = drafts.stops.stop

    def breaks(case: Any, *more: Any, **named: Any) -> int:
        if case.id == numbers[0]:
            raise RuntimeError("the ledger is away")
        return real(case, *more, **named)

    monkeypatch.setattr(drafts.stops, "stop", breaks)
    drafts.stop_forgotten()
    assert ["stopped" in kinds_of(number) for number in numbers] == [False, True, True]
    monkeypatch.undo()
    drafts.stop_forgotten()
    assert kinds_of(numbers[0]).count("stopped") == 1


def test_r42_the_refusal_of_an_unknown_address_is_kept(applicant: Applicant) -> None:
    number = case_of(applicant.apply("RET"))
    rows = db.connection().execute(
        "select status from consent_state where provider_id = %s",
        (applicant.place.provider_id,)).fetchall()
    assert rows == [(2,)]
    attached = db.connection().execute(
        "select how from data_request_recipient where request_id = %s", (number,)).fetchall()
    assert attached == [(1,)]


def test_only_the_address_that_was_proved_is_matched(app: Any, place: Any) -> None:
    victim = f"+9059{91000000 + place.brand_id % 1_000_000:08d}"
    theirs = take(place, victim)
    one = Applicant(app, place)
    number = case_of(one.apply("B", phone=victim))
    rows = db.connection().execute("select recipient_id from data_request_recipient "
                                   "where request_id = %s", (number,)).fetchall()
    assert (theirs.items[0].recipient_id,) not in rows


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def test_documents_are_added_after_the_code_and_of_known_kinds_only(applicant: Applicant) -> None:
    number = case_of(applicant.apply())
    data = {"dosya": [(io.BytesIO(PDF), "vekalet.pdf"), (io.BytesIO(b"MZ\x90\x00" * 9), "x.pdf")]}
    answer = applicant.post("/dosya", data, h=applicant.handle)
    assert answer.status_code == 422
    assert "Dosya alınmadı: bir program" in answer.text
    rows = db.connection().execute("select role, added_by from data_request_file "
                                   "where request_id = %s", (number,)).fetchall()
    assert rows == [(3, None)]


def test_nobody_adds_a_document_without_a_handle(applicant: Applicant, place_b: Any) -> None:
    applicant.apply()
    data = {"dosya": [(io.BytesIO(PDF), "a.pdf")]}
    assert applicant.post("/dosya", data, h="x").status_code == 403
    other = Applicant(applicant.app, place_b)
    assert other.post("/dosya", {"dosya": [(io.BytesIO(PDF), "a.pdf")]},
                      h=applicant.handle).status_code == 410
    assert count(applicant, "data_request_file") == 0


def test_a_hostile_name_is_shown_as_text(applicant: Applicant) -> None:
    answer = applicant.send(name="<script>alert(1)</script>", tckn="1")
    assert "<script>alert(1)" not in answer.text
    assert "&lt;script&gt;" in answer.text


@pytest.mark.parametrize("number", ["FRM-0000-0000-0000", "FRM-ZZZZ-ZZZZ-ZZZZ", "1", "BSV-x"])
def test_a_form_nobody_has_is_not_found(app: Any, number: str) -> None:
    assert app.test_client().get(f"/kvkk/{number}").status_code == 404
