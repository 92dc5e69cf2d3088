"""The message queue: claimed, handed over, closed; over a real SMTP server where mail is meant."""

from __future__ import annotations

import email
import email.policy
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from aiosmtpd.controller import Controller
from rq.timeouts import JobTimeoutException

from config import settings
from ileti.channels import send
from ileti.channels.base import Answer, Envelope, MessageKind, Refused, Retry, Sent
from ileti.channels.confirm import confirmation
from ileti.channels.gateways.smtp import SmtpGateway
from ileti.channels.messages import NewMessage, enqueue
from ileti.channels.registry import carry, gateway_for
from ileti.consents.vocabulary import Channel
from ileti.core import clock
from ileti.core.secrets import secrets
from ileti.kvkk.ledger import record as record_acts
from ileti.kvkk.vocabulary import Act
from tests.channels.smtpsink import Scripted, willing
from tests.kvkk.house import act, click, text


class Gateway:
    """Answers as told and remembers what it got."""

    name = "fake"

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.got: list[Envelope] = []

    def send(self, message: Envelope) -> Answer:
        self.got.append(message)
        return self.answers.pop(0) if self.answers else Sent("outside-1")


class Mailbox:
    """A mail server; ``reply`` is what it says to every recipient."""

    reply = "250 OK"

    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str,
                          options: Any) -> str:
        envelope.rcpt_tos.append(address)
        return self.reply

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 Message accepted"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    """A real SMTP server on the loopback and its URL."""
    box = Mailbox()
    server = Controller(box, hostname="127.0.0.1", port=0)
    server.port = _free_port()
    server.start()
    yield box, f"smtp://127.0.0.1:{server.port}"
    server.stop()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def fake() -> Iterator[Callable[..., Gateway]]:
    """Carries every channel by a gateway that answers as told."""
    def use(*answers: Answer) -> Gateway:
        gateway = Gateway(*answers)
        for channel in Channel:
            carry(channel, gateway)
        return gateway

    yield use
    for channel in Channel:
        carry(channel, None)


@pytest.fixture
def write(conn: Any, place: Any) -> Callable[..., int]:
    """Queues a confirmation (or a code) to a fresh address; answers the message's id."""
    # Messages other tests left waiting are not this test's business.
    conn.execute("update outbox set next_at = now() + interval '1 day' where topic = 2")

    def make(to: str = "nazli.k@ornek.com.tr", kind: MessageKind = MessageKind.CONFIRMATION,
             due: timedelta = timedelta(minutes=5)) -> int:
        hashed = secrets().addresses.of(place.provider_id, to)
        key, cipher = secrets().keyring.encrypt(to.encode(), hashed)
        person = conn.execute(
            "insert into recipient (provider_id, kind, key_no, addr_hash, addr_ct) "
            "values (%s, %s, %s, %s, %s) on conflict (provider_id, addr_hash) do nothing "
            "returning id", (place.provider_id, 2 if "@" in to else 1, key, hashed, cipher),
        ).fetchone()[0]
        channel = Channel.EPOSTA if "@" in to else Channel.MESAJ
        if kind is MessageKind.CODE:
            message = NewMessage(place.provider_id, place.brand_id, person, 1, channel, kind,
                                 {"lang": "tr", "code": "482119", "minutes": 5, "place": "Mağaza",
                                  "notice": 4}, clock.now() + due)
        else:
            message = confirmation(
                provider_id=place.provider_id, brand_id=place.brand_id, recipient_id=person,
                submission_id=1, at=clock.now(), channels=[channel], language="tr",
                person="Nazlı Kırşehirli", place="Mağaza", receipt="MKB-0000-0000-0001")
        enqueue(conn, [message])
        return int(conn.execute("select max(id) from message where provider_id = %s",
                                (place.provider_id,)).fetchone()[0])

    return make


