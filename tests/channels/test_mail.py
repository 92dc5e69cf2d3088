"""Mails in bulk: signed, named in what comes back, and never sent twice by a break of the line."""

from __future__ import annotations

import email
from collections.abc import Iterator
from dataclasses import replace
from email.policy import default
from typing import Any

import dkim
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st

from config import settings
from ileti.channels.dkimsign import BadKey, Signer, new_key, private_key, record_value
from ileti.channels.gateways import mailkind
from ileti.channels.gateways.bulksmtp import BulkSmtp
from ileti.channels.mail import Mail, Mark, mark_in, nobody_there, read_mark, tagged
from ileti.channels.mailwire import Sender, wire
from ileti.channels.sms import InDoubt, Later, Never, Taken
from ileti.hooks.kinds import Unfit
from tests.channels.smtpsink import Scripted, sink, willing

MARK = Mark(7, 3, 99, 1234567)
FROM = Sender("bilgi@magaza.test", mailbox="yanit@magaza.test", bounces="iade@magaza.test")
PEM = new_key()
SIGNER = Signer("magaza.test", "s1", PEM)


def mail(number: int = 1, **more: Any) -> Mail:
    return Mail(**{"id": number, "to": f"kisi{number}@ornek.test",
                   "subject": "Yaz indirimi başladı",
                   "text": "Merhaba\n.\n.nokta\n", "html": "<p>Merhaba  dünya </p>", "mark": MARK,
                   "sender_name": "Mağaza", "list_name": "Mağaza",
                   "unsubscribe_url": "https://izin.magaza.test/r/abc"} | more)


def judged(raw: bytes, pem: str = PEM) -> bool:
    """dkimpy's verdict."""
    record = record_value(pem).encode()
    return bool(dkim.verify(raw, dnsfunc=lambda *_, **__: record))


@pytest.fixture(autouse=True)
def _secrets(database: str) -> None:
    """Tokens need the installation's secret."""


# -- the mail itself -------------------------------------------------------------------------------


def test_a_mail_carries_everything_its_reader_and_his_program_need() -> None:
    read = email.message_from_bytes(wire(mail(), FROM, None), policy=default)
    assert read["Subject"] == "Yaz indirimi başladı"
    assert str(read["From"]) == "Mağaza <bilgi@magaza.test>"
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "<https://izin.magaza.test/r/abc>" in read["List-Unsubscribe"]
    assert f"mailto:{tagged('yanit@magaza.test', MARK)}" in read["List-Unsubscribe"]
    assert "<m3.p7.magaza.test>" in read["List-Id"]
    assert (read["Auto-Submitted"], read["Message-ID"]) == (
        "auto-generated", "<ileti-c1@magaza.test>")
    assert read["Feedback-ID"] == "1:campaign:m3:ileti7"
    assert read.get_body(("plain",)).get_content().splitlines() == ["Merhaba", ".", ".nokta"]
    assert read.get_body(("html",)).get_content().strip() == "<p>Merhaba  dünya </p>"


def test_the_post_of_one_click_is_promised_over_tls_only() -> None:
    raw = wire(mail(unsubscribe_url="http://localhost/r/abc"), FROM, None)
    assert b"List-Unsubscribe:" in raw
    assert b"List-Unsubscribe-Post" not in raw


@pytest.mark.parametrize("bad", [
    {"to": "a@b.test\r\nBcc: c@d.test"}, {"headers": {"X-A": "1\r\nBcc: c@d.test"}},
    {"sender_name": "A\nB: c"}, {"headers": {"From": "x@y.test"}}, {"headers": {"X A": "1"}},
    {"unsubscribe_url": "https://a.test/\r\nBcc: c@d.test"}, {"list_name": "x\ny"}])
def test_nothing_of_anybody_becomes_a_header_of_its_own(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="header"):
        wire(mail(**bad), FROM, None)


def test_the_signature_holds_for_a_judge_who_is_not_ours() -> None:
    raw = wire(mail(), FROM, SIGNER)
    assert judged(raw)
    assert not judged(raw.replace(b"Merhaba", b"Merhabe"))
    assert not judged(raw.replace(b"One-Click", b"Two-Click"))
    assert not judged(b"From: baska@kotu.test\r\n" + raw)


