"""Test connection: every way in which an account at İYS can lack something is its own sentence
(İYS API §1.1, §4, §5)."""

from __future__ import annotations

from typing import Any

import pytest
from iys_house import PASSWORD

from ileti.core import clock, db
from ileti.core.jobs import redis_client
from ileti.iys.client import IysTrouble
from ileti.iys.connection import Connection, Level, try_connection
from ileti.iys.errors import Kind
from ileti.iys.missing import Heard, judge

PARTNER = 900_001


@pytest.fixture(autouse=True)
def fresh_redis(given: Any) -> None:
    from ileti.iys import client

    redis_client().flushdb()
    client._client.cache_clear()


def missing(found: Connection) -> list[tuple[str, str]]:
    return [(one.about, one.code) for one in found.findings if one.level is Level.MISSING]


def change(shop: Any, column: str, value: Any) -> None:
    db.connection().execute(f"update provider set {column} = %s where id = %s",
                            (value, shop.provider_id))


def test_an_account_that_lacks_nothing_works(shop: Any) -> None:
    found = try_connection(shop.provider_id)
    assert (found.works, found.open_points, found.problem()) == (True, (), None)
    assert [one.about for one in found.findings] == ["login", "subscription", "brand"]


def test_without_a_login_nothing_is_asked(shop: Any, registry: Any) -> None:
    change(shop, "iys_password", None)
    assert missing(try_connection(shop.provider_id)) == [("login", "")]
    assert registry.counters()["requests"] == 0


def test_a_wrong_password_is_found_although_a_token_is_still_good(
    shop: Any, registry: Any
) -> None:
    assert try_connection(shop.provider_id).works
    registry.tell("provider", iysCode=shop.iys_code, username=f"api-{shop.iys_code}",
                  password="baska", brands=[{"brandCode": shop.brand_code, "name": "Defne Ev"}])
    from ileti.iys import client

    client._client.cache_clear()  # another minute, another process
    found = try_connection(shop.provider_id)
    assert missing(found) == [("login", "invalid_request")]
    assert found.problem("en") == "İYS does not let this user name and password in."


def test_the_button_pressed_often_does_not_use_up_the_hours_log_ins(
    shop: Any, registry: Any
) -> None:
    for _ in range(5):
        assert try_connection(shop.provider_id).works
    assert registry.calls("/oauth2/token") == 1


def test_a_wrong_number_of_the_provider(shop: Any) -> None:
    change(shop, "iys_code", 123_457)
    found = try_connection(shop.provider_id)
    assert missing(found) == [("subscription", "H353")]
    assert "İYS numarasına" in (found.problem() or "")


def test_a_brand_that_was_not_granted_is_named(shop: Any) -> None:
    db.connection().execute(
        "insert into brand (provider_id, brand_code, name) values (%s, 654321, 'Defne Bebek')",
        (shop.provider_id,))
    found = try_connection(shop.provider_id)
    assert missing(found) == [("brand", "H353")]
    assert "Defne Bebek (654321)" in (found.problem() or "")


@pytest.mark.parametrize(("state", "code", "word"), [
    ("PAUSED", "H520", "duraklatılmış"), ("EXPIRED", "H520", "sona ermiş"),
    ("CLOSED", "H521", "kapatılmış"), ("none", "H437", "aboneli"), ("no_api", "H586", "API"),
])
def test_a_subscription_that_is_not_open(
    shop: Any, registry: Any, state: str, code: str, word: str
) -> None:
    registry.tell("subscription", iysCode=shop.iys_code, state=state)
    found = try_connection(shop.provider_id)
    assert missing(found) == [("subscription", code)]
    assert word.lower() in (found.problem() or "").lower()


@pytest.mark.parametrize(("limit", "exceed", "level"), [
    (10, False, Level.NOTE), (11, False, None), (9, False, Level.MISSING), (9, True, Level.NOTE),
])
def test_a_package_near_its_end_is_said_before_records_stop(
    shop: Any, registry: Any, limit: int, exceed: bool, level: Level | None
) -> None:
    for n in range(9):
        registry.tell("citizen", recipient=f"+9059900000{n:02d}", type="MESAJ", status="ONAY",
                      brandCode=shop.brand_code)
    registry.tell("subscription", iysCode=shop.iys_code, state="ACTIVE", consentLimit=limit,
                  consentLimitExceed=exceed)
    found = try_connection(shop.provider_id)
    said = [one.level for one in found.open_points if one.about == "quota"]
    assert said == ([level] if level else [])
    assert found.works is (level is not Level.MISSING)


def as_partner(shop: Any, registry: Any, **rights: Any) -> None:
    registry.tell("partner", integratorCode=PARTNER, username="ortak", password=PASSWORD,
                  rights=[{"brandCode": shop.brand_code, **rights}])
    change(shop, "iys_username", "ortak")
    change(shop, "iys_partner_code", PARTNER)


def test_a_partner_with_all_rights_works(shop: Any, registry: Any) -> None:
    as_partner(shop, registry, MESAJ="write", ARAMA="write", EPOSTA="write")
    assert try_connection(shop.provider_id).works


def test_a_channel_the_partner_may_not_write_is_named(shop: Any, registry: Any) -> None:
    as_partner(shop, registry, MESAJ="write", ARAMA="read")
    found = try_connection(shop.provider_id)
    assert missing(found) == [("channel", "H353")]
    assert "arama, e-posta" in (found.problem() or "")
    assert "calls, e-mail" in (found.problem("en") or "")


def test_a_partners_own_subscription_and_a_wrong_partner_number(shop: Any, registry: Any) -> None:
    as_partner(shop, registry, MESAJ="write")
    registry.tell("subscription", integratorCode=PARTNER, state="PAUSED")
    assert missing(try_connection(shop.provider_id)) == [("partner", "H520")]
    registry.tell("subscription", integratorCode=PARTNER, state="ACTIVE")
    change(shop, "iys_partner_code", 900_002)
    assert missing(try_connection(shop.provider_id)) == [("partner", "H353")]


def test_a_partner_number_on_a_providers_own_account(shop: Any) -> None:
    change(shop, "iys_partner_code", PARTNER)
    found = try_connection(shop.provider_id)
    assert missing(found) == [("partner", "H522")]
    assert "iş ortağı hesabı değil" in (found.problem() or "")


@pytest.mark.parametrize(("kind", "code"), [("500", "H470"), ("html", "HTTP_200")])
def test_silence_is_no_fault_of_the_account(
    shop: Any, registry: Any, kind: str, code: str
) -> None:
    registry.tell("fault", kind=kind, path="*/subscription", count=None)
    found = try_connection(shop.provider_id)
    assert missing(found) == [("subscription", code)]
    assert "yeniden deneyin" in (found.problem() or "")


def test_an_address_that_is_not_on_iyss_list(shop: Any, registry: Any) -> None:
    assert try_connection(shop.provider_id).works
    registry.tell("whitelist", remove="127.0.0.1")
    found = try_connection(shop.provider_id)
    assert "IP" in (found.problem() or "")


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_failure_has_a_sentence_in_both_languages(kind: Kind) -> None:
    for step in ("login", "subscription", "partner", "brands"):
        found = judge(Heard(step=step, trouble=IysTrouble(kind, "H353")), [], clock.now())
        assert found.problem("tr")
        assert found.problem("en")
