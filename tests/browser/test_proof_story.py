"""From the officer's text to a proof that a stranger checks, in real browsers.

An officer writes a notice, is told what is wrong with it, mends and publishes it; a visitor reads
it, ticks a channel and an explicit consent, and proves the address; a new version must be told
anew; the visitor withdraws in the preference centre; the officer takes the bundle of the consent,
of the withdrawal and of the person; a page without a network says that each holds, with the root of
the trial's time stamps from the simulator's page, and when one byte is changed, which record it is
(issue: KVKK forms and proof).
"""

from __future__ import annotations

import io
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.running import Running, start
from tools.verify_page import PAGE

from .test_main_job import MAIL, codes, log_in, until
from .test_preferences import link_in_the_mail

pytestmark = pytest.mark.browser
WRONG = "Okudum ve kabul ediyorum."


@pytest.fixture(scope="module")
def house() -> Iterator[Running]:
    """All of İleti, running."""
    with tempfile.TemporaryDirectory(prefix="ileti-proof-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        running = start(Path(folder))
        yield running
        assert running.stop() == 0


def tab(chromium: Browser, *, offline: bool = False) -> Page:
    """A page in a context of its own."""
    made = chromium.new_context(locale="tr-TR", viewport={"width": 1280, "height": 900},
                                accept_downloads=True, offline=offline).new_page()
    made.set_default_timeout(15_000)
    return made


def publish(officer: Page, house: Running, words: str, *, wrong: bool) -> None:
    """Add words to the notice of Liman Kahve and publish it; a wrong sentence has to be mended
    first, since nothing wrong is published."""
    officer.goto(f"{house.base}/metinler/list/")
    link = officer.locator("main tbody tr", has_text="Liman Kahve").get_by_role(
        "link", name="Aydınlatma metni").first
    number = re.findall(r"\d+", link.get_attribute("href") or "")[0]
    officer.goto(f"{house.base}/metinler/{number}/taslak/tr")
    body = officer.locator("textarea[name=body]")
    body.fill(f"{body.input_value()}\n\n{words}" + (f"\n\n{WRONG}" if wrong else ""))
    if wrong:
        officer.get_by_role("button", name="Öneriyi uygula").click()
        expect(body).not_to_have_value(re.compile("kabul ediyorum"))
    officer.get_by_role("button", name="Taslağı kaydet").click()
    officer.get_by_text("Yayına geç").first.click()
    officer.get_by_role("button", name="Yayımla").click()
    expect(officer.locator("main")).to_contain_text(words)


def consent(visitor: Page, chromium: Browser, house: Running) -> None:
    """Reads the notice, ticks e-mail and the explicit consent, proves the address."""
    before = codes(visitor, house)
    visitor.goto(f"{house.base}/demo/magaza")
    visitor.get_by_label("Ad soyad").fill("Nazlı Kırşehirli")
    visitor.get_by_label("E-posta", exact=True).fill(MAIL)
    widget = visitor.locator("ileti-consent")
    widget.get_by_label(re.compile("e-postayla")).check()
    widget.get_by_label(re.compile("Kişiye özel öneri")).check()
    widget.get_by_label(re.compile("okudum, anladım")).check()
    visitor.get_by_role("button", name="Üye ol").click()
    field = widget.get_by_label("Kod", exact=True)
    expect(field).to_be_visible()
    mailbox = tab(chromium)

    def code() -> str:
        mailbox.goto(f"{house.base}/demo/telefon")
        found = re.findall(r"\b(\d{6})\b", mailbox.locator(".mailbox").inner_text())
        return found[0] if found and found[0] != before.get("mail") else ""

    field.fill(until(code))
    mailbox.context.close()
    button = widget.get_by_role("button", name="Doğrula", exact=True)
    if button.count():
        button.click()
    expect(widget).to_have_attribute("data-step", "receipt")
    expect(widget).to_contain_text("Rıza verdiniz")


def bundle_of(officer: Page, house: Running) -> bytes:
    """The proof bundle of the newest consent, once it is sealed."""
    officer.goto(f"{house.base}/izinler/")
    officer.locator("tbody tr", has_text="@ornek.com.tr").first.get_by_role("link").first.click()
    expect(officer.locator("main")).to_contain_text("Aydınlatma metni okundu, anlaşıldı")
    assert until(lambda: officer.reload()
                 and "mühürlendi" in officer.locator("main").inner_text().lower())
    with officer.expect_download(timeout=30_000) as taken:
        officer.get_by_role("button", name="Kanıt paketi").click()
    return Path(taken.value.path()).read_bytes()


def persons_bundle(officer: Page, house: Running) -> tuple[bytes, bytes]:
    """The bundles of the newest act about personal data and of its person, whose page of the moment
    says what held."""
    officer.goto(f"{house.base}/kvkk/")
    officer.locator("tbody tr", has_text="Rıza geri alındı").first.get_by_role("link").first.click()
    assert until(lambda: officer.reload()
                 and "mühürlendi" in officer.locator("main").inner_text().lower())
    with officer.expect_download(timeout=30_000) as taken:
        officer.get_by_role("button", name="Kanıt paketi").click()
    act = Path(taken.value.path()).read_bytes()
    officer.get_by_role("link", name="O tarihte durum neydi?").click()
    expect(officer.locator("main")).to_contain_text("Açık rıza geçerli değildi")
    expect(officer.locator("main")).to_contain_text("Kişi bilgilendirilmişti")
    with officer.expect_download(timeout=30_000) as taken:
        officer.get_by_role("button", name="Kişinin kanıt paketi").click()
    return act, Path(taken.value.path()).read_bytes()


def trial_root(visitor: Page, house: Running) -> bytes:
    """The root of the simulator's time stamps, as its page gives it out."""
    visitor.goto(house.simulator)
    with visitor.expect_download(timeout=15_000) as taken:
        visitor.get_by_role("button", name="Deneme kökünü indir").click()
    return Path(taken.value.path()).read_bytes()


def judged(stranger: Page, content: bytes, root: bytes) -> tuple[int, str]:
    """Outcome and words of the page, which has no network."""
    stranger.goto("about:blank")
    stranger.goto(PAGE.as_uri())
    stranger.set_input_files("#ca", {"name": "kok.pem", "mimeType": "", "buffer": root})
    stranger.wait_for_function("given.ca !== null")
    stranger.set_input_files("#bundle", {"name": "kanit.zip", "mimeType": "", "buffer": content})
    stranger.wait_for_selector("#result[data-outcome]")
    return (int(stranger.get_attribute("#result", "data-outcome") or 9),
            stranger.locator("#checks").inner_text())


def one_byte_changed(content: bytes) -> tuple[bytes, str]:
    """The bundle with one letter of an explicit consent's record changed, and its number."""
    made, number = io.BytesIO(), ""
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(made, "w") as out:
        for name in archive.namelist():
            raw = archive.read(name)
            if name.startswith("entries/") and b'"GIVEN"' in raw and not number:
                number = re.findall(rb"IZN-[0-9A-Z-]+", raw)[0].decode()
                raw = raw.replace(b'"GIVEN"', b'"GIVEM"')
            out.writestr(name, raw)
    return made.getvalue(), number


def test_from_the_officers_text_to_a_strangers_judgement(
    chromium: Browser, house: Running
) -> None:
    officer, visitor = tab(chromium), tab(chromium)
    log_in(officer, house, "admin")
    publish(officer, house, "Kataloğu hazırlarken sipariş geçmişini de kullanırız.", wrong=True)
    consent(visitor, chromium, house)

    publish(officer, house, "Sipariş geçmişini iki yıl saklarız.", wrong=False)
    visitor.goto(link_in_the_mail(visitor, house))
    visitor.get_by_role("button", name="Tercihlerimi aç").click()
    notice = visitor.locator("section", has_text="Aydınlatma metinleri").first
    expect(notice).to_contain_text("2. sürümü gördünüz")
    expect(notice).to_contain_text("Sürüm 3")

    visitor.get_by_role("button", name=re.compile("Rızayı geri al")).click()
    expect(visitor.get_by_role("status")).to_contain_text("Rızanızı geri aldınız.")
    officer.goto(f"{house.base}/kvkk/")
    expect(officer.locator("tbody tr").first).to_contain_text("Rıza geri alındı")
    officer.goto(f"{house.base}/kvkk/yenilenecekler")
    expect(officer.locator("main")).to_contain_text("Aydınlatma metni")

    content, root = bundle_of(officer, house), trial_root(visitor, house)
    assert b"# DENEME" in root
    stranger = tab(chromium, offline=True)
    outcome, words = judged(stranger, content, root)
    assert (outcome, "değiştirilmiş" in words) == (0, False), words
    assert stranger.text_content("#verdict") == "Kanıt geçerli."
    forged, number = one_byte_changed(content)
    outcome, words = judged(stranger, forged, root)
    assert outcome == 1
    assert number in words
    for other in persons_bundle(officer, house):
        outcome, words = judged(stranger, other, root)
        assert (outcome, "değiştirilmiş" in words) == (0, False), words
        forged, number = one_byte_changed(other)
        outcome, words = judged(stranger, forged, root)
        assert outcome == 1
        assert number in words
    for page in (officer, visitor, stranger):
        page.context.close()
