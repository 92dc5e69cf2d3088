"""An approved erasure, done by the rules of retention and told in the answer (R-46, R-47, R-64)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.requests import answering, cases, erasing
from ileti.requests.eraser import Retention
from ileti.requests.vocabulary import Decision
from tests.panel.people import take
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
    assert [one["what"] for one in outcome["erased"]] == ["marketing"]
    records = outcome["kept"][0]
    assert (records["what"], records["rule"]) == ("records", "R-46, R-47")
    ten = clock.today().year + 10
    assert records["until"].startswith(str(ten))
    text, _ = answering.begin(db.connection(), case, Decision.GRANTED, "tr")
    assert f".{ten} tarihine kadar" in text
    assert "6563 s. Kanun m. 11/3" in text


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