def row(conn: Any, message: int) -> Any:
    """(sent, problem, content kept, tries, parked, reason) of a message."""
    return conn.execute(
        "select m.sent_at is not null, m.problem, m.content_ct is not null, o.tries, "
        "o.dead_at is not null, o.reason from message m "
        "left join outbox o on o.topic = 2 and o.provider_id = m.provider_id and o.ref_id = m.id "
        "where m.id = %s", (message,),
    ).fetchone()


def test_a_mail_arrives_whole_over_real_smtp(
    mailbox: tuple[Mailbox, str], write: Callable[..., int], conn: Any
) -> None:
    box, url = mailbox
    carry(Channel.EPOSTA, SmtpGateway(url, "izin@ornek.com.tr"))
    message = write()
    assert send.send_waiting()["sent"] == 1
    carry(Channel.EPOSTA, None)
    mail = box.mails[0]
    assert mail["To"] == "nazli.k@ornek.com.tr"
    assert mail["Message-ID"] == f"<ileti-{message}@ornek.com.tr>"
    assert "/r/" in mail["List-Unsubscribe"]
    assert "Nazlı Kırşehirli" in mail.get_body(("plain",)).get_content()
    assert "/r/" in mail.get_body(("html",)).get_content()
    assert row(conn, message)[:1] == (True,)


@pytest.mark.parametrize(("reply", "expected"), [
    ("550 5.1.1 no such user nazli.k@ornek.com.tr", Refused),
    ("451 4.7.1 try later", Retry)])
def test_the_servers_no_is_final_or_not_and_its_words_are_not_kept(
    mailbox: tuple[Mailbox, str], reply: str, expected: type
) -> None:
    box, url = mailbox
    box.reply = reply
    answer = SmtpGateway(url, "izin@ornek.com.tr").send(
        Envelope(1, Channel.EPOSTA, "nazli.k@ornek.com.tr", "Konu", "Metin"))
    assert isinstance(answer, expected)
    assert "nazli" not in answer.reason


def test_a_server_without_starttls_gets_no_mail_when_tls_is_wanted(
    mailbox: tuple[Mailbox, str]
) -> None:
    box, url = mailbox
    answer = SmtpGateway(url + "?starttls=1", "izin@ornek.com.tr").send(
        Envelope(1, Channel.EPOSTA, "nazli.k@ornek.com.tr", "Konu", "Metin"))
    assert isinstance(answer, Retry)
    assert box.mails == []


def test_a_server_that_is_away_is_tried_again() -> None:
    answer = SmtpGateway(f"smtp://127.0.0.1:{_free_port()}", "izin@ornek.com.tr").send(
        Envelope(1, Channel.EPOSTA, "a@ornek.com.tr", "Konu", "Metin"))
    assert isinstance(answer, Retry)


def test_doctor_tries_the_mail_server_and_sends_nothing(mailbox: tuple[Mailbox, str]) -> None:
    from ileti.cli.doctor import _mail

    box, url = mailbox
    given = settings().model_copy(update={"smtp_url": url, "mail_from": "izin@ornek.com.tr"})
    assert _mail(given).good
    assert box.mails == []
    assert _mail(settings().model_copy(update={"smtp_url": ""})).good
    for wrong in (url + "?starttls=1", url.replace("//", "//ileti:secret-word@"),
                  f"smtp://127.0.0.1:{_free_port()}"):
        found = _mail(given.model_copy(update={"smtp_url": wrong}))
        assert not found.good
        assert "SMTP_URL" in found.remedy
        assert "secret-word" not in found.what + found.remedy


def test_line_breaks_never_make_a_header(mailbox: tuple[Mailbox, str]) -> None:
    box, url = mailbox
    SmtpGateway(url, "izin@ornek.com.tr").send(
        Envelope(1, Channel.EPOSTA, "a@ornek.com.tr", "Konu\r\nBcc: b@ornek.com.tr", "Metin"))
    assert box.mails[0]["Bcc"] is None
    assert "Bcc" in box.mails[0]["Subject"]


