"""A campaign's people stand still, and one that cannot be prepared keeps nobody waiting."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import psycopg
import pytest

from ileti.campaigns import plan, prepare
from ileti.campaigns.audience import Audience
from ileti.campaigns.vocabulary import State
from ileti.core import clock, db
from ileti.core.errors import InvalidInput

from .campaign_house import consent, draft, ready

DAY = timedelta(days=1)


def read(campaign):
    return plan.read(campaign.provider_id, campaign.id)


def asked(place, **more):
    """A campaign that waits to be prepared before all others."""
    number = plan.create((place.provider_id, place.brand_id, None), draft(**more), by=None)
    campaign = plan.read(place.provider_id, number)
    plan.prepare(campaign, by=None)
    db.connection().execute("update campaign set next_at = now() - interval '1 day' "
                            "where id = %s", [number])
    return campaign


def test_who_consents_later_is_not_counted_when_it_is_counted_again(place):
    consent(place, 1)
    campaign = ready(place)
    consent(place, 2)
    plan.count_again(campaign, by=None)
    prepare.prepare_due(time.monotonic() + 5)
    found = read(campaign)
    assert (found.state, found.total, found.preflight["counts"]) == (State.READY, 1, {"0": 1})


def test_words_written_anew_make_the_people_anew(place):
    consent(place, 1)
    campaign = ready(place)
    consent(place, 2)
    plan.change(campaign, draft(), by=None)
    plan.prepare(read(campaign), by=None)
    prepare.prepare_due(time.monotonic() + 5)
    assert read(campaign).total == 2


def test_one_that_cannot_be_prepared_goes_back_to_its_draft_and_the_others_are_prepared(place):
    consent(place, 1)
    broken = asked(place)
    db.connection().execute("update campaign set audience = '{\"sample\": 0}', "
                            "next_at = now() - interval '2 days' where id = %s", [broken.id])
    other = asked(place)
    done = prepare.prepare_due(time.monotonic() + 5)
    assert (done["prepared"] >= 1, done["failed"] >= 1) == (True, True)
    found = read(broken)
    assert (found.state, found.problem) == (State.DRAFT, "not_prepared")
    assert read(other).state is State.READY
    plan.change(found, draft(), by=None)
    assert read(broken).problem is None


@pytest.mark.parametrize("audience", [
    Audience(since=datetime(2026, 5, 2, tzinfo=clock.ISTANBUL),
             until=datetime(2026, 5, 1, tzinfo=clock.ISTANBUL)),
    Audience(lists=tuple(range(1, 12))), Audience(sample=199_999)])
def test_an_audience_that_could_not_be_read_back_is_not_kept(place, audience):
    with pytest.raises(InvalidInput):
        plan.create((place.provider_id, place.brand_id, None), draft(audience=audience), by=None)


def test_more_people_than_numbers_are_refused_with_a_sentence(place, monkeypatch):
    monkeypatch.setattr(prepare, "MOST_PEOPLE", 2)
    consent(place, 1, 2, 3)
    campaign = asked(place)
    prepare.prepare_due(time.monotonic() + 5)
    found = read(campaign)
    assert (found.state, found.problem, found.total) == (State.DRAFT, "too_many", 0)


@pytest.mark.parametrize("begins", [
    datetime(1, 1, 1, tzinfo=clock.ISTANBUL), datetime(9999, 12, 31, tzinfo=clock.ISTANBUL)])
def test_a_campaign_begins_at_hand(place, begins):
    where = (place.provider_id, place.brand_id, None)
    for moment in (begins, clock.now() - DAY - timedelta(hours=1)):
        with pytest.raises(InvalidInput):
            plan.create(where, draft(begin_at=moment), by=None)
    assert plan.create(where, draft(begin_at=clock.now() - timedelta(hours=12)), by=None)


def test_the_database_keeps_no_beginning_that_cannot_be_read(conn, place):
    number = plan.create((place.provider_id, place.brand_id, None), draft(), by=None)
    with pytest.raises(psycopg.errors.CheckViolation):
        conn.execute("update campaign set begin_at = '0001-12-31 22:00 BC' where id = %s",
                     [number])
