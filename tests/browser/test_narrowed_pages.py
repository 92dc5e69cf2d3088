"""Lists with filters, columns and views by axe, and the file of consents. ``ILETI_SHOTS`` names a
folder for pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from ileti.core import clock, db
from tests.browser.axe import WIDTHS, browsing, faults, serving
from tests.campaigns.campaign_house import consent
from tests.fields.house import define
from tests.panel.people import sign_in, user_with
from tests.panel.test_narrowed_lists import LISTS, furnish, keep

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("ILETI_SHOTS")


@pytest.fixture(scope="module")
def house(app: Any) -> Iterator[dict[str, Any]]:
    """A provider with a row in each list and a view of each."""
    from tests.conftest import _new_place

    place = _new_place(db.connection())
    admin = sign_in(app, user_with(app, "provider_admin", place))
    with admin.session_transaction() as session:
        session["proved_at"] = int(clock.now().timestamp())
    furnish(place)
    consent(place, *range(51, 55))
    define(db.connection(), place, "magaza", subject=1, personal=False, searchable=True)
    for name, (_path, fits, _other, _column) in LISTS.items():
        assert keep(admin, name, fits).status_code == 303
    with serving(app) as base:
        yield {"base": base, "client": admin}


@pytest.mark.parametrize("name", [*LISTS, "ConsentView"])
def test_axe_finds_nothing_and_nothing_runs_over(
    chromium: Any, house: dict[str, Any], name: str
) -> None:
    path, fits, other, column = LISTS.get(name, ("/izinler/", "kanal=2", "kanal=3", "iys"))
    with browsing(chromium, house["base"], house["client"]) as page:
        for step, query in (("all", ""), ("some", f"?{fits}&sutun={column}"), ("none", f"?{other}"),
                            ("open", "?")):
            page.goto(path + query)
            if step == "open":
                page.locator("details.filter").last.evaluate("one => one.open = true")
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                over = page.evaluate(
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth")
                assert over <= 0, (name, step, width)
                if SHOTS:
                    page.screenshot(path=f"{SHOTS}/{name}-{step}-{width}.png", full_page=True)
            assert (name, step, faults(page)) == (name, step, [])


def test_a_list_is_narrowed_and_kept_by_its_forms_alone(
    chromium: Any, house: dict[str, Any]
) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        page.goto("/kampanyalar/")
        page.locator("summary", has_text="Durum").click()
        page.get_by_label("Taslak").check()
        page.locator("details[open] button", has_text="Uygula").click()
        assert "durum=1" in page.url
        page.locator("summary", has_text="Görünüm").click()
        page.get_by_label("Görünümün adı").fill("Taslaklarım")
        page.locator("details[open] button", has_text="Kaydet").first.click()
        page.wait_for_url("**gorunum=**")
        assert page.locator("summary", has_text="Taslaklarım").count() == 1


def test_the_list_of_consents_is_taken_as_a_file(chromium: Any, house: dict[str, Any]) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        page.goto("/izinler/")
        page.get_by_role("link", name="Dışa aktar").click()
        with page.expect_download() as coming:
            page.get_by_role("button", name="Dışa aktar").click()
        text = coming.value.path().read_text("utf-8-sig")
        assert coming.value.suggested_filename.startswith("izinler")
        assert "MAGAZA" in text.splitlines()[0]
        assert text.count("IZN-") >= 4
