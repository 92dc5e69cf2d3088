"""A refusal made now: it holds for all kinds, from the first second, whatever the clock (R-30)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from ileti.consents import refusal
from ileti.consents.ledger import (
    ActorKind,
    NewConsent,
    NewSubmission,
    Place,
    hash_body,
    record,
    record_chunk,
)
from ileti.consents.refusal import Refuser, refuse_now, refuse_said
from ileti.consents.vocabulary import (
    Channel,
    Outcome,
    RecipientType,
    Source,
    Standing,
    Status,
)
from ileti.core import clock, db, reach
from ileti.core.errors import StorageAway
from ileti.core.reach import Reach

PHONE = "+905992134117"


def consent(place: Place, *kinds: RecipientType, standing: Standing = Standing.VERIFIED,
            ahead: timedelta = timedelta()) -> int:
    """Consents of one address; its recipient id."""
    moment = clock.whole_second(clock.now()) + ahead
    items = [NewConsent(PHONE, Channel.MESAJ, Status.ONAY, moment, kind) for kind in kinds]
    done = record(NewSubmission(place, f"t:{uuid4()}", hash_body(items), Source.HS_WEB, standing,
                                items))
    return done.items[0].recipient_id


def refuse(place: Place, recipient: int, *channels: Channel, key: str = "link") -> Any:
    return refuse_now(Refuser(
        place=place, recipient_id=recipient, address=PHONE, channels=channels or [Channel.MESAJ],
        source=Source.HS_WEB, actor=ActorKind.VISITOR, key=key, evidence={"flow": "test"}))


def held(place: Place) -> dict[tuple[int, int], tuple[Any, ...]]:
    rows = db.connection().execute(
        "select recipient_type, channel, status, standing from consent_state "
        "where provider_id = %s", (place.provider_id,)).fetchall()
    return {(row[0], row[1]): row[2:] for row in rows}


REFUSED = (int(Status.RET), int(Standing.VERIFIED))


def test_a_refusal_holds_for_the_merchant_of_the_same_number_too_r05_r30(place: Place) -> None:
    recipient = consent(place, RecipientType.BIREYSEL, RecipientType.TACIR)
    refuse(place, recipient)
    assert held(place) == {(1, 2): REFUSED, (2, 2): REFUSED}


def test_a_channel_nobody_consented_to_is_refused_as_well_r42(place: Place) -> None:
    recipient = consent(place, RecipientType.BIREYSEL)
    refuse(place, recipient, Channel.MESAJ, Channel.ARAMA)
    assert held(place) == {(1, 2): REFUSED, (1, 1): REFUSED}


def test_a_clock_that_runs_behind_refuses_all_the_same(place: Place) -> None:
    """Fault row 32: the consent was dated by a host whose clock was an hour ahead."""
    recipient = consent(place, RecipientType.BIREYSEL, ahead=timedelta(hours=1))
    done = refuse(place, recipient)
    assert [item.outcome for item in done.items] == [Outcome.RECORDED]
    assert held(place) == {(1, 2): REFUSED}


def test_an_unverified_consent_is_refused_with_todays_date(place: Place) -> None:
    recipient = consent(place, RecipientType.BIREYSEL, standing=Standing.UNVERIFIED,
                        ahead=timedelta(hours=1))
    refuse(place, recipient)
    date = db.connection().execute("select consent_date from consent_state where provider_id = %s",
                                   (place.provider_id,)).fetchone()[0]  # type: ignore[index]
    assert held(place) == {(1, 2): REFUSED}
    assert date <= clock.now()


def test_a_double_click_is_one_refusal(place: Place) -> None:
    recipient = consent(place, RecipientType.BIREYSEL)
    first, second = refuse(place, recipient), refuse(place, recipient)
    assert (second.replay, second.items) == (True, first.items)


def test_another_occasion_or_more_channels_are_another_refusal(place: Place) -> None:
    recipient = consent(place, RecipientType.BIREYSEL)
    refuse(place, recipient)
    assert not refuse(place, recipient, key="panel1").replay
    assert not refuse(place, recipient, Channel.MESAJ, Channel.ARAMA).replay


def test_the_same_refusal_later_asks_iys_anew_r32(place: Place, monkeypatch: Any) -> None:
    """In between the person may have consented at İYS, which we have not heard yet."""
    recipient = consent(place, RecipientType.BIREYSEL)
    refuse(place, recipient)
    monkeypatch.setattr(refusal, "_DOUBLE_CLICK", timedelta(0))
    assert not refuse(place, recipient).replay
    hints = db.connection().execute(
        "select hint from outbox where provider_id = %s order by ref_id",
        (place.provider_id,)).fetchall()
    assert hints == [(0,), (0,), (1,)]


def test_a_refusal_after_a_new_consent_is_never_taken_for_the_double_click(place: Place) -> None:
    recipient = consent(place, RecipientType.BIREYSEL)
    refuse(place, recipient)
    consent(place, RecipientType.BIREYSEL, ahead=timedelta(seconds=5))
    assert not refuse(place, recipient).replay
    assert held(place) == {(1, 2): REFUSED}


def test_nobody_is_told_refused_when_it_does_not_hold(place: Place, monkeypatch: Any) -> None:
    """İYS's own newer word comes between looking and writing, every time."""
    recipient = consent(place, RecipientType.BIREYSEL)
    real = refusal.record

    def too_late(new: NewSubmission) -> Any:
        date = max(item.consent_date for item in new.items) + timedelta(minutes=1)
        word = NewConsent(PHONE, Channel.MESAJ, Status.ONAY, date, source=Source.IYS_WEB)
        with db.transaction() as conn:
            record_chunk(conn, NewSubmission(
                place, f"t:{uuid4()}", hash_body(date), Source.IYS_WEB, Standing.VERIFIED, [word]))
        return real(new)

    monkeypatch.setattr(refusal, "record", too_late)
    with pytest.raises(StorageAway):
        refuse(place, recipient)