def test_a_sent_message_leaves_the_queue_and_a_code_is_forgotten(
    fake: Callable[..., Gateway], write: Callable[..., int], conn: Any
) -> None:
    gateway = fake()
    message = write("+905992134117", MessageKind.CODE)
    send.send_waiting()
    assert "482119" in gateway.got[0].text
    assert "/n/4" in gateway.got[0].text
    assert row(conn, message) == (True, None, False, None, False, None)


def test_a_failure_is_tried_again_later(
    fake: Callable[..., Gateway], write: Callable[..., int], conn: Any
) -> None:
    gateway = fake(Retry("busy"))
    message = write()
    assert send.send_waiting() == {"sent": 0, "retry": 1, "parked": 0}
    assert row(conn, message)[3:] == (1, False, "busy")
    assert send.send_waiting()["sent"] == 0
    conn.execute("update outbox set next_at = now() where topic = 2 and ref_id = %s", (message,))
    assert send.send_waiting()["sent"] == 1
    assert [m.message_id for m in gateway.got] == [message, message]


def test_what_is_refused_is_parked_with_its_reason(
    fake: Callable[..., Gateway], write: Callable[..., int], conn: Any
) -> None:
    fake(Refused("SMTP 550"))
    message = write()
    assert send.send_waiting()["parked"] == 1
    assert row(conn, message)[1] == "SMTP 550"
    assert row(conn, message)[4:] == (True, "SMTP 550")


def test_after_ten_tries_a_message_is_parked(
    fake: Callable[..., Gateway], write: Callable[..., int], conn: Any
) -> None:
    fake(Retry("busy"))
    message = write()
    conn.execute("update outbox set tries = 9 where topic = 2 and ref_id = %s", (message,))
    assert send.send_waiting()["parked"] == 1


def test_a_code_that_expired_in_the_queue_is_not_sent(
    fake: Callable[..., Gateway], write: Callable[..., int], conn: Any
) -> None:
    gateway = fake()
    message = write(kind=MessageKind.CODE, due=timedelta(seconds=-1))
    assert send.send_waiting()["parked"] == 1
    assert gateway.got == []
    assert "expired" in row(conn, message)[1]


def test_a_gateway_that_breaks_costs_one_try_and_not_the_job(
    fake: Callable[..., Gateway], write: Callable[..., int], conn: Any
) -> None:
    gateway = fake()
    gateway.send = lambda message: 1 / 0  # type: ignore[assignment,method-assign]
    message = write()
    assert send.send_waiting()["retry"] == 1
    assert row(conn, message)[5] == "ZeroDivisionError"


def test_two_workers_do_not_send_the_same_message(
    fake: Callable[..., Gateway], write: Callable[..., int]
) -> None:
    fake()
    write()
    first, second = send.claim(10), send.claim(10)
    assert (len(first), len(second)) == (1, 0)


def test_a_worker_that_overslept_cannot_close_another_ones_claim(
    fake: Callable[..., Gateway], write: Callable[..., int], conn: Any
) -> None:
    fake()
    message = write()
    slow = send.claim(1)[0]
    conn.execute("update outbox set next_at = now() where topic = 2 and ref_id = %s", (message,))
    send.claim(1)
    send._close(slow)
    assert row(conn, message)[3] == 2


def test_an_erased_person_gets_nothing(
    fake: Callable[..., Gateway], write: Callable[..., int], database: str
) -> None:
    gateway = fake()
    message = write()
    with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute("update recipient set addr_ct = null, addr_hash = null, leaf_key = null "
                      "where id = (select recipient_id from message where id = %s)", (message,))
    assert send.send_waiting()["parked"] == 1
    assert gateway.got == []


def test_r10_a_late_confirmation_is_sent_and_marked(
    fake: Callable[..., Gateway], write: Callable[..., int], conn: Any
) -> None:
    fake()
    message = write()
    with clock.freeze(clock.now() + timedelta(days=1)):
        send.send_waiting()
    assert row(conn, message)[:2] == (True, "R-10: late")


