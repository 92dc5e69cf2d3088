"""Refusal links and places as the client reads them (İYS API §10, §11; fault row 20)."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.consents.vocabulary import RecipientType
from ileti.core import clock
from ileti.core.jobs import redis_client
from ileti.iys.answers import Unreadable
from ileti.iys.client import IysClient, account_of
from ileti.iys.linkcalls import parse_links
from ileti.iys.placecalls import parse_place, parse_places
from ileti.iys.wire import to_iys_time

ASKED = frozenset({"a@ornek.test"})


def test_links_are_asked_for_in_parts_of_a_hundred(shop: Any, registry: Any) -> None:
    redis_client().flushdb()
    client = IysClient(account_of(shop.provider_id))
    mails = [f"kisi{n}@ornek.test" for n in range(150)]
    client.add_batch(shop.brand_code, [
        {"recipient": one, "recipientType": "BIREYSEL", "type": "EPOSTA", "status": "ONAY",
         "source": "HS_WEB", "consentDate": to_iys_time(clock.now())} for one in mails[:-1]])
    found = client.refusal_links(shop.brand_code, mails, RecipientType.BIREYSEL)
    assert set(found) == set(mails[:-1])
    assert len(set(found.values())) == 149
    assert registry.calls("/via-hash-links") == 2


@pytest.mark.parametrize("body", [
    "<html>", "{}", "[7]", '[{"recipient":"b@ornek.test","url":"https://x.ornek.test"}]',
    '[{"recipient":"a@ornek.test"}]', '[{"recipient":"a@ornek.test","url":"javascript:1"}]',
    '[{"recipient":"a@ornek.test","code":"H412"}]',
])
def test_a_link_for_somebody_else_or_no_link_is_not_believed(body: str) -> None:
    with pytest.raises(Unreadable):
        parse_links(body, ASKED)


@pytest.mark.parametrize("body", [
    "<html>", "[]", "{}", '[{"code":"x","name":"y"}]', '[{"code":1}]',
])
def test_a_list_of_places_that_is_none(body: str) -> None:
    with pytest.raises(Unreadable):
        parse_places(body)


@pytest.mark.parametrize("key", ["city_code", "cityCode"])
def test_the_citys_code_is_taken_in_both_spellings(key: str) -> None:
    assert parse_place(f'{{"code":"74","name":"Kazan","{key}":6}}').city_code == 6
