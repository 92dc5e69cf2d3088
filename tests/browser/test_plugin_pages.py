"""Plug-ins and modules in Chromium: the switch, the page it opens, the column, the two modules; axe
finds nothing, in both languages and widths."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ileti_plugin_ornek as ornek
import pytest

from ileti.core import db
from ileti.factory import create_app
from ileti.hooks import manager
from ileti.tenancy import plugins
from tests.browser.axe import browsing, faults, serving
from tests.panel.people import sign_in, take, user_with

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("ILETI_PICTURES", "")  # a folder: keep what was seen


@pytest.fixture(scope="module")
def panel(app: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, str]]:
    """A panel that has the example plug-in, beside one that does not work."""
    os.environ["ORNEK_FOLDER"] = str(tmp_path_factory.mktemp("ornek"))
    loaded = manager.plugins()
    loaded.add("ornek", ornek, version="1.0.0",
               summary="An example plug-in for İleti that uses every hook.")
    loaded.add("eski", object(), version="0.3", summary="Kargo bildirimleri")
    made = create_app()
    made.config.update(TESTING=True)
    with serving(made) as address:
        yield made, address
    del os.environ["ORNEK_FOLDER"]
    db.connection().execute("delete from provider_plugin where name = 'ornek'")
    manager.forget()
    plugins.forget()


def _look(page: Any, name: str) -> None:
    assert (name, faults(page)) == (name, [])
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        if PICTURES:
            page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}.png"), full_page=True)


@pytest.mark.parametrize("language", ["tr", "en"])
def test_an_admin_switches_a_plug_in_on_and_opens_its_page(
    panel: Any, chromium: Any, place: Any, language: str
) -> None:
    app, base = panel
    take(place, "+905994600001")
    client = sign_in(app, user_with(app, "provider_admin", place))
    with browsing(chromium, base, client) as page:
        page.goto(f"/lang/{language}")
        page.goto("/eklentiler/")
        _look(page, f"eklentiler-{language}")
        page.locator("main tr", has_text="ornek").get_by_role("button").first.click()
        page.locator("dialog[open] .btn.primary, dialog:popover-open .btn.primary").click()
        page.wait_for_url("**/eklentiler/?saglayici=*")
        _look(page, f"eklentiler-acik-{language}")
        page.goto("/eklenti/ornek/")
        _look(page, f"eklenti-sayfasi-{language}")
        page.goto("/izinler/")
        assert page.locator("th", has_text="Mesai" if language == "tr" else "Office").count() == 1
        _look(page, f"izinler-{language}")
        page.goto("/ice-aktarma/yeni")
        _look(page, f"aktarma-{language}")


@pytest.mark.parametrize("language", ["tr", "en"])
def test_a_platform_admin_takes_a_module_away(panel: Any, chromium: Any, place: Any,
                                              language: str) -> None:
    app, base = panel
    client = sign_in(app, user_with(app, "platform_admin"))
    own = sign_in(app, user_with(app, "provider_admin", place))
    with browsing(chromium, base, client) as page:
        page.goto(f"/lang/{language}")
        page.goto(f"/saglayicilar/show/{place.provider_id}")
        page.locator(f"main a[href='/moduller/{place.provider_id}']").click()
        _look(page, f"moduller-{language}")
        page.locator(".btn.danger").click()
        page.locator("dialog .btn.danger-solid").click()
        page.wait_for_load_state()
        _look(page, f"moduller-kapali-{language}")
    with browsing(chromium, base, own) as page:
        page.goto(f"/lang/{language}")
        page.goto("/")
        assert page.locator("nav a[href^='/siteler'], nav a[href^='/kvkk']").count() == 0
        _look(page, f"bugun-tek-modul-{language}")
