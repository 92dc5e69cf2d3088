"""Retailers, their access and the account's rights: what the client reads of İYS's answers
(İYS API §5, §7; fault rows 20, 21)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from iys_house import PASSWORD, phones, take

from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core import db
from ileti.core.jobs import redis_client
from ileti.iys import accountanswers, retaileranswers
from ileti.iys.accountanswers import SubscriptionState
from ileti.iys.client import IysClient, IysTrouble, account_of
from ileti.iys.errors import Kind
from ileti.iys.faults import Unreadable
from ileti.iys.retaileranswers import NewRetailer

KIND, SMS = RecipientType.BIREYSEL, Channel.MESAJ


@pytest.fixture
def client(shop: Any) -> IysClient:
    redis_client().flushdb()
    return IysClient(account_of(shop.provider_id))


def tckn(number: int) -> str:
    """A TCKN with its check digits for nine digits of a made-up number."""
    digits = [int(c) for c in f"{100_000_000 + number}"]
    tenth = (sum(digits[::2]) * 7 - sum(digits[1::2])) % 10
    return "".join(map(str, [*digits, tenth, (sum(digits) + tenth) % 10]))


def bayi(number: int, **changes: Any) -> NewRetailer:
    return NewRetailer(**{
        "title": f"Örnek Bayi {number}", "name": "Ayşe Örnek", "tckn": tckn(number),
        "tin": tckn(number), "city": ("34", "İstanbul"), "town": ("449", "Kadıköy"), **changes,
    })


def test_a_retailer_is_added_listed_shown_and_deleted(client: IysClient, shop: Any) -> None:
    code = client.add_retailer(shop.brand_code, bayi(1, alias="Kadıköy"))
    held = client.retailer(shop.brand_code, code)
    assert held is not None
    assert (held.title, held.alias) == ("Örnek Bayi 1", "Kadıköy")
    assert (held.city, held.town) == ("34", "449")
    assert (held.status, held.consents) == ("active", 0)
    assert client.retailers(shop.brand_code) == [held]
    client.delete_retailer(shop.brand_code, code)
    assert client.retailer(shop.brand_code, code) is None


def test_what_is_optional_and_empty_is_not_sent() -> None:
    body = bayi(1, alias="", mersis=None).to_wire()
    assert set(body) == {"title", "name", "tckn", "tin", "city", "town"}


def test_the_retailers_are_read_to_the_last_page(client: IysClient, shop: Any,
                                                 registry: Any) -> None:
    made = [{"retailerCode": 10_000_000 + n, "title": f"Bayi {n}"} for n in range(205)]
    registry.tell("provider", iysCode=shop.iys_code, username=f"api-{shop.iys_code}",
                  password=PASSWORD, brands=[{"brandCode": shop.brand_code, "name": "Defne Ev"}],
                  retailers=made)
    found = client.retailers(shop.brand_code)
    assert [one.code for one in found] == [one["retailerCode"] for one in made]
    assert registry.calls("/retailers") == 3


def test_a_retailer_added_in_doubt_is_found_in_the_list_and_not_added_twice(
    client: IysClient, shop: Any, registry: Any
) -> None:
    client.brands()
    registry.tell("fault", kind="half_answer", path="*/retailers", method="POST")
    with pytest.raises(IysTrouble) as trouble:
        client.add_retailer(shop.brand_code, bayi(2))
    assert (trouble.value.kind, trouble.value.in_doubt) == (Kind.RETRY, True)
    assert [one.title for one in client.retailers(shop.brand_code)] == ["Örnek Bayi 2"]
    with pytest.raises(IysTrouble, match="H231") as again:
        client.add_retailer(shop.brand_code, bayi(2))
    assert again.value.kind is Kind.ITEM


def test_a_faulty_retailer_is_one_trouble_that_names_every_field(
    client: IysClient, shop: Any
) -> None:
    with pytest.raises(IysTrouble) as trouble:
        client.add_retailer(shop.brand_code, bayi(3, title="", tin="123", city=("", "")))
    assert [one.code for one in trouble.value.faults] == ["H214", "H244", "H218", "H219"]


def consents(client: IysClient, shop: Any, count: int) -> list[str]:
    from ileti.core import clock
    from ileti.iys.wire import to_iys_time

    numbers = phones(count)
    now = to_iys_time(clock.now())
    client.add_batch(shop.brand_code, [
        {"recipient": one, "recipientType": "BIREYSEL", "type": "MESAJ", "status": "ONAY",
         "source": "HS_WEB", "consentDate": now} for one in numbers])
    return numbers


def test_access_is_given_replaced_listed_and_taken(client: IysClient, shop: Any) -> None:
    brand = shop.brand_code
    one, two, three = (client.add_retailer(brand, bayi(n)) for n in (4, 5, 6))
    who = consents(client, shop, 2)

    def seen() -> list[set[int]]:
        return [{r.code for r in client.access(brand, number, KIND, SMS)} for number in who]

    receipts = client.give_access(brand, who[0], KIND, SMS, [one, two])
    assert (len(receipts), seen()) == (1, [{one, two}, set()])
    client.replace_access(brand, who, KIND, SMS, [two, three])
    assert seen() == [{two, three}, {two, three}]
    client.take_access(brand, who[:1], KIND, SMS, [three])
    assert seen() == [{two}, {two, three}]
    client.take_all_access(brand, who, KIND, SMS)
    assert seen() == [set(), set()]


def test_more_than_a_hundred_recipients_go_in_parts(
    client: IysClient, shop: Any, registry: Any
) -> None:
    code = client.add_retailer(shop.brand_code, bayi(7))
    who = consents(client, shop, 250)
    client.replace_access(shop.brand_code, who, KIND, SMS, [code])
    assert registry.calls("/retailers/access") == 3
    held = client.retailer(shop.brand_code, code)
    assert held is not None
    assert held.consents == 250
    client.take_all_access(shop.brand_code, who, KIND, SMS)
    assert registry.calls("/access/remove/all") == 3


def test_a_retailer_the_brand_does_not_have_is_the_accounts_problem(
    client: IysClient, shop: Any
) -> None:
    who = consents(client, shop, 1)
    with pytest.raises(IysTrouble, match="H180") as trouble:
        client.give_access(shop.brand_code, who[0], KIND, SMS, [12345678])
    assert trouble.value.kind is Kind.CONFIG
    with pytest.raises(ValueError, match="1 to 100"):
        client.replace_access(shop.brand_code, who, KIND, SMS, [])


def test_the_subscription_is_read_in_every_state(
    client: IysClient, shop: Any, registry: Any
) -> None:
    for state in SubscriptionState:
        registry.tell("subscription", iysCode=shop.iys_code, state=state.value)
        assert client.subscription().state is state
    registry.tell("subscription", iysCode=shop.iys_code, state="none")
    with pytest.raises(IysTrouble, match="H437") as trouble:
        client.subscription()
    assert trouble.value.kind is Kind.SUBSCRIPTION


def test_a_partner_learns_its_rights_and_its_own_subscription(shop: Any, registry: Any) -> None:
    registry.tell("partner", integratorCode=900_001, username="ortak", password=PASSWORD, rights=[
        {"brandCode": shop.brand_code, "MESAJ": "write", "EPOSTA": "read", "viaControl": True}])
    db.connection().execute("update provider set iys_username = 'ortak' where id = %s",
                            (shop.provider_id,))
    redis_client().flushdb()
    partner = IysClient(account_of(shop.provider_id))
    for everybody in (False, True):
        (right,) = partner.partner_rights(900_001, everybody=everybody)
        assert (right.brand_code, right.via, right.agreements) == (shop.brand_code, True, False)
        assert (right.writes, right.reads) == ({SMS}, {SMS, Channel.EPOSTA})
    assert partner.partner_subscription(900_001).state is SubscriptionState.ACTIVE
    assert partner.subscription().limit is None
    take(shop, phones(1))
    with pytest.raises(IysTrouble, match="H353"):
        partner.status(shop.brand_code, phones(1)[0], KIND, Channel.ARAMA)


@pytest.mark.parametrize("body", [
    b"<html>", b"[]", b'{"list":[]}', b'{"list":{},"pagination":{"totalCount":0}}',
    b'{"list":[{"retailerCode":"x"}],"pagination":{"totalCount":1}}',
    b'{"list":[{"retailerCode":123456789}],"pagination":{"totalCount":1}}',
    b'{"list":[7],"pagination":{"totalCount":1}}',
    b'{"list":[{"retailerCode":12345678}],"pagination":{"totalCount":0}}',
])
def test_a_list_of_retailers_that_is_none_is_not_an_empty_one(body: bytes) -> None:
    with pytest.raises(Unreadable):
        retaileranswers.parse_retailers(body)


@pytest.mark.parametrize("body", [
    b"", b"<html>", b"{}", b'{"status":"BEKLIYOR"}', b'{"status":"ACTIVE","consentLimit":"cok"}',
    b'{"status":"ACTIVE","usedConsentLimit":-1}',
])
def test_a_subscription_we_do_not_understand_is_not_active(body: bytes) -> None:
    with pytest.raises(Unreadable):
        accountanswers.parse_subscription(body)


@pytest.mark.parametrize("right", ["admin", 1, {"x": 1}])
def test_a_right_in_another_word_is_unreadable(right: Any) -> None:
    body = json.dumps({"pagination": {"totalCount": 1}, "list": [
        {"iysCode": 1, "brandCode": "2", "MESAJ": right}]})
    with pytest.raises(Unreadable):
        accountanswers.parse_rights(body)


@pytest.mark.parametrize("key", ["subscriptionId", "subsciprtionId", "subscipritionId"])
def test_the_number_of_the_subscription_is_taken_in_every_spelling(key: str) -> None:
    assert accountanswers.parse_subscription(
        json.dumps({"status": "ACTIVE", key: "A-1"})).number == "A-1"


@pytest.mark.parametrize(("body", "found"), [
    (b"", False), (b"{}", False), (b"null", False), (b"[]", False), (b'{"list":[]}', False),
    (b'{"retailerCode":"12345678","city":{"code":34}}', True),
    (b'{"list":[{"retailerCode":12345678}]}', True),
])
def test_one_retailer_is_read_in_every_shape(body: bytes, found: bool) -> None:
    assert (retaileranswers.parse_retailer(body) is not None) is found


@pytest.mark.parametrize("text", [b"", "Başarı".encode(), b"Success", b'"Success"'])
def test_a_deletion_is_confirmed_in_any_words(text: bytes) -> None:
    retaileranswers.parse_deleted(text)
    with pytest.raises(Unreadable):
        retaileranswers.parse_deleted(b"<html>")
