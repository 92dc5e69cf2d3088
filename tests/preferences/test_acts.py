"""What the buttons do: refusing, consenting, explicit consents, stopping everything."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ileti.consents.gate import Denial, may_send_now
from ileti.consents.vocabulary import Channel, RecipientType, Source, Standing, Status
from ileti.core import clock, db
from ileti.kvkk.ledger import record as record_acts
from ileti.kvkk.vocabulary import Act
from tests.kvkk.house import act, click, stands, text

from .conftest import Visitor, known, new_mail, new_phone

Ledger = Callable[[], list[tuple[int, ...]]]
MAIL = Channel.EPOSTA


def test_r30_a_refusal_is_recorded_at_once_and_said_on_the_page(
    visitor: Visitor, place: Any, ledger: Ledger
) -> None:
    visitor.by_link(known(place, f"+90{new_phone()[1:]}"))
    page = visitor.press("Almayı bırak (Kısa mesaj)")
    assert "Kısa mesaj almayı bıraktınız." in page.text
    assert "Almıyorsunuz" in page.text
    assert ledger()[1:] == [(Channel.MESAJ, Status.RET, Source.HS_WEB, 1)]


def test_a_refusal_for_a_channel_nobody_asked_about_is_as_near_as_a_consent(
    visitor: Visitor, place: Any, ledger: Ledger
) -> None:
    page = visitor.by_link(known(place, f"+90{new_phone()[1:]}"))
    assert {"Almak istiyorum (Arama)", "Almak istemiyorum (Arama)"} <= set(visitor.buttons())
    page = visitor.press("Almak istemiyorum (Arama)")
    assert "Arama almayı bıraktınız." in page.text
    assert ledger()[1:][0][:2] == (Channel.ARAMA, Status.RET)


def test_r12_a_consent_is_a_web_consent_on_the_text_beside_its_button(
    visitor: Visitor, place: Any, conn: Any
) -> None:
    page = visitor.by_link(known(place, new_mail(), MAIL, Status.RET))
    assert "almayı kabul ediyorum" in page.text
    page = visitor.press("Almak istiyorum (E-posta)")
    assert "E-posta onayınız kaydedildi." in page.text
    entry = conn.execute(
        "select e.status, e.source, e.standing, d.kind, d.channel, s.site_id is not null, "
        "s.evidence from consent_entry e join document_version v on v.id = e.text_id "
        "join document d on d.id = v.document_id "
        "join submission s on s.provider_id = e.provider_id and s.id = e.submission_id "
        "where e.provider_id = %s order by e.id desc limit 1", (place.provider_id,)).fetchone()
    assert entry[:6] == (Status.ONAY, Source.HS_WEB, Standing.VERIFIED, "ETK_ONAYI", MAIL, True)
    assert entry[6]["flow"] == "preferences"
    assert entry[6]["proof"] == "link"
    assert set(entry[6]["boxes"]) == {"EPOSTA"}


def test_r10_a_consent_is_confirmed_the_same_day(visitor: Visitor, place: Any, conn: Any) -> None:
    visitor.by_link(known(place, new_mail(), MAIL, Status.RET))
    visitor.press("Almak istiyorum (E-posta)")
    assert conn.execute("select count(*) from message where provider_id = %s and kind = 2",
                        (place.provider_id,)).fetchone() == (1,)


def test_r09_a_consent_needs_a_name_where_none_is_known(
    visitor: Visitor, place: Any, ledger: Ledger
) -> None:
    visitor.by_link(known(place, new_mail(), MAIL, Status.RET, name=""))
    token = visitor.buttons()["Almak istiyorum (E-posta)"][0]
    page = visitor.post("/act", {"act": token, "name": "  "})
    assert page.status_code == 422
    assert "Onay için adınızı ve soyadınızı yazın." in page.text
    assert len(ledger()) == 1
    page = visitor.post("/act", {"act": token, "name": "Nazlı\u202eK"})
    assert page.status_code == 422
    visitor.post("/act", {"act": token, "name": "Nazlı Kırşehirli"})
    assert len(ledger()) == 2


def test_a_used_consent_button_never_undoes_a_later_refusal(
    visitor: Visitor, place: Any, ledger: Ledger
) -> None:
    visitor.by_link(known(place, new_mail(), MAIL, Status.RET))
    used = visitor.buttons()["Almak istiyorum (E-posta)"][0]
    visitor.press("Almak istiyorum (E-posta)")
    visitor.press("Almayı bırak (E-posta)")
    before = ledger()
    visitor.post("/act", {"act": used})
    page = visitor.get(visitor.last.headers["Location"].removeprefix(visitor.path))
    assert "Bu düğme kullanılmıştı" in page.text
    assert "Almıyorsunuz" in page.text
    assert ledger() == before


def test_a_double_click_is_one_refusal(visitor: Visitor, place: Any, ledger: Ledger) -> None:
    visitor.by_link(known(place, new_mail(), MAIL))
    token = visitor.buttons()["Almayı bırak (E-posta)"][0]
    for _ in range(3):
        assert visitor.post("/act", {"act": token}).status_code == 303
    assert len(ledger()) == 2


def test_consenting_right_after_refusing_is_not_older_than_the_refusal(
    visitor: Visitor, place: Any, conn: Any
) -> None:
    visitor.by_link(known(place, new_mail(), MAIL, ago=0))
    visitor.press("Almayı bırak (E-posta)")
    visitor.press("Almak istiyorum (E-posta)")
    assert conn.execute("select status from consent_state where provider_id = %s",
                        (place.provider_id,)).fetchone() == (Status.ONAY,)


def test_r62_an_explicit_consent_is_withdrawn_by_one_click(visitor: Visitor, place: Any) -> None:
    rıza = text(place)
    mail = new_mail()
    record_acts(click(place), [act(rıza, Act.GIVEN, address=mail)])
    visitor.by_link(known(place, mail, MAIL))
    page = visitor.press("Rızayı geri al (Başlık)")
    assert "Rızanızı geri aldınız." in page.text
    assert stands(place, rıza) == [(Act.WITHDRAWN, rıza.version, 1)]


def test_r62_an_explicit_consent_is_given_on_the_text_beside_its_button(
    visitor: Visitor, place: Any
) -> None:
    rıza = text(place)
    visitor.by_link(known(place, new_mail(), MAIL))
    page = visitor.press("Rıza veriyorum (Başlık)")
    assert "Rızanız kaydedildi." in page.text
    assert stands(place, rıza) == [(Act.GIVEN, rıza.version, 1)]
    visitor.press("Rızayı geri al (Başlık)")
    visitor.press("Rıza veriyorum (Başlık)")
    assert stands(place, rıza) == [(Act.GIVEN, rıza.version, 1)]


def test_a_consent_to_a_text_that_was_taken_off_can_still_be_withdrawn(
    visitor: Visitor, place: Any, conn: Any
) -> None:
    rıza, mail = text(place), new_mail()
    record_acts(click(place), [act(rıza, Act.GIVEN, address=mail)])
    conn.execute("insert into document_event (provider_id, document_id, kind, at, reason) "
                 "values (%s, %s, 'RETIRED', now(), 'test')", (place.provider_id, rıza.document))
    visitor.by_link(known(place, mail, MAIL))
    visitor.press("Rızayı geri al (Başlık)")
    assert stands(place, rıza) == [(Act.WITHDRAWN, rıza.version, 1)]


def test_stopping_everything_is_asked_once_and_holds_for_every_brand(
    visitor: Visitor, place: Any, conn: Any, ledger: Ledger
) -> None:
    rıza, phone = text(place), f"+90{new_phone()[1:]}"
    conn.execute("insert into brand (provider_id, brand_code, name) values (%s, %s, 'Kumru')",
                 (place.provider_id, place.brand_code + 1))
    recipient = known(place, phone)
    record_acts(click(place), [act(rıza, Act.GIVEN, address=phone)])
    visitor.by_link(recipient)
    visitor.get("/stop")
    assert len(ledger()) == 1
    page = visitor.press("Hepsini durdur")
    assert "Hepsini durdurdunuz." in page.text
    states = conn.execute("select brand_id = %s, channel, status from consent_state "
                          "where provider_id = %s order by 1, 2",
                          (place.brand_id, place.provider_id)).fetchall()
    assert states == [(which, channel, Status.RET) for which in (False, True)
                      for channel in (Channel.ARAMA, Channel.MESAJ)]
    assert stands(place, rıza) == [(Act.WITHDRAWN, rıza.version, 1)]


def test_the_gate_says_no_from_the_click_on(visitor: Visitor, place: Any, conn: Any) -> None:
    mail = new_mail()
    recipient = known(place, mail, MAIL)
    conn.execute("update consent_state set iys_status = 3 where provider_id = %s",
                 (place.provider_id,))
    ask = (place.provider_id, place.brand_id, mail, MAIL)
    assert may_send_now(*ask)
    visitor.by_link(recipient)
    assert "Alıyorsunuz" in visitor.last.text
    visitor.press("Almayı bırak (E-posta)")
    assert may_send_now(*ask).denial is Denial.REFUSED


@pytest.mark.parametrize("what", ["refuse", "consent"])
def test_an_old_page_does_nothing(visitor: Visitor, place: Any, ledger: Ledger, what: str) -> None:
    visitor.by_link(known(place, new_mail(), MAIL, Status.ONAY if what == "refuse"
                          else Status.RET))
    label = "Almayı bırak (E-posta)" if what == "refuse" else "Almak istiyorum (E-posta)"
    token = visitor.buttons()[label][0]
    with clock.freeze(clock.now() + timedelta(minutes=21)):
        assert visitor.post("/act", {"act": token}).status_code == 410
    assert len(ledger()) == 1


def test_somebody_who_has_nothing_in_a_brand_sees_it_closed(
    visitor: Visitor, place: Any, conn: Any
) -> None:
    conn.execute("insert into brand (provider_id, brand_code, name) values (%s, %s, 'Kumru')",
                 (place.provider_id, place.brand_code + 1))
    page = visitor.by_link(known(place, new_mail(), MAIL))
    assert re.search(r"<details class=\"card prefs\">\s*<summary><h2>Kumru", page.text)


def test_a_merchants_record_is_refused_too(visitor: Visitor, place: Any, conn: Any) -> None:
    phone = f"+90{new_phone()[1:]}"
    recipient = known(place, phone)
    conn.execute(
        "insert into consent_state (provider_id, brand_id, recipient_id, recipient_type, channel, "
        "entry_id, entry_at, consent_date, status, source, standing, iys_status) "
        "select provider_id, brand_id, recipient_id, %s, channel, entry_id, entry_at, "
        "consent_date, status, source, standing, 3 from consent_state where provider_id = %s",
        (int(RecipientType.TACIR), place.provider_id))
    visitor.by_link(recipient)
    assert "Tacir: Onay" in visitor.last.text
    visitor.press("Almayı bırak (Kısa mesaj)")
    assert db.connection().execute(
        "select distinct status from consent_state where provider_id = %s",
        (place.provider_id,)).fetchall() == [(Status.RET,)]
