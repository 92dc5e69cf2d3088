"""What programs list, read and change: in their own place, masked, page by page, as documented."""

from __future__ import annotations

import copy
import json
import time
import zipfile
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import jsonschema
import pytest

from ileti.api import chapters, scoped
from ileti.api.endpoints import OPEN, ROUTES
from ileti.capture.api_document import add_chapter, document
from ileti.consents.numbers import record_number
from ileti.core import clock, db
from ileti.evidence import seal
from ileti.programs.scopes import SCOPES
from tests.panel.people import dealer_of, take, user_with

from .api_house import Program, account
from .test_document import closed

for _chapter in chapters.CHAPTERS:
    add_chapter(_chapter)
DOCUMENT = document("en", "http://localhost")
PHONE = "+905992013345"
EVERY = [one.key for one in SCOPES]
V1 = "/api/v1"


@pytest.fixture(autouse=True)
def panel(app: Any) -> None:
    scoped.serve_with(lambda: app)


@pytest.fixture
def program(place: Any) -> Program:
    """A program that may everything of its provider."""
    return Program(place, account(place, brings=False, scopes=EVERY))


def get(program: Program, path: str, **query: Any) -> Any:
    answer = program.call("GET", V1 + path, query=query)
    if answer.status_code == 200 and answer.mimetype == "application/json":
        check("get", path, answer)
    return answer


def post(program: Program, path: str, body: Any, key: str = "k1", method: str = "POST",
         **headers: str) -> Any:
    answer = program.call(method, V1 + path, json=body, headers={"Idempotency-Key": key} | headers)
    if answer.status_code < 300:
        check(method.lower(), path, answer)
    return answer


def check(method: str, path: str, answer: Any) -> None:
    """The answer is what its document says, with nothing undocumented in it."""
    import re

    known = next(one for one in DOCUMENT["paths"] if one.startswith(V1) and method in
                 DOCUMENT["paths"][one] and re.fullmatch(
                     re.sub(r"\{\w+\}", "[^/]+", one), V1 + path))
    said = DOCUMENT["paths"][known][method]["responses"][str(answer.status_code)]
    schema = said["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator(
        copy.deepcopy(schema) | {"components": closed(DOCUMENT["components"])},
        format_checker=jsonschema.FormatChecker()).validate(json.loads(answer.data))


# -- the document ----------------------------------------------------------------------------------


def test_routes_and_document_are_equal_with_their_scopes() -> None:
    said = {(method.upper(), path): one.get("x-scope", OPEN)
            for path, methods in DOCUMENT["paths"].items() if path.startswith(V1)
            for method, one in methods.items()}
    assert said == {(one.method, one.path): one.scope for one in ROUTES}
    assert set(said.values()) <= {*EVERY, OPEN}


def test_the_document_is_valid_openapi() -> None:
    from openapi_spec_validator import OpenAPIV31SpecValidator

    for language in ("tr", "en"):
        assert not list(OpenAPIV31SpecValidator(
            document(language, "http://localhost")).iter_errors())


@pytest.mark.parametrize("name", sorted({
    name for one in chapters.CHAPTERS for name in one.schemas(0)}))
def test_every_example_fits_its_schema(name: str) -> None:
    for example in DOCUMENT["components"]["schemas"][name].get("examples", []):
        jsonschema.Draft202012Validator(
            DOCUMENT["components"]["schemas"][name] | {"components": DOCUMENT["components"]}
        ).validate(example)


@pytest.mark.parametrize("route", [one for one in ROUTES if one.scope != OPEN],
                         ids=lambda one: f"{one.method} {one.path}")
def test_nothing_is_told_without_its_scope(place: Any, route: Any) -> None:
    path = route.path.replace("{record}", record_number(1)).replace("{case}", "BSV-1").replace(
        "{id}", "1").replace("{n}", "1").replace("{brand}", "1").replace("{day}", "2026-01-01")
    others = [one for one in EVERY if one != route.scope]
    narrow = Program(place, account(place, brings=False, scopes=others))
    answer = narrow.call(route.method, path, json={})
    assert (answer.status_code, answer.json["scope"]) == (403, route.scope)
    stranger = narrow.call(route.method, path, headers={"Authorization": "Bearer x"})
    assert stranger.status_code == 401


# -- consents --------------------------------------------------------------------------------------


def test_consents_are_listed_newest_first_page_by_page(program: Program, place: Any) -> None:
    numbers = [take(place, f"+90599201{n:04d}").items[0].entry_id for n in range(5)]
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    for _ in range(3):
        answer = get(program, "/consents", **query).json
        seen += [one["record"] for one in answer["items"]]
        query["cursor"] = answer["next"]
    assert seen == [record_number(one) for one in reversed(numbers)]
    assert answer["next"] is None


