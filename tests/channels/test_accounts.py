"""Accounts: by which road a brand's messages go, over real HTTP to three simulated providers."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

import pytest

from ileti.channels import accounts
from ileti.channels.sms import Batch, InDoubt, Later, Never, Sms, Taken
from ileti.consents.vocabulary import Channel
from ileti.core.secrets import secrets
from tests.channels.conftest import FIELDS, approve, details

GOOD = "+905992134117"
def ways(place: Any, *, commercial: bool = True, **more: Any) -> list[accounts.Road]:
    return accounts.roads(place.provider_id, place.brand_id, Channel.MESAJ, commercial=commercial,
                          **more)


def hand(road: accounts.Road) -> Any:
    """One message over a road, noted as who sends notes it."""
    handed = road.gateway.send(Batch("b-1", road.sender, None, [Sms(1, GOOD, "İyi günler")]))
    accounts.note(road.account_id, handed)
    return handed


@pytest.mark.parametrize("kind", FIELDS)
def test_a_message_goes_over_an_account_to_its_provider(open_account: Any, place: Any,
                                                        kind: str) -> None:
    number = open_account(kind)
    road, = ways(place)
    assert (road.account_id, road.kind, road.sender) == (number, kind, "DEFNE EV")
    assert isinstance(hand(road), Taken)


def test_the_first_is_away_and_the_second_carries(open_account: Any, place: Any) -> None:
    away = open_account("netgsm", rank=1, url="http://127.0.0.1:1")
    there = open_account("verimor", rank=2)
    first, second = ways(place)
    assert isinstance(hand(first), Later)
    assert isinstance(hand(second), Taken)
    assert [first.account_id, second.account_id] == [away, there]


def test_an_account_that_was_refused_rests_twice_as_long_each_time_and_says_so(
        open_account: Any, place: Any, conn: Any) -> None:
    number, other = open_account("netgsm", password="yanlis"), open_account("verimor", rank=2)
    rests = []
    for _ in range(3):
        assert hand(ways(place)[0]).account
        assert [one.account_id for one in ways(place)] == [other]
        rest, = accounts.resting(place.provider_id, place.brand_id, Channel.MESAJ, commercial=True)
        assert (rest.account_id, "password" in rest.reason) == (number, True)
        rests.append(conn.execute(
            "update gateway_account a set rests_until = now() from gateway_account b "
            "where a.id = %s and b.id = a.id "
            "returning extract(epoch from b.rests_until - b.last_problem_at)",
            [number]).fetchone()[0])
    assert [round(seconds) for seconds in rests] == [60, 120, 240]


def test_a_good_answer_ends_the_rest(open_account: Any, place: Any, conn: Any) -> None:
    number = open_account("netgsm")
    accounts.refused(number, "Netgsm (30)")
    assert ways(place) == []
    accounts.note(number, Taken("1"))
    assert [one.account_id for one in ways(place)] == [number]
    assert conn.execute("select refusals, last_ok_at is not null from gateway_account "
                        "where id = %s", [number]).fetchone() == (0, True)


def test_the_same_refusal_heard_by_many_at_once_counts_once(open_account: Any, conn: Any) -> None:
    number = open_account("netgsm")
    for _ in range(5):
        accounts.note(number, Never("Netgsm (30)", account=True))
    assert conn.execute("select refusals from gateway_account where id = %s",
                        [number]).fetchone() == (1,)


def test_what_is_in_doubt_is_told_and_lets_nothing_rest(open_account: Any, place: Any,
                                                        conn: Any) -> None:
    number = open_account("netgsm")
    accounts.note(number, InDoubt("ReadTimeout"))
    assert len(ways(place)) == 1
    assert conn.execute("select last_problem from gateway_account where id = %s",
                        [number]).fetchone() == ("in doubt: ReadTimeout",)


def test_within_a_rank_weights_share_and_a_rank_is_never_passed(open_account: Any, place: Any
                                                                ) -> None:
    random.seed(7)
    heavy, light = open_account("netgsm", weight=9), open_account("verimor", weight=1)
    last = open_account("iletimerkezi", rank=2, weight=100)
    firsts = Counter(ways(place)[0].account_id for _ in range(300))
    assert set(firsts) == {heavy, light}
    assert 240 < firsts[heavy] < 295
    assert ways(place)[2].account_id == last


@pytest.mark.parametrize("state", [None, 1, 3, 4])
def test_a_sender_that_is_not_approved_is_never_used(open_account: Any, place: Any, conn: Any,
                                                     state: int | None) -> None:
    """R-54: asked for, refused or closed is not approved."""
    number = open_account("netgsm", title=None)
    if state is not None:
        approve(conn, place, number, state=state)
    assert ways(place) == []
    approve(conn, place, number, "DEFNE")
    assert [one.sender for one in ways(place)] == ["DEFNE"]


def test_a_title_may_be_asked_for(open_account: Any, place: Any, conn: Any) -> None:
    number = open_account("netgsm")
    approve(conn, place, number, "ILETI")
    assert ways(place)[0].sender == "DEFNE EV"
    assert [one.sender for one in ways(place, sender="ileti")] == ["ILETI"]
    assert ways(place, sender="BASKA") == []


def test_purpose_brand_and_switch_decide_who_may_use_an_account(
        open_account: Any, place: Any, place_b: Any, conn: Any) -> None:
    only = open_account("netgsm", exempt=False)
    open_account("verimor", active=False)
    theirs = open_account("verimor", where=place_b)
    other = conn.execute(
        "insert into brand (provider_id, brand_code, name, master) values (%s, %s, 'Öteki', false) "
        "returning id", (place.provider_id, place.brand_code + 1)).fetchone()[0]
    open_account("iletimerkezi", brand_id=other)
    assert [one.account_id for one in ways(place)] == [only]
    assert ways(place, commercial=False) == []
    assert [one.account_id for one in ways(place_b)] == [theirs]


def test_details_nobody_can_open_make_no_road_and_a_change_makes_another_gateway(
        open_account: Any, place: Any, conn: Any, house: Any) -> None:
    number = open_account("netgsm")
    before = ways(place)[0].gateway
    assert ways(place)[0].gateway is before
    for sealed in ("1.AAAA", secrets().keyring.encrypt_text("{}", accounts.SEALED)):
        conn.execute("update gateway_account set sealed = %s where id = %s", (sealed, number))
        assert ways(place) == []
    fresh = secrets().keyring.encrypt_text(
        json.dumps(details(house.url, "netgsm")), accounts.SEALED)
    conn.execute("update gateway_account set sealed = %s where id = %s", (fresh, number))
    assert ways(place)[0].gateway is not before


def test_secrets_stand_in_no_road_that_is_printed(open_account: Any, place: Any) -> None:
    open_account("netgsm", password="cok-gizli-parola")
    assert "gizli" not in repr(ways(place))
