"""Record pages: what is typed is checked and kept, secrets go in and never come out."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.consents.numbers import record_number
from ileti.core import db
from tests.panel.people import dealer_of, sign_in, token_of, user_with


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


def _dealer(client: Any, place: Any, **changed: str) -> Any:
    data = {"csrf_token": token_of(client), "brand": str(place.brand_id), "title": "Akasya Ltd.",
            "name": "Akasya", "alias": "", "tckn": "10000000146", "tin": "1234567890",
            "mersis": "", "mobile": "0599 123 45 67", "town_code": "400", "status": "active"}
    return client.post("/bayiler/add", data=data | changed)


def _dealers(place: Any) -> list[Any]:
    return db.connection().execute(
        "select title, mobile, city_code, tckn from dealer where provider_id = %s",
        (place.provider_id,)).fetchall()


def test_a_dealer_is_kept_with_its_city_and_an_encrypted_tckn(admin: Any, place: Any) -> None:
    answer = _dealer(admin, place)
    assert answer.status_code == 302
    (title, mobile, city, tckn), = _dealers(place)
    assert (title, mobile) == ("Akasya Ltd.", "+905991234567")
    assert len(city) == 2
    assert "10000000146" not in tckn


@pytest.mark.parametrize(("field", "value"), [
    ("tckn", "12345678901"), ("tin", "123"), ("mersis", "1"), ("mobile", "0212 000 00 00"),
    ("town_code", "99999"), ("title", ""),
])
def test_a_wrong_field_keeps_the_dealer_out(admin: Any, place: Any, field: str,
                                           value: str) -> None:
    answer = _dealer(admin, place, **{field: value})
    assert answer.status_code == 200
    assert "aria-invalid" in answer.text or "form-hatalari" in answer.text
    assert _dealers(place) == []


def test_a_dealer_cannot_be_put_below_a_strange_brand(admin: Any, place: Any,
                                                      place_b: Any) -> None:
    _dealer(admin, place, brand=str(place_b.brand_id))
    assert _dealers(place) == []
    assert _dealers(place_b) == []


def test_the_tckn_is_not_shown_again_and_stays_when_left_empty(admin: Any, place: Any) -> None:
    dealer = dealer_of(place)
    page = admin.get(f"/bayiler/edit/{dealer}").text
    assert "10000000146" not in page
    before = _dealers(place)[0][3]
    answer = admin.post(f"/bayiler/edit/{dealer}", data={
        "csrf_token": token_of(admin), "title": "Yeni Unvan", "name": "Yeni", "tckn": "",
        "tin": "1234567890", "town_code": "400", "status": "passive"})
    assert answer.status_code == 302
    title, _mobile, _city, after = _dealers(place)[0]
    assert title == "Yeni Unvan"
    assert after
    assert before


def test_the_iys_password_goes_in_and_never_comes_out(admin: Any, place: Any) -> None:
    path = f"/saglayicilar/edit/{place.provider_id}"
    data = {"title": "Defne Ev A.Ş.", "short_name": "Defne Ev", "iys_code": str(place.iys_code),
            "iys_username": "defne", "iys_password": "cok-gizli-parola"}
    assert admin.post(path, data=data | {"csrf_token": token_of(admin)}).status_code == 302
    assert "cok-gizli-parola" not in admin.get(path).text
    admin.post(path, data=data | {"csrf_token": token_of(admin), "iys_password": ""})
    kept = db.connection().execute(
        "select iys_password from provider where id = %s", (place.provider_id,)).fetchone()[0]
    assert kept
    assert "cok-gizli-parola" not in kept


def test_every_change_of_a_record_is_in_the_audit_trail(admin: Any, place: Any) -> None:
    _dealer(admin, place)
    actions = db.connection().execute(
        "select action from audit_entry where provider_id = %s", (place.provider_id,)).fetchall()
    assert ("dealer:add",) in actions
    assert "dealer:add" in admin.get("/denetim/list/").text


def test_a_site_shows_its_snippet_with_the_widgets_hash(admin: Any, place: Any) -> None:
    answer = admin.post("/siteler/add", data={
        "csrf_token": token_of(admin), "brand": str(place.brand_id), "name": "Mağaza",
        "origins": "https://www.ornek.com.tr\nhttps://www.ornek.com.tr", "policy": "code",
        "channels": ["2", "3"]})
    assert answer.status_code == 302
    row = db.connection().execute(
        "select id, public_key, origins, channels, secret from site where provider_id = %s",
        (place.provider_id,)).fetchone()
    assert row[2:4] == (["https://www.ornek.com.tr"], [2, 3])
    page = admin.get(f"/siteler/show/{row[0]}").text
    assert "sha384-" in page
    assert row[1] in page


def test_a_wording_is_published_with_its_hash(admin: Any, place: Any) -> None:
    document = db.connection().execute(
        "insert into document (provider_id, brand_id, kind, channel, name) "
        "values (%s, %s, 'ETK_ONAYI', 2, 'Mesaj') returning id",
        (place.provider_id, place.brand_id)).fetchone()[0]
    text = "Defne Ev Tekstili San. ve Tic. A.Ş. tarafından gönderilecek kampanya mesajlarını " \
           "**kısa mesajla** almayı kabul ediyorum."
    path = f"/metinler/{document}/taslak/tr"
    admin.post(path, data={"csrf_token": token_of(admin), "title": "Mesaj onayı", "body": text,
                           "revision": "0", "wish": "save"})
    answer = admin.post(f"{path}/yayinla", follow_redirects=True, data={
        "csrf_token": token_of(admin), "revision": "1"})
    assert "Sürüm 1 yayında" in answer.text
    assert "<strong>kısa mesajla</strong>" in answer.text
    kept = db.connection().execute(
        "select length(content_hash) from document_version where document_id = %s",
        (document,)).fetchone()
    assert kept == (32,)


def test_a_stopped_record_is_sent_again(admin: Any, place: Any) -> None:
    from tests.panel.people import take

    entry = take(place, "+905994000001").items[0].entry_id
    db.connection().execute(
        "update outbox set dead_at = now(), reason = 'H178' where topic = 1 and ref_id = %s",
        (entry,))
    page = admin.get("/iletim/?durum=duran").text
    assert "daha yeni tarihli" in page
    admin.post("/iletim/yeniden", data={
        "csrf_token": token_of(admin), "ref": record_number(entry)})
    row = db.connection().execute(
        "select dead_at from outbox where topic = 1 and ref_id = %s", (entry,)).fetchone()
    assert row == (None,)


def test_a_record_changed_into_another_that_is_there_is_said_on_its_page(admin: Any,
                                                                        place: Any) -> None:
    first, _second = (db.connection().execute(
        "insert into purpose (provider_id, name, ground, data, subjects, period) values "
        "(%s, %s, '5/2-c', '{kimlik}', '{musteri}', '1 yıl') returning id",
        (place.provider_id, name)).fetchone()[0] for name in ("Teslim", "Fatura"))
    answer = admin.post(f"/amaclar/edit/{first}", data={
        "csrf_token": token_of(admin), "name": "Fatura", "ground": "5/2-c", "data": "kimlik",
        "subjects": "musteri", "period": "1 yıl"})
    assert answer.status_code == 200
    assert "Bu numarayla ya da adla bir kayıt zaten var." in answer.text
    kept = db.connection().execute("select name from purpose where id = %s", (first,)).fetchone()
    assert kept == ("Teslim",)
