"""Somebody writes to a brand's number: consent with a name, refusal, and everything else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from ileti.consents.vocabulary import Source, Status
from ileti.core import clock, db, jobs
from ileti.inbound import deciding
from ileti.inbound.deciding import Decision
from ileti.inbound.formats import Arrived
from ileti.inbound.intake import receive, treat_waiting
from ileti.inbound.vocabulary import Answered, Deed
from tests.inbound.house import House, ago, new_phone
from tests.kvkk.told import untold

ONAY, RET = (1, int(Source.HS_MESAJ)), (2, int(Source.HS_MESAJ))
CALL, SMS, MAIL = 1, 2, 3


@pytest.fixture
def house(place: Any) -> House:
    return House(place)


def test_a_consent_with_its_name_is_recorded_for_exactly_that_number_and_sms(house: House) -> None:
    phone = new_phone()
    assert house.write(phone, "ONAY Ayşe Yılmaz") is Deed.CONSENTED
    assert house.states(phone) == {SMS: ONAY}
    text_id, standing = db.system_connection().execute(
        "select text_id, standing from consent_entry where provider_id = %s",
        (house.place.provider_id,)).fetchone()
    assert (text_id, standing) == (house.text_id, 1)


def test_r60_the_word_alone_shows_no_notice_and_the_check_says_so(house: House) -> None:
    assert house.write(new_phone(), "ONAY Ayşe Yılmaz") is Deed.CONSENTED
    assert untold(house.place) == [False]


def test_the_confirmation_goes_out_at_once_and_names_the_sms_way_to_refuse(house: House) -> None:
    house.write(new_phone(), "ONAY Ayşe Yılmaz")
    (kind, content), = house.answers()
    assert kind is Answered.CONFIRMED
    assert "RET yazıp" in content["stop"]
    assert content["person"] == "Ayşe Yılmaz"


def test_without_a_name_nothing_is_in_the_ledger_until_the_name_comes(house: House) -> None:
    phone = new_phone()
    assert house.write(phone, "onay") is Deed.NAME_ASKED
    assert house.entries() == 0
    assert [kind for kind, _ in house.answers()] == [Answered.NAME_ASKED]
    assert house.write(phone, "ayşe yılmaz") is Deed.CONSENTED
    assert house.states(phone) == {SMS: ONAY}


def test_a_name_that_nobody_waits_for_is_no_consent(house: House) -> None:
    assert house.write(new_phone(), "Ayşe Yılmaz") is Deed.UNREAD
    assert house.entries() == 0


def test_a_name_after_a_day_or_after_a_refusal_completes_nothing(house: House) -> None:
    late, refused = new_phone(), new_phone()
    house.write(late, "ONAY")
    db.system_connection().execute(
        "update inbound_message set waits_until = now() - interval '1 minute' "
        "where provider_id = %s", (house.place.provider_id,))
    assert house.write(late, "Ayşe Yılmaz") is Deed.UNREAD
    house.write(refused, "ONAY")
    house.write(refused, "RET")
    assert house.write(refused, "Ayşe Yılmaz") is Deed.UNREAD
    assert house.states(late) == {}
    assert house.states(refused) == {SMS: RET}


def test_a_refusal_stops_sms_alone_and_stop_everything_the_calls_too(house: House) -> None:
    one, other = new_phone(), new_phone()
    assert house.write(one, "RET") is Deed.REFUSED
    assert house.write(other, "beni hiçbir şekilde aramayın") is Deed.STOPPED
    assert house.states(one) == {SMS: RET}
    assert house.states(other) == {CALL: RET, SMS: RET}


@pytest.mark.parametrize("text", ["RET", "ret", "Ret.", "RETT", "İPTAL", "iptal", "IPTAL",
                                  "çıkmak istiyorum", "mesaj istemiyorum", "ＲＥＴ"])
def test_typing_errors_and_turkish_letters_still_refuse(house: House, text: str) -> None:
    phone = new_phone()
    assert house.write(phone, text) is Deed.REFUSED
    assert house.states(phone) == {SMS: RET}


@pytest.mark.parametrize("text", [
    "onay kodu gelmedi", "NET", "ret etmiyorum", "siparişim nerede", "ONAY?", "onay mı",
    "Merhaba", "👍"])
def test_what_means_something_else_changes_nothing_and_is_read_by_a_person(
        house: House, text: str) -> None:
    assert house.write(new_phone(), text) is Deed.UNREAD
    assert house.entries() == 0


def test_help_goes_out_once_a_day_and_asks_nobody_to_consent(house: House) -> None:
    phone = new_phone()
    for _ in range(3):
        house.write(phone, "siparişim nerede kaldı acaba")
    (kind, content), = house.answers()
    assert kind is Answered.HELPED
    assert "RET yazıp" in content["text"]
    assert "ONAY" not in content["text"].upper()


def test_two_machines_never_answer_each_other_for_ever(house: House) -> None:
    phone = new_phone()
    for n in range(12):
        house.write(phone, "BİLGİ", id=f"loop-message-{n}")
    assert len(house.answers()) == 6


def test_a_replayed_message_changes_nothing(house: House) -> None:
    phone = new_phone()
    assert house.write(phone, "ONAY Ali Can", id="tek-mesaj-1") is Deed.CONSENTED
    assert house.write(phone, "ONAY Ali Can", id="tek-mesaj-1") is None
    assert house.entries() == 1
    assert len(house.answers()) == 1


def test_a_refusal_under_a_number_the_gateway_gave_before_is_another_message(
        house: House) -> None:
    phone, other = new_phone(), new_phone()
    house.write(phone, "ONAY Ali Can", id="yeniden-sayar-7")
    for sender in (phone, phone, other):
        receive(house.number, [Arrived("yeniden-sayar-7", sender, "", "RET", clock.now())])
    assert house.states(phone) == house.states(other) == {SMS: RET}
    assert house.entries() == 3


def test_the_same_message_by_ten_threads_at_once_is_one(house: House) -> None:
    phone = new_phone()
    one = Arrived("on-kez-gelen", phone, "", "ONAY Ali Can", clock.now())
    with ThreadPoolExecutor(10) as pool:
        new = list(pool.map(lambda _: receive(house.number, [one]), range(10)))
    assert sum(new) == 1
    assert house.entries() == 1
    assert len(house.answers()) == 1


def test_what_the_box_lists_and_was_pushed_too_is_one(house: House) -> None:
    phone, at = new_phone(), clock.now()
    receive(house.number, [Arrived("12345", phone, "", "ONAY Ali Can", at)])
    listed = Arrived("h-abc", phone, "", "ONAY Ali Can", at)
    assert receive(house.number, [listed], pulled=True) == 0
    assert house.entries() == 1


def test_of_two_messages_of_one_second_the_refusal_holds(house: House) -> None:
    first, second, at = new_phone(), new_phone(), clock.now()
    house.write(first, "ONAY Ali Can", at=at)
    house.write(first, "RET", at=at)
    house.write(second, "RET", at=at)
    house.write(second, "ONAY Ali Can", at=at)
    assert house.states(first) == house.states(second) == {SMS: RET}


def test_a_consent_written_before_a_refusal_does_not_undo_it(house: House) -> None:
    phone = new_phone()
    house.write(phone, "RET")
    assert house.write(phone, "ONAY Ali Can", at=ago(hours=2)) is Deed.OLDER
    assert house.states(phone) == {SMS: RET}


def test_a_refusal_that_was_on_its_way_refuses_no_consent_given_hours_later(house: House) -> None:
    phone = new_phone()
    house.write(phone, "ONAY Ali Can")
    assert house.write(phone, "RET", at=ago(hours=5)) is Deed.OLDER
    assert house.states(phone) == {SMS: ONAY}
    assert house.write(phone, "RET", at=ago(minutes=5)) is Deed.REFUSED  # clocks differ
    assert house.states(phone) == {SMS: RET}


def test_an_operator_ahead_of_us_dates_nothing_in_the_future(house: House) -> None:
    phone = new_phone()
    assert house.write(phone, "ONAY Ali Can", at=clock.now() + timedelta(days=2)) is Deed.CONSENTED
    assert house.row()["said_at"] <= clock.now()


def test_a_consent_too_old_for_iys_is_none(house: House) -> None:
    assert house.write(new_phone(), "ONAY Ali Can", at=ago(days=12)) is Deed.TOO_LATE
    assert house.entries() == 0


def test_without_the_text_that_was_advertised_no_consent_is_taken(place: Any) -> None:
    house = House(place, text=False)
    assert house.write(new_phone(), "ONAY Ali Can") is Deed.UNREAD
    assert house.entries() == 0


def test_foreign_numbers_are_people_and_names_are_not(house: House) -> None:
    assert house.write("4915123456789", "RET") is Deed.REFUSED
    assert house.states("+4915123456789") == {SMS: RET}
    assert house.write("TURKCELL", "RET") is Deed.UNREAD
    assert house.row()["recipient_id"] is None
    assert len(house.answers()) == 1


def test_a_consent_is_for_the_brand_whose_word_it_is(house: House) -> None:
    other = house.second_brand()
    house.serve(other, consent=("BAHÇE",), text_id=house.text_id)
    phone = new_phone()
    assert house.write(phone, "bahce Ali Can") is Deed.CONSENTED
    assert house.states(phone) == {}
    assert house.states(phone, other) == {SMS: ONAY}


def test_a_refusal_that_names_no_brand_is_for_all_of_the_number(house: House) -> None:
    other, phone, named = house.second_brand(), new_phone(), new_phone()
    house.serve(other, consent=("BAHÇE",))
    house.write(phone, "RET")
    house.write(named, "Defne Bahçe ret")
    assert house.states(phone) == house.states(phone, other) == {SMS: RET}
    assert house.states(named) == {}
    assert house.states(named, other) == {SMS: RET}


def test_a_word_that_two_brands_share_consents_to_neither(house: House) -> None:
    other = house.second_brand()
    house.serve(other, text_id=house.text_id)
    assert house.write(new_phone(), "ONAY") is Deed.UNREAD
    assert house.entries() == 0


def test_another_provider_hears_nothing_of_it(house: House, place_b: Any) -> None:
    theirs, phone = House(place_b), new_phone()
    house.write(phone, "RET")
    assert theirs.states(phone) == {}
    assert theirs.entries() == 0
    assert theirs.answers() == []


def test_what_a_killed_process_left_is_treated_once_by_the_job(
        house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = new_phone()
    monkeypatch.setattr("ileti.inbound.intake.treat", _dies)
    receive(house.number, [Arrived("olen-surec", phone, "", "RET", ago(minutes=1))])
    monkeypatch.undo()
    assert house.row()["deed"] is None
    assert house.entries() == 0
    db.system_connection().execute(
        "update inbound_message set received_at = now() - interval '1 minute' "
        "where provider_id = %s", (house.place.provider_id,))
    assert treat_waiting()["treated"] >= 1
    assert treat_waiting()["treated"] == 0
    assert house.states(phone) == {SMS: RET}
    assert len(house.answers()) == 1


def _dies(_message_id: int) -> bool:
    import psycopg

    raise psycopg.OperationalError("gone")


def test_a_transaction_that_breaks_at_its_end_leaves_neither_record_nor_answer(
        house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_conn: Any, _messages: Any) -> None:
        import psycopg

        raise psycopg.errors.SerializationFailure("somebody was erased meanwhile")

    monkeypatch.setattr("ileti.inbound.treat.enqueue", broken)
    assert house.write(new_phone(), "ONAY Ali Can") is None
    assert house.entries() == 0
    assert house.answers() == []


def test_words_and_names_lie_sealed(house: House) -> None:
    house.write(new_phone(), "ONAY Ayşe Yılmaz")
    row = house.row()
    assert b"Ay" not in bytes(row["text_ct"])
    assert row["word"] == "onay"
    evidence, = db.system_connection().execute(
        "select evidence::text from submission where provider_id = %s",
        (house.place.provider_id,)).fetchone()
    assert "Yılmaz" not in evidence
    assert '"flow": "sms"' in evidence


def test_stop_everything_reaches_the_mail_given_in_the_same_form(house: House) -> None:
    from ileti.consents.ledger import ActorKind, NewConsent, NewSubmission, hash_body, record
    from ileti.consents.vocabulary import Channel, Standing

    phone, at = new_phone(), clock.whole_second(ago(days=1))
    mail = f"k{phone[1:]}@ornek.com.tr"
    record(NewSubmission(
        place=house.place, idem="form-of-a-person", body_hash=hash_body("x"),
        source=Source.HS_WEB, standing=Standing.VERIFIED, actor=ActorKind.VISITOR,
        person={"name": "Ali Can"}, items=[
            NewConsent(phone, Channel.MESAJ, Status.ONAY, at),
            NewConsent(mail, Channel.EPOSTA, Status.ONAY, at)]))
    house.write(phone, "artık hiçbir şekilde ileti istemiyorum")
    assert house.states(phone) == {CALL: RET, SMS: RET}
    assert house.states(mail) == {MAIL: RET}


def _second_number(house: House, *, active: bool) -> str:
    """Another number of the same account, with a brand of its own; answers how it is spelled."""
    other = House(house.place)
    db.system_connection().execute("update inbound_number set active = %s where id = %s",
                                   (active, other.number.id))
    return other.number.number


@pytest.mark.parametrize("known", [True, False])
def test_a_consent_to_a_number_that_is_off_or_unknown_is_none_to_the_accounts_other_number(
        house: House, known: bool) -> None:
    to = _second_number(house, active=False) if known else "+908509990001"
    for text in ("ONAY Ayşe Yılmaz", "ONAY", "Ayşe Yılmaz", "BİLGİ"):
        receive(house.number, [Arrived(f"m-{text}", new_phone(), to, text, clock.now())])
        row = house.row(f"m-{text}")
        assert (row["deed"], row["number_id"] == house.number.id) == (Deed.UNREAD, not known)
        assert row["written_to"] == (None if known else to)
    assert (house.entries(), house.answers()) == (0, [])


@pytest.mark.parametrize("known", [True, False])
def test_a_refusal_to_a_number_that_is_off_or_unknown_is_one(house: House, known: bool) -> None:
    to, phone = _second_number(house, active=False) if known else "+908509990002", new_phone()
    receive(house.number, [Arrived("m-ret", phone, to, "RET", clock.now())])
    assert house.states(phone) == {SMS: RET}


def test_a_number_that_is_on_hears_what_its_accounts_address_is_told(house: House) -> None:
    to, phone = _second_number(house, active=True), new_phone()
    receive(house.number, [Arrived("m-onay", phone, to, "ONAY Ayşe Yılmaz", clock.now())])
    assert house.states(phone) == {SMS: ONAY}
    assert house.row()["number_id"] != house.number.id


@pytest.mark.parametrize("pulled", [True, False])
def test_a_second_refusal_after_a_consent_holds_though_the_first_came_by_the_other_way(
        house: House, pulled: bool) -> None:
    phone, start = new_phone(), ago(minutes=9)
    new = [receive(house.number, [Arrived(f"m-{minutes}", phone, "", text,
                                          start + timedelta(minutes=minutes))], pulled=way)
           for minutes, text, way in ((0, "RET", not pulled), (3, "ONAY Ali Can", not pulled),
                                      (6, "RET", pulled))]
    assert new == [1, 1, 1]
    assert house.row()["deed"] == Deed.REFUSED
    assert house.states(phone) == {SMS: RET}
    told = [Arrived(f"again-{minutes}", phone, "", text, start + timedelta(minutes=minutes))
            for minutes, text in ((0, "RET"), (3, "ONAY Ali Can"))]
    assert receive(house.number, told, pulled=pulled) == 0


def test_a_second_refusal_after_a_consent_elsewhere_holds_though_its_words_are_the_same(
        house: House) -> None:
    phone, start = new_phone(), ago(minutes=9)
    receive(house.number, [Arrived("m-0", phone, "", "RET", start)])
    _consents_on_the_web(house, phone, start + timedelta(minutes=3))
    listed = [Arrived(f"b-{minutes}", phone, "", "RET", start + timedelta(minutes=minutes))
              for minutes in (6, 0)]
    assert receive(house.number, listed, pulled=True) == 1
    assert house.states(phone) == {SMS: RET}
    assert receive(house.number, listed, pulled=True) == 0


def test_one_push_is_the_pair_of_one_listed_line(house: House) -> None:
    phone, at = new_phone(), clock.now()
    receive(house.number, [Arrived("p-1", phone, "", "merhaba", at)])
    listed = [Arrived("b-1", phone, "", "merhaba", at),
              Arrived("b-2", phone, "", "merhaba", at + timedelta(minutes=1))]
    assert [receive(house.number, listed, pulled=True) for _ in range(3)] == [1, 0, 0]
    assert house.row("p-1")["also_as"] == "pull-b-1"


def _consents_on_the_web(house: House, phone: str, at: Any) -> None:
    from ileti.consents.ledger import ActorKind, NewConsent, NewSubmission, hash_body, record
    from ileti.consents.vocabulary import Channel, Standing

    record(NewSubmission(
        place=house.place, idem=f"web-form-{phone[1:]}", body_hash=hash_body("w"),
        source=Source.HS_WEB, standing=Standing.VERIFIED, actor=ActorKind.VISITOR,
        person={"name": "Ali Can"},
        items=[NewConsent(phone, Channel.MESAJ, Status.ONAY, clock.whole_second(at))]))


def test_a_refusal_to_a_number_without_words_is_for_every_brand_of_the_provider(
        house: House) -> None:
    other, phone, asking = house.second_brand(), new_phone(), new_phone()
    db.system_connection().execute("delete from inbound_words where provider_id = %s",
                                   (house.place.provider_id,))
    assert house.write(phone, "RET") is Deed.REFUSED
    assert house.states(phone) == house.states(phone, other) == {SMS: RET}
    assert house.write(asking, "ONAY Ali Can") is Deed.UNREAD
    assert (house.states(asking), len(house.answers())) == ({}, 1)


def test_a_person_refuses_at_a_number_without_words_for_every_brand(house: House) -> None:
    other, phone = house.second_brand(), new_phone()
    db.system_connection().execute("delete from inbound_words where provider_id = %s",
                                   (house.place.provider_id,))
    house.write(phone, "bir daha yazmasanız iyi olur")
    done = deciding.decide(house.place.provider_id, house.row()["id"], Decision.REFUSAL, by=1)
    assert done is Deed.REFUSED
    assert house.states(phone) == house.states(phone, other) == {SMS: RET}


def test_a_refusal_decided_on_that_a_newer_consent_outweighs_is_told_to_nobody(
        house: House) -> None:
    phone = new_phone()
    house.write(phone, "bir daha yazmasanız iyi olur", at=ago(hours=5))
    house.write(phone, "ONAY Ali Can")
    number = db.system_connection().execute(
        "select id from inbound_message where provider_id = %s order by id limit 1",
        (house.place.provider_id,)).fetchone()[0]
    done = deciding.decide(house.place.provider_id, number, Decision.REFUSAL, by=1)
    assert (done, house.states(phone)) == (Deed.OLDER, {SMS: ONAY})
    assert [kind for kind, _ in house.answers()].count(Answered.REFUSED) == 0


def printed(house: House, word: str, before: tuple[str, ...] = ()) -> None:
    """What the provider's SMS say one should write."""
    db.system_connection().execute(
        "update provider set refusal_word = %s, refusal_words_before = %s where id = %s",
        (word, list(before), house.place.provider_id))


