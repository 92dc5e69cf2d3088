"""API accounts in the panel: made by who may, the secret shown once, ended at once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from werkzeug.test import Client

from ileti.compat.endpoints import application
from ileti.core import db
from tests.panel.people import dealer_of, sign_in, token_of, user_with


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


def add(client: Any, place: Any, **more: str) -> Any:
    return client.post("/api-hesaplari/add", follow_redirects=True, data={
        "csrf_token": token_of(client), "name": "Kasa", "provider": str(place.provider_id),
        "brand": "", "dealer": "", **more})


def account(place: Any) -> Any:
    return db.connection().execute(
        "select id, username, brand_id, dealer_id, secret_hash, disabled_at from api_account "
        "where provider_id = %s order by id desc", (place.provider_id,)).fetchone()


def new_secret(client: Any, number: int) -> str:
    page = client.post(f"/api-hesaplari/{number}/anahtar", data={"csrf_token": token_of(client)})
    found = re.search(r'<pre id="gizli"[^>]*><code>([^<]+)</code>', page.text)
    assert found is not None, page.text
    assert page.headers["Cache-Control"] == "no-store"
    return found.group(1)


def log_in(username: str, secret: str) -> Any:
    return Client(application).post("/iys-compat/oauth2/token", json={
        "grant_type": "password", "username": username, "password": secret})


def brands(place: Any, token: str) -> Any:
    return Client(application).get(f"/iys-compat/sps/{place.iys_code}/brands",
                                   headers={"Authorization": f"Bearer {token}"})


def test_a_secret_is_shown_once_and_opens_the_door(admin: Any, place: Any) -> None:
    assert "Henüz anahtar yok" in add(admin, place).text
    number, username = account(place)[:2]
    secret = new_secret(admin, number)
    page = admin.get(f"/api-hesaplari/show/{number}").text
    assert secret not in page
    assert username in page
    assert "/iys-compat" in page
    token = log_in(username, secret).json["access_token"]
    assert brands(place, token).json[0]["brandCode"] == place.brand_code
    assert secret.encode() not in bytes(account(place)[4])
    assert ">Hiç<" in page
    assert ">Hiç<" not in admin.get(f"/api-hesaplari/show/{number}").text, "it was used just now"


def test_a_new_secret_ends_the_old_one_and_its_tokens(admin: Any, place: Any) -> None:
    add(admin, place)
    number, username = account(place)[:2]
    old = new_secret(admin, number)
    pair = log_in(username, old).json
    new = new_secret(admin, number)
    assert brands(place, pair["access_token"]).status_code == 401
    assert log_in(username, old).status_code == 400
    assert log_in(username, new).status_code == 200


def test_switching_off_is_at_once_and_for_good(admin: Any, place: Any) -> None:
    add(admin, place)
    number, username = account(place)[:2]
    secret = new_secret(admin, number)
    token = log_in(username, secret).json["access_token"]
    page = admin.post(f"/api-hesaplari/{number}/kapat", follow_redirects=True,
                      data={"csrf_token": token_of(admin)})
    assert "Hesap kapatıldı" in page.text
    assert brands(place, token).status_code == 401
    assert log_in(username, secret).status_code == 400
    again = admin.post(f"/api-hesaplari/{number}/anahtar", data={"csrf_token": token_of(admin)})
    assert again.status_code == 409


def test_brand_and_dealer_must_fit_together(admin: Any, place: Any, place_b: Any) -> None:
    dealer = dealer_of(place)
    add(admin, place, dealer=str(dealer))
    assert account(place)[2:4] == (place.brand_id, dealer)
    other = db.connection().execute(
        "insert into brand (provider_id, brand_code, name) values (%s, %s, 'Alt') returning id",
        (place.provider_id, place.brand_code + 1)).fetchone()[0]
    assert "başka bir markanın" in add(admin, place, brand=str(other), dealer=str(dealer)).text
    before = account(place)[0]
    add(admin, place, brand=str(place_b.brand_id))
    add(admin, place_b)
    assert account(place)[0] == before
    assert account(place_b) is None


@pytest.mark.parametrize("role", ["marketer", "brand_manager", "dealer_manager",
                                  "call_centre_agent", "compliance_officer"])
def test_who_may_not_make_accounts_cannot(app: Any, admin: Any, place: Any, role: str) -> None:
    add(admin, place)
    number = account(place)[0]
    dealer = dealer_of(place) if role == "dealer_manager" else None
    level = "brand" if role == "brand_manager" else "provider"
    client = sign_in(app, user_with(app, role, place, level=level, dealer_id=dealer))
    for path in (f"/api-hesaplari/{number}/anahtar", f"/api-hesaplari/{number}/kapat",
                 "/api-hesaplari/add"):
        answer = client.post(path, data={"csrf_token": token_of(client), "name": "X",
                                         "provider": str(place.provider_id)})
        assert answer.status_code in (302, 403, 404), path
        assert "gizli" not in answer.text
    assert account(place)[0] == number
    assert account(place)[4:] == (None, None)


def test_another_providers_account_is_not_there(app: Any, admin: Any, place: Any,
                                                place_b: Any) -> None:
    add(admin, place)
    number = account(place)[0]
    stranger = sign_in(app, user_with(app, "provider_admin", place_b))
    assert stranger.get(f"/api-hesaplari/show/{number}").status_code == 404
    assert "Kasa" not in stranger.get("/api-hesaplari/list/").text
    for act in ("anahtar", "kapat"):
        answer = stranger.post(f"/api-hesaplari/{number}/{act}",
                               data={"csrf_token": token_of(stranger)})
        assert answer.status_code == 404
    assert account(place)[4:] == (None, None)


def test_deeds_are_kept_by_name_and_never_with_the_secret(admin: Any, place: Any) -> None:
    add(admin, place)
    number = account(place)[0]
    secret = new_secret(admin, number)
    new_secret(admin, number)
    admin.post(f"/api-hesaplari/{number}/kapat", data={"csrf_token": token_of(admin)})
    rows = db.connection().execute(
        "select action, detail::text from audit_entry where provider_id = %s "
        "and subject = %s order by id", (place.provider_id, f"api_account:{number}")).fetchall()
    assert [row[0] for row in rows] == [
        "api_account:add", "api:secret_create", "api:secret_renew", "api:switch_off"]
    assert all(secret not in row[1] for row in rows)
    assert "API hesabını kapattı" in admin.get("/denetim/list/").text


def test_without_a_csrf_token_nothing_happens(admin: Any, place: Any) -> None:
    add(admin, place)
    number = account(place)[0]
    assert admin.post(f"/api-hesaplari/{number}/kapat").status_code == 400
    assert account(place)[5] is None


def reads_numbers(place: Any) -> bool:
    row = db.connection().execute(
        "select reads_numbers from api_account where provider_id = %s order by id desc",
        (place.provider_id,)).fetchone()
    return bool(row[0])  # type: ignore[index]


def test_an_account_reads_identity_numbers_when_ticked_and_its_page_says_so(
        admin: Any, place: Any) -> None:
    form = admin.get("/api-hesaplari/add").text
    assert re.search(r'<input[^>]*checked[^>]*name="reads_numbers"|'
                     r'<input[^>]*name="reads_numbers"[^>]*checked', form), "as at İYS"
    page = add(admin, place, reads_numbers="y").text
    assert reads_numbers(place)
    assert "İYS’nin verdiği gibi" in page
    admin.post(f"/api-hesaplari/edit/{account(place)[0]}", data={
        "csrf_token": token_of(admin), "name": "Kasa"})
    assert not reads_numbers(place)
    assert "Okunmaz" in admin.get(f"/api-hesaplari/show/{account(place)[0]}").text


def test_a_program_brings_lists_only_when_ticked_and_its_page_says_so(
        admin: Any, place: Any) -> None:
    def brings() -> bool:
        row = db.connection().execute(
            "select brings_lists from api_account where provider_id = %s order by id desc",
            (place.provider_id,)).fetchone()
        return bool(row[0])  # type: ignore[index]

    form = admin.get("/api-hesaplari/add").text
    box = re.search(r'<input[^>]*name="brings_lists"[^>]*>', form)
    assert box is not None
    assert "checked" not in box[0], "a right to be given, not to be taken away"
    assert "Aktarmaz" in add(admin, place).text
    assert not brings()
    number = account(place)[0]
    admin.post(f"/api-hesaplari/edit/{number}", data={
        "csrf_token": token_of(admin), "name": "Kasa", "brings_lists": "y"})
    assert brings()
    form = admin.get(f"/api-hesaplari/edit/{number}").text
    assert re.search(r'<input[^>]*checked[^>]*name="brings_lists"|'
                     r'<input[^>]*name="brings_lists"[^>]*checked', form)
    assert "bir kişi onaylar" in form
    page = admin.get(f"/api-hesaplari/show/{number}").text
    assert "Aktarır ve uygular" in page
    assert "/api/v1/imports" in page
    kept = db.connection().execute(
        "select detail from audit_entry where action = 'api_account:change' and subject = %s",
        [f"api_account:{number}"]).fetchall()
    assert kept == [({"columns": ["brings_lists"]},)]


def test_whoever_may_make_accounts_may_import_too() -> None:
    from ileti.tenancy import roles

    makers = {name for name, allowed in roles.GRANTS.items() if "api:write" in allowed}
    assert all("import:run" in roles.GRANTS[name] for name in makers)


def test_whoever_may_make_accounts_may_open_a_dealers_numbers_too() -> None:
    from ileti.tenancy import roles

    makers = {name for name, allowed in roles.GRANTS.items() if "api:write" in allowed}
    assert makers
    assert makers <= {name for name, allowed in roles.GRANTS.items() if "dealer:reveal" in allowed}
