"""The hosted form, refusal links, notices and the demo, as a browser without script sees them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import settings
from ileti.capture import demo, pages
from ileti.capture.receipts import check_receipt
from ileti.channels.base import MessageKind
from ileti.channels.confirm import confirm_forgotten
from ileti.channels.render import refuse_url
from ileti.channels.send import send_waiting
from ileti.core import clock
from ileti.core.secrets import secrets

from .conftest import Browser, new_mail, new_phone

Entries = Callable[[], list[tuple[int, ...]]]


@pytest.fixture
def visitor(database: str) -> FlaskClient:
    """A browser on the public pages alone."""
    app = Flask("public")
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(demo.blueprint)
    return app.test_client()


def hidden(html: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html))


def fill(visitor: FlaskClient, key: str, **more: Any) -> Any:
    form = hidden(visitor.get(f"/f/{key}").text)
    return visitor.post(f"/f/{key}", data=form | more)


def test_the_plain_form_walks_from_tick_to_receipt(
    visitor: FlaskClient, browser: Browser, entries: Entries, code_of: Callable[[str], str]
) -> None:
    key = browser.site_key
    page = fill(visitor, key, choice="MESAJ", name="Nazlı Kırşehirli", phone=new_phone())
    assert page.status_code == 200
    assert entries() == [(2, 1, 0, 5)]
    handle = hidden(page.text)["handle"]
    done = visitor.post(f"/f/{key}/code", data={"handle": handle, "code.phone": code_of("phone")})
    assert entries()[1:] == [(2, 1, 1, 1)]
    assert re.search(r"MKB-\w{4}-\w{4}-\w{4}", done.text)
    file = visitor.get(f"/f/{key}/receipt.json?h={handle}").json
    check_receipt(file, secrets().receipts.public)


def test_a_fault_draws_the_form_again_with_empty_boxes_and_what_was_typed(
    visitor: FlaskClient, browser: Browser, entries: Entries
) -> None:
    page = fill(visitor, browser.site_key, choice="MESAJ", name="Nazlı", phone="0599 1")
    assert page.status_code == 422
    assert 'value="0599 1"' in page.text
    assert " checked" not in page.text
    assert entries() == []


def test_r13_an_empty_form_is_accepted_and_records_nothing(
    visitor: FlaskClient, browser: Browser, entries: Entries, conn: Any, place: Any
) -> None:
    assert fill(visitor, browser.site_key).status_code == 200
    assert entries() == []
    kept = conn.execute("select count(*) from submission where provider_id = %s",
                        (place.provider_id,)).fetchone()
    assert kept == (0,)


def test_a_reloaded_post_is_the_same_submission(
    visitor: FlaskClient, browser: Browser, entries: Entries
) -> None:
    key = browser.site_key
    data = hidden(visitor.get(f"/f/{key}").text) | {
        "choice": "EPOSTA", "name": "Nazlı Kırşehirli", "email": new_mail()}
    assert visitor.post(f"/f/{key}", data=data).status_code == 200
    assert visitor.post(f"/f/{key}", data=data).status_code == 200
    assert len(entries()) == 1


def test_a_wrong_code_says_so_and_a_new_one_can_be_asked_for(
    visitor: FlaskClient, browser: Browser
) -> None:
    key = browser.site_key
    page = fill(visitor, key, choice="MESAJ", name="Nazlı", phone=new_phone())
    handle = hidden(page.text)["handle"]
    data = {"handle": handle, "code.phone": "abc"}
    assert visitor.post(f"/f/{key}/code", data=data).status_code == 422
    data = {"handle": handle, "to": "phone"}
    assert "saniye sonra istenebilir" in visitor.post(f"/f/{key}/code/new", data=data).text
    with clock.freeze(clock.now() + timedelta(seconds=31)):
        again = visitor.post(f"/f/{key}/code/new", data=data)
    assert again.status_code == 200
    assert "Yeni kod gönderildi" in again.text


def test_a_post_from_a_foreign_page_is_refused(visitor: FlaskClient, browser: Browser) -> None:
    form = hidden(visitor.get(f"/f/{browser.site_key}").text)
    answer = visitor.post(f"/f/{browser.site_key}", data=form,
                          headers={"Origin": "https://boese.ornek.test"})
    assert answer.status_code == 403


def test_what_was_typed_is_shown_as_text(visitor: FlaskClient, browser: Browser) -> None:
    page = fill(visitor, browser.site_key, choice="MESAJ", name='"><script>alert(1)</script>',
                phone="1")
    assert "<script>alert" not in page.text


def test_pages_set_no_cookie(visitor: FlaskClient, browser: Browser) -> None:
    assert "Set-Cookie" not in visitor.get(f"/f/{browser.site_key}").headers


def test_unknown_pages_are_404_in_words(visitor: FlaskClient) -> None:
    for path in ("/f/pk_none", "/n/2000000000", "/n/99999999999999999999"):
        assert visitor.get(path).status_code == 404
    assert visitor.get("/r/not-a-token").status_code == 403


# -- refusing --------------------------------------------------------------------------------------


@pytest.fixture
def consented(signed: Browser, conn: Any, place: Any) -> tuple[str, str]:
    """The refusal link's path of a person who consented by mail, and the address."""
    from .test_signed import vouch_for

    body = signed.filled("EPOSTA", "MESAJ")
    assert vouch_for(signed, body).status == 201
    number = conn.execute("select recipient_id from consent_state where provider_id = %s "
                          "and channel = 3", (place.provider_id,)).fetchone()[0]
    url = refuse_url(place.provider_id, place.brand_id, number, ["EPOSTA"], "tr")
    return url.removeprefix(settings().base_url), body["email"]