def test_a_cursor_is_good_for_its_account_and_question_alone(
        program: Program, place: Any) -> None:
    for n in range(3):
        take(place, f"+90599201{n:04d}")
    cursor = get(program, "/consents", limit=1).json["next"]
    assert get(program, "/consents", limit=1, cursor=cursor, channel="MESAJ").status_code == 422
    other = Program(place, account(place, brings=False, scopes=EVERY))
    assert get(other, "/consents", limit=1, cursor=cursor).status_code == 422
    assert get(program, "/consents", limit=1, cursor=cursor + "x").status_code == 422


def test_addresses_are_masked_until_asked_for_and_that_is_kept(
        program: Program, place: Any) -> None:
    number = record_number(take(place, PHONE).items[0].entry_id)
    masked = get(program, "/consents").json["items"][0]["address"]
    assert masked.endswith("45")
    assert "•" in masked
    assert get(program, "/consents", addresses="full").json["items"][0]["address"] == PHONE
    assert get(program, f"/consents/{number}", addresses="full").json["address"] == PHONE
    kept = db.connection().execute(
        "select subject, detail ->> 'program' from audit_entry where provider_id = %s "
        "and action = 'api:addresses' order by id", [place.provider_id]).fetchall()
    assert kept == [("consent:list", "CRM"), (f"consent:{number}", "CRM")]
    narrow = Program(place, account(place, brings=False, scopes=["consents:list"]))
    assert get(narrow, "/consents", addresses="full").json["scope"] == "addresses:read"


@pytest.mark.parametrize(("query", "count"), [
    ({"channel": "MESAJ"}, 1), ({"channel": "ARAMA,EPOSTA"}, 0), ({"choice": "given"}, 1),
    ({"choice": "refusal"}, 0), ({"iys": "queued"}, 1), ({"iys": "registered"}, 0),
    ({"source": "HS_WEB"}, 1), ({"until": "2020-01-01"}, 0)])
def test_the_panels_filters_narrow_the_list(
        program: Program, place: Any, query: dict[str, str], count: int) -> None:
    take(place, PHONE)
    assert len(get(program, "/consents", **query).json["items"]) == count


@pytest.mark.parametrize("query", [
    {"limit": 0}, {"limit": 101}, {"limit": "x"}, {"channel": "FAKS"}, {"since": "1"}, {"x": "1"},
    {"addresses": "all"}, {"cursor": "a.b"}, {"brand": "-1"}, {"until": "2026-13-01"}])
def test_a_question_that_is_wrong_is_told_by_field(program: Program, query: Any) -> None:
    answer = get(program, "/consents", **query)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, next(iter(query)))


def test_nobody_sees_what_is_anothers(program: Program, place: Any, place_b: Any) -> None:
    strange = record_number(take(place_b, PHONE).items[0].entry_id)
    assert get(program, "/consents").json["items"] == []
    assert get(program, f"/consents/{strange}").status_code == 404
    assert get(program, f"/consents/{strange}/proof").status_code == 404
    assert get(program, "/consents", brand=place_b.brand_code).status_code == 404
    assert post(program, "/consents/history", {"address": PHONE}).json["records"] == []
    [one] = post(program, "/consents/status", {"addresses": [PHONE]}).json["results"]
    assert one["states"] == []


def test_a_dealers_program_sees_what_its_dealer_may(place: Any) -> None:
    own, other = dealer_of(place), dealer_of(place)
    mine = record_number(take(place, PHONE, dealer_id=own).items[0].entry_id)
    theirs = record_number(take(place, "+905992013346", dealer_id=other).items[0].entry_id)
    dealers = Program(place, account(place, brings=False, brand=place.brand_id, dealer=own,
                                     scopes=EVERY))
    assert [one["record"] for one in get(dealers, "/consents").json["items"]] == [mine]
    assert get(dealers, f"/consents/{theirs}").status_code == 404
    found = post(dealers, "/consents/status", {"addresses": [PHONE, "+905992013346"]}).json
    assert [len(one["states"]) for one in found["results"]] == [1, 0]
    report = get(dealers, "/reports/consents", by="channel").json
    assert report["consents"] == 1


def test_what_is_kept_for_the_law_alone_does_not_exist(program: Program, place: Any) -> None:
    done = take(place, PHONE)
    number = record_number(done.items[0].entry_id)
    db.connection().execute(
        "insert into restriction (provider_id, recipient_id, since, reason) "
        "values (%s, %s, now(), 'silme')", (place.provider_id, done.items[0].recipient_id))
    assert get(program, "/consents").json["items"] == []
    assert get(program, f"/consents/{number}").status_code == 404
    assert post(program, "/consents/history", {"address": PHONE}).json["records"] == []
    [one] = post(program, "/consents/status", {"addresses": [PHONE]}).json["results"]
    assert one["states"] == []


