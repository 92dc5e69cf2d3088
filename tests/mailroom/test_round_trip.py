"""A mail arrives in the simulator's mailbox, and what its reader does there comes back as said."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.serving import make_server

from ileti.capture.refusals import open_refusal
from ileti.channels.base import Envelope
from ileti.channels.gateways.bulksmtp import BulkSmtp
from ileti.channels.gateways.demo import DemoGateway
from ileti.channels.gateways.smtpline import Server
from ileti.channels.mail import Mail
from ileti.channels.mailwire import Sender
from ileti.channels.render import refuse_url
from ileti.channels.sms import Later, Never, Taken
from ileti.consents import trouble
from ileti.consents.vocabulary import Channel, Source, Status
from ileti.mailroom import endpoints
from ileti.simulator.desk import Call
from ileti.simulator.mail import page
from ileti.simulator.mail.boxes import Mailboxes
from ileti.simulator.mail.smtpserver import MailServer
from ileti.simulator.pages import template
from tests.mailroom.conftest import ADDRESS, Person, mailbox


@pytest.fixture
def boxes() -> Iterator[Mailboxes]:
    """The simulator's mailboxes behind a mail server."""
    made = Mailboxes(lambda: datetime.now(UTC))
    server = MailServer("127.0.0.1", 0, made)
    yield made
    server.close()


@pytest.fixture
def live(app: Any, boxes: Mailboxes, person: Person) -> Iterator[str]:
    """İleti over HTTP, its door known to the simulator."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    secret, kept = endpoints.new_door()
    mailbox(person.conn, person.place, door_hash=kept)
    base = f"http://127.0.0.1:{server.server_port}"
    boxes.door = f"{base}/posta/gelen/{secret}"
    yield base
    server.shutdown()


def gateway(boxes: Mailboxes) -> BulkSmtp:
    return BulkSmtp(Server("127.0.0.1", boxes.port, tls="none", user="u", password="p"),
                    Sender("bilgi@magaza.test", "yanit@magaza.test", "iade@magaza.test"))


def send(boxes: Mailboxes, person: Person, base: str = "http://localhost") -> Any:
    place = person.place
    path = refuse_url(place.provider_id, place.brand_id, person.recipient_id, ["EPOSTA"], "tr"
                      ).partition("/r/")[2]
    letter = Mail(1, ADDRESS, "Yaz", "Merhaba", "<p>Merhaba</p>", mark=person.mark,
                  unsubscribe_url=f"{base}/r/{path}")
    assert gateway(boxes).send([letter]) == [Taken("1")]
    return boxes.newest()[0]


def states(person: Person) -> list[tuple[int, int]]:
    return [(status, source) for _, status, source in person.entries()][1:]


def test_the_button_of_the_mail_program_refuses_at_once_and_once(
        boxes: Mailboxes, person: Person, live: str) -> None:
    mail = send(boxes, person, live)
    assert [boxes.unsubscribe(mail) for _ in range(2)] == ["sent", "sent"]
    assert states(person) == [(Status.RET, Source.HS_WEB)]


def test_who_only_opens_the_link_refuses_nothing(
        boxes: Mailboxes, person: Person, live: str, app: Any) -> None:
    path = send(boxes, person, live).unsubscribe.partition(live)[2]
    assert open_refusal(path.removeprefix("/r/")).channels == (Channel.EPOSTA,)
    for method in ("GET", "HEAD"):
        answer = app.test_client(use_cookies=False).open(path, method=method)
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False)
    assert states(person) == []


@pytest.mark.parametrize("act", ["answer", "complain"])
def test_an_answer_and_a_complaint_are_refusals_by_mail(
        boxes: Mailboxes, person: Person, live: str, act: str) -> None:
    mail = send(boxes, person)
    said = boxes.answer(mail, "RET") if act == "answer" else boxes.complain(mail)
    assert (said, states(person)) == ("sent", [(Status.RET, Source.HS_EPOSTA)])


def test_a_bounce_closes_the_address(boxes: Mailboxes, person: Person, live: str) -> None:
    mail = send(boxes, person)
    assert boxes.bounce(mail, "5.1.1") == "sent"
    assert person.troubles() == [(trouble.Kind.HARD, "5.1.1", 1)]
    assert trouble.dead(person.place.provider_id, [ADDRESS], Channel.EPOSTA) == {0}


def test_addresses_of_the_simulator_behave_as_their_names_say(boxes: Mailboxes) -> None:
    letters = [Mail(n, to, "S", "T") for n, to in enumerate(
        ("yok@ornek.test", "dolu@ornek.test", "var@ornek.test"))]
    assert gateway(boxes).send(letters) == [
        Never("SMTP 550 5.1.1"), Later("SMTP 452 4.2.2"), Taken("2")]
    assert [one.to for one in boxes.newest()] == ["var@ornek.test"]


def test_a_mail_of_the_demo_arrives_there_too(boxes: Mailboxes) -> None:
    answer = DemoGateway(boxes.port).send(
        Envelope(7, Channel.EPOSTA, "kisi@ornek.test", "Kodunuz", "123456"))
    assert answer.outside_id == "demo-7"  # type: ignore[union-attr]
    assert boxes.newest()[0].header("Subject") == "Kodunuz"
    DemoGateway(1).send(Envelope(8, Channel.EPOSTA, "kisi@ornek.test", "S", "T"))


def test_a_mails_html_is_shown_in_a_frame_that_can_do_nothing(
        boxes: Mailboxes, person: Person) -> None:
    mail = send(boxes, person)
    call = Call("GET", f"/posta/{mail.number}/html", "x")
    shown, headers = page.serve(boxes, call, template("mail.html"), foreign=False)
    assert (shown.status, b"<p>Merhaba</p>" in shown.body) == (200, True)
    assert dict(headers)["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    around = page.serve(boxes, Call("GET", f"/posta/{mail.number}", "x"), template("mail.html"),
                        foreign=False)[0].body.decode()
    assert 'sandbox=""' in around
    assert "http://localhost/r/" in around


def test_forms_of_the_mailboxes_say_how_it_went(boxes: Mailboxes, person: Person) -> None:
    mail = send(boxes, person)

    def posted(path: str, **form: str) -> tuple[int, str]:
        call = Call("POST", path, "x", body=urlencode(form).encode())
        shown, headers = page.serve(boxes, call, template("mail.html"), foreign=False)
        return shown.status, dict(headers).get("Location", "")
    assert posted(f"/posta/{mail.number}/yanit", text="RET")[1].endswith("said=no_door")
    assert posted("/posta/kapi", url="http://baska.test/")[1].endswith("said=bad_door")
    assert posted("/posta/kapi", url="https://a.test/x", lang="en")[1] == "/posta?said=door&lang=en"
    assert posted("/posta/999/yanit")[0] == posted(f"/posta/{mail.number}/baska")[0] == 404
    assert page.serve(boxes, Call("POST", "/posta/kapi", "x"), None, foreign=True)[0].status == 403