@pytest.mark.parametrize(("language", "says"), [
    ("tr", ("Okundu, anlaşıldı: ", "Rıza verildi: ", ", sürüm 1")),
    ("en", ("Read and understood: ", "Consent given: ", ", version 1"))])
def test_a_confirmation_names_the_acts_about_personal_data_of_its_click_too(
    fake: Callable[..., Gateway], conn: Any, place: Any, language: str, says: tuple[str, ...]
) -> None:
    gateway, mail = fake(), f"onay-{language}-{place.brand_id}@ornek.com.tr"
    kinds = (text(place, "AYDINLATMA"), Act.READ), (text(place), Act.GIVEN)
    done, _ = record_acts(click(place), [act(of, what, address=mail) for of, what in kinds])
    record_acts(click(place), [act(text(place, "AYDINLATMA"), Act.SHOWN, address=mail)])
    person = conn.execute("select recipient_id from kvkk_entry where submission_id = %s limit 1",
                          (done.submission_id,)).fetchone()[0]
    enqueue(conn, [confirmation(
        provider_id=place.provider_id, brand_id=place.brand_id, recipient_id=person,
        submission_id=done.submission_id, at=clock.now(), channels=[Channel.EPOSTA],
        language=language, person="Nazlı", place="Örnek")])
    send.send_waiting()
    mail_sent = next(one for one in gateway.got if one.to == mail)
    for word in says:
        assert word in mail_sent.text
    assert says[0].partition(":")[0] in (mail_sent.html or "")
    assert not {"Gösterildi", "Shown"} & set(mail_sent.text.replace(":", " ").split())


def test_a_confirmation_by_sms_names_sender_and_a_way_to_refuse(
    fake: Callable[..., Gateway], write: Callable[..., int]
) -> None:
    gateway = fake()
    write("+905992134118")
    send.send_waiting()
    text = gateway.got[0].text
    assert "Defne Ev Tekstili San. ve Tic. A.Ş." in text
    assert "/r/" in text


@pytest.mark.parametrize("to", ["+905992134119", "mersissiz@ornek.com.tr"])
@pytest.mark.parametrize("mersis", ["", "0608012345300014"])
def test_a_provider_is_named_with_its_mersis_number_when_it_has_one(
    fake: Callable[..., Gateway], write: Callable[..., int], conn: Any, place: Any, to: str,
    mersis: str,
) -> None:
    conn.execute("update provider set mersis = nullif(%s, '') where id = %s",
                 (mersis, place.provider_id))
    gateway = fake()
    write(to)
    send.send_waiting()
    said = gateway.got[0].text + (gateway.got[0].html or "")
    assert ("MERSİS" in said) == bool(mersis)
    assert mersis in said


def test_production_never_sends_into_the_demos_phone() -> None:
    real = settings().model_copy(update={"ileti_env": "production", "smtp_url": "smtp://x"})
    assert gateway_for(Channel.MESAJ, real).name == "none"
    assert gateway_for(Channel.EPOSTA, real).name == "smtp"
    assert gateway_for(Channel.MESAJ, settings()).name == "demo"


# -- what may have gone out ------------------------------------------------------------------------


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Scripted, str]]:
    """A mail server that takes the mail and never answers its last dot; and its URL."""
    monkeypatch.setattr("ileti.channels.gateways.smtp.DOT_SECONDS", 0.2)
    dots: list[str] = []
    over = threading.Event()

    def answer(verb: str, mails: int) -> str | None:
        if verb == "DOT":
            dots.append(verb)
            over.wait(20)
            return None
        return willing(verb, mails)

    made = Scripted(answer)
    made.dots = dots  # type: ignore[attr-defined]
    yield made, f"smtp://127.0.0.1:{made.server.port}"
    over.set()
    made.close()


def again(conn: Any, message: int) -> None:
    """Let a message be due once more."""
    conn.execute("update outbox set next_at = now() where topic = 2 and ref_id = %s", (message,))


