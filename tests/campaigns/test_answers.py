"""What became of a campaign's messages: reports, mails answered one by one, complaints."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from ileti.campaigns import (  # noqa: F401 (tells complaints)
    answering,
    delivered,
    dispatch,
    plan,
    results,
    settling,
)
from ileti.campaigns.reasons import Reason
from ileti.campaigns.roads import Rests
from ileti.campaigns.running import number_of
from ileti.campaigns.vocabulary import Batch, State
from ileti.channels import complaint, deliveries, returned
from ileti.channels.mail import Mail
from ileti.channels.sms import Delivery, Handed, InDoubt, Later, Never, Report, Taken
from ileti.consents.ledger import NewConsent, NewSubmission, record
from ileti.consents.moments import Reach
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import clock, db
from ileti.templates.compose import REFUSE
from tests.evidence.sealed_house import seal_all

from .campaign_house import (
    Phones,
    batches,
    carried_by,
    consent,
    fates,
    hand_over,
    phone,
    released,
)

OUT = "900100"


def sent(place, *numbers):
    """A campaign that went to these people as order 900100 of account 1."""
    consent(place, *numbers)
    phones = Phones(answers=[Taken(OUT)])
    with carried_by(phones):
        campaign = released(place)
        hand_over(campaign)
    return campaign, phones


def told(campaign):
    return results.fates(campaign.provider_id, campaign.id)


def test_a_report_is_noted_by_our_number_or_by_the_phone_and_only_once(place, place_b):
    campaign, phones = sent(place, 1, 2, 3)
    own = {one.to: one.id for one in phones.batches[0].messages}
    reports = [Report(OUT, phone(1), Delivery.DELIVERED, own_id=own[phone(1)]),
               Report(OUT, phone(2), Delivery.NOT_DELIVERED, "absent"),
               Report("another", phone(3), Delivery.DELIVERED)]
    assert deliveries.note(place.provider_id, 1, reports) == 2
    assert deliveries.note(place_b.provider_id, 1, reports) == 0
    assert deliveries.note(place.provider_id, 2, reports) == 0
    deliveries.note(place.provider_id, 1, [Report(OUT, phone(1), Delivery.WAITING)])
    found = told(campaign)
    assert found.deliveries == {Delivery.DELIVERED: 1, Delivery.NOT_DELIVERED: 1}
    assert found.silent == 1


def test_refusals_after_it_are_counted(place):
    campaign, _ = sent(place, 1, 2)
    later = clock.now() + timedelta(minutes=1)
    item = NewConsent(phone(2), Channel.MESAJ, Status.RET, later)
    with clock.freeze(later + timedelta(seconds=5)):
        record(NewSubmission(place, f"after:{uuid4()}", b"x", Source.HS_WEB, Standing.VERIFIED,
                             (item,)))
    assert results.refused_after(campaign) == 1


class Server:
    """A mail server that answers for each mail."""

    name, most = "server", 50

    def __init__(self, answers: dict[str, list[Handed]]) -> None:
        self.answers, self.mails = answers, list[Mail]()

    def send(self, mails):
        found = [self.answers.get(one.to, []).pop(0) if self.answers.get(one.to) else Taken("")
                 for one in mails]
        self.mails += [one for one, answer in zip(mails, found, strict=True)
                       if isinstance(answer, Taken)]
        return found


def mail_consent(place, *names):
    items = tuple(NewConsent(f"{name}@ornek.com", Channel.EPOSTA, Status.ONAY, clock.now())
                  for name in names)
    record(NewSubmission(place, f"mail:{uuid4()}", b"x", Source.HS_WEB, Standing.VERIFIED, items))
    db.connection().execute("update consent_state set iys_status = 3 where provider_id = %s",
                            [place.provider_id])


def test_of_a_mail_batch_only_what_was_not_taken_goes_again(place):
    mail_consent(place, "a", "b", "c", "d")
    server = Server({"b@ornek.com": [Later("busy", 0.0)], "c@ornek.com": [InDoubt("line")],
                     "d@ornek.com": [Never("no such user")]})
    content = {"text": f"Reddet: {{{REFUSE}}}", "subject": "Kampanya: Bülten", "body": "Bülten",
               "html": "", "declaredBy": 1, "brand": "Defne Ev"}
    with carried_by(server):
        campaign = released(place, channel=Channel.EPOSTA, content=content)
        hand_over(campaign, Rests())
        db.connection().execute("update campaign_batch set next_at = now() - interval '1 day' "
                                "where provider_id = %s", [place.provider_id])
        hand_over(campaign, Rests())
    assert sorted(one.to for one in server.mails) == ["a@ornek.com", "b@ornek.com"]
    assert batches(campaign) == [Batch.TAKEN]
    assert fates(campaign) == {(4, None): 4}
    assert (told(campaign).mails_in_doubt, told(campaign).deliveries) == (
        1, {Delivery.NOT_DELIVERED: 1})


MAIL = {"text": f"Reddet: {{{REFUSE}}}", "subject": "Kampanya: Bülten", "body": "Bülten",
        "html": "", "declaredBy": 1, "brand": "Defne Ev"}


def again(campaign):
    """One more round, as if the time for it had come."""
    db.connection().execute("update campaign_batch set next_at = now() - interval '1 day' "
                            "where provider_id = %s and state = 3", [campaign.provider_id])
    hand_over(campaign, Rests())


@pytest.mark.parametrize("answer", [
    Later("no connection: TimeoutError"), Later("SMTP 421 4.3.2"), Later("SMTP 450"),
    Later("not tried"), Never("user name or password is refused (SMTP 535)", account=True)])
def test_while_the_server_takes_nothing_no_mailbox_is_given_up(place, answer):
    mail_consent(place, "a", "b")
    server = Server({f"{name}@ornek.com": [answer] * 8 for name in "ab"})
    with carried_by(server):
        campaign = released(place, channel=Channel.EPOSTA, content=MAIL)
        for _ in range(8):
            again(campaign)
        assert fates(campaign) == {(3, None): 2}
        again(campaign)
    assert sorted(one.to for one in server.mails) == ["a@ornek.com", "b@ornek.com"]
    assert told(campaign).deliveries == {}


@pytest.mark.parametrize("reason", ["SMTP 452 4.2.2", "SMTP 450 4.7.1", "SMTP 451"])
def test_one_mailbox_that_always_says_later_is_given_up_after_its_own_tries(place, reason):
    mail_consent(place, "a", "b")
    server = Server({"b@ornek.com": [Later("no connection")] * 3 + [Later(reason)] * 9,
                     "a@ornek.com": [Later("no connection")] * 3})
    with carried_by(server):
        campaign = released(place, channel=Channel.EPOSTA, content=MAIL)
        for _ in range(3 + settling.MOST_TRIES - 1):
            again(campaign)
        assert fates(campaign) == {(3, None): 1, (4, None): 1}
        again(campaign)
    assert fates(campaign) == {(4, None): 2}
    assert told(campaign).deliveries == {Delivery.NOT_DELIVERED: 1}


def test_two_full_mailboxes_that_are_a_whole_batch_are_given_up_too(place):
    mail_consent(place, "a", "b")
    server = Server({f"{name}@ornek.com": [Later("SMTP 452 4.2.2")] * 9 for name in "ab"})
    with carried_by(server):
        campaign = released(place, channel=Channel.EPOSTA, content=MAIL)
        for _ in range(settling.MOST_TRIES):
            again(campaign)
    assert fates(campaign) == {(4, None): 2}


def test_who_lost_a_batch_to_a_persons_word_writes_nothing_of_its_people(conn, place):
    mail_consent(place, "a")
    server = Server({})
    inner = server.send

    def slowly(mails):
        conn.execute("update campaign_batch set state = 3, fence = fence + 1, "
                     "next_at = now() + interval '1 day' where provider_id = %s",
                     [place.provider_id])
        return inner(mails)

    server.send = slowly
    with carried_by(server):
        campaign = released(place, channel=Channel.EPOSTA, content=MAIL)
        hand_over(campaign, Rests())
    assert (batches(campaign), fates(campaign)) == ([Batch.RETURNED], {(3, None): 1})


def test_a_retried_batch_whose_rest_is_blocked_is_over_and_not_in_doubt(conn, place, monkeypatch):
    mail_consent(place, "a", "b")
    server = Server({"b@ornek.com": [Later("SMTP 450 4.2.1")]})
    with carried_by(server):
        campaign = released(place, channel=Channel.EPOSTA, content=MAIL)
        hand_over(campaign, Rests())
        monkeypatch.setattr(dispatch, "_refused_by_plugins", lambda _, people: {
            one.no: Reason.PLUGIN for one in people})
        again(campaign)
    assert batches(campaign) == [Batch.TAKEN]
    assert fates(campaign) == {(4, None): 1, (2, Reason.PLUGIN): 1}
    assert plan.read(place.provider_id, campaign.id).state is State.DONE


def test_a_batch_of_which_everybody_is_blocked_has_nobody(place, monkeypatch):
    consent(place, 1, 2)
    monkeypatch.setattr(dispatch, "_refused_by_plugins", lambda _, people: {
        one.no: Reason.PLUGIN for one in people})
    with carried_by(Phones()):
        campaign = released(place)
        hand_over(campaign)
    assert batches(campaign) == [Batch.NOBODY]


def test_a_mail_carries_its_own_refusal_and_its_mark(place):
    mail_consent(place, "a", "b")
    server = Server({})
    content = {"text": f"Reddet: {{{REFUSE}}}", "subject": "Kampanya: Bülten", "body": "Bülten",
               "html": "", "declaredBy": 1, "brand": "Defne Ev"}
    with carried_by(server):
        campaign = released(place, channel=Channel.EPOSTA, content=content)
        hand_over(campaign)
    first, second = server.mails
    assert first.unsubscribe_url in first.text
    assert first.unsubscribe_url != second.unsubscribe_url
    assert first.mark.message_id == number_of(campaign.id, 1)
    assert first.list_name == "Defne Ev"


def test_a_mail_that_came_back_was_not_delivered_and_speaks_of_no_other(place, place_b):
    mail_consent(place, "a", "b")
    server = Server({})
    content = {"text": f"Reddet: {{{REFUSE}}}", "subject": "Kampanya: Bülten", "body": "Bülten",
               "html": "", "declaredBy": 1, "brand": "Defne Ev"}
    with carried_by(server):
        campaign = released(place, channel=Channel.EPOSTA, content=content)
        hand_over(campaign)
    mark = server.mails[0].mark
    told_of = [Report("", "", Delivery.NOT_DELIVERED, "5.2.2", clock.now(), mark.message_id)]
    for whose, known in ((place, 1), (place_b, 0), (place, 1)):
        assert returned.tell(db.connection(), mark.series, whose.provider_id, told_of) == known
    assert told(campaign).deliveries == {Delivery.NOT_DELIVERED: 1}
    late = [Report("", "", Delivery.DELIVERED, "", clock.now(), mark.message_id)]
    returned.tell(db.connection(), mark.series, place.provider_id, late)
    assert told(campaign).deliveries == {Delivery.NOT_DELIVERED: 1}


def test_a_complaint_gets_the_message_the_consent_it_relied_on_and_iys_word_r49(place):
    campaign, _ = sent(place, 1)
    seal_all()
    recipient, permit = db.connection().execute(
        "select recipient_id, permit_id from campaign_message where provider_id = %s",
        [place.provider_id]).fetchone()
    made = complaint.build(Reach(place.provider_id), recipient, clock.now(), "DEFNE EV")
    said = json.loads(made.files["complaint.json"])
    message = json.loads(made.files["messages/0001.json"])
    text = made.files["sikayet.txt"].decode()
    assert said["messages"][0]["titleFits"] is True
    assert message["kind"] == "CAMPAIGN"
    assert message["iysWhenSent"] == "REGISTERED"
    assert message["reliedOn"] in text
    assert message["content"]["text"] == campaign.content["text"]
    assert permit is not None


def test_a_message_keeps_the_consent_it_relied_on_ten_years_longer_r47(place):
    sent(place, 1)
    consent(place, 1, status=Status.RET, iys=None)
    due, at = db.connection().execute(
        "select d.due, m.at from consent_due d join campaign_message m "
        "on m.provider_id = d.provider_id and m.recipient_id = d.recipient_id "
        "where d.provider_id = %s and d.id = m.permit_id", [place.provider_id]).fetchone()
    assert due == at.replace(year=at.year + 10)
