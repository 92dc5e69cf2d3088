"""What is filled in makes no advertisement of an exempt campaign (R-03)."""

from __future__ import annotations

import time

import psycopg
import pytest

from ileti.campaigns import plan, prepare, release, valuescan
from ileti.campaigns.reasons import Reason
from ileti.campaigns.vocabulary import State
from ileti.core import db
from ileti.core.errors import CallerMistake, Conflict, InvalidInput
from ileti.fields import kept
from ileti.fields.catalogue import fields_of
from ileti.recipients import known
from ileti.templates.merge import NEAR, Text
from ileti.templates.valuewords import Judge
from ileti.templates.vocabulary import MessageClass
from ileti.tenancy import foureyes
from ileti.tenancy.foureyes import Here, Waits
from tests.fields.house import define
from tests.panel.people import sign_in, token_of, user_with

from .campaign_house import Phones, carried_by, consent, fates, hand_over, phone, ready

BODY = "Sayın {ad|müşterimiz}, siparişiniz {alan.magaza|mağazamız} yolunda."
EXEMPT = {"text": BODY, "body": BODY, "declaredBy": 1, "class": "SATIN_ALMA_TESLIMAT"}
SALE = "%50 indirimli mağaza"


def judged(body: str, *, agreed: bool = False, **said: str) -> bool:
    return Judge([Text(body)], agreed=agreed).promotes(
        {key.replace("_", "."): value for key, value in said.items()})


@pytest.mark.parametrize(("body", "value", "found"), [
    ("Siparişiniz {alan.a} ile yolda.", "Aras", False),
    ("Siparişiniz {alan.a} ile yolda.", "Büyük indirim", True),
    ("Siparişiniz %{alan.a} hazır.", "50", True),
    ("Siparişiniz {alan.a} hazır.", "50", False),
    ("x " * 400 + "{alan.a} TL bizden " + "x " * 400, "50", True),
    ("İndirim Mağazası: siparişiniz {alan.a} ile yolda.", "Aras", False)])
def test_a_value_is_judged_in_the_words_around_it(body: str, value: str, found: bool) -> None:
    assert judged(body, alan_a=value) is found


def test_two_values_that_promote_only_together_are_found() -> None:
    assert judged("Siparişiniz {alan.a}{alan.b} hazır.", alan_a="%", alan_b="50")


def test_where_a_second_person_agreed_to_the_words_the_values_alone_are_asked() -> None:
    assert not judged("%{alan.a} doldu", agreed=True, alan_a="50")
    assert judged("%{alan.a} doldu", agreed=True, alan_a="kupon")


def test_somebody_may_be_called_hediye_and_no_field_may() -> None:
    assert not judged("Sayın {ad}, yolda.", ad="Hediye Nur")
    assert not judged("Sayın {soyad}, yolda.", soyad="ÖDÜL")
    assert judged("Sayın {alan.a}, yolda.", alan_a="Hediye")


def test_no_more_is_read_of_the_words_than_stands_near_a_field() -> None:
    text = Text("a" * 500 + "{ad}" + "b" * 500 + "{soyad}" + "c" * 500)
    assert len(text.near({"ad": "x", "soyad": "y"})) == 4 * NEAR + 3
    assert Text("a" * 500).near({}) == ""


@pytest.fixture(autouse=True)
def _push_request_context():
    """Takes the place of pytest-flask's, which would share one context among all requests."""


# -- a campaign ------------------------------------------------------------------------------------


@pytest.fixture
def shop(conn, place):
    define(conn, place, "magaza", personal=False, subject=1)
    define(conn, place, "not", personal=True, subject=1)
    consent(place, *range(6))
    return place


def say(place, number, value, key="magaza"):
    conn = db.system_connection()
    fields = [one for one in fields_of(place.provider_id, conn) if one.key == key]
    with db.transaction(system=True) as work:
        kept.know(work, place.provider_id, known.find_or_add(
            work, place.provider_id, phone(number)), fields, {key: value})


def exempt(place, **more):
    return ready(place, declared=MessageClass.PURCHASE_AND_DELIVERY, content=EXEMPT | more)


def agree(number, reason="Mağazanın adı böyle."):
    foureyes.decide(number, by=Here(2, frozenset({release.RIGHT})), approved=True, reason=reason)


