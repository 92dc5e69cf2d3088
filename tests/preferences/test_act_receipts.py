"""Whoever gives or withdraws an explicit consent gets one message, a page and signed files."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from config import settings
from ileti.capture import takeaway
from ileti.channels import actreceipts, send
from ileti.channels.base import Envelope, MessageKind
from ileti.channels.confirm import confirm_forgotten
from ileti.consents.ledger import ActorKind, NewConsent, NewSubmission, hash_body
from ileti.consents.numbers import receipt_number
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import clock, db
from ileti.core.crypto import verify_signature
from ileti.core.errors import NotFound
from ileti.core.secrets import secrets
from ileti.evidence import receiptcheck
from ileti.kvkk.ledger import NewAct, record
from ileti.kvkk.vocabulary import Act, Extent
from tests.kvkk.house import Text, asked, text

from .conftest import Visitor, known, new_mail, new_phone

MAIL = Channel.EPOSTA


def did(place: Any, of: Text, what: Act, *addresses: str, standing: Standing = Standing.VERIFIED,
        actor: ActorKind = ActorKind.VISITOR, channels: bool = False, language: str = "tr",
        ago: int = 120, flow: str = "preferences") -> Any:
    """A click of some minutes ago, with a consent per address where ``channels``."""
    at = clock.whole_second(clock.now() - timedelta(seconds=ago))
    items = [NewConsent(one, MAIL if "@" in one else Channel.MESAJ, Status.ONAY, at, due_at=at)
             for one in addresses] if channels else []
    return record(
        NewSubmission(place=place, idem=f"test:{uuid4()}", body_hash=hash_body(addresses),
                      source=Source.HS_WEB, standing=standing, items=items, actor=actor,
                      evidence={"flow": flow, "language": language, "place": "Mağaza"},
                      person={"name": "Nazlı Kırşehirli"}),
        [NewAct(of.document, of.version, of.hash, what, at,
                Extent.LINKED if what.of_notice else Extent.UNKNOWN, one) for one in addresses])


def later(minutes: int = 3) -> None:
    """The sweeper, some minutes from now."""
    with clock.freeze(clock.now() + timedelta(minutes=minutes)):
        confirm_forgotten(timedelta(minutes=30))


def told(place: Any) -> list[Envelope]:
    """Receipts of explicit consents that wait to be sent, as they will be read."""
    return [send.compose(one) for one in send.claim(500) if one.provider_id == place.provider_id
            and one.kind is MessageKind.ACTS]


def written(place: Any) -> list[tuple[int, int]]:
    """(kind, channel) of messages that are no codes."""
    return [tuple(row) for row in db.connection().execute(
        "select kind, channel from message where provider_id = %s and kind <> 1 order by id",
        (place.provider_id,)).fetchall()]


def newest(place: Any) -> str:
    row = db.connection().execute(
        "select max(id) from submission where provider_id = %s", (place.provider_id,)).fetchone()
    return receipt_number(row[0]) if row else ""


# -- the signed receipt ----------------------------------------------------------------------------


def test_what_was_given_at_the_centre_is_a_signed_record_in_the_words_of_the_standard(
    visitor: Visitor, place: Any, conn: Any
) -> None:
    asked(conn, place)
    mail = new_mail()
    visitor.by_link(known(place, mail, MAIL))
    visitor.press("Rıza veriyorum (Öneri için açık rıza)")
    answer = visitor.get(f"/receipt/{newest(place)}.jsonld")
    receipt = json.loads(answer.data)
    [one] = receipt["consent_records"]
    said = one["pii_processing"]
    assert said.keys() >= {
        "privacy_notice", "consent_text", "language", "purposes", "pii_controllers",
        "collection_method", "storage_locations", "retention_period", "jurisdiction",
        "recipient_third_parties", "withdrawal_method", "privacy_rights"}
    assert said["purposes"][0]["lawful_basis"] == ["dpv:ExplicitlyExpressedConsent"]
    assert [event["event_state"] for event in one["event_history"]] == [
        "dpv:ConsentRequested", "dpv:ConsentGiven"]
    assert [notice["event_history"][0]["event_state"] for notice in receipt["notice_records"]] == [
        "ileti:NoticeShown"]
    leaf = conn.execute("select leaf from kvkk_entry where provider_id = %s and act = 3",
                        (place.provider_id,)).fetchone()[0]
    assert one["commitment"] == bytes(leaf).hex()
    body, _, signature = receiptcheck.parts(answer.data)
    assert signature
    verify_signature(secrets().receipts.public, body, receipt["signature"]["value"])
    for secret in (mail, "Nazlı", "Kırşehirli"):
        assert secret not in answer.text


def test_every_field_has_a_meaning_and_asked_again_it_is_the_same(visitor: Visitor, place: Any
                                                                  ) -> None:
    mail = new_mail()
    notice, rıza = text(place, "AYDINLATMA"), text(place)
    done, _ = record(
        NewSubmission(place=place, idem="test:alanlar", body_hash=hash_body(mail),
                      source=Source.HS_WEB, standing=Standing.VERIFIED, items=(), evidence={}),
        [NewAct(one.document, one.version, one.hash, what, clock.whole_second(clock.now()),
                address=mail) for one, what in ((notice, Act.READ), (rıza, Act.GIVEN))])
    first, again = (takeaway.of_act(place.provider_id, done.submission_id) for _ in range(2))
    assert first == again

    def names(content: Any) -> set[str]:
        if isinstance(content, list):
            return set().union(*map(names, content))
        if not isinstance(content, dict):
            return set()
        return set(content) | set().union(*map(names, content.values()))

    used = names({key: one for key, one in first.items() if key != "@context"})
    assert used - {"@type"} <= first["@context"].keys()


def test_a_withdrawal_has_its_receipt_to_read_and_as_files(visitor: Visitor, place: Any) -> None:
    rıza, mail = text(place), new_mail()
    recipient = known(place, mail, MAIL)
    did(place, rıza, Act.GIVEN, mail)
    visitor.by_link(recipient)
    page = visitor.press("Rızayı geri al (Başlık)").text
    link = re.findall(r'href="/t/\d+(/receipt/[^"]+)"', page)[0]
    shown = visitor.get(link).text
    assert "Açık rızanızı geri aldınız" in shown
    assert "Başlık, sürüm 1" in shown
    assert mail not in shown
    files = re.findall(r'href="/t/\d+(/receipt/[^"]+)" download', shown)
    assert [one.rpartition(".")[2] for one in files] == ["jsonld", "json"]
    [record_] = json.loads(visitor.get(files[0]).data)["consent_records"]
    assert record_["event_history"][-1]["event_state"] == "dpv:ConsentWithdrawn"
    english = visitor.get(link + "?lang=en").text
    assert "You withdrew your explicit consent" in english


def test_a_notice_read_alone_is_told_as_a_notice_and_not_as_a_consent(visitor: Visitor, place: Any
                                                                      ) -> None:
    mail = new_mail()
    recipient = known(place, mail, MAIL)
    done, _ = did(place, text(place, "AYDINLATMA"), Act.READ, mail)
    visitor.by_link(recipient)
    receipt = json.loads(visitor.get(f"/receipt/{receipt_number(done.submission_id)}.jsonld").data)
    assert receipt["consent_records"] == []
    assert "Okudum, anladım dediniz" in visitor.get(
        f"/receipt/{receipt_number(done.submission_id)}").text


@pytest.mark.attack
def test_a_receipt_of_another_person_or_company_is_not_found(
    visitor: Visitor, place: Any, place_b: Any
) -> None:
    rıza, mine, other = text(place), new_mail(), new_mail()
    done, _ = did(place, rıza, Act.GIVEN, other)
    visitor.by_link(known(place, mine, MAIL))
    for tail in ("", ".json", ".jsonld"):
        assert visitor.get(f"/receipt/{receipt_number(done.submission_id)}{tail}"
                           ).status_code == 404
    with pytest.raises(NotFound):
        takeaway.of_act(place_b.provider_id, done.submission_id)


def test_what_nobody_proved_is_not_told_as_given(visitor: Visitor, place: Any) -> None:
    rıza, mail = text(place), new_mail()
    done, _ = did(place, rıza, Act.GIVEN, mail, standing=Standing.UNVERIFIED)
    [one] = takeaway.of_act(place.provider_id, done.submission_id)["consent_records"]
    assert one["event_history"][-1]["event_state"] == "ileti:ConsentNotVerified"


# -- the message -----------------------------------------------------------------------------------


def test_r62_a_consent_given_and_one_withdrawn_are_told_by_one_mail_that_asks_for_nothing(
    visitor: Visitor, place: Any
) -> None:
    given, taken, mail = text(place), text(place), new_mail()
    recipient = known(place, mail, MAIL)
    did(place, taken, Act.GIVEN, mail, ago=3_600 * 24 * 3)
    later()
    written_before = len(written(place))
    visitor.by_link(recipient)
    did(place, given, Act.GIVEN, mail)
    did(place, taken, Act.WITHDRAWN, mail, ago=60)
    later()
    later()
    assert len(written(place)) == written_before + 1
    [one] = [each for each in told(place) if "Rıza geri alındı: Başlık, sürüm 1" in each.text]
    assert one.to == mail
    said = one.text
    assert "Rıza verildi: Başlık, sürüm 1" in said
    assert "bir şey yapmanız gerekmez" in said
    assert said.count("/m/") == 2
    assert "/t/l/" in said
    assert "%(" not in said + (one.html or "") + one.subject


def test_the_link_of_the_mail_opens_a_page_for_people_and_a_file_for_programs(
    visitor: Visitor, place: Any
) -> None:
    rıza, mail = text(place), new_mail()
    done, _ = did(place, rıza, Act.GIVEN, mail, language="en")
    later()
    [one] = told(place)
    assert one.subject == "Notice: Your explicit consent is recorded"
    path = re.findall(r"https?://[^/]+(/m/\S+)", one.text)[0]
    page = visitor.client.get(path, headers={"Accept": "text/html,*/*"})
    assert page.headers["Vary"] == "Accept"
    assert "Açık rıza verdiniz" in page.text  # the language of the text she agreed to
    assert receipt_number(done.submission_id) in page.text
    assert "You gave your explicit consent" in visitor.client.get(
        path + "?lang=en", headers={"Accept": "text/html"}).text
    for plain in (visitor.client.get(path),
                  visitor.client.get(path + "?file", headers={"Accept": "text/html"})):
        assert json.loads(plain.data)["receipt_id"] == receipt_number(done.submission_id)
    assert visitor.client.get(path[:-3] + "xxx", headers={"Accept": "text/html"}).status_code == 403


def test_who_left_a_phone_alone_is_told_by_sms(place: Any) -> None:
    rıza, phone = text(place), f"+90{new_phone()[1:]}"
    did(place, rıza, Act.GIVEN, phone)
    later()
    [one] = told(place)
    assert (one.channel, one.to) == (Channel.MESAJ, phone)
    assert "Rıza verildi: Başlık" in one.text
    assert "/t/l/" in one.text


def test_a_click_of_phone_and_mail_is_told_once_by_mail(place: Any) -> None:
    rıza, mail, phone = text(place), new_mail(), f"+90{new_phone()[1:]}"
    did(place, rıza, Act.GIVEN, mail, phone)
    later()
    [one] = told(place)
    assert one.to == mail
    assert one.text.count("Rıza verildi") == 1


def test_who_is_in_with_phone_and_mail_is_told_by_mail(visitor: Visitor, place: Any, conn: Any
                                                       ) -> None:
    asked(conn, place)
    mail, phone = new_mail(), f"+90{new_phone()[1:]}"
    people = [known(place, phone), known(place, mail, MAIL)]
    for one in people:
        visitor.by_link(one)
    visitor.press("Rıza veriyorum (Öneri için açık rıza)")
    assert conn.execute("select recipient_id from kvkk_state where provider_id = %s and act = 3",
                        (place.provider_id,)).fetchall() == [(people[0],)]
    later()
    [sent] = told(place)
    assert sent.to == mail
    token = sent.text.split("/m/")[1].split()[0]
    assert takeaway.of_link(token)["receipt_id"] == newest(place)


def test_stopping_everything_is_told_by_one_message_for_all_brands(
    visitor: Visitor, place: Any, conn: Any
) -> None:
    from .test_consents import another_brand
    another_brand(conn, place)
    one, other, mail, phone = text(place), text(place), new_mail(), f"+90{new_phone()[1:]}"
    people = [known(place, phone), known(place, mail, MAIL)]
    did(place, one, Act.GIVEN, phone)
    did(place, other, Act.GIVEN, mail)
    later()
    before = len(told(place))
    assert before == 2
    for recipient in people:
        visitor.by_link(recipient)
    stop = re.findall(r'name="act" value="([^"]+)"', visitor.get("/stop").text)[0]
    visitor.post("/act", {"act": stop})
    later()
    [sent] = told(place)
    assert sent.to == mail
    assert "Rıza geri alındı: Başlık, sürüm 1" in sent.text
    assert "Rıza verildi" not in sent.text


def test_r10_what_a_commercial_consents_confirmation_tells_is_not_told_again(
    place: Any
) -> None:
    rıza, mail = text(place), new_mail()
    did(place, rıza, Act.GIVEN, mail, channels=True)
    later()
    assert written(place) == [(MessageKind.CONFIRMATION, MAIL)]
    [one] = [send.compose(each) for each in send.claim(500)
             if each.provider_id == place.provider_id and each.kind is MessageKind.CONFIRMATION]
    assert "Rıza verildi: Başlık, sürüm 1" in one.text
    token = one.text.split("/m/")[1].split()[0]
    kinds = {"channel" in each["pii_processing"]["purposes"][0]
             for each in takeaway.of_link(token)["consent_records"]}
    assert kinds == {True, False}


def test_where_no_confirmation_is_ours_to_write_the_explicit_consent_is_told_by_itself(place: Any
                                                                                       ) -> None:
    did(place, text(place), Act.GIVEN, new_mail(), channels=True, flow="paper")
    later()
    assert written(place) == [(MessageKind.ACTS, MAIL)]


def test_an_sms_that_confirms_a_consent_names_the_explicit_consent_of_its_click(place: Any) -> None:
    rıza, phone = text(place), f"+90{new_phone()[1:]}"
    did(place, rıza, Act.GIVEN, phone, channels=True)
    later()
    [one] = [send.compose(each) for each in send.claim(500)
             if each.provider_id == place.provider_id and each.kind is MessageKind.CONFIRMATION]
    assert "Kişisel veri: Rıza verildi (Başlık)." in one.text
    assert written(place) == [(MessageKind.CONFIRMATION, Channel.MESAJ)]


def test_r60_a_notice_that_was_read_is_told_by_mail_and_names_no_consent(place: Any) -> None:
    mail, phone = new_mail(), f"+90{new_phone()[1:]}"
    did(place, text(place, "AYDINLATMA"), Act.READ, mail, phone)
    later()
    [sent] = told(place)
    assert (sent.to, sent.channel) == (mail, MAIL)
    assert sent.subject == "Bilgilendirme: Aydınlatma metnini okuduğunuz kaydedildi"
    assert "Okundu, anlaşıldı: Başlık, sürüm 1" in sent.text
    assert "rıza" not in sent.text.lower()
    assert "geri alabilirsiniz" not in sent.text


def test_r28_a_refusal_at_the_centre_is_told_once_by_mail_and_promotes_nothing(
    visitor: Visitor, place: Any
) -> None:
    mail, phone = new_mail(), f"+90{new_phone()[1:]}"
    for recipient in (known(place, mail, MAIL), known(place, phone)):
        visitor.by_link(recipient)
    visitor.get()
    visitor.press("Almayı bırak (Kısa mesaj)")
    visitor.press("Almayı bırak (E-posta)")
    later()
    [sent] = told(place)
    assert (sent.to, sent.subject) == (mail, "Bilgilendirme: Reddiniz kaydedildi")
    for channel in ("Mesaj", "E-posta"):
        assert f"Ret: {channel} · Defne Ev" in sent.text
    assert "artık tanıtım almazsınız" in sent.text
    assert takeaway.of_link(sent.text.split("/m/")[1].split()[0])
    assert written(place) == [(MessageKind.ACTS, MAIL)]
    later(4)
    assert told(place) == []


def test_r30_whoever_refused_sms_gets_no_sms_for_it(visitor: Visitor, place: Any) -> None:
    visitor.by_link(known(place, f"+90{new_phone()[1:]}"))
    visitor.get()
    visitor.press("Almayı bırak (Kısa mesaj)")
    later()
    assert written(place) == []


@pytest.mark.parametrize("what", ["unproven", "by a program", "a notice shown", "a notice by phone",
                                  "long ago"])
def test_nobody_is_written_to_for(place: Any, what: str) -> None:
    mail = f"+90{new_phone()[1:]}" if what == "a notice by phone" else new_mail()
    of = text(place, "AYDINLATMA" if "notice" in what else "ACIK_RIZA")
    did(place, of, Act.SHOWN if "shown" in what else Act.READ if "notice" in what else Act.GIVEN,
        mail, standing=Standing.UNVERIFIED if what == "unproven" else Standing.VERIFIED,
        actor=ActorKind.API if what == "by a program" else ActorKind.VISITOR)
    later(60 if what == "long ago" else 3)
    assert written(place) == []


def test_what_is_still_going_on_waits_until_it_is_quiet(place: Any) -> None:
    did(place, text(place), Act.GIVEN, new_mail())
    confirm_forgotten(timedelta(minutes=30))
    assert written(place) == []
    later()
    assert written(place) == [(MessageKind.ACTS, MAIL)]


def test_a_later_decision_is_told_again_and_only_it(place: Any) -> None:
    rıza, mail = text(place), new_mail()
    did(place, rıza, Act.GIVEN, mail)
    later()
    did(place, rıza, Act.WITHDRAWN, mail, ago=30)
    later()
    first, second = sorted(told(place), key=lambda one: one.message_id)
    assert ("Rıza verildi" in first.text, "Rıza geri alındı" in first.text) == (True, False)
    assert ("Rıza verildi" in second.text, "Rıza geri alındı" in second.text) == (False, True)


def test_the_lock_of_a_person_keeps_two_sweepers_from_telling_twice(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    did(place, text(place), Act.GIVEN, new_mail())
    since = clock.now() - timedelta(minutes=30)
    with clock.freeze(clock.now() + timedelta(minutes=3)):
        rows = db.connection().execute(
            actreceipts._UNTOLD, actreceipts._values(since)).fetchall()
        mine = [row for row in rows if row[0] == place.provider_id]
        told_twice = [actreceipts._tell(row[0], row[1], since) for row in mine * 2]
    assert told_twice == [True, False]


def test_after_a_night_without_a_worker_it_still_comes(place: Any) -> None:
    did(place, text(place), Act.GIVEN, new_mail())
    with clock.freeze(clock.now() + timedelta(hours=30)):
        confirm_forgotten(timedelta(minutes=30))
        assert told(place) == []
        confirm_forgotten()
    assert "Rıza verildi" in told(place)[0].text


def test_what_was_being_recorded_when_a_message_was_written_is_told_by_the_next(
    place: Any, conn: Any
) -> None:
    rıza, mail = text(place), new_mail()
    did(place, rıza, Act.GIVEN, mail)
    later()
    did(place, rıza, Act.WITHDRAWN, mail)
    conn.execute("update message set created_at = now() where provider_id = %s and kind = %s",
                 (place.provider_id, int(MessageKind.ACTS)))  # its click was not committed yet
    later()
    later()
    first, second = sorted(told(place), key=lambda one: one.message_id)
    assert ("Rıza verildi" in first.text, "Rıza geri alındı" in first.text) == (True, False)
    assert ("Rıza verildi" in second.text, "Rıza geri alındı" in second.text) == (False, True)


def test_in_english_for_who_was_asked_in_english(place: Any) -> None:
    did(place, text(place), Act.WITHDRAWN, new_mail(), language="en")
    later()
    [one] = told(place)
    assert one.subject == "Notice: You withdrew your explicit consent"
    assert "nothing is processed from now on" in one.text
    assert settings().base_url in one.text
