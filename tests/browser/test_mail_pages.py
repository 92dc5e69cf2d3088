"""The page of mail and the simulator's mailboxes in a real browser, by axe."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ileti.channels import mailkeys
from ileti.consents import trouble
from ileti.consents.trouble import Kind, Trouble
from ileti.mailroom import intake
from ileti.simulator.app import create_simulator
from tests.browser.axe import browsing, faults, look, serving
from tests.mailroom.conftest import consent, mailbox
from tests.mailroom.mails import written
from tests.panel.people import sign_in, user_with

pytestmark = pytest.mark.browser
LETTER = (b"From: Magaza <bilgi@magaza.test>\r\nTo: kisi@ornek.test\r\nSubject: Yaz\r\n"
          b"List-Unsubscribe: <http://127.0.0.1:1/r/x>\r\nMIME-Version: 1.0\r\n"
          b"Content-Type: text/html; charset=utf-8\r\n\r\n<p lang=tr>Merhaba</p>"
          b"<script>parent.document.title = 'kotu'</script>\r\n")


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's, which would share one context among all requests."""


def test_axe_finds_nothing_on_the_page_of_mail(
        app: Any, conn: Any, place: Any, chromium: Any) -> None:
    mailkeys.use(conn, place.provider_id, mailkeys.add(conn, place.provider_id, "magaza.test"))
    person, box = consent(conn, place), mailbox(conn, place, host="imap.magaza.test")
    trouble.note(conn, place.provider_id, Trouble(person, Kind.HARD, "5.1.1"))
    intake.take(box, written("Kargom nerede?"))
    client = sign_in(app, user_with(app, "provider_admin", place))
    with serving(app) as base, browsing(chromium, base, client) as page:
        page.goto(f"{base}/eposta/")
        page.locator(".row-actions summary").click()
        assert faults(page) == []
        page.fill("input[name=reason]", "Telefonda doğruladı")
        page.locator(".row-actions button").click()
        assert page.locator("#adresler table").count() == 0


def test_axe_finds_nothing_in_the_mailboxes_and_a_mail_can_do_nothing(chromium: Any) -> None:
    simulator = create_simulator()
    boxes = simulator.desk.mailboxes
    boxes.now = lambda: datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
    mail = boxes.take("iade@magaza.test", "kisi@ornek.test", LETTER)
    with serving(simulator) as base, browsing(chromium, base) as page:
        for path in ("/posta", f"/posta/{mail.number}"):
            page.goto(base + path)
            assert faults(page) == [], path
        assert page.frame_locator("iframe").locator("p").inner_text() == "Merhaba"
        assert page.title() == "Yaz · İleti"


@pytest.mark.parametrize("language", ["tr", "en"])
def test_axe_finds_nothing_where_a_mail_becomes_a_request(
        app: Any, conn: Any, place: Any, chromium: Any, language: str) -> None:
    box = mailbox(conn, place)
    intake.take(box, written("Hakkımda hangi verileri tuttuğunuzu bildirin.\n\nİyi çalışmalar",
                             subject="KVKK başvurusu"))
    number = conn.execute("select max(id) from returned_mail where provider_id = %s",
                          (place.provider_id,)).fetchone()[0]
    client = sign_in(app, user_with(app, "compliance_officer", place))
    with serving(app) as base, browsing(chromium, base, client) as page:
        page.goto(f"{base}/lang/{language}")
        page.goto(f"{base}/eposta/okunacak/{number}")
        look(page, f"okunacak-{language}")
        page.locator(f"form[action$='/basvurular/posta/{number}'] button").click()
        page.wait_for_selector("#wish")
        look(page, f"postadan-{language}")
        page.locator("input[name=right]").first.check()
        page.locator("form[enctype] .btn.primary").click()
        page.wait_for_url("**/basvurular/BSV-**")
        page.goto(f"{base}/eposta/okunacak/{number}")
        look(page, f"basvuru-oldu-{language}")
