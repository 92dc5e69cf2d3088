"""The 30-day clock and its alarms (R-63)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ileti.core import clock, db
from ileti.core.clock import ISTANBUL
from ileti.requests import alarms, cases, mails, rules
from tests.channels.test_send import Gateway
from tests.panel.people import dealer_of, user_with
from tests.requests.conftest import kinds_of

T = datetime


@pytest.mark.parametrize(("received", "last"), [
    (T(2026, 11, 1, 0, 0, tzinfo=ISTANBUL), "2026-12-01"),
    (T(2026, 11, 1, 23, 59, tzinfo=ISTANBUL), "2026-12-01"),
    (T(2026, 11, 1, 21, 30, tzinfo=UTC), "2026-12-02"),  # after midnight in Istanbul
    (T(2028, 1, 31, 12, 0, tzinfo=ISTANBUL), "2028-03-01"),  # over a leap day
])
def test_r63_the_last_day_is_the_thirtieth_after_receipt(received: datetime, last: str) -> None:
    due = rules.due_at(received)
    assert due.isoformat() == f"{last}T23:59:59+03:00"


@pytest.mark.parametrize(("days", "level"), [(19, 0), (20, 20), (24, 20), (25, 25), (30, 25),
                                             (31, 31), (90, 31)])
def test_r63_alarms_come_on_day_20_and_25_and_when_it_is_over(days: int, level: int) -> None:
    received = T(2026, 11, 1, 15, 0, tzinfo=ISTANBUL)
    midnight = T(2026, 11, 1, tzinfo=ISTANBUL) + timedelta(days=days)
    assert rules.alarm_level(received, midnight) == level


def test_r63_each_alarm_is_told_once_to_whoever_may_answer(
    app: Any, place: Any, place_b: Any, new_case: Callable[..., cases.Case],
    post: Callable[..., Gateway]
) -> None:
    gateway = post()
    told = user_with(app, "compliance_officer", place)
    others = [user_with(app, "marketer", place), user_with(app, "compliance_officer", place_b),
              user_with(app, "dealer_manager", place, dealer_id=dealer_of(place))]
    case = new_case(received_at=clock.now() - timedelta(days=25))
    for _ in range(2):
        alarms.raise_alarms()
        mails.send_mails()
    assert kinds_of(case.id) == ["received", "alarm"]
    got = [one.to for one in gateway.got]
    assert got.count(f"{told}@ornek.test") == 1
    assert not [to for to in got if to.partition("@")[0] in others]
    mail = next(one for one in gateway.got if one.to.startswith(told))
    assert "5 gün kaldı" in mail.subject
    assert "Nazlı" not in mail.text


def test_r63_what_is_late_is_said_so_and_the_desk_stands_red(
    app: Any, place: Any, new_case: Callable[..., cases.Case], post: Callable[..., Gateway]
) -> None:
    from tests.panel.people import sign_in

    post()
    name = user_with(app, "compliance_officer", place)
    case = new_case(received_at=clock.now() - timedelta(days=33))
    alarms.raise_alarms()
    assert kinds_of(case.id) == ["received", "late"]
    text = sign_in(app, name).get("/basvurular/?durum=gecti").text
    assert "3 gün gecikti" in text
    assert "Süresi geçti" in text


def test_one_case_that_fails_keeps_no_others_alarm(
    new_case: Callable[..., cases.Case], post: Callable[..., Gateway],
    monkeypatch: pytest.MonkeyPatch
) -> None:
    post()
    both = [new_case(received_at=clock.now() - timedelta(days=26 - n)) for n in range(2)]
    real = alarms.cases.read_case

    def breaks(conn: Any, number: int, **named: Any) -> cases.Case:
        if number == both[0].id:
            raise ValueError("cannot be opened")
        return real(conn, number, **named)

    monkeypatch.setattr(alarms.cases, "read_case", breaks)
    alarms.raise_alarms()
    assert [kinds_of(one.id)[-1] for one in both] == ["received", "alarm"]


def test_an_answered_case_raises_no_alarm(
    new_case: Callable[..., cases.Case], post: Callable[..., Gateway]
) -> None:
    post()
    case = new_case(received_at=clock.now() - timedelta(days=26))
    with db.transaction() as conn:
        cases.close(conn, case, by=None, answer_id=0)
    alarms.raise_alarms()
    assert "alarm" not in kinds_of(case.id)


def test_every_word_has_labels_of_its_own() -> None:
    from ileti.requests import vocabulary

    for name in ("Right", "Way", "State", "Identity", "Decision", "Reason", "Sending", "FileRole",
                 "Deed"):
        words = list(getattr(vocabulary, name))
        assert len({one.tr for one in words}) == len({one.en for one in words}) == len(words)
    assert (vocabulary.Way.PAPER.tr, vocabulary.Decision.REFUSED.tr) == ("Yazılı (posta)", "Ret")
