"""One message to one person: said what it is, let by the gate twice, sent once (R-01 … R-36)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ileti.campaigns.reasons import Reason
from ileti.channels import send
from ileti.channels.base import MessageKind, Refused, Retry
from ileti.consents import checks
from ileti.consents.ledger import NewConsent, NewSubmission, record
from ileti.consents.vocabulary import Channel, IysStatus, RecipientType, Source, Standing, Status
from ileti.core import clock, db
from ileti.core.errors import InvalidInput, NotFound, RuleBroken
from ileti.fields import kept
from ileti.fields.catalogue import fields_of
from ileti.recipients import known
from ileti.singles import taking
from ileti.singles.taking import KeyUsed, NotPermitted
from ileti.templates.vocabulary import MessageClass, Occasion
from ileti.templates.written import Content
from tests.campaigns.campaign_house import consent, phone
from tests.channels.test_send import Gateway
from tests.fields.house import define
from tests.singles.house import (
    MAIL,
    MIDDAY,
    NOTICE,
    OFFER,
    PHONE,
    ask,
    heard,
    sent_by,
    told,
    waits,
    whole_record,
    wish,
)


@pytest.fixture
def midday(monkeypatch: pytest.MonkeyPatch) -> None:
    """No quiet hour and no holiday."""
    from ileti.channels import quiet

    monkeypatch.setattr(quiet, "speaks_from", lambda moment, *_: moment)


# -- what may be asked for ------------------------------------------------------------------------


def test_an_order_notice_goes_to_somebody_who_refused_r03(place: Any) -> None:
    consent(place, 1, status=Status.RET)
    done = ask(place, address=phone(1))
    gateway = Gateway()
    assert sent_by(gateway, done.message_id)["sent"]
    assert told(done.message_id)["sent_at"]
    assert [(one.to, one.text) for one in gateway.got] == [(phone(1), NOTICE.body)]
    row = told(done.message_id)
    assert (row["kind"], row["declared"], row["denial"]) == (
        MessageKind.SINGLE, MessageClass.PURCHASE_AND_DELIVERY, None)


def test_without_a_class_it_is_commercial_and_the_gate_says_no_at_once_r01(place: Any) -> None:
    with pytest.raises(NotPermitted) as error:
        ask(place, OFFER)
    assert [one.code for one in error.value.errors] == ["no_record"]
    assert db.connection().execute("select count(*) from message where provider_id = %s",
                                   (place.provider_id,)).fetchone() == (0,)


def test_a_commercial_one_relies_on_a_record_and_carries_what_the_law_wants(
    place: Any, midday: None
) -> None:
    heard(place)
    consent(place, 2)
    done = ask(place, OFFER, phone(2))
    gateway = Gateway()
    assert sent_by(gateway, done.message_id)["sent"]
    assert told(done.message_id)["sent_at"]
    assert gateway.got[0].text.startswith("Kampanya: Yeni mağazamız açıldı")
    assert "Mersis:0123456789012345" in gateway.got[0].text
    row = told(done.message_id)
    entry = db.connection().execute(
        "select id from consent_entry where provider_id = %s", (place.provider_id,)).fetchone()
    assert (row["permit_id"], row["iys_status"]) == (entry[0], int(IysStatus.REGISTERED))
    assert row["permit_at"] is not None


def test_an_exempt_one_needs_its_reason_r04(place: Any) -> None:
    with pytest.raises(RuleBroken) as error:
        ask(place, replace(NOTICE, reason=""))
    assert error.value.code == "reason"


def test_use_and_maintenance_needs_a_contract_r02(place: Any) -> None:
    content = replace(NOTICE, declared=MessageClass.USE_AND_MAINTENANCE)
    with pytest.raises(RuleBroken) as error:
        ask(place, content)
    assert error.value.code == "reference"
    assert ask(place, replace(content, reference="SZ-7")).message_id


def test_an_exempt_text_that_promotes_cannot_go_as_typed_r03(place: Any) -> None:
    with pytest.raises(RuleBroken) as error:
        ask(place, replace(NOTICE, body="Siparişiniz yolda. %20 indirim için tıklayın."))
    assert error.value.code == "promotes"


@pytest.mark.parametrize(("body", "value"), [
    ("{ad}", "Büyük indirim %50, hemen al"), ("Sayın {ad}, siparişiniz yolda.", "Kampanya var"),
    ("Siparişiniz %{ad} geldi.", "50")])
def test_a_field_makes_no_advertisement_of_an_exempt_text_r03(
    place: Any, body: str, value: str
) -> None:
    with pytest.raises(RuleBroken) as error:
        ask(place, replace(NOTICE, body=body), values={"ad": value})
    assert error.value.code == "promotes"


def test_somebody_may_be_called_hediye(place: Any) -> None:
    content = replace(NOTICE, body="Sayın {ad}, siparişiniz yolda.")
    assert ask(place, content, values={"ad": "Hediye"}).message_id


@pytest.mark.attack
def test_what_was_written_about_the_person_before_makes_no_advertisement_either_r03(
    conn: Any, place: Any
) -> None:
    define(conn, place, "magaza", personal=False, subject=1)
    content = replace(NOTICE, body="Siparişiniz {alan.magaza|mağazamız} yolunda.")
    assert ask(place, content).message_id
    fields = fields_of(place.provider_id, db.system_connection())
    with db.transaction(system=True) as work:
        kept.know(work, place.provider_id, known.find_or_add(work, place.provider_id, PHONE),
                  fields, {"magaza": "%50 indirimli mağaza"})
    with pytest.raises(RuleBroken) as error:
        ask(place, content)
    assert [one.field for one in error.value.errors] == ["values.alan.magaza"]


def test_a_denial_holds_though_the_worker_ended_before_it_closed_the_row(
    place: Any, midday: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard(place)
    consent(place, 16)
    done = ask(place, OFFER, phone(16))
    consent(place, 16, status=Status.RET, iys=None)

    def killed(_one: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(send, "_close", killed)
        with pytest.raises(Killed):
            sent_by(Gateway(), done.message_id)
    consent(place, 16)
    lease_over(done.message_id)
    gateway = Gateway()
    assert sent_by(gateway, done.message_id)["blocked"] == 1
    assert gateway.got == []
    assert told(done.message_id)["denial"] == Reason.REFUSED


def test_a_greeting_is_commercial_whatever_is_said_of_it_r01(place: Any) -> None:
    with pytest.raises(RuleBroken):
        ask(place, replace(NOTICE, body="Doğum gününüz kutlu olsun.",
                           occasion=Occasion.GREETING))


def test_the_declaration_stands_with_the_message_r04(place: Any) -> None:
    done = ask(place, reference="SP-10482", user_id=7)
    said = told(done.message_id)["declaration"]
    assert {key: said[key] for key in ("class", "reason", "reference", "declaredBy")} == {
        "class": "SATIN_ALMA_TESLIMAT", "reason": "Verilmiş sipariş", "reference": "SP-10482",
        "declaredBy": 7}
    assert said["declaredAt"]


def test_a_record_that_lacks_what_a_commercial_one_must_say_is_told(place: Any) -> None:
    heard(place)
    consent(place, 3)
    with pytest.raises(RuleBroken) as error:
        taking.accept(wish(place, OFFER, phone(3)))
    assert error.value.code in ("identity", "contact", "refusal_sms")


@pytest.mark.parametrize("valid", [timedelta(minutes=4), timedelta(days=8)])
def test_a_life_that_is_too_short_or_too_long_is_refused(place: Any, valid: timedelta) -> None:
    with pytest.raises(InvalidInput):
        ask(place, valid=valid)


def test_a_title_that_is_not_approved_for_the_brand_is_said_at_once_r54(place: Any) -> None:
    for content, address in ((NOTICE, PHONE), (replace(
            NOTICE, channel=Channel.EPOSTA, subject="Siparişiniz"), MAIL)):
        with pytest.raises(InvalidInput) as error:
            ask(place, content, address, sender="DEFNE EV")
        assert [one.code for one in error.value.errors] == ["not_approved"]


def test_no_call_is_a_single_message(place: Any) -> None:
    with pytest.raises(InvalidInput):
        ask(place, Content(Channel.ARAMA, MessageClass.PURCHASE_AND_DELIVERY, body="x",
                           reason="y"))


# -- fields and templates -------------------------------------------------------------------------


def test_fields_are_filled_and_what_is_missing_or_unknown_is_told(place: Any) -> None:
    content = replace(NOTICE, body="Sayin {ad}, siparisiniz yolda.")
    with pytest.raises(InvalidInput) as error:
        ask(place, content)
    assert [one.field for one in error.value.errors] == ["values.ad"]
    with pytest.raises(InvalidInput) as error:
        ask(place, content, values={"ad": "Ayşe", "soyad": "Kaya"})
    assert [one.field for one in error.value.errors] == ["values.soyad"]
    done = ask(place, content, values={"ad": "Ayşe{ad}"})
    gateway = Gateway()
    sent_by(gateway, done.message_id)
    assert gateway.got[0].text == "Sayin Ayşe(ad), siparisiniz yolda."


def template(place: Any, content: Content, *, brand: bool = True) -> int:
    from ileti.templates import lifecycle

    number = lifecycle.create(place.provider_id, place.brand_id if brand else None,
                              content.channel, "Kargo", user_id=None, draft=content)
    lifecycle.publish(number, 0, user_id=None)
    return number


def test_a_template_says_what_it_is_and_stands_with_its_version(place: Any) -> None:
    number = template(place, NOTICE)
    content = taking.of_template(number, place.provider_id, place.brand_id)
    done = ask(place, content, template_id=number)
    row = told(done.message_id)
    assert row["version_id"] == content.version_id
    assert row["declaration"]["hash"] == content.digest.hex()


def test_a_template_of_another_brand_is_none_of_ours_r17(place: Any, place_b: Any) -> None:
    number = template(place_b, NOTICE)
    with pytest.raises(NotFound):
        taking.of_template(number, place.provider_id, place.brand_id)
    other = db.connection().execute(
        "insert into brand (provider_id, brand_code, name) values (%s, %s, 'x') returning id",
        (place.provider_id, place.brand_code + 9)).fetchone()[0]
    with pytest.raises(NotFound):
        taking.of_template(template(place, NOTICE), place.provider_id, other)
    shared = template(place, NOTICE, brand=False)
    assert taking.of_template(shared, place.provider_id, other).body == NOTICE.body


def test_an_offer_that_is_over_is_not_sent_by_its_template_r27(place: Any) -> None:
    over = replace(OFFER, version_id=9, digest=b"x", ends=clock.today() - timedelta(days=1))
    with pytest.raises(RuleBroken) as error:
        ask(place, over)
    assert error.value.code == "ended"


def test_an_offer_that_ends_tonight_is_worth_sending_until_midnight_r27(place: Any) -> None:
    heard(place)
    consent(place, 13)
    done = ask(place, replace(OFFER, body="Yeni mağazamız açıldı.", ends=clock.today()), phone(13),
               valid=timedelta(days=7))
    due = clock.to_istanbul(told(done.message_id)["due_at"])
    assert (due.date(), due.hour, due.minute) == (clock.today() + timedelta(days=1), 0, 0)


# -- once -----------------------------------------------------------------------------------------


def test_the_same_request_is_the_same_message_and_another_body_is_refused(place: Any) -> None:
    first = ask(place, idem="api:1:k", mark="aa")
    again = ask(place, idem="api:1:k", mark="aa")
    assert (again.message_id, again.again, first.again) == (first.message_id, True, False)
    with pytest.raises(KeyUsed):
        ask(place, idem="api:1:k", mark="bb")


def test_a_repeat_gets_its_answer_though_the_consent_has_gone(place: Any) -> None:
    heard(place)
    consent(place, 4)
    first = ask(place, OFFER, phone(4), idem="api:1:r", mark="aa")
    consent(place, 4, status=Status.RET, iys=None)
    assert ask(place, OFFER, phone(4), idem="api:1:r", mark="aa").message_id == first.message_id


def test_keys_of_two_companies_do_not_meet(place: Any, place_b: Any) -> None:
    first = ask(place, idem="api:1:z", mark="aa")
    assert ask(place_b, idem="api:1:z", mark="bb").message_id != first.message_id


class Killed(BaseException):
    """The worker ends here."""


def killed_at(monkeypatch: pytest.MonkeyPatch, gateway: Gateway, number: int, name: str) -> None:
    """The worker is killed where it reaches this point."""
    def reach(point: str) -> None:
        if point == name:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(send, "reach", reach)
        with pytest.raises(Killed):
            sent_by(gateway, number)


def test_a_worker_killed_at_the_gateway_leaves_a_doubt_and_no_second_message(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = ask(place)
    gateway = Gateway()
    killed_at(monkeypatch, gateway, done.message_id, "message.handed")
    lease_over(done.message_id)
    assert sent_by(gateway, done.message_id)["parked"] == 1
    assert len(gateway.got) == 1
    assert told(done.message_id)["problem"].startswith(send.DOUBT)


def test_a_worker_killed_before_the_gateway_is_a_doubt_too(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = ask(place)
    gateway = Gateway()
    killed_at(monkeypatch, gateway, done.message_id, "message.handing")
    lease_over(done.message_id)
    assert sent_by(gateway, done.message_id)["parked"] == 1
    assert gateway.got == []
    assert told(done.message_id)["problem"].startswith(send.DOUBT)


def lease_over(number: int) -> None:
    db.connection().execute("update outbox set next_at = now() where topic = 2 and ref_id = %s",
                            (number,))


def test_what_the_gateway_cannot_take_now_goes_later_and_asks_again(
    place: Any, midday: None
) -> None:
    heard(place)
    consent(place, 5)
    done = ask(place, OFFER, phone(5))
    gateway = Gateway(Retry("busy", 0.0))
    assert sent_by(gateway, done.message_id)["retry"] >= 1
    consent(place, 5, status=Status.RET, iys=None)
    lease_over(done.message_id)
    assert sent_by(gateway, done.message_id)["blocked"] == 1
    assert told(done.message_id)["denial"] == Reason.REFUSED


def test_what_the_gateway_refuses_for_good_is_told(place: Any) -> None:
    done = ask(place)
    assert sent_by(Gateway(Refused("no such number")), done.message_id)["parked"] == 1
    assert told(done.message_id)["problem"] == "no such number"


# -- the gate at the moment it goes ---------------------------------------------------------------


def test_a_refusal_between_request_and_gateway_keeps_it_back_r32(place: Any, midday: None) -> None:
    heard(place)
    consent(place, 6)
    done = ask(place, OFFER, phone(6))
    consent(place, 6, status=Status.RET, iys=None)
    gateway = Gateway()
    assert sent_by(gateway, done.message_id) == {"sent": 0, "retry": 0, "parked": 0, "blocked": 1}
    assert gateway.got == []
    row = told(done.message_id)
    assert (row["denial"], row["handing_at"], row["sent_at"]) == (Reason.REFUSED, None, None)
    assert row["denied_at"] is not None
    assert not waits(done.message_id)


def test_at_night_an_advertisement_waits_and_an_order_notice_does_not_r56(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ileti.channels import quiet

    monkeypatch.setattr(quiet, "speaks_from", lambda moment, *_: moment + timedelta(hours=9))
    heard(place)
    consent(place, 7)
    offer, notice = ask(place, OFFER, phone(7)), ask(place, address=phone(7))
    gateway = Gateway()
    counts = sent_by(gateway, offer.message_id, notice.message_id)
    assert (counts["sent"], counts["waits"]) == (1, 1)
    assert told(notice.message_id)["sent_at"] is not None
    assert told(offer.message_id)["sent_at"] is None
    assert db.connection().execute(
        "select next_at > now() + interval '8 hours' from outbox where topic = 2 and ref_id = %s",
        (offer.message_id,)).fetchone() == (True,)


def test_the_hours_are_those_of_turkey_r56() -> None:
    from ileti.channels import quiet

    at = MIDDAY.replace(hour=21, minute=30)
    assert quiet.speaks_from(at, quiet.USUAL, quiet.holiday) == MIDDAY.replace(
        day=3, hour=9, minute=0)
    assert quiet.speaks_from(MIDDAY, quiet.USUAL, quiet.holiday) == MIDDAY


def test_what_outlived_its_time_is_not_sent(place: Any) -> None:
    done = ask(place)
    db.connection().execute("update message set due_at = now() - interval '1 second' where id = %s",
                            (done.message_id,))
    gateway = Gateway()
    assert sent_by(gateway, done.message_id)["parked"] == 1
    assert gateway.got == []
    assert told(done.message_id)["problem"] == "It had expired before it could be sent."


def test_a_plug_ins_no_keeps_a_commercial_one_back(
    place: Any, midday: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard(place)
    consent(place, 8)
    done = ask(place, OFFER, phone(8))
    monkeypatch.setattr(checks, "refused", lambda asked, addresses: {0: None})
    monkeypatch.setattr("ileti.channels.single.checks.refused", lambda asked, addresses: {0: "no"})
    gateway = Gateway()
    assert sent_by(gateway, done.message_id)["blocked"] == 1
    row = told(done.message_id)
    assert (row["denial"], row["permit_id"], gateway.got) == (Reason.PLUGIN, None, [])


STATES = {
    "onay": {}, "ret": {"status": Status.RET}, "unverified": {"standing": Standing.UNVERIFIED},
    "queued": {"iys": None}, "not taken": {"iys": IysStatus(5)},
}


@pytest.mark.parametrize("cursor", [True, False], ids=["heard", "unheard"])
@pytest.mark.parametrize("topics", [[], ["ev"]], ids=["plain", "topics"])
@pytest.mark.parametrize("declared", [1, 6])
@pytest.mark.parametrize("state", [*STATES, "none"])
def test_the_gate_of_one_message_says_what_the_gate_of_a_campaign_says(
    place: Any, state: str, declared: int, topics: list[str], cursor: bool
) -> None:
    """R-08, R-17, R-36, R-44: one rule, two statements."""
    conn = db.connection()
    if cursor:
        heard(place)
    if state == "none":
        with db.transaction() as work:
            known.find_or_add(work, place.provider_id, phone(11))
    else:
        consent(place, 11, **STATES[state])
    recipient = conn.execute("select id from recipient where provider_id = %s",
                             (place.provider_id,)).fetchone()[0]
    campaign = conn.execute(
        "insert into campaign (provider_id, brand_id, channel, recipient_type, class, name, "
        "content, topics, total) values (%s, %s, 2, 1, %s, 'x', '{}', %s, 1) returning id",
        (place.provider_id, place.brand_id, declared, topics)).fetchone()[0]
    conn.execute("insert into campaign_message (provider_id, campaign_id, recipient_id, no) "
                 "values (%s, %s, %s, 1)", (place.provider_id, campaign, recipient))
    message = conn.execute(
        "insert into message (provider_id, brand_id, recipient_id, channel, kind, content_key, "
        "declared, recipient_type, declaration) values (%s, %s, %s, 2, 5, 0, %s, 1, "
        "jsonb_build_object('tags', %s::text[])) returning id",
        (place.provider_id, place.brand_id, recipient, declared, topics)).fetchone()[0]
    since = clock.now() - timedelta(days=5)
    many = conn.execute("select denial, permit_id, permit_at, iys_status from campaign_gate("
                        "%s, %s, 1, 1, %s)", (place.provider_id, campaign, since)).fetchall()
    one = conn.execute("select denial, permit_id, permit_at, iys_status from message_gate("
                       "%s, %s, %s)", (place.provider_id, message, since)).fetchall()
    assert one == many
    assert len(one) == 1


# -- mail -----------------------------------------------------------------------------------------


def mail_consent(place: Any) -> None:
    record(NewSubmission(place, f"single:{clock.now().timestamp()}", b"x", Source.HS_WEB,
                         Standing.VERIFIED, (NewConsent(MAIL, Channel.EPOSTA, Status.ONAY,
                                                        clock.now()),)))
    db.connection().execute("update consent_state set iys_status = 3 where provider_id = %s",
                            (place.provider_id,))


def test_a_commercial_mail_has_the_persons_link_of_refusal_r29(place: Any, midday: None) -> None:
    heard(place)
    mail_consent(place)
    done = ask(place, Content(
        Channel.EPOSTA, subject="Kış geldi", body="Yeni mağazamız açıldı."), MAIL)
    gateway = Gateway()
    assert sent_by(gateway, done.message_id, channel=Channel.EPOSTA)["sent"]
    assert told(done.message_id)["sent_at"]
    mail = gateway.got[0]
    assert mail.subject == "Kampanya: Kış geldi"
    assert mail.refuse_url is not None
    assert mail.refuse_url in mail.text
    assert (mail.mark.provider_id, mail.sender_name) == (place.provider_id, "Defne Ev")


def test_an_exempt_mail_has_none(place: Any) -> None:
    done = ask(place, replace(NOTICE, channel=Channel.EPOSTA, subject="Siparişiniz"), MAIL)
    gateway = Gateway()
    sent_by(gateway, done.message_id, channel=Channel.EPOSTA)
    assert gateway.got[0].refuse_url is None


def test_a_merchant_is_asked_of_as_a_merchant(place: Any) -> None:
    heard(place)
    consent(place, 12)
    whole_record(place)
    with pytest.raises(NotPermitted):
        taking.accept(wish(place, OFFER, phone(12), recipient_type=RecipientType.TACIR))




def test_a_mail_that_came_back_is_not_delivered(place: Any) -> None:
    from ileti.channels import delivered, returned  # noqa: F401 (the first takes reports)
    from ileti.channels.mail import Series
    from ileti.channels.sms import Delivery, Report

    done = ask(place, replace(NOTICE, channel=Channel.EPOSTA, subject="Siparişiniz"), MAIL)
    sent_by(Gateway(), done.message_id, channel=Channel.EPOSTA)
    report = Report("", MAIL, Delivery.NOT_DELIVERED, "5.1.1", own_id=done.message_id)
    with db.transaction(system=True) as conn:
        assert returned.tell(conn, Series.SINGLE, place.provider_id, [report]) == 1
        assert returned.tell(conn, Series.SINGLE, place.provider_id + 1, [report]) == 0
    row = told(done.message_id)
    assert (row["delivery"], row["delivery_reason"]) == (Delivery.NOT_DELIVERED, "5.1.1")


def test_the_answer_to_a_complaint_shows_the_declaration_and_the_record_r04_r49(
    place: Any, midday: None
) -> None:
    import json

    from ileti.channels import messagepack
    from ileti.consents.moments import Reach
    from ileti.consents.numbers import record_number

    heard(place)
    consent(place, 14)
    done = ask(place, OFFER, phone(14), user_id=7)
    sent_by(Gateway(), done.message_id)
    reach = Reach(place.provider_id)
    files, entries = messagepack.files_of(reach, messagepack.rows_of(reach, [done.message_id]))
    said = json.loads(files["messages/0001.json"])
    permit = told(done.message_id)["permit_id"]
    assert permit in entries
    assert (said["kind"], said["reliedOn"], said["iysStatus"]) == (
        "SINGLE", record_number(permit), "REGISTERED")
    assert said["declaration"]["class"] == "TICARI"
    assert said["declaration"]["askedBy"] == 7
    assert "mark" not in said["declaration"]
    assert said["content"]["text"].startswith("Kampanya: ")


def test_a_persons_copy_holds_the_message_and_its_words_kvkk_11(place: Any) -> None:
    from ileti.requests import heldmessages

    done = ask(place, address=phone(15))
    sent_by(Gateway(), done.message_id)
    row = told(done.message_id)
    copy = heldmessages.messages(row | {"brand": "Defne Ev"})
    assert (copy["text"], copy["kind"]["tr"]) == (NOTICE.body, "Tek ileti")
