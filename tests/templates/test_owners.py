"""Whose a template is: a dealer's is seen by it and by those above, sent by it alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ileti.campaigns import wording
from ileti.consents.vocabulary import Channel
from ileti.core.errors import CallerMistake
from ileti.templates import lifecycle
from ileti.templates.vocabulary import MessageClass
from ileti.templates.written import Content
from ileti.tenancy import foureyes
from ileti.tenancy.foureyes import Here, Waits
from tests.panel.people import dealer_of
from tests.singles.house import let, whole_record

#: numbers of people whom no test makes an account of
WHO = 900_000
OFFER = Content(Channel.MESAJ, body="Yeni mağazamız açıldı.")
NOTICE = Content(Channel.MESAJ, MessageClass.PURCHASE_AND_DELIVERY, reason="Verilmiş sipariş",
                 body="Siparisiniz yolda.")


@pytest.fixture
def dealer(place: Any) -> int:
    let(place)
    whole_record(place)
    return dealer_of(place)


def of_dealer(place: Any, dealer: int, draft: Content = OFFER, name: str = "Bayinin") -> int:
    return lifecycle.create(place.provider_id, place.brand_id, draft.channel, name, user_id=WHO + 1,
                            draft=draft, dealer_id=dealer)


def test_a_campaign_uses_no_other_dealers_words(place: Any, dealer: int) -> None:
    other = dealer_of(place, "Öteki")
    version = lifecycle.publish(of_dealer(place, dealer), 0, user_id=WHO + 1)
    here = (place.provider_id, place.brand_id)
    assert "Bornova Akasya (" in wording.freeze((*here, dealer), version, Channel.MESAJ)["text"]
    for who in (other, None):
        with pytest.raises(CallerMistake) as error:
            wording.freeze((*here, who), version, Channel.MESAJ)
        assert error.value.code == "other_dealer"


def test_that_a_dealers_text_needs_no_consent_somebody_of_the_brand_says_too_r04(
    place: Any, dealer: int
) -> None:
    number = of_dealer(place, dealer, NOTICE)
    with pytest.raises(Waits):
        lifecycle.publish(number, 0, user_id=WHO + 1)
    assert lifecycle.latest(number) is None
    request = foureyes.of(f"message_template:{number}")
    assert request is not None
    assert (request.wish.brand_id, request.wish.dealer_id) == (place.brand_id, dealer)
    foureyes.decide(request.id, by=Here(WHO + 2, frozenset({lifecycle.RIGHT})), approved=True,
                    reason="Sipariş bildirimi")
    found = lifecycle.latest(number)
    assert found is not None
    assert (found.approved_by, found.approval) == (WHO + 2, "Sipariş bildirimi")
    assert foureyes.of(f"message_template:{number}") is None


def test_a_dealer_agrees_to_nothing_of_its_own(place: Any, dealer: int) -> None:
    from ileti.tenancy import roles

    assert "template:approve" not in roles.GRANTS["dealer_manager"] | roles.GRANTS["dealer_user"]
    assert "template:write" in roles.GRANTS["dealer_manager"]
    number = of_dealer(place, dealer, replace(NOTICE, body="Siparisiniz yolda, %10 indirim."))
    with pytest.raises(Waits):
        lifecycle.publish(number, 0, user_id=WHO + 1)
