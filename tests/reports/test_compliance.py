"""The report of compliance: its numbers are a hand count of the ledger, and each sees its own."""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import Any

import pytest

from ileti.consents.vocabulary import Channel, Source, Status
from ileti.core import clock, db
from ileti.reports import compliance, fines, standing
from ileti.reports.compliance import Code, Times
from ileti.reports.proven import Proof
from ileti.reports.queries import Wanted
from ileti.retention.periods import Kind
from ileti.tenancy import scope
from tests.panel.people import dealer_of, take
from tests.reports.house import answered, counted, taken


def walked(place: Any, most: int = standing.MOST) -> None:
    """What stands at a provider is counted anew, whoever's turn it was."""
    conn = db.system_connection()
    conn.execute("insert into report_walk (provider_id) values (%s) on conflict (provider_id) "
                 "do update set counted_at = null", (place.provider_id,))
    until = time.monotonic() + 60
    while time.monotonic() < until and conn.execute(
            "select counted_at is null or begun_at is not null from report_walk "
            "where provider_id = %s", (place.provider_id,)).fetchone()[0]:
        standing.count_due(time.monotonic() + 10, most)


def stands(place: Any, by: str = "proof") -> dict[int, int]:
    """Standing consents of a provider by one column, as they are shown."""
    return {key: int(number) for key, number in db.system_connection().execute(
        f"select {by}, sum(number) from report_standing where provider_id = %s "
        "group by 1 having sum(number) > 0", (place.provider_id,))}


def month() -> Wanted:
    """The last thirty days."""
    return Wanted(clock.today() - timedelta(29), clock.today())


def seen(place: Any, **more: Any) -> Any:
    """As somebody of the place."""
    return scope.within(scope.Scope(provider_id=place.provider_id, **more))


def test_the_codes_are_those_of_the_answers_and_what_was_never_sent_is_none(
        app: Any, place: Any) -> None:
    for kind in ({"code": "H174"}, {"code": "H174"}, {"code": "H467"}, {"code": None},
                 {"code": "HTTP_500"}, {"detail": '{"not_sent": "dropped"}'}):
        answered(place, taken(place).items[0].entry_id, accepted=False, **kind)
    answered(place, taken(place, source=Source.IYS_WEB).items[0].entry_id, accepted=False)
    counted()
    with app.app_context(), seen(place):
        assert compliance.codes(month()) == [Code(0, 2), Code(174, 2), Code(467, 1)]


def test_half_and_95_of_100_are_no_more_than_what_is_told_and_the_slowest_is_exact(
        app: Any, place: Any) -> None:
    waits = [5, 40, 61, 100, 1_000, 90_000]
    for wait in waits:
        answered(place, taken(place).items[0].entry_id, after=timedelta(seconds=wait))
    counted()
    with app.app_context(), seen(place):
        [told] = compliance.times(month(), "").values()
        assert told == Times(6, 120, 90_000, 90_000)
        assert told.median is not None
        assert told.median >= sorted(waits)[2]
        assert compliance.times(month(), "channel", [int(Channel.ARAMA)]) == {}


def test_a_span_of_a_year_says_the_same_as_its_days(app: Any, place: Any) -> None:
    answered(place, taken(place).items[0].entry_id)
    answered(place, taken(place).items[0].entry_id, accepted=False, code="H180")
    counted()
    year = Wanted(clock.today() - timedelta(364), clock.today())
    with app.app_context(), seen(place):
        for one in (year, month()):
            assert compliance.codes(one) == [Code(180, 1)]
            assert compliance.times(one, "")[None].accepted == 1
            assert sum(t.accepted for t in compliance.times(one, "day").values()) == 1
            today = clock.today()
            assert list(compliance.times(one, "week")) == [today - timedelta(today.weekday())]
            assert list(compliance.times(one, "month")) == [today.replace(day=1)]


def test_a_dealer_has_its_own_codes_times_proofs_and_texts(app: Any, place: Any) -> None:
    one, two = dealer_of(place), dealer_of(place, "Nilüfer Tekstil")
    for dealer, code in ((one, "H174"), (two, "H180"), (None, "H120")):
        answered(place, taken(place, dealer=dealer).items[0].entry_id)
        answered(place, taken(place, dealer=dealer).items[0].entry_id, accepted=False, code=code)
    counted()
    walked(place)
    with app.app_context(), seen(place, brand_id=place.brand_id, dealer_id=one):
        assert compliance.codes(month()) == [Code(174, 1)]
        assert compliance.times(month(), "")[None].accepted == 1
        assert sum(each.number for each in compliance.proven(month())) == 2
        assert sum(each.number for each in compliance.in_use(month())) == 2
        assert compliance.due() == []
        other = Wanted(month().since, month().until, {"dealer": [two]})
        assert compliance.codes(other) == []
        assert compliance.proven(other) == []
    with app.app_context(), seen(place):
        assert len(compliance.codes(month())) == 3
        assert compliance.codes(other) == [Code(180, 1)]


