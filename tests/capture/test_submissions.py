"""A box ticked on a page becomes an entry, or a sentence about what is missing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature

from ileti.capture.receipts import check_receipt
from ileti.capture.sites import forget_sites
from ileti.core import clock
from ileti.core.secrets import secrets
from ileti.documents.publish import publish

from .conftest import Browser

Entries = Callable[[], list[tuple[int, ...]]]


def test_the_form_shows_the_published_words_and_the_widget_contract(browser: Browser) -> None:
    form = browser.form()
    assert form["policy"] == "code"
    assert form["fields"] == ["name", "phone", "email"]
    assert [line["channel"] for line in form["channels"]] == ["MESAJ", "ARAMA", "EPOSTA"]
    assert form["channels"][0]["strong"] == "kısa mesajla"
    assert form["intro"].startswith("Defne Ev Tekstili San. ve Tic. A.Ş. tarafından")
    assert form["notice"]["url"].startswith("http")
    assert form["notice"]["ack"].endswith("okudum, anladım.")


def test_a_ticked_box_is_recorded_unverified_and_a_code_goes_out(
    browser: Browser, entries: Entries, conn: Any, place: Any
) -> None:
    answer = browser.submit("MESAJ", "EPOSTA")
    assert answer.status == 201
    assert answer.body["state"] == "code_sent"
    assert [c["to"] for c in answer.body["codes"]] == ["phone", "email"]
    assert "•" in answer.body["codes"][0]["masked"]
    assert entries() == [(2, 1, 0, 5), (3, 1, 0, 5)]
    waiting = conn.execute("select count(*) from outbox where provider_id = %s and topic = 2",
                           (place.provider_id,)).fetchone()
    assert waiting == (2,)


def test_an_unverified_consent_is_not_told_to_iys(
    browser: Browser, conn: Any, place: Any
) -> None:
    browser.submit("MESAJ")
    told = conn.execute("select count(*) from outbox where provider_id = %s and topic = 1",
                        (place.provider_id,)).fetchone()
    assert told == (0,)


def test_the_receipt_is_signed_and_any_change_is_seen(browser: Browser) -> None:
    receipt = browser.submit("ARAMA").body
    check_receipt(receipt, secrets().receipts.public)
    assert len(receipt["items"][0]["leaf"]) == 64
    receipt["items"][0]["channel"] = "MESAJ"
    with pytest.raises(InvalidSignature):
        check_receipt(receipt, secrets().receipts.public)


def test_the_same_post_again_gets_the_same_receipt_and_writes_nothing(
    browser: Browser, entries: Entries, conn: Any, place: Any
) -> None:
    body = browser.filled("MESAJ")
    first, second = browser.post("submissions", body), browser.post("submissions", body)
    assert first.body == second.body
    assert len(entries()) == 1
    codes = conn.execute("select count(*) from message where provider_id = %s",
                         (place.provider_id,)).fetchone()
    assert codes == (1,)


def test_the_same_key_with_another_body_is_a_conflict(browser: Browser) -> None:
    body = browser.filled("MESAJ")
    browser.post("submissions", body)
    body["name"] = "Bir Başkası"
    assert browser.post("submissions", body).status == 409


def test_r13_nothing_ticked_is_accepted_and_keeps_the_notice_alone(
    browser: Browser, entries: Entries, conn: Any, place: Any
) -> None:
    at = clock.now().isoformat()
    answer = browser.submit(notice={"at": at})
    assert (answer.status, answer.body["state"]) == (201, "recorded")
    assert answer.body["items"] == []
    assert answer.body["codes"] == []
    assert entries() == []
    kept = conn.execute("select evidence->'notice'->>'at' from submission where provider_id = %s",
                        (place.provider_id,)).fetchone()
    assert kept == (at,)


def test_the_notice_alone_is_idempotent_too(browser: Browser) -> None:
    body = browser.filled(notice={"at": clock.now().isoformat()})
    assert browser.post("submissions", body).body == browser.post("submissions", body).body
    body["notice"] = None
    assert browser.post("submissions", body).status == 409


@pytest.mark.parametrize(
    ("fault", "more"),
    [("name", {"name": " "}), ("phone", {"phone": "0599 213 41"}), ("phone", {"phone": ""}),
     ("name", {"name": "Ali\r\nBcc: x"}), ("name", {"name": "x" * 121})],
)
def test_r09_a_consent_needs_a_name_and_an_address(
    browser: Browser, entries: Entries, fault: str, more: dict[str, Any]
) -> None:
    answer = browser.submit("MESAJ", **more)
    assert answer.status == 422
    assert [e["field"] for e in answer.body["errors"]] == [fault]
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert entries() == []


def test_all_faults_come_at_once_in_the_language_of_the_form(browser: Browser) -> None:
    token = browser.form("en")["token"]
    answer = browser.submit("MESAJ", "EPOSTA", token=token, name="", phone="12", email="x")
    assert [e["field"] for e in answer.body["errors"]] == ["phone", "email", "name"]
    assert answer.body["errors"][2]["message"] == "Write your full name to give a consent."


@pytest.mark.parametrize("seconds", [-3600, 600, -90_000])
def test_r12_a_box_without_an_act_between_showing_and_now_is_refused(
    browser: Browser, entries: Entries, seconds: int
) -> None:
    body = browser.filled("MESAJ")
    body["choices"][0]["at"] = (clock.now() + timedelta(seconds=seconds)).isoformat()
    answer = browser.post("submissions", body)
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, "choices")
    assert entries() == []


def test_r12_a_box_without_a_time_is_refused(browser: Browser) -> None:
    body = browser.filled("MESAJ")
    del body["choices"][0]["at"]
    assert browser.post("submissions", body).status == 422


def test_after_a_renewed_form_the_ticks_may_be_older_than_the_token(browser: Browser) -> None:
    first, ticked = browser.form()["token"], clock.now()
    for hours in (1, 2):  # renewed twice
        with clock.freeze(ticked + timedelta(hours=hours)):
            first = browser.call("GET", "form", query=f"lang=tr&form={first}").body["token"]
            body = browser.filled("MESAJ", shownAt=ticked.isoformat(), token=first)
            body["choices"][0]["at"] = ticked.isoformat()
    with clock.freeze(ticked + timedelta(hours=2, seconds=5)):
        assert browser.post("submissions", body).status == 201


@pytest.mark.attack
@pytest.mark.parametrize("which", ["none", "forged", "other language", "other site", "too old"])
def test_r08_no_tick_is_older_than_the_form_it_stands_on(
    browser: Browser, entries: Entries, which: str, place: Any, new_site: Callable[..., str]
) -> None:
    began = clock.now() - timedelta(hours=25 if which == "too old" else 6)
    with clock.freeze(began):
        of = Browser(new_site(place)) if which == "other site" else browser
        first = of.form("en" if which == "other language" else "tr")["token"]
    first = {"none": "", "forged": first[:-4] + "AAAA"}.get(which, first)
    token = browser.call("GET", "form", query=f"lang=tr&form={first}").body["token"]
    ago = (began + timedelta(minutes=1)).isoformat()
    body = browser.filled("MESAJ", shownAt=ago, token=token)
    body["choices"][0]["at"] = ago
    answer = browser.post("submissions", body)
    assert answer.status == 422
    assert {one["code"] for one in answer.body["errors"]} == {"no_interaction", "too_early"}
    read = browser.filled(token=token, notice={"at": ago, "extent": "opened"})
    assert browser.post("submissions", read).body["errors"][0]["field"] == "notice"
    assert entries() == []


def test_a_clock_that_is_two_minutes_slow_is_still_a_clock(browser: Browser) -> None:
    body = browser.filled("MESAJ", shownAt=(clock.now() - timedelta(seconds=110)).isoformat())
    body["choices"][0]["at"] = (clock.now() - timedelta(seconds=100)).isoformat()
    assert browser.post("submissions", body).status == 201


def test_the_form_tells_our_clock_so_that_a_page_can_set_its_own(browser: Browser) -> None:
    assert abs(browser.form()["now"] - clock.now().timestamp() * 1_000) < 5_000


def test_an_expired_token_is_gone_and_a_forged_one_is_not_allowed(browser: Browser) -> None:
    body = browser.filled("MESAJ")
    later = clock.now() + timedelta(minutes=31)
    with clock.freeze(later):
        assert browser.post("submissions", body).status == 410
    body["token"] = body["token"][:-4] + "AAAA"
    assert browser.post("submissions", body).status == 403


def test_a_token_of_another_site_is_not_allowed(
    browser: Browser, place_b: Any, new_site: Callable[..., str]
) -> None:
    other = Browser(new_site(place_b))
    assert browser.submit("MESAJ", token=other.form()["token"]).status == 403


def test_a_changed_form_asks_for_a_new_look(browser: Browser, conn: Any) -> None:
    body = browser.filled("MESAJ")
    conn.execute("update site set form_version = 2 where public_key = %s", (browser.site_key,))
    forget_sites()
    assert browser.post("submissions", body).status == 410


def test_r23_the_evidence_names_the_version_that_was_on_show(
    browser: Browser, conn: Any, place: Any
) -> None:
    body = browser.filled("MESAJ")
    document = conn.execute("select id from document where brand_id = %s and channel = 2",
                            (place.brand_id,)).fetchone()[0]
    newer = publish(document, "tr", "Yeni",
                    "Defne Ev tanıtımlarını,\n\n**SMS ile** almak istiyorum.")
    forget_sites()
    assert browser.post("submissions", body).status == 201
    row = conn.execute("select e.text_id, s.evidence from consent_entry e join submission s "
                       "on s.provider_id = e.provider_id and s.id = e.submission_id "
                       "where e.provider_id = %s", (place.provider_id,)).fetchone()
    assert row[0] == newer.id - (newer.id - row[0]) != newer.id
    assert row[0] in [text["id"] for text in row[1]["texts"]]
    assert row[1]["origin"] == browser.origin


def test_name_and_network_address_are_kept_encrypted(
    browser: Browser, conn: Any, place: Any
) -> None:
    browser.submit("MESAJ", name="Gizem Saklıoğlu")
    rows = conn.execute("select s::text from submission s where provider_id = %s",
                        (place.provider_id,)).fetchall()
    assert "Gizem" not in rows[0][0]
    assert browser.address not in rows[0][0]


def test_a_filled_trap_looks_the_same_and_records_nothing(
    browser: Browser, entries: Entries, conn: Any, place: Any
) -> None:
    honest = browser.submit("MESAJ").body
    answer = browser.submit("MESAJ", website="https://bot.ornek.test")
    assert answer.status == 201
    assert answer.body.keys() == honest.keys()
    assert answer.body["items"][0].keys() == honest["items"][0].keys()
    assert len(entries()) == 1
    sent = conn.execute("select count(*) from message where provider_id = %s",
                        (place.provider_id,)).fetchone()
    assert sent == (1,)


def test_known_and_unknown_addresses_get_the_same_answer(browser: Browser) -> None:
    body = browser.filled("MESAJ")
    first = browser.post("submissions", body).body
    again = browser.submit("MESAJ", phone=body["phone"]).body
    assert first.keys() == again.keys()
    assert first["codes"] == again["codes"]
    assert first["state"] == again["state"]


def test_policy_later_records_unverified_and_sends_nothing(
    place: Any, new_site: Callable[..., str], entries: Entries, conn: Any
) -> None:
    answer = Browser(new_site(place, policy="later")).submit("MESAJ")
    assert answer.body["state"] == "unverified"
    assert answer.body["codes"] == []
    assert entries() == [(2, 1, 0, 5)]
    queued = conn.execute("select count(*) from outbox where provider_id = %s",
                          (place.provider_id,)).fetchone()
    assert queued == (0,)
