"""Nobody gets a message whom the ledger does not let, and nobody gets one twice (R-08, R-36)."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from rq.timeouts import JobTimeoutException

from ileti.campaigns import dispatch, handing, plan, release, roads, wording
from ileti.campaigns.reasons import Reason
from ileti.campaigns.roads import Rests
from ileti.campaigns.running import number_of, parts_of
from ileti.campaigns.vocabulary import Batch, State
from ileti.channels import deliveries
from ileti.channels.sms import Delivery, InDoubt, Later, Never, Report, Taken
from ileti.consents import gate
from ileti.consents.vocabulary import Channel, IysStatus, Standing, Status
from ileti.core import clock, db
from ileti.core.errors import Conflict
from ileti.documents.facts import facts_of
from ileti.documents.publish import Plan, _publish, publish_standard_texts
from ileti.templates.vocabulary import MessageClass
from tests.panel.people import dealer_of, restrict, take

from .campaign_house import (
    CONTENT,
    TEXT,
    Phones,
    batches,
    carried_by,
    consent,
    fates,
    hand_over,
    phone,
    ready,
    released,
    running,
)


def state_of(campaign):
    return plan.read(campaign.provider_id, campaign.id).state


def test_who_may_get_it_gets_it_once_and_the_campaign_ends(place):
    consent(place, *range(250))
    phones = Phones()
    with carried_by(phones):
        campaign = released(place)
        done = hand_over(campaign)
    assert phones.got == sorted(phone(n) for n in range(250))
    assert [len(one.messages) for one in phones.batches] == [100, 100, 50]
    assert (done["handed"], done["blocked"], state_of(campaign)) == (250, 0, State.DONE)


def test_everybody_else_is_blocked_with_the_reason(place, place_b):
    consent(place, 1, 2)
    consent(place, 3, status=Status.RET)
    consent(place, 4, standing=Standing.UNVERIFIED)
    consent(place, 5, iys=IysStatus.QUEUED)
    consent(place, 6, iys=IysStatus.REFUSED)
    consent(place_b, 7)
    phones = Phones()
    with carried_by(phones):
        campaign = released(place)
        counted = campaign.preflight["counts"]
        hand_over(campaign)
    assert phones.got == [phone(1), phone(2)]
    assert counted == {"0": 2, "2": 1, "3": 1, "4": 1, "5": 1}
    assert fates(campaign) == {(3, None): 2} | {(2, n): 1 for n in (2, 3, 4, 5)}


def test_a_refusal_during_the_run_keeps_its_person_out_r32(place):
    consent(place, *range(200))
    phones, refused = Phones(), []

    def refuse_then_take(batch):
        asked = {one.to for one in batch.messages}
        refused.append(next(n for n in range(200) if phone(n) not in asked))
        consent(place, refused[0], status=Status.RET, iys=None)
        return Taken("first")

    phones.answers = [refuse_then_take]
    with carried_by(phones):
        campaign = released(place)
        hand_over(campaign)
    assert len(phones.got) == 199
    assert phone(refused[0]) not in phones.got
    assert fates(campaign) == {(3, None): 199, (2, Reason.REFUSED): 1}


def test_each_message_keeps_the_entry_it_relied_on_r36(conn, place):
    consent(place, 1)
    with carried_by(Phones()):
        campaign = released(place)
        hand_over(campaign)
    permit, at, iys = conn.execute(
        "select permit_id, permit_at, iys_status from campaign_message where provider_id = %s",
        [place.provider_id]).fetchone()
    assert conn.execute("select id, captured_at from consent_entry where provider_id = %s",
                        [place.provider_id]).fetchone() == (permit, at)
    assert iys == IysStatus.REGISTERED


def test_what_got_no_answer_is_in_doubt_and_is_never_sent_again(place):
    consent(place, *range(150))
    phones = Phones(answers=[InDoubt("timeout")])
    with carried_by(phones):
        campaign = released(place)
        hand_over(campaign)
        hand_over(campaign)
    assert batches(campaign) == [Batch.IN_DOUBT, Batch.TAKEN]
    assert len(phones.got) == 50
    assert state_of(campaign) is State.DONE


def test_a_worker_that_dies_in_the_call_leaves_a_doubt_and_no_second_message(conn, place):
    consent(place, *range(120))
    phones = Phones()
    with carried_by(phones):
        campaign = released(place)
        road = roads.roads(1, 1, Channel.MESAJ, commercial=True)[0]
        taken, _ = dispatch.take(running(campaign), 100, road)
        assert len(taken.people) == 100  # and here it dies
        conn.execute("update campaign_batch set begun_at = now() - interval '1 hour' "
                     "where provider_id = %s", [place.provider_id])
        assert dispatch.find_forgotten() == 1
        hand_over(campaign)
    assert len(phones.got) == 20
    assert batches(campaign) == [Batch.IN_DOUBT, Batch.TAKEN]
    assert conn.execute(
        "select distinct gateway, sender from campaign_batch where provider_id = %s",
        [place.provider_id]).fetchall() == [("phones", "DEFNE EV")]


def test_what_a_person_says_of_a_doubt_is_done(place):
    consent(place, *range(10))
    phones = Phones(answers=[InDoubt("timeout")])
    with carried_by(phones):
        campaign = released(place)
        hand_over(campaign)
        consent(place, 3, status=Status.RET, iys=None)
        plan.settle_doubt(campaign, 1, went=False, by=None)
        hand_over(campaign)
    assert phone(3) not in phones.got
    assert len(phones.got) == 9
    with pytest.raises(Conflict):
        plan.settle_doubt(campaign, 1, went=False, by=None)


def test_what_a_gateway_sends_back_goes_by_the_next_and_the_gate_is_asked_again(place):
    consent(place, *range(10))
    second = Phones(name="second")

    def refuse_then_away(batch):
        consent(place, 4, status=Status.RET, iys=None)
        return Later("busy", 60)

    with carried_by(Phones(answers=[refuse_then_away]), second):
        campaign = released(place)
        hand_over(campaign)
    assert len(second.got) == 9
    assert batches(campaign) == [Batch.TAKEN]
    assert fates(campaign) == {(3, None): 9, (2, Reason.REFUSED): 1}


def test_an_account_that_is_refused_rests_and_the_campaign_waits(place):
    consent(place, 1)
    phones = Phones(answers=[Never("no money", account=True)])
    rests = Rests()
    with carried_by(phones):
        campaign = released(place)
        hand_over(campaign, rests)
        found = plan.read(place.provider_id, campaign.id)
        assert (found.state, found.problem) == (State.RUNNING, "roads_rest")
        assert phones.got == []
        hand_over(campaign)
    assert phones.got == [phone(1)]


def test_words_a_gateway_refuses_stop_the_campaign_and_go_when_a_person_says_so(place):
    consent(place, *range(150))
    phones = Phones(answers=[Never("bad letters")])
    with carried_by(phones):
        campaign = released(place)
        hand_over(campaign)
        assert state_of(campaign) is State.PAUSED
        assert phones.got == []
        plan.resume(plan.read(place.provider_id, campaign.id), by=None)
        hand_over(campaign)
    assert len(phones.got) == len(set(phones.got)) == 150


def test_nothing_goes_while_it_is_paused_and_nothing_after_it_was_cancelled(place):
    consent(place, *range(5))
    phones = Phones()
    with carried_by(phones):
        campaign = released(place)
        plan.pause(campaign, by=None)
        hand_over(campaign)
        assert phones.got == []
        plan.cancel(plan.read(place.provider_id, campaign.id), by=None)
        hand_over(campaign)
    assert (phones.got, state_of(campaign)) == ([], State.CANCELLED)


def test_quiet_hours_hold_advertising_and_not_what_is_exempt_r56(place):
    consent(place, 1)
    phones = Phones()
    night = clock.to_istanbul(clock.now()).replace(hour=23, minute=30) + timedelta(days=1)
    with carried_by(phones):
        late = released(place, quiet=(21 * 60, 9 * 60), on_holidays=True)
        exempt = released(place, quiet=(21 * 60, 9 * 60), declared=MessageClass.COLLECTION,
                          content={"text": "Faturanizin vadesi yarin doluyor.", "declaredBy": 1})
        with clock.freeze(night):
            hand_over(late)
            assert phones.got == []
            hand_over(exempt)
    assert phones.got == [phone(1)]


def test_nobody_gets_more_of_a_brand_than_its_cap(place):
    consent(place, 1, 2)
    phones = Phones()
    with carried_by(phones):
        hand_over(released(place))
        second = released(place, cap=(1, 7))
        hand_over(second)
    assert len(phones.got) == 2
    assert fates(second) == {(2, Reason.ENOUGH): 2}


def test_nobody_is_written_to_when_iys_was_unheard_for_days_r44(conn, place):
    consent(place, 1)
    with carried_by(Phones()) as _:
        campaign = released(place)
        conn.execute("update iys_cursor set pulled_at = now() - interval '6 days' "
                     "where provider_id = %s", [place.provider_id])
        hand_over(campaign)
    assert fates(campaign) == {(2, Reason.STALE): 1}


def test_the_gates_rule_in_the_database_is_the_gates_rule(conn):
    known = {None: None, gate.Denial.NO_RECORD: 1, gate.Denial.REFUSED: 2,
             gate.Denial.UNVERIFIED: 3, gate.Denial.NOT_AT_IYS: 4, gate.Denial.NOT_IN_FORCE: 5}
    for status, standing, iys in product(Status, Standing, IysStatus):
        said = conn.execute("select gate_denial(%s::smallint, %s::smallint, %s::smallint)",
                            [int(status), int(standing), int(iys)]).fetchone()[0]
        assert said == known[gate.why_not(status, standing, iys)], (status, standing, iys)


def test_a_number_names_its_campaign_and_person():
    assert parts_of(number_of(731, 1_000_001)) == (731, 1_000_001)


def test_a_campaign_that_was_prepared_stands_still(place):
    consent(place, 1)
    phones = Phones()
    with carried_by(phones):
        campaign = ready(place)
        consent(place, 2)
        release.release(campaign, by=None)
        hand_over(campaign)
    assert phones.got == [phone(1)]


def test_two_workers_hand_nobody_over_twice(place):
    consent(place, *range(40))
    phones = Phones(most=10)
    with carried_by(phones):
        campaign = released(place)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: hand_over(campaign), range(4)))
    assert phones.got == sorted(phone(n) for n in range(40))


def test_a_campaign_waits_while_its_provider_has_not_the_module(conn, place):
    consent(place, 1)
    phones = Phones()
    with carried_by(phones):
        campaign = released(place)
        conn.execute("update provider set data_management = false where id = %s",
                     [place.provider_id])
        dispatch.dispatch_due(time.monotonic() + 5)
        assert batches(campaign) == [], "what others left due may go meanwhile"
        conn.execute("update provider set data_management = true where id = %s",
                     [place.provider_id])
        conn.execute("update campaign set next_at = now() - interval '1 day' where id = %s",
                     [campaign.id])
        dispatch.dispatch_due(time.monotonic() + 5)
    assert len(batches(campaign)) == 1
    assert phone(1) in phones.got


def test_who_agreed_to_the_newsletter_alone_gets_no_partner_offers_r17(conn, place):
    document = publish_standard_texts(place.provider_id, place.brand_id)["MESAJ"]
    title, body = conn.execute("select title, body from document_version where document_id = %s "
                               "and language = 'tr'", [document]).fetchone()
    with db.transaction() as inside:
        narrow, _ = _publish(inside, facts_of(inside, document), "tr", title, body, None,
                             Plan(topics=("Bülten", " bülten ")))
    take(place, phone(1), text=(narrow.id, narrow.content_hash.hex()))
    consent(place, 2)
    conn.execute("update consent_state set iys_status = 3 where provider_id = %s",
                 [place.provider_id])
    phones = Phones()
    with carried_by(phones):
        hand_over(released(place, topics=("ortak teklifi",)))
        assert phones.got == [phone(2)]
        hand_over(released(place))
        assert phones.got == [phone(2)] * 2
        hand_over(released(place, topics=("bülten",)))
    assert phones.got == sorted([phone(1), *[phone(2)] * 3])


def test_a_dealers_campaign_reaches_its_own_people_alone_also_an_exempt_one_r16(conn, place):
    conn.execute("insert into dealer_right (provider_id, brand_id, right_key, allowed) "
                 "values (%s, %s, 'messages', true)", [place.provider_id, place.brand_id])
    dealer = dealer_of(place)
    take(place, phone(1), dealer_id=dealer)
    consent(place, 2)
    conn.execute("update consent_state set iys_status = 3 where provider_id = %s",
                 [place.provider_id])
    phones = Phones()
    exempt = {"text": "Faturanizin vadesi yarin doluyor.", "declaredBy": 1}
    with carried_by(phones):
        hand_over(released(place, dealer=dealer))
        hand_over(released(place, dealer=dealer, declared=MessageClass.COLLECTION,
                           content=exempt))
    assert phones.got == [phone(1)] * 2


def test_a_dealer_that_may_send_no_more_stops_its_campaign(conn, place):
    conn.execute("insert into dealer_right (provider_id, brand_id, right_key, allowed) "
                 "values (%s, %s, 'messages', true)", [place.provider_id, place.brand_id])
    dealer = dealer_of(place)
    take(place, phone(1), dealer_id=dealer)
    phones = Phones()
    with carried_by(phones):
        campaign = released(place, dealer=dealer)
        conn.execute("update dealer set status = 'suspended' where id = %s", [dealer])
        hand_over(campaign)
    found = plan.read(place.provider_id, campaign.id)
    assert (phones.got, found.state, found.problem) == ([], State.PAUSED, "dealer")


def test_who_is_kept_for_the_law_alone_gets_no_exempt_message_either_r64(conn, place):
    consent(place, 1)
    restrict(place, conn.execute("select id from recipient where provider_id = %s",
                                 [place.provider_id]).fetchone()[0])
    consent(place, 2)
    phones = Phones()
    with carried_by(phones):
        hand_over(released(place, declared=MessageClass.COLLECTION, content={
            "text": "Faturanizin vadesi yarin doluyor.", "declaredBy": 1}))
    assert phones.got == [phone(2)]


def test_a_batch_refused_twice_is_left_out_and_the_rest_goes(place):
    consent(place, *range(150))
    phones = Phones(answers=[Never("bad"), Never("bad")])
    with carried_by(phones):
        campaign = released(place)
        for _ in range(3):
            hand_over(campaign)
            if state_of(campaign) is State.PAUSED:
                plan.resume(plan.read(place.provider_id, campaign.id), by=None)
        hand_over(campaign)
    assert batches(campaign) == [Batch.REFUSED, Batch.TAKEN]
    assert len(phones.got) == 50


def test_words_changed_between_the_look_and_the_release_do_not_go(place, monkeypatch):
    consent(place, 1)
    with carried_by(Phones()):
        campaign = ready(place)
        before = release._proof_of

        def slow(*asked):
            db.connection().execute(
                "update campaign set content = content || '{\"text\": \"other\"}' where id = %s",
                [campaign.id])
            return before(*asked)

        monkeypatch.setattr(release, "_proof_of", slow)
        with pytest.raises(Conflict):
            release.release(campaign, by=None)
    assert state_of(campaign) is State.READY


# -- texts that may not share a call ---------------------------------------------------------------


class Coder(Phones):
    """A provider that codes a whole call by its worst letter, as Verimor does."""

    def apart(self, text):
        return "ucs2" if "Â" in text else "gsm"


def named(monkeypatch, *who):
    """Every text is the same but for these people, whose name has a letter of no table."""
    made = handing._made

    def make(campaign, road, taken, text):
        order = made(campaign, road, taken, text)
        return replace(order, messages=[
            replace(one, text="Sayin Âdem" if one.to in map(phone, who) else "Sayin Ali")
            for one in order.messages])

    monkeypatch.setattr(handing, "_made", make)


def test_one_name_of_rare_letters_makes_nobody_elses_text_dear(place, conn, monkeypatch):
    consent(place, *range(100))
    phones = Coder()
    named(monkeypatch, 7)
    with carried_by(phones):
        campaign = released(place)
        done = hand_over(campaign)
    assert [len(one.messages) for one in phones.batches] == [99, 1]
    assert phones.batches[1].messages[0].to == phone(7)
    assert len({one.name for one in phones.batches}) == 2
    assert (done["handed"], batches(campaign), state_of(campaign)) == (
        100, [Batch.TAKEN], State.DONE)
    assert sorted(conn.execute(
        "select messages from delivery_batch where provider_id = %s and account_id = 1",
        (place.provider_id,)).fetchall()) == [(1,), (99,)]


def test_reports_of_an_order_in_parts_find_their_people_by_our_own_number(
        place, conn, monkeypatch):
    consent(place, 1, 2)
    phones = Coder(answers=[Taken("a"), Taken("b")])
    named(monkeypatch, 2)
    with carried_by(phones):
        campaign = released(place)
        hand_over(campaign)
    told = [Report(out, one.to, Delivery.DELIVERED, own_id=one.id)
            for out, batch in zip("ab", phones.batches, strict=True) for one in batch.messages]
    assert deliveries.note(place.provider_id, 2, told) == 0  # another account says nothing of it
    assert deliveries.note(place.provider_id, 1, told) == 2
    assert conn.execute("select delivery from campaign_message where provider_id = %s",
                        (place.provider_id,)).fetchall() == [(2,), (2,)]


@pytest.mark.parametrize(("answers", "got", "state"), [
    ([Taken("a"), InDoubt("timeout")], 99, Batch.TAKEN),
    ([InDoubt("timeout"), Taken("b")], 1, Batch.TAKEN),
    ([InDoubt("timeout"), InDoubt("timeout")], 0, Batch.IN_DOUBT)])
def test_a_part_in_doubt_is_never_sent_again_and_the_other_is_not_in_doubt(
        place, conn, monkeypatch, answers, got, state):
    consent(place, *range(100))
    phones = Coder(answers=list(answers))
    named(monkeypatch, 7)
    with carried_by(phones):
        campaign = released(place)
        hand_over(campaign)
        hand_over(campaign)
    assert (len(phones.got), len(set(phones.got)), batches(campaign)) == (got, got, [state])
    if state is Batch.TAKEN:
        assert conn.execute("select count(*) from campaign_message where provider_id = %s "
                            "and delivery = 9", (place.provider_id,)).fetchone() == (100 - got,)


def test_a_part_that_was_not_taken_goes_again_and_the_taken_one_does_not(place, conn, monkeypatch):
    consent(place, *range(100))
    phones = Coder(answers=[Taken("a"), Later("busy", 0.0)])
    named(monkeypatch, 7)
    with carried_by(phones):
        campaign = released(place)
        hand_over(campaign)
        conn.execute("update campaign_batch set next_at = now() where provider_id = %s",
                     (place.provider_id,))
        hand_over(campaign)
    assert len(phones.got) == len(set(phones.got)) == 100
    assert state_of(campaign) is State.DONE


def test_what_everybody_would_hear_is_asked_once_and_holds_for_the_batch(place, monkeypatch):
    consent(place, *range(100))
    asked = []

    def no(batch):
        asked.append(len(batch.messages))
        return Never("password", account=True)

    phones = Coder(answers=[no, no])
    named(monkeypatch, 7)
    with carried_by(phones):
        campaign = released(place)
        dispatch.step(running(campaign), roads.roads(1, 1, Channel.MESAJ, commercial=True)[0],
                      wording.of(campaign.content), Rests())
    assert (asked, batches(campaign)) == ([99], [Batch.RETURNED])


def test_a_job_whose_time_is_up_ends_in_the_middle_of_a_batch(place):
    consent(place, 1)

    def hang(_batch):
        raise JobTimeoutException

    with carried_by(Phones(answers=[hang])), pytest.raises(JobTimeoutException):
        hand_over(released(place))


def test_a_text_with_a_link_goes_by_no_road_abroad_r52(place):
    consent(place, 1, 2)
    foreign, domestic = Phones(), Phones()
    foreign.abroad = True
    content = CONTENT | {"text": f"ornek.com/kis {TEXT}"}
    with carried_by(foreign):
        stops = release.obstacles(ready(place, content=content))
        assert ["R-52" in one for _, one in stops] == [True]
    with carried_by(foreign, domestic):
        hand_over(released(place, content=content))
    assert (foreign.got, len(domestic.got)) == ([], 2)
