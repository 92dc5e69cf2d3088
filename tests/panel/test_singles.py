"""Single messages in the panel: written, looked at, sent once, shown to whoever may see them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ileti.core import db
from tests.campaigns.campaign_house import consent, phone
from tests.panel.people import dealer_of, sign_in, token_of, user_with
from tests.singles.house import NOTICE, heard, whole_record
from tests.singles.test_singles import template

NEW = "/tek-iletiler/yeni"


@pytest.fixture
def client(app: Any, place: Any) -> Any:
    whole_record(place)
    return confirmed(sign_in(app, user_with(app, "provider_admin", place)))


def confirmed(client: Any) -> Any:
    from ileti.core import clock

    with client.session_transaction() as session:
        session["proved_at"] = int(clock.now().timestamp())
    return client


def typed(client: Any, place: Any, **more: str) -> dict[str, str]:
    return {"csrf_token": token_of(client), "marka": str(place.brand_id), "kaynak": "MESAJ",
            "alici": phone(31), "sinif": "SATIN_ALMA_TESLIMAT", "neden": "Verilmiş sipariş",
            "metin": "Siparisiniz yolda.", "bir": "a" * 32, "wish": "send", **more}


def rows(place: Any) -> list[Any]:
    return db.connection().execute(
        "select id, declared, declaration from message where provider_id = %s order by id",
        (place.provider_id,)).fetchall()


def test_it_is_looked_at_and_then_sent_once(client: Any, place: Any) -> None:
    look = client.post(NEW, data=typed(client, place, wish="look"))
    assert "Siparisiniz yolda." in look.text
    assert rows(place) == []
    sent = client.post(NEW, data=typed(client, place))
    assert sent.status_code == 303
    assert client.post(NEW, data=typed(client, place)).location == sent.location
    [(number, declared, said)] = rows(place)
    assert (declared, said["reason"]) == (6, "Verilmiş sipariş")
    assert sent.location.endswith(f"/tek-iletiler/{number}")
    page = client.get(sent.location).text
    assert "Gönderilmeyi bekliyor" in page
    assert phone(31) not in page
    assert "Siparisiniz yolda." not in page
    opened = client.post(f"/tek-iletiler/{number}/metin", data={"csrf_token": token_of(client)})
    assert "Siparisiniz yolda." in opened.text
    deeds = [row[0] for row in db.connection().execute(
        "select action from audit_entry where provider_id = %s and action like 'single:%%' "
        "order by id", (place.provider_id,))]
    assert deeds == ["single:send", "single:show"]


def test_written_anew_it_is_another_message(client: Any, place: Any) -> None:
    client.post(NEW, data=typed(client, place))
    client.post(NEW, data=typed(client, place, metin="Siparisiniz yarin gelecek."))
    assert len(rows(place)) == 2


def test_an_advertisement_without_a_consent_stays_in_the_form_r36(client: Any, place: Any) -> None:
    answer = client.post(NEW, data=typed(client, place, sinif="TICARI", neden="",
                                         metin="Yeni mağazamız açıldı."))
    assert answer.status_code == 422
    assert "Bu alıcıdan izin alınmamış." in answer.text
    assert "Yeni mağazamız açıldı." in answer.text
    assert rows(place) == []
    heard(place)
    consent(place, 31)
    assert client.post(NEW, data=typed(
        client, place, sinif="TICARI", neden="", metin="Yeni mağazamız açıldı.")
    ).status_code == 303


@pytest.mark.parametrize(("more", "field"), [
    ({"alici": ""}, "alici"), ({"alici": "abc"}, "alici"), ({"sinif": ""}, "sinif"),
    ({"metin": ""}, "metin"), ({"neden": ""}, "neden"), ({"kaynak": ""}, "kaynak"),
    ({"kaynak": "t999999999"}, "kaynak"), ({"metin": "%20 indirim için tıklayın"}, "metin"),
    ({"metin": "{yok}"}, "metin"), ({"kaynak": "t" + "9" * 40}, "kaynak"),
])
def test_what_is_wrong_stands_beside_its_field(client: Any, place: Any, more: dict[str, str],
                                               field: str) -> None:
    answer = client.post(NEW, data=typed(client, place, **more))
    assert answer.status_code in (404, 422)
    assert f'href="#{field}"' in answer.text or f'id="{field}-hata"' in answer.text
    assert rows(place) == []


def test_a_template_asks_for_its_fields(client: Any, place: Any) -> None:
    from dataclasses import replace

    number = template(place, replace(NOTICE, body="Sayin {ad}, siparisiniz yolda."))
    form = client.get(NEW, query_string={"kaynak": f"t{number}", "marka": place.brand_id}).text
    assert 'name="deger-ad"' in form
    assert "Verilmiş sipariş" in form
    asked = typed(client, place, kaynak=f"t{number}")
    missing = client.post(NEW, data=asked)
    assert (missing.status_code, 'id="deger-ad-hata"' in missing.text) == (422, True)
    assert client.post(NEW, data=asked | {"deger-ad": "Ayşe"}).status_code == 303
    assert rows(place)[0][2]["template"] == number


def test_the_page_of_a_template_leads_to_one_message_of_it(client: Any, place: Any) -> None:
    """A trial to oneself is one, and asks the gate as every other does."""
    number = template(place, NOTICE)
    page = client.get(f"/sablonlar/{number}").text
    link = re.search(r'href="(/tek-iletiler/yeni\?[^"]+)"', page)
    assert link is not None
    assert 'name="alici"' in client.get(link[1].replace("&amp;", "&")).text


def test_what_was_chosen_stays_chosen_until_a_brand_is(client: Any, place: Any) -> None:
    db.connection().execute("insert into brand (provider_id, brand_code, name) values (%s, %s, "
                            "'Başka')", (place.provider_id, place.brand_code + 3))
    page = client.get(NEW, query_string={"kaynak": "EPOSTA"}).text
    assert '<option value="EPOSTA" selected>' in page
    assert 'name="alici"' not in page


def test_without_a_fresh_proof_nothing_goes_and_the_words_stay(app: Any, place: Any) -> None:
    whole_record(place)
    client = sign_in(app, user_with(app, "provider_admin", place))
    with client.session_transaction() as session:
        session["proved_at"] = 0
    asked = client.get(NEW)
    assert (asked.status_code, "/onay/" in asked.location) == (302, True)
    answer = client.post(NEW, data=typed(client, place))
    assert answer.status_code == 422
    assert "Siparisiniz yolda." in answer.text
    assert rows(place) == []


def test_others_see_nothing_of_it(app: Any, client: Any, place: Any, place_b: Any) -> None:
    client.post(NEW, data=typed(client, place))
    number = rows(place)[0][0]
    stranger = sign_in(app, user_with(app, "provider_admin", place_b))
    assert stranger.get(f"/tek-iletiler/{number}").status_code == 404
    assert re.search(rf"/tek-iletiler/{number}\b", stranger.get("/tek-iletiler/").text) is None
    dealer = sign_in(app, user_with(app, "dealer_manager", place, level="dealer",
                                    dealer_id=dealer_of(place)))
    assert dealer.get("/tek-iletiler/").status_code in (403, 404)
    viewer = sign_in(app, user_with(app, "marketer", place))
    assert viewer.get(f"/tek-iletiler/{number}").status_code == 200
    assert viewer.post(f"/tek-iletiler/{number}/metin",
                       data={"csrf_token": token_of(viewer)}).status_code == 403


@pytest.mark.parametrize("number", ["0", "9" * 18, "9" * 30])
def test_a_number_that_is_none_is_not_found(client: Any, number: str) -> None:
    assert client.get(f"/tek-iletiler/{number}").status_code == 404


def test_a_code_is_no_single_message(client: Any, place: Any) -> None:
    from tests.panel.people import take

    recipient = take(place, phone(32)).items[0].recipient_id
    number = db.connection().execute(
        "insert into message (provider_id, brand_id, recipient_id, channel, kind, content_key) "
        "values (%s, %s, %s, 2, 1, 0) returning id",
        (place.provider_id, place.brand_id, recipient)).fetchone()[0]
    assert client.get(f"/tek-iletiler/{number}").status_code == 404
