"""A key may hold less than its account: scopes, brand, dealer, networks; never more."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ileti.api.scoped import serve_with
from ileti.core import clock, db
from ileti.programs import narrow as narrow_form
from ileti.programs.keys import prefix_of
from ileti.programs.models import ApiAccount, ApiKey
from ileti.programs.scopes import SCOPES
from tests.panel.people import dealer_of, sign_in, token_of, user_with

from .api_house import Program, account

ONE, LIST = "/api/v1/consents", "/api/v1/brands"
WIDE = ["consents:write", "brands:read", "iys:read"]


@pytest.fixture
def program(app: Any, place: Any) -> Program:
    serve_with(lambda: app)
    return Program(place, account(place, brings=False, scopes=WIDE))


def narrow(program: Program, **columns: Any) -> Program:
    """The program's own key, narrowed in its row."""
    for column, value in columns.items():
        db.connection().execute(f"update api_key set {column} = %s where prefix = %s",
                                (value, prefix_of(program.login[1])))
    return program


def brand_of(place: Any) -> tuple[int, int]:
    """Another brand of the place: our number and İYS's."""
    code = place.brand_code + 1
    return db.connection().execute(
        "insert into brand (provider_id, brand_code, name) values (%s, %s, 'Öteki') returning id",
        (place.provider_id, code)).fetchone()[0], code


def take(program: Program, key: str = "k1", **more: Any) -> Any:
    return program.call("POST", ONE, headers={"Idempotency-Key": key}, json={
        "address": "+905992134117", "channel": "MESAJ", "status": "RET", "source": "HS_WEB",
        "consentDate": clock.now().isoformat(), **more})


def test_a_key_with_fewer_scopes_may_do_those_and_no_others(program: Program) -> None:
    narrow(program, scopes=["brands:read"])
    assert program.call("GET", LIST).status_code == 200
    answer = take(program)
    assert (answer.status_code, answer.json["code"]) == (403, "scope_missing")


def test_a_key_never_holds_more_than_its_account_whatever_stands_in_its_row(
        program: Program, place: Any, place_b: Any) -> None:
    narrow(program, scopes=["brands:read", "users:read"])
    assert program.call("GET", "/api/v1/users").status_code == 403
    narrow(program, only_brand_id=place_b.brand_id)
    assert program.call("GET", LIST).json["items"] == []
    db.connection().execute("update api_account set brand_id = %s where username = %s",
                            (place.brand_id, program.login[0]))
    assert program.call("GET", LIST).status_code == 401


def test_a_key_of_one_brand_reaches_no_other(program: Program, place: Any) -> None:
    _other, code = brand_of(place)
    narrow(program, only_brand_id=place.brand_id)
    assert [one["brand"] for one in program.call("GET", LIST).json["items"]] == [place.brand_code]
    assert take(program, brand=code).status_code == 404
    assert take(program).status_code == 201


def test_a_key_of_a_dealer_records_for_it_and_ends_with_it(program: Program, place: Any) -> None:
    own, other = dealer_of(place), dealer_of(place)
    db.connection().execute("update dealer set retailer_code = 10000002 where id = %s", [other])
    narrow(program, only_brand_id=place.brand_id, only_dealer_id=own)
    assert take(program).status_code == 201
    assert take(program, "k2", retailerCode=10_000_002).status_code == 422
    [(dealer,)] = db.connection().execute(
        "select dealer_id from consent_entry where provider_id = %s", [place.provider_id])
    assert dealer == own
    db.connection().execute("update dealer set status = 'suspended' where id = %s", [own])
    assert take(program, "k3").status_code == 401


def test_both_networks_must_fit(program: Program) -> None:
    narrow(program, networks=["127.0.0.0/8"])
    assert program.call("GET", LIST).status_code == 200
    narrow(program, networks=["203.0.113.0/24"])
    assert program.call("GET", LIST).json["code"] == "address_refused"


# -- in the panel ----------------------------------------------------------------------------------


def page_of(program: Program) -> str:
    return "/api-hesaplari/{}/anahtar".format(db.connection().execute(
        "select id from api_account where username = %s", [program.login[0]]).fetchone()[0])


def test_a_narrower_key_is_made_shown_and_changed_and_the_trail_says_so(
        app: Any, place: Any, program: Program) -> None:
    admin, path = sign_in(app, user_with(app, "provider_admin", place)), page_of(program)
    made = admin.post(f"{path}/yeni", data={
        "csrf_token": token_of(admin), "label": "Gece işi", "scopes": "brands:read",
        "place": f"b{place.brand_id}", "networks": "127.0.0.1"})
    secret = re.search(r'<pre id="gizli"[^>]*><code>([^<]+)</code>', made.text)
    assert secret is not None, made.text
    night = Program(place, (program.login[0], secret[1]))
    assert night.call("GET", LIST).status_code == 200
    assert take(night).status_code == 403
    number = db.connection().execute("select id from api_key where prefix = %s",
                                     [prefix_of(secret[1])]).fetchone()[0]
    admin.post(f"{path}/{number}", data={"csrf_token": token_of(admin), "scopes": WIDE,
                                         "place": "", "networks": ""})
    assert take(night).status_code == 201
    trail = db.connection().execute(
        "select action, detail from audit_entry where provider_id = %s and action like 'api:%%' "
        "order by id", [place.provider_id]).fetchall()
    assert [row[0] for row in trail] == ["api:secret_renew", "api:key_change"]
    assert trail[1][1]["scopes"] == [["brands:read"], None]


def test_nobody_gives_a_key_what_they_lack_nor_takes_it() -> None:
    wide = ApiAccount(scopes=WIDE)
    lacking = frozenset(one.permission for one in SCOPES) - {"brand:read"}
    assert narrow_form.chosen(wide, None, WIDE, lacking) == ("consents:write", "iys:read")
    held = ApiKey(scopes=["brands:read", "iys:read"])
    assert narrow_form.chosen(wide, held, ["consents:write"], lacking) == (
        "consents:write", "brands:read")
    assert narrow_form.chosen(wide, None, WIDE, lacking | {"brand:read"}) is None


@pytest.mark.parametrize("data", [
    {"scopes": "users:read"}, {"networks": "yok", "scopes": "brands:read"}, {}])
def test_a_wrong_wish_makes_no_key(app: Any, place: Any, program: Program, data: Any) -> None:
    admin, path = sign_in(app, user_with(app, "provider_admin", place)), page_of(program)
    answer = admin.post(f"{path}/yeni", data={"csrf_token": token_of(admin), **data})
    assert answer.status_code == 422
    assert "gizli" not in answer.text
    elsewhere = admin.post(f"{path}/yeni", data={
        "csrf_token": token_of(admin), "scopes": "brands:read", "place": "b1"})
    assert elsewhere.status_code == 409
