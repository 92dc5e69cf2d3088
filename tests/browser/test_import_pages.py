"""A workbook of 20 000 rows goes through the panel in Chromium, every page judged by axe."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from ileti.consents.vocabulary import Status
from ileti.core import clock, db
from ileti.imports import apply as applying
from ileti.imports import staging, undo
from tests.browser.axe import browsing, faults, serving
from tests.evidence.samples import pdf
from tests.imports.test_undo import take
from tests.panel.people import dealer_of, sign_in, user_with

pytestmark = pytest.mark.browser
ROWS = 20_000
BY_MAIL = len(range(0, ROWS, 50))
#: the fifth row's, whose consent is younger
REFUSED = "+905990000005"


@pytest.fixture(scope="module")
def house(app: Any) -> Iterator[dict[str, Any]]:
    """A provider with a dealer, served; its admin's session."""
    from tests.conftest import _new_place

    place = _new_place(db.connection())
    dealer_of(place)
    take(place, Status.RET, address=REFUSED, hours=90)
    client = sign_in(app, user_with(app, "provider_admin", place))
    with serving(app) as base:
        yield {"base": base, "client": client, "provider": place.provider_id}


@pytest.fixture(scope="module")
def customer_list(tmp_path_factory: Any) -> Path:
    """A workbook with every kind of fault people bring."""
    path: Path = tmp_path_factory.mktemp("liste") / "müşteri listesi.xlsx"
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet("Müşteriler")
    for n, line in enumerate(["Müşteri;Ad Soyad;Cep Tel;E-posta;SMS İzni;Tarih;Kaynak;"
                              "E-posta Onay/Ret;Müşteri Tipi;Vergi No;Bayi",
                              *(_row(n) for n in range(ROWS))]):
        sheet.write_row(n, 0, line.split(";"))
    book.close()
    return path


def _row(n: int) -> str:
    digits = f"{n:07d}"
    phone = (f"0 (599) {digits[:3]} {digits[3:5]} {digits[5:]}", f"+90599{digits}",
             f"599-{digits[:3]}-{digits[3:5]}-{digits[5:]}")[n % 3]
    moment = clock.to_istanbul(clock.now() - timedelta(hours=n % 20 + 1))
    date = moment.strftime(("%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M:%S", "%d.%m.%y %H:%M")[n % 3])
    choice, source = ("Evet", "1", "Hayır", "ONAY")[n % 4], ("web", "mağaza", "HS_MOBIL")[n % 3]
    if n % 97 == 0:
        phone = "0599 41"
    elif n % 211 == 0:
        phone = "+905990000001"
    elif n % 301 == 0:
        date = "31.02.2026"
    elif n % 401 == 0:
        choice = "belki"
    elif n % 503 == 0:
        date = "03.11.2019 10:00"
    elif n % 113 == 0:
        source = "ıslak imza"
    name, mail, by_mail, kind, dealer = "Ada Yıldız", f"Kisi{n}@Ornek.com.tr", "", "", ""
    if n % 50 == 0:
        by_mail = "Evet"
        mail = f"kisi{n}@@ornek" if n % 250 == 0 else mail
    elif n % 601 == 0:
        kind = "tacir"
    elif n % 701 == 0:
        dealer = "Olmayan Bayi"
    elif n % 809 == 0:
        source = "faks"
    elif n % 907 == 0:
        kind = "dernek"
    elif n % 1_009 == 0:
        name = "=HYPERLINK(1)"
    return f"{n};{name};{phone};{mail};{choice};{date};{source};{by_mail};{kind};;{dealer}"


def test_a_list_of_twenty_thousand_rows_goes_through_all_steps(
        chromium: Any, house: dict[str, Any], customer_list: Path) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        _upload(page, customer_list)
        _map(page)
        _state_origin(page)
        _read_the_dry_run(page)
        _correct(page)
        _report(page)
        _apply(page)
        assert _in_force(house) > 19_000
        _undo(page)
        assert _in_force(house) == 1  # what stood before


def _in_force(house: dict[str, Any]) -> int:
    found = db.connection().execute(
        "select count(*) from consent_state where provider_id = %s and standing = 1",
        [house["provider"]]).fetchone()
    assert found is not None
    return int(found[0])


def _upload(page: Any, path: Path) -> None:
    page.goto("/ice-aktarma/")
    assert faults(page) == []
    page.click("text=Yeni aktarma")
    assert faults(page) == []
    page.set_input_files("#dosya", path)
    assert "müşteri listesi.xlsx" in page.text_content("[data-picked]")
    page.click("button.primary")
    page.wait_for_url("**/esleme")


def _map(page: Any) -> None:
    assert page.input_value("#sutun-2") == "phone"
    assert faults(page) == []
    page.select_option("#sutun-2", "")
    page.select_option("#sutun-3", "")
    page.click(".btn[value=ileri]")
    page.wait_for_selector(".summary")
    assert faults(page) == []
    page.uncheck("[name=baslik]")  # read anew at once, without a button
    page.wait_for_selector("text=Sütun 1")
    page.check("[name=baslik]")
    page.wait_for_selector("#sutun-2-ad:has-text('Cep Tel')")
    assert page.input_value("#sayfa") == "Müşteriler"
    page.fill("#sablon_adi", "Kasa listesi")
    page.click("button[value=sakla]")
    page.wait_for_selector(".template-list")
    assert faults(page) == []
    page.click(".btn[value=ileri]")
    page.wait_for_url("**/koken")


