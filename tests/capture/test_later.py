"""Policy ``later``: kept unverified, told to nobody, verified afterwards when the person asks."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ileti.consents.gate import Denial, may_send_now
from ileti.consents.vocabulary import Channel
from ileti.core import clock

from .conftest import Browser, new_phone

Entries = Callable[[], list[tuple[int, ...]]]
CodeOf = Callable[[str], str]


@pytest.fixture
def later(place: Any, new_site: Callable[..., str]) -> Browser:
    """A visitor of a site that verifies later."""
    return Browser(new_site(place, policy="later"))


def told(conn: Any, place: Any) -> int:
    row = conn.execute("select count(*) from outbox where provider_id = %s and topic = 1",
                       (place.provider_id,)).fetchone()
    return int(row[0])


def test_nothing_is_sent_and_nobody_is_told_before_the_person_asks(
    later: Browser, entries: Entries, conn: Any, place: Any
) -> None:
    answer = later.submit("MESAJ", "EPOSTA")
    assert answer.body["state"] == "unverified"
    assert [one["outcome"] for one in answer.body["items"]] == ["UNVERIFIED", "UNVERIFIED"]
    assert entries() == [(2, 1, 0, 5), (3, 1, 0, 5)]
    assert told(conn, place) == 0
    sent = conn.execute("select count(*) from message where provider_id = %s",
                        (place.provider_id,)).fetchone()
    assert sent == (0,)


def test_the_person_verifies_afterwards_by_a_code_of_the_same_handle(
    later: Browser, entries: Entries, code_of: CodeOf, conn: Any, place: Any
) -> None:
    handle = later.submit("MESAJ").body["handle"]
    assert later.post("codes", {"handle": handle, "to": "phone"}).status == 202
    done = later.post("confirmations", {
        "handle": handle, "codes": [{"to": "phone", "code": code_of("phone")}]})
    assert (done.status, done.body["state"]) == (200, "recorded")
    assert entries()[1:] == [(2, 1, 1, 1)]
    assert told(conn, place) == 1


def test_one_of_two_addresses_may_be_verified_and_the_other_left(
    later: Browser, code_of: CodeOf
) -> None:
    handle = later.submit("MESAJ", "EPOSTA").body["handle"]
    later.post("codes", {"handle": handle, "to": "phone"})
    done = later.post("confirmations", {
        "handle": handle, "codes": [{"to": "phone", "code": code_of("phone")}]})
    assert done.body["state"] == "unverified"
    assert [one["outcome"] for one in done.body["items"]] == ["RECORDED", "UNVERIFIED"]
    assert done.body["codes"] == []


def test_the_receipt_page_says_what_waits_and_leads_to_the_code(
    later: Browser, entries: Entries, code_of: CodeOf, app: Any
) -> None:
    client = app.test_client()
    path = f"/f/{later.site_key}"
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', client.get(path).text))
    page = client.post(path, data=form | {
        "choice": "MESAJ", "name": "Nazlı Kırşehirli", "phone": new_phone()}).text
    assert "Adresiniz doğrulanana kadar ileti gönderilmez." in page
    assert "numarasına kod gönder" in page
    handle = re.search(r'name="handle" value="([^"]*)"', page)[1]
    step = client.post(f"{path}/code/new", data={"handle": handle, "to": "phone"}).text
    assert 'name="code.phone"' in step
    done = client.post(f"{path}/code", data={"handle": handle, "code.phone": code_of("phone")})
    assert "İYS’e iletiliyor" in done.text
    assert "kod gönder" not in done.text
    assert entries()[1:] == [(2, 1, 1, 1)]


def test_the_way_back_is_open_for_a_day(later: Browser, app: Any) -> None:
    handle = later.submit("MESAJ").body["handle"]
    path = f"/f/{later.site_key}/receipt?h={handle}"
    with clock.freeze(clock.now() + timedelta(hours=23)):
        assert "kod gönder" in app.test_client().get(path).text
    with clock.freeze(clock.now() + timedelta(hours=25)):
        assert app.test_client().get(path).status_code == 410


def test_a_landline_is_kept_and_offered_no_code(later: Browser, app: Any) -> None:
    body = later.submit("ARAMA", phone="0212 555 01 02").body
    assert body["state"] == "unverified"
    page = app.test_client().get(f"/f/{later.site_key}/receipt?h={body['handle']}").text
    assert "Adresiniz doğrulanana kadar ileti gönderilmez." in page
    assert "kod gönder" not in page
    assert later.post("codes", {"handle": body["handle"], "to": "phone"}).status == 422


def test_the_gate_stays_closed_until_then(later: Browser, place: Any) -> None:
    body = later.filled("MESAJ")
    later.post("submissions", body)
    answer = may_send_now(place.provider_id, place.brand_id, f"+9{body['phone']}", Channel.MESAJ)
    assert answer.denial is Denial.UNVERIFIED


def test_a_code_asked_for_later_is_told_in_the_receipt(later: Browser, code_of: CodeOf) -> None:
    handle = later.submit("MESAJ", "EPOSTA").body["handle"]
    for to in ("phone", "email"):
        later.post("codes", {"handle": handle, "to": to})
    done = later.post("confirmations", {
        "handle": handle, "codes": [{"to": "phone", "code": code_of("phone")}]}).body
    assert done["state"] == "code_sent"
    assert [one["to"] for one in done["codes"]] == ["email"]
    assert 290 <= done["codes"][0]["expiresIn"] <= 300


def test_a_mark_after_a_channels_word_stays_at_the_word(later: Browser) -> None:
    lines = later.form("en")["channels"]
    assert all(line["text"][:1] not in (".", ",") for line in lines)
    assert lines[2]["strong"] == "by e-mail."
