"""A code proves that the address is the person's, once, for a short while, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ileti.capture.receipts import check_receipt
from ileti.channels.confirm import confirm_forgotten
from ileti.channels.messages import open_content
from ileti.core import clock
from ileti.core.secrets import secrets

from .conftest import Answer, Browser

Entries = Callable[[], list[tuple[int, ...]]]
CodeOf = Callable[[str], str]


def confirm(browser: Browser, handle: str, **codes: str) -> Answer:
    return browser.post("confirmations", {
        "handle": handle, "codes": [{"to": to, "code": code} for to, code in codes.items()]})


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_r21_a_right_code_records_the_ticks_verified_and_tells_iys(
    browser: Browser, entries: Entries, code_of: CodeOf, conn: Any, place: Any
) -> None:
    sent = browser.submit("MESAJ", "ARAMA").body
    answer = confirm(browser, sent["handle"], phone=code_of("phone"))
    assert answer.status == 200
    assert answer.body["state"] == "recorded"
    assert [i["outcome"] for i in answer.body["items"]] == ["RECORDED", "RECORDED"]
    assert entries()[2:] == [(2, 1, 1, 1), (1, 1, 1, 1)]
    told = conn.execute("select count(*) from outbox where provider_id = %s and topic = 1",
                        (place.provider_id,)).fetchone()
    assert told == (2,)
    check_receipt(answer.body, secrets().receipts.public)
    assert answer.body["receipt"] == sent["receipt"]


def test_the_consent_date_is_the_time_of_the_tick_and_not_of_the_code(
    browser: Browser, code_of: CodeOf, conn: Any, place: Any
) -> None:
    with clock.freeze(clock.now() - timedelta(minutes=5)):
        body = browser.filled("MESAJ")
    ticked = clock.now() - timedelta(minutes=3)
    body["shownAt"] = (ticked - timedelta(minutes=1)).isoformat()
    body["choices"][0]["at"] = ticked.isoformat()
    handle = browser.post("submissions", body).body["handle"]
    confirm(browser, handle, phone=code_of("phone"))
    state = conn.execute("select consent_date, iys_due_at from consent_state "
                         "where provider_id = %s", (place.provider_id,)).fetchone()
    assert state[0] == clock.whole_second(ticked)
    assert state[1] > clock.now()


def test_r22_a_code_with_no_box_ticked_yields_no_consent(
    browser: Browser, entries: Entries
) -> None:
    handle = browser.submit(notice={"at": clock.now().isoformat()}).body["handle"]
    assert confirm(browser, handle, phone="123456").status == 422
    assert entries() == []


def test_a_wrong_code_says_how_many_tries_are_left(browser: Browser, code_of: CodeOf) -> None:
    handle = browser.submit("MESAJ").body["handle"]
    answer = confirm(browser, handle, phone=wrong(code_of("phone")))
    error = answer.body["errors"][0]
    assert (answer.status, error["field"], error["code"]) == (422, "code.phone", "wrong_code")
    assert error["triesLeft"] == 4


def test_after_five_tries_even_the_right_code_is_dead(
    browser: Browser, code_of: CodeOf, entries: Entries
) -> None:
    handle = browser.submit("MESAJ").body["handle"]
    code = code_of("phone")
    for _ in range(5):
        confirm(browser, handle, phone=wrong(code))
    answer = confirm(browser, handle, phone=code)
    assert answer.body["errors"][0]["code"] == "no_tries"
    assert entries() == [(2, 1, 0, 5)]


def test_a_code_lives_five_minutes(browser: Browser, code_of: CodeOf) -> None:
    handle = browser.submit("MESAJ").body["handle"]
    with clock.freeze(clock.now() + timedelta(seconds=301)):
        answer = confirm(browser, handle, phone=code_of("phone"))
    assert answer.body["errors"][0]["code"] == "code_expired"


def test_a_new_code_replaces_the_old(browser: Browser, code_of: CodeOf) -> None:
    handle = browser.submit("MESAJ").body["handle"]
    old = code_of("phone")
    with clock.freeze(clock.now() + timedelta(seconds=31)):
        answer = browser.post("codes", {"handle": handle, "to": "phone"})
    assert (answer.status, answer.body) == (202, {"expiresIn": 300})
    new = code_of("phone")
    if new != old:
        assert confirm(browser, handle, phone=old).status == 422
    assert confirm(browser, handle, phone=new).status == 200


def test_a_right_code_twice_is_one_consent(
    browser: Browser, code_of: CodeOf, entries: Entries, conn: Any, place: Any
) -> None:
    handle = browser.submit("MESAJ").body["handle"]
    code = code_of("phone")
    first, second = confirm(browser, handle, phone=code), confirm(browser, handle, phone=code)
    assert first.body == second.body
    assert len(entries()) == 2
    told = conn.execute("select count(*) from message where provider_id = %s and kind = 2",
                        (place.provider_id,)).fetchone()
    assert told == (1,)


def test_one_right_and_one_wrong_code_records_the_right_one(
    browser: Browser, code_of: CodeOf, entries: Entries
) -> None:
    handle = browser.submit("MESAJ", "EPOSTA").body["handle"]
    answer = confirm(browser, handle, phone=code_of("phone"), email=wrong(code_of("email")))
    assert [e["field"] for e in answer.body["errors"]] == ["code.email"]
    assert entries()[2:] == [(2, 1, 1, 1)]
    rest = confirm(browser, handle, email=code_of("email"))
    assert rest.body["state"] == "recorded"


def test_one_of_two_addresses_leaves_the_other_waiting(browser: Browser, code_of: CodeOf) -> None:
    handle = browser.submit("MESAJ", "EPOSTA").body["handle"]
    answer = confirm(browser, handle, phone=code_of("phone"))
    assert answer.body["state"] == "code_sent"
    assert [c["to"] for c in answer.body["codes"]] == ["email"]
    assert [i["outcome"] for i in answer.body["items"]] == ["RECORDED", "UNVERIFIED"]


def test_codes_are_kept_as_a_keyed_hash_only(
    browser: Browser, code_of: CodeOf, conn: Any, place: Any
) -> None:
    browser.submit("MESAJ")
    rows = conn.execute("select v::text, m::text from verification v join message m "
                        "using (provider_id, submission_id) where v.provider_id = %s",
                        (place.provider_id,)).fetchall()
    assert rows
    assert all(code_of("phone") not in text for row in rows for text in row)


def test_an_address_gets_six_codes_an_hour_from_whatever_network(browser: Browser) -> None:
    phone = browser.filled("MESAJ")["phone"]
    for n in range(6):
        browser.address = f"10.9.{n}.1"
        assert browser.submit("MESAJ", phone=phone).status == 201
    answer = browser.submit("MESAJ", phone=phone)
    assert answer.status == 429
    assert int(answer.headers["Retry-After"]) > 0


def test_new_codes_count_towards_the_hour(browser: Browser) -> None:
    handle = browser.submit("MESAJ").body["handle"]
    statuses, moment = [], clock.now()
    for n in range(1, 7):
        with clock.freeze(moment + timedelta(seconds=31 * n)):
            statuses.append(browser.post("codes", {"handle": handle, "to": "phone"}).status)
    assert statuses == [202] * 5 + [429]


def test_a_new_code_is_not_sent_within_half_a_minute(browser: Browser) -> None:
    handle = browser.submit("MESAJ").body["handle"]
    answer = browser.post("codes", {"handle": handle, "to": "phone"})
    assert answer.status == 429
    assert 25 <= int(answer.headers["Retry-After"]) <= 30


def test_a_code_for_an_address_never_given_is_answered_the_same(browser: Browser) -> None:
    handle = browser.submit("MESAJ").body["handle"]
    with clock.freeze(clock.now() + timedelta(seconds=31)):
        known = browser.post("codes", {"handle": handle, "to": "phone"})
        unknown = browser.post("codes", {"handle": handle, "to": "email"})
    assert (known.status, known.body) == (unknown.status, unknown.body)


def test_a_forged_or_foreign_handle_is_not_allowed(
    browser: Browser, place: Any, new_site: Callable[..., str]
) -> None:
    handle = browser.submit("MESAJ").body["handle"]
    assert confirm(browser, handle[:-3] + "AAA", phone="123456").status == 403
    other = Browser(new_site(place, texts=False))
    assert confirm(other, handle, phone="123456").status == 403


def test_an_old_handle_is_gone(browser: Browser) -> None:
    handle = browser.submit("MESAJ").body["handle"]
    with clock.freeze(clock.now() + timedelta(hours=25)):
        assert confirm(browser, handle, phone="123456").status == 410


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "' or 1=1 --", "1" * 5000])
def test_hostile_codes_are_wrong_codes(browser: Browser, code: str) -> None:
    handle = browser.submit("MESAJ").body["handle"]
    assert confirm(browser, handle, phone=code).status == 422


# -- the same-day confirmation (R-10) --------------------------------------------------------------


def confirmations(conn: Any, place: Any) -> list[dict[str, Any]]:
    rows = conn.execute(
        "select recipient_id, content_key, content_ct, channel, due_at from message "
        "where provider_id = %s and kind = 2 order by id", (place.provider_id,)).fetchall()
    return [open_content(place.provider_id, r[0], 2, r[1], bytes(r[2]))
            | {"channel": r[3], "due": r[4]} for r in rows]


def test_r10_a_verified_consent_is_confirmed_the_same_day(
    browser: Browser, code_of: CodeOf, conn: Any, place: Any
) -> None:
    sent = browser.submit("MESAJ", "ARAMA").body
    confirm(browser, sent["handle"], phone=code_of("phone"))
    written = confirmations(conn, place)
    assert [w["channels"] for w in written] == [["MESAJ", "ARAMA"]]
    assert written[0]["receipt"] == sent["receipt"]
    assert clock.to_istanbul(written[0]["due"]).date() == clock.today()


def test_r10_an_unverified_address_gets_no_confirmation(
    browser: Browser, conn: Any, place: Any
) -> None:
    browser.submit("MESAJ")
    assert confirmations(conn, place) == []


def test_r10_a_confirmation_lost_in_a_crash_is_written_by_the_sweeper_once(
    signed: Browser, conn: Any, place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from .test_signed import vouch_for

    monkeypatch.setattr("ileti.capture.submit._confirm", lambda *_: None)
    assert vouch_for(signed, signed.filled("EPOSTA")).status == 201
    assert confirmations(conn, place) == []
    with clock.freeze(clock.now() + timedelta(seconds=61)):
        assert confirm_forgotten(timedelta(seconds=60)) == 0  # older than that
        confirm_forgotten(timedelta(minutes=30))
        confirm_forgotten()
    written = confirmations(conn, place)
    assert [w["channels"] for w in written] == [["EPOSTA"]]
    assert written[0]["person"] == "Nazlı Kırşehirli"


def test_r10_a_confirmation_lost_in_the_days_last_minute_is_written_after_midnight(
    signed: Browser, conn: Any, place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from .test_signed import vouch_for

    monkeypatch.setattr("ileti.capture.submit._confirm", lambda *_: None)
    assert vouch_for(signed, signed.filled("EPOSTA")).status == 201
    captured = conn.execute("select max(captured_at) from consent_entry where provider_id = %s",
                            (place.provider_id,)).fetchone()[0]
    midnight = clock.to_istanbul(captured + timedelta(days=1)).replace(
        hour=0, minute=0, second=30, microsecond=0)
    monkeypatch.setattr("ileti.channels.confirm._BACK", midnight - captured)
    with clock.freeze(midnight + timedelta(seconds=40)):
        confirm_forgotten()
    assert [w["channels"] for w in confirmations(conn, place)] == [["EPOSTA"]]


def test_a_crash_between_ledger_and_codes_is_mended_by_the_same_post(
    browser: Browser, code_of: CodeOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = browser.filled("MESAJ")
    with monkeypatch.context() as broken:
        broken.setattr("ileti.capture.verify.ensure_codes", lambda *_: 1 / 0)
        assert browser.post("submissions", body).status == 500
    again = browser.post("submissions", body)
    assert again.status == 201
    assert confirm(browser, again.body["handle"], phone=code_of("phone")).status == 200