def _state_origin(page: Any) -> None:
    assert faults(page) == []
    page.check("input[value=purchased]")
    page.fill("#ground", "Üyelik formundaki ticari ileti onayı")
    page.fill("#proof", "Formlar merkez arşivinde duruyor")
    page.fill("#notice", "Üyelikte aydınlatma metni gösterildi")
    page.click("button.primary")
    page.wait_for_selector(".summary")
    assert "Satın alınmış listeler aktarılmaz" in page.text_content(".summary")
    assert faults(page) == []
    page.check("input[value=customers]")
    page.click("button.primary")
    page.wait_for_selector("[data-import-live]")
    assert faults(page) == []


def _read_the_dry_run(page: Any) -> None:
    staging.check_due(time.monotonic() + 120)
    page.wait_for_selector("#nedenler")  # the page has looked again by itself
    text = page.text_content("main")
    for said in ("Telefon numarası geçersiz", "Tarih okunamadı", "Seçim okunamadı",
                 "3 iş günü geçmiş", "İzin kaynağının kanıtı yok", "Yalnız biçim onarılır",
                 "E-posta adresi geçersiz", "Tacir dayanağı yok", "Bayi bulunamadı",
                 "Kaynak okunamadı", "Alıcı türü okunamadı", "Alıcının bizde reddi var",
                 "Aynı alıcı ve kanal dosyada birden çok"):
        assert said in text
    assert faults(page) == []


def _correct(page: Any) -> None:
    """The scan of the signed forms is there after all: brought, and tried again."""
    page.click(".import-step:has-text('Köken ve kanıt')")
    assert page.input_value("#proof") == "Formlar merkez arşivinde duruyor"
    page.set_input_files("#butun", {"name": "formlar.pdf", "mimeType": "application/pdf",
                                    "buffer": pdf("bütün formlar")})
    page.select_option("#butun-rol", "1")
    page.click("form:has(#butun) .form-buttons .btn")
    page.wait_for_selector(".proofs >> text=formlar.pdf")
    page.click("button.primary")
    page.wait_for_selector("[data-import-live]")
    staging.check_due(time.monotonic() + 120)
    page.wait_for_selector("#nedenler")
    assert "İzin kaynağının kanıtı yok" not in page.text_content("main")


def _report(page: Any) -> None:
    """Every row again with its verdict before it."""
    with page.expect_download() as coming:
        page.click("a[href$='nedenler.csv']")
    lines = Path(coming.value.path()).read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("satır;karar;neden;kural;açıklama;kanal;seçim;onarılan;Müşteri;")
    assert len(lines) == ROWS + BY_MAIL + 1
    assert all(line.split(";")[2] for line in lines)


def _undo(page: Any) -> None:
    page.click("main a:has-text('müşteri listesi')")
    page.click("text=Aktarmayı geri al")
    page.wait_for_selector("text=İYS bu aktarmadan henüz bir şey almadı.")
    assert faults(page) == []
    page.click("main button.danger")
    page.wait_for_selector("[data-import-live]")
    assert faults(page) == []
    undo.undo_due(time.monotonic() + 120)
    page.wait_for_selector("h1:has-text('Geri alındı')")
    assert faults(page) == []


def _apply(page: Any) -> None:
    page.click("[data-dialog=sor-uygula]")
    assert faults(page) == []
    page.click("#sor-uygula button.primary")
    page.wait_for_selector("text=Duraklat")
    assert faults(page) == []
    page.click("text=Duraklat")
    page.wait_for_selector("text=Sürdür")
    assert faults(page) == []
    page.click("text=Sürdür")
    page.wait_for_selector("[data-import-live]")
    applying.apply_due(time.monotonic() + 120)
    page.wait_for_selector("text=kayıt yazıldı")
    assert faults(page) == []
    page.goto("/ice-aktarma/")
    assert faults(page) == []


def test_a_file_may_be_dropped(chromium: Any, house: dict[str, Any]) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        page.goto("/ice-aktarma/yeni")
        held = page.evaluate_handle("""() => {
            const held = new DataTransfer();
            held.items.add(new File(["telefon;sms izni\\n05990000009;Evet\\n"], "bırakılan.csv"));
            return held; }""")
        page.dispatch_event("[data-drop]", "dragover", {"dataTransfer": held})
        page.dispatch_event("[data-drop]", "drop", {"dataTransfer": held})
        assert "bırakılan.csv" in page.text_content("[data-picked]")
        page.click("button.primary")
        page.wait_for_url("**/esleme")
        assert page.input_value("#sutun-1") == "status_sms"
        assert page.input_value("#ayirac") == ";"


def test_a_broken_upload_goes_on_where_it_stopped(chromium: Any, house: dict[str, Any],
                                                  tmp_path: Path) -> None:
    path = tmp_path / "uzun.csv"
    path.write_bytes(b"telefon;onay\n" + b"05992134117;1\n" * 1_300_000)
    with browsing(chromium, house["base"], house["client"]) as page:
        page.goto("/ice-aktarma/yeni")
        page.route("**/parca/2", lambda route: route.abort())
        page.set_input_files("#dosya", path)
        with page.expect_event("requestfailed"):
            page.click("button.primary")
        page.click("[data-stop]")
        page.wait_for_selector("[data-fault]:not([hidden])")
        assert faults(page) == []
        page.unroute("**/parca/2")
        sent: list[str] = []
        page.on("request", lambda one: sent.append(one.url) if "/parca/" in one.url else None)
        page.reload()
        page.set_input_files("#dosya", path)
        page.click("button.primary")
        page.wait_for_url("**/esleme")
    assert [url.rpartition("/")[2] for url in sent] == ["", "2", "3"]
