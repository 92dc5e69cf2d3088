"""Call lists: whom the gate lets in, who is handed out when, and what a result does."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from ileti.calllists import figures, handing, making, results
from ileti.calllists.vocabulary import EntryState, Result
from ileti.consents.gate import may_send_now
from ileti.consents.ledger import NewConsent, NewSubmission, hash_body, record
from ileti.consents.outside import outside_mark
from ileti.consents.packing import open_person
from ileti.consents.vocabulary import Channel, Outcome, Source, Standing, Status
from ileti.core import clock, db
from ileti.core.errors import Conflict, InvalidInput, NotFound
from ileti.tenancy import scope
from ileti.tenancy.scope import Scope
from tests.calllists.house import ANNA, BEFORE, BERK, CEM, NOON, ask, consent, new, rows, say


@pytest.fixture(autouse=True)
def _noon(place):
    db.system_connection().execute("update iys_cursor set pulled_at = %s", [NOON])
    with clock.freeze(NOON):
        yield


def test_a_list_holds_whom_the_gate_lets_in_and_says_why_not_the_others(place):
    consent(place, ANNA)
    consent(place, BERK)
    consent(place, BERK, status=Status.RET, at=NOON - timedelta(hours=1))
    made = making.from_phones(new(place), [
        "0599 213 41 17", ANNA, BERK, "+905992000099", "kapalı", ""])
    assert (made.on_it, made.asked) == (1, 5)
    assert made.left_out == {"twice": 1, "refused": 1, "no_record": 1, "unreadable": 1}
    assert rows("select count(*) from call_list_entry where list_id = %s", made.list_id) == [(1,)]


def test_a_list_of_all_consents_takes_calls_alone_and_only_what_iys_holds(place):
    consent(place, ANNA)
    consent(place, BERK, channel=Channel.MESAJ)
    consent(place, CEM, in_force=False)
    made = making.from_consents(new(place))
    assert (made.on_it, made.left_out) == (1, {"not_at_iys": 1})


def test_a_refusal_between_making_and_handing_out_takes_the_person_away_r36(place):
    consent(place, ANNA)
    made = making.from_consents(new(place))
    consent(place, ANNA, status=Status.RET, at=NOON - timedelta(minutes=1))
    assert ask(place) is None
    assert rows("select state, denial from call_list_entry where list_id = %s",
                made.list_id) == [(EntryState.TAKEN_AWAY, "refused")]
    assert rows("select count(*) from call_attempt where list_id = %s", made.list_id) == [(0,)]


def test_a_number_is_one_persons_until_the_lease_ends(place):
    consent(place, ANNA)
    making.from_consents(new(place))
    first = ask(place, lease=timedelta(minutes=10))
    assert first.address == ANNA
    assert ask(place, user=8) is None
    with clock.freeze(NOON + timedelta(minutes=11)):
        second = ask(place, user=8)
    assert (second.entry_id, second.tries) == (first.entry_id, 2)
    assert second.attempt_id != first.attempt_id


def test_who_is_killed_between_claim_and_handing_out_keeps_nobody_for_ever(place, monkeypatch):
    consent(place, ANNA)
    making.from_consents(new(place))
    with monkeypatch.context() as patch:
        patch.setattr(handing, "reach", _killed)
        with pytest.raises(SystemExit):
            ask(place)
    assert ask(place, user=8) is None
    with clock.freeze(NOON + timedelta(minutes=11)):
        assert ask(place, user=8).address == ANNA


def test_a_refusal_whose_teller_is_killed_holds_and_may_be_told_again(place, monkeypatch):
    consent(place, ANNA)
    making.from_consents(new(place))
    handed = ask(place)
    with monkeypatch.context() as patch:
        patch.setattr(results, "reach", _killed)
        with pytest.raises(SystemExit):
            say(place, handed, Result.REFUSED)
    assert not may_send_now(place.provider_id, place.brand_id, ANNA, Channel.ARAMA)
    assert not say(place, handed, Result.REFUSED).replay
    assert rows("select count(*) from submission where provider_id = %s and "
                "evidence ->> 'flow' = 'call-list'", place.provider_id) == [(1,)]


def test_a_screen_learns_of_a_refusal_while_it_rings(place):
    consent(place, ANNA)
    making.from_consents(new(place))
    handed = ask(place)
    assert handing.still_allowed(place.provider_id, handed.attempt_id)
    consent(place, ANNA, status=Status.RET, at=NOON - timedelta(seconds=5))
    assert not handing.still_allowed(place.provider_id, handed.attempt_id)
    assert not handing.still_allowed(place.provider_id, 2**40)


def _killed(_name: str) -> None:
    raise SystemExit(9)


def test_a_late_result_moves_nothing_that_somebody_else_has_but_a_late_refusal_does(place):
    consent(place, ANNA)
    making.from_consents(new(place))
    first = ask(place)
    with clock.freeze(NOON + timedelta(minutes=11)):
        second = ask(place, user=8)
        say(place, first, Result.REACHED)
        assert rows("select state from call_list_entry where id = %s",
                    first.entry_id) == [(EntryState.OUT,)]
        say(place, second, Result.REFUSED)
    assert rows("select state from call_list_entry where id = %s",
                first.entry_id) == [(EntryState.DONE,)]


def test_refused_now_is_recorded_once_with_the_call_as_its_proof(place):
    consent(place, ANNA)
    making.from_consents(new(place))
    handed = ask(place)
    done = say(place, handed, Result.REFUSED, recording="kayit-17")
    again = say(place, handed, Result.REFUSED)
    assert (done.submission_id, done.replay) == (again.submission_id, False)
    assert again.replay
    assert not may_send_now(place.provider_id, place.brand_id, ANNA, Channel.ARAMA)
    ((source, evidence),) = rows("select source, evidence from submission where id = %s",
                                 done.submission_id)
    assert source == 10, "HS_CAGRI_MERKEZI"
    assert evidence["attempt"] == handed.attempt_id
    assert ANNA not in str(evidence)
    with pytest.raises(Conflict):
        say(place, handed, Result.REACHED)


def test_a_recordings_name_is_sealed_since_it_may_hold_the_number(place):
    consent(place, ANNA)
    making.from_consents(new(place))
    done = say(place, ask(place), Result.REFUSED, recording="0599-2134117.wav")
    ((evidence, idem, key, cipher),) = rows(
        "select evidence, idem, person_key, person_ct from submission where id = %s",
        done.submission_id)
    assert "2134117" not in str(evidence)
    assert evidence["recordingMark"] == outside_mark(place.provider_id, "0599-2134117.wav")
    assert open_person(idem, key, cipher)["recording"] == "0599-2134117.wav"


@pytest.mark.parametrize("before", [Result.NOT_REACHED, Result.REACHED, Result.WRONG_NUMBER])
def test_a_refusal_is_recorded_whatever_was_written_of_the_call_before(place, before):
    consent(place, ANNA)
    making.from_consents(new(place))
    handed = ask(place)
    say(place, handed, before)
    done = say(place, handed, Result.REFUSED)
    assert not may_send_now(place.provider_id, place.brand_id, ANNA, Channel.ARAMA)
    assert rows("select result, submission_id, again_at from call_attempt where id = %s",
                handed.attempt_id) == [(Result.REFUSED, done.submission_id, None)]
    assert rows("select state from call_list_entry where id = %s",
                handed.entry_id) == [(EntryState.DONE,)]
    assert not done.replay
    assert say(place, handed, Result.REFUSED).replay


def test_everything_after_calls_alone_refuses_messages_too_once_per_extent(place):
    consent(place, ANNA)
    consent(place, ANNA, channel=Channel.MESAJ)
    making.from_consents(new(place))
    handed = ask(place)
    say(place, handed, Result.REFUSED)
    wider = [say(place, handed, Result.REFUSED, everything=True) for _ in range(3)]
    assert [one.replay for one in wider] == [False, True, True]
    assert rows("select status from consent_state where provider_id = %s and channel = %s",
                place.provider_id, int(Channel.MESAJ)) == [(Status.RET,)]
    assert rows("select count(*) from submission where provider_id = %s and "
                "evidence ->> 'flow' = 'call-list'", place.provider_id) == [(2,)]


def test_a_refusal_told_late_leaves_what_the_person_consented_to_since_and_is_kept(place):
    consent(place, ANNA)
    making.from_consents(new(place))
    handed = ask(place)
    with clock.freeze(NOON + timedelta(hours=3)):
        consent(place, ANNA, at=NOON + timedelta(hours=2))
        done = [say(place, handed, Result.REFUSED) for _ in range(2)]
        assert may_send_now(place.provider_id, place.brand_id, ANNA, Channel.ARAMA)
    assert done[0].submission_id == done[1].submission_id
    assert rows("select status, outcome from consent_entry where provider_id = %s "
                "and submission_id = %s", place.provider_id, done[0].submission_id) == [
        (Status.RET, Outcome.OUTDATED)]


def test_who_is_kept_for_the_law_alone_is_not_among_the_calls_of_a_list_r64(place):
    consent(place, ANNA)
    consent(place, BERK)
    made = making.from_consents(new(place))
    ask(place)
    ask(place, user=8)
    db.system_connection().execute(
        "insert into restriction (provider_id, recipient_id, since, reason) select provider_id, "
        "recipient_id, %s, 'Başvuru' from call_attempt where provider_id = %s order by id limit 1",
        [NOON + timedelta(hours=1), place.provider_id])
    shown = {}
    for restricted in (False, True):
        with scope.within(Scope(provider_id=place.provider_id, restricted=restricted)):
            shown[restricted] = len(figures.lines(place.provider_id, made.list_id, 10))
    assert shown == {False: 1, True: 2}


def test_not_everything_refuses_calls_alone_everything_refuses_messages_too_r30(place):
    for phone, everything in ((ANNA, False), (BERK, True)):
        consent(place, phone)
        consent(place, phone, channel=Channel.MESAJ)
        making.from_phones(new(place), [phone])
        say(place, ask(place), Result.REFUSED, everything=everything)
        assert bool(may_send_now(place.provider_id, place.brand_id, phone,
                                 Channel.MESAJ)) is not everything


def test_everything_reaches_the_mail_given_in_the_same_form_and_calls_alone_does_not_r30(place):
    mail = "anna@ornek.com.tr"
    record(NewSubmission(place, "one-form", hash_body("x"), Source.HS_WEB, Standing.VERIFIED, [
        NewConsent(ANNA, Channel.ARAMA, Status.ONAY, BEFORE),
        NewConsent(mail, Channel.EPOSTA, Status.ONAY, BEFORE)]))
    consent(place, ANNA)
    making.from_phones(new(place), [ANNA])
    asked = "select status from consent_state where provider_id = %s and channel = 3"
    handed = ask(place)
    say(place, handed, Result.REFUSED)
    assert rows(asked, place.provider_id) == [(Status.ONAY,)]
    for _ in range(2):
        say(place, handed, Result.REFUSED, everything=True)
    assert rows(asked, place.provider_id) == [(Status.RET,)]


def test_not_reached_rests_and_ends_after_the_last_try(place):
    consent(place, ANNA)
    making.from_consents(new(place, most_tries=2, rest_minutes=60))
    say(place, ask(place), Result.NOT_REACHED)
    assert ask(place) is None
    with clock.freeze(NOON + timedelta(minutes=61)):
        say(place, ask(place), Result.NOT_REACHED)
    with clock.freeze(NOON + timedelta(hours=8)):
        assert ask(place) is None


def test_call_again_is_when_the_person_said_within_the_hours(place):
    consent(place, ANNA)
    making.from_consents(new(place))
    handed = ask(place)
    with pytest.raises(InvalidInput):
        say(place, handed, Result.CALL_AGAIN)
    night = NOON + timedelta(hours=13)  # 01:00 in Istanbul
    done = say(place, handed, Result.CALL_AGAIN, again_at=night)
    assert clock.to_istanbul(done.again_at).strftime("%d %H:%M") == "02 09:00"
    with clock.freeze(done.again_at):
        assert ask(place).address == ANNA


@pytest.mark.parametrize(("hours", "free"), [(-4, False), (0, True), (8.9, True), (9, False)])
def test_nobody_is_handed_out_outside_of_the_hours(place, hours, free):
    """The list's, Turkey time: 08:00, 12:00, 20:54 and 21:00 (R-56)."""
    consent(place, ANNA)
    making.from_consents(new(place))
    with clock.freeze(NOON + timedelta(hours=hours)):
        assert (ask(place) is not None) is free


