"""A kiosk without network: three people choose, the page is closed and opened, and all three arrive
once, with their true times, when the network is back."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ileti.capture import dealercodes, paper, sites
from ileti.core import clock, db
from ileti.documents.publish import publish_standard_texts
from tests.browser.axe import browsing, faults, serving
from tests.capture.conftest import new_phone
from tests.capture.kiosk_device import Device
from tests.panel.people import dealer_of, sign_in, user_with

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("ILETI_PICTURES", "")  # a folder: keep what was seen
_KEPT = """path => new Promise(done => {
  const asked = indexedDB.open(`ileti-kiosk:${path}`);
  asked.onsuccess = () => {
    const all = asked.result.transaction("items").objectStore("items").getAll();
    all.onsuccess = () => { asked.result.close(); done(JSON.stringify(all.result)); };
  };
})"""


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's, which would share one context among all requests."""


@pytest.fixture
def base(app: Any) -> Iterator[str]:
    with serving(app) as address:
        yield address


@pytest.fixture
def path(place: Any) -> str:
    publish_standard_texts(place.provider_id, place.brand_id)
    row = db.connection().execute(
        "insert into site (provider_id, brand_id, dealer_id, name, kind, public_key) "
        "values (%s, %s, %s, 'Bornova Akasya · kiosk', 'kiosk', gen_random_uuid()) returning id",
        (place.provider_id, place.brand_id, dealer_of(place))).fetchone()
    sites.forget_sites()
    return dealercodes.path_of(row[0])


def look(page: Any, name: str) -> None:
    if PICTURES:
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}.png"), full_page=True)


def choose(page: Any, phone: str, box: int = 0) -> None:
    """Go through the form without network; the screen says that the choice was received."""
    page.locator("a[data-start]").click()
    page.locator("#phone").fill(phone)
    page.locator("fieldset.consents input").nth(box).check()
    page.locator("#name").fill("Nazlı Kırşehirli")
    page.locator("form .button").click()
    page.get_by_text("Alındı no").wait_for()


def finish(page: Any) -> None:
    page.locator("main a.button[data-end]").click()
    page.locator("main a[data-start]").wait_for()


def until(true: Callable[[], bool]) -> None:
    """Wait for what nobody on the page tells of."""
    last = time.monotonic() + 15
    while not true():
        assert time.monotonic() < last
        time.sleep(0.05)


def entries(place: Any) -> list[Any]:
    return db.connection().execute(
        "select e.channel, e.standing, e.source, e.consent_date, e.captured_at "
        "from consent_entry e where e.provider_id = %s order by e.consent_date, e.id",
        (place.provider_id,)).fetchall()


def test_three_choices_without_network_arrive_once_with_their_true_times(
    app: Any, base: str, chromium: Any, place: Any, path: str
) -> None:
    context = chromium.new_context(base_url=base, locale="tr-TR")
    try:
        page = context.new_page()
        page.goto(path)
        page.evaluate("navigator.serviceWorker.ready.then(one => one.active.state)")
        until(lambda: page.evaluate("caches.keys()") != [])
        page.wait_for_timeout(300)  # the pack is kept
        before = clock.now()
        context.set_offline(True)
        page.reload()
        page.get_by_text("Ağ yok: Bekleyen yok").wait_for()
        look(page, "kiosk-agsiz-basla")
        page.locator("a[data-start]").click()
        page.locator("fieldset.consents").wait_for()
        assert page.locator("input:checked").count() == 0
        page.locator("fieldset.consents input").first.check()
        page.locator("form .button").click()  # neither number nor name
        page.locator("#errors a").nth(1).wait_for()
        assert faults(page) == []
        look(page, "kiosk-agsiz-hata")
        page.locator(".apart a").click()  # the notice opens from what was taken along
        page.locator("dialog[open] .stay button").click()
        page.locator("form [data-end]").click()
        phones = [new_phone() for _ in range(3)]
        choose(page, phones[0])
        look(page, "kiosk-agsiz-alindi")
        finish(page)
        time.sleep(1.1)  # a consent's date has whole seconds, and items are sent in no order
        choose(page, phones[1], box=1)
        finish(page)
        page.close()

        page = context.new_page()
        page.goto(path)
        page.get_by_text("2 seçim gönderilmeyi bekliyor").wait_for()
        time.sleep(1.1)
        choose(page, phones[2])
        finish(page)
        kept = page.evaluate(_KEPT, path)
        assert len(json.loads(kept)) == 3
        assert not any(said in kept for said in (*phones, "Nazl"))
        assert entries(place) == []
        time.sleep(2)

        back = clock.now()
        context.set_offline(False)
        until(lambda: page.evaluate(_KEPT, path) == "[]")
        found = entries(place)
        assert [row[:3] for row in found] == [(2, 0, 5), (1, 0, 5), (2, 0, 5)]
        for row in found:
            assert before.replace(microsecond=0) <= row[3] <= back
            assert row[4] >= back  # recorded later than it was given
        until(lambda: served_again(page, path))
    finally:
        context.close()


