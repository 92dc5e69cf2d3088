"""The preference centre, end to end: from the shop's form over the mail's link to İYS's refusal.

A visitor consents in the shop and gets the confirmation; its link opens the preferences; e-mail is
stopped, an explicit consent withdrawn, a receipt taken home. The gate says no and the registry gets
the refusal. Then the same inside the shop's page, by a code; and every page as axe sees it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.running import ROOT, Running, start

from .axe import _RUN, load_axe
from .test_main_job import MAIL, codes, newer, registry, take_consent, until

pytestmark = pytest.mark.browser

# An explicit consent of whoever has this address, and what the gate says of it.
_GIVE = """
import sys
from datetime import timedelta
from hashlib import sha256
from ileti.consents.ledger import ActorKind, NewSubmission, Place
from ileti.consents.vocabulary import Source, Standing
from ileti.core import clock, db
from ileti.kvkk.ledger import NewAct, record
from ileti.kvkk.vocabulary import Act
conn = db.connection()
place = Place(*conn.execute("select p.id, p.iys_code, b.id, b.brand_code "
                            "from provider p join brand b on b.provider_id = p.id "
                            "and b.master").fetchone())
document = conn.execute("insert into document (provider_id, kind, name) "
                        "values (%s, 'ACIK_RIZA', 'Öneriler') returning id",
                        (place.provider_id,)).fetchone()[0]
text = conn.execute(
    "insert into document_version (provider_id, document_id, version, language, title, body, "
    "content_hash) values (%s, %s, 1, 'tr', 'Öneri hazırlanması', 'Rıza veriyorum.', sha256('x')) "
    "returning id, encode(content_hash, 'hex')", (place.provider_id, document)).fetchone()
record(NewSubmission(place=place, idem="test:preferences", body_hash=b"0" * 16,
                     source=Source.HS_WEB, standing=Standing.VERIFIED, items=(),
                     actor=ActorKind.VISITOR, evidence={}),
       [NewAct(document, *text, Act.GIVEN, clock.whole_second(clock.now() - timedelta(days=9)),
               address=sys.argv[1])])
"""
_GATE = """
import sys
from ileti.consents.gate import may_send_now
from ileti.consents.vocabulary import Channel
from ileti.core import db
place = db.connection().execute("select p.id, b.id from provider p join brand b "
                                "on b.provider_id = p.id and b.master").fetchone()
answer = may_send_now(*place, sys.argv[1], Channel.EPOSTA)
acts = db.connection().execute("select act from kvkk_state where act > 2").fetchall()
print(answer.denial.value if answer.denial else "yes", [act for act, in acts])
"""


# Somebody who consented to mails on the text on show, and the link to all their choices.
_KNOWN = """
import sys
from datetime import timedelta
from ileti.channels.preference_link import preference_url
from ileti.consents.ledger import ActorKind, NewConsent, NewSubmission, Place
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import clock, db
from ileti.kvkk.ledger import NewAct, record
from ileti.kvkk.vocabulary import Act, Extent
conn = db.connection()
place = Place(*conn.execute("select p.id, p.iys_code, b.id, b.brand_code "
                            "from provider p join brand b on b.provider_id = p.id "
                            "and b.master").fetchone())
shown = {row[0]: row[1:] for row in conn.execute(
    "select kind || coalesce(channel::text, ''), document_id, version_id, "
    "encode(content_hash, 'hex') from texts_on_show(%s, %s, now()) where language = 'tr'",
    (place.provider_id, place.brand_id))}
at = clock.whole_second(clock.now() - timedelta(minutes=1))
text = shown["ETK_ONAYI3"]
done, _ = record(NewSubmission(
    place=place, idem="test:known", body_hash=b"1" * 16, source=Source.HS_WEB,
    standing=Standing.VERIFIED, actor=ActorKind.VISITOR, evidence={"place": "Mağaza"},
    person={"name": "Nazlı Yeni"}, items=[NewConsent(
        sys.argv[1], Channel.EPOSTA, Status.ONAY, at, due_at=at + timedelta(days=3),
        text_id=text[1], text_hash=text[2])]),
    [NewAct(*shown["AYDINLATMA"], Act.SHOWN, at, Extent.LINKED, sys.argv[1])])
