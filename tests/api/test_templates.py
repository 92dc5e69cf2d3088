"""Templates over the API: what is published, and a preview that looks nobody up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event

from ileti.api import scoped
from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.templates import lifecycle
from ileti.templates.models import MessageTemplateVersion
from ileti.templates.written import Content

from .api_house import Program, account
from .resource_house import EVERY, get, post

OFFER = Content(Channel.MESAJ, body="Sayın {ad|müşterimiz}, {alan.kart} ile %20 indirim.",
                terms="https://defne.ornek.com.tr/k", ends=date(2027, 1, 31), tags=("kampanya",))


@pytest.fixture(autouse=True)
def serving(app: Any) -> None:
    """The panel's application behind the services that look through it."""
    scoped.serve_with(lambda: app)


@pytest.fixture
def program(conn: Any, place: Any) -> Program:
    """A program that may everything."""
    return Program(place, account(place, brings=False, scopes=EVERY))


def published(place: Any, content: Content = OFFER, *, brand: bool = True) -> int:
    db.connection().execute(
        "insert into custom_field (provider_id, subject, key, kind, name_tr, name_en) "
        "values (%s, 1, 'kart', 'text', 'Kart', 'Card') on conflict do nothing",
        (place.provider_id,))
    number = lifecycle.create(place.provider_id, place.brand_id if brand else None,
                              content.channel, "Hafta sonu", user_id=1, draft=content)
    lifecycle.publish(number, 0, user_id=1)
    return number


def test_what_is_published_is_listed_and_drafts_are_not(program: Program, place: Any) -> None:
    number = published(place)
    lifecycle.create(place.provider_id, None, Channel.MESAJ, "Taslak", user_id=1, draft=OFFER)
    items = get(program, "/templates").json["items"]
    assert [one["id"] for one in items] == [number]
    assert items[0]["messageClass"] == "TICARI"
    assert items[0]["tags"] == ["kampanya"]
    assert get(program, "/templates", channel="EPOSTA").json["items"] == []
    shown = get(program, f"/templates/{number}").json
    assert [one["version"] for one in shown["versions"]] == [1]


def test_a_list_reads_the_version_in_use_alone_of_each(program: Program, place: Any) -> None:
    number = published(place)
    for n in (1, 2):
        lifecycle.save(number, n - 1, replace(OFFER, body=f"Bu hafta %{n}0 indirim."), user_id=1)
        lifecycle.publish(number, n, user_id=1)
    published(place)
    read: list[int] = []

    def note(one: Any, _context: Any) -> None:
        read.append(one.version)

    event.listen(MessageTemplateVersion, "load", note)
    try:
        items = get(program, "/templates").json["items"]
    finally:
        event.remove(MessageTemplateVersion, "load", note)
    assert [(one["version"], one["body"]) for one in items] == [
        (3, "Bu hafta %20 indirim."), (1, OFFER.body)]
    assert sorted(read) == [1, 3]


def test_a_preview_is_what_would_be_sent_with_its_cost(program: Program, place: Any) -> None:
    number = published(place)
    db.connection().execute(
        "update provider set mersis = '0123456789012345', contact = 'Defne Sk. 1', "
        "refusal_number = '3338', segment_price = 0.15 where id = %s", (place.provider_id,))
    answer = post(program, f"/templates/{number}/preview",
                  {"values": {"ad": "Ayşe {soyad}", "ret_baglantisi": "https://kotu.test"}})
    assert answer.status_code == 200, answer.text
    said = answer.json
    assert said["body"].startswith("Kampanya: Sayın Ayşe (soyad),  ile %20 indirim.")
    assert said["body"].endswith("Ret icin RET yazip 3338'e ucretsiz gonderin")
    assert (said["segments"], said["cost"], said["lacks"]) == (2, "0.3000", [])
    assert said["emptyFields"] == ["alan.kart"]


def test_what_the_record_lacks_is_told(program: Program, place: Any) -> None:
    said = post(program, f"/templates/{published(place)}/preview", {}).json
    assert "refusal_sms" in {one["code"] for one in said["lacks"]}
    assert "Mersis" not in said["body"]


def test_the_providers_template_is_shown_for_a_brand(program: Program, place: Any) -> None:
    number = published(place, brand=False)
    assert get(program, "/templates", brand=str(place.brand_code)).json["items"][0]["inherited"]
    answer = post(program, f"/templates/{number}/preview", {"brand": place.brand_code})
    assert answer.status_code == 200
    assert post(program, f"/templates/{number}/preview", {"brand": 1}).status_code == 404


def test_values_are_texts(program: Program, place: Any) -> None:
    answer = post(program, f"/templates/{published(place)}/preview", {"values": {"ad": 5}})
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "values.ad"


def test_what_was_taken_off_is_read_and_not_filled(program: Program, place: Any) -> None:
    number = published(place)
    lifecycle.retire(number, user_id=1)
    assert get(program, "/templates").json["items"] == []
    assert get(program, f"/templates/{number}").json["retired"]
    assert post(program, f"/templates/{number}/preview", {}).status_code == 404


def test_another_providers_template_is_not_there(program: Program, place_b: Any) -> None:
    number = published(place_b, replace(OFFER, tags=()))
    assert get(program, f"/templates/{number}").status_code == 404
    assert post(program, f"/templates/{number}/preview", {}).status_code == 404
