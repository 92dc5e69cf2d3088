"""Forms and errors in the house's words: nothing chosen beforehand, nothing typed lost."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ileti.core import db
from tests.panel.people import dealer_of, sign_in, token_of, user_with


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


def test_no_role_and_no_place_is_chosen_beforehand(app: Any) -> None:
    client = sign_in(app, user_with(app, "platform_admin"))
    page = client.get("/kullanicilar/add").text
    assert re.findall(r'<select[^>]*><option value="([^"]*)"', page) == ["", ""]
    assert "<option selected" not in page
    answer = client.post("/kullanicilar/add", data={
        "csrf_token": token_of(client), "username": "rolsuz-kisi", "first_name": "R",
        "email": "rolsuz@ornek.com.tr", "password": "uzun-ve-guzel-parola"})
    assert "aria-invalid" in answer.text
    assert db.connection().execute(
        "select 1 from ab_user where username = 'rolsuz-kisi'").fetchone() is None


def test_a_wrong_password_leaves_the_user_name_in_the_form(app: Any) -> None:
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = "192.0.2.44"
    answer = client.post("/login/", data={
        "username": "ada.yildiz", "password": "yanlis-parola-x",
        "csrf_token": token_of(client, "/login/")})
    assert 'value="ada.yildiz"' in answer.text
    assert "yanlis-parola-x" not in answer.text


def test_too_many_tries_say_how_long_to_wait(app: Any) -> None:
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = "192.0.2.45"
    for _try in range(6):
        answer = client.post("/login/", data={
            "username": "kimse-degil", "password": "yanlis-parola-x",
            "csrf_token": token_of(client, "/login/")})
    assert answer.status_code == 429
    assert re.search(r"\d+ saniye sonra yeniden deneyin", answer.text)
    assert answer.headers["Retry-After"].isdigit()


def test_who_may_not_see_a_page_is_told_whom_to_ask(app: Any, place: Any) -> None:
    user_with(app, "provider_admin", place)
    viewer = sign_in(app, user_with(app, "report_viewer", place))
    answer = viewer.get("/denetim/list/")
    assert answer.status_code == 403
    assert "Ada Yıldız" in answer.text


@pytest.mark.parametrize(("typed", "kept"), [
    ("#7A3E12", "#7A3E12"), ("7a3e12", "#7A3E12"), ("", None)])
def test_a_brands_colour_is_kept_in_one_spelling(admin: Any, place: Any, typed: str,
                                                kept: str | None) -> None:
    answer = admin.post(f"/markalar/edit/{place.brand_id}", data={
        "csrf_token": token_of(admin), "name": "Defne Ev", "accent": typed, "master": "y",
        "brand_code": str(place.brand_code)})
    assert answer.status_code == 302
    row = db.connection().execute("select accent from brand where id = %s",
                                  (place.brand_id,)).fetchone()
    assert row == (kept,)


@pytest.mark.parametrize("typed", ["#FFE066", "mavi", "#12", "red;}"])
def test_a_colour_nobody_can_read_is_refused_with_the_nearest_that_can(admin: Any, place: Any,
                                                                      typed: str) -> None:
    answer = admin.post(f"/markalar/edit/{place.brand_id}", data={
        "csrf_token": token_of(admin), "name": "Defne Ev", "accent": typed, "master": "y",
        "brand_code": str(place.brand_code)})
    assert answer.status_code == 200
    wanted = r"en yakın renk: #[0-9A-F]{6}" if typed == "#FFE066" else "#7A3E12 gibi"
    assert re.search(wanted, answer.text)


def test_a_brand_that_is_not_the_master_can_be_added(admin: Any, place: Any) -> None:
    answer = admin.post("/markalar/add", data={
        "csrf_token": token_of(admin), "provider": str(place.provider_id), "name": "İkinci",
        "brand_code": str(place.brand_code + 700)})
    assert answer.status_code == 302
    row = db.connection().execute(
        "select master from brand where name = 'İkinci' and provider_id = %s",
        (place.provider_id,)).fetchone()
    assert row == (False,)


def test_a_number_that_is_taken_keeps_the_form_filled(admin: Any, place: Any) -> None:
    answer = admin.post("/markalar/add", data={
        "csrf_token": token_of(admin), "provider": str(place.provider_id), "name": "Üçüncü Marka",
        "brand_code": str(place.brand_code)})
    assert answer.status_code == 200
    assert "zaten var" in answer.text
    assert 'value="Üçüncü Marka"' in answer.text


def test_faults_are_listed_in_the_order_of_the_form(admin: Any) -> None:
    page = admin.post("/bayiler/add", data={"csrf_token": token_of(admin), "status": "active"}).text
    listed = re.findall(r'<li><a href="#(\w+)">', page)
    assert listed == ["title", "name", "tckn", "tin", "town_code"] or listed == [
        "brand", "title", "name", "tckn", "tin", "town_code"]


def test_a_persons_number_is_masked_and_opened_with_a_trace(app: Any, admin: Any,
                                                           place: Any) -> None:
    dealer = dealer_of(place)
    page = admin.get(f"/bayiler/show/{dealer}").text
    assert "•••••••••46" in page
    assert "10000000146" not in page
    shown = admin.post(f"/bayiler/{dealer}/numaralar", data={"csrf_token": token_of(admin)}).text
    assert "10000000146" in shown
    seen = db.connection().execute(
        "select count(*) from audit_entry where action = 'dealer:reveal' and provider_id = %s",
        (place.provider_id,)).fetchone()
    assert seen == (1,)
    manager = sign_in(app, user_with(app, "brand_manager", place, level="brand"))
    again = manager.post(f"/bayiler/{dealer}/numaralar", data={"csrf_token": token_of(manager)})
    assert again.status_code == 403
    assert "Numaraları göster" not in manager.get(f"/bayiler/show/{dealer}").text


def test_a_sole_traders_tax_number_is_a_persons_number(admin: Any, place: Any) -> None:
    data = {"csrf_token": token_of(admin), "brand": str(place.brand_id), "title": "Ada Bakkal",
            "name": "Ada Bakkal", "tckn": "10000000146", "tin": "10000000146",
            "town_code": "400", "status": "active"}
    assert admin.post("/bayiler/add", data=data).status_code == 302
    number, kept = db.connection().execute(
        "select id, tin from dealer where provider_id = %s", (place.provider_id,)).fetchone()
    assert "10000000146" not in kept
    for path in (f"/bayiler/show/{number}", f"/bayiler/edit/{number}", "/bayiler/list/",
                 "/denetim/list/"):
        assert "10000000146" not in admin.get(path).text, path
    data |= {"tin": "", "tckn": "", "title": "Ada Market"}
    assert admin.post(f"/bayiler/edit/{number}", data=data).status_code == 302
    shown = admin.post(f"/bayiler/{number}/numaralar", data={"csrf_token": token_of(admin)}).text
    assert shown.count("10000000146") >= 2


ENGLISH = ("Add a", "List ", "Show ", "Edit ", "Delete", "Are you sure", "Search", "Save", "Back",
           "Record", "Nothing", "Previous", "Next", "This field", "Choose")


def test_no_english_of_flask_appbuilder_is_left_on_a_turkish_page(admin: Any, place: Any) -> None:
    dealer = dealer_of(place)
    for path in ("/saglayicilar/list/", f"/saglayicilar/edit/{place.provider_id}",
                 "/markalar/list/", "/markalar/add", "/bayiler/list/", f"/bayiler/show/{dealer}",
                 "/bayiler/add", "/kullanicilar/list/", "/kullanicilar/add", "/siteler/list/",
                 "/siteler/add", "/metinler/list/", "/metinler/add", "/denetim/list/", "/roller/"):
        text = re.sub(r"<(script|style|svg)\b.*?</\1>|<[^>]+>", " ", admin.get(path).text,
                      flags=re.DOTALL)
        assert [word for word in ENGLISH if word in text] == [], path


def test_the_same_pages_speak_english_with_english_dates(admin: Any, place: Any) -> None:
    dealer = dealer_of(place)
    admin.get("/lang/en")
    page = admin.get(f"/bayiler/show/{dealer}").text
    assert "Change the dealer" in page
    assert re.search(r"\d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}", page)
    admin.get("/lang/tr")
    assert re.search(r"\d{2}\.\d{2}\.\d{4} \d{2}:\d{2}", admin.get(f"/bayiler/show/{dealer}").text)


def test_an_allowed_address_is_kept_as_browsers_send_it(admin: Any, place: Any) -> None:
    data = {"csrf_token": token_of(admin), "brand": str(place.brand_id), "name": "Mağaza",
            "policy": "code", "channels": ["2"]}
    typed = "HTTPS://WWW.ornek.com.tr/\nhttps://www.ornek.com.tr"
    assert admin.post("/siteler/add", data=data | {"origins": typed}).status_code == 302
    row = db.connection().execute("select origins from site where provider_id = %s",
                                  (place.provider_id,)).fetchone()
    assert row == (["https://www.ornek.com.tr"],)
    wrong = admin.post("/siteler/add", data=data | {"origins": "https://ornek.com.tr/yol"})
    assert wrong.status_code == 200
