"""An event's code: its own source and place in every proof, and an end that comes by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ileti.capture import dealercodes, sites
from ileti.core import clock, db
from ileti.documents.publish import publish_standard_texts
from tests.kvkk.told import untold
from tests.panel.people import dealer_of, sign_in, token_of, user_with

from .conftest import new_phone
from .test_dealer_pages import fill, verify


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's, which would share one context among all requests."""


@pytest.fixture
def office(app: Any, place: Any) -> Any:
    publish_standard_texts(place.provider_id, place.brand_id)
    sites.forget_sites()
    return sign_in(app, user_with(app, "provider_admin", place))


def make(client: Any, place: Any, **more: str) -> Any:
    return client.post("/etkinlikler/yap", follow_redirects=True, data={
        "csrf_token": token_of(client), "marka": place.brand_id, "ad": "Ege Ev Fuarı",
        "yer": "İzmir", "son": str(clock.today()), **more})


def event_of(place: Any) -> int:
    row = db.connection().execute("select id from site where provider_id = %s and kind = 'event'",
                                  (place.provider_id,)).fetchone()
    return int(row[0])


def test_what_comes_by_an_events_code_has_its_source_and_place_r43(
    app: Any, office: Any, place: Any, code_of: Callable[[str], str]
) -> None:
    assert "Ege Ev Fuarı · İzmir" in make(office, place).text
    page = fill(app, dealercodes.path_of(event_of(place)), new_phone())
    verify(app, page, code_of("phone"))
    rows = db.connection().execute(
        "select e.source, e.standing, s.evidence ->> 'place' from consent_entry e "
        "join submission s on s.provider_id = e.provider_id and s.id = e.submission_id "
        "where e.provider_id = %s order by e.id", (place.provider_id,)).fetchall()
    assert rows == [(3, 0, "Ege Ev Fuarı · İzmir"), (3, 1, "Ege Ev Fuarı · İzmir")]
    assert untold(place) == []  # the notice stood on the page


def test_after_its_last_day_the_code_says_that_it_is_over(
    app: Any, office: Any, place: Any, code_of: Callable[[str], str]
) -> None:
    make(office, place)
    path = dealercodes.path_of(event_of(place))
    begun = fill(app, path, new_phone())
    form = re.search(r'action="(/f/[^"/?]+)', begun.text)
    assert form
    db.connection().execute("update site set ends_at = now() - interval '1 minute' where id = %s",
                            (event_of(place),))
    sites.forget_sites()
    over = app.test_client().get(path)
    assert (over.status_code, "Bu etkinlik bitti" in over.text) == (410, True)
    assert "Makbuz no" in verify(app, begun, code_of("phone")).text  # begun before the end
    db.connection().execute("update site set ends_at = now() - interval '1 hour' where id = %s",
                            (event_of(place),))
    sites.forget_sites()
    assert app.test_client().post(form.group(1), data={"choice": "MESAJ"}).status_code == 404


@pytest.mark.parametrize("wrong", [
    {"ad": " "}, {"yer": ""}, {"son": "x"}, {"son": str(clock.today() - timedelta(days=1))},
    {"son": str(clock.today() + timedelta(days=61))}])
def test_an_event_has_a_name_a_place_and_an_end(
    office: Any, place: Any, wrong: dict[str, str]
) -> None:
    said = make(office, place, **wrong).text
    assert "adını ve yerini" in said or "Son gün" in said
    assert db.connection().execute("select count(*) from site where provider_id = %s",
                                   (place.provider_id,)).fetchone()[0] == 0


def test_an_event_is_ended_by_hand_and_its_poster_names_it(
    app: Any, office: Any, place: Any
) -> None:
    make(office, place)
    number = event_of(place)
    poster = office.get(f"/etkinlikler/{number}/afis-tr.pdf")
    assert (poster.status_code, poster.mimetype) == (200, "application/pdf")
    office.post(f"/etkinlikler/{number}/bitir", data={"csrf_token": token_of(office)})
    assert app.test_client().get(dealercodes.path_of(number)).status_code == 410
    assert office.get(f"/siteler/show/{number}").status_code == 404  # no site with a widget
    deeds = db.connection().execute("select action from audit_entry where provider_id = %s and "
                                    "action like 'event:%%' order by id",
                                    (place.provider_id,)).fetchall()
    assert [row[0] for row in deeds] == ["event:make", "event:end"]


def test_an_events_page_takes_nothing_without_network(app: Any, office: Any, place: Any) -> None:
    make(office, place)
    path = dealercodes.path_of(event_of(place))
    assert app.test_client().get(f"{path}/pack.json").status_code == 404
    assert app.test_client().post(f"{path}/items", json={"wall": 1, "items": []}).status_code == 404
    dealer = dealer_of(place)
    manager = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=dealer))
    assert "Ege Ev" not in manager.get("/etkinlikler/").text