@tries(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text(max_size=300), subject=st.text(max_size=120),
       html=st.none() | st.text(max_size=200))
def test_whatever_is_written_is_signed_so_that_it_verifies(text: str, subject: str,
                                                          html: str | None) -> None:
    try:
        raw = wire(mail(text=text, subject=subject, html=html), FROM, SIGNER)
    except ValueError:
        return
    assert judged(raw)
    assert max(map(len, raw.split(b"\r\n"))) < 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


@pytest.mark.parametrize("bad", [
    "", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"])
def test_a_key_that_is_none_is_refused_in_words(bad: str) -> None:
    with pytest.raises(BadKey):
        private_key(bad)


# -- marks -----------------------------------------------------------------------------------------


@given(numbers=st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1),
                         st.integers(0, 2**48 - 1), st.integers(0, 2**48 - 1)))
def test_a_mark_comes_back_whatever_a_relay_did_to_its_letters(
        numbers: tuple[int, int, int, int]) -> None:
    made = Mark(*numbers)
    address = tagged("iade@magaza.test", made)
    assert mark_in(address) == mark_in(address.upper()) == made
    assert len(address.partition("@")[0]) <= 64


def test_a_mark_that_was_changed_is_none() -> None:
    token = MARK.token()
    assert read_mark(token) == MARK
    for at in range(len(token)):
        other = "b" if token[at] == "a" else "a"
        assert read_mark(token[:at] + other + token[at + 1:]) is None
    assert mark_in("iade@magaza.test") is mark_in("iade+x@magaza.test") is None


def test_a_mailbox_that_is_too_long_for_a_mark_is_refused() -> None:
    with pytest.raises(ValueError, match="15 letters"):
        tagged("geri-donen-postalar@magaza.test", MARK)


# -- handing over ----------------------------------------------------------------------------------


@pytest.fixture
def scripted() -> Iterator[Any]:
    """Makes servers that answer as told."""
    made: list[Scripted] = []

    def make(answer: Any) -> tuple[Scripted, BulkSmtp]:
        made.append(Scripted(answer))
        return made[-1], BulkSmtp(made[-1].server, FROM, connections=1)
    yield make
    for one in made:
        one.close()


def test_mails_arrive_with_a_bounce_address_of_their_own_over_few_connections() -> None:
    with sink() as (kept, server):
        gateway = BulkSmtp(server, FROM, connections=3)
        answers = gateway.send([mail(n) for n in range(40)])
        gateway.close()
    assert answers == [Taken(str(n)) for n in range(40)]
    assert {to for _, [to], _ in kept.mails} == {f"kisi{n}@ornek.test" for n in range(40)}
    assert len(kept.mails) == 40
    assert {mark_in(sender) for sender, _, _ in kept.mails} == {MARK}
    assert all(b"\r\n.nokta\r\n" in raw for _, _, raw in kept.mails)


def test_one_bad_recipient_costs_nobody_else_a_mail() -> None:
    with sink() as (kept, server):
        kept.refuse = {"kisi1@ornek.test": "550 5.1.1 kisi1@ornek.test unknown",
                       "kisi2@ornek.test": "451 4.7.1 later"}
        answers = BulkSmtp(server, FROM, connections=1).send([mail(n) for n in range(4)])
    assert answers == [Taken("0"), Never("SMTP 550 5.1.1"), Later("SMTP 451 4.7.1"), Taken("3")]
    assert "ornek" not in repr(answers)
    assert [nobody_there(one) for one in answers] == [False, True, False, False]


def test_a_line_that_breaks_after_the_dot_leaves_its_mail_in_doubt_and_the_rest_waiting(
        scripted: Any) -> None:
    server, gateway = scripted(
        lambda verb, mails: None if verb == "DOT" and mails == 2 else willing(verb, mails))
    answers = gateway.send([mail(n) for n in range(5)])
    assert [type(one) for one in answers] == [Taken, Taken, InDoubt, Later, Later]
    assert server.mails == 2