def test_the_state_of_many_addresses_is_the_gates_word(program: Program, place: Any) -> None:
    entry = take(place, PHONE).items[0].entry_id
    take(place, "+905992013346", refusal=True)
    asked = {"addresses": ["0599 201 33 45", "+905992013346", "kim@ornek.com.tr", "0599"]}
    results = post(program, "/consents/status", asked).json["results"]
    assert [one["states"][0]["why"] for one in results[:2]] == ["not_at_iys", "refused"]
    assert results[2]["states"] == []
    assert results[3]["errors"][0]["code"] == "NUMARA_EKSIK"
    db.connection().execute("update consent_state set iys_status = 3 where provider_id = %s "
                            "and entry_id = %s", (place.provider_id, entry))
    assert post(program, "/consents/status", asked).json["results"][0]["states"][0]["mayBeSent"]
    db.connection().execute("update iys_cursor set gap_since = now() where provider_id = %s",
                            [place.provider_id])
    [state] = post(program, "/consents/status", asked).json["results"][0]["states"]
    assert (state["mayBeSent"], state["why"]) == (False, "stale")


def test_the_history_of_an_address_is_told_record_by_record(program: Program, place: Any) -> None:
    first = take(place, PHONE).items[0].entry_id
    second = take(place, PHONE, refusal=True).items[0].entry_id
    records = post(program, "/consents/history", {"address": "0599 201 33 45"}).json["records"]
    assert [one["record"] for one in records] == [record_number(second), record_number(first)]
    assert [one["status"] for one in records] == ["RET", "ONAY"]


def test_a_bundle_is_given_out_and_that_is_kept(
        program: Program, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from ileti.consents import bundle

    number = record_number(take(place, PHONE).items[0].entry_id)
    assert get(program, f"/consents/{number}/proof").status_code == 409, "it waits for its seal"
    seal.seal_due(time.monotonic() + 30)
    monkeypatch.setattr(bundle, "_pages", lambda _made: {})
    answer = get(program, f"/consents/{number}/proof")
    assert answer.status_code == 200, answer.text
    assert "verify.py" in " ".join(zipfile.ZipFile(BytesIO(answer.data)).namelist())
    kept = db.connection().execute(
        "select count(*) from audit_entry where provider_id = %s and action = 'consent:prove'",
        [place.provider_id]).fetchone()[0]
    assert kept == 2


# -- places ----------------------------------------------------------------------------------------

DEALER = {"title": "Akasya Ev Ltd. Şti.", "name": "Ayşe Örnek", "tckn": "10000000146",
          "tin": "1234567890", "townCode": "400", "mobile": "0599 213 41 17"}


def test_brands_and_users_are_those_of_the_place(app: Any, program: Program, place: Any) -> None:
    name = user_with(app, "brand_manager", place, level="brand")
    assert [one["brand"] for one in get(program, "/brands").json["items"]] == [place.brand_code]
    [user] = get(program, "/users").json["items"]
    assert (user["username"], user["memberships"][0]["role"]) == (name, "brand_manager")


def test_a_dealer_is_added_once_read_and_changed(program: Program, place: Any) -> None:
    made, again = (post(program, "/dealers", DEALER) for _ in range(2))
    assert made.status_code == again.status_code == 201, made.text
    assert made.json == again.json
    assert again.headers["Idempotent-Replayed"] == "true"
    assert post(program, "/dealers", DEALER | {"name": "Başka"}).json["code"] == "key_reused"
    [listed] = get(program, "/dealers").json["items"]
    assert (listed["mobile"], listed["tckn"]) == ("+905992134117", "10000000146")
    changed = post(program, f"/dealers/{listed['id']}", {"status": "passive"}, "k2", "PATCH")
    assert (changed.json["status"], changed.json["title"]) == ("passive", DEALER["title"])
    actions = [row[0] for row in db.connection().execute(
        "select action from audit_entry where provider_id = %s and action like 'dealer:%%' "
        "order by id", [place.provider_id])]
    assert actions == ["dealer:add", "dealer:change"]


def test_a_change_names_the_state_it_was_made_from(program: Program) -> None:
    number = post(program, "/dealers", DEALER).json["id"]
    mark = get(program, f"/dealers/{number}").headers["ETag"]
    fine = post(program, f"/dealers/{number}", {"alias": "Bornova"}, "k2", "PATCH",
                **{"If-Match": mark})
    late = post(program, f"/dealers/{number}", {"alias": "Çeşme"}, "k3", "PATCH",
                **{"If-Match": mark})
    assert (fine.status_code, late.status_code, late.json["code"]) == (200, 412, "changed")


def test_numbers_of_dealers_need_their_scope(program: Program, place: Any) -> None:
    post(program, "/dealers", DEALER)
    narrow = Program(place, account(place, brings=False, scopes=["dealers:read"]))
    assert "tckn" not in get(narrow, "/dealers").json["items"][0]


@pytest.mark.parametrize(("more", "field"), [
    ({"tckn": "1"}, "tckn"), ({"tin": "x"}, "tin"), ({"townCode": "99999"}, "townCode"),
    ({"mobile": "1"}, "mobile"), ({"title": ""}, "title"), ({"title": 1}, "title"),
    ({"status": "gone"}, "status"), ({"x": 1}, "x")])
def test_a_dealer_that_is_wrong_is_told_by_field(program: Program, more: Any, field: str) -> None:
    answer = post(program, "/dealers", DEALER | more)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)


