"""A dealer sees what it took and what it was given access to, and nothing else (R-45, ADR 0019)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select

from ileti.consents import gate, listing
from ileti.consents.listing import GIVEN, TAKEN, Wanted
from ileti.consents.models import ConsentAccess, ConsentEntry, ConsentState, Submission
from ileti.consents.numbers import receipt_number, record_number
from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core import db, orm
from ileti.iys import granted
from ileti.iys.granted import Act, Group
from ileti.outbox.models import OutboxRow
from ileti.recipients.models import Recipient
from ileti.tenancy.scope import Scope, within
from tests.panel.people import dealer_of, sign_in, take, token_of, user_with

KIND, SMS = RecipientType.BIREYSEL, Channel.MESAJ
OWN, SHARED, STRANGE = "+905993010001", "+905993010002", "+905993010003"


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's: each request gets a ``g`` of its own."""


@dataclass
class House:
    """A brand with two dealers: ``mine`` took OWN and has access to SHARED, which ``other`` took as
    it took STRANGE."""

    place: Any
    mine: int
    other: int
    own: Any
    shared: Any
    strange: Any

    @property
    def scope(self) -> Scope:
        return Scope(provider_id=self.place.provider_id, brand_id=self.place.brand_id,
                     dealer_id=self.mine)

    def change(self, act: Act, *dealers: int, of: Any = None, channel: Channel = SMS) -> None:
        group = Group(self.place.provider_id, self.place.brand_id, KIND, channel, act, dealers)
        with db.transaction() as conn:
            granted.apply(conn, group, [(of or self.shared).items[0].recipient_id])


@pytest.fixture
def house(place: Any, place_b: Any) -> House:
    mine, other = dealer_of(place, "Bornova Akasya"), dealer_of(place, "Karşıyaka Lale")
    take(place_b, SHARED)
    made = House(place, mine, other, take(place, OWN, dealer_id=mine),
                 take(place, SHARED, dealer_id=other), take(place, STRANGE, dealer_id=other))
    made.change(Act.GIVE, mine)
    return made


@pytest.fixture
def session(app: Any) -> Iterator[Any]:
    with app.test_request_context():
        yield orm.db.session
        orm.db.session.rollback()


def entry_of(done: Any) -> int:
    return int(done.items[0].entry_id)


def listed(house: House, **wanted: Any) -> list[int]:
    with within(house.scope):
        rows, _more = listing.page(Wanted(**wanted))
        assert listing.count(Wanted(**wanted)) == len(rows)
    return [entry.id for entry, _state in rows]


def numbers(page: Any) -> list[str]:
    return re.findall(r'href="/izinler/(IZN-[0-9A-Z-]+)"', page.text)


# -- the row rule --------------------------------------------------------------------------------


def test_access_opens_the_consent_its_state_its_address_and_its_way_to_iys(
    house: House, session: Any
) -> None:
    with within(house.scope):
        for model in (ConsentEntry, ConsentState, Recipient, OutboxRow):
            assert session.scalar(select(func.count()).select_from(model)) == 2, model
        assert session.scalar(select(func.count()).select_from(ConsentAccess)) == 1


def test_who_clicked_and_where_stays_with_the_taker(house: House, session: Any) -> None:
    with within(house.scope):
        assert session.scalars(select(Submission.id)).all() == [house.own.submission_id]


def test_access_to_one_channel_opens_no_other(house: House, session: Any) -> None:
    take(house.place, SHARED, dealer_id=house.other, channel=Channel.ARAMA)
    with within(house.scope):
        assert session.scalars(select(ConsentState.channel).where(
            ConsentState.recipient_id == house.shared.items[0].recipient_id)).all() == [int(SMS)]


def test_taking_and_replacing_close_it_again(house: House, session: Any) -> None:
    assert listed(house) == [entry_of(house.shared), entry_of(house.own)]
    house.change(Act.TAKE, house.mine)
    assert listed(house) == [entry_of(house.own)]
    house.change(Act.GIVE, house.mine)
    house.change(Act.REPLACE, house.other)
    assert listed(house) == [entry_of(house.own)]


