"""Incoming SMS in the panel: who reads, who decides, what is never decided, numbers and words."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ileti.core import db
from ileti.inbound.vocabulary import Deed
from tests.inbound.house import House, new_phone
from tests.panel.people import sign_in, token_of, user_with

FREE = "Bana artık bir şey yollamazsanız sevinirim"


@pytest.fixture
def house(place: Any) -> House:
    return House(place)


@pytest.fixture
def agent(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "call_centre_agent", place))


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


def unread(house: House, phone: str) -> int:
    assert house.write(phone, FREE) is Deed.UNREAD
    return int(house.row()["id"])


def decide(client: Any, message: int, word: str) -> Any:
    return client.post(f"/gelen-sms/{message}/karar", follow_redirects=True,
                       data={"csrf_token": token_of(client), "karar": word})


def test_what_nobody_understood_waits_at_the_top_with_its_words_and_a_masked_number(
        agent: Any, house: House) -> None:
    phone = new_phone()
    unread(house, phone)
    page = agent.get("/gelen-sms/").text
    assert FREE in page
    assert phone not in page
    assert f"{phone[-4:-2]} {phone[-2:]}" in page


def test_one_press_makes_it_a_refusal_in_the_name_of_who_read_it(
        agent: Any, house: House) -> None:
    phone = new_phone()
    message = unread(house, phone)
    assert "Ret kaydedildi" in decide(agent, message, "ret").text
    assert house.states(phone) == {2: (2, 8)}
    kind, actor = db.system_connection().execute(
        "select actor_kind, actor_id from submission where provider_id = %s",
        (house.place.provider_id,)).fetchone()
    assert kind == 2
    assert actor
    assert "reddiniz alındı" in house.answers()[-1][1]["text"]


def test_everything_is_refused_on_calls_too_and_a_second_press_changes_nothing(
        agent: Any, house: House) -> None:
    phone = new_phone()
    message = unread(house, phone)
    decide(agent, message, "hepsi")
    assert "az önce karar verilmiş" in decide(agent, message, "ret").text
    assert house.states(phone) == {1: (2, 8), 2: (2, 8)}
    assert house.entries() == 2


def test_setting_it_aside_records_nothing(agent: Any, house: House) -> None:
    message = unread(house, new_phone())
    decide(agent, message, "yok")
    assert house.entries() == 0
    assert FREE not in agent.get("/gelen-sms/").text


def test_nobody_reads_a_consent_into_free_text_r20(admin: Any, house: House) -> None:
    message = unread(house, new_phone())
    assert decide(admin, message, "onay").status_code == 404
    assert "onay" not in re.findall(r'name="karar" value="([^"]*)"',
                                    admin.get(f"/gelen-sms/{message}").text)
    assert house.entries() == 0


def test_the_message_page_leads_to_the_record_and_the_record_to_the_message(
        admin: Any, house: House) -> None:
    house.write(new_phone(), "ONAY Ayşe Yılmaz")
    message = house.row()["id"]
    page = admin.get(f"/gelen-sms/{message}").text
    record = re.search(r'href="(/izinler/[^"]+)"[^>]*><span class="mono">', page)
    assert record is not None
    story = admin.get(record[1]).text
    assert f"/gelen-sms/{message}" in story
    assert "SMS" in story


def test_opening_the_number_is_noted(admin: Any, house: House) -> None:
    phone = new_phone()
    message = unread(house, phone)
    page = admin.post(f"/gelen-sms/{message}/ac", data={"csrf_token": token_of(admin)}).text
    assert phone[-7:-4] in page
    noted, = db.system_connection().execute(
        "select count(*) from audit_entry where action = 'inbound:reveal' and subject = %s",
        (f"inbound:{message}",)).fetchone()
    assert noted == 1


def test_a_stranger_sees_and_decides_nothing(app: Any, place_b: Any, house: House) -> None:
    message = unread(house, new_phone())
    stranger = sign_in(app, user_with(app, "provider_admin", place_b))
    assert stranger.get(f"/gelen-sms/{message}").status_code == 404
    assert decide(stranger, message, "ret").status_code == 404
    assert stranger.get(f"/gelen-sms/numaralar/{house.number.id}").status_code == 404
    assert FREE not in stranger.get("/gelen-sms/?durum=").text


def test_a_marketer_reads_nothing_and_an_agent_sets_up_nothing(
        app: Any, agent: Any, place: Any, house: House) -> None:
    marketer = sign_in(app, user_with(app, "marketer", place))
    assert marketer.get("/gelen-sms/").status_code in (302, 403)
    assert agent.get("/gelen-sms/numaralar/yeni").status_code in (302, 403)
    assert agent.get(f"/gelen-sms/numaralar/{house.number.id}").status_code == 200


def test_a_number_its_address_and_its_words_are_set_up_in_the_panel(
        admin: Any, place: Any) -> None:
    token = {"csrf_token": token_of(admin)}
    page = admin.post("/gelen-sms/numaralar/yeni", follow_redirects=True, data=token | {
        "number": "0850 123 45 67", "name": "Yaz ilanı", "gateway": "verimor", "active": "1"})
    pk = int(page.request.path.rpartition("/")[2])
    shown = admin.post(f"/gelen-sms/numaralar/{pk}/adres", data=token).text
    address = re.search(r"/sms/v1/[\w-]{43}", shown)
    assert address is not None
    assert address[0] not in admin.get(f"/gelen-sms/numaralar/{pk}").text
    saved = admin.post(f"/gelen-sms/numaralar/{pk}/sozler/{place.brand_id}",
                       follow_redirects=True, data=token | {"consent": "KATIL", "refusal": "ÇIK"})
    assert "KATIL" in saved.text


@pytest.mark.parametrize(("field", "value", "said"), [
    ("consent", "İPTAL", "ret ya da soru olarak anlaşılıyor"), ("consent", "?", "harf ya da rakam"),
    ("info", "BİLGİ", "Bilgi isteyenin okuyacağı"),
    ("text_id", "999999999", "Yayımlanmış bir onay"),
    ("help_answer", "Büyük indirim başladı", "tanıtım içeremez")])
def test_words_that_would_mislead_are_told_at_once_and_stay_typed(
        admin: Any, house: House, field: str, value: str, said: str) -> None:
    path = f"/gelen-sms/numaralar/{house.number.id}/sozler/{house.place.brand_id}"
    answer = admin.post(path, data={"csrf_token": token_of(admin), "consent": "ONAY",
                                    field: value})
    assert answer.status_code == 422
    assert said in answer.text
    assert value in answer.text or field == "text_id"


def test_the_box_says_what_a_text_would_mean_and_keeps_nothing(admin: Any, house: House) -> None:
    path = f"/gelen-sms/numaralar/{house.number.id}/dene"
    page = admin.post(path, data={"csrf_token": token_of(admin), "metin": "onnay ali can"}).text
    assert "Ali" in page.title()
    assert "onnay" in page
    kept, = db.system_connection().execute(
        "select count(*) from inbound_message where provider_id = %s",
        (house.place.provider_id,)).fetchone()
    assert kept == 0