def test_the_same_retailer_number_is_taken_once(program: Program) -> None:
    assert post(program, "/dealers", DEALER | {"retailerCode": 20_000_001}).status_code == 201
    again = post(program, "/dealers", DEALER | {"retailerCode": 20_000_001}, "k2")
    assert (again.status_code, again.json["code"]) == (409, "dealer_exists")


# -- İYS and reports -------------------------------------------------------------------------------


def test_what_waits_for_iys_is_counted_by_brand(program: Program, place: Any) -> None:
    take(place, PHONE)
    [brand] = get(program, "/iys/state").json["brands"]
    assert (brand["brand"], brand["waiting"], brand["stopped"]) == (place.brand_code, 1, 0)
    assert brand["oldest"]


def test_days_of_the_reconciliation_and_their_differences_are_listed(
        program: Program, place: Any) -> None:
    today = clock.today()
    for n in range(3):
        db.connection().execute(
            "insert into iys_day (provider_id, brand_id, day, rows) values (%s, %s, %s, %s)",
            (place.provider_id, place.brand_id, today - timedelta(days=n), n))
    first = get(program, "/iys/days", limit=2).json
    rest = get(program, "/iys/days", limit=2, cursor=first["next"]).json
    assert [one["rows"] for one in first["items"] + rest["items"]] == [0, 1, 2]
    db.connection().execute(
        "insert into iys_difference (provider_id, brand_id, day, fence, cause, recipient_type, "
        "channel, their_status, their_source, mark) values (%s, %s, %s, 1, 3, 1, 2, 2, 33, 'x')",
        (place.provider_id, place.brand_id, today))
    [one] = get(program, f"/iys/days/{place.brand_code}/{today}/differences").json["items"]
    assert (one["cause"], one["theirs"]["source"]) == ("OTHER_STATUS", "IYS_WEB")
    assert get(program, f"/iys/days/{place.brand_code}/yok/differences").status_code == 404


@pytest.mark.parametrize(("by", "key"), [
    ("channel", "MESAJ"), ("source", "HS_WEB"), ("recipientType", "BIREYSEL"), ("day", ...),
    ("brand", ...), ("retailerCode", None)])
def test_reports_count_what_was_taken_by_one_thing(
        program: Program, place: Any, by: str, key: Any) -> None:
    take(place, PHONE)
    take(place, "+905992013346", refusal=True)
    report = get(program, "/reports/consents", by=by).json
    [row] = report["rows"]
    assert (row["consents"], row["refusals"]) == (1, 1)
    wanted = {"day": clock.today().isoformat(), "brand": str(place.brand_code)}.get(by, key)
    assert row["key"] == wanted
    assert get(program, "/reports/consents", by=by, until="2020-01-01").json["rows"] == []


def test_a_report_has_a_year_at_most(program: Program) -> None:
    assert get(program, "/reports/consents", since="2024-01-01", until="2026-01-01"
               ).status_code == 422


# -- texts, messages, requests, acts ---------------------------------------------------------------


def test_messages_are_listed_without_what_they_said(program: Program, place: Any) -> None:
    done = take(place, PHONE)
    db.connection().execute(
        "insert into message (provider_id, brand_id, recipient_id, submission_id, channel, kind, "
        "content_key) values (%s, %s, %s, %s, 2, 2, 0)",
        (place.provider_id, place.brand_id, done.items[0].recipient_id, done.submission_id))
    [one] = get(program, "/messages").json["items"]
    assert (one["kind"], one["channel"]) == ("CONFIRMATION", "MESAJ")
    assert "•" in one["address"]
    assert get(program, "/messages", channel="ARAMA").json["items"] == []


