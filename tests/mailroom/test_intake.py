"""A mail that came back acts once, about whom its mark names, and never on somebody's word."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace as but
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from ileti.channels import returned
from ileti.channels.mail import Series
from ileti.channels.sms import Delivery
from ileti.consents import trouble
from ileti.consents.ledger import NewConsent, NewSubmission, hash_body, record
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import clock, db
from ileti.mailroom import intake
from ileti.mailroom.intake import Outcome, take
from tests.mailroom.conftest import ADDRESS, Person, consent, mailbox
from tests.mailroom.mails import bounce, complaint, written

REFUSED = (int(Channel.EPOSTA), int(Status.RET), int(Source.HS_EPOSTA))


def test_a_dead_address_is_noted_once_and_changes_no_consent(person: Person) -> None:
    raw = bounce(person.mark)
    assert [take(person.box, raw) for _ in range(3)] == [Outcome.COUNTED] * 3
    assert person.troubles() == [(trouble.Kind.HARD, "5.1.1", 1)]
    assert len(person.entries()) == 1
    take(person.box, bounce(person.mark, status="5.2.2"))
    take(person.box, bounce(person.mark, status="4.4.1", action="delayed"))
    assert person.troubles()[1:] == [(trouble.Kind.SOFT, "5.2.2", 1)]


def test_a_bounce_without_a_mark_or_with_anothers_says_nothing(
        person: Person, conn: Any, place_b: Any) -> None:
    assert take(person.box, bounce(None)) is Outcome.UNKNOWN
    assert take(mailbox(conn, place_b), bounce(person.mark)) is Outcome.UNKNOWN
    assert person.troubles() == []


def test_what_became_of_a_campaigns_mail_is_told_to_its_room(
        person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Any] = []
    monkeypatch.setitem(returned._takers, Series.CAMPAIGN,
                        lambda _conn, provider, reports: heard.extend(
                            (provider, one.own_id, one.delivery) for one in reports) or 1)
    for status, action in (("5.7.1", "failed"), ("2.0.0", "delivered")):
        take(person.box, bounce(person.mark, status=status, action=action))
        take(person.box, bounce(person.mark, status=status, action=action))
    provider = person.place.provider_id
    assert heard == [(provider, 42, Delivery.NOT_DELIVERED), (provider, 42, Delivery.DELIVERED)]


def test_a_complaint_is_a_refusal_with_its_proof(person: Person) -> None:
    raw = complaint(person.mark)
    assert [take(person.box, raw) for _ in range(2)] == [Outcome.REFUSED] * 2
    assert person.entries()[1:] == [REFUSED]
    assert person.troubles() == [(trouble.Kind.COMPLAINT, "", 1)]
    said, digest = person.conn.execute(
        "select s.evidence, f.sha256 from submission s join consent_entry e "
        "on e.provider_id = s.provider_id and e.submission_id = s.id join entry_file l "
        "on l.provider_id = e.provider_id and l.entry_id = e.id join evidence_file f "
        "on f.id = l.file_id where s.provider_id = %s", (person.place.provider_id,)).fetchone()
    assert (said["flow"], said["sha256"]) == ("mail-complaint", sha256(raw).hexdigest())
    assert bytes(digest) == sha256(raw).digest()
    assert take(person.box, complaint(person.mark, "not-spam")) is Outcome.NOTHING


@pytest.mark.parametrize("text", ["RET", "Beni listeden çıkarın", "artık mail atmayın lütfen",
                                  "unsubscribe", "İPTAL\n\n> 30 Kas tarihinde Mağaza yazdı:\n> x"])
def test_whoever_answers_that_they_want_no_more_gets_no_more(person: Person, text: str) -> None:
    raw = written(text, person.mark, sender="baska@ornek.test")
    assert [take(person.box, raw) for _ in range(2)] == [Outcome.REFUSED] * 2
    assert person.entries()[1:] == [REFUSED]


def test_the_button_of_a_mail_program_writes_a_mail_that_is_understood(person: Person) -> None:
    assert take(person.box, written("", person.mark, subject="RET")) is Outcome.REFUSED
    assert person.entries()[1:] == [REFUSED]


def test_a_mail_without_a_mark_speaks_for_the_address_it_is_from(
        person: Person, conn: Any) -> None:
    assert take(person.box, written("RET", sender="KISI@ornek.test")) is Outcome.REFUSED
    assert person.entries()[1:] == [REFUSED]
    assert take(person.box, written("RET", sender="yeni@ornek.test")) is Outcome.REFUSED
    assert conn.execute("select count(*) from consent_state where provider_id = %s and status = 2",
                        (person.place.provider_id,)).fetchone() == (2,)


@pytest.mark.parametrize("text", [
    "Teşekkürler", "Siparişimi iptal etmek istiyorum", "ONAY", "Kargom nerede?",
    "Merhaba " * 70 + "ret", "Sayın yetkili\n> RET yazın\n> iptal"])
def test_what_is_not_clear_changes_nothing_and_waits_for_a_person(
        person: Person, text: str) -> None:
    outcome = take(person.box, written(text, person.mark))
    assert (outcome, outcome.for_a_person) == (Outcome.UNCLEAR, True)
    assert len(person.entries()) == 1


def test_an_absence_note_that_says_ret_refuses_nothing(person: Person) -> None:
    raw = written("RET iptal", person.mark, more="Auto-Submitted: auto-replied\r\n")
    assert take(person.box, raw) is Outcome.NOTHING
    assert len(person.entries()) == 1


def test_nothing_any_more_is_nothing_of_any_brand(
        person: Person, conn: Any, place: Any) -> None:
    number, code = conn.execute(
        "insert into brand (provider_id, brand_code, name) select provider_id, brand_code + 1, "
        "'Öteki' from brand where id = %s returning id, brand_code", (place.brand_id,)).fetchone()
    consent(conn, but(place, brand_id=number, brand_code=code))
    take(person.box, written("Hiçbir şey göndermeyin, bir daha istemiyorum", person.mark))
    rows = conn.execute("select brand_id, status from consent_state where provider_id = %s "
                        "order by brand_id", (place.provider_id,)).fetchall()
    assert rows == [(place.brand_id, 2), (number, 2)]


PHONE = "+905992134117"


def test_in_no_way_said_by_mail_means_the_phone_given_in_the_same_form_too(
        person: Person, conn: Any) -> None:
    at = clock.whole_second(clock.now() - timedelta(days=1))
    record(NewSubmission(
        person.place, "one-form", hash_body("x"), Source.HS_WEB, Standing.VERIFIED,
        [NewConsent(PHONE, Channel.ARAMA, Status.ONAY, at),
         NewConsent(ADDRESS, Channel.EPOSTA, Status.ONAY, at)]))
    take(person.box, written("RET", person.mark))
    assert states(conn, person) == [(Channel.ARAMA, Status.ONAY), (Channel.EPOSTA, Status.RET)]
    raw = written("Hiçbir şekilde aramayın, mesaj da mail de göndermeyin", person.mark)
    assert [take(person.box, raw) for _ in range(2)] == [Outcome.REFUSED] * 2
    assert states(conn, person) == [(channel, Status.RET) for channel in Channel]
    assert conn.execute(
        "select count(*), count(distinct l.entry_id) from consent_entry e join entry_file l "
        "on l.provider_id = e.provider_id and l.entry_id = e.id where e.provider_id = %s "
        "and e.status = 2", (person.place.provider_id,)).fetchone() == (4, 4)


def test_who_names_sms_in_a_mail_refuses_sms_of_the_phone_given_with_it_r30(
        person: Person, conn: Any) -> None:
    at = clock.whole_second(clock.now() - timedelta(days=1))
    record(NewSubmission(
        person.place, "one-form", hash_body("x"), Source.HS_WEB, Standing.VERIFIED,
        [NewConsent(PHONE, Channel.ARAMA, Status.ONAY, at),
         NewConsent(PHONE, Channel.MESAJ, Status.ONAY, at),
         NewConsent(ADDRESS, Channel.EPOSTA, Status.ONAY, at)]))
    assert take(person.box, written("Bir daha SMS göndermeyin", person.mark)) is Outcome.REFUSED
    assert states(conn, person) == [(Channel.ARAMA, Status.ONAY), (Channel.MESAJ, Status.RET),
                                    (Channel.EPOSTA, Status.ONAY)]


def test_who_names_calls_in_a_mail_and_gave_no_phone_is_read_by_a_person(
        person: Person, conn: Any) -> None:
    assert take(person.box, written("Bir daha aramayın", person.mark)) is Outcome.UNCLEAR
    assert [status for _, status in states(conn, person)].count(Status.RET) == 0


def test_of_two_channels_that_are_named_the_one_without_an_address_is_read_by_a_person(
        person: Person, conn: Any) -> None:
    raw = written("Beni bir daha aramayın, e-posta da göndermeyin", person.mark)
    assert take(person.box, raw) is Outcome.UNCLEAR
    assert (Channel.EPOSTA, Status.RET) in states(conn, person)


def states(conn: Any, person: Person) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = conn.execute(
        "select channel, status from consent_state where provider_id = %s order by channel",
        (person.place.provider_id,)).fetchall()
    return found


def test_of_a_mail_that_may_be_anybodys_a_few_thousand_letters_are_kept(
        person: Person, conn: Any) -> None:
    raw = written("RET\r\n-- \r\n" + "x" * 900_000, sender="uydurma@ornek.test")
    assert take(person.box, raw) is Outcome.REFUSED
    size, said = conn.execute(
        "select f.size, s.evidence from evidence_file f, submission s where f.provider_id = %s "
        "and s.provider_id = f.provider_id and s.evidence ->> 'flow' = 'mail'",
        (person.place.provider_id,)).fetchone()
    assert size < 8_000
    assert said["sha256"] == sha256(raw).hexdigest()


def test_a_crowd_of_strangers_refuses_and_fills_nothing(
        person: Person, conn: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_STRANGERS", 2)
    for number in range(4):
        sender = f"uydurma{number}@ornek.test"
        assert take(person.box, written("RET", sender=sender)) is Outcome.REFUSED
    assert take(person.box, written("Kargom?", sender="soru@ornek.test")) is Outcome.UNCLEAR
    assert conn.execute(
        "select (select count(*) from evidence_file where provider_id = %(p)s), "
        "(select count(*) from consent_state where provider_id = %(p)s and status = 2), "
        "(select count(*) from returned_mail where provider_id = %(p)s and text_ct is not null)",
        {"p": person.place.provider_id}).fetchone() == (2, 4, 0)
    assert take(person.box, written("RET", person.mark)) is Outcome.REFUSED


def test_what_came_back_of_somebody_who_is_gone_is_about_nobody(person: Person) -> None:
    gone = but(person.mark, recipient_id=10**9)
    assert take(person.box, complaint(gone)) is Outcome.UNKNOWN
    assert take(person.box, bounce(gone)) is Outcome.COUNTED
    assert person.troubles() == []


def test_a_refusal_with_the_mark_of_somebody_who_is_gone_is_the_senders(person: Person) -> None:
    gone = but(person.mark, recipient_id=10**9)
    assert take(person.box, written("RET", gone)) is Outcome.REFUSED
    assert person.entries()[1:] == [REFUSED]
    outcome = take(person.box, written("RET", gone, sender="kimse"))
    assert (outcome, outcome.for_a_person) == (Outcome.UNCLEAR, True)


_KILLED = """
import sys
from ileti.mailroom.intake import Box, take
take(Box(int(sys.argv[1]), int(sys.argv[2])), sys.stdin.buffer.read())
"""


def test_a_process_killed_after_the_refusal_leaves_one_refusal(person: Person) -> None:
    raw = complaint(person.mark)
    ended = subprocess.run(
        [sys.executable, "-c", _KILLED, str(person.box.id), str(person.place.provider_id)],
        input=raw, env=os.environ | {"ILETI_FAILPOINT": "mail-acted"}, check=False, timeout=60)
    assert ended.returncode == 137
    assert person.entries()[1:] == [REFUSED]
    assert person.troubles() == []
    assert take(person.box, raw) is Outcome.REFUSED
    assert person.entries()[1:] == [REFUSED]
    assert person.troubles() == [(trouble.Kind.COMPLAINT, "", 1)]
    db.refuse_open_transaction()


def test_no_content_and_no_address_stands_in_the_mailrooms_tables(person: Person) -> None:
    take(person.box, written("RET", person.mark))
    take(person.box, bounce(person.mark, to=ADDRESS))
    rows = person.conn.execute("select returned_mail::text from returned_mail where provider_id = "
                               "%s union all select address_trouble::text from address_trouble "
                               "where provider_id = %s", (person.place.provider_id,) * 2).fetchall()
    assert rows
    assert not any("ornek" in row[0] or "RET" in row[0] for row in rows)