def test_a_line_that_breaks_before_the_dot_is_mended_and_nothing_is_sent_twice(
        scripted: Any) -> None:
    broken = iter([True])
    server, gateway = scripted(lambda verb, mails: None if verb == "RCPT" and mails == 2 and next(
        broken, False) else willing(verb, mails))
    assert gateway.send([mail(n) for n in range(5)]) == [Taken(str(n)) for n in range(5)]
    assert (server.mails, server.connections) == (5, 2)


@pytest.mark.parametrize(("verb", "said", "answer"), [
    ("MAIL", "550 5.7.1 no", Never("SMTP 550 5.7.1", account=True)),
    ("MAIL", "552 5.3.4 too big", Never("SMTP 552 5.3.4")),
    ("DATA", "451 4.3.0 wait", Later("SMTP 451 4.3.0")),
    ("DOT", "554 5.6.0 bad", Never("SMTP 554 5.6.0")),
    ("DOT", "421 4.3.2 closing", Later("SMTP 421 4.3.2"))])
def test_what_a_server_says_decides_what_becomes_of_the_mail(
        scripted: Any, verb: str, said: str, answer: Any) -> None:
    _, gateway = scripted(lambda asked, mails: said if asked == verb else willing(asked, mails))
    assert gateway.send([mail()]) == [answer]


def test_a_server_that_takes_data_for_nobody_gets_no_mail(scripted: Any) -> None:
    server, gateway = scripted(lambda verb, mails: "550 5.1.1 no" if verb == "RCPT" else willing(
        verb, mails))
    assert gateway.send([mail(), mail(2)]) == [Never("SMTP 550 5.1.1")] * 2
    assert server.mails == 0


def test_a_server_that_is_away_or_offers_no_tls_is_said_in_words(scripted: Any) -> None:
    server, _ = scripted(willing)
    strict = BulkSmtp(replace(server.server, tls="starttls"), FROM)
    assert strict.send([mail()]) == [Never(
        "the server does not offer what is set: STARTTLS or log-in", account=True)]
    assert "STARTTLS" in (strict.try_connection() or "")
    server.close()
    away = BulkSmtp(replace(server.server, port=1), FROM).send([mail()])
    assert away == [Later("no connection: ConnectionRefusedError")]


def test_a_provider_signs_with_its_own_key_only() -> None:
    class Ours:
        def of(self, provider_id: int, domain: str) -> Signer | None:
            return SIGNER if (provider_id, domain) == (7, "magaza.test") else None

    with sink() as (kept, server):
        gateway = BulkSmtp(server, FROM, connections=1, signers=Ours())
        gateway.send([mail(1), mail(2, mark=Mark(8, 3, 99, 2))])
    assert [raw.startswith(b"DKIM-Signature") for _, _, raw in kept.mails] == [True, False]
    assert judged(kept.mails[0][2])


# -- as a kind of account --------------------------------------------------------------------------

ACCOUNT = {"host": "smtp.ornek.test", "port": "587", "user": "u", "password": "p",
           "sender": "Bilgi@magaza.test", "answers": "yanit@magaza.test", "bounces": ""}


def test_the_same_account_is_the_same_gateway_with_its_open_connections() -> None:
    assert mailkind.make(ACCOUNT) is mailkind.make(dict(ACCOUNT))
    assert mailkind.make(ACCOUNT) is not mailkind.make(ACCOUNT | {"password": "x"})
    assert "p'" not in repr(mailkind._server(ACCOUNT))


@pytest.mark.parametrize(("field", "value"), [
    ("host", "a b"), ("host", ""), ("port", "x"), ("port", "70000"), ("tls", "ssl"),
    ("sender", "magaza"), ("answers", "geri-donen-postalar@magaza.test"), ("bounces", "x"),
    ("connections", "0"), ("connections", "99")])
def test_values_no_account_can_have_are_named(field: str, value: str) -> None:
    with pytest.raises(Unfit) as said:
        mailkind.make(ACCOUNT | {field: value})
    assert said.value.field == field


def test_in_production_an_account_speaks_to_mail_servers_only(
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(settings()), "production", True)
    for wrong in ({"port": "6379"}, {"tls": "none"}):
        with pytest.raises(Unfit):
            mailkind.make(ACCOUNT | wrong)
    assert mailkind.make(ACCOUNT | {"host": "127.0.0.1", "port": "25", "tls": "none"})
