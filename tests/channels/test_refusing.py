"""What every SMS prints about refusing is what arrives and is understood (R-28, R-29)."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.campaigns import release
from ileti.channels import refusing
from ileti.consents.vocabulary import Channel
from ileti.core import db
from tests.campaigns.campaign_house import Phones, carried_by, consent, ready
from tests.inbound.house import House


def record(place: Any, number: str, word: str = "RET", *, elsewhere: bool = False) -> None:
    """What the provider's record says."""
    db.system_connection().execute(
        "update provider set refusal_number = %s, refusal_word = %s, refusal_elsewhere = %s "
        "where id = %s", (number, word, elsewhere, place.provider_id))


@pytest.mark.parametrize("word", ["RET", "DEFNE", "CIKIS", "RET38", "DUR"])
def test_a_word_that_reads_as_a_refusal_may_be_printed(place: Any, word: str) -> None:
    House(place)
    assert refusing.word_fault(place.provider_id, word) is None


@pytest.mark.parametrize("word", ["ONAY", "HEPSI", "KVKK", "BILGI"])
def test_a_word_that_means_something_else_may_not(place: Any, word: str) -> None:
    """The brand's word of consent, one of information, and one that would refuse every channel."""
    House(place)
    fault = refusing.word_fault(place.provider_id, word)
    assert fault is not None
    assert all(word in one or "refuse too" in one for one in fault)


def test_without_numbers_of_its_own_a_provider_prints_no_word_of_consent(place: Any) -> None:
    assert refusing.word_fault(place.provider_id, "ONAY") is not None
    assert refusing.word_fault(place.provider_id, "CIKIS") is None


def test_somebody_has_to_listen_on_the_number_for_the_very_brand(place: Any) -> None:
    house = House(place)
    typed = "0" + house.number.number.removeprefix("+90")
    second = house.second_brand()
    record(place, typed)
    assert refusing.obstacles(place.provider_id, place.brand_id) == []
    (found,) = refusing.obstacles(place.provider_id, second)
    assert "Numbers for incoming SMS" in found[1]
    db.system_connection().execute("update inbound_number set active = false where id = %s",
                                   (house.number.id,))
    assert len(refusing.obstacles(place.provider_id, place.brand_id)) == 1


@pytest.mark.parametrize(("number", "elsewhere", "fine"), [
    ("3338", False, True), ("4609", False, False), ("4609", True, True),
    ("0850 123 45 67", False, False), ("0850 123 45 67", True, True)])
def test_iys_listens_by_itself_and_a_gateway_where_the_record_says_so(
        place: Any, number: str, elsewhere: bool, fine: bool) -> None:
    record(place, number, elsewhere=elsewhere)
    assert (refusing.obstacles(place.provider_id, place.brand_id) == []) is fine


def test_no_campaign_goes_whose_refusals_nobody_would_hear(place: Any) -> None:
    consent(place, 1)
    with carried_by(Phones()):
        campaign = ready(place)
        record(place, "4609")
        assert ["4609" in one for _, one in release.obstacles(campaign)] == [True]
        record(place, "3338", "ONAY")
        assert ["ONAY" in one for _, one in release.obstacles(campaign)] == [True]
        record(place, "3338")
        assert release.obstacles(campaign) == []
    assert campaign.channel is Channel.MESAJ
