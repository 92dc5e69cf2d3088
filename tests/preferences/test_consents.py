"""Consents given at the centre: what comes before them (R-60), whose they are, the way back."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from ileti.capture import sites
from ileti.channels.confirm import confirm_forgotten
from ileti.consents.vocabulary import Channel, Standing, Status
from ileti.core import clock
from ileti.core.errors import NotAllowed
from ileti.documents.publish import publish_standard_texts
from ileti.kvkk import integrity
from ileti.kvkk.ledger import record as record_acts
from ileti.kvkk.vocabulary import Act
from ileti.preferences import acts, session
from ileti.preferences.centre import find_centre
from ileti.preferences.pages import COOKIE
from tests.kvkk.house import Text, act, asked, click, stands, text
from tests.panel.people import dealer_of

from .conftest import Visitor, known, new_mail, new_phone

MAIL = Channel.EPOSTA


def acts_of(conn: Any, place: Any) -> list[tuple[int, int, int]]:
    """(act, extent, standing) in order."""
    return [tuple(row) for row in conn.execute(
        "select act, extent, standing from kvkk_entry where provider_id = %s order by id",
        (place.provider_id,)).fetchall()]


def untold(conn: Any, place: Any) -> list[Any]:
    return list(integrity.untold(conn, since=clock.now() - timedelta(days=1),
                                 provider_id=place.provider_id))


def another_brand(conn: Any, place: Any) -> int:
    """A second brand with its own texts."""
    brand: int = conn.execute(
        "insert into brand (provider_id, brand_code, name) values (%s, %s, 'Kumru') returning id",
        (place.provider_id, place.brand_code + 1)).fetchone()[0]
    publish_standard_texts(place.provider_id, brand)
    return brand


def test_r60_the_notice_beside_the_button_is_recorded_before_the_consent(
    visitor: Visitor, place: Any, conn: Any
) -> None:
    text(place)
    page = visitor.by_link(known(place, new_mail(), MAIL, Status.RET))
    notice = conn.execute("select v.id from document_version v join document d on d.id = "
                          "v.document_id where d.provider_id = %s and d.kind = 'AYDINLATMA' and "
                          "v.language = 'tr'", (place.provider_id,)).fetchone()[0]
    forms = re.findall(r"<form.*?</form>", page.text, re.S)
    giving = [one for one in forms if "Almak istiyorum" in one or "Rıza veriyorum" in one]
    assert len(giving) == 2
    assert all(f'href="/n/{notice}"' in one for one in giving)
    visitor.press("Almak istiyorum (E-posta)")
    assert acts_of(conn, place) == [(Act.SHOWN, 1, 1)]
    visitor.press("Rıza veriyorum (Başlık)")
    assert acts_of(conn, place)[1:] == [(Act.SHOWN, 1, 1), (Act.GIVEN, 0, 1)]
    assert conn.execute("select count(*) from kvkk_entry n join consent_entry e on e.submission_id "
                        "= n.submission_id and e.provider_id = n.provider_id where n.provider_id = "
                        "%s and n.act_at <= e.consent_date", (place.provider_id,)
                        ).fetchone() == (1,)
    assert untold(conn, place) == []


def test_r60_without_a_published_notice_no_consent_is_taken(
    visitor: Visitor, place: Any, conn: Any
) -> None:
    rıza = text(place)
    recipient = known(place, new_mail(), MAIL, Status.RET)
    conn.execute("insert into document_event (provider_id, document_id, kind) select provider_id, "
                 "id, 'RETIRED' from document where provider_id = %s and kind = 'AYDINLATMA'",
                 (place.provider_id,))
    visitor.by_link(recipient)
    assert {"Almak istiyorum (E-posta)", "Rıza veriyorum (Başlık)"}.isdisjoint(visitor.buttons())
    cookie = visitor.client.get_cookie(COOKIE, path=visitor.path)
    found = session.open_session(cookie.value, place.provider_id)
    mail = conn.execute(
        "select v.id from document_version v join document d on d.id = v.document_id "
        "where d.provider_id = %s and d.channel = 3 and v.language = 'tr'",
        (place.provider_id,)).fetchone()[0]
    for token in (session.button(found, "give", t=rıza.version, l="tr", r=recipient,
                                 d=rıza.document),
                  session.button(found, "consent", t=mail, l="tr", r=recipient, b=place.brand_id,
                                 c=3)):
        page = visitor.post("/act", {"act": token})
        assert (page.status_code, "aydınlatma metni yok" in page.text) == (422, True)
    assert acts_of(conn, place) == []
    assert conn.execute("select count(*) from consent_entry where provider_id = %s",
                        (place.provider_id,)).fetchone() == (1,)


def test_r57_what_may_not_be_asked_is_not_offered(visitor: Visitor, place: Any, conn: Any) -> None:
    asked(conn, place, ground="5/2-c")
    visitor.by_link(known(place, new_mail(), MAIL))
    assert not [label for label in visitor.buttons() if label.startswith("Rıza")]


def test_r62_withdrawing_ends_it_for_both_addresses_of_the_click(
    visitor: Visitor, place: Any
) -> None:
    rıza, mail, phone = text(place), new_mail(), f"+90{new_phone()[1:]}"
    known(place, phone)
    recipient = known(place, mail, MAIL)
    record_acts(click(place), [act(rıza, Act.GIVEN, address=one) for one in (mail, phone)])
    visitor.by_link(recipient)
    page = visitor.press("Rızayı geri al (Başlık)")
    assert "Bundan sonra bu amaçla işleme yapılmaz" in page.text
    assert stands(place, rıza) == [(Act.WITHDRAWN, rıza.version, 1)] * 2


def test_r62_given_and_withdrawn_twice_within_a_minute_is_withdrawn(
    visitor: Visitor, place: Any
) -> None:
    rıza = text(place)
    visitor.by_link(known(place, new_mail(), MAIL))
    for _ in range(2):
        visitor.press("Rıza veriyorum (Başlık)")
        page = visitor.press("Rızayı geri al (Başlık)")
        assert "Rızanızı geri aldınız." in page.text
        assert stands(place, rıza) == [(Act.WITHDRAWN, rıza.version, 1)]


def test_r09_each_row_names_its_own_person_and_asks_where_none_is_known(
    visitor: Visitor, place: Any, conn: Any
) -> None:
    named = known(place, new_mail(), MAIL, Status.RET, name="Nazlı Kırşehirli")
    nameless = known(place, new_mail(), MAIL, Status.RET, name="")
    visitor.by_link(named)
    page = visitor.by_link(nameless)
    rows = re.findall(r'<li class="pref">.*?</li>', page.text, re.S)
    giving = [one for one in rows if "Almak istiyorum" in one]
    assert [("N•••• K••••" in one, "Adınız ve soyadınız" in one) for one in giving] == [
        (True, False), (False, True)]
    tokens = visitor.buttons()["Almak istiyorum (E-posta)"]
    assert visitor.post("/act", {"act": tokens[1]}).status_code == 422
    assert visitor.post("/act", {"act": tokens[0]}).status_code == 303


def test_r45_a_dealer_s_site_is_not_the_provider_s_page(
    visitor: Visitor, place: Any, conn: Any
) -> None:
    conn.execute("update site set dealer_id = %s where provider_id = %s",
                 (dealer_of(place), place.provider_id))
    sites.forget_sites()
    assert find_centre(str(place.iys_code)).site is None
    visitor.by_link(known(place, new_mail(), MAIL, Status.RET))
    assert "Almak istiyorum (E-posta)" not in visitor.buttons()


def test_r17_a_consent_to_another_brand_names_no_site_of_this_one(
    visitor: Visitor, place: Any, conn: Any
) -> None:
    brand = another_brand(conn, place)
    visitor.by_link(known(place, new_mail(), MAIL, Status.RET))
    visitor.post("/act", {"act": visitor.buttons()["Almak istiyorum (E-posta)"][-1]})
    row = conn.execute("select brand_id, site_id, dealer_id, evidence ? 'site', evidence ? "
                       "'formVersion' from submission where provider_id = %s order by id desc "
                       "limit 1", (place.provider_id,)).fetchone()
    assert row == (brand, None, None, False, False)
    assert untold(conn, place) == []


def test_r10_a_consent_without_a_site_is_confirmed_after_a_crash_too(
    visitor: Visitor, place: Any, conn: Any, monkeypatch: Any
) -> None:
    another_brand(conn, place)
    visitor.by_link(known(place, new_mail(), MAIL, Status.RET))
    monkeypatch.setattr(acts, "write_once", lambda _: False)
    visitor.post("/act", {"act": visitor.buttons()["Almak istiyorum (E-posta)"][-1]})
    with clock.freeze(clock.now() + timedelta(minutes=5)):
        confirm_forgotten(timedelta(minutes=30))
    assert conn.execute("select count(*) from message where provider_id = %s and kind = 2",
                        (place.provider_id,)).fetchone() == (1,)


def test_a_brand_that_is_not_here_is_not_the_first_one(visitor: Visitor, place: Any, place_b: Any
                                                       ) -> None:
    centre = find_centre(str(place.iys_code))
    assert centre.brand(None) == centre.brands[0]
    with pytest.raises(NotAllowed):
        centre.brand(place_b.brand_id)


def test_r21_a_notice_somebody_saw_with_an_address_of_mine_is_not_what_i_saw(
    visitor: Visitor, place: Any, conn: Any
) -> None:
    row = conn.execute(
        "select d.id, v.id, encode(v.content_hash, 'hex') from document d join document_version v "
        "on v.document_id = d.id where d.provider_id = %s and d.kind = 'AYDINLATMA' "
        "and v.language = 'tr'", (place.provider_id,)).fetchone()
    mail = new_mail()
    recipient = known(place, mail, MAIL)
    record_acts(click(place, standing=Standing.UNVERIFIED),
                [act(Text(*row), Act.READ, address=mail)])
    assert "gördüğünüze dair kayıt yok" in visitor.by_link(recipient).text
    record_acts(click(place), [act(Text(*row), Act.READ, address=mail)])
    assert "gördüğünüze dair kayıt yok" not in visitor.get().text
