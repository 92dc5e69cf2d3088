"""Policy ``signed``: the site's own server vouches for its customer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from ileti.capture.vouch import sign
from ileti.core import clock

from .conftest import SECRET, Answer, Browser, new_mail

Entries = Callable[[], list[tuple[int, ...]]]


def vouch_for(browser: Browser, body: dict[str, Any], *, key: str | None = None,
              secret: str = SECRET, seconds: int = 0) -> Answer:
    at = int(clock.now().timestamp()) + seconds
    used = body["key"] if key is None else key
    body["vouch"] = sign(secret, browser.site_key, used, body.get("phone", ""),
                         body.get("email", ""), at)
    return browser.post("submissions", body)


def test_a_vouched_address_is_verified_at_once(
    signed: Browser, entries: Entries, conn: Any, place: Any
) -> None:
    answer = vouch_for(signed, signed.filled("MESAJ", "EPOSTA"))
    assert (answer.status, answer.body["state"]) == (201, "recorded")
    assert answer.body["codes"] == []
    assert entries() == [(2, 1, 1, 1), (3, 1, 1, 1)]
    told = conn.execute("select topic, count(*) from outbox where provider_id = %s group by topic "
                        "order by topic", (place.provider_id,)).fetchall()
    assert told == [(1, 2), (2, 2)]


def test_a_server_without_a_page_is_heard_when_it_vouches(
    signed: Browser, entries: Entries
) -> None:
    body = signed.filled("MESAJ")
    signed.origin = None
    assert vouch_for(signed, body).status == 201
    assert len(entries()) == 1


def test_a_replay_gets_the_same_receipt_and_no_second_confirmation(
    signed: Browser, entries: Entries, conn: Any, place: Any
) -> None:
    body = signed.filled("MESAJ")
    assert vouch_for(signed, body).body == vouch_for(signed, body).body
    assert len(entries()) == 1
    told = conn.execute("select count(*) from message where provider_id = %s",
                        (place.provider_id,)).fetchone()
    assert told == (1,)


@pytest.mark.parametrize("wrong", [{"secret": "guess"}, {"seconds": -601}, {"seconds": 601},
                                   {"key": "another-key-1"}])
def test_a_vouch_forged_old_or_for_another_request_is_refused(
    signed: Browser, entries: Entries, wrong: dict[str, Any]
) -> None:
    assert vouch_for(signed, signed.filled("MESAJ"), **wrong).status == 403
    assert entries() == []


def test_a_vouch_for_another_address_is_refused(signed: Browser) -> None:
    body = signed.filled("EPOSTA")
    vouch_for(signed, dict(body))
    at = int(clock.now().timestamp())
    body["vouch"] = sign(SECRET, signed.site_key, body["key"], "", new_mail(), at)
    assert signed.post("submissions", body).status == 403


def test_without_a_vouch_nothing_is_recorded(signed: Browser, entries: Entries) -> None:
    assert signed.submit("MESAJ").status == 403
    assert entries() == []


def test_a_page_vouches_without_knowing_the_widgets_key(signed: Browser) -> None:
    assert vouch_for(signed, signed.filled("MESAJ"), key="").status == 201


def test_a_server_may_not_leave_the_key_out(signed: Browser) -> None:
    body = signed.filled("MESAJ")
    signed.origin = None
    assert vouch_for(signed, body, key="").status == 403


def test_a_page_may_vouch_for_each_address_apart(signed: Browser) -> None:
    body = signed.filled("MESAJ", "EPOSTA")
    at = int(clock.now().timestamp())
    body["vouch"] = ",".join([sign(SECRET, signed.site_key, "", body["phone"], "", at),
                              sign(SECRET, signed.site_key, "", "", body["email"], at)])
    assert signed.post("submissions", body).status == 201


def test_one_vouched_address_does_not_carry_another(signed: Browser) -> None:
    body = signed.filled("MESAJ", "EPOSTA")
    at = int(clock.now().timestamp())
    body["vouch"] = sign(SECRET, signed.site_key, "", body["phone"], "", at)
    assert signed.post("submissions", body).status == 403


def test_confirmations_that_wait_are_written_by_the_thread_within_moments(
    signed: Browser, conn: Any, place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ileti.channels.confirm import write_soon

    monkeypatch.setattr("ileti.capture.submit.write_soon", write_soon)
    vouch_for(signed, signed.filled("MESAJ", "EPOSTA"))
    for _ in range(40):
        time.sleep(0.05)
        written = conn.execute("select count(*) from message where provider_id = %s and kind = 2",
                               (place.provider_id,)).fetchone()
        if written == (2,):
            break
    assert written == (2,)


def test_while_a_renewed_secret_overlaps_both_are_taken_and_no_third(
    signed: Browser, entries: Entries, conn: Any
) -> None:
    from ileti.capture.sites import forget_sites
    from ileti.core.secrets import secrets

    conn.execute(
        "update site set secret_before = secret, secret_before_until = now() + interval '1 day', "
        "secret = %s where public_key = %s",
        (secrets().keyring.encrypt_text("the-new-secret", "site-secret"), signed.site_key))
    forget_sites()
    assert vouch_for(signed, signed.filled("MESAJ")).status == 201
    assert vouch_for(signed, signed.filled("MESAJ"), secret="the-new-secret").status == 201
    assert vouch_for(signed, signed.filled("MESAJ"), secret="a-third").status == 403
    conn.execute("update site set secret_before_until = now() where public_key = %s",
                 (signed.site_key,))
    forget_sites()
    assert vouch_for(signed, signed.filled("MESAJ")).status == 403
    assert len(entries()) == 2


def test_a_site_without_a_secret_takes_no_vouch_at_all(
    signed: Browser, entries: Entries, conn: Any
) -> None:
    from ileti.capture.sites import forget_sites

    conn.execute("update site set secret = null where public_key = %s", (signed.site_key,))
    forget_sites()
    for secret in (SECRET, "", "None"):
        assert vouch_for(signed, signed.filled("MESAJ"), secret=secret).status == 403
    assert entries() == []


def test_a_vouch_for_one_text_never_passes_for_two_fields(
    signed: Browser, entries: Entries
) -> None:
    """Somebody's own mail address that begins like another person's number."""
    body = signed.filled("MESAJ", "EPOSTA")
    number, mail = body["phone"], body["email"]
    at = int(clock.now().timestamp())
    for joint in (".", "\n", "", " "):
        for key in ("", body["key"], f"{body['key']}{joint}", body["key"][:-1]):
            body["vouch"] = sign(SECRET, signed.site_key, key, "", f"{number}{joint}{mail}", at)
            assert signed.post("submissions", body).status in (403, 422)
            body["vouch"] = sign(SECRET, signed.site_key, key, f"{number}{joint}{mail}", "", at)
            assert signed.post("submissions", body).status in (403, 422)
    assert entries() == []


def test_a_line_break_in_an_address_is_never_vouched_for(signed: Browser) -> None:
    body = signed.filled("MESAJ")
    body["phone"] = f"{body['phone'][:6]}\n{body['phone'][6:]}"
    assert vouch_for(signed, body).status in (403, 422)


def test_a_wrong_field_is_told_of_before_the_vouch(signed: Browser) -> None:
    body = signed.filled("MESAJ") | {"phone": "0599 21"}
    answer = vouch_for(signed, body)
    assert (answer.status, [e["field"] for e in answer.body["errors"]]) == (422, ["phone"])
