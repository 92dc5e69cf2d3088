"""An agent takes a caller's choice by keyboard alone, and a supervisor judges it, in Chromium."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.axe import browsing, faults, serving
from tests.callcentre.conftest import _push_request_context  # noqa: F401
from tests.callcentre.house import entries, published
from tests.callcentre.test_screen import user

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("ILETI_PICTURES", "")  # a folder: keep what was seen


@pytest.fixture
def base(app: Any) -> Iterator[str]:
    with serving(app) as address:
        yield address


def _look(page: Any, name: str) -> None:
    assert (name, faults(page)) == (name, [])
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        if PICTURES:
            page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}.png"), full_page=True)


def _press(page: Any, key: str, then: str) -> None:
    """One key, and the screen it leads to."""
    with page.expect_navigation():
        page.keyboard.press(key)
    page.wait_for_selector(then)


def test_an_agent_records_a_caller_s_choice_by_keyboard_alone(
    app: Any, base: str, chromium: Any, place: Any
) -> None:
    client = user(app, published(place))
    with browsing(chromium, base, client) as page:
        page.goto("/cagri/")
        assert page.evaluate("document.activeElement.id") == "number"
        _look(page, "cagrilar")
        page.keyboard.type("0599 213 41 17")
        _press(page, "Enter", "[data-key=d]")
        page.keyboard.press("e")  # nothing to answer yet
        _look(page, "cagri-aydinlatma")
        _press(page, "d", "#name")
        page.keyboard.type("Derya Evren Hisarlı")  # letters of a name are no keys
        _press(page, "Enter", "[data-key=e]")
        _look(page, "cagri-soru")
        _press(page, "e", "[data-key=h]")
        _press(page, "h", "#email")
        _press(page, "F8", "#email")
        _press(page, "h", "main button[data-key=s]")
        _press(page, "s", "main a[data-key=s]")
        _look(page, "cagri-bitti")
    assert [row[:2] + row[3:4] for row in entries(place)] == [(2, 1, 0), (1, 2, 1)]


def test_a_supervisor_judges_by_a_form_that_chooses_nothing(
    app: Any, base: str, chromium: Any, place: Any
) -> None:
    from ileti.callcentre import recordings
    from tests.callcentre.house import agent, begun, ended, recording, says, told

    who = agent(published(place))
    call = ended(says(told(begun(place, who), who), who), who)
    recordings.attach_file(call, recording(place), by=None)
    with browsing(chromium, base, user(app, place, "provider_admin")) as page:
        page.goto("/lang/en")
        page.goto("/cagri-denetim/")
        _look(page, "denetim-en")
        page.goto(f"/cagri-denetim/cagri/{call.id}")
        assert page.locator("input[type=radio]:checked").count() == 0
        _look(page, "denetim-cagri-en")
        for name, word in (("notice", "yes"), ("neutral", "no"), ("clear", "yes")):
            page.check(f"input[name={name}][value={word}]")
        page.fill("#note", "The agent pushed")
        page.get_by_role("button", name="Judge", exact=True).click()
        page.wait_for_selector("text=The call proves nothing.")
        _look(page, "denetim-sonuc-en")
