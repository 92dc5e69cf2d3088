"""Brands and dealers of the setup come from İYS: what it names, and nothing a form says."""

from __future__ import annotations

from typing import Any

import pytest
from iys_house import PASSWORD

from ileti.core import db
from ileti.core.jobs import redis_client
from ileti.iys import client
from tests.panel.people import sign_in, token_of, user_with


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's: each request gets a ``g`` of its own."""


@pytest.fixture(autouse=True)
def fresh_redis(given: Any) -> None:
    redis_client().flushdb()
    client._client.cache_clear()


def admin(app: Any, place: Any) -> tuple[Any, str]:
    """A provider admin's browser and a token for its posts."""
    browser = sign_in(app, user_with(app, "provider_admin", place))
    return browser, token_of(browser)


def test_brands_are_those_iys_names_and_no_others(app: Any, shop: Any, registry: Any) -> None:
    registry.tell("provider", iysCode=shop.iys_code, username=f"api-{shop.iys_code}",
                  password=PASSWORD, brands=[
                      {"brandCode": shop.brand_code, "name": "Defne Ev", "master": True},
                      {"brandCode": shop.brand_code + 1, "name": "Defne Bebek"},
                      {"brandCode": shop.brand_code + 2, "name": "Defne Bahçe"}])
    browser, token = admin(app, shop)
    post = f"/kurulum/{shop.provider_id}/markalar"
    shown = browser.post(post, data={"csrf_token": token, "wish": "fetch"}).text
    assert "Defne Bebek" in shown
    assert "Defne Bahçe" in shown
    assert shown.count('name="code"') == 2, "the one that is here is no choice"
    browser.post(post, data={"csrf_token": token, "wish": "take", "name": "Uydurma",
                            "code": [str(shop.brand_code + 1), "123456", "'; drop"]})
    found = db.connection().execute(
        "select brand_code, name, master from brand where provider_id = %s order by brand_code",
        (shop.provider_id,)).fetchall()
    assert found == [(shop.brand_code, "Defne Ev", True),
                     (shop.brand_code + 1, "Defne Bebek", False)]
