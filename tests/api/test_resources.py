"""Consents as programs list and read them: in their place, masked, page by page, as documented."""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import Any

import jsonschema
import pytest

from ileti.api import chapters, scoped
from ileti.api.endpoints import OPEN, ROUTES
from ileti.capture.api_document import document
from ileti.consents import trouble
from ileti.consents.numbers import record_number
from ileti.consents.trouble import Kind, Trouble
from ileti.consents.vocabulary import Channel
from ileti.core import db
from tests.evidence.sealed_house import seal_all
from tests.panel.people import dealer_of, take
from tests.reports.house import counted

from .api_house import Program, account
from .resource_house import DOCUMENT, EVERY, PHONE, V1, get, post


@pytest.fixture(autouse=True)
def panel(app: Any) -> None:
    scoped.serve_with(lambda: app)


@pytest.fixture
def program(place: Any) -> Program:
    """A program that may everything of its provider."""
    return Program(place, account(place, brings=False, scopes=EVERY))


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
    counted()
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


def test_the_state_of_an_address_where_nobody_is_says_so_and_that_is_asked_once(
        program: Program, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    mails = ["ayse@ornek.com.tr", "can@ornek.com.tr"]
    people = [take(place, one, channel=Channel.EPOSTA).items[0].recipient_id for one in mails]
    db.connection().execute("update consent_state set iys_status = 3 where provider_id = %s",
                            (place.provider_id,))
    trouble.note(db.connection(), place.provider_id, Trouble(people[0], Kind.HARD, "5.1.1"))
    asked: list[list[str]] = []
    real = trouble.dead

    def dead(provider_id: int, addresses: Any, channel: Channel) -> set[int]:
        asked.append(sorted(addresses))
        return real(provider_id, addresses, channel)

    monkeypatch.setattr(trouble, "dead", dead)
    results = post(program, "/consents/status", {"addresses": mails}).json["results"]
    assert [one["states"][0]["why"] for one in results] == ["undeliverable", None]
    assert asked == [mails]


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
    seal_all()
    monkeypatch.setattr(bundle, "_pages", lambda _made: {})
    answer = get(program, f"/consents/{number}/proof")
    assert answer.status_code == 200, answer.text
    assert "verify.py" in " ".join(zipfile.ZipFile(BytesIO(answer.data)).namelist())
    kept = db.connection().execute(
        "select count(*) from audit_entry where provider_id = %s and action = 'consent:prove'",
        [place.provider_id]).fetchone()[0]
    assert kept == 2