def test_a_server_silent_after_the_dot_gets_a_confirmation_once_and_it_stands_in_doubt(
    silent: tuple[Any, str], write: Callable[..., int], conn: Any
) -> None:
    server, url = silent
    carry(Channel.EPOSTA, SmtpGateway(url, "izin@ornek.com.tr"))
    try:
        message = write()
        assert send.send_waiting()["parked"] == 1
        for _ in range(3):
            again(conn, message)
            send.send_waiting()
    finally:
        carry(Channel.EPOSTA, None)
    assert len(server.dots) == 1
    assert row(conn, message)[1].startswith(send.DOUBT)
    assert row(conn, message)[0] is False


def test_a_code_whose_mail_is_in_doubt_is_tried_again(
    silent: tuple[Any, str], write: Callable[..., int], conn: Any
) -> None:
    server, url = silent
    carry(Channel.EPOSTA, SmtpGateway(url, "izin@ornek.com.tr"))
    try:
        message = write(kind=MessageKind.CODE)
        assert send.send_waiting()["retry"] == 1
        again(conn, message)
        assert send.send_waiting()["retry"] == 1
    finally:
        carry(Channel.EPOSTA, None)
    assert len(server.dots) == 2


@pytest.mark.parametrize("verb", ["EHLO", "MAIL", "RCPT", "DATA"])
def test_a_mail_server_that_breaks_before_the_dot_is_tried_again(
    write: Callable[..., int], conn: Any, verb: str
) -> None:
    server = Scripted(lambda said, mails: None if said == verb else willing(said, mails))
    carry(Channel.EPOSTA, SmtpGateway(f"smtp://127.0.0.1:{server.server.port}",
                                      "izin@ornek.com.tr"))
    try:
        message = write()
        assert send.send_waiting()["retry"] == 1
    finally:
        carry(Channel.EPOSTA, None)
        server.close()
    assert row(conn, message)[1] is None
    assert conn.execute("select handing_at from message where id = %s",
                        (message,)).fetchone() == (None,)


def test_a_worker_killed_after_the_mail_server_took_it_sends_no_second_mail(
    mailbox: tuple[Mailbox, str], write: Callable[..., int], conn: Any,
    monkeypatch: pytest.MonkeyPatch
) -> None:
    box, url = mailbox

    def killed(name: str) -> None:
        if name == "message.handed":
            raise KeyboardInterrupt

    carry(Channel.EPOSTA, SmtpGateway(url, "izin@ornek.com.tr"))
    try:
        message = write()
        with monkeypatch.context() as patch:
            patch.setattr(send, "reach", killed)
            with pytest.raises(KeyboardInterrupt):
                send.send_waiting()
        again(conn, message)
        assert send.send_waiting()["parked"] == 1
    finally:
        carry(Channel.EPOSTA, None)
    assert len(box.mails) == 1
    assert row(conn, message)[1].startswith(send.DOUBT)


def test_a_worker_that_overslept_its_lease_hands_nothing_over(
    fake: Callable[..., Gateway], write: Callable[..., int], conn: Any
) -> None:
    gateway = fake()
    gateway.once = True  # type: ignore[attr-defined]
    message = write()
    slow = send.claim(1)[0]
    again(conn, message)
    assert send.send_waiting()["sent"] == 1
    assert send._send_one(slow) == "retry"
    assert len(gateway.got) == 1
    assert row(conn, message)[0] is True


def test_a_job_whose_time_is_up_ends_and_its_confirmation_stands_in_doubt(
    fake: Callable[..., Gateway], write: Callable[..., int], conn: Any
) -> None:
    """RQ's alarm is an Exception: swallowed, one gateway that hangs would hold up every tenant."""
    gateway = fake()
    gateway.once = True  # type: ignore[attr-defined]

    def hang(_message: Envelope) -> Answer:
        raise JobTimeoutException

    gateway.send = hang  # type: ignore[method-assign]
    message = write()
    with pytest.raises(JobTimeoutException):
        send.send_waiting()
    again(conn, message)
    assert send.send_waiting()["parked"] == 1
    assert row(conn, message)[1].startswith(send.DOUBT)
