"""The page of a moment by axe: a consent now and then, nothing yet, and a moment that is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ileti.core import db
from ileti.kvkk.vocabulary import Act
from tests.browser.axe import browsing, faults, serving
from tests.kvkk.house import text
from tests.panel.people import sign_in, take, user_with
from tests.panel.test_kvkk_pages import did
from tests.panel.test_moment_page import link_of

pytestmark = pytest.mark.browser

PHONE = "+905996000042"


@pytest.fixture(scope="module")
def house(app: Any) -> Iterator[tuple[str, Any, str]]:
    """A provider with one consent, served; its admin's session and the way to the page."""
    from tests.conftest import _new_place

    place = _new_place(db.connection())
    take(place, PHONE)
    for what in (Act.READ, Act.GIVEN):  # two texts of one name
        did(place, text(place, "AYDINLATMA" if what.of_notice else "ACIK_RIZA"), what,
            address=PHONE)
    client = sign_in(app, user_with(app, "provider_admin", place))
    with serving(app) as base:
        yield base, client, link_of(client, PHONE)


def test_axe_finds_nothing_on_the_page_of_a_moment(chromium: Any, house: tuple[str, Any, str]
                                                   ) -> None:
    base, client, link = house
    with browsing(chromium, base, client) as page:
        for more in ("", "&at=2026-01-01T09:00", "&at=2199-01-01T09:00"):
            page.goto(link + more)
            assert (more, faults(page)) == (more, [])


def test_the_menu_says_where_one_is(chromium: Any, house: tuple[str, Any, str]) -> None:
    base, client, link = house
    with browsing(chromium, base, client) as page:
        page.goto(link)
        here = page.locator('nav a.nav-item[aria-current="page"]').first
        assert here.get_attribute("href") == "/izinler/"
