"""Phones against libphonenumber, e-mails against the rules, business days against a table."""

from __future__ import annotations

import random

import phonenumbers
import pytest

from ileti.simulator.addresses import is_email, is_phone, is_usual_mobile
from ileti.simulator.clock import read
from ileti.simulator.workdays import oldest_consent_date

from .caller import Caller, codes


def by_libphonenumber(number: str) -> bool:
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return False
    form = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return phonenumbers.is_valid_number(parsed) and form == number and len(number) <= 15


def test_the_short_road_for_mobiles_is_never_wider_than_libphonenumber() -> None:
    dice = random.Random(7)
    for area in range(500, 600):
        for _ in range(8):
            number = f"+90{area}{dice.randrange(10**7):07d}"
            assert is_phone(number, test_numbers=False) == by_libphonenumber(number), number
            if is_usual_mobile(number):
                assert by_libphonenumber(number), number


@pytest.mark.parametrize(
    "number",
    ["+905992134117", "+902121230000", "+4915112345678", "+905012134117", "+908501234567"],
)
def test_phones_that_iys_takes(number: str) -> None:
    assert is_phone(number)


@pytest.mark.parametrize(
    "number",
    ["", "+", "905012134117", "+9005012134117", "+90501213411", "+9050121341170", "+90 501 2134117",
     "+905012134117\n", "+٩٠٥٠١٢١٣٤١١٧", "+905132134117", "00905012134117", "+123456789012345678"],
)  # fmt: skip
def test_phones_that_iys_refuses(number: str) -> None:
    assert not is_phone(number)


OLDER_PLAN_REFUSES = [500, 502, 503, 504, 508, 509, 550, 556, 557, 558, 562, 564, 572, 574, 575]


@pytest.mark.parametrize("area", OLDER_PLAN_REFUSES)
def test_ranges_younger_than_the_plan_iys_names_are_h121(caller: Caller, area: int) -> None:
    """İYS API §3.1: metadata of libphonenumber v8.12.47; what is installed here takes them."""
    number = f"+90{area}2134117"
    assert by_libphonenumber(number)
    assert codes(caller.add(recipient=number)) == ["H121"]
    caller.control("rules", numbering_plan="installed")
    assert caller.add(recipient=number).status_code == 200


@pytest.mark.parametrize(
    "number", ["+905012134117", "+905552134117", "+905322134117", "+902121230000", "+908501234567",
               "+904441444", "+4915112345678"],
)  # fmt: skip
def test_the_plan_iys_names_takes_the_usual_numbers(number: str) -> None:
    assert is_phone(number, old_plan=True)


def test_what_the_older_plan_takes_todays_takes_too() -> None:
    dice = random.Random(11)
    for area in range(200, 600):
        number = f"+90{area}{dice.randrange(10**7):07d}"
        if is_phone(number, old_plan=True, test_numbers=False):
            assert by_libphonenumber(number), number


def test_the_test_range_can_be_closed(caller: Caller) -> None:
    caller.control("rules", test_numbers=False)

    assert codes(caller.add()) == ["H121"]


@pytest.mark.parametrize(
    "address",
    ["a@ornek.com.tr", "ad.soyad+kampanya@ornek.com", "__a..b--c@ornek.test", "1@ab.cd",
     "a" * 240 + "@ornek.com.tr"],
)  # fmt: skip
def test_e_mails_that_iys_takes(address: str) -> None:
    assert is_email(address)


@pytest.mark.parametrize(
    "address",
    ["", "a@b.c", "abc@x.com", "ayşe@ornek.com.tr", "a b@ornek.com", "a@ornek", "a'b@ornek.com",
     "a@@ornek.com", "a&b@ornek.com", "a@-ornek.com", "@ornek.com", "a@ornek.com\n",
     "a" * 260 + "@ornek.com.tr"],
)  # fmt: skip
def test_e_mails_that_iys_refuses(address: str) -> None:
    assert not is_email(address)


