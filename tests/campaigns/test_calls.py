"""Calls of a campaign: what became of them is found by the phone, and a pressed key refuses whether
the provider pushed it or was asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest

from ileti.campaigns import delivered, results  # noqa: F401 (the first takes reports)
from ileti.channels import deliveries, presses, quiet
from ileti.channels.sms import Delivery, Taken
from ileti.channels.voice import VoiceReport
from ileti.consents.gate import may_send_now
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db

from ..calllists.house import consent
from .campaign_house import CONTENT, Phones, carried_by, hand_over, phone, released

OUT = "900200"
SPOKEN = CONTENT | {"text": "Bu bir tanıtım aramasıdır. Kış kahvesi geldi.", "refuseKey": "9"}


@pytest.fixture
def rung(place):
    """A campaign that rang these two, with the order's address for results."""
    consent(place, phone(1), phone(2), at=clock.now() - timedelta(hours=1))
    phones = Phones(answers=[Taken(OUT)], name="verimor-voice")
    with carried_by(phones):
        campaign = released(place, channel=Channel.ARAMA, content=SPOKEN, quiet=None)
        hand_over(campaign)
    (order,) = phones.batches
    return campaign, order


def fates(campaign):
    return results.fates(campaign.provider_id, campaign.id).deliveries


def may_call(place, n):
    return bool(may_send_now(place.provider_id, place.brand_id, phone(n), Channel.ARAMA))


def submissions(place):
    return db.connection().execute(
        "select count(*) from submission where provider_id = %s and evidence ->> 'flow' = "
        "'call-key'", [place.provider_id]).fetchone()[0]


def test_a_key_in_a_fetched_result_refuses_once(place, rung):
    campaign, _ = rung
    told = [VoiceReport(OUT, phone(1), Delivery.DELIVERED, "9"),
            VoiceReport(OUT, phone(2), Delivery.NOT_DELIVERED, reason="busy")]
    for _ in range(2):
        deliveries.note(place.provider_id, 1, told)
    assert (may_call(place, 1), may_call(place, 2)) == (False, True)
    assert submissions(place) == 1
    assert fates(campaign) == {Delivery.DELIVERED: 1, Delivery.NOT_DELIVERED: 1}


def test_a_pushed_result_is_noted_by_its_phone_and_refuses(place, rung):
    campaign, order = rung
    token = order.results.rpartition("/")[2]
    body = urlencode({"ivr_campaign_id": OUT, "phone": phone(2).removeprefix("+"), "digit": "9",
                      "status": "Cevaplandı", "call_uuid": "u-1"}).encode()
    assert [presses.pushed(token, body) for _ in range(2)] == [1, 0]
    assert (may_call(place, 1), may_call(place, 2)) == (True, False)
    assert fates(campaign) == {Delivery.DELIVERED: 1}


def test_another_accounts_report_refuses_nothing(place, rung):
    deliveries.note(place.provider_id, 2, [VoiceReport(OUT, phone(1), Delivery.DELIVERED, "9")])
    assert may_call(place, 1)


@pytest.mark.parametrize(("hour", "minutes"), [(12, 120), (20, 60), (20.5, 30), (22, 0), (3, 0)])
def test_an_order_rings_no_longer_than_until_the_quiet_hours_r56(hour, minutes):
    at = datetime(2026, 12, 1, tzinfo=clock.ISTANBUL) + timedelta(hours=hour)
    assert quiet.silent_from(at, quiet.USUAL, timedelta(hours=2)) - at == timedelta(minutes=minutes)
    assert quiet.silent_from(at, None, timedelta(hours=2)) - at == timedelta(hours=2)
    assert quiet.silent_from(at, (60, 120), timedelta(hours=2)) >= at
