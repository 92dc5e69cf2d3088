"""The widget alone on a page: every step, both languages, strict CSP, keyboard, axe."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import in_both_themes

from .conftest import axe
from .mock_server import CODE, ROOT, Answer, MockServer, problem
from .pages import plain, strict_csp

pytestmark = pytest.mark.browser


def tick(page: Page, words: str) -> None:
    page.get_by_role("checkbox", name=words).check()


def fill_person(page: Page) -> None:
    page.get_by_label("Cep telefonu").fill("0599 213 41 17")
    page.get_by_label("E-posta", exact=True).fill("nazli.k@ornek.com.tr")
    page.get_by_label("Ad soyad").fill("Nazlı Kırşehirli")


def give_two_consents(page: Page) -> None:
    tick(page, "kısa mesajla")
    tick(page, "e-postayla")
    fill_person(page)
    page.get_by_role("button", name="Seçimimi kaydet").click()


def enter_codes(page: Page, code: str = CODE) -> None:
    page.get_by_label("Telefonunuza gelen kod").fill(code)
    page.get_by_label("E-postanıza gelen kod").fill(code)
    page.get_by_role("button", name="Doğrula", exact=True).click()


def test_a_person_gives_two_consents_confirms_both_addresses_and_reads_the_receipt(
    page: Page, server: MockServer
) -> None:
    page.goto(plain(server))
    give_two_consents(page)
    enter_codes(page)
    expect(page.get_by_role("heading", name="Seçiminiz kaydedildi")).to_be_visible()
    rows = page.locator("dl > div").all_inner_texts()
    assert [" ".join(row.split()) for row in rows] == [
        "Kısa mesaj Onay İYS’e iletiliyor",
        "Arama İzin vermediniz",
        "E-posta Onay İYS’e iletiliyor",
        "Aydınlatma metni İşaretlemediniz",
        "Makbuz no IZN-0048-2917",
        "Tarih 23.11.2026 13:58",
    ]


def test_the_post_says_what_was_ticked_when_and_nothing_that_no_box_needs(
    page: Page, server: MockServer
) -> None:
    server.policy = "later"
    page.goto(plain(server))
    tick(page, "kısa mesajla")
    fill_person(page)
    page.get_by_role("button", name="Seçimimi kaydet").click()
    expect(page.get_by_role("heading", name="Seçiminiz alındı")).to_be_visible()
    (body,) = server.posts("submissions")
    assert [(c["channel"], c["status"]) for c in body["choices"]] == [("MESAJ", "ONAY")]
    assert body["shownAt"] <= body["choices"][0]["at"]
    assert body["notice"] == {"at": None, "extent": "linked"}
    assert body["privacy"] == []
    assert body["website"] == ""
    assert "email" not in body
    assert re.fullmatch(r"[0-9-]{8,64}", body["key"])


def test_the_signed_policy_vouches_and_needs_no_code(page: Page, server: MockServer) -> None:
    server.policy = "signed"
    page.goto(plain(server, 'data-vouch="v1.1700000000.abc"'))
    give_two_consents(page)
    expect(page.get_by_role("heading", name="Seçiminiz kaydedildi")).to_be_visible()
    assert server.posts("submissions")[0]["vouch"] == "v1.1700000000.abc"


def test_r13_nothing_ticked_ends_well_and_nothing_is_sent(page: Page, server: MockServer) -> None:
    page.goto(plain(server))
    page.get_by_role("button", name="Seçimimi kaydet").click()
    expect(page.get_by_role("heading", name="Hiçbir izin vermediniz")).to_be_visible()
    assert page.get_by_text("İzin vermediniz", exact=True).count() == 3
    assert server.posts("submissions") == []
    assert page.locator("ileti-consent [required]").count() == 0


def test_r09_a_name_is_asked_only_when_a_box_is_ticked(page: Page, server: MockServer) -> None:
    page.goto(plain(server))
    name = page.get_by_label("Ad soyad")
    expect(page.get_by_label("Cep telefonu")).to_be_visible()
    expect(name).to_be_hidden()
    tick(page, "telefonla aranarak")
    expect(name).to_be_visible()
    page.get_by_role("checkbox", name="telefonla aranarak").uncheck()
    expect(name).to_be_hidden()


def test_missing_fields_are_named_beside_them_and_the_first_has_the_focus(
    page: Page, server: MockServer
) -> None:
    page.goto(plain(server))
    tick(page, "kısa mesajla")
    page.get_by_role("button", name="Seçimimi kaydet").click()
    phone = page.get_by_label("Cep telefonu")
    expect(phone).to_be_focused()
    expect(phone).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("Bu seçim için cep telefonunuzu yazın.")).to_be_visible()
    expect(page.get_by_text("Onay için adınızı ve soyadınızı yazın.")).to_be_visible()
    assert server.posts("submissions") == []
    assert axe(page) == []


def test_the_servers_sentence_stands_at_its_field(page: Page, server: MockServer) -> None:
    page.goto(plain(server))
    tick(page, "kısa mesajla")
    fill_person(page)
    phone = page.get_by_label("Cep telefonu")
    phone.fill("0599 213 41")
    page.get_by_role("button", name="Seçimimi kaydet").click()
    expect(phone).to_be_focused()
    expect(page.get_by_text("Numara eksik. 10 hane yazın")).to_be_visible()
    phone.fill("0599 213 41 17")
    page.get_by_role("button", name="Seçimimi kaydet").click()
    expect(page.get_by_role("heading", name="Numaranızı doğrulayın")).to_be_visible()


def test_r22_a_wrong_code_tells_the_tries_left_and_a_code_is_called_no_consent(
    page: Page, server: MockServer
) -> None:
    page.goto(plain(server))
    tick(page, "kısa mesajla")
    fill_person(page)
    page.get_by_role("button", name="Seçimimi kaydet").click()
    code = page.get_by_label("Kod", exact=True)
    expect(code).to_be_focused()
    assert code.get_attribute("autocomplete") == "one-time-code"
    assert code.get_attribute("inputmode") == "numeric"
    expect(page.get_by_text("Kodu yazmak, ileti almayı kabul etmek değildir.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^(5 dk 0|4 dk 5\d) sn geçerli$"))).to_be_visible()
    code.fill("000 000")
    code.press("Enter")
    expect(page.get_by_text("Kod uymadı. 2 deneme hakkınız kaldı.")).to_be_visible()
    assert server.posts("confirmations")[0]["codes"] == [{"to": "phone", "code": "000000"}]
    assert axe(page) == []


def test_a_half_typed_code_is_not_sent(page: Page, server: MockServer) -> None:
    page.goto(plain(server))
    give_two_consents(page)
    page.get_by_label("Telefonunuza gelen kod").fill("48 21")
    page.get_by_role("button", name="Doğrula", exact=True).click()
    expect(page.get_by_text("6 haneyi de yazın.")).to_have_count(1)
    assert server.posts("confirmations") == []


def test_a_new_code_can_be_asked_for_after_a_minute(page: Page, server: MockServer) -> None:
    page.clock.install()
    page.goto(plain(server))
    give_two_consents(page)
    again = page.get_by_role("button", name=re.compile("yeniden iste")).first
    expect(again).to_have_attribute("aria-disabled", "true")
    page.clock.run_for(61_000)
    page.get_by_role("button", name="Yeni kod iste").first.click()
    expect(page.get_by_role("button", name=re.compile("sonra yeniden iste")).first).to_be_visible()
    assert server.posts("codes") == [{"handle": "h_1", "to": "phone"}]


def test_a_refused_new_code_says_so_and_waits(page: Page, server: MockServer) -> None:
    text = "Bu numaraya kısa sürede çok kod istendi."
    server.next("codes", problem(429, retry_after=120, detail=text))
    page.clock.install()
    page.goto(plain(server))
    give_two_consents(page)
    expect(page.get_by_role("heading", name="Adreslerinizi doğrulayın")).to_be_visible()
    page.clock.run_for(61_000)
    page.get_by_role("button", name="Yeni kod iste").first.click()
    expect(page.get_by_text(text)).to_be_visible()
    expect(page.get_by_text(re.compile(r"^(2:00|1:59) sonra yeniden iste"))).to_be_visible()


def test_going_back_from_the_code_finds_all_as_it_was(page: Page, server: MockServer) -> None:
    page.goto(plain(server))
    give_two_consents(page)
    page.get_by_role("button", name="Geri dön ve düzelt").click()
    expect(page.get_by_label("Cep telefonu")).to_have_value("0599 213 41 17")
    expect(page.get_by_role("checkbox", name="kısa mesajla")).to_be_checked()
    page.get_by_label("Cep telefonu").fill("0599 213 41 18")
    page.get_by_role("button", name="Seçimimi kaydet").click()
    expect(page.get_by_role("heading", name="Adreslerinizi doğrulayın")).to_be_visible()
    first, second = server.posts("submissions")
    assert first["key"] != second["key"]


def test_finishing_without_a_code_is_told_as_unverified(page: Page, server: MockServer) -> None:
    page.goto(plain(server))
    give_two_consents(page)
    page.get_by_role("button", name="Şimdi doğrulamadan bitir").click()
    expect(page.get_by_role("heading", name="Seçiminiz alındı")).to_be_visible()
    expect(page.get_by_text("Adres doğrulanmayı bekliyor")).to_have_count(2)


def test_after_503_the_same_post_goes_again_by_itself_with_the_same_key(
    page: Page, server: MockServer
) -> None:
    server.next("submissions", problem(503, retry_after=2))
    page.goto(plain(server))
    give_two_consents(page)
    expect(page.get_by_text("Seçiminizi kaydedemedik")).to_be_visible()
    expect(page.get_by_text("Hiçbir izin kaydedilmedi; yazdıklarınız duruyor.")).to_be_visible()
    expect(page.get_by_role("checkbox", name="kısa mesajla")).to_be_checked()
    expect(page.get_by_label("Ad soyad")).to_have_value("Nazlı Kırşehirli")
    assert axe(page) == []
    expect(page.get_by_role("heading", name="Adreslerinizi doğrulayın")).to_be_visible()
    first, second = server.posts("submissions")
    assert first == second


def test_a_lost_answer_is_asked_again_and_recorded_once(page: Page, server: MockServer) -> None:
    def lose(body: dict[str, object]) -> Answer:
        server.submit(body)
        return Answer(0, None)

    server.next("submissions", lose)
    page.goto(plain(server))
    give_two_consents(page)
    expect(page.get_by_text("Yanıt gelmedi; yazdıklarınız duruyor.")).to_be_visible()
    page.get_by_role("button", name="Yeniden dene").click()
    expect(page.get_by_role("heading", name="Adreslerinizi doğrulayın")).to_be_visible()
    assert len(server.seen) == 1


def test_a_double_click_sends_once(page: Page, server: MockServer) -> None:
    page.goto(plain(server))
    tick(page, "kısa mesajla")
    fill_person(page)
    page.get_by_role("button", name="Seçimimi kaydet").dblclick()
    expect(page.get_by_role("heading", name="Numaranızı doğrulayın")).to_be_visible()
    assert len(server.posts("submissions")) == 1


def test_a_stale_token_is_renewed_unseen_when_the_text_is_the_same(
    page: Page, server: MockServer
) -> None:
    server.next("submissions", problem(410))
    page.goto(plain(server))
    give_two_consents(page)
    expect(page.get_by_role("heading", name="Adreslerinizi doğrulayın")).to_be_visible()
    first, second = server.posts("submissions")
    assert first["token"] != second["token"]
    assert first["choices"] == second["choices"]


def test_a_changed_text_is_shown_and_ticked_anew(page: Page, server: MockServer) -> None:
    server.next("submissions", problem(410))
    page.goto(plain(server))
    expect(page.get_by_role("checkbox", name="kısa mesajla")).to_be_visible()
    server.text_edition = 2
    give_two_consents(page)
    expect(page.get_by_text("Metin değişti.")).to_be_visible()
    expect(page.get_by_role("checkbox", name="kısa mesajla")).not_to_be_checked()
    expect(page.get_by_label("Cep telefonu")).to_have_value("0599 213 41 17")
    assert len(server.posts("submissions")) == 1


def test_a_form_that_does_not_come_says_so_and_can_be_tried_again(
    page: Page, server: MockServer
) -> None:
    server.next("form", problem(503, retry_after=1))
    page.goto(plain(server))
    expect(page.get_by_text("İzin bölümü açılamadı")).to_be_visible()
    page.get_by_role("button", name="Yeniden dene").click()
    expect(page.get_by_role("checkbox", name="kısa mesajla")).to_be_visible()


def test_the_notice_stands_apart_and_is_recorded_apart(page: Page, server: MockServer) -> None:
    server.policy = "later"
    page.goto(plain(server))
    tick(page, "Aydınlatma metnini okudum, anladım.")
    expect(page.get_by_role("group").get_by_role("checkbox")).to_have_count(3)
    tick(page, "kısa mesajla")
    fill_person(page)
    page.get_by_role("button", name="Seçimimi kaydet").click()
    expect(page.get_by_text("Okundu")).to_be_visible()
    (body,) = server.posts("submissions")
    assert body["notice"]["at"] <= body["choices"][0]["at"]


def test_everything_works_under_a_strict_csp_with_trusted_types(
    page: Page, server: MockServer
) -> None:
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.goto(plain(server, csp=strict_csp(server)))
    give_two_consents(page)
    enter_codes(page)
    expect(page.get_by_role("heading", name="Seçiminiz kaydedildi")).to_be_visible()
    button = page.get_by_role("button", name="Makbuzu indir")
    assert button.evaluate("node => getComputedStyle(node).minHeight") == "48px"
    with page.expect_download() as download:
        button.click()
    assert download.value.suggested_filename == "IZN-0048-2917.json"
    assert [line for line in complaints if "favicon" not in line] == []


def test_the_keyboard_alone_reaches_the_receipt(page: Page, server: MockServer) -> None:
    page.goto(plain(server))
    expect(page.get_by_role("checkbox", name="kısa mesajla")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.type("0599 213 41 17")
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.type("Nazlı Kırşehirli")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Kod", exact=True)).to_be_focused()
    page.keyboard.type(CODE)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Seçiminiz kaydedildi")).to_be_focused()
    assert len(server.posts("submissions")) == 1


@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_at_any_step(page: Page, server: MockServer, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    style = ":root{color-scheme:light dark;background:Canvas;color:CanvasText}"
    page.goto(plain(server, head=f"<style>{style}</style>"))
    tick(page, "kısa mesajla")
    assert in_both_themes(page) == []
    give_two_consents(page)
    expect(page.get_by_role("heading", name="Adreslerinizi doğrulayın")).to_be_visible()
    assert in_both_themes(page) == []
    enter_codes(page)
    expect(page.get_by_role("heading", name="Seçiminiz kaydedildi")).to_be_visible()
    assert in_both_themes(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_text_is_never_below_16_px_and_targets_are_44(page: Page, server: MockServer) -> None:
    page.goto(plain(server, head="<style>html{font-size:10px}body{font-size:12px}</style>"))
    give_two_consents(page)
    expect(page.get_by_role("heading", name="Adreslerinizi doğrulayın")).to_be_visible()
    sizes = page.evaluate(
        """() => [...document.querySelector('ileti-consent').shadowRoot.querySelectorAll('*')]
             .filter(n => n.textContent.trim() && n.checkVisibility() && !n.matches('.unseen'))
             .map(n => parseFloat(getComputedStyle(n).fontSize))"""
    )
    assert min(sizes) >= 16
    heights = [box.bounding_box() for box in page.locator("ileti-consent button").all()]
    assert min(box["height"] for box in heights if box) >= 44


def test_english_speaks_english_and_an_unknown_language_turkish(
    page: Page, server: MockServer
) -> None:
    page.goto(plain(server, 'data-lang="en"'))
    expect(page.get_by_role("checkbox", name="by text message")).to_be_visible()
    expect(page.get_by_label("Mobile phone")).to_be_visible()
    assert "/form?lang=en" in server.asked[-1]
    page.goto(plain(server, 'data-lang="de"'))
    expect(page.get_by_role("checkbox", name="kısa mesajla")).to_be_visible()


def test_the_page_hears_events_without_any_address_in_them(page: Page, server: MockServer) -> None:
    page.add_init_script(
        """window.heard = [];
        for (const name of ['ready', 'submitted', 'confirmed', 'error'])
          addEventListener('ileti:' + name, e => heard.push([name, e.detail]));"""
    )
    server.next("submissions", problem(503, retry_after=1))
    page.goto(plain(server))
    give_two_consents(page)
    expect(page.get_by_role("heading", name="Adreslerinizi doğrulayın")).to_be_visible()
    enter_codes(page)
    expect(page.get_by_role("heading", name="Seçiminiz kaydedildi")).to_be_visible()
    heard = page.evaluate("heard")
    assert [name for name, _ in heard] == ["ready", "error", "submitted", "confirmed"]
    assert heard[2][1]["receipt"] == "IZN-0048-2917"
    assert "213" not in str(heard)
    assert "ornek" not in str(heard)


def test_no_cookie_no_storage_no_other_host(page: Page, server: MockServer) -> None:
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.goto(plain(server))
    give_two_consents(page)
    enter_codes(page)
    expect(page.get_by_role("heading", name="Seçiminiz kaydedildi")).to_be_visible()
    assert hosts == {f"localhost:{server.port}", f"127.0.0.1:{server.port}"}
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_the_integrity_in_the_manifest_is_that_of_the_bundle(
    page: Page, server: MockServer
) -> None:
    manifest = json.loads((ROOT / "static/widgets/manifest.json").read_text(encoding="utf-8"))
    told = {one["file"]: one for one in manifest["files"]}
    assert all(one["gzip"] <= 10_000 for one in told.values())
    integrity = told["ileti.js"]["integrity"]
    page.goto(plain(server, f'integrity="{integrity}" crossorigin="anonymous"'))
    expect(page.get_by_role("checkbox", name="kısa mesajla")).to_be_visible()


def test_the_esm_bundle_defines_the_element_and_knows_its_server(
    page: Page, server: MockServer
) -> None:
    source = f"{server.api_origin}/static/widgets/ileti.esm.js"
    html = (
        f'<!doctype html><html lang="tr"><title>esm</title><script type="module">'
        f'import {{ define }} from "{source}"; define(); define();</script>'
        '<main><h1>Üye olun</h1><ileti-consent data-site="pk_demo"></ileti-consent></main>'
    )
    page.goto(server.page("/esm", html))
    expect(page.get_by_role("checkbox", name="kısa mesajla")).to_be_visible()
    assert server.asked[-1].startswith("/w/v1/pk_demo/form")
