"""Exports by axe, and as a person uses them: asks for a long list, waits, takes the file.
``ILETI_SHOTS`` names a folder for pictures."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from config import settings
from ileti.core import db
from ileti.exports import making
from tests.browser.axe import THEMES, WIDTHS, browsing, faults, serving
from tests.exports.house import ask
from tests.panel.people import sign_in, take, user_with

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("ILETI_SHOTS")


@pytest.fixture(scope="module")
def house(app: Any) -> Iterator[dict[str, Any]]:
    """A provider with some consents, whose lists are all long; a file in each state."""
    from tests.conftest import _new_place

    place = _new_place(db.connection())
    for n in range(6):
        take(place, f"+9059924466{n:02}")
    name = user_with(app, "provider_admin", place)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings(), "export_at_once_rows", 2)
        patch.setattr(settings(), "export_processes", 0)
        making.house_is(app.app_context)
        client = sign_in(app, name)
        with serving(app) as base:
            yield {"base": base, "client": client, "name": name}


def work() -> None:
    making.make_due(time.monotonic() + 20)


def shoot(page: Any, name: str) -> None:
    """Pictures for a person, when somebody asked for them."""
    for width in WIDTHS if SHOTS else ():
        page.set_viewport_size({"width": width, "height": 900})
        for theme in THEMES:
            page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
            page.screenshot(full_page=True, path=f"{SHOTS}/{name}-{width}-{theme}.png")


@pytest.mark.parametrize("language", ["tr", "en"])
def test_axe_finds_nothing_and_nothing_runs_over(
        chromium: Any, house: dict[str, Any], language: str) -> None:
    conn = db.connection()
    conn.execute("update export_run set state = 4 where state in (1, 2)")
    ask(house["client"])
    work()
    ask(house["client"], "?secim=refusal&kanal=1", adres="acik")  # short: it comes at once
    ask(house["client"], bicim="xlsx")
    ask(house["client"], adres="acik")
    conn.execute("update export_run set state = 2, rows = 412908, expected = 1412908, "
                 "next_at = now() + interval '1 hour', begun_at = now() - interval '5 seconds' "
                 "where state = 1 and \"full\"")
    for name, path in (("ask", "/izinler/disa-aktar"), ("ask-short", "/izinler/disa-aktar?kanal=3"),
                       ("own", "/disa-aktarmalar/"), ("list", "/izinler/")):
        with browsing(chromium, house["base"], house["client"]) as page:
            page.goto(f"{path}{'&' if '?' in path else '?'}_l_={language}")
            assert (path, faults(page)) == (path, [])
            shoot(page, f"export-{name}-{language}")


def test_somebody_asks_waits_and_takes_the_file(chromium: Any, house: dict[str, Any]) -> None:
    db.connection().execute("update export_run set state = 4 where state in (1, 2, 3)")
    with browsing(chromium, house["base"], house["client"]) as page:
        page.goto("/izinler/?_l_=tr")
        page.get_by_role("link", name="Dışa aktar").click()
        page.get_by_label("Excel (XLSX)").check()
        page.get_by_role("button", name="Dışa aktar").click()
        page.wait_for_url("**/disa-aktarmalar/")
        assert page.get_by_text("Sırada").first.is_visible()
        work()
        page.get_by_text("Hazır", exact=True).first.wait_for(timeout=15_000)
        with page.expect_download() as coming:
            page.get_by_role("link", name="İndir").first.click()
        assert coming.value.suggested_filename.startswith("izinler-")
        assert coming.value.suggested_filename.endswith(".xlsx")