def test_what_a_dealer_took_it_sees_whoever_may_use_it(house: House, session: Any) -> None:
    house.change(Act.REPLACE, house.other, of=house.own)
    assert entry_of(house.own) in listed(house)


def test_the_same_change_twice_changes_nothing(house: House) -> None:
    for _ in range(2):
        house.change(Act.REPLACE, house.mine, house.other)
    rows = db.connection().execute(
        "select dealer_id from consent_access where provider_id = %s order by 1",
        (house.place.provider_id,)).fetchall()
    assert rows == [(house.mine,), (house.other,)]


# -- the list ------------------------------------------------------------------------------------


def test_a_consent_that_was_taken_and_given_stands_once(house: House, session: Any) -> None:
    house.change(Act.GIVE, house.mine, of=house.own)
    assert sorted(listed(house)) == sorted([entry_of(house.own), entry_of(house.shared)])


def test_a_shared_consent_keeps_its_place_and_shows_what_holds_now(
    house: House, session: Any
) -> None:
    take(house.place, SHARED, refusal=True)
    with within(house.scope):
        rows, _more = listing.page(Wanted(half=GIVEN))
        assert [(entry.id, listing.choice_key(state)) for entry, state in rows] == [
            (entry_of(house.shared), "refusal")]


def test_the_halves_are_apart_and_together(house: House, session: Any) -> None:
    assert listed(house, half=TAKEN) == [entry_of(house.own)]
    assert listed(house, half=GIVEN) == [entry_of(house.shared)]
    assert listed(house, channels=[int(Channel.ARAMA)]) == []
    assert listed(house, recipients=[(
        house.place.provider_id, house.shared.items[0].recipient_id)]) == [entry_of(house.shared)]


def test_narrowed_to_another_dealer_there_is_nothing(house: House, session: Any) -> None:
    assert listed(house, dealers=[house.other]) == []


def test_pages_walk_through_both_halves_without_a_gap(house: House, session: Any) -> None:
    for n in range(7):
        done = take(house.place, f"+9059930200{n:02}", dealer_id=house.other if n % 2 else
                    house.mine)
        if n % 2:
            house.change(Act.GIVE, house.mine, of=done)
    whole = listed(house)
    assert len(whole) == 9
    seen: list[int] = []
    place = None
    with within(house.scope):
        for _ in range(5):
            rows, more = listing.page(Wanted(), before=place, size=2)
            seen += [entry.id for entry, _state in rows]
            place = (rows[-1][0].captured_at, rows[-1][0].id)
        assert (seen, more) == (whole, False)
        back, more = listing.page(Wanted(), after=place, size=3)
    assert ([entry.id for entry, _state in back], more) == (whole[5:8], True)


# -- pages ---------------------------------------------------------------------------------------


def test_the_record_page_tells_the_story_without_who_took_it(app: Any, house: House) -> None:
    browser = sign_in(app, user_with(app, "dealer_manager", house.place, dealer_id=house.mine))
    page = browser.get(f"/izinler/{record_number(entry_of(house.shared))}")
    assert page.status_code == 200
    assert SHARED not in page.text
    assert "Karşıyaka Lale" not in page.text
    assert "www.ornek.com.tr" not in page.text
    assert receipt_number(house.shared.submission_id) not in page.text
    assert "başka bir bayi" in page.text
    own = browser.get(f"/izinler/{record_number(entry_of(house.own))}").text
    assert "www.ornek.com.tr" in own


def test_it_is_found_by_address_and_by_number_and_no_more_once_access_is_taken(
    app: Any, house: House
) -> None:
    browser = sign_in(app, user_with(app, "dealer_user", house.place, dealer_id=house.mine))
    number = record_number(entry_of(house.shared))

    def found(typed: str) -> list[str]:
        answer = browser.post("/izinler/ara", data={"csrf_token": token_of(browser), "q": typed},
                              follow_redirects=True)
        return [number] if answer.request.path.endswith(number) else numbers(answer)

    assert (found(SHARED), found(number), found(STRANGE)) == ([number], [number], [])
    assert number in numbers(browser.get("/izinler/?erisim=verilen"))
    house.change(Act.TAKE, house.mine)
    assert (found(SHARED), numbers(browser.get("/izinler/"))) == (
        [], [record_number(entry_of(house.own))])
    assert browser.get(f"/izinler/{number}").status_code == 404


