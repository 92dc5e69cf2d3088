"""Hosted pages and mails as rendered: what the law wants to see on them, and what it does not."""

from __future__ import annotations

import re
from typing import Any

import pytest

from .samples import BRAND, CONSENT, ERRORS, FILLED, PAGES, POST, SENT, render, visible_text

REFUSAL: dict[str, Any] = {"action": "/r", "token": "t", "channels": ["MESAJ"]}
PROMOTION = re.compile(r"indirim|fırsat|kupon|hediye|discount|offer|coupon|gift", re.IGNORECASE)


@pytest.mark.parametrize("name", PAGES)
def test_every_page_has_a_language_a_title_and_one_heading(name: str) -> None:
    template, context = PAGES[name]
    html = render(template, **context)
    assert '<html lang="tr">' in html
    assert re.search(r"<title>\s*[^<\s][^<]*</title>", html)
    assert html.count("<h1") == 1


@pytest.mark.parametrize("name", [name for name in PAGES if not name.startswith("mail")])
def test_no_page_asks_another_host_or_carries_inline_style_without_a_nonce(name: str) -> None:
    template, context = PAGES[name]
    html = render(template, **context)
    assert not re.search(r'<(?:link|script|img|iframe)[^>]+(?:src|href)="https?:', html)
    assert not re.search(r"\sstyle=|\son\w+=", html)
    assert all("nonce=" in tag for tag in re.findall(r"<style[^>]*>", html))


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("mail")])
def test_a_mail_needs_no_image_no_script_and_no_outside_file(name: str) -> None:
    template, context = PAGES[name]
    html = render(template, **context)
    assert not re.search(r"<(?:img|script|link|iframe)|url\(|@import", html)


def test_r12_the_plain_form_is_empty_also_after_a_failed_post() -> None:
    html = render("public/form.html", **POST, values=FILLED, errors=ERRORS)
    assert 'value="0599 213 41"' in html
    assert len(re.findall(r'type="checkbox"', html)) == 4
    assert not re.search(r"\bchecked\b|\brequired\b", html)


def test_errors_stand_in_a_list_and_at_their_fields() -> None:
    html = render("public/form.html", **POST, values=FILLED, errors=ERRORS)
    assert '<a href="#phone">Numara eksik.' in html
    assert re.search(r'id="phone"[^>]*aria-invalid="true"[^>]*phone-error', html)
    assert 'id="name-error"' in html


def test_r58_consents_are_in_the_fieldset_and_the_notice_is_outside() -> None:
    html = render("public/form.html", **POST)
    inside, outside = html.split("</fieldset>")
    assert inside.count('name="choice"') == 3
    assert 'name="notice"' in outside
    assert "okudum, anladım" in outside


def test_what_a_person_typed_is_text_and_never_markup() -> None:
    evil = '"><script>alert(1)</script>'
    html = render("public/form.html", **POST, values={"name": evil})
    assert "<script" not in html
    mail = render("mail/confirmation.html", **(CONSENT | {"person": evil, "place": evil}))
    assert "<script" not in mail


def test_r28_r29_the_refusal_page_is_one_post_button_and_nothing_more() -> None:
    html = render("public/refuse.html", **REFUSAL)
    assert html.count("<button") == 1
    assert 'method="post"' in html
    assert not re.search(r'type="(?!hidden)', html)
    assert "@" not in visible_text(html)
    assert not re.search(r"\+90|\d{3}.\d{2}", visible_text(html))
    assert not PROMOTION.search(visible_text(html))


def test_r30_the_refusal_names_its_channel() -> None:
    assert "Stop receiving text messages" in render("public/refuse.html", **REFUSAL)
    both = REFUSAL | {"channels": ["MESAJ", "ARAMA"]}
    assert "Stop receiving messages and calls" in render("public/refuse.html", **both)
    done = render("public/refused.html", channels=["EPOSTA"], at="23.11.2026 14:05")
    assert "You stopped receiving e-mails." in done


def test_r10_the_confirmation_tells_refuses_identifies_and_promotes_nothing() -> None:
    for name in ("mail/confirmation.html", "mail/confirmation.txt"):
        text = render(name, **CONSENT)
        assert "https://izin.ornek.test/r/8Kc2" in text
        assert BRAND["title"] in text
        assert BRAND["mersis"] in text
        assert not PROMOTION.search(visible_text(text))


def test_refuse_is_as_large_as_verify() -> None:
    html = render("mail/confirmation.html", **CONSENT, verify_url="https://izin.ornek.test/v")
    assert len(re.findall(r'<td class="half"><a class="button', html)) == 2
    assert "Verify" not in render("mail/confirmation.html", **CONSENT)


def test_r22_code_messages_say_what_the_code_is_for_before_and_beside_it() -> None:
    html = visible_text(render("mail/code.html", **SENT))
    assert html.index("no consent to messages") < html.index("482119")
    sms = render("mail/code.sms.txt", **SENT)
    assert "no consent to messages" in sms
    assert "https://izin.ornek.test/m/4" in sms


def test_sms_texts_are_one_line_with_straight_apostrophes() -> None:
    sms = render("mail/confirmation.sms.txt", **CONSENT, stop="RET LIMAN yazıp 3338'e gönderin")
    assert "\n" not in sms.strip()
    assert "’" not in sms
    assert "RET LIMAN yazıp 3338'e gönderin" in sms
    assert BRAND["mersis"] in sms
    bound = render("mail/code.sms.txt", **SENT, otp_host="limankahve.ornek.test")
    assert bound.splitlines()[-1] == "@limankahve.ornek.test #482119"


def test_a_notice_version_shows_its_number_and_its_fingerprint() -> None:
    template, context = PAGES["notice"]
    text = visible_text(render(template, **context))
    assert "Version 4" in text
    assert context["notice"]["hash"] in text
    assert "Read the version in force" in text
