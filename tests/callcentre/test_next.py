"""The next number of a list on the agent's screen: one after the other, asked of the gate."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ileti.calllists import making
from ileti.calllists.vocabulary import Result
from ileti.core import clock
from tests.callcentre.house import published
from tests.callcentre.test_screen import user
from tests.calllists.house import ANNA, BERK, consent, new, rows
from tests.panel.people import token_of

NEXT = "/cagri/siradaki"
ALL_DAY: dict[str, Any] = {"opens": 0, "closes": 1440, "on_holidays": True}


@pytest.fixture
def house(place: Any) -> Any:
    consent(place, ANNA, BERK, at=clock.now() - timedelta(hours=1))
    making.from_consents(new(place, **ALL_DAY))
    return published(place)


def take(client: Any) -> Any:
    return client.post(NEXT, data={"csrf_token": token_of(client)})


def out(place: Any) -> list[Any]:
    return rows("select id, user_id, result from call_attempt where provider_id = %s order by id",
                place.provider_id)


def test_looking_at_the_page_takes_no_number_and_a_press_takes_one_at_a_time(
    app: Any, house: Any
) -> None:
    client = user(app, house)
    assert NEXT in client.get("/cagri/").text
    assert out(house) == []
    for _ in range(2):
        assert take(client).status_code == 303
    assert len(out(house)) == 1
    page = client.get("/cagri/").text
    assert [one in page for one in (f"tel:{ANNA}", f"tel:{BERK}")].count(True) == 1


def test_a_result_is_written_and_the_next_number_comes(app: Any, house: Any) -> None:
    client = user(app, house)
    take(client)
    ((attempt, *_),) = out(house)
    done = client.post(f"{NEXT}/{attempt}", data={"csrf_token": token_of(client),
                                                  "sonuc": "REACHED"})
    assert (done.status_code, out(house)[0][2]) == (303, Result.REACHED)
    take(client)
    assert len(out(house)) == 2


def test_r32_a_refusal_in_such_a_call_works_at_once(app: Any, house: Any) -> None:
    client = user(app, house)
    take(client)
    ((attempt, *_),) = out(house)
    assert client.post(f"{NEXT}/{attempt}", data={
        "csrf_token": token_of(client), "sonuc": "REFUSED"}).status_code == 303
    assert sorted(rows("select status from consent_state where provider_id = %s and channel = 1",
                       house.provider_id)) == [(1,), (2,)]


def test_r36_who_refused_while_the_number_was_out_is_not_called(app: Any, house: Any) -> None:
    client = user(app, house)
    take(client)
    assert "tel:" in client.get("/cagri/").text
    rows("update consent_state set status = 2 where provider_id = %s returning 1",
         house.provider_id)
    page = client.get("/cagri/").text
    assert "tel:" not in page
    assert "sonuc" in page


def test_nobody_writes_the_result_of_another_s_call(app: Any, house: Any) -> None:
    one, other = user(app, house), user(app, house)
    take(one)
    ((attempt, *_),) = out(house)
    for said in ("REACHED", "REFUSED"):
        assert other.post(f"{NEXT}/{attempt}", data={
            "csrf_token": token_of(other), "sonuc": said}).status_code == 404
    assert out(house)[0][2] is None
