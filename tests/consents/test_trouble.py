"""Dead addresses get no commercial mail, and nobody's consent changes by a bounce."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from ileti.consents import trouble
from ileti.consents.checks import Asked, judged
from ileti.consents.gate import Denial, may_send, may_send_now
from ileti.consents.ledger import NewConsent, NewSubmission, hash_body, record
from ileti.consents.trouble import Kind, Trouble
from ileti.consents.vocabulary import Channel, IysStatus, RecipientType, Source, Standing, Status
from ileti.core.errors import StorageAway

MAIL = "kisi@ornek.com"


@pytest.fixture
def person(conn: Any, place: Any) -> int:
    """Somebody who consented to mail and SMS, both in force at İYS; answers the mail's number."""
    items = tuple(NewConsent(to, channel, Status.ONAY, datetime(2026, 11, 23, 9, tzinfo=UTC))
                  for to, channel in ((MAIL, Channel.EPOSTA), ("+905992134117", Channel.MESAJ)))
    record(NewSubmission(place, f"t:{uuid4()}", hash_body(items), Source.HS_WEB, Standing.VERIFIED,
                         items))
    conn.execute("update consent_state set iys_status = %s where provider_id = %s",
                 (int(IysStatus.REGISTERED), place.provider_id))
    conn.execute("insert into iys_cursor (provider_id, brand_id, pulled_at) values (%s, %s, now()) "
                 "on conflict (provider_id, brand_id) do update set pulled_at = now()",
                 (place.provider_id, place.brand_id))
    found: int = conn.execute("select recipient_id from consent_state where provider_id = %s "
                              "and channel = 3", (place.provider_id,)).fetchone()[0]
    return found


def ask(place: Any, address: str = MAIL, channel: Channel = Channel.EPOSTA) -> Any:
    permit = may_send_now(place.provider_id, place.brand_id, address, channel)
    assert may_send(place.provider_id, place.brand_id, [address, "x@ornek.com"], channel
                    ) == [bool(permit), False]
    return permit


def test_a_dead_address_closes_the_gate_with_its_reason_until_a_person_knows_better(
        conn: Any, place: Any, person: int) -> None:
    assert ask(place)
    assert trouble.note(conn, place.provider_id, Trouble(person, Kind.HARD, "5.1.1"))
    permit = ask(place)
    assert permit.denial is Denial.UNDELIVERABLE
    assert "adresin olmadığını" in permit.tr
    assert ask(place, "+905992134117", Channel.MESAJ)
    assert trouble.clear(conn, place.provider_id, person, Kind.HARD)
    assert not trouble.clear(conn, place.provider_id, person, Kind.HARD)
    assert ask(place)


def test_a_judgement_tells_where_nobody_is_of_those_the_law_lets_through_alone(
        conn: Any, place: Any, person: int) -> None:
    trouble.note(conn, place.provider_id, Trouble(person, Kind.HARD, "5.1.1"))
    asked = Asked(place.provider_id, place.brand_id, Channel.EPOSTA, RecipientType.BIREYSEL)
    law = [True, True]
    assert judged(asked, ["x@ornek.com", MAIL], law) == ([True, False], {1})
    assert law == [True, True], "whoever tells why not needs the law's own word still"
    assert judged(asked, ["x@ornek.com", MAIL], [True, False]) == ([True, False], set())


@pytest.mark.parametrize("kind", [Kind.SOFT, Kind.COMPLAINT])
def test_what_is_soft_or_only_noted_stops_nothing(
        conn: Any, place: Any, person: int, kind: Kind) -> None:
    trouble.note(conn, place.provider_id, Trouble(person, kind, "4.2.2"))
    assert ask(place)


def test_troubles_are_counted_and_begin_anew_after_a_clearing(
        conn: Any, place: Any, person: int) -> None:
    def times() -> Any:
        return conn.execute("select times, cleared_at is null from address_trouble "
                            "where provider_id = %s", (place.provider_id,)).fetchone()
    for _ in range(3):
        trouble.note(conn, place.provider_id, Trouble(person, Kind.HARD))
    assert times() == (3, True)
    trouble.clear(conn, place.provider_id, person, Kind.HARD)
    trouble.note(conn, place.provider_id, Trouble(person, Kind.HARD))
    assert times() == (1, True)


def test_nobodys_number_is_no_trouble_and_another_companys_neither(
        conn: Any, place: Any, place_b: Any, person: int) -> None:
    assert not trouble.note(conn, place_b.provider_id, Trouble(person, Kind.HARD))
    assert not trouble.note(conn, place.provider_id, Trouble(10**12, Kind.HARD))
    assert ask(place)


def test_what_cannot_be_known_is_no(
        place: Any, person: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise psycopg.OperationalError

    assert ask(place)
    monkeypatch.setattr("ileti.consents.trouble.db.system_connection", fail)
    with pytest.raises(StorageAway):
        trouble.dead(place.provider_id, [MAIL], Channel.EPOSTA)
    monkeypatch.setattr("ileti.consents.trouble.dead", lambda *_: (_ for _ in ()).throw(
        StorageAway()))
    assert not may_send_now(place.provider_id, place.brand_id, MAIL, Channel.EPOSTA)
    with pytest.raises(StorageAway):
        may_send(place.provider_id, place.brand_id, [MAIL], Channel.EPOSTA)