def test_a_value_that_promotes_waits_for_a_second_person_with_a_reason(shop):
    for number in range(6):
        say(shop, number, SALE if number in (1, 2) else f"Mağaza {number}")
    phones = Phones()
    with carried_by(phones):
        made = exempt(shop)
        assert made.preflight["promoting"] == [["alan.magaza", SALE]]
        with pytest.raises(Waits):
            release.release(made, by=1)
        number = foureyes.of(made.subject).id
        with pytest.raises(InvalidInput):
            agree(number, reason="")
        agree(number)
        hand_over(plan.read(shop.provider_id, made.id))
    assert len(phones.got) == 6


def test_what_was_agreed_to_is_void_when_other_values_promote(shop):
    say(shop, 1, SALE)
    with carried_by(Phones()):
        made = exempt(shop)
        with pytest.raises(Waits):
            release.release(made, by=1)
        say(shop, 2, "Kupon Mağazası")
        plan.count_again(made, by=None)
        prepare.prepare(shop.provider_id, made.id, until=time.monotonic() + 20)
        with pytest.raises(Conflict):
            agree(foureyes.of(made.subject).id)
    assert plan.read(shop.provider_id, made.id).state is State.READY


@pytest.mark.attack
def test_what_is_written_after_the_look_is_not_sent(shop):
    phones = Phones()
    with carried_by(phones):
        made = exempt(shop)
        assert "promoting" not in made.preflight
        release.release(made, by=None)
        say(shop, 3, SALE)
        hand_over(plan.read(shop.provider_id, made.id))
    assert phone(3) not in phones.got
    assert fates(made)[2, int(Reason.PROMOTES)] == 1
    assert len(phones.got) == 5


@pytest.mark.attack
def test_a_sealed_value_is_judged_when_it_goes(shop):
    say(shop, 4, "Hemen al, bedava", "not")
    body = "Siparişiniz hakkında: {alan.not|yok}."
    phones = Phones()
    with carried_by(phones):
        made = exempt(shop, text=body, body=body)
        release.release(made, by=None)
        hand_over(plan.read(shop.provider_id, made.id))
    assert phone(4) not in phones.got
    assert len(phones.got) == 5


def test_a_commercial_campaign_is_asked_nothing(shop):
    say(shop, 1, SALE)
    made = ready(shop, content=EXEMPT | {"class": "TICARI"})
    assert set(made.preflight) == {"at", "counts"}


def test_a_field_of_which_nearly_everybody_has_another_value_is_not_read_through(
        shop, monkeypatch):
    monkeypatch.setattr(valuescan, "MOST_VALUES", 3)
    monkeypatch.setattr(valuescan, "MOST_SHOWN", 1)
    for number in range(6):
        say(shop, number, f"Mağaza {number}")
    assert exempt(shop).preflight["unread"] == ["alan.magaza"]
    for number in range(3):
        say(shop, number, f"Kupon {number}")
    with carried_by(Phones()):
        made = exempt(shop)
        assert made.preflight["promotingMore"]
        with pytest.raises(InvalidInput) as caught:
            release.release(made, by=1)
    assert "R-03" in caught.value.tr


def test_many_people_with_few_values_are_judged_in_few_statements(shop, monkeypatch):
    for number in range(6):
        say(shop, number, "Mağaza A")
    made = exempt(shop)
    asked, real = list[str](), psycopg.Connection.execute

    def execute(self, query, *more, **named):
        asked.append(str(query))
        return real(self, query, *more, **named)

    monkeypatch.setattr(psycopg.Connection, "execute", execute)
    valuescan.look(made, 25_000, lambda: None)
    monkeypatch.undo()
    assert len([one for one in asked if "recipient_value" in one]) == 1


def test_nobody_agrees_to_what_they_asked_for(shop):
    say(shop, 1, SALE)
    with carried_by(Phones()):
        made = exempt(shop)
        with pytest.raises(Waits):
            release.release(made, by=2)
        with pytest.raises(CallerMistake):
            agree(foureyes.of(made.subject).id)


def test_the_page_before_the_release_names_what_promotes_and_asks_for_a_second_person(app, shop):
    say(shop, 1, SALE)
    client = sign_in(app, user_with(app, "marketer", shop))
    with carried_by(Phones()):
        made = exempt(shop)
        page = client.get(f"/kampanyalar/{made.id}/").text
        assert f"{{alan.magaza}}: {SALE}" in page
        assert "Yayın onayına gönder" in page
        client.post(f"/kampanyalar/{made.id}/yayinla", data={"csrf_token": token_of(client)})
    assert plan.read(shop.provider_id, made.id).state is State.READY
    asked = foureyes.of(made.subject)
    assert SALE in str(foureyes.CARRIERS[asked.wish.deed].about(asked, "tr"))
