"""What stood of notices and explicit consents at a moment: replayed as it was decided, told as far
as one may see."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from ileti.consents.moments import Reach, recipient_of
from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Standing
from ileti.core import clock, db
from ileti.kvkk.ledger import record
from ileti.kvkk.moments import Stood, at_moment
from ileti.kvkk.vocabulary import Act, Extent
from tests.kvkk.house import act, click, text, version
from tests.panel.people import dealer_of, restrict

PHONE = "+905991112233"


def done(place: Any, *acts: Any, **more: Any) -> Any:
    """One click; when it had been written."""
    record(click(place, **more), list(acts))
    return clock.now()


def stood(place: Any, at: Any, **more: Any) -> list[Stood]:
    recipient = recipient_of(place.provider_id, PHONE)
    assert recipient is not None
    return at_moment(Reach(place.provider_id, **more), recipient, at)


def test_each_moment_has_the_state_of_its_day(place: Any) -> None:
    notice, rıza = text(place, "AYDINLATMA"), text(place)
    before = clock.now()
    given = done(place, act(notice, Act.READ, extent=Extent.TO_THE_END), act(rıza, Act.GIVEN))
    withdrawn = done(place, act(rıza, Act.WITHDRAWN, at=60))
    assert stood(place, before) == []
    assert [(one.act, one.holds) for one in stood(place, given)] == [
        (Act.READ, True), (Act.GIVEN, True)]
    assert [(one.act, one.holds) for one in stood(place, withdrawn)] == [
        (Act.READ, True), (Act.WITHDRAWN, False)]


def test_it_says_who_took_it_on_which_text_and_what_proves_it(place: Any) -> None:
    notice = text(place, "AYDINLATMA")
    at = done(place, act(notice, Act.READ, extent=Extent.OPENED))
    [one] = stood(place, at)
    assert (one.kind, one.extent, one.brand[1] if one.brand else None) == (
        "AYDINLATMA", Extent.OPENED, place.brand_code)
    assert one.record is not None
    assert one.record.text is not None
    assert (one.record.text[1], one.record.text[3].hex(), one.record.text[4]) == (
        1, notice.hash, notice.version)
    assert (one.record.own, one.record.dealer, len(one.record.leaf)) == (True, None, 32)


def test_an_address_that_nobody_proved_informs_nobody(place: Any) -> None:
    rıza = text(place)
    at = done(place, act(rıza, Act.GIVEN), standing=Standing.UNVERIFIED)
    assert [(one.act, one.verified, one.holds) for one in stood(place, at)] == [
        (Act.GIVEN, False, False)]


def test_a_later_version_of_the_notice_stands_from_its_reading_on(place: Any) -> None:
    notice = text(place, "AYDINLATMA")
    first = done(place, act(notice, Act.READ))
    newer = version(place, notice.document, 2)
    second = done(place, act(newer, Act.SHOWN, at=60))
    assert [one.record.text[1] for at in (first, second)  # type: ignore[union-attr,index]
            for one in stood(place, at)] == [1, 2]


@pytest.mark.parametrize("seed", range(6))
def test_replayed_until_now_it_is_the_state_that_the_write_path_keeps(
    place: Any, seed: int
) -> None:
    dice = random.Random(seed)
    notice, rıza = text(place, "AYDINLATMA"), text(place)
    notices = [notice, version(place, notice.document, 2)]
    for _ in range(25):
        some = [act(dice.choice(notices), dice.choice([Act.SHOWN, Act.READ]),
                    at=dice.randrange(8), extent=dice.choice(list(Extent)[1:4])),
                act(rıza, dice.choice([Act.GIVEN, Act.WITHDRAWN]), at=dice.randrange(8))]
        done(place, *some, standing=dice.choice(list(Standing)))
    kept = db.connection().execute(
        "select document_id, entry_id, act, extent, standing, text_id from kvkk_state "
        "where provider_id = %s order by document_id", (place.provider_id,)).fetchall()
    found = sorted((one.document_id, one.record.entry_id, int(one.act), int(one.extent),
                    int(one.verified), one.record.text[4])  # type: ignore[index]
                   for one in stood(place, clock.now()) if one.record)
    assert found == kept


# -- who hears what --------------------------------------------------------------------------------


def test_a_dealer_hears_that_a_consent_it_took_was_withdrawn_and_not_where(place: Any) -> None:
    mine, other = dealer_of(place), dealer_of(place)
    rıza = text(place)
    given = done(place, act(rıza, Act.GIVEN), dealer=mine)
    withdrawn = done(place, act(rıza, Act.WITHDRAWN, at=60), dealer=other)
    [then] = stood(place, given, brand_id=place.brand_id, dealer_id=mine)
    assert (then.act, then.record is not None and then.record.own) == (Act.GIVEN, True)
    [now] = stood(place, withdrawn, brand_id=place.brand_id, dealer_id=mine)
    assert (now.act, now.record) == (Act.WITHDRAWN, None)
    assert stood(place, given, brand_id=place.brand_id, dealer_id=other) == []


def test_another_brand_hears_nothing_of_a_brands_own_text(place: Any) -> None:
    at = done(place, act(text(place), Act.GIVEN))
    assert stood(place, at, brand_id=place.brand_id + 10_000) == []


def test_what_is_kept_for_the_law_alone_is_told_with_that_right_only(place: Any) -> None:
    at = done(place, act(text(place), Act.GIVEN))
    recipient = recipient_of(place.provider_id, PHONE)
    assert recipient is not None
    restrict(place, recipient)
    assert stood(place, at) == []
    assert [one.act for one in stood(place, at, restricted=True)] == [Act.GIVEN]


def test_of_very_many_acts_the_newest_are_looked_at_and_it_is_said(
    place: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("ileti.kvkk.moments.MOST", 3)
    rıza = text(place)
    for n in range(5):
        at = done(place, act(rıza, Act.WITHDRAWN if n % 2 else Act.GIVEN, at=n))
    [one] = stood(place, at + timedelta(seconds=1))
    assert (one.act, one.cut) == (Act.GIVEN, True)
    assert one.record is not None
    assert record_number(one.record.entry_id).startswith("IZN-")
