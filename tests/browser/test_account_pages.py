"""The way in and one's own account in Chromium: axe finds nothing, in both languages and widths."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

import config
from tests.browser.axe import browsing, look, serving
from tests.panel.people import PASSWORD, sign_in, user_with
from tests.signin.people import code, user_id, with_app
from tests.signin.test_forgotten import link_of

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def base(app: Any) -> Iterator[str]:
    with serving(app) as address:
        yield address


def _give_password(page: Any, name: str, language: str) -> None:
    page.goto(f"/lang/{language}")
    page.goto("/login/")
    page.locator("#username").fill(name)
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")


def _secret_on(page: Any) -> str:
    found = re.search(r"<code[^>]*>([A-Z2-7 ]{32,})</code>", page.content())
    assert found is not None
    return found.group(1).replace(" ", "")


@pytest.mark.parametrize("language", ["tr", "en"])
def test_setting_up_the_second_step_at_sign_in(app: Any, base: str, chromium: Any, place: Any,
                                               language: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(config.settings(), "two_step_by_role", True)
    name = user_with(app, "provider_admin", place)
    with browsing(chromium, base) as page:
        _give_password(page, name, language)
        page.wait_for_url("**/login/kur")
        look(page, f"kur-{language}")
        page.locator("#code").fill(code(_secret_on(page), later=-1))
        page.locator("#code").press("Enter")
        page.wait_for_selector(".recovery")
        look(page, f"ilk-kodlar-{language}")
        page.locator(".btn.primary").click()
        page.wait_for_url(f"{base}/")


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_second_step_and_ones_own_account(app: Any, base: str, chromium: Any, place: Any,
                                              language: str) -> None:
    name = user_with(app, "provider_admin", place)
    secret, _codes = with_app(app, name)
    with browsing(chromium, base) as page:
        _give_password(page, name, language)
        page.wait_for_url("**/login/ikinci-adim")
        page.locator("#code").fill("000000")
        page.locator("#code").press("Enter")
        page.wait_for_selector("#code-hata")
        look(page, f"ikinci-adim-{language}")
        page.locator("#code").fill(code(secret))
        page.locator("#code").press("Enter")
        page.wait_for_url(f"{base}/")
        for where in ("hesabim/", "hesabim/iki-adim/", "hesabim/iki-adim/kur",
                      "hesabim/iki-adim/kapat", "hesabim/oturumlar/", "kullanicilar/list/",
                      "hesabim/guvenlik/", "guvenlik-gunlugu/list/",
                      "onay/?form=1&next=/"):
            page.goto(f"/{where}")
            look(page, f"{where.partition('?')[0].strip('/').replace('/', '-')}-{language}")


def test_a_user_with_a_second_step_seen_by_an_admin(app: Any, base: str, chromium: Any,
                                                    place: Any) -> None:
    other = user_with(app, "marketer", place)
    with_app(app, other)
    admin = sign_in(app, user_with(app, "provider_admin", place))
    with browsing(chromium, base, admin) as page:
        page.goto(f"/kullanicilar/show/{user_id(other)}")
        page.get_by_role("button", name="İkinci adımı sıfırla").click()
        look(page, "sifirla")
        page.get_by_role("button", name="Sıfırla", exact=True).click()
        page.wait_for_selector("[data-toast]")


@pytest.mark.parametrize("language", ["tr", "en"])
def test_a_forgotten_password(app: Any, base: str, chromium: Any, place: Any,
                              language: str) -> None:
    name = user_with(app, "marketer", place)
    with browsing(chromium, base) as page:
        page.goto(f"/lang/{language}")
        page.goto("/parola/unuttum")
        look(page, f"unuttum-{language}")
        page.locator(".btn.primary").click()
        page.wait_for_selector(".field.invalid")
        look(page, f"unuttum-bos-{language}")
        page.locator("#username").fill(name)
        page.locator(".btn.primary").click()
        page.wait_for_selector("[role=status]")
        look(page, f"unuttum-gitti-{language}")
        page.goto(link_of(name))
        look(page, f"yeni-parola-{language}")
        page.locator("#password").fill("parola")
        page.locator(".btn.primary").click()
        page.wait_for_selector(".field.invalid")
        look(page, f"yeni-parola-zayif-{language}")
        page.goto("/parola/yeni/eski")
        look(page, f"yeni-parola-gecti-{language}")
