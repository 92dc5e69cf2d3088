"""A public form is no weapon against a phone, no bill for the provider and no list of customers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from config import settings
from ileti.capture import code_budget, code_limits
from ileti.capture.code_budget import budget, spent_today
from ileti.core import clock
from ileti.core.statement import Statement

from .conftest import Answer, Browser, new_mail, new_phone

CodeOf = Callable[[str], str]


@pytest.fixture(autouse=True)
def fresh_budget() -> Iterator[None]:
    """No test inherits what another one spent."""
    budget.forget()
    yield
    budget.forget()


def confirm(browser: Browser, handle: str, code: str) -> Answer:
    return browser.post("confirmations", {"handle": handle,
                                          "codes": [{"to": "phone", "code": code}]})


# -- machines --------------------------------------------------------------------------------------


def test_a_form_sent_within_a_second_is_answered_alike_and_records_nothing(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, conn: Any, place: Any
) -> None:
    honest = browser.submit("MESAJ").body
    monkeypatch.setattr(settings(), "form_least_seconds", 10.0)
    answer = browser.submit("MESAJ")
    assert (answer.status, answer.body.keys()) == (201, honest.keys())
    kept = conn.execute("select count(*) from submission where provider_id = %s",
                        (place.provider_id,)).fetchone()
    assert kept == (1,)


def test_a_second_later_the_same_form_counts(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, conn: Any, place: Any
) -> None:
    monkeypatch.setattr(settings(), "form_least_seconds", 1.0)
    body = browser.filled("MESAJ")
    with clock.freeze(clock.now() + timedelta(seconds=1.1)):
        assert browser.post("submissions", body).status == 201
    kept = conn.execute("select count(*) from submission where provider_id = %s",
                        (place.provider_id,)).fetchone()
    assert kept == (1,)


def test_a_vouching_server_may_be_quick(
    signed: Browser, monkeypatch: pytest.MonkeyPatch, conn: Any, place: Any
) -> None:
    from .test_signed import vouch_for

    monkeypatch.setattr(settings(), "form_least_seconds", 1.0)
    assert vouch_for(signed, signed.filled("MESAJ")).status == 201
    kept = conn.execute("select count(*) from consent_entry where provider_id = %s",
                        (place.provider_id,)).fetchone()
    assert kept == (1,)


# -- somebody else's phone -------------------------------------------------------------------------


def test_five_providers_cannot_write_to_one_phone_more_than_one_may(
    new_place: Callable[[], Any], new_site: Callable[..., str]
) -> None:
    phone = new_phone()
    visitors = [Browser(new_site(new_place())) for _ in range(5)]
    for visitor in (*visitors, visitors[0]):
        assert visitor.submit("MESAJ", phone=phone).status == 201
    assert [visitor.submit("MESAJ", phone=phone).status for visitor in visitors] == [429] * 5


def test_an_address_gets_twelve_codes_a_day(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "capture_recipient_per_hour", 100)
    monkeypatch.setattr(settings(), "capture_recipient_per_day", 3)
    mail = new_mail()
    statuses = [browser.submit("EPOSTA", email=mail).status for _ in range(4)]
    assert statuses == [201, 201, 201, 429]


def test_a_spelling_is_no_way_around_the_limit(browser: Browser) -> None:
    phone = new_phone()
    for spelling in (phone, f"+90{phone[1:]}", f"0 {phone[1:4]} {phone[4:]}", phone, phone, phone):
        assert browser.submit("MESAJ", phone=spelling).status == 201
    assert browser.submit("MESAJ", phone=f"90{phone[1:]}").status == 429


def test_a_block_of_numbers_cannot_be_pumped(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "capture_block_per_hour", 4)
    block = new_phone()[:-3]
    statuses = [browser.submit("MESAJ", phone=f"{block}{n:03d}").status for n in range(6)]
    assert statuses == [201] * 4 + [429] * 2
    assert browser.submit("MESAJ").status == 201


@pytest.mark.parametrize("phone", ["0212 555 01 02", "+44 7911 123456", "+371 20 123 456"])
def test_only_turkish_mobiles_get_a_code(browser: Browser, phone: str, conn: Any,
                                         place: Any) -> None:
    answer = browser.submit("ARAMA", phone=phone)
    assert answer.status == 422
    assert [(e["field"], e["code"]) for e in answer.body["errors"]] == [("phone", "no_code")]
    kept = conn.execute("select count(*) from consent_entry where provider_id = %s",
                        (place.provider_id,)).fetchone()
    assert kept == (0,)


def test_marks_change_with_the_day_and_are_no_plain_hash() -> None:
    today, tomorrow = clock.today(), clock.today() + timedelta(days=1)
    first = code_limits.address_mark("+905992134117", today)
    assert first != code_limits.address_mark("+905992134117", tomorrow)
    assert code_limits.block_mark("+905992134117", today) == code_limits.block_mark(
        "+905992134999", today)
    assert code_limits.block_mark("n@ornek.com.tr") is None


# -- what it may cost ------------------------------------------------------------------------------


def test_a_site_has_a_daily_cap_and_nothing_is_recorded_beyond_it(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, conn: Any, place: Any
) -> None:
    monkeypatch.setattr(settings(), "codes_per_site_per_day", 3)
    statuses = [browser.submit("MESAJ").status for _ in range(4)]
    assert statuses == [201, 201, 201, 503]
    answer = browser.submit("MESAJ")
    assert answer.body["type"].endswith("codes_spent")
    assert int(answer.headers["Retry-After"]) == 3_600
    kept = conn.execute("select count(*) from consent_entry where provider_id = %s",
                        (place.provider_id,)).fetchone()
    assert kept == (3,)


def test_a_provider_has_a_cap_over_all_its_sites(
    place: Any, new_site: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "codes_per_provider_per_day", 2)
    first, second = Browser(new_site(place)), Browser(new_site(place, texts=False))
    assert [first.submit("MESAJ").status, first.submit("MESAJ").status] == [201, 201]
    assert second.submit("MESAJ").status == 503


def test_new_codes_are_under_the_cap_too(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "codes_per_site_per_day", 1)
    handle = browser.submit("MESAJ").body["handle"]
    with clock.freeze(clock.now() + timedelta(seconds=31)):
        assert browser.post("codes", {"handle": handle, "to": "phone"}).status == 503


def test_an_emptied_memory_does_not_lift_the_cap(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "codes_per_site_per_day", 2)
    browser.submit("MESAJ")
    browser.submit("MESAJ")
    budget.forget()
    assert browser.submit("MESAJ").status == 503


def test_a_replay_is_answered_although_the_cap_is_met(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "codes_per_site_per_day", 1)
    body = browser.filled("MESAJ")
    assert browser.post("submissions", body).body == browser.post("submissions", body).body


def test_the_cap_alarms_once_before_and_once_at_its_end(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, dict[str, Any]]] = []

    class Log:
        def warning(self, event: str, **more: Any) -> None:
            told.append((event, more))

        error = warning

    monkeypatch.setattr(code_budget, "log", Log())
    monkeypatch.setattr(settings(), "codes_per_site_per_day", 5)
    for _ in range(8):
        browser.submit("MESAJ")
    assert [event for event, _ in told] == ["codes_nearly_spent", "codes_spent"]
    assert told[1][1]["owner"] == "site"
    assert told[1][1]["limit"] == 5


def test_the_panel_can_read_what_was_spent(browser: Browser, place: Any) -> None:
    browser.submit("MESAJ", "EPOSTA")
    spent = spent_today(place.provider_id)
    assert spent["sent"] == 2
    assert [(line["name"], line["sent"]) for line in spent["sites"]] == [("Mağaza", 2)]


# -- guessing --------------------------------------------------------------------------------------


def test_a_code_cannot_be_guessed_over_many_handles(
    browser: Browser, code_of: CodeOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "capture_recipient_per_hour", 50)
    phone, guesses = new_phone(), 0
    for _ in range(4):
        handle = browser.submit("MESAJ", phone=phone).body["handle"]
        wrong = f"{(int(code_of('phone')) + 1) % 1_000_000:06d}"
        guesses += sum(confirm(browser, handle, wrong).status == 422 for _ in range(5))
    assert guesses == code_limits.MOST_WRONG_A_DAY
    handle = browser.submit("MESAJ", phone=phone).body["handle"]
    answer = confirm(browser, handle, code_of("phone"))
    assert answer.body["errors"][0]["code"] == "no_tries_today"


def test_right_codes_do_not_use_up_the_tries_of_the_day(
    browser: Browser, code_of: CodeOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_limits, "MOST_WRONG_A_DAY", 1)
    phone = new_phone()
    for _ in range(3):
        handle = browser.submit("MESAJ", phone=phone).body["handle"]
        assert confirm(browser, handle, code_of("phone")).status == 200


# -- who is a customer -----------------------------------------------------------------------------


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement sent to the database, in order."""
    seen: list[str] = []
    execute = psycopg.Cursor.execute

    def watch(self: Any, query: Any, *more: Any, **named: Any) -> Any:
        seen.append(" ".join(str(query).split()))
        return execute(self, query, *more, **named)

    def watch_packed(self: Any, *more: Any) -> Any:
        seen.append(self._name.decode())
        return value(self, *more)

    value = Statement.value
    monkeypatch.setattr(psycopg.Cursor, "execute", watch)
    monkeypatch.setattr(Statement, "value", watch_packed)
    return seen


def test_a_known_address_costs_the_same_statements_as_an_unknown_one(
    browser: Browser, code_of: CodeOf, statements: list[str]
) -> None:
    phone = new_phone()
    handle = browser.submit("MESAJ", phone=phone).body["handle"]
    confirm(browser, handle, code_of("phone"))
    known, unknown = browser.filled("MESAJ", phone=phone), browser.filled("MESAJ")
    browser.submit("MESAJ")
    statements.clear()
    answers = [browser.post("submissions", known)]
    of_known = statements.copy()
    statements.clear()
    answers.append(browser.post("submissions", unknown))
    assert statements == of_known
    assert sum("verification" in one for one in of_known) >= 3
    assert any("insert into message" in one for one in of_known)
    assert len(of_known) >= 6
    shapes = [{name: type(value) for name, value in a.body.items()} for a in answers]
    assert shapes[0] == shapes[1]
    assert len(answers[0].body["signature"]) == len(answers[1].body["signature"])
