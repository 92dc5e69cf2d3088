"""API accounts in the panel: made by who may, the secret shown once, ended at once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import Client

from ileti.compat.endpoints import application
from ileti.core import clock, db
from ileti.programs.keys import older_hash
from ileti.programs.scopes import SCOPES
from tests.panel.people import dealer_of, sign_in, token_of, user_with


@pytest.fixture(autouse=True)
def _no_wrong_tries_before(database: str) -> None:
    """All tests come from one address, on which the wrong tries of each count."""
    db.connection().execute("delete from login_limit where key like 'addr%'")


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


def add(client: Any, place: Any, **more: Any) -> Any:
    return client.post("/api-hesaplari/add", follow_redirects=True, data={
        "csrf_token": token_of(client), "name": "Kasa", "provider": str(place.provider_id),
        "brand": "", "dealer": "", "scopes": "compat", **more})


def account(place: Any) -> Any:
    return db.connection().execute(
        "select id, username, brand_id, dealer_id, (select count(*) from api_key k where "
        "k.account_id = a.id and k.ended_at is null), disabled_at from api_account a "
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
    assert "Geçerli bir anahtar yok" in add(admin, place).text
    number, username = account(place)[:2]
    secret = new_secret(admin, number)
    page = admin.get(f"/api-hesaplari/show/{number}").text
    assert secret not in page
    assert username in page
    assert "/iys-compat" in page
    token = log_in(username, secret).json["access_token"]
    assert brands(place, token).json[0]["brandCode"] == place.brand_code
    kept = db.connection().execute("select hash from api_key where account_id = %s",
                                   [number]).fetchone()[0]
    assert secret.encode() not in bytes(kept)
    assert bytes(kept) != older_hash(secret), "a dump alone must not tell a key from a guess"
    assert ">Hiç<" in page
    assert ">Hiç<" not in admin.get(f"/api-hesaplari/show/{number}").text, "it was used just now"


def test_a_program_moves_to_a_new_key_without_a_failed_call(admin: Any, place: Any) -> None:
    add(admin, place)
    number, username = account(place)[:2]
    old = new_secret(admin, number)
    pair = log_in(username, old).json
    new = new_secret(admin, number)
    assert brands(place, pair["access_token"]).status_code == 200
    assert log_in(username, old).status_code == log_in(username, new).status_code == 200
    first = db.connection().execute("select min(id) from api_key where account_id = %s",
                                    [number]).fetchone()[0]
    admin.post(f"/api-hesaplari/{number}/anahtar/{first}/bitir",
               data={"csrf_token": token_of(admin)})
    assert brands(place, pair["access_token"]).status_code == 401, "its tokens end with it"
    assert log_in(username, old).status_code == 400
    assert log_in(username, new).status_code == 200


def test_there_are_five_keys_in_force_and_no_more(admin: Any, place: Any) -> None:
    add(admin, place)
    number = account(place)[0]
    for _ in range(5):
        new_secret(admin, number)
    assert admin.post(f"/api-hesaplari/{number}/anahtar",
                      data={"csrf_token": token_of(admin)}).status_code == 409


def test_a_key_has_the_end_that_was_chosen(admin: Any, place: Any) -> None:
    add(admin, place)
    number, username = account(place)[:2]
    made = admin.post(f"/api-hesaplari/{number}/anahtar",
                      data={"csrf_token": token_of(admin), "gun": "90"}).text
    secret = re.search(r'<pre id="gizli"[^>]*><code>([^<]+)</code>', made)[1]
    assert log_in(username, secret).status_code == 200
    with clock.freeze(clock.now() + timedelta(days=91)):
        assert log_in(username, secret).status_code == 400


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


@pytest.mark.parametrize("role", ["marketer", "call_centre_agent", "compliance_officer"])
def test_who_may_not_make_accounts_cannot(app: Any, admin: Any, place: Any, role: str) -> None:
    add(admin, place)
    number = account(place)[0]
    client = sign_in(app, user_with(app, role, place))
    for path in (f"/api-hesaplari/{number}/anahtar", f"/api-hesaplari/{number}/kapat",
                 "/api-hesaplari/add"):
        answer = client.post(path, data={"csrf_token": token_of(client), "name": "X",
                                         "provider": str(place.provider_id)})
        assert answer.status_code in (302, 403, 404), path
        assert "gizli" not in answer.text
    assert account(place)[0] == number
    assert account(place)[4:] == (0, None)


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
    assert account(place)[4:] == (0, None)


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


def scopes_of(place: Any) -> list[str]:
    return list(db.connection().execute(
        "select scopes from api_account where provider_id = %s order by id desc",
        (place.provider_id,)).fetchone()[0])


def test_a_program_may_what_is_ticked_and_its_page_says_so(admin: Any, place: Any) -> None:
    form = admin.get("/api-hesaplari/add").text
    boxes = re.findall(r'<input[^>]*name="scopes"[^>]*>', form)
    assert len(boxes) == len(SCOPES)
    assert not any("checked" in box for box in boxes), "rights to be given, not to be taken away"
    page = add(admin, place, scopes=["imports:write", "dealers:numbers"]).text
    assert scopes_of(place) == ["imports:write", "dealers:numbers"]
    assert "Müşteri listesi aktarır" in page
    number = account(place)[0]
    admin.post(f"/api-hesaplari/edit/{number}", data={
        "csrf_token": token_of(admin), "name": "Kasa", "scopes": ["imports:write"]})
    assert scopes_of(place) == ["imports:write"]
    kept = db.connection().execute(
        "select detail from audit_entry where action = 'api_account:change' and subject = %s",
        [f"api_account:{number}"]).fetchall()
    assert kept == [({"columns": ["scopes"], "after": {"scopes": ["imports:write"]},
                      "before": {"scopes": ["imports:write", "dealers:numbers"]}},)]


@pytest.mark.parametrize(("role", "own", "beyond"), [
    ("brand_manager", "dealers:write", "dealers:numbers"),
    ("dealer_manager", "imports:write", "consents:write,addresses:read"),
])
def test_brand_and_dealer_admins_make_accounts_inside_their_place_with_rights_they_have(
        app: Any, admin: Any, place: Any, role: str, own: str, beyond: str) -> None:
    add(admin, place, scopes=["dealers:numbers"])
    strange = account(place)[0]
    dealer = dealer_of(place) if role == "dealer_manager" else None
    client = sign_in(app, user_with(app, role, place, level="brand", dealer_id=dealer))
    assert client.get(f"/api-hesaplari/show/{strange}").status_code == 404
    wished = beyond.split(",")[-1]
    refused = client.post("/api-hesaplari/add", data={
        "csrf_token": token_of(client), "name": "Fazla", "scopes": [own, wished]})
    assert refused.status_code == 200, "the form again"
    assert account(place)[0] == strange
    made = client.post("/api-hesaplari/add", follow_redirects=True, data={
        "csrf_token": token_of(client), "name": "Kasa", "scopes": [own],
        "provider": str(place.provider_id)})
    assert made.status_code == 200
    assert account(place)[2:4] == (place.brand_id, dealer)
    assert scopes_of(place) == [own]
    assert new_secret(client, account(place)[0]).startswith("ilt_")


def test_what_an_editor_could_not_give_stays_and_no_key_is_made_for_it(
        app: Any, admin: Any, place: Any) -> None:
    add(admin, place, brand=str(place.brand_id), scopes=["dealers:numbers", "imports:write"])
    number = account(place)[0]
    client = sign_in(app, user_with(app, "brand_manager", place, level="brand"))
    client.post(f"/api-hesaplari/edit/{number}", data={
        "csrf_token": token_of(client), "name": "Kasa", "scopes": ["dealers:read"]})
    assert scopes_of(place) == ["dealers:read", "dealers:numbers"]
    assert client.post(f"/api-hesaplari/{number}/anahtar",
                       data={"csrf_token": token_of(client)}).status_code == 409


def test_networks_are_kept_in_one_spelling_and_nonsense_is_told(admin: Any, place: Any) -> None:
    add(admin, place, networks="203.0.113.7\n2001:DB8::/32\n203.0.113.7/32")
    number = account(place)[0]
    kept = db.connection().execute("select networks from api_account where id = %s",
                                   [number]).fetchone()[0]
    assert kept == ["203.0.113.7/32", "2001:db8::/32"]
    assert "203.0.113.0/24" in add(admin, place, networks="evimiz").text
    assert account(place)[0] == number


def test_every_scope_is_backed_by_a_right_of_people() -> None:
    from ileti.tenancy import roles

    assert {one.permission for one in SCOPES} <= set(roles.PERMISSIONS)
    makers = {name for name, allowed in roles.GRANTS.items() if "api:write" in allowed}
    assert makers == {"platform_admin", "provider_admin", "brand_manager", "dealer_manager"}