REQUEST = {"way": "EMAIL", "person": {"name": "Ayşe Örnek", "email": "ayse@ornek.com.tr"},
           "rights": ["LEARN"], "wish": "Hangi veriler var?\nNereden?"}


def test_a_request_is_opened_once_and_its_clock_runs_from_its_arrival(
        program: Program, place: Any) -> None:
    body = REQUEST | {"receivedAt": (clock.now() - timedelta(days=3)).isoformat()}
    made, again = (post(program, "/requests", body) for _ in range(2))
    assert made.status_code == again.status_code == 201, made.text
    assert made.json["number"] == again.json["number"]
    assert made.json["daysLeft"] in (26, 27)
    [listed] = get(program, "/requests").json["items"]
    assert listed["rights"] == ["LEARN"]
    assert get(program, f"/requests/{listed['number']}").json == listed
    assert "Ayşe" not in get(program, "/requests").text


@pytest.mark.parametrize(("more", "field"), [
    ({"way": "FORM"}, "way"), ({"receivedAt": "2020-01-01T00:00:00+03:00"}, "receivedAt"),
    ({"person": {}}, "person.name"), ({"rights": [], "wish": ""}, "rights"),
    ({"wish": None}, "wish"),
    ({"person": {"name": "A", "tckn": "1"}}, "person.tckn"), ({"person": None}, "person"),
    ({"person": {"x": "1"}}, "person.x")])
def test_a_request_that_is_wrong_is_told_by_field(program: Program, more: Any, field: str) -> None:
    body = REQUEST | {"receivedAt": clock.now().isoformat()} | more
    answer = post(program, "/requests", body)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field), answer.text


Published = Callable[..., tuple[int, int]]


@pytest.fixture
def publish(place: Any) -> Published:
    """A published text; its document's and its version's number."""
    def made(kind: str, body: str = "Metin", **more: Any) -> tuple[int, int]:
        conn = db.connection()
        text = conn.execute(
            "insert into document (provider_id, brand_id, kind, channel, name) "
            "values (%s, %s, %s, %s, %s) returning id",
            (place.provider_id, place.brand_id, kind, more.get("channel"), kind)).fetchone()[0]
        version = conn.execute(
            "insert into document_version (provider_id, document_id, language, version, title, "
            "body, content_hash, published_at, effective_from) values (%s, %s, 'tr', 1, %s, %s, "
            "sha256(%s::bytea), now() - interval '1 day', now() - interval '1 day') returning id",
            (place.provider_id, text, kind, body, body.encode())).fetchone()[0]
        return text, version
    return made


def test_texts_on_show_are_read_with_their_versions(
        program: Program, publish: Published) -> None:
    text, version = publish("ETK_ONAYI", channel=2)
    [one] = get(program, "/documents").json["items"]
    assert (one["textId"], one["channel"]) == (version, "MESAJ")
    assert get(program, f"/documents/{text}").json["versions"][0]["textId"] == version
    assert get(program, "/documents/999999999").status_code == 404


def test_acts_are_taken_with_the_notice_first_and_withdrawn_at_once(
        program: Program, publish: Published, place: Any) -> None:
    _, notice = publish("AYDINLATMA")
    _, consent = publish("ACIK_RIZA")
    body = {"address": PHONE, "source": "HS_WEB", "name": "Ayşe Örnek",
            "notice": {"textId": notice, "extent": "TO_THE_END", "read": True},
            "answers": [{"textId": consent, "given": True}]}
    made, again = (post(program, "/acts", body) for _ in range(2))
    assert made.status_code == 201, made.text
    assert made.json == again.json
    without = post(program, "/acts", {k: v for k, v in body.items() if k != "notice"}, "k2")
    assert without.json["errors"][0]["field"] == "notice"
    back = post(program, "/acts", {"address": PHONE, "source": "HS_EPOSTA",
                                   "answers": [{"textId": consent, "given": False}]}, "k3")
    assert back.status_code == 201, back.text
    standing = db.connection().execute(
        "select act from kvkk_state where provider_id = %s and text_id = %s",
        (place.provider_id, consent)).fetchone()[0]
    assert standing == 4
    acts = [one["act"] for one in get(program, "/acts").json["items"]]
    assert acts[-2:] == ["GIVEN", "READ"]
    assert set(acts[:-2]) == {"WITHDRAWN"}
    assert post(program, "/acts", {"address": PHONE, "source": "HS_WEB"}, "k4").status_code == 422
