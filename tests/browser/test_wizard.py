"""The setup in a real browser, from an empty installation to the first consent at the simulator:
nobody looks anything up, and every step says what it still lacks."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import faults
from tests.browser.test_main_job import codes, log_in, newer, registry, until
from tests.running import Running, start

pytestmark = pytest.mark.browser
CODE, SECOND, PASSWORD = 731_200, 731_201, "akasya-" + os.urandom(6).hex()
PHONE = "+905992134117"


@pytest.fixture(scope="module")
def house() -> Iterator[Running]:
    """İleti without the invented company, and an account at the simulator."""
    with tempfile.TemporaryDirectory(prefix="ileti-wizard-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        running = start(Path(folder), DEMO_COMPANY="false")
        httpx.post(f"{running.simulator}/_control/provider", json={
            "iysCode": CODE, "title": "Akasya Ev Tekstili A.Ş.", "username": "akasya-api",
            "password": PASSWORD, "activationDate": "2021-06-01",
            "brands": [{"brandCode": CODE, "name": "Akasya Ev", "master": True},
                       {"brandCode": SECOND, "name": "Akasya Bebek", "master": False}],
            "retailers": [{
                "brandCode": CODE, "retailerCode": 73_120_001, "title": "Bornova Akasya Ltd. Şti.",
                "name": "Ayşe Yılmaz", "alias": "Akasya Bornova", "tckn": "10000000146",
                "tin": "6071000010", "city": {"code": "35", "name": "İzmir"},
                "town": {"code": "480", "name": "Konak"}}],
        }).raise_for_status()
        yield running
        assert running.stop() == 0


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page that asks for Turkish."""
    context = chromium.new_context(locale="tr-TR", viewport={"width": 1280, "height": 900},
                                   reduced_motion="reduce")
    tab = context.new_page()
    tab.set_default_timeout(15_000)
    yield tab
    context.close()


def look(page: Page, name: str) -> None:
    """The page as it stands: nothing axe knows; pictures where ``ILETI_PICTURES`` says."""
    folder = os.environ.get("ILETI_PICTURES")
    theme = page.evaluate("document.documentElement.dataset.theme || ''")
    if folder:
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            for shade in ("acik", "koyu"):
                page.evaluate("t => document.documentElement.dataset.theme = t", shade)
                page.screenshot(path=f"{folder}/{name}-{shade}-{width}.png", full_page=True)
    assert (name, faults(page)) == (name, [])
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate("t => document.documentElement.dataset.theme = t", theme)


def press(page: Page, name: str) -> None:
    """A button or a link in the page's own part, and the page it leads to."""
    main = page.locator("main")
    with page.expect_navigation():
        main.get_by_role("button", name=name).or_(main.get_by_role("link", name=name)).first.click()


def done(page: Page) -> list[str]:
    """The steps that are done, by name."""
    return page.locator("#adimlar li:has(.task-icon.ok) .h3").all_inner_texts()