def served_again(page: Any, path: str) -> bool:
    """With network the form comes from the server; a server that is slow is not waited for, so one
    try may still be the device's own form."""
    page.goto(path)
    page.locator("a[data-start]").click()
    page.locator("fieldset.consents").wait_for()
    return bool(page.locator("input[name=token]").count())


def test_a_device_that_cannot_keep_anything_takes_nothing(
    app: Any, base: str, chromium: Any, place: Any, path: str
) -> None:
    context = chromium.new_context(base_url=base, locale="tr-TR")
    try:
        page = context.new_page()
        page.goto(path)
        page.evaluate("navigator.serviceWorker.ready")
        until(lambda: page.evaluate("caches.keys()") != [])
        page.add_init_script("indexedDB.open = () => { throw new DOMException('full') }")
        context.set_offline(True)
        page.reload()
        page.locator("a[data-start]").click()
        page.get_by_text("Bu tarayıcı seçimleri ağ olmadan güvenle saklayamaz").wait_for()
        assert page.locator("main input").count() == 0
        look(page, "kiosk-agsiz-olmaz")
    finally:
        context.close()


def test_a_page_that_ended_while_it_was_open_takes_nothing_any_more(
    app: Any, base: str, chromium: Any, place: Any, path: str
) -> None:
    context = chromium.new_context(base_url=base, locale="tr-TR")
    try:
        page = context.new_page()
        with page.expect_response("**/pack.json"):
            page.goto(path)
        page.wait_for_timeout(300)  # the pack is kept
        db.connection().execute("update site set active = false, ended_at = now() "
                                "where provider_id = %s", (place.provider_id,))
        sites.forget_sites()
        with page.expect_response(lambda one: one.url.endswith("pack.json")) as answer:
            page.evaluate("dispatchEvent(new Event('online'))")
        assert answer.value.status == 404
        page.wait_for_timeout(300)
        context.set_offline(True)
        page.locator("a[data-start]").click()
        page.get_by_text("Bu cihaz ağsız çalışmaya hazır değil").wait_for()
        assert page.locator("main input").count() == 0
    finally:
        context.close()


def test_the_desk_for_what_came_late_on_paper_or_from_an_event(
    app: Any, base: str, chromium: Any, place: Any, path: str
) -> None:
    device = Device(app.test_client(), path).load()
    device.deliver(device.item(device.said("MESAJ", ago=90_000)))
    batch = paper.print_batch(db.connection(), place, dealer_id=None, language="tr", copies=2,
                              spot="Ege Ev Fuarı", by=1)
    client = sign_in(app, user_with(app, "provider_admin", place))
    with browsing(chromium, base, client) as page:
        for name, address in (("kagit", "/kagit-formlar/"), ("etkinlik", "/etkinlikler/"),
                              ("gec", "/gec-gelenler/"), ("siradaki", "/kagit-formlar/giris")):
            page.goto(address)
            assert (name, faults(page)) == (name, [])
            look(page, f"masa-{name}")
        page.keyboard.type(batch.number(1))  # the field has the focus, as a scanner needs it
        page.keyboard.press("Enter")
        page.locator("#dosya").wait_for()
        assert faults(page) == []
        page.keyboard.type("Nazlı Kırşehirli")
        page.keyboard.press("Tab")
        page.keyboard.type(new_phone())
        page.locator("input[name=cevap-MESAJ][value=evet]").check()
        page.locator("#dosya").set_input_files(files=[{
            "name": "form.png", "mimeType": "image/png",
            "buffer": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(40)}])
        page.locator("form .primary").last.click()
        page.wait_for_url("**/giris")
        assert page.evaluate("document.activeElement.id") == "no"  # ready for the next
    assert [row[:3] for row in entries(place)] == [(2, 1, 2)]
