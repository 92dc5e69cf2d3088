"""The pages of texts by axe: list, text, editor, review, version, moment, inventory, who has seen
it. ``ILETI_SHOTS`` names a folder for pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from ileti.core import db
from ileti.documents.publish import publish, publish_standard_texts
from tests.browser.axe import THEMES, WIDTHS, browsing, faults, serving, wait_until_checked
from tests.documents.golden_texts import WHOLE
from tests.panel.people import sign_in, take, token_of, user_with

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("ILETI_SHOTS")
BAD = WHOLE.replace("kargo şirketine aktarırız", "kargo şirketine ve iş ortaklarımıza aktarırız") \
    .replace("üyelik formuyla", "KVKK’nın 5. ve 6. maddelerine uygun olarak üyelik formuyla") \
    .replace("KVKK’nın 11. maddesindeki haklarınız için", "Sorularınız için") \
    + "\n\nOkudum ve kabul ediyorum."


@pytest.fixture(scope="module")
def house(app: Any) -> Iterator[dict[str, Any]]:
    """A brand with its texts, one of them changed once and one being written."""
    from tests.conftest import _new_place

    conn = db.connection()
    place = _new_place(conn)
    conn.execute("update provider set mersis = '0291045678900017', address = 'Bornova/İzmir', "
                 "kep = 'defneev@hs01.kep.tr', application = 'kvkk@defneev.ornek.test' "
                 "where id = %s", (place.provider_id,))
    made = publish_standard_texts(place.provider_id, place.brand_id)
    notice = made["AYDINLATMA"]
    changed = publish(notice, "tr", "Üyelik aydınlatma metni", WHOLE)
    client = sign_in(app, user_with(app, "provider_admin", place))
    client.post("/amaclar/add", data={
        "csrf_token": token_of(client), "provider": str(place.provider_id), "name":
        "Siparişin ulaştırılması", "ground": "5/2-c", "data": ["kimlik", "iletisim"],
        "subjects": ["musteri"], "recipients": "Hızlı Kargo A.Ş.", "period": "10 yıl"})
    purpose = conn.execute("select id from purpose where provider_id = %s",
                           (place.provider_id,)).fetchone()[0]
    client.post(f"/metinler/{notice}/amaclar",
                data={"csrf_token": token_of(client), "purpose": str(purpose)})
    client.post(f"/metinler/{notice}/taslak/tr", data={
        "csrf_token": token_of(client), "title": "Üyelik aydınlatma metni", "body": BAD,
        "revision": "0", "wish": "save"})
    good = made["MESAJ"]
    client.post(f"/metinler/{good}/taslak/tr", data={
        "csrf_token": token_of(client), "title": "Ticari elektronik ileti", "revision": "0",
        "wish": "review", "body": "{unvan} tarafından gönderilecek kampanyaları,\n\n"
        "**kısa mesajla** almayı kabul ediyorum. Dilediğim an vazgeçebilirim."})
    take(place, "+905996000071")
    with serving(app) as base:
        yield {"base": base, "client": client, "notice": notice, "good": good,
               "version": changed.id, "purpose": purpose, "brand": place.brand_id}


PAGES = (
    ("list", "/metinler/list/"), ("show", "/metinler/show/{notice}"),
    ("editor", "/metinler/{notice}/taslak/tr"), ("empty", "/metinler/{notice}/taslak/en"),
    ("review", "/metinler/{good}/taslak/tr/inceleme"),
    ("review-bad", "/metinler/{notice}/taslak/tr/inceleme"),
    ("version", "/metinler/surum/{version}"), ("moment", "/metinler/o-an/?marka={brand}"),
    ("seen", "/metinler/gorenler/{version}"), ("purposes", "/amaclar/list/"),
    ("purpose", "/amaclar/show/{purpose}"), ("purpose-add", "/amaclar/add"),
    ("preview", "/metinler/{good}/onizleme/tr"),
    ("preview-notice", "/metinler/{notice}/onizleme/tr"),
    ("provider", "/saglayicilar/add"),
)


@pytest.mark.parametrize("language", ["tr", "en"])
def test_axe_finds_nothing_and_nothing_runs_over(
    chromium: Any, house: dict[str, Any], language: str
) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        for name, path in PAGES:
            mark = "&" if "?" in path else "?"
            page.goto(f"{path.format(**house)}{mark}_l_={language}")
            wait_until_checked(page)
            assert (path, faults(page)) == (path, [])
            shoot(page, f"{name}-{language}")


def shoot(page: Any, name: str) -> None:
    """Pictures for a person, when somebody asked for them."""
    for width in WIDTHS if SHOTS else ():
        page.set_viewport_size({"width": width, "height": 900})
        for theme in THEMES:
            page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
            page.screenshot(full_page=True, path=f"{SHOTS}/{name}-{width}-{theme}.png")


def test_remarks_come_while_one_writes_and_a_proposal_is_applied(
    chromium: Any, house: dict[str, Any]
) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        page.goto(f"/metinler/{house['notice']}/taslak/tr")
        page.wait_for_selector(".paper-marks mark.m-error")
        page.fill("#metin", "😀 " + WHOLE + "\n\nOkudum, onaylıyorum.")
        page.wait_for_selector(".remark-n.error")
        page.wait_for_selector(".paper-marks mark:text-is('Okudum, onaylıyorum.')",
                               state="attached")
        assert page.locator(".paper-marks mark").count() == 1
        page.click("[data-apply]")
        page.wait_for_selector(".remark-n.error", state="detached")
        assert page.input_value("#metin").endswith("\n\nOkudum, anladım.")
        assert page.input_value("#metin").startswith("😀 ")


def test_the_editor_works_without_script(chromium: Any, house: dict[str, Any]) -> None:
    from ileti.web.sessions import COOKIE

    context = chromium.new_context(base_url=house["base"], java_script_enabled=False)
    context.add_cookies([{"name": COOKIE, "value": house["client"].get_cookie(COOKIE).value,
                          "url": house["base"]}])
    page = context.new_page()
    try:
        page.goto(f"/metinler/{house['notice']}/taslak/tr")
        assert page.locator("mark.m-error").count() >= 2
        page.locator("button:has-text('Öneriyi uygula')").last.click()
        assert page.locator("#metin").input_value() != BAD
        page.click("button:has-text('Taslağı kaydet')")
        assert "Taslak kaydedildi" in page.content()
    finally:
        context.close()


def test_the_preview_shows_what_is_typed_in_its_frame(
    chromium: Any, house: dict[str, Any]
) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        page.goto(f"/metinler/{house['good']}/taslak/tr")
        page.fill("#metin", "{unvan} tarafından gönderilecek yepyeni haberleri,\n\n"
                            "**kısa mesajla** almayı kabul ediyorum.")
        page.click("button:has-text('Önizle')")
        frame = page.frame(name="onizleme")
        frame.wait_for_selector("text=yepyeni haberleri")
        assert "Defne Ev Tekstili" in frame.content()
        assert frame.locator("input[type=checkbox]:checked").count() == 0
