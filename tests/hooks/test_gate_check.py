"""The hook ``gate_check``: a plug-in makes the gate stricter, never looser, and it fails closed."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ileti.consents.gate import Denial, may_send, may_send_now
from ileti.consents.vocabulary import Channel
from ileti.hooks import manager
from ileti.hooks.kinds import Said
from ileti.tenancy import plugins
from tests.hooks.conftest import switch_on
from tests.panel.people import take

GOOD, OTHER, REFUSER = "+905994100001", "+905994100002", "+905994100003"
NO = Said("Olmaz.", "No.")


@pytest.fixture
def shop(conn: Any, place: Any) -> Any:
    """Two who may be written to, and one who refused."""
    for phone in (GOOD, OTHER):
        take(place, phone)
    take(place, REFUSER, refusal=True)
    conn.execute("update consent_state set iys_status = 3 where provider_id = %s",
                 [place.provider_id])
    return place


def ask(shop: Any) -> list[bool]:
    return may_send(shop.provider_id, shop.brand_id, [GOOD, REFUSER, OTHER], Channel.MESAJ)


def one(shop: Any, phone: str = GOOD) -> Any:
    return may_send_now(shop.provider_id, shop.brand_id, phone, Channel.MESAJ)


def test_a_check_refuses_with_its_own_words(shop: Any, put_in: Any) -> None:
    put_in(shop, gate_check=lambda asked: {
        place: NO for place, to in enumerate(asked.addresses) if to == OTHER})
    assert ask(shop) == [True, False, False]
    assert (one(shop, OTHER).denial, one(shop, OTHER).tr) == (Denial.PLUGIN, "Olmaz.")
    assert one(shop).denial is None


def test_a_check_allows_nobody_the_law_does_not(shop: Any, put_in: Any) -> None:
    asked: list[Any] = []
    put_in(shop, gate_check=lambda asked: (asked_of(asked), {})[1])

    def asked_of(question: Any) -> None:
        asked.append(question.addresses)

    assert ask(shop) == [True, False, True]
    assert asked == [(GOOD, OTHER)]  # who refused is never shown to it
    assert one(shop, REFUSER).denial is Denial.REFUSED


@pytest.mark.parametrize("check", [
    lambda asked: 1 / 0, lambda asked: None, lambda asked: [0], lambda asked: {7: NO},
    lambda asked: {-1: NO}, lambda asked: {0: "no"}, lambda asked: {True: NO}])
def test_a_check_that_fails_closes_the_gate_in_its_name(shop: Any, put_in: Any,
                                                        check: Any) -> None:
    put_in(shop, name="kirik", gate_check=check)
    assert ask(shop) == [False, False, False]
    assert one(shop).denial is Denial.PLUGIN
    assert "“kirik”" in one(shop).tr


def test_a_check_that_takes_too_long_closes_the_gate(
    shop: Any, put_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(manager.SECONDS, "gate_check", 0.05)
    put_in(shop, gate_check=lambda asked: time.sleep(2))
    assert ask(shop) == [False, False, False]


def test_a_check_that_is_gone_closes_the_gate(conn: Any, shop: Any, put_in: Any) -> None:
    put_in()
    switch_on(conn, shop, "kayip", "gate_check")
    assert ask(shop) == [False, False, False]
    conn.execute("delete from provider_plugin where name = 'kayip'")
    switch_on(conn, shop, "kayip", "consent_columns")  # that one never checked
    assert ask(shop) == [True, False, True]
    conn.execute("delete from provider_plugin where name = 'kayip'")


def test_it_is_asked_for_its_own_providers_alone(shop: Any, place_b: Any, put_in: Any) -> None:
    put_in(place_b, gate_check=lambda asked: dict.fromkeys(range(len(asked.addresses)), NO))
    assert ask(shop) == [True, False, True]


def test_two_checks_add_up(shop: Any, put_in: Any) -> None:
    put_in(shop, name="bir", gate_check=lambda asked: {0: NO})
    put_in(shop, name="iki", gate_check=lambda asked: {1: NO} if len(asked.addresses) > 1 else {})
    assert ask(shop) == [False, False, False]


def test_where_nothing_is_on_no_statement_is_made(shop: Any, monkeypatch: Any) -> None:
    plugins.on_at(shop.provider_id)  # fresh from here on
    monkeypatch.setattr(plugins, "_read", lambda: pytest.fail("asked the database"))
    monkeypatch.setattr(plugins.manager, "plugins", lambda: pytest.fail("loaded plug-ins"))
    assert ask(shop) == [True, False, True]