print(preference_url(place.provider_id, done.items[0].recipient_id, "tr"))
"""
# Later versions of that text, of the mail's consent text and of the notice: all ask or tell anew.
_ANEW = """
import json
from ileti.core import db
conn = db.connection()
for kind, renewal, body in (
        ("ACIK_RIZA", "ASK", "Alışveriş geçmişimin, bana ürün önermek ve iş ortaklarına aktarmak "
         "için işlenmesine rıza veriyorum."),
        ("ETK_ONAYI", "ASK", None), ("AYDINLATMA", "INFORM", None)):
    for old in conn.execute(
            "select distinct on (d.id, v.language) d.id, v.id, v.version, v.language, v.title, "
            "v.body, v.purposes, v.provider_id from document d join document_version v "
            "on v.document_id = d.id where d.kind = %s and v.language = 'tr' "
            "and (d.channel is null or d.channel = 3) order by d.id, v.language, v.version desc",
            (kind,)).fetchall():
        words = body or (old[5] + " Yeni cümle." if kind == "ETK_ONAYI" else old[5].replace(
            "\\n\\n", " Bu cümle yenidir.\\n\\n", 1))
        purposes = old[6] or [{"id": -old[0], "ground": "RIZA", "name": "Öneri hazırlanması"}]
        conn.execute(
            "insert into document_version (provider_id, document_id, version, language, title, "
            "body, content_hash, purposes, renewal) values (%s, %s, %s, 'tr', %s, %s, "
            "sha256(convert_to(%s, 'UTF8')), %s, %s)",
            (old[7], old[0], old[2] + 1, old[4], words, words,
             json.dumps(old[6] if kind != "ACIK_RIZA" else purposes), renewal))
