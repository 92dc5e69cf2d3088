"""What İYS has taken about access stands here with the wish's end, and İYS's own list corrects it
(İYS API §7.5; R-45)."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from iys_house import forward, phones, settle, take
from test_access import KIND, SMS, ask, dealers, iys, open_wishes, run  # noqa: F401

from ileti.consents.numbers import record_number
from ileti.core import db
from ileti.core.jobs import redis_client
from ileti.iys import access, client, granted
from ileti.iys.client import IysClient
from ileti.iys.granted import Act
from tests.panel.people import dealer_of, sign_in, user_with

Dealers = list[tuple[int, int]]


@pytest.fixture(autouse=True)
def fresh_redis(given: Any) -> None:
    redis_client().flushdb()
    client._client.cache_clear()


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's: each request gets a ``g`` of its own."""


def who(shop: Any) -> set[int]:
    """The dealers that have access to something of the shop, as we hold it."""
    return {one for one, in db.connection().execute(
        "select dealer_id from consent_access where provider_id = %s", (shop.provider_id,))}


def at_iys(shop: Any, phone: str, dealer_id: int | None = None) -> int:
    """A consent İYS holds; its entry."""
    entry, = take(shop, [phone], dealer_id=dealer_id)
    forward(shop)
    settle(shop)
    return entry


def test_nobody_has_access_before_iys_has_taken_the_wish(shop: Any, dealers: Dealers) -> None:  # noqa: F811
    phone, = phones(1)
    at_iys(shop, phone)
    ask(shop, phone, Act.GIVE, dealers[0][0])
    assert who(shop) == set()
    run(shop)
    assert who(shop) == {dealers[0][0]}


def test_given_replaced_and_taken_it_follows_in_order(shop: Any, dealers: Dealers) -> None:  # noqa: F811
    (one, _), (two, _), (three, _) = dealers
    phone, = phones(1)
    at_iys(shop, phone, one)
    ask(shop, phone, Act.GIVE, two, three)
    ask(shop, phone, Act.TAKE, three)
    run(shop)
    assert who(shop) == {two}
    ask(shop, phone, Act.REPLACE, three)
    run(shop)
    assert who(shop) == {three}


def test_a_wish_iys_refused_changes_nothing_here(shop: Any, dealers: Dealers) -> None:  # noqa: F811
    phone, = phones(1)
    at_iys(shop, phone)
    ask(shop, phone, Act.GIVE, dealer_of(shop, "Numarasız"))
    run(shop)
    assert open_wishes(shop)[0][0]
    assert who(shop) == set()


def test_what_iys_does_not_hold_is_taken_from_the_dealer_here(
    shop: Any, dealers: Dealers  # noqa: F811
) -> None:
    phone, = phones(1)
    at_iys(shop, phone)
    ask(shop, phone, Act.GIVE, dealers[0][0])
    run(shop)
    db.connection().execute("update consent_state set iys_status = 4 where provider_id = %s",
                            (shop.provider_id,))
    ask(shop, phone, Act.TAKE, dealers[0][0])
    run(shop)
    assert who(shop) == set()


def test_killed_between_iys_and_the_wishs_end_it_is_told_again_and_stands_then(
    shop: Any, dealers: Dealers, monkeypatch: Any  # noqa: F811
) -> None:
    phone, = phones(1)
    at_iys(shop, phone)
    ask(shop, phone, Act.GIVE, dealers[0][0])

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(access, "apply", dies)
        with pytest.raises(KeyboardInterrupt):
            run(shop)
    assert (who(shop), open_wishes(shop)) == (set(), [(False, None)])
    run(shop)
    assert who(shop) == {dealers[0][0]}


def test_a_list_of_a_hundred_is_written_down_in_one_transaction(
    shop: Any, dealers: Dealers, monkeypatch: Any  # noqa: F811
) -> None:
    taken = phones(100)
    take(shop, taken)
    forward(shop)
    settle(shop)
    for phone in taken:
        ask(shop, phone, Act.REPLACE, dealers[0][0], dealers[1][0])
    made: list[int] = []
    real = access.apply

    def counted(conn: Any, group: Any, recipients: Any) -> None:
        made.append(len(recipients))
        real(conn, group, recipients)

    monkeypatch.setattr(access, "apply", counted)
    run(shop)
    assert made == [100]
    rows = db.connection().execute("select count(*) from consent_access where provider_id = %s",
                                   (shop.provider_id,)).fetchone()
    assert rows == (200,)


# -- İYS's own list ------------------------------------------------------------------------------


def correct(shop: Any, recipient: int, codes: list[int], asked: Any) -> None:
    granted.correct(granted.Group(shop.provider_id, shop.brand_id, KIND, SMS, Act.REPLACE, ()),
                    recipient, codes, asked)


def test_opening_the_page_of_a_consents_access_takes_over_what_iys_says(
    app: Any, shop: Any, iys: IysClient, dealers: Dealers  # noqa: F811
) -> None:
    phone, = phones(1)
    entry = at_iys(shop, phone)
    ask(shop, phone, Act.GIVE, dealers[0][0])
    run(shop)
    iys.replace_access(shop.brand_code, [phone], KIND, SMS, [dealers[2][1]])
    browser = sign_in(app, user_with(app, "provider_admin", shop))
    assert browser.get(f"/bayi-erisimi/izin/{record_number(entry)}").status_code == 200
    assert who(shop) == {dealers[2][0]}


def test_an_answer_older_than_a_wish_changes_nothing(shop: Any, dealers: Dealers) -> None:  # noqa: F811
    phone, = phones(1)
    entry = at_iys(shop, phone)
    recipient, = db.connection().execute(
        "select recipient_id from consent_entry where id = %s", (entry,)).fetchone()
    asked = db.database_time()
    ask(shop, phone, Act.GIVE, dealers[0][0])
    correct(shop, recipient, [dealers[1][1]], asked)
    assert who(shop) == set(), "a wish is open"
    run(shop)
    correct(shop, recipient, [dealers[1][1]], asked)
    assert who(shop) == {dealers[0][0]}, "it was carried out after İYS was asked"
    correct(shop, recipient, [dealers[1][1], 99_999_999], db.database_time())
    assert who(shop) == {dealers[1][0]}, "and a retailer we do not know is nobody here"


# -- what a consent brings along -----------------------------------------------------------------


def test_the_access_a_consent_names_itself_stands_once_iys_has_taken_the_consent(
    shop: Any, dealers: Dealers  # noqa: F811
) -> None:
    entries = take(shop, phones(2))
    with psycopg.connect(db.dsn()) as owner:  # the application's role may not change proof
        owner.execute(
            "update submission set evidence = evidence || %s::jsonb where provider_id = %s "
            "and entry_ids @> %s::bigint[]",
            (json.dumps({"retailer_access": {"0": [dealers[1][1]]}}), shop.provider_id, entries))
    assert who(shop) == set()
    forward(shop)
    settle(shop)
    rows = db.connection().execute(
        "select dealer_id, entry_id from consent_access where provider_id = %s",
        (shop.provider_id,)).fetchall()
    assert rows == [(dealers[1][0], entries[0])]
