"""A call from its first ring to its proof: notice, name, answers, recording (R-09 … R-33)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from rq.timeouts import JobTimeoutException

from ileti.callcentre import agentpage, calls, recordings, settle, steps, sweeping, training
from ileti.callcentre.vocabulary import Direction, Outcome, Reach, Said, Service
from ileti.consents.ledger import NewConsent, NewSubmission, hash_body, record
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import clock, db, failpoints
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from ileti.documents.publish import publish_standard_texts
from ileti.tenancy import scope
from ileti.tenancy.scope import Scope
from tests.callcentre.house import (
    agent,
    begun,
    ended,
    entries,
    number,
    published,
    question,
    recording,
    says,
    standing,
    told,
)
from tests.kvkk.house import text, version
from tests.kvkk.told import untold
from tests.panel.people import take

CALL = int(Source.HS_CAGRI_MERKEZI)


@pytest.fixture
def house(place: Any) -> Any:
    return published(place)


def test_r57_r60_nothing_is_asked_before_the_notice_whatever_a_hostile_screen_sends(
    house: Any
) -> None:
    who = agent(house)
    call = begun(house, who)
    for attempt in (lambda: says(call, who), lambda: says(call, who, Said.NO),
                    lambda: steps.name_person(call, 1, "Nazlı K.", who)):
        with pytest.raises(InvalidInput) as refused:
            attempt()
        assert refused.value.errors[0].code == "not_told"
    assert (entries(house), calls.load(call.id).steps) == ([], ())


def test_r09_a_yes_needs_a_name_and_a_no_does_not(house: Any) -> None:
    who = agent(house)
    call = steps.hear_notice(begun(house, who), 1, who)
    with pytest.raises(InvalidInput) as refused:
        says(call, who)
    assert refused.value.errors[0].code == "no_name"
    assert says(call, who, Said.NO).did().__len__() == 0
    assert entries(house) == []


def test_r20_a_yes_counts_when_its_recording_is_here_and_not_before(house: Any) -> None:
    who = agent(house)
    call = ended(says(told(begun(house, who), who), who), who)
    assert entries(house) == [(2, 1, CALL, 0, 5)]
    call = recordings.attach_file(call, recording(house), by=who.user_id)
    assert entries(house) == [(2, 1, CALL, 0, 5), (2, 1, CALL, 1, 1)]
    assert standing(house) == [(2, 1, 1)]
    said, proven = (row[0] for row in db.system_connection().execute(
        "select consent_date from consent_entry where provider_id = %s order by id",
        (house.provider_id,)).fetchall())
    assert said == proven == call.did(*[call.steps[-1].kind])[-1].at


def test_r60_what_was_said_in_a_call_is_told_by_the_notice_read_in_it(house: Any) -> None:
    who, asks = agent(house), text(house)
    call = told(begun(house, who), who)
    call = steps.answer(call, 3, asks.version, Said.YES, who)
    recordings.attach_file(ended(says(call, who), who), recording(house), by=who.user_id)
    assert len(entries(house)) == 2
    assert untold(house) == []


def test_the_recording_hangs_on_the_records_and_its_hash_is_in_the_evidence(house: Any) -> None:
    who, file = agent(house), recording(house)
    recordings.attach_file(ended(says(told(begun(house, who), who), who), who), file,
                           by=who.user_id)
    linked = db.system_connection().execute(
        "select count(*) from entry_file where provider_id = %s and file_id = %s",
        (house.provider_id, file.id)).fetchone()
    said = db.system_connection().execute(
        "select evidence from submission where provider_id = %s order by id desc limit 1",
        (house.provider_id,)).fetchone()
    assert linked is not None
    assert said is not None
    assert linked[0] == 2
    assert said[0]["recording"] == {"kept": "vault", "sha256": file.sha256.hex()}
    assert (said[0]["number"], said[0]["flow"], said[0]["direction"]) == (
        "system", "call", "INBOUND")


def test_a_linked_recording_proves_by_its_hash_as_well(house: Any) -> None:
    who = agent(house)
    call = says(told(begun(house, who), who), who)
    with pytest.raises(InvalidInput):
        recordings.attach_link(call, "http://santral.ornek.test/1.wav", "x")
    recordings.attach_link(call, "https://santral.ornek.test/1.wav", "ab" * 32)
    assert standing(house) == [(2, 1, 1)]
    kept = db.system_connection().execute(
        "select recording_link from call where id = %s", (call.id,)).fetchone()
    assert kept is not None
    assert "santral" not in kept[0]


def test_one_recording_proves_one_call(house: Any) -> None:
    who, file = agent(house), recording(house)
    first, other = (says(told(begun(house, who), who), who) for _ in range(2))
    recordings.attach_file(first, file, by=None)
    with pytest.raises(Conflict) as refused:
        recordings.attach_file(other, file, by=None)
    assert refused.value.code == "recording_used"
    with pytest.raises(Conflict):
        recordings.attach_link(other, "https://santral.ornek.test/1.wav", file.sha256.hex())
    assert calls.load(other.id).recording_at is None


def test_one_call_nobody_can_read_stops_no_other(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, settled, real = agent(house), [], settle.settle
    odd, good = (says(told(begun(house, who), who), who) for _ in range(2))
    db.system_connection().execute(
        "update call_step set settled_at = null, at = at - interval '1 minute' "
        "where call_id = any(%s) and kind = 6", ([odd.id, good.id],))

    def breaks(number: int) -> int:
        if number == odd.id:
            raise CannotDecrypt("another key")
        settled.append(number)
        return real(number)

    monkeypatch.setattr(settle, "settle", breaks)
    sweeping.sweep()
    assert good.id in settled


def test_a_job_whose_time_is_over_ends(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def over(_number: int) -> int:
        raise JobTimeoutException("180 seconds")

    who = agent(house)
    call = says(told(begun(house, who), who), who)
    db.system_connection().execute(
        "update call_step set settled_at = null, at = at - interval '1 minute' "
        "where call_id = %s and kind = 6", (call.id,))
    monkeypatch.setattr(settle, "settle", over)
    with pytest.raises(JobTimeoutException):
        sweeping.sweep()


def test_r22_a_number_that_was_typed_proves_nobody_even_with_a_recording(house: Any) -> None:
    who = agent(house)
    call = says(told(begun(house, who, by_system=False), who), who)
    recordings.attach_file(call, recording(house), by=who.user_id)
    assert entries(house) == [(2, 1, CALL, 0, 5)]


def test_r12_silence_and_an_unanswered_question_are_no(house: Any) -> None:
    who = agent(house)
    ended(told(begun(house, who), who), who)
    assert entries(house) == []


def test_r30_no_takes_back_what_stands_on_that_channel_alone(house: Any) -> None:
    who, phone = agent(house), number()
    take(house, phone)
    take(house, phone, channel=Channel.ARAMA)
    says(told(begun(house, who, phone=phone), who), who, Said.NO)
    assert standing(house) == [(1, 1, 1), (2, 2, 1)]


def test_r28_a_refusal_needs_no_notice_and_all_means_all(house: Any) -> None:
    who, phone = agent(house), number()
    take(house, phone)
    take(house, phone, channel=Channel.ARAMA)
    steps.refuse(begun(house, who, phone=phone), 1, Reach.ALL, who)
    assert standing(house) == [(1, 2, 1), (2, 2, 1)]


def test_r42_a_refusal_of_somebody_nobody_knew_is_kept_and_blocks(house: Any) -> None:
    who = agent(house)
    call = steps.refuse(begun(house, who), 1, Reach.CALLS, who)
    assert standing(house) == [(1, 2, 1)]
    assert call.recipient_id is not None


def test_a_yes_that_was_followed_by_a_refusal_is_never_proven(house: Any) -> None:
    who = agent(house)
    call = says(told(begun(house, who), who), who)
    call = steps.refuse(call, len(call.steps) + 1, Reach.ALL, who)
    recordings.attach_file(ended(call, who), recording(house), by=None)
    assert standing(house)[1] == (2, 2, 1)
    assert not any(row[1] == 1 and row[3] == 1 for row in entries(house))


def test_whoever_thinks_again_in_the_call_is_heard(house: Any) -> None:
    who = agent(house)
    call = says(says(told(begun(house, who), who), who), who, Said.NO)
    recordings.attach_file(ended(call, who), recording(house), by=None)
    assert standing(house) == [(2, 2, 1)]


def test_two_agents_in_one_call_do_not_answer_for_each_other(house: Any) -> None:
    one, other = agent(house), agent(house)
    call = told(begun(house, one), one)
    says(call, one)
    with pytest.raises(Conflict) as refused:
        steps.answer(call, len(call.steps) + 1, question(call), Said.NO, other)
    assert refused.value.code == "moved_on"
    assert [row[1] for row in entries(house)] == [1]


def test_two_agents_with_the_same_caller_have_a_call_each_and_the_later_word_holds(
    house: Any
) -> None:
    one, other, phone = agent(house), agent(house), number()
    first = ended(says(told(begun(house, one, phone=phone), one), one), one)
    recordings.attach_file(first, recording(house), by=None)
    second = told(begun(house, other, phone=phone), other)
    says(second, other, Said.NO)
    assert (first.id != second.id, standing(house)) == (True, [(2, 2, 1)])


def test_the_same_press_twice_is_one_step_and_one_record(house: Any) -> None:
    who = agent(house)
    call = told(begun(house, who), who)
    for _ in range(2):
        steps.answer(call, 3, question(call), Said.YES, who)
    assert len(entries(house)) == 1
    new = steps.NewCall(place=house, number=number(), direction=Direction.INBOUND, by_system=False,
                        language="tr", key="bir-kez")
    assert steps.start(new, who)[0] == steps.start(new, who)[0]


def test_a_script_that_changes_in_the_middle_of_a_call_is_read_to_the_end_as_it_began(
    house: Any
) -> None:
    who = agent(house)
    call = told(begun(house, who), who)
    asked = next(one for one in call.questions if one.channel is Channel.MESAJ)
    newer = version(house, asked.document_id, 99)
    says(call, who)
    kept = db.system_connection().execute(
        "select text_id from consent_entry where provider_id = %s", (house.provider_id,)).fetchone()
    assert kept is not None
    assert kept[0] == asked.id != newer.version
    later = begun(house, who)
    assert newer.version in [one.id for one in later.questions]


def test_a_question_of_another_text_is_no_question_of_the_call(house: Any, place_b: Any) -> None:
    who, foreign = agent(house), text(place_b, "ETK_ONAYI")
    call = told(begun(house, who), who)
    with pytest.raises(InvalidInput) as refused:
        steps.answer(call, 3, foreign.version, Said.YES, who)
    assert refused.value.errors[0].code == "no_such_question"


def test_what_was_said_before_a_process_died_is_recorded_by_the_sweeper(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = agent(house)
    call = told(begun(house, who), who)
    monkeypatch.setattr(steps, "reach", _dies_at("call.step"))
    with pytest.raises(Died):
        says(call, who)
    assert entries(house) == []
    db.system_connection().execute(
        "update call_step set at = at - interval '1 minute' where call_id = %s", (call.id,))
    sweeping.sweep()
    sweeping.sweep()
    assert entries(house) == [(2, 1, CALL, 0, 5)]


def test_a_recording_that_came_before_a_process_died_proves_all_the_same(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = agent(house)
    call = ended(says(told(begun(house, who), who), who), who)
    monkeypatch.setattr(recordings, "reach", _dies_at("call.recorded"))
    with pytest.raises(Died):
        recordings.attach_file(call, recording(house), by=None)
    db.system_connection().execute(
        "update call set recording_at = recording_at - interval '1 minute' where id = %s",
        (call.id,))
    sweeping.sweep()
    assert standing(house) == [(2, 1, 1)]


def test_r33_a_recording_that_comes_too_late_is_kept_and_opens_nothing(house: Any) -> None:
    who = agent(house)
    call = ended(says(told(begun(house, who), who), who), who)
    db.system_connection().execute(
        "update call_step set at = at - interval '12 days' where call_id = %s", (call.id,))
    call = recordings.attach_file(calls.load(call.id), recording(house), by=None)
    assert (call.recording_at is not None, [row[3] for row in entries(house)]) == (True, [0])
    assert settle.late(call, call.steps[-1])


def test_a_call_has_one_recording_and_the_same_again_is_the_same(house: Any) -> None:
    who, file = agent(house), recording(house)
    call = says(told(begun(house, who), who), who)
    recordings.attach_file(call, file, by=None)
    recordings.attach_file(call, file, by=None)
    with pytest.raises(Conflict) as refused:
        recordings.attach_file(call, recording(house), by=None)
    assert (refused.value.code, len(entries(house))) == ("other_recording", 2)


def test_of_a_call_in_which_nothing_was_asked_no_recording_is_kept(house: Any) -> None:
    who = agent(house)
    with pytest.raises(Conflict) as refused:
        recordings.attach_file(ended(told(begun(house, who), who), who), recording(house), by=None)
    assert refused.value.code == "nothing_to_prove"


def test_r10_the_person_is_told_the_same_day_at_a_proven_number_only(house: Any) -> None:
    who = agent(house)
    for by_system in (True, False):
        ended(says(told(begun(house, who, by_system=by_system), who), who), who)
    rows = db.system_connection().execute(
        "select due_at from message where provider_id = %s and kind = 2",
        (house.provider_id,)).fetchall()
    assert [clock.to_istanbul(row[0]).date() for row in rows] == [clock.today()]


def test_number_and_name_go_with_the_end_of_the_call(house: Any) -> None:
    who = agent(house)
    call = ended(told(begun(house, who), who), who)
    row = db.system_connection().execute(
        "select number, name, outcome from call where id = %s", (call.id,)).fetchone()
    assert row == (None, None, int(Outcome.DONE))


def test_r22_without_a_training_in_date_nothing_is_taken_but_a_refusal(house: Any) -> None:
    who = agent(house, trained=False)
    call = begun(house, who)
    with pytest.raises(NotAllowed) as refused:
        steps.hear_notice(call, 1, who)
    assert refused.value.code == "training_out_of_date"
    training.note(house.provider_id, who.user_id or 0, clock.today() - timedelta(days=400), by=None)
    assert not training.holds(training.last(house.provider_id, who.user_id or 0))
    other = told(begun(house, agent(house)), agent(house))
    with pytest.raises(NotAllowed):
        says(other, who)
    steps.refuse(call, 1, Reach.CALLS, who)
    assert standing(house) == [(1, 2, 1)]


def test_r22_an_outbound_call_does_not_begin_without_a_training_in_date(house: Any) -> None:
    _allowed(house)
    with pytest.raises(NotAllowed) as refused:
        begun(house, agent(house, trained=False), direction=Direction.OUTBOUND)
    assert refused.value.code == "training_out_of_date"


def _allowed(house: Any) -> None:
    db.system_connection().execute(
        "insert into call_rule (provider_id, outbound, reason, grounds) "
        "values (%s, true, 'Teslimat', '{SATIN_ALMA_TESLIMAT}')", (house.provider_id,))


def test_r20_an_outbound_call_asks_nothing_unless_the_provider_allowed_it_and_its_reason_is_chosen(
    house: Any
) -> None:
    who = agent(house)
    with pytest.raises(NotAllowed) as refused:
        begun(house, who, direction=Direction.OUTBOUND)
    assert refused.value.code == "outbound_off"
    _allowed(house)
    call = begun(house, who, direction=Direction.OUTBOUND)
    with pytest.raises(InvalidInput) as first:
        steps.hear_notice(call, 1, who)
    with pytest.raises(InvalidInput):
        steps.choose_service(call, 1, Service.COLLECTION, who)
    call = steps.choose_service(call, 1, Service.DELIVERY, who)
    assert first.value.errors[0].code == "no_service"
    assert steps.hear_notice(call, 2, who).steps[-1].settled_at is not None


def test_r28_without_a_script_nothing_is_asked_but_a_refusal_is_written(place: Any) -> None:
    publish_standard_texts(place.provider_id, place.brand_id)
    who = agent(place)
    call = begun(place, who)
    for attempt in (lambda: steps.hear_notice(call, 1, who),
                    lambda: steps.answer(call, 1, question(call), Said.YES, who)):
        with pytest.raises(Conflict) as refused:
            attempt()
        assert refused.value.code == "no_script"
    steps.refuse(call, 1, Reach.ALL, who)
    assert standing(place) == [(1, 2, 1), (2, 2, 1)]
    _allowed(place)
    with pytest.raises(Conflict):
        begun(place, who, direction=Direction.OUTBOUND)


def test_r28_without_any_text_a_refusal_is_written(place: Any) -> None:
    who = agent(place, trained=False)
    steps.refuse(begun(place, who), 1, Reach.MESSAGES, who)
    assert standing(place) == [(2, 2, 1)]


def test_r30_nothing_at_all_means_mails_given_beside_the_number_too(house: Any) -> None:
    who, phone = agent(house), number()
    beside(house, phone, "defne@ornek.test")
    steps.refuse(begun(house, who, phone=phone), 1, Reach.ALL, who)
    assert standing(house) == [(1, 2, 1), (2, 2, 1), (3, 2, 1)]


def test_r30_mails_alone_are_refused_where_one_is_known_and_else_it_is_said(house: Any) -> None:
    who, phone = agent(house), number()
    with pytest.raises(InvalidInput) as refused:
        steps.refuse(begun(house, who, phone=phone), 1, Reach.MAILS, who)
    assert refused.value.errors[0].code == "no_mail"
    beside(house, phone, "defne@ornek.test")
    steps.refuse(begun(house, who, phone=phone), 1, Reach.MAILS, who)
    assert standing(house) == [(2, 1, 1), (3, 2, 1)]


def beside(house: Any, phone: str, mail: str) -> None:
    """Both were given in one form."""
    at = clock.whole_second(clock.now()) - timedelta(days=2)
    items = [NewConsent(phone, Channel.MESAJ, Status.ONAY, at),
             NewConsent(mail, Channel.EPOSTA, Status.ONAY, at)]
    record(NewSubmission(house, f"form:{phone[1:]}", hash_body(items), Source.HS_WEB,
                         Standing.VERIFIED, items))


def test_what_was_refused_in_the_same_call_is_not_confirmed(house: Any) -> None:
    who = agent(house)
    call = says(told(begun(house, who), who), who)
    call = steps.refuse(call, len(call.steps) + 1, Reach.ALL, who)
    ended(call, who)
    assert confirmations(house) == 0


def test_what_was_refused_elsewhere_since_is_not_confirmed(house: Any) -> None:
    who, phone = agent(house), number()
    call = says(told(begun(house, who, phone=phone), who), who)
    later = begun(house, who, phone=phone)
    steps.refuse(later, 1, Reach.MESSAGES, who)
    ended(call, who)
    assert confirmations(house) == 0


def confirmations(house: Any) -> int:
    row = db.system_connection().execute(
        "select count(*) from message where provider_id = %s and kind = 2",
        (house.provider_id,)).fetchone()
    return int(row[0]) if row else 0


def test_a_refusal_whose_process_died_before_it_noted_it_is_recorded_once(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, call = agent(house), begun(house, agent(house))
    with monkeypatch.context() as patch:
        patch.setattr(settle, "_done", _dies)
        with pytest.raises(Died):
            steps.refuse(call, 1, Reach.ALL, who)
    db.system_connection().execute(
        "update call_step set at = at - interval '1 minute' where call_id = %s", (call.id,))
    sweeping.sweep()
    assert [row[:2] for row in entries(house)] == [(1, 2), (2, 2)]


def test_a_refusal_carried_out_late_leaves_what_was_consented_to_since(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, phone = agent(house), number()
    call = begun(house, who, phone=phone)
    monkeypatch.setattr(steps, "reach", _dies_at("call.step"))
    with pytest.raises(Died):
        steps.refuse(call, 1, Reach.CALLS, who)
    db.system_connection().execute(
        "update call_step set at = at - interval '1 hour' where call_id = %s", (call.id,))
    take(house, phone, channel=Channel.ARAMA)
    sweeping.sweep()
    assert [row[:2] for row in entries(house)] == [(1, 1), (1, 2)]
    assert standing(house) == [(1, 1, 1)]


def _dies(*_args: Any, **_more: Any) -> None:
    raise Died()


def test_r64_a_call_kept_for_the_law_alone_is_no_page(house: Any) -> None:
    who = agent(house)
    call = steps.refuse(begun(house, who), 1, Reach.CALLS, who)
    db.system_connection().execute(
        "insert into restriction (provider_id, recipient_id, since, reason) "
        "values (%s, %s, now(), 'Başvuru')", (house.provider_id, call.recipient_id))
    assert calls.load(call.id).id == call.id, "somebody is on the line"
    ended(call, who)
    with scope.within(Scope(provider_id=house.provider_id)), pytest.raises(NotFound):
        agentpage.load(call.id)
    with scope.within(Scope(provider_id=house.provider_id, restricted=True)):
        assert agentpage.load(call.id).id == call.id


def test_a_call_that_is_forgotten_is_closed_and_confirmed(house: Any) -> None:
    who = agent(house)
    call = says(told(begun(house, who), who), who)
    db.system_connection().execute(
        "update call set touched_at = now() - interval '3 hours' where id = %s", (call.id,))
    sweeping.sweep()
    call = calls.load(call.id)
    assert (call.outcome, call.number) == (int(Outcome.LEFT_OPEN), None)
    assert call.steps[-1].told_at is not None


class Died(Exception):
    """The process died here."""


def _dies_at(place: str) -> Any:
    def reach(name: str) -> None:
        failpoints.reach(name)
        if name == place:
            raise Died()
    return reach
