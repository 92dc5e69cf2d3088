"""A sandbox account works in its provider's twin: nothing it does is real, and it says so."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.api.scoped import serve_with
from ileti.channels.registry import gateway_for
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.core.secrets import secrets
from ileti.iys import client as iys
from ileti.programs import accounts, keys, sandbox, usage

from .api_house import Program, account

ALL = ["consents:write", "consents:list", "brands:read", "dealers:read", "dealers:write",
       "documents:read", "addresses:read", "fields:read", "iys:read"]


def sandboxed(place: Any, *, brand: int | None = None, dealer: int | None = None
              ) -> tuple[str, str]:
    """User name and key of a new account in the sandbox of this place."""
    with db.transaction() as conn:
        sandbox.ensure(conn, place.provider_id)
        name = accounts.new_username()
        row = conn.execute(
            "insert into api_account (provider_id, brand_id, dealer_id, name, username, scopes, "
            "sandbox) values (%s, %s, %s, 'Deneme', %s, %s, true) returning id",
            (place.provider_id, brand, dealer, name, ALL)).fetchone()
        return name, keys.make(conn, place.provider_id, row[0], sandbox=True).text


def twin_of(place: Any) -> int:
    found = sandbox.twin_of(db.connection(), place.provider_id)
    assert found is not None
    return found


def count(table: str, provider: int) -> int:
    row = db.connection().execute(
        f"select count(*) from {table} where provider_id = %s", (provider,)).fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture
def trial(app: Any, place: Any) -> Program:
    serve_with(lambda: app)
    return Program(place, sandboxed(place))


def take(program: Program, key: str = "d1", **more: Any) -> Any:
    return program.call("POST", "/api/v1/consents", headers={"Idempotency-Key": key}, json={
        "address": "+905992134117", "channel": "MESAJ", "status": "ONAY", "source": "HS_WEB",
        "consentDate": clock.now().isoformat(), **more})


def test_what_a_sandbox_account_records_is_the_twins_and_the_home_has_none_of_it(
        trial: Program, place: Any) -> None:
    answer = take(trial)
    assert (answer.status_code, answer.json["sandbox"]) == (201, True), answer.text
    assert answer.headers["Ileti-Sandbox"] == "true"
    assert [count(table, place.provider_id) for table in
            ("consent_entry", "consent_state", "recipient", "submission", "outbox")] == [0] * 5
    assert count("consent_entry", twin_of(place)) == 1


def test_a_live_account_is_told_of_no_sandbox_and_sees_nothing_of_it(
        trial: Program, place: Any) -> None:
    take(trial)
    live = Program(place, account(place, brings=False, scopes=ALL))
    answer = live.call("GET", "/api/v1/consents")
    assert answer.json["items"] == []
    assert "sandbox" not in answer.json
    assert "Ileti-Sandbox" not in answer.headers


def test_a_sandboxs_numbers_are_its_own_and_a_live_number_is_nobodys_there(
        trial: Program, place: Any) -> None:
    brands = trial.call("GET", "/api/v1/brands").json["items"]
    assert all(one["brand"] > sandbox.FIRST_NUMBER for one in brands)
    assert take(trial, brand=place.brand_code).json["code"] == "no_such_brand"
    assert take(trial, brand=brands[0]["brand"]).status_code == 201


def test_keys_of_a_sandbox_say_so_at_their_beginning_and_are_found(trial: Program) -> None:
    assert trial.login[1].startswith("ilt_test_")
    answer = trial.call("GET", "/api/v1/brands", headers={
        "Authorization": f"Bearer {trial.login[1]}"})
    assert answer.status_code == 200


def test_an_unchanged_record_of_a_sandbox_is_known_by_its_mark(trial: Program) -> None:
    take(trial)
    first = trial.call("GET", "/api/v1/consents")
    again = trial.call("GET", "/api/v1/consents", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.headers["Ileti-Sandbox"]) == (304, "true")


def test_refusals_in_a_sandbox_are_marked_too(trial: Program) -> None:
    answer = take(trial, status="VAR")
    assert (answer.status_code, answer.json["sandbox"]) == (422, True)


def test_calls_and_deeds_of_a_sandbox_are_counted_and_told_at_home(
        trial: Program, place: Any) -> None:
    take(trial)
    trial.call("GET", "/api/v1/consents", query={"addresses": "full"})
    usage.tell()
    assert count("api_usage", place.provider_id) > 0
    assert count("api_usage", twin_of(place)) == 0
    row = db.connection().execute("select action, detail from audit_entry where provider_id = %s",
                                  (place.provider_id,)).fetchall()
    assert [(one, detail["sandbox"], detail["program"]) for one, detail in row] == [
        ("api:addresses", True, "Deneme")]
    assert count("audit_entry", twin_of(place)) == 0


def test_what_a_program_changes_in_a_sandbox_stands_in_its_homes_trail(
        trial: Program, place: Any) -> None:
    brand = trial.call("GET", "/api/v1/brands").json["items"][0]["brand"]
    made = trial.call("POST", "/api/v1/dealers", headers={"Idempotency-Key": "b1"}, json={
        "brand": brand, "title": "Deneme Bayi", "name": "Deneme Bayi", "tckn": "10000000146",
        "tin": "1111111114", "townCode": "400"})
    rows = db.connection().execute(
        "select action, detail ->> 'sandbox', brand_id from audit_entry where provider_id = %s",
        (place.provider_id,)).fetchall()
    assert made.status_code == 201, made.text
    assert ("dealer:add", "true", None) in rows
    assert count("dealer", place.provider_id) == 0


def test_the_twin_follows_its_home_and_a_second_time_changes_nothing(place: Any) -> None:
    sandboxed(place)
    home = place.provider_id
    db.connection().execute("update brand set name = 'Yeni Ad' where id = %s", (place.brand_id,))
    db.connection().execute(
        "insert into custom_field (provider_id, subject, key, kind, name_tr, name_en) "
        "values (%s, 1, 'beden', 'text', 'Beden', 'Size')", (home,))
    db.connection().execute(
        "insert into dealer (provider_id, brand_id, retailer_code, title, name, tckn, tin, "
        "city_code, town_code, mobile) values (%s, %s, 10000007, 'Bayi', 'Bayi', %s, %s, "
        "'34', '3401', '+905990000001')",
        (home, place.brand_id, *(secrets().keyring.encrypt_text("gizli", purpose)
                                 for purpose in ("dealer-tckn", "dealer-tin"))))
    with db.transaction() as conn:
        twin = sandbox.ensure(conn, home)
        assert sandbox.ensure(conn, home) == twin
    row = db.connection().execute(
        "select b.name, d.retailer_code, d.mobile, f.key from brand b "
        "join dealer d on d.brand_id = b.id join custom_field f on f.provider_id = b.provider_id "
        "where b.provider_id = %s", (twin,)).fetchall()
    assert row == [("Yeni Ad", 10000007, None, "beden")]


def test_dealers_real_identity_numbers_do_not_come_into_a_sandbox(place: Any) -> None:
    from ileti.core.secrets import secrets

    db.connection().execute(
        "insert into dealer (provider_id, brand_id, title, name, tckn, tin, city_code, town_code) "
        "values (%s, %s, 'Bayi', 'Ayşe Gerçek', %s, %s, '34', '3401')",
        (place.provider_id, place.brand_id,
         secrets().keyring.encrypt_text("12345678950", "dealer-tckn"),
         secrets().keyring.encrypt_text("1234567890", "dealer-tin")))
    sandboxed(place)
    row = db.connection().execute("select tckn, name from dealer where provider_id = %s",
                                  (twin_of(place),)).fetchone()
    assert secrets().keyring.decrypt_text(row[0], "dealer-tckn") == "10000000146"
    assert row[1] == "Bayi"


def test_an_account_of_a_brand_works_at_that_brands_twin_alone(
        app: Any, place: Any) -> None:
    serve_with(lambda: app)
    db.connection().execute("insert into brand (provider_id, brand_code, name) values "
                            "(%s, %s, 'Öteki')", (place.provider_id, place.brand_code + 1))
    program = Program(place, sandboxed(place, brand=place.brand_id))
    assert len(program.call("GET", "/api/v1/brands").json["items"]) == 1
    db.connection().execute("update brand set twin_of = null where provider_id = %s",
                            (twin_of(place),))
    assert program.call("GET", "/api/v1/brands").status_code == 401


def test_clearing_starts_anew_and_keeps_no_answer_of_before(trial: Program, place: Any) -> None:
    first = take(trial)
    old = twin_of(place)
    with db.transaction() as conn:
        assert sandbox.clear(conn, place.provider_id) == (old, twin_of(place))
    assert trial.call("GET", "/api/v1/consents").json["items"] == []
    again = take(trial)
    assert again.status_code == 201
    assert again.json["record"] != first.json["record"]
    assert count("consent_entry", old) == 1


def test_a_twin_speaks_to_the_simulator_alone(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from config import settings

    sandboxed(place)
    monkeypatch.setattr(settings(), "iys_base_url", "https://api.iys.example")
    monkeypatch.setattr(settings(), "sandbox_iys_url", "http://127.0.0.1:9")
    with pytest.raises(iys.IysTrouble, match="invalid_request"):  # the simulator knows it not yet
        iys.account_of(twin_of(place))
    monkeypatch.setattr(sandbox, "_put", lambda _text: True)
    assert sandbox.tell_simulator(twin_of(place))
    assert not sandbox.tell_simulator(twin_of(place)), "it was told the same today"
    found = iys.account_of(twin_of(place))
    assert (found.base_url, found.username[:8]) == ("http://127.0.0.1:9", "sandbox-")
    monkeypatch.setattr(settings(), "sandbox_iys_url", "")
    with pytest.raises(iys.IysTrouble) as refused:
        iys.account_of(twin_of(place))
    assert refused.value.code == "no_sandbox"
    with pytest.raises(sandbox.NoSandbox, match="SANDBOX_IYS_URL"):
        sandbox.refuse_without_simulator()


def test_no_real_gateway_ever_carries_a_twins_message(
        place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from config import settings

    sandboxed(place)
    monkeypatch.setattr(settings(), "ileti_env", "production")
    assert gateway_for(Channel.MESAJ, settings(), twin_of(place)).name == "demo"
    assert gateway_for(Channel.MESAJ, settings(), place.provider_id).name != "demo"


def test_a_twin_has_no_road_even_if_somebody_gave_it_an_account(
        place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from ileti.channels import accounts as carriers

    sandboxed(place)
    monkeypatch.setattr(carriers, "_rows", lambda *_asked: [(
        1, "netgsm", "x", 1, 1, 1.0, "", None, "", "MARKA")])
    monkeypatch.setattr(carriers, "_road", lambda _provider, row: row)
    assert carriers.roads(twin_of(place), 1, Channel.MESAJ, commercial=True) == []
    assert len(carriers.roads(place.provider_id, 1, Channel.MESAJ, commercial=True)) == 1
