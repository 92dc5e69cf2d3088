"""The main job, end to end, in a real browser: a visitor's tick reaches İYS and an admin sees it.

Shop page → tick SMS and e-mail, leave call empty → code → receipt → the registry holds exactly
those two consents → the panel says registered → the citizen refuses SMS at the registry → panel and
gate say no → dealer A sees its own, dealer B does not.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.running import Running, start

pytestmark = pytest.mark.browser
PHONE, MAIL = "+905992134117", "nazli.k@ornek.com.tr"


@pytest.fixture(scope="module")
def house() -> Iterator[Running]:
    """All of İleti, running."""
    with tempfile.TemporaryDirectory(prefix="ileti-main-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        running = start(Path(folder))
        yield running
        assert running.stop() == 0


@pytest.fixture(scope="module")
def browser(chromium: Browser) -> Browser:
    """The test process's Chromium."""
    return chromium


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a context of its own."""
    context = browser.new_context(locale="tr-TR", viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.set_default_timeout(15_000)
    yield tab
    context.close()


def until(check: Callable[[], Any], seconds: float = 40) -> Any:
    """The first truthy answer of ``check``, or its last one."""
    deadline = time.monotonic() + seconds
    while not (found := check()) and time.monotonic() < deadline:
        time.sleep(0.25)
    return found


def registry(house: Running, recipient: str) -> list[dict[str, Any]]:
    """What the simulator holds about one address."""
    answer = httpx.get(f"{house.simulator}/_control/consents", params={"recipient": recipient})
    found = answer.json()
    return found["list"] if isinstance(found, dict) and "list" in found else list(
        found.get("consents", found) if isinstance(found, dict) else found)


def codes(page: Page, house: Running) -> dict[str, str]:
    """The newest code on the phone and in the mailbox, as the person reads them."""
    page.goto(f"{house.base}/demo/telefon")
    phone = re.findall(r"\b(\d{6})\b", page.locator(".phone").inner_text())
    mail = re.findall(r"\b(\d{6})\b", page.locator(".mailbox").inner_text())
    return {key: found[0] for key, found in (("phone", phone), ("mail", mail)) if found}


def newer(page: Page, house: Running, before: dict[str, str], *of: str) -> dict[str, str] | None:
    """The codes, once each of those named came after the ones before; one may come later."""
    found = codes(page, house)
    return found if all(found.get(one, "") != before.get(one, "") for one in of) else None


def log_in(page: Page, house: Running, user: str) -> None:
    """Through the login page, as a person does."""
    page.goto(f"{house.base}/login/")
    page.locator("input[name=username]").fill(user)
    page.locator("input[name=password]").fill(house.password)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)


def take_consent(page: Page, browser: Browser, house: Running, *, site: str = "",
                 phone: str = "0599 213 41 17", mail: str = MAIL) -> None:
    """The visitor's walk through the shop page, from the sign-up to the receipt."""
    before = codes(page, house)
    page.goto(f"{house.base}/demo/magaza" + (f"?site={site}" if site else ""))
    page.get_by_label("Ad soyad").fill("Nazlı Kırşehirli")
    page.get_by_label("Cep telefonu").fill(phone)
    page.get_by_label("E-posta", exact=True).fill(mail)
    boxes = page.locator("ileti-consent input[type=checkbox]")
    expect(boxes.first).to_be_visible()
    assert [boxes.nth(n).is_checked() for n in range(boxes.count())] == [False] * boxes.count()
    page.get_by_label(re.compile("kısa mesajla")).check()
    page.get_by_label(re.compile("e-postayla")).check()
    page.get_by_role("button", name="Üye ol").click()
    expect(page.get_by_label("Telefonunuza gelen kod")).to_be_visible()
    other = browser.new_context().new_page()
    found = until(lambda: newer(other, house, before, "phone", "mail"))
    other.context.close()
    page.get_by_label("Telefonunuza gelen kod").fill(found["phone"])
    page.get_by_label("E-postanıza gelen kod").fill(found["mail"])
    page.get_by_role("button", name="Doğrula", exact=True).click()
    expect(page.locator("ileti-consent")).to_have_attribute("data-step", "receipt")


def test_the_main_job(page: Page, browser: Browser, house: Running) -> None:
    take_consent(page, browser, house)
    sms = until(lambda: registry(house, PHONE))
    mail = until(lambda: registry(house, MAIL))
    assert [(c["type"], c["status"], c["source"]) for c in sms] == [("MESAJ", "ONAY", "HS_WEB")]
    assert [(c["type"], c["status"], c["source"]) for c in mail] == [("EPOSTA", "ONAY", "HS_WEB")]

    log_in(page, house, "admin")
    page.goto(f"{house.base}/izinler")
    row = page.locator("tbody tr", has_text="41 17")
    until(lambda: page.reload() and "Onayladı" in row.first.inner_text())
    assert "Onay" in row.first.inner_text()
    assert "Onayladı" in row.first.inner_text()
    assert PHONE not in page.content()
    row.first.get_by_role("link").first.click()
    expect(page.locator("main")).to_contain_text("gönderilebilir")

    httpx.post(f"{house.simulator}/_control/citizen", json={
        "recipient": PHONE, "type": "MESAJ", "recipientType": "BIREYSEL", "status": "RET"},
    ).raise_for_status()
    until(lambda: page.reload() and "Ret" in page.locator("main").inner_text()
          and "ret verdi" in page.locator("main").inner_text().lower())
    assert "ret verdi" in page.locator("main").inner_text().lower()


def test_a_dealer_sees_its_own_consents_and_no_other_dealer_does(
    page: Page, browser: Browser, house: Running
) -> None:
    take_consent(page, browser, house, site="pk_liman_bayi_a", phone="0599 300 22 33",
                 mail="bayi.a.musterisi@ornek.com.tr")
    log_in(page, house, "bayi-a")
    page.goto(f"{house.base}/izinler")
    own = page.locator("tbody tr", has_text="22 33")
    expect(own).to_have_count(1)
    expect(page.locator("tbody tr", has_text="41 17")).to_have_count(0)
    link = own.get_by_role("link").first.get_attribute("href")

    stranger = browser.new_context(locale="tr-TR").new_page()
    log_in(stranger, house, "bayi-b")
    stranger.goto(f"{house.base}/izinler")
    expect(stranger.locator("main")).not_to_contain_text("22 33")
    assert stranger.goto(f"{house.base}{link}").status == 404
    stranger.context.close()
