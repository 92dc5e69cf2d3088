"""Receipts at the centre say what stands, in the words of every other receipt."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from ileti.capture.receipts import check_receipt
from ileti.consents.ledger import NewConsent, NewSubmission, hash_body, record
from ileti.consents.numbers import receipt_number
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import clock
from ileti.core.secrets import secrets
from ileti.kvkk.ledger import NewAct
from ileti.kvkk.ledger import record as record_acts
from ileti.kvkk.vocabulary import Act
from ileti.requests import owncopy
from tests.kvkk.house import text

from .conftest import Visitor, known, new_mail

MAIL = Channel.EPOSTA


def form(place: Any, mails: list[str], rıza: Any, standing: Standing, idem: str = "") -> Any:
    """A web form that chose mail and gave an explicit consent, for each address."""
    at = clock.whole_second(clock.now() - timedelta(minutes=5))
    return record_acts(
        NewSubmission(
            place=place, idem=idem or f"test:{uuid4()}", body_hash=hash_body(mails),
            source=Source.HS_WEB, standing=standing, evidence={"place": "Mağaza"},
            person={"name": "Nazlı K."},
            items=[NewConsent(one, MAIL, Status.ONAY, at, due_at=at) for one in mails]),
        [NewAct(rıza.document, rıza.version, rıza.hash, Act.GIVEN, at, address=one)
         for one in mails])


def test_what_nobody_proved_is_not_told_as_recorded(visitor: Visitor, place: Any) -> None:
    rıza, mail = text(place), new_mail()
    first, acts = form(place, [mail, new_mail()], rıza, Standing.UNVERIFIED)
    number = receipt_number(first.submission_id)
    visitor.by_link(acts[0].recipient_id)
    before = visitor.get(f"/receipt/{number}.json").json
    check_receipt(before, secrets().receipts.public)
    assert before["state"] == "unverified"
    assert [one["outcome"] for one in before["items"]] == ["UNVERIFIED"]
    assert [(one["act"], one["text"], one["to"]) for one in before["privacy"]] == [
        ("GIVEN", rıza.version, "email")]
    done, proven = form(place, [mail], rıza, Standing.VERIFIED,
                        f"confirm:{first.submission_id}:{acts[0].recipient_id}")
    after = visitor.get(f"/receipt/{number}.json").json
    check_receipt(after, secrets().receipts.public)
    assert after["state"] == "recorded"
    assert after["items"][0] | {"leaf": ""} == {
        "channel": "EPOSTA", "status": "ONAY", "outcome": "RECORDED", "leaf": ""}
    assert after["items"][0]["leaf"] == done.items[0].leaf.hex()
    assert after["privacy"][0]["leaf"] == proven[0].leaf.hex()


def test_own_data_have_the_messages_that_hang_on_no_form(
    visitor: Visitor, place: Any, code_to: Callable[[], str]
) -> None:
    mail = new_mail()
    known(place, mail, MAIL)
    visitor.ask(mail)
    visitor.type_in(code_to())
    said = json.loads(visitor.post("/data.json", {}).data)
    assert [one["kind"]["en"] for one in said["held"]["messages"]] == ["Verification code"]


def test_own_data_are_given_by_a_press_alone_which_is_written_down(
    visitor: Visitor, place: Any, conn: Any, monkeypatch: Any
) -> None:
    mail = new_mail()
    person = known(place, mail, MAIL)
    visitor.by_link(person)

    def trail() -> list[tuple[str, ...]]:
        return conn.execute(
            "select subject, detail->>'form' from audit_entry where provider_id = %s "
            "and action = 'preference:data' order by id", (place.provider_id,)).fetchall()
    assert mail not in visitor.get("/data").text
    assert visitor.get("/data.json").status_code == 405
    assert trail() == []
    pdf = visitor.post("/data.pdf", {})
    assert pdf.data.startswith(b"%PDF-")
    assert "attachment" in pdf.headers["Content-Disposition"]
    assert visitor.post("/data.json", {}).status_code == 200
    assert trail() == [(f"recipient:{person}", "pdf"), (f"recipient:{person}", "json")]
    assert visitor.post("/data.exe", {}).status_code == 404
    monkeypatch.setattr(owncopy, "MOST", 1)
    known(place, mail, MAIL, Status.RET)
    said = json.loads(visitor.post("/data.json", {}).data)
    assert len(said["held"]["history"]) == 1
    assert "history" in said["more"]


def test_a_list_of_thousands_gives_a_receipt_of_ones_own_lines(visitor: Visitor, place: Any
                                                               ) -> None:
    at = clock.whole_second(clock.now() - timedelta(minutes=5))
    mails = [new_mail() for _ in range(700)]
    done = record(NewSubmission(
        place=place, idem=f"test:{uuid4()}", body_hash=hash_body(mails), source=Source.HS_EORTAM,
        standing=Standing.VERIFIED, evidence={},
        items=[NewConsent(one, MAIL, Status.ONAY, at) for one in mails]))
    visitor.by_link(done.items[-1].recipient_id)
    body = visitor.get(f"/receipt/{receipt_number(done.submission_id)}.json").json
    assert [one["leaf"] for one in body["items"]] == [done.items[-1].leaf.hex()]
