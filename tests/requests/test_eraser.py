"""An approved erasure, done by the rules of retention and told in the answer (R-46, R-47, R-64)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from config import settings
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.requests import answering, cases, erasing
from ileti.requests.eraser import Retention, told
from ileti.requests.numbers import case_number
from ileti.requests.vocabulary import Decision
from ileti.retention.erase import Erasure, Person
from tests.panel.people import take, token_of
from tests.requests.conftest import new_mail, verified
from tests.requests.test_erasure import do, officer, open_one

Case = cases.Case


@pytest.fixture
def case(place: Any, new_case: Callable[..., Case]) -> Case:
    """A verified case of somebody who consented to e-mail; retention erases."""
    db.connection().execute("update data_request_erasure set next_at = now() + interval '1 day' "
                            "where done_at is null")
    erasing.register(Retention())
    mine = take(place, new_mail(), channel=Channel.EPOSTA).items[0].recipient_id
    return verified(new_case(rights=["E"]), mine)


def approved(app: Any, place: Any, case: Case) -> erasing.Outcome:
    """One proposes, another approves, the job does it; what came of it."""
    do(officer(app, place), case, "oner")
    do(officer(app, place), case, "karar", id=str(open_one(case)), karar="onay")
    assert erasing.erase_waiting() == {"erased": 1, "failed": 0}
    said = db.connection().execute(
        "select outcome from data_request_erasure where request_id = %s", (case.id,)).fetchone()
    return said[0]


def test_what_the_law_keeps_is_restricted_and_named_with_its_day(
    app: Any, place: Any, case: Case
) -> None:
    outcome = approved(app, place, case)
    assert outcome["erased"] == []
    assert [one["what"] for one in outcome["ended"]] == ["marketing"]
    assert [one["what"] for one in outcome["kept"]] == ["records", "addresses"]
    records = outcome["kept"][0]
    assert (records["what"], records["rule"]) == ("records", "R-46, R-47")
    ten = clock.today().year + 10
    assert records["until"].startswith(str(ten))
    text, _ = answering.begin(db.connection(), case, Decision.GRANTED, "tr")
    assert f".{ten} tarihine kadar" in text
    assert "6563 s. Kanun m. 11/3" in text
    assert "Silinen kayıt yoktur" in text
    assert "Silinenler" not in text
    assert "yerine getirildi" not in text


def test_nothing_is_sent_any_more(app: Any, place: Any, case: Case, conn: Any) -> None:
    approved(app, place, case)
    states = conn.execute("select distinct status from consent_state where provider_id = %s",
                          (place.provider_id,)).fetchall()
    assert states == [(2,)]
    assert conn.execute("select count(*) from restriction where provider_id = %s",
                        (place.provider_id,)).fetchone() == (1,)


def test_the_same_erasure_again_says_the_same(app: Any, place: Any, case: Case) -> None:
    outcome = approved(app, place, case)
    row = db.connection().execute(
        "select recipients, approved_by from data_request_erasure where request_id = %s",
        (case.id,)).fetchone()
    again = Retention().erase(place.provider_id, row[0], case="again", by=row[1]).to_json()
    assert again == outcome


def test_a_plan_changes_nothing(place: Any, case: Case, conn: Any) -> None:
    person = conn.execute("select recipient_id from data_request_recipient where request_id = %s",
                          (case.id,)).fetchone()[0]
    before = conn.execute("select count(*) from consent_entry where provider_id = %s",
                          (place.provider_id,)).fetchone()
    plan = Retention().plan(place.provider_id, [person])
    assert plan.kept[0].until is not None
    assert plan.kept[0].until > clock.today() + timedelta(days=3_600)
    assert conn.execute("select count(*) from consent_entry where provider_id = %s",
                        (place.provider_id,)).fetchone() == before


def person(number: int, **more: Any) -> Person:
    """A recipient of whom three records, two messages and a file are held."""
    return Person(**{"recipient_id": number, "records": 3, "consents": 0, "messages": 2, "files": 1,
                     "erased": False, "restricted": True, "until": None, "holds": ()} | more)


def lines(part: tuple[erasing.Line, ...]) -> list[tuple[str, int, str]]:
    return [(one.what, one.count, one.rule) for one in part]


def test_erased_is_what_is_gone_and_what_goes_with_the_next_destruction_is_kept_till_then() -> None:
    outcome = told(Erasure(1, (person(1, erased=True),), done=True))
    assert lines(outcome.erased) == [("addresses", 1, ""), ("messages", 2, "")]
    assert lines(outcome.kept) == [("records", 3, "R-64"), ("files", 1, "R-64")]
    assert all(one.until == clock.today() + timedelta(days=settings().destruction_days)
               and "periyodik imha" in one.why_tr for one in outcome.kept)


def test_what_should_have_gone_and_did_not_is_never_called_erased() -> None:
    outcome = told(Erasure(1, (person(1),), done=True))
    assert outcome.erased == ()
    assert lines(outcome.kept) == [("records", 3, "R-64"), ("messages", 2, "R-64"),
                                   ("files", 1, "R-64"), ("addresses", 1, "R-64")]
    planned = told(Erasure(1, (person(1),)))
    assert lines(planned.erased) == [("addresses", 1, ""), ("messages", 2, "")]


def test_a_hold_and_the_law_are_told_apart_each_with_its_reason_and_rule() -> None:
    until = clock.now() + timedelta(days=900)
    outcome = told(Erasure(1, (
        person(1, until=until, messages=0, files=0), person(2, holds=(7,), messages=0, files=0),
        person(3, until=until, holds=(7,), messages=0, files=0)), done=True))
    assert outcome.erased == ()
    assert [(one.what, one.rule, one.law, one.until is not None) for one in outcome.kept] == [
        ("records", "R-46, R-47", "6563 s. Kanun m. 11/3; Yönetmelik m. 13", True),
        ("addresses", "R-46, R-47", "6563 s. Kanun m. 11/3; Yönetmelik m. 13", True),
        ("records", "R-64", "KVKK m. 5/2-e", False), ("addresses", "R-64", "KVKK m. 5/2-e", False),
        ("records", "R-46, R-47, R-64", "6563 s. Kanun m. 11/3; Yönetmelik m. 13; KVKK m. 5/2-e",
         False),
        ("addresses", "R-46, R-47, R-64",
         "6563 s. Kanun m. 11/3; Yönetmelik m. 13; KVKK m. 5/2-e", False)]
    assert "ispat yükü" in outcome.kept[-1].why_tr
    assert "Hukuki bekletme" in outcome.kept[-1].why_tr


def test_an_answer_is_no_full_grant_while_something_is_kept(
    app: Any, place: Any, case: Case
) -> None:
    approved(app, place, case)
    client = officer(app, place)
    said = {"csrf_token": token_of(client), "key": "x", "decision": "1", "sending": "1",
            "body": "y" * 60}
    path = f"/basvurular/{case_number(case.id)}/cevap"
    assert "Kısmen kabul" in client.post(path, data=said).text
    assert client.post(path, data=said | {
        "decision": "2", "reason": "LEGAL_DUTY", "why": "Kayıtlar yasa gereği saklanmaktadır."
    }).status_code == 303
