"""A dealer who plays with addresses, forms and cookies still sees and moves its own alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest

from ileti.consents.numbers import record_number
from ileti.core import db
from tests.panel.people import dealer_of, sign_in, take, token_of, user_with

OTHER_PHONE = "+905992077022"


@dataclass
class Stage:
    """Dealer A signed in; dealer B of the same brand with a consent of one channel each."""

    app: Any
    place: Any
    mine: int
    other: int
    own_entry: int
    other_entry: int
    client: Any

    def rows(self, query: str) -> list[str]:
        """The record numbers a list shows."""
        page = self.client.get(f"/izinler/?{query}")
        assert page.status_code == 200, query
        return re.findall(r'href="/izinler/(IZN-[0-9A-Z-]+)"', page.text)


@pytest.fixture
def stage(app: Any, place: Any) -> Stage:
    mine, other = dealer_of(place, "Bornova Akasya"), dealer_of(place, "Karşıyaka Lale")
    own = take(place, "+905992077011", dealer_id=mine).items[0].entry_id
    strange = take(place, OTHER_PHONE, dealer_id=other, refusal=True).items[0].entry_id
    take(place, "+905992077033")
    client = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=mine))
    return Stage(app, place, mine, other, own, strange, client)


@pytest.mark.parametrize("query", [
    "", "bayi={other}", "bayi={mine}&bayi={other}", "secim=refusal", "iys=queued&iys=waiting",
    "kanal=1&kanal=2&kanal=3", "tarih_from=2020-01-01&tarih_to=2199-01-01", "dealer_id={other}",
    "sort=dealer_id", "_oc_ConsentView=dealer_id&_od_ConsentView=asc", "page=2", "size=1000",
    "brand_id=1&provider_id=1", "once=9999999999999999.{strange}", "sonra=1.{strange}",
    "once=x&sonra=y", "bul=", "kaynak=99999999999999999999", "secim=%27%20or%201=1--",
    "tarih_from=0001-01-01&tarih_to=9999-12-31", "kanal=%C2%B2", "once=%F0%9F%98%80.{strange}",
])
def test_no_query_string_shows_more_than_ones_own(stage: Stage, query: str) -> None:
    shown = stage.rows(query.format(mine=stage.mine, other=stage.other,
                                    strange=record_number(stage.other_entry)))
    assert set(shown) <= {record_number(stage.own_entry)}


def test_a_forged_reference_is_refused(stage: Stage) -> None:
    for token in ("x", "eyJyIjpbWzEsMV1dfQ.AAAA", "." * 40):
        assert stage.client.get("/izinler/", query_string={"bul": token}).status_code in (403, 404)


@pytest.mark.parametrize("path", [
    "/iletim/", "/iletim/?durum=duran", "/iletim/?durum=gonderim&once=99999999999999999999999",
])
def test_the_queue_is_not_a_dealers(stage: Stage, path: str) -> None:
    assert stage.client.get(path).status_code == 403


def test_a_dealer_sends_nothing_again(stage: Stage) -> None:
    db.connection().execute("update outbox set dead_at = now() where provider_id = %s",
                            (stage.place.provider_id,))
    for entry in (stage.own_entry, stage.other_entry):
        answer = stage.client.post("/iletim/yeniden", data={
            "csrf_token": token_of(stage.client), "ref": record_number(entry)})
        assert answer.status_code == 403
    assert _stopped(stage) == 3


def _stopped(stage: Stage) -> int:
    return int(db.connection().execute(
        "select count(*) from outbox where provider_id = %s and dead_at is not null",
        (stage.place.provider_id,)).fetchone()[0])  # type: ignore[index]


@pytest.mark.parametrize("workspace", ["1", "0", "-1", "all", "99999999999999999999", "1 or 1=1"])
def test_the_switcher_goes_to_ones_own_places_only(stage: Stage, workspace: str) -> None:
    answer = stage.client.post("/calisma-alani", data={
        "csrf_token": token_of(stage.client), "workspace": workspace})
    assert answer.status_code == 404
    assert stage.rows("") == [record_number(stage.own_entry)]


def test_the_switcher_does_not_go_to_a_colleagues_place(stage: Stage) -> None:
    name = user_with(stage.app, "provider_admin", stage.place)
    colleague = db.connection().execute(
        "select m.id from membership m join ab_user u on u.id = m.user_id where u.username = %s",
        (name,)).fetchone()
    answer = stage.client.post("/calisma-alani", data={
        "csrf_token": token_of(stage.client), "workspace": str(colleague[0])})
    assert answer.status_code == 404
    assert stage.rows("") == [record_number(stage.own_entry)]


def test_cookies_of_ones_own_making_change_nothing(stage: Stage) -> None:
    for name in ("workspace", "dealer_id", "provider_id", "session", "tema"):
        stage.client.set_cookie(name, "1")
    assert stage.rows("") == [record_number(stage.own_entry)]


def test_sending_again_takes_a_right_a_post_and_a_form_token(stage: Stage) -> None:
    admin = sign_in(stage.app, user_with(stage.app, "provider_admin", stage.place))
    db.connection().execute("update outbox set dead_at = now() where provider_id = %s",
                            (stage.place.provider_id,))
    assert admin.get("/iletim/yeniden").status_code == 405
    assert admin.post("/iletim/yeniden").status_code == 400
    assert _stopped(stage) == 3
    assert admin.post("/iletim/yeniden", data={"csrf_token": token_of(admin)}).status_code == 302
    assert _stopped(stage) == 0


@pytest.mark.parametrize("ref", ["{bare}", "1-{bare}", "IZN-1", "MKB-0000-0000-0000", "x" * 999])
def test_a_stopped_row_is_named_by_its_number_alone(stage: Stage, ref: str) -> None:
    admin = sign_in(stage.app, user_with(stage.app, "provider_admin", stage.place))
    answer = admin.post("/iletim/yeniden", data={
        "csrf_token": token_of(admin), "ref": ref.format(bare=stage.own_entry)})
    assert answer.status_code == 404


def test_the_queue_says_the_reason_in_the_pages_language_with_its_code(stage: Stage) -> None:
    admin = sign_in(stage.app, user_with(stage.app, "provider_admin", stage.place))
    from ileti.iys.errors import meaning

    db.connection().execute(
        "update outbox set dead_at = now(), reason = %s where provider_id = %s",
        (meaning("H180").tr, stage.place.provider_id))
    page = admin.get("/iletim/?durum=duran").text
    assert meaning("H180").tr in page
    assert 'data-copy="H180"' in page
    english = admin.get("/lang/en", follow_redirects=False)
    assert english.status_code == 302
    assert meaning("H180").en.replace("'", "&#39;") in admin.get("/iletim/?durum=duran").text