@pytest.mark.parametrize("text", ["DEFNE", "Defne", "defne lütfen"])
def test_the_word_our_own_sms_print_refuses(house: House, text: str) -> None:
    printed(house, "DEFNE")
    phone = new_phone()
    assert house.write(phone, text) is Deed.REFUSED
    assert house.states(phone) == {SMS: RET}


def test_the_word_that_was_printed_before_goes_on_refusing(house: House) -> None:
    printed(house, "RET", ("CIKIS38",))
    phone = new_phone()
    assert house.write(phone, "cikis38") is Deed.REFUSED
    assert house.states(phone) == {SMS: RET}


def test_the_printed_word_refuses_every_brand_also_where_it_is_one_brands_own(house: House) -> None:
    second = house.second_brand()
    house.serve(second, consent=("EVET",), refusal=("CIKIS38",))
    printed(house, "CIKIS38")
    phone = new_phone()
    assert house.write(phone, "CIKIS38") is Deed.REFUSED
    assert house.states(phone) == house.states(phone, second) == {SMS: RET}


def test_a_printed_word_that_is_a_first_name_takes_nobodys_consent(house: House) -> None:
    printed(house, "NAZLI")
    phone = new_phone()
    assert house.write(phone, "ONAY Nazlı Yılmaz") is Deed.CONSENTED
    assert house.states(phone) == {SMS: ONAY}
    assert house.write(phone, "NAZLI") is Deed.REFUSED
    assert house.states(phone) == {SMS: RET}