@pytest.mark.parametrize(
    ("now", "oldest"),
    [
        ("2026-11-26 23:59:59", "2026-11-23"),  # Monday's term ends on Thursday at midnight
        ("2026-11-27 00:00:00", "2026-11-24"),
        ("2026-11-23 12:00:00", "2026-11-18"),  # over a weekend
        ("2026-11-22 12:00:00", "2026-11-18"),  # on a Sunday
        ("2026-03-24 10:00:00", "2026-03-18"),  # Ramazan: 20 to 22 March, its eve is worked
        ("2026-06-01 10:00:00", "2026-05-22"),  # Kurban: 27 to 30 May, its eve is worked
        ("2026-10-30 10:00:00", "2026-10-26"),  # Republic day; 28 October is worked
        ("2027-01-05 10:00:00", "2026-12-30"),  # New Year's day
    ],
)
def test_three_business_days(now: str, oldest: str) -> None:
    assert oldest_consent_date(read(now)) == f"{oldest} 00:00:00"


def test_half_days_can_be_counted_as_free() -> None:
    moment = read("2026-10-30 10:00:00")

    assert oldest_consent_date(moment, half_day_counts=False) == "2026-10-23 00:00:00"


@pytest.mark.parametrize(
    ("now", "oldest"),
    [
        ("2026-11-26 12:00:00", "2026-11-23 12:00:00"),  # Monday noon ends on Thursday noon
        ("2026-11-23 09:30:00", "2026-11-18 09:30:00"),  # over a weekend
        ("2026-11-22 12:00:00", "2026-11-18 00:00:00"),  # a Sunday uses up no hour
    ],
)
def test_three_business_days_can_be_counted_to_the_hour(now: str, oldest: str) -> None:
    assert oldest_consent_date(read(now), to_the_hour=True) == oldest


def test_h467_to_the_hour_is_a_switch(caller: Caller) -> None:
    caller.control("clock", set="2026-11-26 12:00:01")
    caller.token = None
    old = {"consentDate": "2026-11-23 12:00:00"}
    assert caller.add(**old).status_code == 200
    caller.control("rules", business_days_to_the_hour=True)
    assert codes(caller.add(**old, type="ARAMA")) == ["H467"]


def test_v2_can_refuse_an_old_repeat_as_it_refuses_a_new_consent(caller: Caller) -> None:
    assert caller.add(v="/v2").status_code == 200
    caller.control("clock", set="2026-12-10 12:00:00")
    caller.token = None
    assert caller.add(v="/v2").status_code == 200
    caller.control("rules", v2_repeats_at_any_age=False)
    assert codes(caller.add(v="/v2")) == ["H467"]


@pytest.mark.parametrize(("way", "status"), [("404", 404), ("400", 400), ("204", 204)])
def test_an_address_without_a_record_is_answered_as_told(
    caller: Caller, way: str, status: int
) -> None:
    caller.control("rules", unknown_status=way)
    answer = caller.status()
    assert answer.status_code == status
    assert status == 204 or codes(answer) == ["H401"]


def test_h467_begins_after_the_activation_date(caller: Caller) -> None:
    account = {"iysCode": 700001, "username": "ornek-api", "password": "deneme-parolasi"}
    old = {"consentDate": "2026-11-02 10:00:00"}
    caller.control("provider", **account, activationDate="2026-11-23")
    assert caller.add(**old).status_code == 200
    caller.control("clock", advance_seconds=86400)
    caller.token = None
    assert codes(caller.add(**old, recipient="+905992134118")) == ["H467"]


def test_h467_spares_merchants_unless_told(caller: Caller) -> None:
    old = {"consentDate": "2026-11-02 10:00:00", "recipientType": "TACIR"}
    assert caller.add(**old).status_code == 200
    caller.control("rules", business_days_for=["BIREYSEL", "TACIR"])
    assert codes(caller.add(**old, type="ARAMA")) == ["H467"]
    caller.control("rules", business_days_for=[])
    assert caller.add(**old, type="ARAMA").status_code == 200
