"""A mail of blocks as a mailbox shows it: on a phone and on a desk, light and dark, by axe.
``ILETI_SHOTS`` names a folder for pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from ileti.templates.compose import compose
from tests.browser.axe import in_both_themes
from tests.templates.test_compose import MESSAGES, PERSON, REFUSAL, SENDER

pytestmark = pytest.mark.browser

#: what a mail can be asked; it has no landmarks, which are a page's
RULES = ["color-contrast", "document-title", "heading-order", "html-has-lang", "html-lang-valid",
         "image-alt", "link-in-text-block", "link-name", "list", "listitem", "target-size",
         "valid-lang", "td-headers-attr", "nested-interactive", "aria-allowed-role"]
SHOTS = os.environ.get("ILETI_SHOTS")
_PICTURE = ("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='600' height='200'"
            "%3E%3Crect width='600' height='200' fill='%237a3e12'/%3E%3C/svg%3E")
_BOXES = """() => Array.from(document.querySelectorAll(".mj-column-per-50"))
  .map(one => one.getBoundingClientRect()).map(({x, y}) => [Math.round(x), Math.round(y)])"""
_LUMINANCE = """selector => {
  const rgb = getComputedStyle(document.querySelector(selector)).backgroundColor.match(/\\d+/g);
  return (0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]) / 255;
}"""


@pytest.fixture
def mail(chromium: Any) -> Iterator[Any]:
    """The mail in a page of its own, in which nothing is loaded from anywhere."""
    said = compose(MESSAGES["bulten.blok"], SENDER, REFUSAL).fill(PERSON)
    context = chromium.new_context(reduced_motion="reduce", locale="tr-TR")
    context.route("**/*", lambda route: route.abort())
    page = context.new_page()
    page.set_content(said.html.replace("https://liman.ornek.com.tr/cekirdek.png", _PICTURE))
    yield page
    context.close()


def test_axe_finds_nothing_and_nothing_runs_over(mail: Any) -> None:
    for width in (390, 1280):
        mail.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark") if SHOTS else ():
            mail.emulate_media(color_scheme=scheme)
            mail.screenshot(path=f"{SHOTS}/mail-{width}-{scheme}.png", full_page=True)
        assert in_both_themes(mail, RULES) == []
        assert mail.evaluate("document.documentElement.scrollWidth") <= width


def test_columns_stand_beside_one_another_and_below_on_a_phone(mail: Any) -> None:
    mail.set_viewport_size({"width": 1280, "height": 900})
    [(left, top), (right, beside)] = mail.evaluate(_BOXES)
    assert (top == beside, right > left) == (True, True)
    mail.set_viewport_size({"width": 390, "height": 900})
    [(left, top), (right, below)] = mail.evaluate(_BOXES)
    assert (left == right, below > top) == (True, True)


def test_on_a_dark_screen_the_whole_mail_is_dark_and_the_law_is_seen(mail: Any) -> None:
    """R-24, R-28."""
    for scheme, least, most in (("light", 0.9, 1.0), ("dark", 0.0, 0.15)):
        mail.emulate_media(color_scheme=scheme)
        for part in (".zemin", ".ileti-kunye", "body"):
            assert least <= mail.evaluate(_LUMINANCE, part) <= most, (scheme, part)
        assert mail.locator(".ileti-ret").is_visible()
        assert mail.get_by_text(SENDER.identity).is_visible()


def test_with_pictures_switched_off_their_words_stand_there(mail: Any) -> None:
    alts = mail.evaluate("() => Array.from(document.images).map(one => one.alt)")
    assert "Kavrulmuş çekirdekler" in alts
    assert all(alts)