@pytest.mark.parametrize(("text", "channels", "says"), [
    ("Bir daha aramayın", {CALL: RET}, "Size arama ile"),
    ("Tüm SMS'leri durdurun", {SMS: RET}, "Size SMS ile"),
    ("bir daha ne SMS ne arama istemiyorum", {CALL: RET, SMS: RET}, "SMS ve arama ile")])
def test_who_names_channels_refuses_these_and_reads_which(
        house: House, text: str, channels: dict[int, Any], says: str) -> None:
    """R-30: a refusal is about the channel it names."""
    phone = new_phone()
    assert house.write(phone, text) is Deed.REFUSED
    assert house.states(phone) == channels
    assert says in house.answers()[-1][1]["text"]


def test_who_refuses_mails_by_sms_without_an_address_we_know_is_read_by_a_person(
        house: House) -> None:
    phone = new_phone()
    assert house.write(phone, "tüm e-postaları durdurun") is Deed.UNREAD
    assert house.states(phone) == {}


def test_r30_of_two_channels_named_the_one_without_a_known_address_is_read_by_a_person(
        house: House) -> None:
    phone = new_phone()
    assert house.write(phone, "bir daha ne SMS ne e-posta istemiyorum") is Deed.UNREAD
    assert house.states(phone) == {SMS: RET}
    said = house.answers()[-1][1]["text"]
    assert ("SMS" in said, "e-posta" in said) == (True, False)
    (number, before), = db.system_connection().execute(
        "select id, submissions from inbound_message where provider_id = %s",
        (house.place.provider_id,)).fetchall()
    deciding.decide(house.place.provider_id, number, Decision.NOTHING, by=1)
    (after,) = db.system_connection().execute(
        "select submissions from inbound_message where id = %s", (number,)).fetchone()
    assert len(before) == 1
    assert after == before, "what it became stays to be seen"


def test_a_job_whose_time_is_up_leaves_the_message_to_the_next_run(
        house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = new_phone()

    def hang(_message: int) -> bool:
        raise jobs.JobTimeout

    with monkeypatch.context() as patch:
        patch.setattr("ileti.inbound.intake.treat", hang)
        with pytest.raises(jobs.JobTimeout):
            house.write(phone, "RET")
    db.system_connection().execute(
        "update inbound_message set received_at = now() - interval '1 minute' "
        "where provider_id = %s", (house.place.provider_id,))
    treat_waiting()
    assert house.states(phone) == {SMS: RET}
