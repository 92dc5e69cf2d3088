"""Numbers over the API: any span and filter, scoped; messages and what became of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ileti.api import compliance
from ileti.api.scoped import serve_with
from ileti.core import clock, db
from ileti.reports import compliancepage
from tests.panel.people import dealer_of, take
from tests.reports.house import answered, counted, taken
from tests.reports.test_compliance import walked

from .api_house import Program, account
from .resource_house import EVERY, PHONE, get, post

OTHER = "+905992013346"


@pytest.fixture
def program(app: Any, place: Any) -> Program:
    serve_with(lambda: app)
    return Program(place, account(place, scopes=EVERY, brings=False))


def rows(program: Program, path: str = "/reports/consents", **query: Any) -> dict[str, Any]:
    counted()
    answer = get(program, path, **query)
    assert answer.status_code == 200, answer.text
    return {row["key"]: row.get("consents", row.get("messages")) for row in answer.json["rows"]}


def test_consents_are_counted_by_spans_that_are_named_by_their_first_day(
        program: Program, place: Any) -> None:
    take(place, PHONE)
    take(place, OTHER, refusal=True)
    today = clock.today()
    assert rows(program, by="day") == {today.isoformat(): 1}
    assert rows(program, by="week") == {
        (today - timedelta(days=today.weekday())).isoformat(): 1}
    assert rows(program, by="month") == {today.replace(day=1).isoformat(): 1}
    assert rows(program, by="status") == {"ONAY": 1, "RET": 0}
    assert get(program, "/reports/consents", by="status", status="RET").json["refusals"] == 1


def test_a_report_is_narrowed_by_dealer_and_by_type(program: Program, place: Any) -> None:
    own = dealer_of(place)
    db.connection().execute("update dealer set retailer_code = 10000001 where id = %s", [own])
    take(place, PHONE, dealer_id=own)
    take(place, OTHER)
    assert rows(program, by="retailerCode") == {"10000001": 1, None: 1}
    assert rows(program, by="channel", retailerCode="10000001") == {"MESAJ": 1}
    assert rows(program, by="channel", retailerCode="99999999") == {}
    assert rows(program, by="channel", recipientType="TACIR") == {}


def test_a_report_tells_what_iys_said_and_up_to_when_it_is_counted(
        program: Program, place: Any) -> None:
    answered(place, take(place, PHONE).items[0].entry_id)
    counted()
    told = get(program, "/reports/consents", by="source").json
    assert told["rows"] == [{
        "key": "HS_WEB", "consents": 1, "refusals": 0, "accepted": 1, "rejected": 0, "overdue": 0,
        "sameDay": 1, "secondsToIys": 120}]
    assert (told["accepted"], told["secondsToIys"]) == (1, 120)
    assert told["countedAt"] is not None


@pytest.mark.parametrize("query", [{"by": "hour"}, {"since": "2020-01-01"}, {"status": "X"}])
def test_what_no_report_answers_is_refused_by_field(program: Program, query: Any) -> None:
    assert get(program, "/reports/consents", **query).status_code == 422


def test_messages_are_told_one_by_one_and_counted_by_what_became_of_them(
        program: Program, place: Any, place_b: Any) -> None:
    person = take(place, PHONE).items[0].recipient_id
    sent, failed, waiting = (db.connection().execute(
        "insert into message (provider_id, brand_id, recipient_id, channel, kind, content_key, "
        "sent_at) values (%s, %s, %s, 2, 1, 1, case when %s then now() end) returning id",
        (place.provider_id, place.brand_id, person, done)).fetchone()[0]
        for done in (True, False, False))
    db.connection().execute(
        "insert into outbox (provider_id, topic, ref_id, ref_at, order_key, brand_id, dead_at) "
        "values (%s, 2, %s, now(), 1, %s, now())", (place.provider_id, failed, place.brand_id))
    assert rows(program, "/reports/messages", by="state") == {
        "SENT": 1, "FAILED": 1, "WAITING": 1}
    assert rows(program, "/reports/messages", by="channel", state="FAILED") == {"MESAJ": 1}
    assert [one["id"] for one in get(program, "/messages", state="WAITING").json["items"]] == [
        waiting]
    one = get(program, f"/messages/{sent}").json
    assert (one["state"], "•" in one["address"]) == ("SENT", True)
    strange = Program(place_b, account(place_b, scopes=EVERY, brings=False))
    assert get(strange, f"/messages/{sent}").status_code == 404


def test_a_reconciliation_is_asked_for_once_and_kept(program: Program, place: Any) -> None:
    first = post(program, "/iys/reconcile", {"brand": place.brand_code})
    again = post(program, "/iys/reconcile", {"brand": place.brand_code})
    assert (first.status_code, first.json["brand"]) == (202, place.brand_code)
    assert again.json == first.json
    assert again.headers["Idempotent-Replayed"] == "true"
    kept = db.connection().execute("select count(*) from audit_entry where provider_id = %s "
                                   "and action = 'reconciliation:run'", [place.provider_id])
    assert kept.fetchone()[0] == 1
    assert post(program, "/iys/reconcile", {"brand": 1}, "k2").status_code == 404


def test_the_report_of_compliance_tells_what_was_late_refused_slow_and_unproven(
        program: Program, place: Any) -> None:
    yes, no = (taken(place).items[0].entry_id for _ in range(2))
    answered(place, yes)
    answered(place, no, accepted=False, code="H467")
    counted()
    walked(place)
    told = get(program, "/reports/compliance", by="channel").json
    assert [told["rows"][0][one] for one in ("key", "records", "late", "lateShare")] == [
        "MESAJ", 2, 1, 0.5]
    assert (told["medianSeconds"], told["slowestSeconds"]) == (120, 120)
    assert [(one["code"], one["records"]) for one in told["codes"]] == [("H467", 1)]
    assert told["proofs"] == [{"source": "HS_WEB", "proof": "NOTHING", "missing": True,
                               "elsewhere": False, "consents": 2}]
    assert told["texts"][0] == {"documentVersion": None, "name": None, "version": None,
                                "language": None, "consents": 2}
    assert told["fines"]["known"] is True
    assert [one["acts"] for one in told["fines"]["rows"]] == [0, 2, 1]
    assert told["due"] == []
    assert get(program, "/reports/compliance", by="form").status_code == 422
    assert compliancepage.API == compliance.PATH, "the panel tells the address"


def test_a_dealers_account_has_the_compliance_of_its_own_and_no_fines(
        app: Any, place: Any) -> None:
    one, two = dealer_of(place), dealer_of(place, "Nilüfer Tekstil")
    for dealer in (one, two, None):
        answered(place, taken(place, dealer=dealer).items[0].entry_id, accepted=False, code="H174")
    counted()
    walked(place)
    serve_with(lambda: app)
    dealer = Program(place, account(place, scopes=EVERY, brings=False, dealer=one,
                                    brand=place.brand_id))
    told = get(dealer, "/reports/compliance", by="retailerCode").json
    assert [each["records"] for each in told["rows"]] == [1]
    assert told["codes"][0]["records"] == 1
    assert sum(each["consents"] for each in told["proofs"]) == 1
    assert (told["due"], told["fines"]) == (None, None)
