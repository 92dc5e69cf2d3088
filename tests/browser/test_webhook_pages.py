"""The webhooks' pages by axe: list, form, a webhook with its deliveries, in both languages.
``ILETI_SHOTS`` names a folder for pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from ileti.core import db
from tests.browser.axe import THEMES, WIDTHS, browsing, faults, serving
from tests.panel.people import sign_in, token_of, user_with

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("ILETI_SHOTS")


@pytest.fixture(scope="module")
def house(app: Any) -> Iterator[dict[str, Any]]:
    """A webhook whose deliveries arrived, wait, and were given up."""
    from tests.conftest import _new_place

    place = _new_place(db.connection())
    client = sign_in(app, user_with(app, "provider_admin", place))
    client.post("/webhooklar/add", data={
        "csrf_token": token_of(client), "provider": str(place.provider_id),
        "name": "Kayıt sistemi", "url": "https://kayit.ornek.com.tr/ileti/uyarilar?sube=izmir",
        "events": ["deadline.half", "deadline.overdue", "check.started"]})
    hook, = db.connection().execute("select id from webhook where provider_id = %s",
                                    (place.provider_id,)).fetchone()
    for n, (event, sent, status, problem, dead, tries) in enumerate((
            ("webhook.test", True, 200, None, False, 1),
            ("deadline.half", False, None, "No answer (ConnectTimeout).", False, 3),
            ("check.started", False, 302, "HTTP 302", True, 24),
            ("deadline.overdue", False, None, None, False, 0))):
        db.connection().execute(
            "insert into webhook_delivery (provider_id, webhook_id, event_id, event, about, body, "
            "sent_at, status, problem, dead, tries) values (%s, %s, %s, %s, 'Defne Ev · 12', "
            "'{\"brand\": {\"brandCode\": 1}}', "
            "case when %s then now() end, %s, %s, %s, %s)",
            (place.provider_id, hook, f"evt_{n}", event, sent, status, problem, dead, tries))
    with serving(app) as base:
        yield {"base": base, "client": client, "hook": hook}


@pytest.mark.parametrize("language", ["tr", "en"])
def test_axe_finds_nothing_and_nothing_runs_over(
    chromium: Any, house: dict[str, Any], language: str
) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        for name, path in (("list", "/webhooklar/list/"), ("add", "/webhooklar/add"),
                           ("show", f"/webhooklar/show/{house['hook']}")):
            page.goto(f"{path}?_l_={language}")
            assert (path, faults(page)) == (path, [])
            shoot(page, f"{name}-{language}")


def shoot(page: Any, name: str) -> None:
    """Pictures for a person, when somebody asked for them."""
    for width in WIDTHS if SHOTS else ():
        page.set_viewport_size({"width": width, "height": 900})
        for theme in THEMES:
            page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
            page.screenshot(full_page=True, path=f"{SHOTS}/{name}-{width}-{theme}.png")


def test_a_secret_is_made_and_shown_and_replacing_it_asks_first(
    chromium: Any, house: dict[str, Any]
) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        page.goto(f"/webhooklar/show/{house['hook']}")
        page.click("#anahtar button:has-text('Anahtar')")
        page.wait_for_selector("#gizli")
        assert faults(page) == []
        page.goto(f"/webhooklar/show/{house['hook']}")
        page.click("[data-dialog=sor-yenile]")
        assert faults(page) == []
        shoot(page, "dialog")
