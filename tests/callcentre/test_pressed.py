"""A consent by key: on the call centre's road, proven by its recording and the name heard in it."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.callcentre import calls, judging, naming, pressed, recordings, sampling, settle, sweeping
from ileti.callcentre.calls import CallNow
from ileti.callcentre.judging import Verdict
from ileti.callcentre.sampling import Draw
from ileti.channels.ivr import Heard
from ileti.consents.ledger import NewConsent, NewSubmission, hash_body
from ileti.consents.packing import open_person
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import clock, db
from ileti.core.errors import Conflict, InvalidInput, NotAllowed
from ileti.kvkk import ledger as kvkk
from ileti.kvkk.ledger import NewAct
from ileti.kvkk.vocabulary import Act, Extent
from tests.callcentre.house import agent, entries, number, published, recording, standing
from tests.callcentre.test_calls import Died, _dies_at, confirmations
from tests.callcentre.test_screen import user
from tests.panel.people import token_of

NAME = "Nazlı Kırşehirli"


@pytest.fixture
def house(place: Any) -> Any:
    return published(place)


def heard(house: Any, *, recorded: bool = True) -> Heard:
    """A caller pressed the second key."""
    phone, at = number(), clock.whole_second(clock.now())
    texts = {row[1]: row for row in db.system_connection().execute(
        "select document_id, kind, version_id, encode(content_hash, 'hex') "
        "from texts_on_show(%s, %s, now()) where language = 'tr' and (channel is null "
        "and kind = 'AYDINLATMA' or channel = 1)", (house.provider_id, house.brand_id)).fetchall()}
    notice, asked = texts["AYDINLATMA"], texts["ETK_ONAYI"]
    idem = f"ivr:{phone[1:]}"
    made, _acts = kvkk.record(NewSubmission(
        place=house, idem=idem, body_hash=hash_body(idem), source=Source.HS_CAGRI_MERKEZI,
        standing=Standing.UNVERIFIED, person={"call": "c-1"}, evidence={
            "flow": "ivr", "recorded": "confirmed" if recorded else "not confirmed"}, items=[
            NewConsent(phone, Channel.ARAMA, Status.ONAY, at, text_id=asked[2],
                       text_hash=asked[3])]),
        [NewAct(notice[0], notice[2], notice[3], Act.SHOWN, at, Extent.ALOUD, phone)])
    first = made.items[0]
    return Heard(house, first.recipient_id, made.submission_id, first.entry_id, notice[2],
                 asked[2], at, at, f"c-{phone}", phone[1:])


def keyed(house: Any, *, recorded: bool = True) -> CallNow:
    """The call of it; the exchange told it twice."""
    what = heard(house, recorded=recorded)
    for _ in range(2):
        pressed.keep(what)
    row, = db.system_connection().execute("select id from call where provider_id = %s and idem = "
                                          "%s", (house.provider_id, f"key:{what.mark}")).fetchall()
    return calls.load(row[0])


def untold(house: Any, monkeypatch: pytest.MonkeyPatch, *, recorded: bool = True) -> Heard:
    """The same, and the process died before it told the person."""
    what = heard(house, recorded=recorded)
    with monkeypatch.context() as patch:
        patch.setattr(pressed, "reach", _dies_at("call.pressed"))
        with pytest.raises(Died):
            pressed.keep(what)
    return what


def test_r09_neither_a_recording_nor_a_name_alone_makes_it_count(house: Any) -> None:
    call = keyed(house)
    with pytest.raises(Conflict) as refused:
        naming.note(call, NAME, by=1)
    assert refused.value.code == "no_recording"
    call = recordings.attach_file(call, recording(house), by=None)
    sweeping.sweep()
    assert standing(house) == [(1, 1, 0)]
    assert settle.failed(call) is False


def test_with_recording_and_name_it_is_a_consent_with_both_in_its_proof(house: Any) -> None:
    lead = agent(house).user_id or 0
    call = recordings.attach_file(keyed(house), recording(house), by=None)
    call = naming.note(call, f" {NAME} ", by=lead)
    assert standing(house) == [(1, 1, 1)]
    assert (call.name, call.agent_id, call.steps[-1].by_user) == (None, None, lead)
    evidence, idem, key, cipher = db.system_connection().execute(
        "select evidence, idem, person_key, person_ct from submission where provider_id = %s "
        "order by id desc limit 1", (house.provider_id,)).fetchone()
    assert open_person(idem, key, cipher)["name"] == NAME
    assert evidence["name"] == "noted from the recording"
    assert evidence["recording"]["sha256"] == call.recording_sha256.hex()
    with pytest.raises(Conflict):
        naming.note(call, "Başka Biri", by=lead)


def test_r10_the_person_hears_of_it_the_same_day_or_when_it_is_proven(house: Any) -> None:
    keyed(house)
    assert confirmations(house) == 1
    call = keyed(house, recorded=False)
    assert confirmations(house) == 1
    naming.note(recordings.attach_file(call, recording(house), by=None), NAME, by=1)
    assert confirmations(house) == 2


def test_r10_a_process_that_died_before_it_told_is_followed_by_the_sweeper(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    untold(house, monkeypatch)
    untold(house, monkeypatch, recorded=False)
    assert confirmations(house) == 0
    db.system_connection().execute(
        "update call_step set settled_at = settled_at - interval '1 minute' where provider_id = %s",
        (house.provider_id,))
    db.system_connection().execute(
        "update call set ended_at = ended_at - interval '1 minute' where provider_id = %s",
        (house.provider_id,))
    for _ in range(2):
        sweeping.sweep()
        assert confirmations(house) == 1, "of calls that may not be recorded nobody is told yet"


def test_r10_the_exchange_that_asks_again_lets_the_person_be_told(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    what = untold(house, monkeypatch)
    assert confirmations(house) == 0
    for _ in range(2):
        pressed.keep(what)
        assert confirmations(house) == 1


def test_what_is_no_name_is_none_and_what_is_too_late_is_told(house: Any) -> None:
    call = recordings.attach_file(keyed(house), recording(house), by=None)
    with pytest.raises(InvalidInput):
        naming.note(call, "…", by=1)
    db.system_connection().execute(
        "update call_step set at = at - interval '12 days' where call_id = %s", (call.id,))
    with pytest.raises(Conflict) as refused:
        naming.note(calls.load(call.id), NAME, by=1)
    assert refused.value.code == "too_late"


def test_a_name_noted_before_a_process_died_proves_all_the_same_and_goes(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = recordings.attach_file(keyed(house), recording(house), by=None)
    with monkeypatch.context() as patch:
        patch.setattr(naming, "reach", _dies_at("call.named"))
        with pytest.raises(Died):
            naming.note(call, NAME, by=1)
    db.system_connection().execute(
        "update call set recording_at = recording_at - interval '1 minute' where id = %s",
        (call.id,))
    sweeping.sweep()
    assert standing(house) == [(1, 1, 1)]
    assert calls.load(call.id).name is None


def test_it_is_drawn_and_judged_like_others_by_nobody_who_noted_the_name(house: Any) -> None:
    lead, other = agent(house).user_id or 0, agent(house).user_id or 0
    call = recordings.attach_file(keyed(house), recording(house), by=None)
    naming.note(call, NAME, by=lead)
    wish = Draw(house.provider_id, None, clock.today(), clock.today(), 100)
    assert sampling.draw(wish, by=lead)
    with pytest.raises(NotAllowed):
        judging.judge(calls.load(call.id), Verdict(True, True, False, "Ad yok"), by=lead)
    judging.judge(calls.load(call.id), Verdict(True, True, False, "Ad yok"), by=other)
    assert (standing(house), len(entries(house))) == ([(1, 2, 1)], 3)


def test_the_page_of_supervisors_asks_for_the_name(app: Any, house: Any) -> None:
    lead, worker = user(app, house, "compliance_officer"), user(app, house)
    call = recordings.attach_file(keyed(house), recording(house), by=None)
    url = f"/cagri-denetim/cagri/{call.id}"
    assert f'href="{url}"' in lead.get("/cagri-denetim/").text
    assert f'action="{url}/ad"' in lead.get(url).text
    said = {"csrf_token": token_of(worker), "name": NAME}
    assert worker.post(f"{url}/ad", data=said).status_code in (302, 403, 404)
    assert standing(house) == [(1, 1, 0)]
    said = {"csrf_token": token_of(lead), "name": NAME}
    assert lead.post(f"{url}/ad", data=said).status_code == 303
    assert standing(house) == [(1, 1, 1)]
    assert f'action="{url}/ad"' not in lead.get(url).text


def test_nobody_is_led_to_where_a_recording_lies(app: Any, house: Any) -> None:
    lead = user(app, house, "compliance_officer")
    call = recordings.attach_link(keyed(house), "https://kotu.ornek.com.tr/giris",
                                  f"{int(number()[1:]):064x}")
    answer = lead.post(f"/cagri-denetim/cagri/{call.id}/dinle",
                       data={"csrf_token": token_of(lead)})
    assert answer.status_code == 200
    assert "https://kotu.ornek.com.tr/giris" in answer.text
    assert 'href="https://kotu.ornek.com.tr' not in answer.text
