"""The gate says yes only for a consent that İYS holds (R-08), and no at once after a refusal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from ileti.consents.gate import Denial, may_send, may_send_now
from ileti.consents.ledger import NewConsent, NewSubmission, hash_body, record
from ileti.consents.vocabulary import Channel, IysStatus, RecipientType, Source, Standing, Status
from ileti.core import db
from ileti.core.errors import StorageAway

NOON = datetime(2026, 11, 23, 9, 0, 0, tzinfo=UTC)
PHONE = "+905992134117"


def take(place, status=Status.ONAY, at=NOON, standing=Standing.VERIFIED, address=PHONE):
    item = NewConsent(address, Channel.MESAJ, status, at)
    return record(NewSubmission(place, f"gate:{uuid4()}", hash_body(item), Source.HS_WEB, standing,
                                (item,)))


def set_iys(conn, place, status):
    conn.execute("update consent_state set iys_status = %s where provider_id = %s",
                 [int(status), place.provider_id])


def ask(place, **more):
    return may_send_now(place.provider_id, place.brand_id, PHONE, Channel.MESAJ, **more)


def test_nobody_unknown_is_written_to(place):
    assert (bool(ask(place)), ask(place).denial) == (False, Denial.NO_RECORD)


@pytest.mark.parametrize("status", list(IysStatus))
def test_only_a_consent_in_force_at_iys_opens_the_gate_r08(conn, place, status):
    take(place)
    set_iys(conn, place, status)
    answers = may_send(place.provider_id, place.brand_id, [PHONE], Channel.MESAJ)
    assert answers == [status.in_force] == [bool(ask(place))]


def test_a_refusal_closes_the_gate_at_once_r32(conn, place):
    take(place)
    set_iys(conn, place, IysStatus.REGISTERED)
    take(place, Status.RET, NOON + timedelta(minutes=1))
    assert ask(place).denial is Denial.REFUSED


def test_an_unverified_address_is_never_written_to_r21(conn, place):
    take(place, standing=Standing.UNVERIFIED)
    set_iys(conn, place, IysStatus.REGISTERED)
    assert ask(place).denial is Denial.UNVERIFIED


def test_a_merchant_record_never_satisfies_a_private_person_r06(conn, place):
    item = NewConsent(PHONE, Channel.MESAJ, Status.ONAY, NOON, RecipientType.TACIR)
    record(NewSubmission(place, f"gate:{uuid4()}", b"x", Source.HS_WEB, Standing.VERIFIED, (item,)))
    set_iys(conn, place, IysStatus.REGISTERED)
    assert not ask(place)
    assert ask(place, recipient_type=RecipientType.TACIR)


def test_another_provider_cannot_use_the_consent_r15(conn, place, place_b):
    take(place)
    set_iys(conn, place, IysStatus.REGISTERED)
    assert not ask(place_b)


def test_a_hundred_thousand_recipients_in_one_call(conn, place):
    take(place)
    set_iys(conn, place, IysStatus.REGISTERED)
    crowd = [f"+90599{n:07d}" for n in range(99_999)]
    crowd = [number for number in crowd if number != PHONE]
    answers = may_send(place.provider_id, place.brand_id, [*crowd, PHONE], Channel.MESAJ)
    assert (sum(answers), answers[-1], len(answers)) == (1, True, len(crowd) + 1)


def test_when_it_cannot_be_known_the_answer_is_no(place, monkeypatch):
    def away():
        raise StorageAway()

    monkeypatch.setattr(db, "system_connection", away)
    assert ask(place).denial is Denial.UNSURE
    with pytest.raises(StorageAway):
        may_send(place.provider_id, place.brand_id, [PHONE], Channel.MESAJ)
