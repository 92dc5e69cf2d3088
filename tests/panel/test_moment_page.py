"""All that held for an address at a moment, on one page; each sees what it may see."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import psycopg
import pytest

import ileti.factory  # noqa: F401 (İYS's words are heard)
from ileti.consents.moments import Reach, at_moment, recipient_of
from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from tests.panel.people import dealer_of, restrict, sign_in, take, token_of, user_with
from tests.panel.test_time_travel import answer

PHONE = "+905992013377"


def link_of(client: Any, address: str = PHONE) -> str:
    """The way from the search to the page, as a person takes it."""
    found = client.post("/izinler/ara", data={
        "q": address, "csrf_token": token_of(client, "/izinler/")}, follow_redirects=True)
    return re.findall(r'href="(/izinler/o-an/\?bul=[^"&]+)', found.text)[0]


def seen(client: Any, link: str, at: datetime | None = None) -> str:
    page = client.get(link + (f"&at={clock.to_istanbul(at):%Y-%m-%dT%H:%M:%S.%f}" if at else ""))
    assert page.status_code == 200
    return str(page.text.partition("<main")[2])


@pytest.fixture
def story(app: Any, place: Any) -> dict[str, Any]:
    moments = {"before": clock.now()}
    first = take(place, PHONE).items[0].entry_id
    answer(place, first)
    take(place, PHONE, channel=Channel.ARAMA)
    moments["between"] = clock.now()
    second = take(place, PHONE, refusal=True).items[0].entry_id
    client = sign_in(app, user_with(app, "provider_admin", place))
    return {"client": client, "first": first, "second": second, **moments}


def test_every_channel_stands_with_its_answer_and_its_record(story: dict[str, Any]) -> None:
    client = story["client"]
    link = link_of(client)
    page = seen(client, link, story["between"])
    assert "O anda mesaj gönderilebilirdi" in page
    assert "Bu alıcı o anda aranamazdı" in page
    assert record_number(story["first"]) in page
    assert record_number(story["second"]) not in page
    assert f"/izinler/{record_number(story['first'])}?at=" in page
    now = seen(client, link)
    assert record_number(story["second"]) in now


def test_before_the_first_record_there_was_nothing(story: dict[str, Any]) -> None:
    page = seen(story["client"], link_of(story["client"]), story["before"])
    assert "O anda henüz kayıt yoktu" in page


def test_the_address_is_masked_and_in_no_url(story: dict[str, Any]) -> None:
    link = link_of(story["client"])
    page = seen(story["client"], link)
    assert PHONE[1:] not in page + link
    assert "77" in page


@pytest.mark.parametrize("at", ["dün", "2199-01-01T00:00", "0001-01-01T00:00:00+23:59"])
def test_what_is_no_past_moment_is_said_beside_its_field(story: dict[str, Any], at: str) -> None:
    page = story["client"].get(f"{link_of(story['client'])}&at={at}")
    assert page.status_code == 200
    assert 'aria-invalid="true"' in page.text


def test_the_consents_page_leads_there_too(story: dict[str, Any]) -> None:
    page = story["client"].get(f"/izinler/{record_number(story['first'])}")
    assert "/izinler/o-an/?bul=" in page.text


@pytest.mark.attack
def test_a_restricted_person_is_shown_to_those_alone_who_may_see_one(
        app: Any, place: Any, story: dict[str, Any]) -> None:
    officer = sign_in(app, user_with(app, "compliance_officer", place))
    ways = link_of(story["client"]), link_of(officer)
    restrict(place, recipient_of(place.provider_id, PHONE) or 0)
    for at in (story["between"], None):
        assert record_number(story["first"]) not in seen(story["client"], ways[0], at)
    assert record_number(story["first"]) in seen(officer, ways[1], story["between"])
    assert record_number(story["second"]) in seen(officer, ways[1])


def test_the_page_asks_as_often_for_many_records_as_for_few(
        place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = psycopg.Connection.execute

    def execute(self: Any, query: Any, *more: Any, **named: Any) -> Any:
        asked.append(str(query)[:60])
        return real(self, query, *more, **named)

    def statements() -> int:
        person = recipient_of(place.provider_id, PHONE)
        assert person is not None
        monkeypatch.setattr(psycopg.Connection, "execute", execute)
        asked.clear()
        assert at_moment(Reach(place.provider_id), person, clock.now())
        monkeypatch.undo()
        return len(asked)

    take(place, PHONE)
    one = statements()
    take(place, PHONE, channel=Channel.ARAMA)
    take(place, PHONE, refusal=True)
    assert statements() == one


@pytest.mark.attack
def test_a_reference_of_somebody_else_a_forged_one_and_none_open_nothing(
        app: Any, story: dict[str, Any], place_b: Any) -> None:
    link = link_of(story["client"])
    other = sign_in(app, user_with(app, "provider_admin", place_b))
    assert other.get(link).status_code == 404
    assert story["client"].get("/izinler/o-an/").status_code == 404
    assert story["client"].get("/izinler/o-an/?bul=x.y").status_code in (403, 404)


def test_a_dealer_sees_what_it_took_and_not_who_took_the_rest(app: Any, place: Any) -> None:
    own, other = dealer_of(place), dealer_of(place)
    theirs = take(place, PHONE, dealer_id=other).items[0].entry_id
    mine = take(place, PHONE, channel=Channel.ARAMA, dealer_id=own).items[0].entry_id
    client = sign_in(app, user_with(app, "dealer_manager", place, level="dealer", dealer_id=own))
    page = seen(client, link_of(client))
    assert record_number(mine) in page
    assert record_number(theirs) not in page
    db.connection().execute(
        "insert into consent_access (provider_id, brand_id, recipient_id, recipient_type, channel, "
        "dealer_id, entry_id, entry_at) select provider_id, brand_id, recipient_id, "
        "recipient_type, channel, %s, id, captured_at from consent_entry where id = %s",
        (own, theirs))
    page = seen(client, link_of(client))
    assert record_number(theirs) in page
    assert "başka bir bayi" in page