def test_a_dealers_agent_ends_also_what_another_dealer_was_given_r05_r31(place: Place) -> None:
    recipient = consent(place, RecipientType.TACIR)
    with reach.within(Reach(place.provider_id, place.brand_id, 7)):
        assert held(place) == {}, "the wall hides it"
        refuse(place, recipient)
    assert held(place)[int(RecipientType.TACIR), int(Channel.MESAJ)] == REFUSED


def test_what_is_told_twice_is_one_refusal_even_when_its_extent_grew_apart(place: Place) -> None:
    recipient = consent(place, RecipientType.BIREYSEL)
    who = Refuser(place=place, recipient_id=recipient, address=PHONE, source=Source.HS_WEB,
                  channels=[Channel.ARAMA, Channel.MESAJ], actor=ActorKind.VISITOR, key="told",
                  evidence={"flow": "test"})
    said_at = clock.now()
    first = refuse_said(who, said_at)
    later = clock.now() + timedelta(hours=1)
    with clock.freeze(later + timedelta(minutes=1)):
        consent(place, RecipientType.BIREYSEL, RecipientType.TACIR)
        again = refuse_said(who, said_at)
    assert (again.submission_id, again.replay, first.replay) == (first.submission_id, True, False)
    assert again.items == first.items
    assert held(place)[int(RecipientType.BIREYSEL), int(Channel.MESAJ)][0] == Status.ONAY


def test_of_what_was_told_late_each_channel_goes_its_own_road(place: Place) -> None:
    recipient = consent(place, RecipientType.BIREYSEL)
    who = Refuser(place=place, recipient_id=recipient, address=PHONE, source=Source.HS_WEB,
                  channels=[Channel.ARAMA, Channel.MESAJ], actor=ActorKind.VISITOR, key="late",
                  evidence={"flow": "test"})
    made = [refuse_said(who, clock.now() - timedelta(hours=1)) for _ in range(2)]
    assert made[0].submission_id == made[1].submission_id
    assert {key[1]: value[0] for key, value in held(place).items()} == {
        int(Channel.MESAJ): Status.ONAY, int(Channel.ARAMA): Status.RET}
    assert db.system_connection().execute(
        "select count(*) from submission where provider_id = %s and idem like %s",
        (place.provider_id, "refuse:late:%")).fetchone() == (2,)