def test_taken_between_list_and_open_it_is_not_found_and_no_deed_reaches_it(
    app: Any, house: House
) -> None:
    browser = sign_in(app, user_with(app, "dealer_manager", house.place, dealer_id=house.mine))
    url, = (f"/izinler/{one}" for one in numbers(browser.get("/izinler/?erisim=verilen")))
    token = token_of(browser)
    house.change(Act.TAKE, house.mine)
    assert browser.get(url).status_code == 404
    assert browser.get(f"{url}?at=2099-01-01T00:00").status_code == 404
    assert browser.post(f"{url}/ret", data={"csrf_token": token}).status_code == 404
    assert browser.post(f"{url}/adres", data={"csrf_token": token}).status_code in (403, 404)
    assert gate.Denial.REFUSED is not gate.may_send_now(
        house.place.provider_id, house.place.brand_id, SHARED, SMS).denial


def test_a_strange_consent_is_a_404_like_one_that_is_not_there(
    app: Any, house: House, place_b: Any
) -> None:
    browser = sign_in(app, user_with(app, "dealer_manager", house.place, dealer_id=house.mine))
    foreign = take(place_b, "+905993010009", dealer_id=dealer_of(place_b))
    nobody = browser.get("/izinler/IZN-0000-0000-0001").text
    for done in (house.strange, foreign):
        page = browser.get(f"/izinler/{record_number(entry_of(done))}")
        assert page.status_code == 404
        assert len(page.text) == len(nobody)


def test_the_home_page_counts_what_was_given_apart_from_what_was_taken(
    app: Any, house: House
) -> None:
    browser = sign_in(app, user_with(app, "dealer_manager", house.place, dealer_id=house.mine))
    page = re.sub(r"\s+", " ", browser.get("/").text)
    tiles = re.findall(r'class="tile-number">([\d.]+)<', page)
    assert tiles == ["1", "1", "1", "1"], "today, this month and not at İYS are its own"
    assert '/izinler/?erisim=verilen"' in page
    assert set(numbers(browser.get("/"))) == {record_number(entry_of(house.own))}


# -- R-31 ----------------------------------------------------------------------------------------


def test_a_refusal_anywhere_reaches_the_dealer_with_access_and_the_gate_says_no(
    app: Any, house: House
) -> None:
    browser = sign_in(app, user_with(app, "dealer_user", house.place, dealer_id=house.mine))
    take(house.place, SHARED, dealer_id=house.other, refusal=True)
    page = browser.get(f"/izinler/{record_number(entry_of(house.shared))}").text
    assert "Ret" in page
    assert "Bu alıcıya mesaj gönderilemez" in page or "gönderilemez" in page
    denied = gate.may_send_now(house.place.provider_id, house.place.brand_id, SHARED, SMS)
    assert denied.denial is gate.Denial.REFUSED


def test_a_refusal_at_the_dealer_with_access_is_one_for_the_taker_and_the_brand(
    app: Any, house: House
) -> None:
    browser = sign_in(app, user_with(app, "dealer_user", house.place, dealer_id=house.mine))
    url = f"/izinler/{record_number(entry_of(house.shared))}"
    assert browser.post(f"{url}/ret", data={"csrf_token": token_of(browser)}).status_code == 302
    taker = sign_in(app, user_with(app, "dealer_user", house.place, dealer_id=house.other))
    assert "Ret" in taker.get(url).text
    denied = gate.may_send_now(house.place.provider_id, house.place.brand_id, SHARED, SMS)
    assert denied.denial is gate.Denial.REFUSED
    rows = db.connection().execute(
        "select dealer_id from consent_entry where provider_id = %s and status = 2",
        (house.place.provider_id,)).fetchall()
    assert rows == [(house.mine,)]
