"""A dealer's templates and single messages in the panel: its own alone, where its brand lets it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ileti.channels import quiet
from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.templates import lifecycle
from tests.campaigns.campaign_house import phone
from tests.panel.people import dealer_of, sign_in, take, token_of, user_with
from tests.panel.test_singles import NEW, confirmed, typed
from tests.singles.house import heard, knows, let, whole_record
from tests.templates.test_owners import OFFER, of_dealer


@pytest.fixture
def dealer(place: Any, monkeypatch: pytest.MonkeyPatch) -> int:
    """A dealer of a brand that lets its dealers send, by day."""
    monkeypatch.setattr(quiet, "speaks_from", lambda moment, *_: moment)
    let(place)
    heard(place)
    whole_record(place)
    return dealer_of(place)


def at(app: Any, place: Any, dealer: int) -> Any:
    return sign_in(app, user_with(app, "dealer_manager", place, dealer_id=dealer))


def test_a_dealer_reads_its_own_and_the_brands_and_writes_its_own(
    app: Any, place: Any, dealer: int
) -> None:
    own, other = of_dealer(place, dealer), of_dealer(place, dealer_of(place, "Öteki"), name="Öte")
    brands = lifecycle.create(place.provider_id, place.brand_id, Channel.MESAJ, "Markanın",
                              user_id=1, draft=OFFER)
    client = at(app, place, dealer)
    page = client.get("/sablonlar/").text
    assert [one in page for one in ("Bayinin", "Markanın", ">Öte<")] == [True, True, False]
    status = {number: (client.get(f"/sablonlar/{number}").status_code,
                       client.get(f"/sablonlar/{number}/taslak").status_code)
              for number in (own, brands, other)}
    assert status == {own: (200, 200), brands: (200, 403), other: (404, 404)}


def test_a_dealer_adds_one_that_is_its_own_whatever_the_form_says(
    app: Any, place: Any, dealer: int
) -> None:
    client = at(app, place, dealer)
    form = {"csrf_token": token_of(client), "name": "Yeni", "channel": "MESAJ"}
    for place_ in (f"p{place.provider_id}", f"b{place.brand_id}", "d999999"):
        assert client.post("/sablonlar/yeni", data=form | {"place": place_}).status_code == 422
    assert client.post("/sablonlar/yeni", data=form | {"place": f"d{dealer}"}).status_code == 302
    assert db.connection().execute(
        "select brand_id, dealer_id from message_template where provider_id = %s",
        (place.provider_id,)).fetchall() == [(place.brand_id, dealer)]


def test_those_above_read_a_dealers_and_take_it_off_and_write_nothing_in_it(
    app: Any, place: Any, dealer: int
) -> None:
    number = of_dealer(place, dealer)
    lifecycle.publish(number, 0, user_id=1)
    client = sign_in(app, user_with(app, "brand_manager", place, level="brand"))
    page = client.get(f"/sablonlar/{number}").text
    assert "Bornova Akasya" in page
    assert "adına)" in page
    assert client.get(f"/sablonlar/{number}/taslak").status_code == 403
    done = client.post(f"/sablonlar/{number}/kaldir", data={"csrf_token": token_of(client)})
    assert done.status_code == 303
    assert lifecycle.latest(number) is None


def test_of_the_brands_templates_a_dealer_takes_none_off(
    app: Any, place: Any, dealer: int
) -> None:
    number = lifecycle.create(place.provider_id, place.brand_id, Channel.MESAJ, "Markanın",
                              user_id=1, draft=OFFER)
    lifecycle.publish(number, 0, user_id=1)
    client = at(app, place, dealer)
    answer = client.post(f"/sablonlar/{number}/kaldir", data={"csrf_token": token_of(client)})
    assert answer.status_code == 403
    assert lifecycle.latest(number) is not None


def test_looking_at_a_message_as_somebody_a_dealer_learns_nothing_of_them(
    app: Any, place: Any, dealer: int
) -> None:
    done = take(place, phone(51), dealer_id=dealer)
    assert done is not None
    field = db.connection().execute(
        "select id from custom_field where provider_id = %s", (place.provider_id,)).fetchone()
    assert field is None
    number = of_dealer(place, dealer, replace(OFFER, body="Sayın {ad|müşterimiz}"))
    client = at(app, place, dealer)
    page = client.post(f"/sablonlar/{number}/taslak", data={
        "csrf_token": token_of(client), "wish": "look", "kisi": phone(51), "name": "x",
        "body": "Sayın {ad|müşterimiz}"}).text
    assert "Sayın müşterimiz" in page


def test_in_the_panel_a_dealer_sees_its_own_messages_and_no_others(
    app: Any, place: Any, dealer: int
) -> None:
    knows(place, 31, dealer)
    other = dealer_of(place, "Öteki")
    ours = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=dealer))
    theirs = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=other))
    sent = confirmed(ours).post(NEW, data=typed(
        ours, place, sinif="TICARI", neden="", metin="Yeni mağazamız açıldı."))
    assert sent.status_code == 303, sent.text
    assert ours.get(sent.location).status_code == 200
    assert f"{sent.location}\"" in ours.get("/tek-iletiler/").text
    assert theirs.get(sent.location).status_code == 404
    assert f"{sent.location}\"" not in theirs.get("/tek-iletiler/").text
    above = sign_in(app, user_with(app, "brand_manager", place, level="brand"))
    assert "Bornova Akasya" in above.get(sent.location).text


def test_without_the_brands_word_a_dealer_finds_no_page_to_send_from(
    app: Any, place: Any, dealer: int
) -> None:
    client = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=dealer))
    assert client.get("/tek-iletiler/").status_code == 200
    let(place, allowed=False)
    assert client.get("/tek-iletiler/").status_code in (302, 403, 404)
    assert client.get("/sablonlar/yeni").status_code in (302, 403, 404)
    answer = client.post(NEW, data={"csrf_token": token_of(client)})
    assert answer.status_code in (302, 403, 404)
