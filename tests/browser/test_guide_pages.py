"""The guide by axe, and as a person uses it: types a word, follows a hit, arrives at the task."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.core import db
from tests.browser.axe import browsing, look, serving
from tests.panel.people import sign_in, user_with

pytestmark = pytest.mark.browser


def test_axe_finds_nothing_and_a_hit_leads_to_its_task(app: Any, chromium: Any) -> None:
    from tests.conftest import _new_place

    client = sign_in(app, user_with(app, "marketer", _new_place(db.connection())))
    with serving(app) as base, browsing(chromium, base, client) as page:
        page.goto("/yardim/")
        look(page, "guide")
        page.set_viewport_size({"width": 1280, "height": 900})
        page.fill("#guide-q", "on izlemeye sablon")
        assert page.locator("[data-guide-hits] li").count() == 1
        look(page, "guide-found")
        page.click("[data-guide-hits] a")
        assert page.url.endswith("/yardim/marketer#template")
        assert page.locator("#template h2").is_visible()
