"""A consent by mail is taken where a brand opened an address, from whom it is proven to be."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from ileti.channels.base import MessageKind
from ileti.channels.mail import Mark
from ileti.consents.vocabulary import Channel, Source, Status
from ileti.core import clock
from ileti.core.errors import CallerMistake, IletiError, StorageAway, TooLarge, TryLater
from ileti.documents.publish import publish_standard_texts
from ileti.mailroom import acts, intake
from ileti.mailroom.authresults import passed
from ileti.mailroom.intake import Box, Outcome, Where, take
from tests.kvkk.told import untold
from tests.mailroom.conftest import mailbox
from tests.mailroom.mails import written

OPENED, NEW = "onay@magaza.test", "yeni@ornek.test"
GOOD = "Authentication-Results: mx.magaza.test; dkim=pass header.d=ornek.test; spf=pass\r\n"


@dataclass
class Shop:
    """A brand that takes consents by mail."""

    conn: Any
    place: Any
    box: Box

    def told(self, **more: Any) -> Outcome:
        """A mail to the address for consents."""
        text = more.pop("text", "ONAY")
        return take(self.box, written(text, **{"sender": NEW, "to": OPENED, "more": GOOD} | more))

    def consents(self) -> list[tuple[int, int, int]]:
        rows: list[tuple[int, int, int]] = self.conn.execute(
            "select channel, status, source from consent_entry where provider_id = %s order by id",
            (self.place.provider_id,)).fetchall()
        return rows


@pytest.fixture
def shop(conn: Any, place: Any) -> Shop:
    publish_standard_texts(place.provider_id, place.brand_id)
    return Shop(conn, place, mailbox(conn, place, brand_id=place.brand_id, address=OPENED,
                                     consent_address=OPENED, trusted_mx="mx.magaza.test"))


def test_who_writes_the_word_consents_once_with_proof_and_hears_of_it_the_same_day(
        shop: Shop) -> None:
    raw = written("Onay", sender=NEW, to=OPENED, more=GOOD)
    assert [take(shop.box, raw) for _ in range(2)] == [Outcome.CONSENTED] * 2
    assert shop.consents() == [(Channel.EPOSTA, Status.ONAY, Source.HS_EPOSTA)]
    assert untold(shop.place) == [False]  # the word shows no notice
    said, files = shop.conn.execute(
        "select s.evidence, (select count(*) from entry_file l where l.provider_id = s.provider_id)"
        " from submission s where s.provider_id = %s", (shop.place.provider_id,)).fetchone()
    assert (said["flow"], said["proof"], files, len(said["texts"])) == ("email", "dkim", 1, 1)
    assert shop.conn.execute("select kind, channel from message where provider_id = %s",
                             (shop.place.provider_id,)).fetchall() == [
        (MessageKind.CONFIRMATION, Channel.EPOSTA)]


@pytest.mark.parametrize("wrong", [
    {"more": ""},
    {"more": "Authentication-Results: mx.baska.test; dkim=pass header.d=ornek.test\r\n"},
    {"more": "Authentication-Results: mx.magaza.test; dkim=pass header.d=baska.test\r\n"},
    {"more": "Authentication-Results: mx.magaza.test; dkim=fail header.d=ornek.test\r\n"},
    {"more": "Authentication-Results: mx.kotu.test; none\r\n" + GOOD},
    {"text": "ONAY mı?"}, {"text": "Kampanyanıza onay, ama kargom nerede?"},
    {"to": "iade@magaza.test"}, {"sender": "yeni@baska.test"}])
def test_what_is_not_proven_or_not_clear_is_for_a_person(shop: Shop, wrong: dict[str, str]) -> None:
    assert shop.told(**wrong) is Outcome.UNCLEAR
    assert shop.consents() == []


def test_a_consent_has_name_and_surname(shop: Shop) -> None:
    raw = written("ONAY", sender=NEW, to=OPENED, more=GOOD)
    assert take(shop.box, raw.replace("Ayşe Yılmaz".encode(), b"info")) is Outcome.UNCLEAR
    assert shop.consents() == []


def test_without_a_text_on_show_nothing_is_consented_to(conn: Any, place: Any) -> None:
    box = mailbox(conn, place, brand_id=place.brand_id, address=OPENED, consent_address=OPENED,
                  trusted_mx="mx.magaza.test")
    assert Shop(conn, place, box).told() is Outcome.UNCLEAR


def test_a_mailbox_of_all_brands_takes_no_consent(shop: Shop) -> None:
    shop.box = Box(shop.box.id, shop.place.provider_id, None, OPENED, "mx.magaza.test")
    assert shop.told() is Outcome.UNCLEAR


def test_a_mark_stands_beside_the_proof_and_proves_no_author_by_itself(shop: Shop) -> None:
    assert shop.told(text="RET", more="") is Outcome.REFUSED
    number, = shop.conn.execute("select recipient_id from consent_state where provider_id = %s",
                                (shop.place.provider_id,)).fetchone()
    mark = Mark(shop.place.provider_id, shop.place.brand_id, number, 1)
    assert shop.told(more="", mark=mark, sender="baska@ornek.test") is Outcome.UNCLEAR
    time.sleep(1.1)  # a consent is dated in whole seconds, and this one comes after the refusal
    assert shop.told(more="", mark=mark) is Outcome.UNCLEAR
    assert shop.told(mark=mark) is Outcome.CONSENTED
    assert [one[1] for one in shop.consents()] == [Status.RET, Status.ONAY]
    said, = shop.conn.execute("select evidence from submission where provider_id = %s "
                              "and evidence ->> 'flow' = 'email'",
                              (shop.place.provider_id,)).fetchone()
    assert (said["proof"], said["marked"]) == ("dkim", True)


@pytest.mark.parametrize("fault", [
    CallerMistake("Virüslü.", "Infected."), TooLarge("Kota.", "Quota."),
    TryLater("Tarayıcı yok.", "No scanner.")])
def test_a_consent_without_its_proof_is_none(
        shop: Shop, monkeypatch: pytest.MonkeyPatch, fault: IletiError) -> None:
    def refused(*_args: Any, **_more: Any) -> Any:
        raise fault

    monkeypatch.setattr(acts.vault, "put", refused)
    raw = written("ONAY", sender=NEW, to=OPENED, more=GOOD)
    assert take(shop.box, raw, Where(7, 1)) is Outcome.UNCLEAR
    if isinstance(fault, TryLater):
        with pytest.raises(TryLater):
            shop.told(text="ONAY ")  # it was pushed, and is pushed again
    assert shop.consents() == []
    assert shop.told(text="RET") is Outcome.REFUSED


@pytest.mark.parametrize(("subject", "outcome"), [
    ("İptal", Outcome.REFUSED), ("RET", Outcome.REFUSED),
    ("Reklam istemiyorum", Outcome.REFUSED), ("Siparişimi iptal edin", Outcome.UNCLEAR),
    ("Onay", Outcome.CONSENTED), ("Kampanyanız hakkında", Outcome.CONSENTED)])
def test_a_consent_below_another_word_of_the_writers_own_is_none(
        shop: Shop, subject: str, outcome: Outcome) -> None:
    assert shop.told(subject=subject) is outcome
    assert [one[1] for one in shop.consents()] == {
        Outcome.REFUSED: [Status.RET], Outcome.CONSENTED: [Status.ONAY]}.get(outcome, [])


def test_a_consent_written_before_a_refusal_does_not_stand_over_it(shop: Shop) -> None:
    shop.told(text="RET", more="")
    raw = written("ONAY", sender=NEW, to=OPENED, more=GOOD)
    assert take(shop.box, raw, at=clock.now() - timedelta(hours=1)) is Outcome.UNCLEAR
    assert shop.conn.execute("select status from consent_state where provider_id = %s",
                             (shop.place.provider_id,)).fetchall() == [(Status.RET,)]


def test_a_consent_that_iys_would_not_take_any_more_is_none(shop: Shop) -> None:
    raw = written("ONAY", sender=NEW, to=OPENED, more=GOOD)
    assert take(shop.box, raw, at=clock.now() - timedelta(days=12)) is Outcome.UNCLEAR


@pytest.mark.parametrize(("results", "way"), [
    ("mx.a.test; dmarc=pass header.from=b.test", "dmarc"),
    ("MX.A.TEST 1; spf=pass; dkim=pass (2048) header.i=@b.test header.s=s1", "dkim"),
    ("mx.a.test; dkim=fail header.d=b.test; spf=pass smtp.mailfrom=b.test", None),
    ("mx.a.test; dkim=pass header.d=c.test; dmarc=fail header.from=b.test", None),
    ("mx.a.test; x=dkim=passed header.d=b.test", None), ("", None),
    ("mx.a.test; dkim=pass header.d=b.test.evil.test", None),
    ("mx.a.test; dkim=pass header.i=kisi@b.test header.b=Ab/c= header.a=rsa-sha256;", "dkim"),
    ('mx.a.test; dkim=pass reason="good; dkim" header.d=B.test.', "dkim"),
    ("mx.a.test; dkim/1=pass header.d=b.test; arc=none", "dkim"),
    # what the sender chose, told again by our server
    ("mx.a.test; spf=pass smtp.mailfrom=dkim=pass/header.d=b.test@evil.test", None),
    ("mx.a.test; spf=pass (dkim=pass header.d=b.test) smtp.mailfrom=x@evil.test", None),
    ("mx.a.test; spf=pass (a (b; dkim=pass header.d=b.test) \\) c) smtp.mailfrom=evil.test", None),
    ('mx.a.test; spf=pass smtp.mailfrom="; dkim=pass header.d=b.test; "@evil.test', None),
    ("mx.a.test; spf=pass smtp.mailfrom=; dkim=pass header.d=b.test; @evil.test", None),
    ("mx.a.test; spf=pass header.d=b.test dkim=pass", None),
    ("mx.a.test; dkim=pass header.d=evil.test header.d=b.test", None),
    ("mx.a.test; dkim=pass x-dkim=pass header.d=b.test@evil.test", None),
    ("mx.a.test; dkim=pass header.d=b.test (no end", None),
    ('mx.a.test; dkim=pass header.d=b.test reason="no end', None),
    ("(mx.a.test) mx.evil.test; dkim=pass header.d=b.test", None),
    ("mx.a.test; dmarc=pass header.d=b.test", None),
    ("mx.a.test; iprev=pass; =?utf-8?q?dkim=3Dpass_header.d=3Db.test?=", None)])
def test_results_of_our_own_server_are_read_for_the_very_domain(
        results: str, way: str | None) -> None:
    assert (passed(results, "b.test", "mx.a.test") or None) == way


def test_a_line_of_results_is_taken_as_it_stands(shop: Shop) -> None:
    """Whoever encodes words does not write into it."""
    hidden = "=?utf-8?q?x=3B_dkim=3Dpass_header=2Ed=3Dornek=2Etest?="
    assert shop.told(more="Authentication-Results: mx.magaza.test; spf=pass smtp.mailfrom="
                          f"{hidden}\r\n") is Outcome.UNCLEAR
    assert shop.consents() == []


@pytest.mark.parametrize("author", [
    f"From: Ayşe Yılmaz <{NEW}>\r\nFrom: Kötü Biri <x@evil.test>",
    f"From: Ayşe Yılmaz <{NEW}>, Kötü Biri <x@evil.test>",
    f"From: =?utf-8?q?Ay=C5=9Fe_Y=C4=B1lmaz_=3C{NEW.replace('@', '=40')}=3E=2C?= <x@evil.test>"])
def test_a_mail_of_several_authors_is_nobodys_consent_and_a_refusal_all_the_same(
        shop: Shop, author: str) -> None:
    for text, outcome in (("ONAY", Outcome.UNCLEAR), ("RET", Outcome.REFUSED)):
        raw = written(text, sender=NEW, to=OPENED, more=GOOD)
        assert take(shop.box, raw.replace(
            f"From: Ayşe Yılmaz <{NEW}>".encode(), author.encode())) is outcome
    assert [one[1] for one in shop.consents()] == [Status.RET]


def test_the_evidence_names_the_brands_address_and_nobody_elses(shop: Shop) -> None:
    assert shop.told(to=f"dost@ornek.test, {OPENED}") is Outcome.CONSENTED
    said, = shop.conn.execute("select evidence from submission where provider_id = %s",
                              (shop.place.provider_id,)).fetchone()
    assert said["place"] == OPENED
    assert "dost" not in str(said)


def test_a_mail_that_is_pushed_again_is_as_old_as_when_it_came_first(
        shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: Any) -> Outcome:
        raise StorageAway

    monkeypatch.setattr(intake, "_act", away)
    with pytest.raises(StorageAway):
        shop.told()
    monkeypatch.undo()
    shop.conn.execute("update returned_mail set came_at = now() - interval '12 days' "
                      "where provider_id = %s", (shop.place.provider_id,))
    assert shop.told() is Outcome.UNCLEAR
    assert shop.consents() == []
