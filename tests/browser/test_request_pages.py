"""A data subject's request in a real browser: form, desk, answer; every page by axe.
``ILETI_SHOTS`` names a folder for pictures."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from ileti.channels.registry import carry
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.requests import cases, exports, mails
from ileti.requests.numbers import case_number, case_of, form_path
from ileti.requests.people import Person
from ileti.requests.sealing import MAIL_PURPOSE, unseal
from ileti.requests.vocabulary import Way
from tests.browser.axe import THEMES, WIDTHS, browsing, faults, serving, wait_until_checked
from tests.channels.test_send import Gateway
from tests.panel.people import sign_in, take, user_with
from tests.requests.conftest import TCKN, new_mail, verified

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("ILETI_SHOTS")


@pytest.fixture(scope="module")
def house(app: Any) -> Iterator[dict[str, Any]]:
    """A provider with an officer and two cases: one nearly due, one too late and matched."""
    from tests.conftest import _new_place

    conn = db.connection()
    place = _new_place(conn)
    conn.execute("update provider set address = 'Bornova/İzmir', kep = 'defneev@hs01.kep.tr' "
                 "where id = %s", (place.provider_id,))
    taken = take(place, new_mail(), channel=Channel.EPOSTA)
    made = [_case(place, days, "Fatih Çınar-Öztürk", ["B", "E", "D"]) for days in (22, 33)]
    late = verified(made[1], taken.items[0].recipient_id)
    with db.transaction() as tx:
        exports.ask_for(tx, late, by=1)
    exports.make_waiting()
    client = sign_in(app, user_with(app, "compliance_officer", place))
    with serving(app) as base:
        yield {"base": base, "client": client, "place": place,
               "near": case_number(made[0].id), "late": case_number(late.id),
               "form": form_path(place.brand_id)}


def _case(place: Any, days: int, name: str, rights: list[str]) -> cases.Case:
    with db.transaction() as conn:
        number, _ = cases.open_case(conn, cases.NewCase(
            provider_id=place.provider_id, brand_id=place.brand_id, idem=f"tarayici:{days}:{name}",
            way=Way.PAPER, received_at=clock.now() - timedelta(days=days),
            person=Person(name=name, tckn=TCKN, postal="Akasya Sok. 5, İzmir", email=new_mail()),
            wish="Verilerimi silin.", rights=rights))
    return cases.read_case(db.connection(), number)


PAGES = (
    ("request-list", "/basvurular/"), ("request-closed", "/basvurular/?durum=kapandi"),
    ("request-new", "/basvurular/yeni"), ("request-near", "/basvurular/{near}"),
    ("request-late", "/basvurular/{late}"), ("request-answer", "/basvurular/{late}/cevap"),
    ("request-texts", "/basvurular/metinler/"),
    ("request-text", "/basvurular/metinler/E.granted/tr"),
)


@pytest.mark.parametrize("language", ["tr", "en"])
def test_axe_finds_nothing_at_the_desk(
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


def code_of(place: Any) -> str:
    row = db.connection().execute(
        "select content from data_request_mail where provider_id = %s and kind = 1 "
        "order by id desc limit 1", (place.provider_id,)).fetchone()
    return str(json.loads(unseal(row[0], MAIL_PURPOSE))["code"])


def test_a_person_applies_the_desk_answers_and_the_answer_goes_out(
    chromium: Any, house: dict[str, Any]
) -> None:
    mail = new_mail()
    known = take(house["place"], mail, channel=Channel.EPOSTA).items[0].recipient_id
    with browsing(chromium, house["base"]) as page:
        page.goto(house["form"])
        assert faults(page) == []
        page.click("text=Koda geç")
        assert page.locator("#errors li").count() == 5
        assert faults(page) == []
        page.check("input[value=B]")
        for field, value in (("name", "Nazlı Kırşehirli"), ("tckn", TCKN), ("email", mail),
                             ("postal", "Akasya Sok. 5, İzmir")):
            page.fill(f"#{field}", value)
        page.click("text=Koda geç")
        page.fill("#code-email", code_of(house["place"]))
        assert faults(page) == []
        page.click(".button:has-text('Başvurumu yap')")
        number = re.search(r"BSV-[\w-]{14}", page.inner_text("dl.list"))[0]
        assert faults(page) == []
    gateway = Gateway()
    carry(Channel.EPOSTA, gateway)
    try:
        _answer(chromium, house, number)
        mails.send_mails()
    finally:
        carry(Channel.EPOSTA, None)
    # the mails of other tests' cases may still wait in the same queue
    sent = next(one for one in gateway.got if one.attachments and one.to == mail)
    assert sent.attachments[0].name == f"{number}.pdf"
    assert "/kvkk/veri/" in sent.text
    case = cases.read_case(db.connection(), case_of(number))
    assert case.closed_at is not None
    held = db.connection().execute(
        "select recipient_id from data_request_recipient where request_id = %s",
        (case.id,)).fetchall()
    assert held == [(known,)]


def _answer(chromium: Any, house: dict[str, Any], number: str) -> None:
    with browsing(chromium, house["base"], house["client"]) as page:
        page.goto(f"/basvurular/{number}")
        assert TCKN not in page.content()
        page.click("text=Kişisel bilgileri göster")
        assert TCKN in page.content()
        assert faults(page) == []
        page.goto(f"/basvurular/{number}")
        page.fill("#basis", "Kodla doğrulanan adres kayıtlarda var.")
        page.select_option("#outcome", "1")
        page.click("text=Denetimi kaydet")
        page.click("text=Cevabı yaz")
        page.click("text=Metne başla")
        page.click("text=Yazıyı hazırla ve gönder")
        assert "doldurulmamış yer var" in page.content()  # the copy it speaks of is not made yet
        assert faults(page) == []
        page.goto(f"/basvurular/{number}")
        page.click("text=Veri örneği hazırla")
        page.wait_for_selector("text=Veri örneği istendi")
        exports.make_waiting()
        page.goto(f"/basvurular/{number}/cevap")
        page.select_option("#karar", "1")
        page.click("text=Metne başla")
        page.click("text=Yazıyı hazırla ve gönder")
        page.wait_for_selector("text=Cevap yolda")