"""


def inside(house: Running, script: str, *words: str) -> str:
    """What a few lines say that run against the house's own database."""
    env = {**os.environ, "ILETI_ENV": "development", "ILETI_VAR": str(house.var),
           "DATABASE_URL": f"postgresql://postgres:@/ileti?host={house.var}/postgres",
           "REDIS_URL": f"unix://{house.var}/valkey/valkey.sock"}
    done = subprocess.run([sys.executable, "-c", script, *words], cwd=ROOT, env=env, text=True,
                          capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def house() -> Iterator[Running]:
    """All of İleti, running."""
    with tempfile.TemporaryDirectory(prefix="ileti-prefs-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        running = start(Path(folder))
        yield running
        assert running.stop() == 0


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page in a context of its own."""
    context = chromium.new_context(locale="tr-TR", viewport={"width": 1280, "height": 900},
                                   accept_downloads=True)
    tab = context.new_page()
    tab.set_default_timeout(15_000)
    yield tab
    context.close()


def link_in_the_mail(page: Page, house: Running) -> str:
    """The link to all choices, as the newest confirmation by mail has it."""
    def read() -> str:
        page.goto(f"{house.base}/demo/telefon")
        found = re.findall(r"https?://\S+/t/l/[\w-]+", page.locator(".mailbox").inner_text())
        if found:
            return str(found[0])
        for shown in page.locator(".mailbox iframe, .mailbox a").all():
            url = shown.get_attribute("src") or shown.get_attribute("href") or ""
            html = page.request.get(f"{house.base}{url}").text() if url.startswith("/") else ""
            found = re.findall(r'href="([^"]+/t/l/[\w-]+)"', html)
            if found:
                return str(found[0])
        return ""
    return str(until(read))


def violations(page: Page) -> list[str]:
    """What axe finds on a page as it is."""
    load_axe(page)
    found: list[str] = page.evaluate(_RUN, ["", None, []])
    return found


def test_from_the_mail_to_the_registry(page: Page, chromium: Browser, house: Running) -> None:
    take_consent(page, chromium, house)
    until(lambda: registry(house, MAIL))
    inside(house, _GIVE, MAIL)
    link = link_in_the_mail(page, house)
    assert link
    page.goto(link)
    expect(page.get_by_role("button", name="Almayı bırak")).to_have_count(0)
    assert violations(page) == []
    page.get_by_role("button", name="Tercihlerimi aç").click()
    until(lambda: page.reload() and "Alıyorsunuz" in page.locator("main").inner_text())
    assert violations(page) == []
    page.get_by_role("button", name="Almayı bırak (E-posta)").click()
    expect(page.get_by_role("status")).to_contain_text("E-posta almayı bıraktınız.")
    page.get_by_role("button", name="Rızayı geri al (Öneri hazırlanması)").click()
    expect(page.get_by_role("status")).to_contain_text("Rızanızı geri aldınız.")
    page.get_by_role("link", name=re.compile("^Makbuz")).nth(1).click()
    expect(page.get_by_role("heading", name="Onayınızı geri aldınız")).to_be_visible()
    assert violations(page) == []
    with page.expect_download() as taken:
        page.get_by_role("link", name="İleti’nin kendi biçimiyle indir").click()
    receipt = json.loads(Path(taken.value.path()).read_text())
    assert [(line["channel"], line["status"]) for line in receipt["items"]] == [("EPOSTA", "RET")]
    assert inside(house, _GATE, MAIL) == "refused [4]"
    assert until(lambda: [c["status"] for c in registry(house, MAIL)] == ["RET"])


def test_every_page_passes_axe_in_both_widths_and_languages(page: Page, house: Running) -> None:
    page.goto(link_in_the_mail(page, house))
    page.get_by_role("button", name="Tercihlerimi aç").click()
    home = page.url.partition("?")[0]
    for tail in ("", "/stop", "/history", "/data", "/add"):
        for lang in ("", "?lang=en"):
            page.goto(f"{home}{tail}{lang}")
            for width in (390, 1280):
                page.set_viewport_size({"width": width, "height": 900})
                assert violations(page) == [], (tail, lang, width)
                wide = page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, (tail, lang, width)


def test_a_new_version_asks_anew_and_the_answer_has_its_receipt(page: Page, house: Running
                                                                ) -> None:
    address = "nazli.yeni@example.com"
    link = inside(house, _KNOWN, address)
    inside(house, _GIVE.replace("test:preferences", "test:anew"), address)
    inside(house, _ANEW)
    page.goto(house.base + link[link.index("/t/l/"):])
    page.get_by_role("button", name="Tercihlerimi aç").click()
    home = page.url.partition("?")[0]
    for lang in ("", "?lang=en"):
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(f"{home}{lang}")
            expect(page.locator("#anew")).to_be_visible()
            assert violations(page) == [], (lang, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto(home)
    expect(page.get_by_role("button", name=re.compile("^Yeni metinle almak istiyorum"))
           ).to_be_visible()
    page.get_by_role("button", name=re.compile("^Okudum, anladım")).first.click()
    expect(page.get_by_role("status")).to_contain_text("Okuduğunuz kaydedildi.")
    page.get_by_role("button", name=re.compile("^Yeni metne rıza veriyorum")).click()
    expect(page.get_by_role("status")).to_contain_text("Rızanız kaydedildi.")
    page.get_by_role("link", name=re.compile("^Makbuz")).first.click()
    expect(page.get_by_role("heading", name="Açık rıza verdiniz")).to_be_visible()
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    with page.expect_download() as taken:
        page.get_by_role("link", name="Dosya olarak indir (ISO/IEC TS 27560)").click()
    receipt = json.loads(Path(taken.value.path()).read_text())
    assert receipt["consent_records"][0]["event_history"][-1]["event_state"] == "dpv:ConsentGiven"


def test_the_same_without_javascript(chromium: Browser, house: Running, page: Page) -> None:
    link = link_in_the_mail(page, house)
    context = chromium.new_context(java_script_enabled=False, locale="tr-TR")
    plain = context.new_page()
    plain.goto(link)
    plain.get_by_role("button", name="Tercihlerimi aç").click()
    plain.get_by_role("button", name="Almak istiyorum (E-posta)").click()
    expect(plain.get_by_role("status")).to_contain_text("E-posta onayınız kaydedildi.")
    plain.get_by_role("link", name="Hepsini durdur").click()
    plain.get_by_role("button", name="Hepsini durdur").click()
    expect(plain.get_by_role("status")).to_contain_text("Hepsini durdurdunuz.")
    context.close()


def test_inside_the_shops_page_by_a_code(chromium: Browser, house: Running, page: Page) -> None:
    other = chromium.new_context().new_page()
    before = codes(other, house)
    page.goto(f"{house.base}/demo/tercihler")
    assert violations(page) == []
    page.get_by_label("Cep telefonunuz ya da e-posta adresiniz").fill(MAIL)
    sent = page.get_by_role("heading", name="Kodu yazın")

    def ask() -> bool:  # half a minute after the code of the shop's form, not sooner
        page.get_by_role("button", name="Kod gönder").click()
        page.wait_for_timeout(1_500)
        return sent.is_visible()

    assert until(ask)
    assert violations(page) == []
    found: Any = until(lambda: newer(other, house, before, "mail"))
    other.context.close()
    page.get_by_label("Kod", exact=True).fill("12")
    page.get_by_role("button", name="Tercihlerimi aç").click()
    expect(page.get_by_role("alert")).to_contain_text("Kod uymadı.")
    page.get_by_label("Kod", exact=True).fill(found["mail"])
    page.get_by_role("button", name="Tercihlerimi aç").click()
    row = page.locator("ileti-preferences .pref", has=page.get_by_role("heading", name="E-posta"))
    expect(row.first.get_by_role("link", name="aydınlatma metninde")).to_be_visible()
    row.first.get_by_text(re.compile("adına kaydedilir")).click()
    row.first.get_by_label("Başka bir ad").fill("Nazlı Yeni")
    row.first.get_by_role("button", name="Almak istiyorum").click()
    expect(page.locator("ileti-preferences .said")).to_contain_text("E-posta onayınız kaydedildi.")
    inside(house, _ANEW)
    row.nth(1).get_by_role("button", name="Almak istiyorum").click()  # the sister brand's
    expect(row.first).to_contain_text("Onay metni değişti")
    expect(row.first.locator("ins")).to_contain_text("Yeni cümle")
    assert violations(page) == []
    row.first.get_by_role("button", name="Yeni metinle almak istiyorum").click()
    expect(page.locator("ileti-preferences .said")).to_contain_text("E-posta onayınız kaydedildi.")
    expect(row.first).not_to_contain_text("Onay metni değişti")
    row.first.get_by_role("button", name="Almayı bırak").click()
    expect(page.locator("ileti-preferences .said")).to_contain_text("E-posta almayı bıraktınız.")
    assert violations(page) == []
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(page) == []
    assert page.context.cookies() == []
    page.evaluate("document.querySelector('ileti-preferences').shadowRoot"
                  ".querySelector('.do button').click()")
    expect(page.locator("ileti-preferences .said")).to_contain_text("E-posta almayı bıraktınız.")