def test_from_an_empty_installation_to_the_first_consent_at_iys(
    page: Page, chromium: Browser, house: Running
) -> None:
    log_in(page, house, "admin")
    expect(page.locator("main")).to_contain_text("Henüz hiçbir şey kurulmadı.")
    look(page, "bugun-bos")
    press(page, "Kuruluma başla")

    # the company: a wrong MERSİS number is said at once, and nothing typed is lost
    page.get_by_label("Unvan").fill("Akasya Ev Tekstili A.Ş.")
    page.get_by_label("Kısa ad").fill("Akasya Ev")
    page.get_by_label("İYS numarası").fill(str(CODE))
    page.get_by_label("MERSİS numarası").fill("0123456788000001")
    page.get_by_label("İletişim").fill("Kordon Cad. 8, İzmir · izin@akasya.ornek.test")
    press(page, "Kaydet")
    expect(page.locator("#mersis-hata")).to_be_visible()
    look(page, "sirket")
    page.get_by_label("MERSİS numarası").fill("0607100001000014")
    press(page, "Kaydet")
    expect(page.locator("h1")).to_have_text("İYS girişi")

    # left and resumed: the first page knows the next step
    page.goto(house.base)
    expect(page.locator("main")).to_contain_text("Akasya Ev")
    press(page, "Kuruluma devam et")
    expect(page.locator("h1")).to_have_text("İYS girişi")
    press(page, "Kaydet ve dene")
    expect(page.locator("#iys_password-hata")).to_contain_text("Parolayı yazın.")

    # the login: wrong first, and what is missing is said
    page.get_by_label("İYS kullanıcı adı").fill("akasya-api")
    page.get_by_label("İYS parolası").fill("yanlis")
    press(page, "Kaydet ve dene")
    expect(page.locator("main")).to_contain_text("giriş vermiyor")
    look(page, "giris-yanlis")
    page.get_by_label("İYS parolası").fill(PASSWORD)
    press(page, "Kaydet ve dene")
    expect(page.locator("main .notice.ok")).to_contain_text("İYS")
    assert done(page) == ["Şirketiniz", "İYS girişi"]
    look(page, "giris")

    # brands: fetched, one of two chosen
    press(page, "Sonraki: Markalar")
    look(page, "markalar-bos")
    press(page, "Markaları İYS’den al")
    page.get_by_label("Akasya Bebek").uncheck()
    look(page, "markalar-secim")
    press(page, "Seçilen markaları ekle")
    expect(page.locator("main")).to_contain_text("Akasya Ev")
    expect(page.locator("main ul.rows").first).not_to_contain_text("Akasya Bebek")
    look(page, "markalar")

    # dealers: taken over from İYS on their own page, and back
    press(page, "Sonraki: Bayiler")
    look(page, "bayiler")
    press(page, "Akasya Ev bayilerini karşılaştır")
    expect(page.locator("main")).to_contain_text("Akasya Bornova")
    look(page, "bayiler-iys")
    press(page, "Buraya al")
    expect(page.locator("main")).to_contain_text("1 aynı")
    look(page, "bayiler-ayni")
    page.get_by_role("link", name="Bugün").first.click()
    press(page, "Kuruluma devam et")
    assert "Bayiler" in done(page)

    # the site: texts first, then its address
    expect(page.locator("#adimlar [aria-current=step]")).to_have_text("İlk site")
    look(page, "metinler")
    press(page, "Bu metinleri yayımla")
    page.get_by_label("Marka").select_option(label="Akasya Ev")
    page.get_by_label("Ad", exact=True).fill("akasya.ornek.test")
    page.get_by_label("İzinli adresler").fill(house.base)
    look(page, "site")
    press(page, "Siteyi ekle")

    # the form: lines to paste, live preview
    expect(page.locator("h1")).to_have_text("Sayfanızda form")
    snippet = page.locator("#kod").inner_text()
    assert "integrity=" in snippet
    key = re.search(r'data-site="(pk_[^"]+)"', snippet)
    assert key is not None
    expect(page.frame_locator("iframe.preview").locator("body")).to_contain_text("Akasya Ev")
    look(page, "form")
    press(page, "Sonraki: İYS’de ilk izin")
    expect(page.locator("#durum")).to_contain_text("kendiliğinden yeşile döner")
    look(page, "izin-bekliyor")

    # a visitor on another browser; this page turns green by itself
    visitor = chromium.new_context(locale="tr-TR").new_page()
    before = codes(visitor, house)
    visitor.goto(f"{house.base}/demo/magaza?site={key[1]}")
    visitor.get_by_label("Ad soyad").fill("Nazlı Kırşehirli")
    visitor.get_by_label("Cep telefonu").fill("0599 213 41 17")
    visitor.get_by_label("E-posta", exact=True).fill("nazli.k@ornek.com.tr")
    visitor.get_by_label(re.compile("kısa mesajla")).check()
    visitor.get_by_label(re.compile("e-postayla")).check()
    visitor.get_by_role("button", name="Üye ol").click()
    expect(visitor.get_by_label("Telefonunuza gelen kod")).to_be_visible()
    other = visitor.context.new_page()
    found = until(lambda: newer(other, house, before, "phone", "mail"))
    visitor.get_by_label("Telefonunuza gelen kod").fill(found["phone"])
    visitor.get_by_label("E-postanıza gelen kod").fill(found["mail"])
    visitor.get_by_role("button", name="Doğrula", exact=True).click()
    expect(visitor.locator("ileti-consent")).to_have_attribute("data-step", "receipt")
    visitor.context.close()
    assert [c["status"] for c in until(lambda: registry(house, PHONE))] == ["ONAY"]
    expect(page.locator("#durum")).to_contain_text("Kurulum tamam.", timeout=40_000)
    assert "İYS’de ilk izin" in done(page)
    look(page, "izin-tamam")

    # nothing is offered any more
    page.goto(house.base)
    expect(page.locator("main")).not_to_contain_text("Kuruluma devam et")
