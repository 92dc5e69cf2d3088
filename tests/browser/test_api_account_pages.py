"""An API account's pages by axe: the account with its keys and calls, a narrower key, in both
languages. ``ILETI_SHOTS`` names a folder for pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from ileti.core import clock, db
from ileti.programs import keys
from tests.api.api_house import account
from tests.browser.axe import browsing, faults, serving
from tests.browser.test_webhook_pages import shoot
from tests.panel.people import dealer_of, sign_in, user_with

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("ILETI_SHOTS")


@pytest.fixture(scope="module")
def house(app: Any) -> Iterator[dict[str, Any]]:
    """An account with a wide key, a narrow one and one that has ended, and calls of three days."""
    from tests.conftest import _new_place

    place, conn = _new_place(db.connection()), db.connection()
    dealer = dealer_of(place)
    name, _key = account(place, scopes=["consents:write", "consents:list", "iys:read",
                                        "reports:read", "dealers:read", "compat"])
    number = conn.execute("select id from api_account where username = %s", [name]).fetchone()[0]
    narrow, ended = (keys.make(conn, place.provider_id, number,
                               expires_at=clock.now() + timedelta(days=days)).id
                     for days in (9, 90))
    keys.end(conn, ended)
    conn.execute("update api_key set label = 'Gece raporu', scopes = '{reports:read,iys:read}', "
                 "only_brand_id = %s, only_dealer_id = %s, networks = '{203.0.113.0/24}' "
                 "where id = %s", (place.brand_id, dealer, narrow))
    for day, status, calls in ((0, 201, 1_204), (0, 422, 3), (1, 200, 98_400), (2, 503, 1)):
        conn.execute(
            "insert into api_usage (key_id, day, status, provider_id, account_id, calls) "
            "values (%s, current_date - %s, %s, %s, %s, %s)",
            (narrow, day, status, place.provider_id, number, calls))
    with serving(app) as base:
        yield {"base": base, "client": sign_in(app, user_with(app, "provider_admin", place)),
               "account": number, "key": narrow}


@pytest.mark.parametrize("language", ["tr", "en"])
def test_axe_finds_nothing_and_nothing_runs_over(
    chromium: Any, house: dict[str, Any], language: str
) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        for name, path in (("account", f"/api-hesaplari/show/{house['account']}"),
                           ("key", f"/api-hesaplari/{house['account']}/anahtar/{house['key']}"),
                           ("new", f"/api-hesaplari/{house['account']}/anahtar/yeni")):
            page.goto(f"{path}?_l_={language}")
            assert (path, faults(page)) == (path, [])
            shoot(page, f"api-{name}-{language}")


def test_a_wish_that_cannot_be_is_told_and_kept(chromium: Any, house: dict[str, Any]) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        page.goto(f"/api-hesaplari/{house['account']}/anahtar/yeni")
        page.fill("#label", "Gece işi")
        page.fill("#networks", "evdeki bilgisayar")
        page.click("button.primary")
        page.wait_for_selector("#networks[aria-invalid=true]")
        assert page.input_value("#label") == "Gece işi"
        assert faults(page) == []
        shoot(page, "api-wrong")
