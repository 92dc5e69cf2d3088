"""The supervisor: lots nobody can choose, verdicts that take back, trainings, outbound calls."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ileti.callcentre import allowing, calls, judging, recordings, sampling, steps, sweeping
from ileti.callcentre.judging import Verdict
from ileti.callcentre.models import CallSample
from ileti.callcentre.sampling import Draw
from ileti.callcentre.vocabulary import Direction, Reach, Said, Service
from ileti.channels.base import MessageKind
from ileti.channels.render import envelope
from ileti.consents.vocabulary import Channel, Source
from ileti.core import clock, db, orm
from ileti.core.errors import Conflict, InvalidInput, NotAllowed
from ileti.tenancy import foureyes, scope
from tests.callcentre.house import (
    agent,
    begun,
    ended,
    entries,
    number,
    published,
    recording,
    says,
    standing,
    told,
)
from tests.callcentre.test_calls import Died, _dies_at
from tests.callcentre.test_screen import user
from tests.evidence.sealed_house import seal_all
from tests.panel.people import take, token_of

GOOD, BAD = Verdict(True, True, True), Verdict(False, True, True, "Aydınlatma okunmadı")
OWN = int(Source.HS_KARAR)


@pytest.fixture
def house(place: Any) -> Any:
    return published(place)


def proven(house: Any, who: Any, phone: str | None = None) -> Any:
    """A call that is over, with a yes that counts."""
    call = ended(says(told(begun(house, who, phone=phone), who), who), who)
    return recordings.attach_file(call, recording(house), by=None)


def today(house: Any, share: int) -> Draw:
    return Draw(house.provider_id, None, clock.today(), clock.today(), share)


def kept(number: int) -> Any:
    with scope.system_scope():
        return orm.db.session.get(CallSample, number)


def test_the_lot_is_the_seed_s_and_anybody_can_draw_it_again(app: Any, house: Any) -> None:
    who = agent(house)
    for _ in range(5):
        ended(says(told(begun(house, who), who), who), who)
    ended(says(told(begun(house, who), who), who, Said.NO), who)
    seal_all()
    with app.app_context():
        sample = kept(sampling.draw(today(house, 40), by=who.user_id))
        assert (sample.among, len(sample.calls), sampling.holds(sample)) == (5, 2, True)
        again = kept(sampling.draw(today(house, 40), by=None))
        assert sample.seal_no == again.seal_no is not None
        assert (sample.seed, sample.calls) == (again.seed, again.calls)
        db.system_connection().execute(
            "update call_sample set calls = array(select id from call where provider_id = %s "
            "order by id desc limit 2) where id = %s", (house.provider_id, sample.id))
        orm.db.session.expire_all()
        assert not sampling.holds(kept(sample.id))


def test_r31_a_typed_number_that_was_only_refused_for_is_drawn_too(house: Any) -> None:
    who = agent(house)
    typed = ended(steps.refuse(begun(house, who, by_system=False), 1, Reach.CALLS, who), who)
    ended(steps.refuse(begun(house, who), 1, Reach.CALLS, who), who)
    assert kept_calls(house, today(house, 100)) == [typed.id]


def kept_calls(house: Any, wish: Draw) -> list[int]:
    row = db.system_connection().execute(
        "select calls from call_sample where id = %s", (sampling.draw(wish, by=None),)).fetchone()
    return list(row[0]) if row else []


def test_r31_an_agent_who_only_refuses_for_typed_numbers_is_named(house: Any) -> None:
    hostile, honest = agent(house), agent(house)
    for who, by_system in ((hostile, False), (honest, True)):
        for _ in range(sampling.MANY):
            ended(steps.refuse(begun(house, who, by_system=by_system), 1, Reach.CALLS, who), who)
    assert sampling.refusers(house.provider_id, None) == [
        (hostile.user_id, sampling.MANY, sampling.MANY)]
    assert sampling.refusers(house.provider_id, house.brand_id + 1) == []


def test_a_draw_is_spread_over_calls_and_rounds_up() -> None:
    numbers = list(range(1_000, 2_000))
    picked = sampling.chosen(b"tohum", numbers, 5)
    assert len(picked) == 50
    assert len(sampling.chosen(b"tohum", numbers[:3], 1)) == 1
    assert 10 < sum(one < 1_500 for one in picked) < 40
    assert picked != sampling.chosen(b"baska", numbers, 5)


def test_days_to_come_and_shares_that_are_none_are_refused(house: Any) -> None:
    tomorrow = clock.today() + timedelta(days=1)
    for wish in (Draw(house.provider_id, None, clock.today(), tomorrow, 5), today(house, 0)):
        with pytest.raises(InvalidInput):
            sampling.draw(wish, by=None)
    with pytest.raises(Conflict):
        sampling.draw(today(house, 5), by=None)


def test_a_failed_verdict_takes_the_consent_back_and_tells_the_person(house: Any) -> None:
    who, lead = agent(house), agent(house)
    call = proven(house, who)
    judging.judge(call, BAD, by=lead.user_id or 0)
    assert standing(house) == [(2, 2, 1)]
    assert entries(house)[-1][:3] == (2, 2, OWN)
    rows = db.system_connection().execute(
        "select kind from message where provider_id = %s order by id",
        (house.provider_id,)).fetchall()
    said = db.system_connection().execute(
        "select evidence from submission where provider_id = %s order by id desc limit 1",
        (house.provider_id,)).fetchone()
    assert [row[0] for row in rows] == [int(MessageKind.CONFIRMATION), int(MessageKind.TAKEN_BACK)]
    assert said is not None
    assert said[0]["faults"] == ["notice"]
    assert said[0]["call"] == call.id


def test_what_the_person_gave_since_by_another_way_stays(house: Any) -> None:
    who, phone = agent(house), number()
    call = proven(house, who, phone)
    db.system_connection().execute("select pg_sleep(1.1)")
    take(house, phone)
    judging.judge(call, BAD, by=agent(house).user_id or 0)
    assert standing(house) == [(2, 1, 1)]


def test_a_person_is_told_though_the_process_died_after_the_counter_entry(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = proven(house, agent(house))
    with monkeypatch.context() as patch:
        patch.setattr(judging, "reach", _dies_at("call.taken_back"))
        with pytest.raises(Died):
            judging.judge(call, BAD, by=agent(house).user_id or 0)
    assert (standing(house), told_back(house)) == ([(2, 2, 1)], 0)
    for _ in range(2):
        judging.take_back(call.id)
    assert (len(entries(house)), told_back(house)) == (3, 1)


def told_back(house: Any) -> int:
    row = db.system_connection().execute(
        "select count(*) from message where provider_id = %s and kind = %s",
        (house.provider_id, int(MessageKind.TAKEN_BACK))).fetchone()
    return int(row[0]) if row else 0


def test_who_pressed_a_key_in_another_agent_s_call_does_not_judge_it(house: Any) -> None:
    who, helper = agent(house), agent(house)
    call = ended(says(told(begun(house, who), who), helper), who)
    with pytest.raises(NotAllowed) as refused:
        judging.judge(call, GOOD, by=helper.user_id or 0)
    assert refused.value.code == "own_call"


def test_a_good_verdict_changes_nothing(house: Any) -> None:
    call = proven(house, agent(house))
    before = entries(house)
    judging.judge(call, GOOD, by=agent(house).user_id or 0)
    assert entries(house) == before


def test_a_call_is_judged_once_with_a_reason_and_by_nobody_who_took_it(house: Any) -> None:
    who, lead = agent(house), agent(house).user_id or 0
    call = proven(house, who)
    with pytest.raises(NotAllowed):
        judging.judge(call, GOOD, by=who.user_id or 0)
    with pytest.raises(InvalidInput):
        judging.judge(call, Verdict(True, False, True), by=lead)
    judging.judge(call, GOOD, by=lead)
    with pytest.raises(Conflict):
        judging.judge(call, BAD, by=lead)


def test_a_recording_after_a_failed_verdict_proves_nothing_any_more(house: Any) -> None:
    who = agent(house)
    call = ended(says(told(begun(house, who), who), who), who)
    judging.judge(call, BAD, by=agent(house).user_id or 0)
    recordings.attach_file(calls.load(call.id), recording(house), by=None)
    assert standing(house) == [(2, 2, 1)]


def test_a_supervisor_killed_after_the_verdict_is_gone_on_for(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = proven(house, agent(house))
    monkeypatch.setattr(judging, "reach", _dies_at("call.judged"))
    with pytest.raises(Died):
        judging.judge(call, BAD, by=agent(house).user_id or 0)
    assert standing(house) == [(2, 1, 1)]
    db.system_connection().execute(
        "update call_review set at = at - interval '1 minute' where call_id = %s", (call.id,))
    sweeping.sweep()
    sweeping.sweep()
    assert (standing(house), len(entries(house))) == ([(2, 2, 1)], 3)


def test_r20_outbound_calls_are_opened_with_reason_and_grounds_in_the_trail(house: Any) -> None:
    who = agent(house)
    with pytest.raises(InvalidInput) as refused:
        allowing.allow(house.provider_id, "kısa", [], by=who.user_id or 0)
    assert [one.field for one in refused.value.errors] == ["reason", "grounds"]
    allowing.allow(house.provider_id, "Teslimat aramalarında yan soru", [Service.DELIVERY],
                   by=who.user_id or 0)
    assert begun(house, who, direction=Direction.OUTBOUND).service is None
    allowing.forbid(house.provider_id, by=who.user_id or 0)
    with pytest.raises(NotAllowed):
        begun(house, who, direction=Direction.OUTBOUND)
    rows = db.system_connection().execute(
        "select action from audit_entry where provider_id = %s and action like 'call:%%' "
        "order by id", (house.provider_id,)).fetchall()
    assert [row[0] for row in rows] == ["call:outbound_on", "call:outbound_off"]


def test_r20_a_provider_that_wants_two_people_for_rights_gets_two(house: Any) -> None:
    db.system_connection().execute("update provider set approvals = '{rights}' where id = %s",
                                   (house.provider_id,))
    with pytest.raises(foureyes.Waits):
        allowing.allow(house.provider_id, "Teslimat aramalarında yan soru", [Service.DELIVERY],
                       by=agent(house).user_id or 0)
    assert not steps.outbound_rule(house.provider_id)[0]


def test_r11_in_an_outbound_call_no_code_goes_out(house: Any) -> None:
    from ileti.callcentre import codes

    who = agent(house)
    allowing.allow(house.provider_id, "Teslimat aramalarında yan soru", [Service.DELIVERY],
                   by=who.user_id or 0)
    call = begun(house, who, direction=Direction.OUTBOUND, by_system=False)
    call = steps.choose_service(call, 1, Service.DELIVERY, who)
    call = steps.hear_notice(call, 2, who)
    with pytest.raises(InvalidInput) as refused:
        codes.send(call, 3, call.recipient_id or 0, who)
    assert refused.value.errors[0].code == "no_code_outbound"


def test_the_pages_draw_hear_judge_and_train(app: Any, house: Any) -> None:
    lead, other = user(app, house, "compliance_officer"), user(app, house, trained=False)
    call = proven(house, agent(house))
    day = clock.today().isoformat()
    answer = lead.post("/cagri-denetim/cek", data={
        "csrf_token": token_of(lead), "since": day, "until": day, "share": "100"})
    assert answer.status_code == 303
    assert "aynı çağrılar çıkıyor" in lead.get(answer.headers["Location"]).text
    url = f"/cagri-denetim/cagri/{call.id}"
    page = lead.get(url).text
    assert "checked" not in page.split("class=\"judge\"")[1].split("</form>")[0]
    heard = lead.post(f"{url}/dinle", data={"csrf_token": token_of(lead)})
    assert heard.status_code == 200
    assert heard.data.startswith(b"RIFF")
    assert lead.post(url, data={"csrf_token": token_of(lead), "notice": "yes"}).status_code == 422
    done = lead.post(url, data={"csrf_token": token_of(lead), "notice": "yes", "neutral": "no",
                                "clear": "yes", "note": "Israr edildi"})
    assert (done.status_code, standing(house)) == (303, [(2, 2, 1)])
    assert lead.post("/cagri-denetim/egitim", data={
        "csrf_token": token_of(lead), "kisi": str(other.ileti_id), "gun": day}).status_code == 303
    assert "Eğitiminiz güncel değil" not in other.get("/cagri/").text
    deeds = {row[0] for row in db.system_connection().execute(
        "select action from audit_entry where provider_id = %s", (house.provider_id,)).fetchall()}
    assert {"call:draw", "call:listen", "call:judge", "call:train"} <= deeds


def test_an_agent_leads_nobody_and_a_stranger_s_lead_finds_nothing(
    app: Any, house: Any, place_b: Any
) -> None:
    call = proven(house, agent(house))
    worker, stranger = user(app, house), user(app, place_b, "compliance_officer")
    url = f"/cagri-denetim/cagri/{call.id}"
    assert worker.get(url).status_code in (302, 403, 404)
    assert stranger.get(url).status_code == 404
    data = {"csrf_token": token_of(stranger), "notice": "yes", "neutral": "yes", "clear": "yes"}
    assert stranger.post(url, data=data).status_code == 404
    assert stranger.post(f"{url}/dinle", data=data).status_code == 404
    assert standing(house) == [(2, 1, 1)]


@pytest.mark.parametrize(("language", "word"), [("tr", "geri aldık"), ("en", "took it back")])
def test_the_message_about_it_says_what_was_taken_back_and_promotes_nothing(
    house: Any, language: str, word: str
) -> None:
    brand = {"name": "Defne Ev", "initials": "DE", "title": "Defne Ev A.Ş.", "mersis": "0123",
             "postal": "İzmir"}
    said = {"lang": language, "channels": ["MESAJ", "ARAMA"], "at": "30.11.2026 10:00",
            "place": "Çağrı merkezi"}
    for channel, to in ((Channel.MESAJ, "+905990000001"), (Channel.EPOSTA, "a@ornek.com.tr")):
        made = envelope(
            message_id=1, provider_id=house.provider_id, brand_id=house.brand_id, recipient_id=1,
            kind=MessageKind.TAKEN_BACK, channel=channel, to=to, brand=brand, content=said)
        assert word in made.text
        assert "30.11.2026 10:00" in made.text
        assert "Defne Ev A.Ş." in made.text
        assert made.html is None or word in made.html
