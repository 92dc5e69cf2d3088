"""How fast a campaign goes, and that nobody waits for another one's pace."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest

from ileti.campaigns import dispatch, plan, roads
from ileti.campaigns.roads import Rests
from ileti.campaigns.vocabulary import State
from ileti.channels.sms import InDoubt
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.templates.vocabulary import MessageClass

from .campaign_house import (
    CONTENT,
    Phones,
    carried_by,
    consent,
    hand_over,
    phone,
    released,
    running,
)
from .test_answers import Server, mail_consent

PROMOTION = CONTENT | {"ends": "2030-12-05", "terms": "0850"}


@pytest.fixture(autouse=True)
def nothing_goes_on(place):
    """What still runs is given up, so that no later round takes it."""
    yield
    db.connection().execute("update campaign set state = 8, next_at = null where provider_id = %s "
                            "and state in (2, 5)", [place.provider_id])


def waits(campaign):
    """Seconds until it goes on."""
    found = plan.read(campaign.provider_id, campaign.id).next_at
    return (found - clock.now()).total_seconds()


@pytest.fixture
def slept(monkeypatch):
    """How long the runs of this test slept, each time; they sleep all the same."""
    found, sleep, here = [], time.sleep, threading.get_ident()

    def noted(seconds):
        if threading.get_ident() == here:  # what else runs in this process sleeps as it likes
            found.append(seconds)
        sleep(seconds)

    monkeypatch.setattr(dispatch.time, "sleep", noted)
    return found


def test_a_campaign_that_goes_slowly_says_when_it_goes_on_and_holds_nobody_back(place, slept):
    consent(place, 1, 2)
    phones, rests = Phones(), Rests()
    with carried_by(phones):
        slow, other = released(place, per_second=1), released(place)
        assert hand_over(slow, rests)["handed"] == 1
        assert hand_over(other, rests)["handed"] == 2
    assert max(slept, default=0) <= 0.2
    assert waits(slow) <= 1
    assert plan.read(place.provider_id, slow.id).state is State.RUNNING
    assert plan.read(place.provider_id, other.id).state is State.DONE


def test_an_account_that_goes_slowly_is_waited_for_outside_of_the_run(place, slept):
    consent(place, 1, 2)
    rests = Rests()
    with carried_by(Phones(), per_second=0.1):
        campaign = released(place)
        assert hand_over(campaign, rests)["handed"] == 1
    assert max(slept, default=0) <= 0.2
    assert 5 < waits(campaign) <= 10


def test_both_campaigns_come_to_their_end_in_one_round(place):
    consent(place, 1, 2, 3)
    phones = Phones()
    with carried_by(phones):
        slow, other = released(place, per_second=4), released(place)
        db.connection().execute("update campaign set next_at = now() - interval '1 day' "
                                "where provider_id = %s", [place.provider_id])
        dispatch.dispatch_due(time.monotonic() + 10, Rests())
    names = {one.name.partition("-")[0] for one in phones.batches}
    assert {f"k{slow.id}", f"k{other.id}"} <= names
    assert {plan.read(place.provider_id, one.id).state for one in (slow, other)} == {State.DONE}


def test_answers_lost_one_after_another_stop_it_over_several_rounds(place):
    consent(place, *range(5))
    phones, rests = Phones(answers=[InDoubt("timeout")] * 5), Rests()
    with carried_by(phones):
        campaign = released(place, per_second=2)
        for _ in range(4):
            hand_over(campaign, rests)
            rests.next_of.clear()
    found = plan.read(place.provider_id, campaign.id)
    assert (found.state, found.problem) == (State.PAUSED, "in_doubt")
    assert len(phones.answers) == 2


def test_a_batch_of_mails_is_what_the_server_takes_in_a_second_or_two(place):
    mail_consent(place, *(f"n{n}" for n in range(8)))
    server, sizes, rests = Server({}), [], Rests()
    inner = server.send

    def slowly(mails):
        sizes.append(len(mails))
        rests.speeds[1] = 2.0  # as it will have been seen
        return inner(mails)

    server.send = slowly
    content = {"text": "Bülten", "subject": "Kampanya", "body": "Bülten", "html": "",
               "declaredBy": 1, "brand": "Defne Ev"}
    with carried_by(server):
        campaign = released(place, channel=Channel.EPOSTA, content=content)
        rests.speeds[1] = 2.0
        dispatch.step(running(campaign), roads.roads(1, 1, Channel.EPOSTA, commercial=True)[0],
                      dispatch.wording.of(content), rests)
    assert sizes == [3]
    assert rests.speeds[1] > 2.0


def test_what_was_seen_last_counts_most_and_nothing_seen_bounds_nothing():
    rests, road = Rests(), SimpleNamespace(account_id=1)
    assert rests.fits(road, 1.5, 50) == 50
    rests.saw(road, 10, 10.0)
    assert rests.fits(road, 1.5, 50) == 1
    for _ in range(8):
        rests.saw(road, 100, 2.0)
    assert rests.fits(road, 1.5, 100) > 70


def test_an_advertisement_stops_when_its_last_day_has_passed_r27(place):
    consent(place, 1)
    phones = Phones()
    with carried_by(phones):
        campaign = released(place, content=PROMOTION)
        with clock.freeze(clock.to_istanbul(clock.now()).replace(year=2030, month=12, day=6)):
            hand_over(campaign)
        found = plan.read(place.provider_id, campaign.id)
        assert (phones.got, found.state, found.problem) == ([], State.PAUSED, "ended")
        db.connection().execute("update campaign set state = 5 where id = %s", [campaign.id])
        hand_over(campaign)
    assert phones.got == [phone(1)]


def test_on_its_last_day_it_goes_and_what_is_exempt_has_no_last_day(place):
    consent(place, 1)
    phones = Phones()
    today = clock.today().isoformat()
    yesterday = (clock.today() - timedelta(days=1)).isoformat()
    exempt = {"text": "Faturanizin vadesi yarin doluyor.", "declaredBy": 1, "ends": yesterday}
    with carried_by(phones):
        hand_over(released(place, content=PROMOTION | {"ends": today}))
        hand_over(released(place, declared=MessageClass.COLLECTION, content=exempt))
    assert phones.got == [phone(1)] * 2
