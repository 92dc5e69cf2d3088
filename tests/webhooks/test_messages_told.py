"""What becomes of messages is told once, of a campaign many people in one call, and only to who
asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from ileti.campaigns import delivered, dispatch, plan
from ileti.campaigns.running import number_of
from ileti.channels import delivered as own
from ileti.channels import deliveries, sms
from ileti.channels.sms import Delivery, Report
from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Status
from ileti.core import clock, db, reach
from ileti.core.reach import Reach
from ileti.webhooks import facts, jobs, messagefacts
from tests.campaigns.campaign_house import Phones, carried_by, consent, hand_over, phone, released
from tests.webhooks.test_facts_told import told, webhook

assert {delivered.take, own.take} <= set(deliveries._takers)


@pytest.fixture(autouse=True)
def phones() -> Iterator[Phones]:
    """A gateway that carries everything."""
    one = Phones()
    with carried_by(one):
        yield one


def hearing(place: Any, *, campaigns: bool = True) -> int:
    number = webhook(place, "message.status")
    db.connection().execute("update webhook set campaigns = %s where id = %s", (campaigns, number))
    return number


def of_campaigns(hook: int, word: str | None = None) -> list[Any]:
    return [one["data"] for one in told(hook) if "campaign" in one["data"]
            and word in (None, one["data"]["state"])]


def numbers(said: list[Any]) -> list[int]:
    return sorted(one["no"] for data in said for one in data["messages"])


def news(place: Any) -> int:
    return int(db.connection().execute("select count(*) from message_news where provider_id = %s",
                                       [place.provider_id]).fetchone()[0])


def report(place: Any, campaign: plan.Campaign, no: int, delivery: Delivery) -> None:
    """As a provider tells it of one phone, in a call of its own."""
    outside, account = db.connection().execute(
        "select b.outside_id, b.account_id from campaign_batch b where b.provider_id = %s "
        "and b.campaign_id = %s and %s between b.first_no and b.last_no",
        (place.provider_id, campaign.id, no)).fetchone()
    deliveries.note(place.provider_id, account, [Report(
        outside, to=phone(0), delivery=delivery, own_id=number_of(campaign.id, no))])


def test_of_a_campaign_a_batch_is_one_call_with_numbers_and_records_and_no_address(
        place: Any) -> None:
    hook = hearing(place)
    consent(place, *range(1, 31))
    consent(place, 31, status=Status.RET)
    one = released(place)
    hand_over(one)
    sent, blocked = of_campaigns(hook, "sent"), of_campaigns(hook, "blocked")
    assert (len(sent), len(sent[0]["messages"]), sent[0]["channel"]) == (1, 30, "MESAJ")
    assert [(data["denial"], len(data["messages"])) for data in blocked] == [("refused", 1)]
    assert len(numbers(sent + blocked)) == 31
    permit = db.connection().execute(
        "select permit_id from campaign_message where provider_id = %s and campaign_id = %s "
        "and no = %s", (place.provider_id, one.id, sent[0]["messages"][0]["no"])).fetchone()[0]
    assert sent[0]["messages"][0]["record"] == record_number(permit)
    assert "99213" not in json.dumps(told(hook))


def test_nothing_of_a_campaign_is_kept_unless_a_webhook_wants_it(place: Any, place_b: Any) -> None:
    hook = hearing(place, campaigns=False)
    hearing(place_b)
    consent(place, 1, 2)
    hand_over(released(place))
    assert (news(place), of_campaigns(hook)) == (0, [])


def test_what_was_told_is_not_told_again_also_when_the_job_ran_at_once_again(place: Any) -> None:
    hook = hearing(place)
    consent(place, 1, 2)
    hand_over(released(place))
    first = told(hook)
    assert told(hook) == first
    assert numbers([one["data"] for one in first if "campaign" in one["data"]]) == [1, 2]


def test_what_was_told_of_a_campaign_is_not_even_read_again(place: Any) -> None:
    """A minute of a large campaign is a thousand batches: the overlap must not fetch them anew."""
    hook = hearing(place)
    consent(place, 1, 2)
    hand_over(released(place))
    assert len(of_campaigns(hook)) == 1
    found = [event for page in facts.pages("message.status", clock.now() - timedelta(hours=1))
             for number, event in page if number == hook and "campaign" in event.data]
    assert found == []


def test_a_person_who_sees_no_webhook_may_close_a_batch_all_the_same(
        place: Any, phones: Phones) -> None:
    hook = hearing(place)
    consent(place, 1)
    phones.answers.append(sms.InDoubt("lost"))
    one = released(place)
    hand_over(one)
    with reach.within(Reach(place.provider_id, place.brand_id)):
        plan.settle_doubt(plan.read(place.provider_id, one.id), 1, went=True, by=None)
    assert sorted(data["state"] for data in of_campaigns(hook)) == ["in_doubt", "sent"]


def test_reports_that_come_one_by_one_are_told_together(place: Any) -> None:
    hook = hearing(place)
    consent(place, *range(1, 7))
    one = released(place)
    hand_over(one)
    for no in range(1, 6):
        report(place, one, no, Delivery.DELIVERED)
    report(place, one, 6, Delivery.NOT_DELIVERED)
    report(place, one, 6, Delivery.NOT_DELIVERED)
    assert [numbers([data]) for data in of_campaigns(hook, "delivered")] == [[1, 2, 3, 4, 5]]
    assert [numbers([data]) for data in of_campaigns(hook, "not_delivered")] == [[6]]


def test_a_call_tells_of_a_thousand_at_most(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messagefacts, "TOGETHER", 4)
    hook = hearing(place)
    consent(place, *range(1, 11))
    hand_over(released(place))
    sent = of_campaigns(hook, "sent")
    assert [len(data["messages"]) for data in sent] == [4, 4, 2]
    assert numbers(sent) == list(range(1, 11))


def test_news_is_gathered_in_pieces_and_each_once(
        place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messagefacts, "_ROWS", 2)
    hook = hearing(place)
    consent(place, *range(1, 6))
    one = released(place)
    hand_over(one)
    for no in range(1, 6):
        report(place, one, no, Delivery.DELIVERED)
    assert numbers(of_campaigns(hook, "delivered")) == [1, 2, 3, 4, 5]
    assert messagefacts.gather() == 0


@pytest.mark.parametrize(("answer", "word"), [
    (sms.Never("bad words"), "failed"), (sms.InDoubt("lost"), "in_doubt")])
def test_what_a_gateway_did_not_take_or_did_not_answer_is_told_so(
        place: Any, phones: Phones, answer: Any, word: str) -> None:
    hook = hearing(place)
    consent(place, 1, 2)
    phones.answers.append(answer)
    hand_over(released(place))
    assert [(data["state"], len(data["messages"])) for data in of_campaigns(hook)] == [(word, 2)]


def test_a_batch_that_comes_back_is_told_when_it_went_and_once(place: Any, phones: Phones) -> None:
    hook = hearing(place)
    consent(place, 1, 2)
    consent(place, 3, status=Status.RET)
    phones.answers.append(sms.Later("not now"))
    one = released(place)
    hand_over(one)
    assert [data["state"] for data in of_campaigns(hook)] == ["blocked"]
    db.connection().execute("update campaign_batch set next_at = now() where provider_id = %s",
                            [place.provider_id])
    hand_over(one)
    found = of_campaigns(hook)
    assert sorted((data["state"], len(data["messages"])) for data in found) == [
        ("blocked", 1), ("sent", 2)]


def test_a_worker_that_never_came_back_is_told_as_doubt_and_a_persons_word_as_sent(
        place: Any, phones: Phones) -> None:
    hook = hearing(place)
    consent(place, 1)
    one = released(place)
    phones.answers.append(sms.InDoubt("lost"))
    hand_over(one)
    db.connection().execute(
        "update campaign_batch set state = 1, begun_at = now() - interval '1 hour' "
        "where provider_id = %s", [place.provider_id])
    dispatch.find_forgotten()
    plan.settle_doubt(plan.read(place.provider_id, one.id), 1, went=True, by=None)
    assert sorted(data["state"] for data in of_campaigns(hook)) == ["in_doubt", "sent"]


def test_what_is_rolled_back_is_no_news(place: Any) -> None:
    hearing(place)
    consent(place, 1)
    one = released(place)
    hand_over(one)
    before = news(place)

    class Killed(Exception):
        pass

    def killed() -> None:
        with db.transaction(system=True) as conn:
            conn.execute("update campaign_batch set state = 5 where provider_id = %s",
                         [place.provider_id])
            raise Killed

    with pytest.raises(Killed):
        killed()
    assert news(place) == before


def test_a_refusal_after_messages_is_told_with_what_came_before_it_r32(place: Any) -> None:
    hook = hearing(place)
    consent(place, 1, 2)
    one = released(place)
    hand_over(one)
    db.connection().execute("update campaign_message set at = at - interval '1 minute' "
                            "where provider_id = %s", [place.provider_id])
    consent(place, 2, status=Status.RET)
    (after,) = [each["data"] for each in told(hook) if "after" in each["data"]]
    assert (after["state"], after["channel"]) == ("refused_after", "MESAJ")
    (named,) = after["after"]
    assert named["campaign"] == one.id
    assert after["record"].startswith("IZN-")


def test_a_refusal_without_a_message_before_it_is_no_news_here(place: Any) -> None:
    hook = hearing(place)
    consent(place, 1)
    consent(place, 1, status=Status.RET)
    assert [each for each in told(hook) if "after" in each["data"]] == []


def test_a_single_message_is_told_as_sent_and_then_as_delivered(place: Any) -> None:
    hook = hearing(place, campaigns=False)
    consent(place, 1)
    recipient = db.connection().execute(
        "select id from recipient where provider_id = %s", [place.provider_id]).fetchone()[0]
    number = db.connection().execute(
        "insert into message (provider_id, brand_id, recipient_id, channel, kind, content_key, "
        "sent_at, gateway, account_id, outside_id) values (%s, %s, %s, 2, 1, 1, now(), 'log', 7, "
        "'a-1') returning id", (place.provider_id, place.brand_id, recipient)).fetchone()[0]
    assert [one["data"]["state"] for one in told(hook)] == ["sent"]
    for delivery in (Delivery.WAITING, Delivery.SENT, Delivery.DELIVERED, Delivery.DELIVERED):
        deliveries.note(place.provider_id, 7, [Report("a-1", to=phone(1), delivery=delivery)])
    assert [(one["data"]["state"], one["data"]["message"]) for one in told(hook)] == [
        ("sent", number), ("delivered", number)]


def test_old_news_is_forgotten(place: Any) -> None:
    db.connection().execute(
        "insert into message_news (provider_id, brand_id, state, refs, at) values "
        "(%s, %s, 2, '{1}', %s)", (place.provider_id, place.brand_id,
                                    clock.now() - timedelta(days=11)))
    assert jobs.forget_message_news()["forgotten"] >= 1
    assert news(place) == 0
