"""Keys pressed in calls: refusals by push and by report, and callers on a brand's number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import Client

import ileti.callcentre.pressed  # noqa: F401 (completes consents by key)
from ileti.channels import ivr, presses
from ileti.channels.sms import Delivery
from ileti.channels.voice import VoiceReport
from ileti.channels.voicedoor import application
from ileti.consents.ledger import NewConsent, NewSubmission, hash_body, record
from ileti.consents.outside import outside_mark
from ileti.consents.packing import open_person
from ileti.consents.vocabulary import Channel, IysStatus, Outcome, Source, Standing, Status
from ileti.core import clock, db
from ileti.documents.publish import publish_standard_texts
from tests.calllists.house import ANNA, BERK, consent, rows
from tests.kvkk.told import untold

door = Client(application)
UUID = "aacdb242-364b-11e7-8bed-c9aec7093786"
#: tomorrow's: texts are published by the database's own clock, and are there by then
NOON = datetime.combine(datetime.now(UTC).date() + timedelta(days=1), time(9), UTC)
PRESSED = NOON - timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _noon(place):
    with clock.freeze(NOON):
        yield


def order(place: Any) -> presses.Order:
    return presses.Order(place, "verimor-voice", "9", "kampanya-1")


def form(**changes: str) -> bytes:
    return urlencode({
        "notification_id": "5", "notification_date": f"{PRESSED:%Y-%m-%d %H:%M:%S} UTC",
        "ivr_campaign_id": "131", "phone": "905992134117", "digit": "9", "status": "Cevaplandı",
        "call_uuid": UUID} | changes).encode()


def path(place: Any) -> str:
    url = presses.results_url(order(place))
    return url[url.index("/v/v1/"):]


def status(place: Any, channel: Channel = Channel.ARAMA) -> list[Any]:
    return rows("select status from consent_state where provider_id = %s and channel = %s",
                place.provider_id, int(channel))


def test_a_pressed_key_refuses_calls_alone_with_its_proof(place):
    consent(place, ANNA)
    consent(place, ANNA, channel=Channel.MESAJ)
    assert door.post(path(place), data=form()).status_code == 200
    assert (status(place), status(place, Channel.MESAJ)) == ([(Status.RET,)], [(Status.ONAY,)])
    ((source, evidence),) = rows(
        "select source, evidence from submission where provider_id = %s and "
        "evidence ->> 'flow' = 'call-key'", place.provider_id)
    assert source == 10
    assert evidence["key"] == "9"
    assert evidence["gateway"] == "verimor-voice"
    assert evidence["callMark"] == outside_mark(place.provider_id, UUID)
    assert evidence["pressedAt"] == PRESSED.isoformat()
    assert "5992134117" not in str(evidence)


def test_the_same_result_again_changes_nothing_not_even_days_later(place):
    consent(place, ANNA)
    door.post(path(place), data=form())
    count = "select count(*) from submission where provider_id = %s"
    before = rows(count, place.provider_id)
    door.post(path(place), data=form())
    with clock.freeze(NOON + timedelta(days=2)):
        assert door.post(path(place), data=form(notification_id="6")).status_code == 200
    assert rows(count, place.provider_id) == before


def test_one_name_for_all_calls_of_an_order_loses_nobodys_refusal(place):
    consent(place, ANNA, BERK)
    for phone in ("905992134117", "905992134118"):
        assert door.post(path(place), data=form(phone=phone)).status_code == 200
    assert status(place) == [(Status.RET,), (Status.RET,)]


@pytest.mark.parametrize("phone", ["02123205062", "2123205062", "902123205062"])
def test_a_fixed_line_refuses_however_the_provider_writes_it(place, phone):
    consent(place, "+902123205062")
    assert door.post(path(place), data=form(phone=phone)).status_code == 200
    assert status(place) == [(Status.RET,)]


def test_a_number_that_cannot_be_read_is_told_in_the_log_without_it(place, capsys):
    assert door.post(path(place), data=form(phone="0000123")).status_code == 200
    told = "".join(capsys.readouterr())
    assert "voice_key_unreadable" in told
    assert "0000123" not in told
    assert status(place) == []


def test_the_name_of_a_call_is_sealed_since_it_may_hold_the_number(place):
    consent(place, ANNA)
    door.post(path(place), data=form(call_uuid="cdr-905992134117-1"))
    ((evidence, idem, key, cipher),) = rows(
        "select evidence, idem, person_key, person_ct from submission where provider_id = %s and "
        "evidence ->> 'flow' = 'call-key'", place.provider_id)
    assert "5992134117" not in str(evidence) + idem
    assert open_person(idem, key, cipher)["call"] == "cdr-905992134117-1"


def test_a_result_that_comes_late_leaves_what_the_person_consented_to_since(place):
    consent(place, ANNA)
    consent(place, ANNA, at=NOON + timedelta(hours=1))
    with clock.freeze(NOON + timedelta(hours=2)):
        assert door.post(path(place), data=form()).status_code == 200
    assert status(place) == [(Status.ONAY,)]
    assert rows("select status, outcome from consent_entry where provider_id = %s "
                "order by id desc limit 1", place.provider_id) == [(Status.RET, Outcome.OUTDATED)]


def test_who_is_killed_between_refusal_and_memory_doubles_nothing(place, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(presses, "reach", _killed)
        with pytest.raises(SystemExit):
            presses.note(order(place), [VoiceReport("1", ANNA, Delivery.DELIVERED, "9", call="c")])
    with clock.freeze(NOON + timedelta(hours=3)):
        presses.note(order(place), [VoiceReport("1", ANNA, Delivery.DELIVERED, "9", call="c")])
    assert rows("select count(*) from submission where provider_id = %s",
                place.provider_id) == [(1,)]


def _killed(_name: str) -> None:
    raise SystemExit(9)


def test_a_key_nobody_named_no_key_and_a_wrong_key_refuse_nothing(place):
    consent(place, ANNA)
    for digit in ("", "-", "!9", "1"):
        assert door.post(path(place), data=form(digit=digit)).status_code == 200
    assert status(place) == [(Status.ONAY,)]


def test_somebody_nobody_knows_is_kept_from_being_called_r42(place):
    assert door.post(path(place), data=form(phone="905992134777")).status_code == 200
    assert status(place) == [(Status.RET,)]


@pytest.mark.parametrize("token", ["", "x", "e30.AAAA", "../r/x"])
def test_a_strangers_address_is_a_page_that_is_not_there(place, token):
    consent(place, ANNA)
    assert door.post(f"/v/v1/r/{token}", data=form()).status_code == 404
    assert door.post(f"/v/v1/c/{token}", data=b"{}").status_code == 404
    assert status(place) == [(Status.ONAY,)]


def test_a_trial_of_the_address_is_answered_and_nonsense_is_not_taken(place):
    assert door.post(path(place), data=b"").status_code == 200
    assert door.post(path(place), data=b"phone=1").status_code == 400
    assert door.get(path(place)).status_code == 405


def test_a_report_that_was_asked_for_counts_as_the_pushed_one_does(place):
    consent(place, ANNA)
    told = VoiceReport("4711", ANNA, Delivery.DELIVERED, "9")
    netgsm = presses.Order(place, "netgsm-voice", "9", "kampanya-1")
    assert [presses.note(netgsm, [told]) for _ in range(2)] == [1, 0]
    assert status(place) == [(Status.RET,)]


# -- people who call -------------------------------------------------------------------------------


@pytest.fixture
def line(place):
    """The address of a number of the brand that takes consents too."""
    publish_standard_texts(place.provider_id, place.brand_id)
    token, digest = ivr.new_token()
    db.system_connection().execute(
        "insert into voice_number (provider_id, brand_id, number, takes_consent, records, "
        "token_hash) values (%s, %s, '+908502000000', true, true, %s)",
        [place.provider_id, place.brand_id, digest])
    return f"/v/v1/c/{token}"


@contextmanager
def heard() -> Iterator[None]:
    """The texts were said: as long as somebody takes who reads them aloud."""
    with clock.freeze(NOON + timedelta(minutes=5)):
        yield


def ring(line: str, digits: str = "", *, call: str = "c-1", caller: str = "05992134117",
         **more: Any) -> dict[str, Any]:
    answer = door.post(line, data=json.dumps(
        {"call": call, "caller": caller, "digits": digits} | more))
    assert answer.status_code == 200, answer.text
    return answer.json


def test_a_caller_hears_the_menu_and_one_key_refuses_calls(place, line):
    consent(place, ANNA)
    menu = ring(line)
    assert menu["keys"] == ["9", "8", "1"]
    assert "Defne Ev" in menu["say"]
    done = ring(line, "9", step=2)
    assert (done["done"], done["hangUp"]) == ("refused", True)
    assert status(place) == [(Status.RET,)]


def test_everything_is_calls_and_messages(place, line):
    consent(place, ANNA)
    consent(place, ANNA, channel=Channel.MESAJ)
    assert ring(line, "8")["done"] == "refused-all"
    assert (status(place), status(place, Channel.MESAJ)) == ([(Status.RET,)], [(Status.RET,)])


def test_none_at_all_reaches_the_mail_given_in_the_same_form(place, line):
    at = clock.whole_second(clock.now() - timedelta(days=1))
    record(NewSubmission(place, "one-form", hash_body("x"), Source.HS_WEB, Standing.VERIFIED, [
        NewConsent(ANNA, Channel.ARAMA, Status.ONAY, at),
        NewConsent("anna@ornek.com.tr", Channel.EPOSTA, Status.ONAY, at)]))
    assert "e-postaların hiçbirini" in ring(line)["say"]
    ring(line, "9", call="c-0")
    assert status(place, Channel.EPOSTA) == [(Status.ONAY,)]
    for _ in range(2):
        ring(line, "8")
    assert status(place, Channel.EPOSTA) == [(Status.RET,)]


def test_a_doubled_request_is_one_refusal(place, line):
    for _ in range(2):
        assert ring(line, "9")["done"] == "refused"
    assert rows("select count(*) from submission where provider_id = %s",
                place.provider_id) == [(1,)]
    assert ring(line, "9", call="c-2")["done"] == "refused"


@pytest.mark.parametrize("caller", ["", "anonymous", "gizli", "1003", "٠٥٩٩٢١٣٤١١٧"])
def test_who_hides_the_number_is_told_how_else_to_refuse(place, line, caller):
    said = ring(line, "9", caller=caller)
    assert (said["done"], said["hangUp"]) == ("", True)
    assert "3338" in said["say"]
    assert status(place) == []


@pytest.mark.parametrize(("caller", "phone"), [
    ("05992134117", ANNA), ("905992134117", ANNA), ("+905992134117", ANNA),
    ("00493089680211", "+493089680211"), ("02123205062", "+902123205062")])
def test_a_number_is_understood_as_operators_write_it(caller, phone):
    assert ivr.caller_of(caller) == phone


def test_a_foreign_number_refuses_as_well_r07(place, line):
    assert ring(line, "9", caller="00493089680211")["done"] == "refused"
    assert status(place) == [(Status.RET,)]


def test_a_consent_needs_the_texts_said_a_second_key_and_a_recording_r20(place, line):
    first = ring(line, "1", step=2)
    assert first["done"] == ""
    assert first["keys"] == ["1", "9"]
    with heard():
        assert ring(line, "1", step=3)["done"] == "", "without the state nothing was heard"
        assert ring(line, "1", step=3, state=first["state"])["done"] == "", "no recording"
        other = ring(line, "1", step=3, state=first["state"], call="c-9", recording="r")
        assert other["done"] == "", "another call’s state"
        assert status(place) == []
        done = ring(line, "1", step=3, state=first["state"], recording="kayit-4")
        assert done["done"] == "consented"
        assert ring(line, "1", step=3, state=first["state"], recording="kayit-4") == done
    assert status(place) == [(Status.ONAY,)]


def test_a_second_key_pressed_into_the_texts_consents_to_nothing_r60(place, line):
    first = ring(line, "1", step=2)
    with clock.freeze(NOON + timedelta(seconds=1)):
        again = ring(line, "1", step=3, state=first["state"], recording="kayit-4")
    assert (again["done"], again["keys"]) == ("", ["1", "9"])
    assert status(place) == []
    with heard():
        done = ring(line, "1", step=4, state=again["state"], recording="kayit-4")
    assert done["done"] == "consented"


def test_a_caller_who_presses_keys_in_silence_gives_no_consent_that_counts_r09(place, line):
    first = ring(line, "1", step=2)
    with heard():
        said = ring(line, "1", step=3, state=first["state"], recording="sessiz")["say"]
    assert "doğrulanana kadar aranmayacaksınız" in said
    assert rows("select status, standing, iys_status from consent_state where provider_id = %s",
                place.provider_id) == [(Status.ONAY, Standing.UNVERIFIED, IysStatus.NONE)]
    assert rows("select by_system, ended_at is not null, name from call where provider_id = %s",
                place.provider_id) == [(True, True, None)], "on the call centre’s road"


def test_the_consents_proof_names_texts_recording_and_the_notice_heard_before(place, line):
    first = ring(line, "1", step=2)
    with heard():
        ring(line, "1", step=3, state=first["state"], recording="kayit-4")
    ((source, evidence),) = rows("select source, evidence from submission where provider_id = %s",
                                 place.provider_id)
    assert source == 10
    assert evidence["recordingMark"] == outside_mark(place.provider_id, "kayit-4")
    assert evidence["texts"][0]["channel"] == "ARAMA"
    assert evidence["heardSeconds"] == 300
    assert rows("select act, extent, text_id from kvkk_entry where provider_id = %s",
                place.provider_id)[0][2] == evidence["notice"]
    assert untold(place) == [], "the notice was read aloud before the key (R-60)"
    assert rows("select count(*) from message where provider_id = %s and kind = 2",
                place.provider_id) == [(1,)], "told the same day (R-10)"


@pytest.mark.parametrize("wire", ["json", "verimor"])
def test_a_consent_without_a_confirmed_recording_stays_unproven_and_unsent_r20(place, line, wire):
    db.system_connection().execute("update voice_number set records = false "
                                   "where provider_id = %s", [place.provider_id])
    if wire == "json":
        state = ring(line, "1", step=2)["state"]
        with heard():
            said = ring(line, "1", step=3, state=state, recording="kayit-4")["say"]
    else:
        asked = {"uuid": "u-7", "cli": "05992134117", "cld": "x", "step": "2", "digits": "1"}
        url = door.get(line, query_string=asked).json["prompt"]["service_url"]
        with heard():
            said = door.get(url[url.index("/v/v1/"):], query_string=asked).json["transfer"][
                "greet_phrase"]
    assert "doğrulanana kadar aranmayacaksınız" in said
    assert rows("select status, standing, iys_status from consent_state where provider_id = %s",
                place.provider_id) == [(Status.ONAY, Standing.UNVERIFIED, IysStatus.NONE)]
    assert rows("select count(*) from message where provider_id = %s",
                place.provider_id) == [(0,)]


def test_two_callers_under_one_name_of_a_call_both_refuse(place, line):
    consent(place, ANNA, BERK)
    for caller in ("05992134117", "05992134118"):
        assert ring(line, "9", caller=caller)["done"] == "refused"
    assert status(place) == [(Status.RET,), (Status.RET,)]


def test_a_number_that_takes_no_consent_does_not_offer_it(place, line):
    db.system_connection().execute("update voice_number set takes_consent = false "
                                   "where provider_id = %s", [place.provider_id])
    assert ring(line)["keys"] == ["9", "8"]
    assert ring(line, "1")["done"] == ""


def test_an_address_made_anew_or_switched_off_ends_the_one_before(place, line):
    for change in ("token_hash = %s", "token_hash = %s, active = false"):
        token, digest = ivr.new_token()
        db.system_connection().execute(
            f"update voice_number set {change} where provider_id = %s", [digest, place.provider_id])
        assert door.post(line, data=b'{"call":"c","caller":"x"}').status_code == 404
        now = door.post(f"/v/v1/c/{token}", data=b'{"call":"c","caller":"x"}').status_code
        assert now == (404 if "false" in change else 200)


def test_in_production_an_address_is_taken_by_https_alone(place, line, monkeypatch):
    monkeypatch.setattr("ileti.channels.voicedoor.is_private", lambda _environ: False)
    consent(place, ANNA)
    assert door.post(line, data=json.dumps(
        {"call": "c", "caller": ANNA, "digits": "9"})).status_code == 403
    assert status(place) == [(Status.ONAY,)]


def test_a_step_nobody_can_read_is_the_first(place, line):
    asked = {"uuid": "u-1", "cli": "05992134117", "cld": "x", "step": "9" * 5_000, "digits": "9"}
    assert "transfer" in door.get(line, query_string=asked).json


def test_verimors_own_wire_is_answered_in_its_words(place, line):
    consent(place, ANNA)
    asked = {"uuid": "651f8a68", "cli": "05992134117", "cld": "08502000000", "step": "1"}
    prompt = door.get(line, query_string=asked).json["prompt"]
    assert (prompt["min_digits"], prompt["param_name"]) == ("1", "digits")
    assert status(place) == [(Status.ONAY,)], "asking changes nothing"
    url = prompt["service_url"]
    end = door.get(url[url.index("/v/v1/"):],
                   query_string=asked | {"step": "2", "digits": "9"}).json["transfer"]
    assert end["target"] == "hangup/hangup"
    assert status(place) == [(Status.RET,)]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"call":""}', b'{"caller":"1"}', b"\xff",
                                  b'{"call":"c","caller":"1","more":1}'])
def test_what_no_exchange_says_is_refused(line, body):
    assert door.post(line, data=body).status_code == 400


@pytest.mark.parametrize("asked", [
    {"uuid": "1", "step": "1"} | {f"more{n}": "x" for n in range(19)}, {}, {"uuid": "x" * 500}])
def test_a_question_no_exchange_asks_is_a_400_and_no_fault_of_ours(line, asked):
    told = door.get(line, query_string=asked)
    assert (told.status_code, told.json["code"]) == (400, "unreadable")


def test_a_step_of_thousands_of_digits_is_the_first(line):
    assert door.get(line, query_string={
        "uuid": "1", "cli": ANNA, "step": "9" * 5_000}).status_code == 200
