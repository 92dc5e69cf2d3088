"""Templates of messages in the panel: who writes, what is shown meanwhile, what is declared."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ileti.core import db
from tests.panel.people import dealer_of, sign_in, take, token_of, user_with

SMS = {"class": "TICARI", "body": "Sayın {ad}, hafta sonu %20 indirim.", "tags": "kampanya",
       "terms": "https://defne.ornek.com.tr/kosullar", "ends": "2027-12-31", "name": "Hafta sonu"}
NOTICE = {"class": "SATIN_ALMA_TESLIMAT", "body": "Siparişiniz yolda, hediyeniz içinde.",
          "name": "Yolda", "reason": "Sipariş bildirimi"}


def person(app: Any, place: Any, role: str = "marketer", level: str = "provider",
           **more: Any) -> Any:
    return sign_in(app, user_with(app, role, place, level=level, **more))


def added(client: Any, place: Any, *, brand: bool = True, **more: str) -> int:
    answer = client.post("/sablonlar/yeni", data={
        "csrf_token": token_of(client), "name": "Deneme", "channel": "MESAJ",
        "place": f"b{place.brand_id}" if brand else f"p{place.provider_id}", **more})
    assert answer.status_code == 302, answer.text
    return int(re.search(r"/sablonlar/(\d+)/", answer.location)[1])  # type: ignore[index]


def write(client: Any, number: int, wish: str = "save", revision: int = 0, **typed: str) -> Any:
    return client.post(f"/sablonlar/{number}/taslak", data={
        "csrf_token": token_of(client), "wish": wish, "revision": str(revision), **typed})


def record(place: Any) -> None:
    db.connection().execute(
        "update provider set mersis = '0123456789012345', contact = 'Defne Sk. 1', "
        "service_number = '0850 000 00 00', refusal_number = '3338', segment_price = 0.15 "
        "where id = %s", (place.provider_id,))


def versions(number: int) -> list[Any]:
    return db.connection().execute(
        "select version, declared, approved_by, approval from message_template_version "
        "where template_id = %s order by version", (number,)).fetchall()


def test_a_marketer_writes_sees_and_publishes_an_sms(app: Any, place: Any) -> None:
    record(place)
    client = person(app, place)
    number = added(client, place)
    assert write(client, number, "publish", **SMS).status_code == 303
    assert [row[:2] for row in versions(number)] == [(1, 1)]
    page = client.get(f"/sablonlar/{number}").text
    assert "Kampanya:" in page
    assert "Mersis:0123456789012345" in page
    assert "Ret icin RET yazip 3338" in page
    assert "0,30" in page  # two segments
    assert "Hafta sonu" in client.get("/sablonlar/").text


def test_what_is_wrong_is_told_and_what_was_typed_stays(app: Any, place: Any) -> None:
    client = person(app, place)
    number = added(client, place)
    answer = write(client, number, "publish", **(SMS | {"terms": "", "body": "{isim} %20 indirim"}))
    assert answer.status_code == 422
    assert "{isim} diye bir alan yok" in answer.text
    assert "koşulları" in answer.text
    assert "{isim} %20 indirim" in answer.text
    assert versions(number) == []


def test_an_exempt_text_that_promotes_waits_for_whoever_may_approve(app: Any, place: Any) -> None:
    """R-03."""
    client = person(app, place)
    number = added(client, place)
    assert write(client, number, "publish", **NOTICE).status_code == 303
    assert versions(number) == []
    officer = person(app, place, "compliance_officer")
    found = re.search(r"/onaylar/(\d+)", officer.get(f"/sablonlar/{number}").text)
    assert found is not None
    page = officer.get(found[0]).text
    assert "hediyeniz içinde" in page
    digest = re.search(r'name="ozet" value="([0-9a-f]+)"', page)[1]  # type: ignore[index]
    for reason in ("", "Sipariş edilen hediyedir"):
        officer.post(f"{found[0]}/karar", data={"csrf_token": token_of(officer), "ozet": digest,
                                                "karar": "onay", "neden": reason})
    assert [row[3] for row in versions(number)] == ["Sipariş edilen hediyedir"]
    assert "Sipariş edilen hediyedir" in officer.get(f"/sablonlar/{number}").text


def test_while_one_writes_findings_preview_and_letters_come(app: Any, place: Any) -> None:
    record(place)
    client = person(app, place)
    number = added(client, place)
    said = client.post(f"/sablonlar/{number}/denetle", data={
        "csrf_token": token_of(client), **SMS, "body": "Şimdi {ad} hediye"}).get_json()
    assert [0, 1, "letter", ""] in said["marks"]
    assert said["plain"] == "Simdi {ad} hediye"
    assert "GSM-7 (TR)" in said["live"]
    assert "R-27" not in said["html"]


def test_plain_letters_are_one_click(app: Any, place: Any) -> None:
    client = person(app, place)
    number = added(client, place)
    page = write(client, number, "plain", **(SMS | {"body": "Şimdi “çok” iyi"})).text
    assert 'lang="tr">Simdi &#34;cok&#34; iyi</textarea>' in page
    assert versions(number) == []


def test_without_the_record_it_is_said_what_is_lacking(app: Any, place: Any) -> None:
    client = person(app, place)
    number = added(client, place)
    page = write(client, number, "look", **SMS).text
    assert "ücretsiz ret numarası tanımlı değil" in page
    assert "R-29" in page


def test_a_mail_is_shown_in_a_frame_that_does_nothing(app: Any, place: Any) -> None:
    record(place)
    client = person(app, place)
    number = added(client, place, channel="EPOSTA")
    answer = client.post(f"/sablonlar/{number}/eposta?gorunum=koyu", data={
        "csrf_token": token_of(client), "subject": "Konu", "class": "TICARI",
        "html": "<script>alert(1)</script><p onclick=x>Sayın {ad}</p>"})
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "<script" not in answer.text
    assert "onclick" not in answer.text
    assert "<p>Sayın Ayşe</p>" in answer.text
    assert "@media (min-width:0px)" in answer.text


def test_a_recipient_is_looked_at_masked_and_the_look_is_noted(app: Any, place: Any) -> None:
    taken = take(place, "+905990000417")
    client = person(app, place, "provider_admin")
    number = added(client, place)
    page = write(client, number, "look", **SMS, kisi="0599 000 04 17").text
    assert "+90 5•• ••• 04 17" in page
    noted = db.connection().execute(
        "select detail from audit_entry where provider_id = %s and action = 'template:preview'",
        (place.provider_id,)).fetchone()
    assert noted is not None
    assert taken is not None
    assert "Görebildiğiniz hiç kimsede" in write(
        client, number, "look", **SMS, kisi="0599 999 99 98").text


@pytest.mark.parametrize(("role", "level"), [
    ("compliance_officer", "provider"), ("dealer_manager", "dealer"),
    ("report_viewer", "provider"), ("call_centre_agent", "provider")])
def test_who_may_not_write_does_not(app: Any, place: Any, role: str, level: str) -> None:
    number = added(person(app, place), place)
    dealer = dealer_of(place) if level == "dealer" else None
    client = person(app, place, role, level, dealer_id=dealer)
    assert client.get(f"/sablonlar/{number}/taslak").status_code in (302, 403)
    assert write(client, number, **SMS).status_code in (302, 403)
    row = db.connection().execute("select revision from message_template where id = %s",
                                  (number,)).fetchone()
    assert row == (0,)


def test_a_brand_reads_the_providers_template_and_writes_its_own_alone(app: Any, place: Any
                                                                       ) -> None:
    number = added(person(app, place), place, brand=False)
    client = person(app, place, "marketer", "brand")
    assert client.get(f"/sablonlar/{number}").status_code == 200
    assert write(client, number, **SMS).status_code == 403
    own = added(client, place)
    assert write(client, own, **SMS).status_code == 303


def test_another_providers_template_is_not_there(app: Any, place: Any, place_b: Any) -> None:
    number = added(person(app, place), place)
    client = person(app, place_b)
    for path in (f"/sablonlar/{number}", f"/sablonlar/{number}/taslak",
                 f"/sablonlar/{number}/eposta"):
        assert client.get(path).status_code == 404
    assert write(client, number, **SMS).status_code == 404


def test_the_record_of_the_sender_is_kept_sealed_and_checked(app: Any, place: Any) -> None:
    client = person(app, place, "provider_admin")
    path, typed = f"/gonderen/{place.provider_id}", {
        "trade": "2", "owner_tckn": "10000000146", "refusal_number": "3338", "refusal_word": "RET",
        "call_digit": "9", "segment_price": "0,1250", "service_number": "0850 000 00 00"}
    wrong = client.post(path, data=typed | {"csrf_token": token_of(client), "owner_tckn": "123",
                                            "refusal_word": "ret!"})
    assert wrong.status_code == 422
    assert "11 hanelidir" in wrong.text
    two_keys = client.post(path, data=typed | {"csrf_token": token_of(client), "call_digit": "12"})
    assert two_keys.status_code == 422
    assert client.post(path, data=typed | {"csrf_token": token_of(client)}).status_code == 303
    row = db.connection().execute(
        "select owner_tckn, refusal_number, segment_price from provider where id = %s",
        (place.provider_id,)).fetchone()
    assert row is not None
    assert "10000000146" not in row[0]
    assert (row[1], str(row[2])) == ("3338", "0.1250")
    page = client.get(path).text
    assert "TCKN:10000000146" in page  # as the law wants it in every message
    assert 'value="10000000146"' not in page


def test_a_word_of_refusal_nobody_would_understand_is_not_kept_and_the_one_before_is_remembered(
        app: Any, place: Any) -> None:
    client = person(app, place, "provider_admin")
    path, typed = f"/gonderen/{place.provider_id}", {
        "trade": "1", "refusal_number": "4609", "refusal_elsewhere": "1"}

    def save(word: str) -> Any:
        return client.post(path, data=typed | {"csrf_token": token_of(client),
                                               "refusal_word": word})
    wrong = save("ONAY")
    assert wrong.status_code == 422
    assert "ret denemez" in wrong.text
    assert save("CIKIS").status_code == save("DEFNE").status_code == 303
    assert db.connection().execute(
        "select refusal_word, refusal_words_before, refusal_elsewhere from provider where id = %s",
        (place.provider_id,)).fetchone() == ("DEFNE", ["CIKIS", "RET"], True)
    assert 'name="refusal_elsewhere" value="1" checked' in client.get(path).text
