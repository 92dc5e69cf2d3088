"""A dealer's single message: where the brand lets it, to people it has a record of (R-16, R-24)."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.channels import quiet
from ileti.core import clock, db
from ileti.core.errors import NotAllowed, NotFound, RuleBroken
from ileti.singles import taking
from ileti.singles.taking import NotPermitted
from ileti.templates import lifecycle
from ileti.templates.written import Content
from tests.campaigns.campaign_house import phone
from tests.channels.test_send import Gateway
from tests.panel.people import dealer_of
from tests.singles.house import NOTICE, OFFER, ask, heard, knows, let, sent_by, told


@pytest.fixture
def dealer(place: Any, monkeypatch: pytest.MonkeyPatch) -> int:
    """A dealer of a brand that lets its dealers send, by day."""
    monkeypatch.setattr(quiet, "speaks_from", lambda moment, *_: moment)
    let(place)
    heard(place)
    return dealer_of(place)


def denial(number: int) -> int | None:
    return told(number)["denial"]  # type: ignore[no-any-return]


def test_it_says_in_whose_name_it_goes_and_reaches_who_gave_it_the_consent(
    place: Any, dealer: int
) -> None:
    knows(place, 41, dealer)
    done = ask(place, OFFER, phone(41), dealer_id=dealer)
    gateway = Gateway()
    assert sent_by(gateway, done.message_id)["sent"]
    assert told(done.message_id)["sent_at"]
    assert "Bornova Akasya (" in gateway.got[0].text
    assert "adına)" in gateway.got[0].text
    assert told(done.message_id)["dealer_id"] == dealer


def test_of_whom_it_has_no_record_it_hears_the_same_whoever_else_knows_them(
    place: Any, dealer: int
) -> None:
    knows(place, 42, None)
    knows(place, 43, dealer_of(place, "Öteki"))
    said = set()
    for n in (42, 43, 44):
        for content in (OFFER, published(place)):
            with pytest.raises(NotPermitted) as error:
                ask(place, content, phone(n), dealer_id=dealer)
            said.add((error.value.tr, tuple(one.code for one in error.value.errors)))
    assert [codes for _tr, codes in said] == [("other_dealer",)]


def published(place: Any, content: Content = NOTICE) -> Content:
    """The brand's own template."""
    number = lifecycle.create(place.provider_id, place.brand_id, content.channel, "Sipariş",
                              user_id=1, draft=content)
    return lifecycle.content(lifecycle.publish(number, 0, user_id=1))


def test_without_a_consent_it_sends_what_the_brand_declared_and_no_words_of_its_own_r04(
    place: Any, dealer: int
) -> None:
    knows(place, 45, dealer)
    with pytest.raises(RuleBroken) as error:
        ask(place, NOTICE, phone(45), dealer_id=dealer)
    assert error.value.code == "dealer_exempt"
    assert ask(place, published(place), phone(45), dealer_id=dealer).message_id


def test_a_brand_that_lets_it_no_more_is_obeyed_at_the_request_and_when_it_goes(
    place: Any, dealer: int
) -> None:
    knows(place, 46, dealer)
    done = ask(place, OFFER, phone(46), dealer_id=dealer)
    let(place, allowed=False)
    gateway = Gateway()
    sent_by(gateway, done.message_id)
    assert (gateway.got, denial(done.message_id)) == ([], 10)
    with pytest.raises(NotAllowed) as error:
        ask(place, OFFER, phone(46), dealer_id=dealer)
    assert error.value.code == "dealer_not_allowed"


def test_a_consent_that_is_the_dealers_no_more_keeps_the_message_back_r16(
    place: Any, dealer: int
) -> None:
    """The person refused meanwhile, and gave another dealer a new one."""
    knows(place, 47, dealer, ago=120)
    done = ask(place, OFFER, phone(47), dealer_id=dealer)
    knows(place, 47, None, ago=60, refusal=True)
    knows(place, 47, dealer_of(place, "Öteki"))
    gateway = Gateway()
    sent_by(gateway, done.message_id)
    assert (gateway.got, denial(done.message_id)) == ([], 10)


def test_nobody_sends_another_dealers_template(place: Any, dealer: int) -> None:
    other = dealer_of(place, "Öteki")
    number = lifecycle.create(place.provider_id, place.brand_id, OFFER.channel, "Bizim", user_id=1,
                              draft=OFFER, dealer_id=other)
    lifecycle.publish(number, 0, user_id=1)
    assert taking.of_template(number, place.provider_id, place.brand_id, other).body == OFFER.body
    for who in (dealer, None):
        with pytest.raises(NotFound):
            taking.of_template(number, place.provider_id, place.brand_id, who)


def test_the_gates_for_one_and_for_many_say_the_same_of_a_dealers_message(
    place: Any, dealer: int
) -> None:
    from datetime import timedelta

    conn, since = db.connection(), clock.now() - timedelta(days=5)
    knows(place, 48, dealer)
    knows(place, 49, None)
    knows(place, 50, dealer, ago=120)
    knows(place, 50, None, ago=60, refusal=True)
    knows(place, 50, None)
    for declared in (1, 4):
        for recipient, brand in conn.execute(
                "select recipient_id, brand_id from consent_state where provider_id = %s",
                (place.provider_id,)).fetchall():
            campaign = conn.execute(
                "insert into campaign (provider_id, brand_id, dealer_id, name, channel, "
                "recipient_type, class, content, audience) values (%s, %s, %s, 'x', 2, 1, %s, "
                "'{}', '{}') returning id", (place.provider_id, brand, dealer, declared)
            ).fetchone()[0]  # type: ignore[index]
            conn.execute("insert into campaign_message (provider_id, campaign_id, recipient_id, "
                         "no) values (%s, %s, %s, 1)", (place.provider_id, campaign, recipient))
            message = conn.execute(
                "insert into message (provider_id, brand_id, recipient_id, channel, kind, "
                "content_key, declared, recipient_type, declaration, dealer_id) values (%s, %s, "
                "%s, 2, 5, 0, %s, 1, '{}', %s) returning id",
                (place.provider_id, brand, recipient, declared, dealer)).fetchone()[0]  # type: ignore[index]
            many = conn.execute("select denial, permit_id from campaign_gate(%s, %s, 1, 1, %s)",
                                (place.provider_id, campaign, since)).fetchall()
            assert conn.execute("select denial, permit_id from message_gate(%s, %s, %s)",
                                (place.provider_id, message, since)).fetchall() == many