def test_another_provider_has_nothing_of_it(app: Any, place: Any, place_b: Any) -> None:
    answered(place, taken(place).items[0].entry_id, accepted=False, code="H174")
    counted()
    walked(place)
    walked(place_b)
    with app.app_context(), seen(place_b):
        assert compliance.codes(month()) == []
        assert compliance.proven(month()) == []
        assert compliance.in_use(month()) == []
        assert compliance.due() == []


def test_what_proves_a_consent_goes_by_how_it_was_given(place: Any) -> None:
    paper, call = Source.HS_ISLAK_IMZA, Source.HS_CAGRI_MERKEZI
    taken(place)
    taken(place, source=paper)
    taken(place, source=paper, evidence={"file": {"id": "7"}})
    taken(place, source=call, evidence={"flow": "call", "call": "x"})
    taken(place, source=Source.HS_MESAJ, evidence={"flow": "sms"})
    taken(place, source=paper, evidence={"import": 3, "origin": {"files": []}})
    taken(place, source=paper, evidence={"import": 3, "origin": {"files": [{"id": 1}]}})
    taken(place, status=Status.RET)
    taken(place, source=Source.IYS_WEB)
    walked(place)
    assert stands(place) == {
        Proof.NOTHING: 1, Proof.NO_SCAN: 1, Proof.FILE: 2, Proof.NO_RECORDING: 1, Proof.WROTE: 1,
        Proof.WORD: 1}


def test_a_walk_in_stretches_that_dies_goes_on_and_shows_each_consent_once(
        place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        taken(place, channels=(Channel.MESAJ, Channel.ARAMA))
    conn = db.system_connection()
    conn.execute("update report_walk set counted_at = now(), begun_at = null")
    conn.execute("insert into report_walk (provider_id) values (%s) on conflict (provider_id) "
                 "do update set counted_at = null", (place.provider_id,))
    died = 0

    def dies(_name: str) -> None:
        nonlocal died
        died += 1
        if died % 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(standing, "reach", dies)
    for _ in range(40):
        try:
            standing.count_due(time.monotonic() + 10, 3)
        except KeyboardInterrupt:
            assert stands(place) in ({}, {Proof.NOTHING: 10}), "shown when the walk has ended"
    assert died > 4
    assert stands(place) == {Proof.NOTHING: 10}
    monkeypatch.undo()
    walked(place, 4)
    assert stands(place) == {Proof.NOTHING: 10}


def test_a_consent_that_was_refused_stands_no_longer(place: Any) -> None:
    taken(place, phone="+905321112299")
    walked(place)
    assert stands(place) == {Proof.NOTHING: 1}
    taken(place, phone="+905321112299", status=Status.RET)
    walked(place)
    assert stands(place) == {}


def test_texts_in_use_are_named_with_how_many_rest_on_them(app: Any, place: Any,
                                                          text: Any) -> None:
    take(place, "+905321112231", text=text)
    take(place, "+905321112232", text=text)
    take(place, "+905321112233")
    walked(place)
    with app.app_context(), seen(place):
        one, none = compliance.in_use(month())
        assert (one.version_id, one.number, bool(one.name)) == (text[0], 2, True)
        assert (none.version_id, none.number, none.name) == (0, 1, "")


@pytest.fixture
def text(place: Any) -> tuple[int, str]:
    """A published wording; its number and hash."""
    conn = db.system_connection()
    (document,) = conn.execute(
        "insert into document (provider_id, brand_id, kind, name) "
        "values (%s, %s, 'ETK_ONAYI', 'İleti onayı') returning id",
        (place.provider_id, place.brand_id)).fetchone()
    (version,) = conn.execute(
        "insert into document_version (provider_id, document_id, version, language, body, "
        "content_hash) values (%s, %s, 3, 'tr', 'Onaylıyorum.', %s) returning id",
        (place.provider_id, document, b"1" * 32)).fetchone()
    return version, "31" * 32


def test_what_is_to_be_destroyed_is_counted_with_the_walk(app: Any, place: Any) -> None:
    for age in ("11 years", "9 years 6 months", "1 year"):
        db.system_connection().execute(
            "insert into iys_movement (provider_id, brand_id, digest, transaction_id, source, "
            "creation_date, seen_at, raw_ct) values (%s, %s, %s, 'x', 'IYS_WEB', now(), "
            "now() - %s::interval, 'x')", (place.provider_id, place.brand_id, age.encode(), age))
    walked(place)
    with app.app_context(), seen(place):
        assert compliance.due() == [compliance.Due(int(Kind.MOVEMENT), 1, 2)]
    with app.app_context(), seen(place, brand_id=place.brand_id):
        assert compliance.due() == []


def test_the_fines_of_a_year_are_dated_and_a_year_without_them_has_none_r50() -> None:
    for number, year in fines.YEARS.items():
        assert fines.of_year(number) is year
        assert year.until == date(number, 12, 31)
    refusal = fines.YEARS[2026].of("refusal")
    assert (refusal.least, refusal.most) == (5_723, 42_930)
    assert fines.of_year(2019) is None