def test_nobody_is_called_on_a_holiday_unless_the_list_says_so(place):
    new_year = NOON + timedelta(days=31)
    db.system_connection().execute("update iys_cursor set pulled_at = %s", [new_year])
    consent(place, ANNA)
    for on_holidays in (False, True):
        making.from_consents(new(place, on_holidays=on_holidays,
                                 ends_at=NOON + timedelta(days=60)))
        with clock.freeze(new_year):
            assert (ask(place) is not None) is on_holidays


def test_who_was_spoken_to_rests_for_every_list_of_the_brand(place):
    consent(place, ANNA)
    first = making.from_consents(new(place, cap_days=7))
    second = making.from_consents(new(place, cap_days=7))
    say(place, ask(place, first.list_id), Result.REACHED)
    assert ask(place, second.list_id) is None
    later = NOON + timedelta(days=7, minutes=1)
    db.system_connection().execute("update iys_cursor set pulled_at = %s", [later])
    with clock.freeze(later):
        assert ask(place, second.list_id).address == ANNA


def test_nobody_has_two_people_of_a_brand_on_the_phone(place):
    consent(place, ANNA)
    first, second = (making.from_consents(new(place)) for _ in range(2))
    assert ask(place, first.list_id) is not None
    assert ask(place, second.list_id, user=8) is None


def test_two_who_ask_at_once_get_two_people(place):
    consent(place, ANNA, BERK)
    making.from_consents(new(place))
    got: list[str] = []

    def take() -> None:
        with clock.freeze(NOON):
            got.append(ask(place).address)

    people = [threading.Thread(target=take) for _ in range(2)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert sorted(got) == [ANNA, BERK]


def test_another_provider_neither_gets_nor_finishes_the_call(place, place_b):
    consent(place, ANNA)
    making.from_consents(new(place))
    assert ask(place_b) is None
    handed = ask(place)
    with pytest.raises(NotFound):
        say(place_b, handed, Result.REFUSED)
    assert may_send_now(place.provider_id, place.brand_id, ANNA, Channel.ARAMA)


def test_a_list_says_what_is_wrong_with_all_its_fields(place):
    with pytest.raises(InvalidInput) as caught:
        making.from_consents(new(place, name=" ", opens=600, closes=600, most_tries=0))
    assert {one.field for one in caught.value.errors} == {"name", "closes", "most_tries"}
