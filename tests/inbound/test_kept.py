"""What was written stays as proof, comes along in every copy, and goes with the person."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.cli import keys
from ileti.core import db
from ileti.core.secrets import secrets
from ileti.inbound.sealed import bound_to
from ileti.requests import holdings
from ileti.retention import erase
from tests.inbound.house import House, new_phone

WORDS = "ONAY Ayşe Yılmaz"


@pytest.fixture
def house(place: Any) -> House:
    return House(place)


def recipient(house: House, phone: str) -> int:
    row = db.system_connection().execute(
        "select id from recipient where provider_id = %s and addr_hash = %s",
        (house.place.provider_id, secrets().addresses.of(house.place.provider_id, phone))
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_the_persons_copy_has_what_they_wrote_and_what_was_done(house: House) -> None:
    phone = new_phone()
    house.write(phone, WORDS)
    house.write(phone, "siparişim nerede kaldı acaba")
    held = holdings.gather(db.system_connection(), house.place.provider_id,
                           [recipient(house, phone)])
    assert [one["text"] for one in held["written"]] == [WORDS, "siparişim nerede kaldı acaba"]
    assert held["submissions"][0]["person"]["sms"] == WORDS
    assert held["submissions"][0]["person"]["name"] == "Ayşe Yılmaz"


def test_who_only_asked_something_is_kept_ten_years_from_the_message(house: House) -> None:
    phone = new_phone()
    house.write(phone, "siparişim nerede kaldı acaba")
    who = recipient(house, phone)
    conn = db.system_connection()
    conn.execute("delete from message where provider_id = %s", (house.place.provider_id,))
    plan = erase.plan_erasure(house.place.provider_id, [who])
    assert plan.persons[0].until is not None
    assert plan.persons[0].until.year == house.row()["received_at"].year + 10


def test_a_new_encryption_key_finds_the_words() -> None:
    kept = next(one for one in keys.BYTES if one.table == "inbound_message")
    assert kept.bound is not None
    assert kept.bound((7, "m1")) == bound_to(7, "m1")


def test_the_bundle_of_a_consent_by_sms_tells_words_number_and_both_moments(
        house: House) -> None:
    from ileti.consents import prooftold
    from ileti.consents.bundled import Proven
    from ileti.consents.claims import Claims, read_these
    from ileti.consents.packing import open_person

    phone = new_phone()
    house.write(phone, WORDS)
    conn, provider = db.system_connection(), house.place.provider_id
    entry_id, idem, key, cipher, evidence = conn.execute(
        "select e.id, s.idem, s.person_key, s.person_ct, s.evidence from consent_entry e "
        "join submission s on s.provider_id = e.provider_id and s.id = e.submission_id "
        "where e.provider_id = %s", (provider,)).fetchone()
    entry, = read_these(conn, provider, [entry_id])
    claims = Claims(conn)
    claims.prepare([entry])
    assert claims.fits(entry)
    one = Proven.__new__(Proven)
    object.__setattr__(one, "entry", entry)
    object.__setattr__(one, "parts", {
        "claim": {"recipient": phone}, "evidence": evidence,
        "person": open_person(idem, key, cipher), "text": None})
    told = dict(prooftold.particulars(one, "doğrudan"))
    assert told["Yazdığı SMS"] == WORDS
    assert told["Yazdığı numara"] == house.number.number
    assert {"Operatöre göre yazıldığı an", "Bize geldiği an"} <= told.keys()
    assert "operatörün bildirdiği" in told["Adresin doğrulanması"]