def test_opening_the_link_changes_nothing_and_shows_no_address(
    visitor: FlaskClient, consented: tuple[str, str], entries: Entries
) -> None:
    path, address = consented
    page = visitor.get(path)
    assert page.status_code == 200
    assert address not in page.text
    assert len(entries()) == 2


def test_one_press_refuses_at_once_for_that_channel_only(
    visitor: FlaskClient, consented: tuple[str, str], conn: Any, place: Any
) -> None:
    assert visitor.post(consented[0]).status_code == 200
    states = conn.execute("select channel, status, source, iys_status from consent_state "
                          "where provider_id = %s order by channel",
                          (place.provider_id,)).fetchall()
    assert states == [(2, 1, 6, 1), (3, 2, 6, 1)]


def test_a_refusal_by_the_link_of_a_mail_has_its_receipt_by_mail_once(
    visitor: FlaskClient, consented: tuple[str, str], conn: Any, place: Any
) -> None:
    for _ in range(2):
        visitor.post(consented[0])
    for minutes in (3, 6):
        with clock.freeze(clock.now() + timedelta(minutes=minutes)):
            confirm_forgotten(timedelta(minutes=30))
    assert conn.execute("select channel, count(*) from message where provider_id = %s "
                        "and kind = %s group by 1", (place.provider_id, int(MessageKind.ACTS))
                        ).fetchall() == [(3, 1)]


def test_pressing_twice_is_one_refusal(
    visitor: FlaskClient, consented: tuple[str, str], entries: Entries
) -> None:
    first, second = visitor.post(consented[0]), visitor.post(consented[0])
    assert (first.status_code, second.status_code) == (200, 200)
    assert entries()[2:] == [(3, 2, 1, 1)]


def test_a_refusal_goes_to_iys_even_when_the_consent_is_still_on_its_way(
    visitor: FlaskClient, consented: tuple[str, str], conn: Any, place: Any
) -> None:
    visitor.post(consented[0])
    rows = conn.execute("select count(*), count(after_id) from outbox where provider_id = %s "
                        "and topic = 1", (place.provider_id,)).fetchone()
    assert rows == (3, 1)


def test_a_changed_link_is_refused(visitor: FlaskClient, consented: tuple[str, str]) -> None:
    assert visitor.post(consented[0][:-2] + "AA").status_code == 403


@pytest.mark.parametrize("after", [".", ",", ")", "…", "%22", ".)"])
def test_r28_what_stands_after_a_copied_link_does_not_stop_a_refusal(
    visitor: FlaskClient, consented: tuple[str, str], entries: Entries, after: str
) -> None:
    assert visitor.get(consented[0] + after).status_code == 200
    assert visitor.post(consented[0] + after).status_code == 200
    assert len(entries()) == 3


def test_all_stops_every_channel_of_a_phone(
    visitor: FlaskClient, consented: tuple[str, str], conn: Any, place: Any
) -> None:
    number = conn.execute("select recipient_id from consent_state where provider_id = %s "
                          "and channel = 2", (place.provider_id,)).fetchone()[0]
    url = refuse_url(place.provider_id, place.brand_id, number, ["MESAJ"], "tr")
    visitor.post(url.removeprefix(settings().base_url) + "?all")
    states = conn.execute("select channel, status from consent_state where provider_id = %s "
                          "and recipient_id = %s order by channel",
                          (place.provider_id, number)).fetchall()
    assert states == [(1, 2), (2, 2)]


# -- notices and demo ------------------------------------------------------------------------------


def test_a_notice_is_shown_by_its_version_with_its_fingerprint(
    visitor: FlaskClient, browser: Browser, conn: Any, place: Any
) -> None:
    url = browser.form()["notice"]["url"]
    page = visitor.get(url.removeprefix(settings().base_url))
    assert "Veri sorumlusu" in page.text
    assert re.search(r"\b[0-9a-f]{64}\b", page.text)


def test_the_demos_phone_shows_the_code_that_was_sent(
    visitor: FlaskClient, browser: Browser, code_of: Callable[[str], str]
) -> None:
    browser.submit("MESAJ", "EPOSTA")
    send_waiting()
    page = visitor.get("/demo/telefon").text
    assert code_of("phone") in page
    mail = re.findall(r"/demo/posta/\d+", page)
    assert code_of("email") in visitor.get(mail[0]).text


def test_a_mail_of_the_demo_is_shown_without_an_inline_style(
    visitor: FlaskClient, browser: Browser
) -> None:
    browser.submit("EPOSTA")
    send_waiting()
    path = re.findall(r"/demo/posta/\d+", visitor.get("/demo/telefon").text)[0]
    mail = visitor.get(path)
    policy = mail.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert re.search(r"style-src 'nonce-([^']+)'", policy)[1] in mail.text
    assert " style=" not in mail.text


def test_the_demo_shop_names_site_widget_and_plain_form(visitor: FlaskClient) -> None:
    page = visitor.get("/demo/magaza").text
    assert 'data-site="pk_liman"' in page
    assert 'integrity="sha384-' in page
    assert "/f/pk_liman" in page


def test_a_mail_number_no_database_has_is_404(visitor: FlaskClient) -> None:
    assert visitor.get("/demo/posta/999999999999999999999").status_code == 404


def test_production_has_no_demo(visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "ileti_env", "production")
    for path in ("/demo", "/demo/magaza", "/demo/telefon", "/demo/posta/1"):
        assert visitor.get(path).status_code == 404
