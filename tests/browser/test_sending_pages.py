"""The pages of sending accounts and titles by axe: lists, forms with faults, one of each that
rests or waits. ``ILETI_SHOTS`` names a folder for pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from ileti.channels import accounts
from ileti.core import db
from tests.browser.axe import browsing, faults, serving
from tests.panel.people import sign_in, token_of, user_with

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("ILETI_SHOTS")


@pytest.fixture(scope="module")
def house(app: Any) -> Iterator[dict[str, Any]]:
    """Two accounts, one of which rests, and a title that is asked for."""
    from tests.conftest import _new_place

    place = _new_place(db.connection())
    client = sign_in(app, user_with(app, "provider_admin", place))
    for kind, rank in (("verimor", "1"), ("netgsm", "2")):
        client.post(f"/gonderim-hesaplari/yeni/{kind}", data={
            "csrf_token": token_of(client), "name": f"{kind} hattı", "commercial": "1",
            "exempt": "1", "rank": rank, "weight": "1", "per_second": "20",
            "k-user": "8500000000", "k-password": "deneme"})
    first, second = [row[0] for row in db.connection().execute(
        "select id from gateway_account where provider_id = %s order by rank",
        (place.provider_id,))]
    accounts.refused(second, "Netgsm: user name or password is not accepted (30)")
    asked = client.post("/basliklar/yeni", data={
        "csrf_token": token_of(client), "title": "DEFNE EV", "brand": str(place.brand_id),
        "account": [str(first), str(second)], "said": "Başvuru 41"})
    with serving(app) as base:
        yield {"base": base, "client": client, "account": first, "resting": second,
               "sender": asked.location}


@pytest.mark.parametrize("language", ["tr", "en"])
def test_axe_finds_nothing_and_nothing_runs_over(
    chromium: Any, house: dict[str, Any], language: str
) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        for name, path in (("list", "/gonderim-hesaplari/"),
                           ("account", f"/gonderim-hesaplari/{house['account']}"),
                           ("resting", f"/gonderim-hesaplari/{house['resting']}"),
                           ("kinds", "/gonderim-hesaplari/yeni"), ("titles", "/basliklar/"),
                           ("title", house["sender"])):
            page.goto(f"{path}?_l_={language}")
            assert (path, faults(page)) == (path, [])
            shoot(page, f"{name}-{language}")


def test_forms_say_what_is_wrong_and_keep_what_was_typed(chromium: Any, house: dict[str, Any]
                                                         ) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        page.goto("/basliklar/yeni?_l_=tr")
        page.fill("#title", "BİLGİ")
        page.click("button.primary")
        assert faults(page) == []
        assert page.locator("#title-hata").count() == 1
        assert page.input_value("#title") == "BİLGİ"
        page.goto("/gonderim-hesaplari/yeni/plainhttp")
        page.fill("#k-url", "https://10.0.0.1/")
        page.click("button.primary")
        assert faults(page) == []
        assert "kendi ağımızı" in page.inner_text("#k-url-hata")
        shoot(page, "form-tr")


def shoot(page: Any, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
