"""The page of mail shows what is needed, changes what was asked, and shows no secret twice."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from ileti.channels import mailkeys
from ileti.consents import trouble
from ileti.consents.ledger import ActorKind
from ileti.consents.trouble import Kind, Trouble
from ileti.consents.vocabulary import Channel
from ileti.core import clock
from ileti.mailroom import deciding, dnscheck, intake
from ileti.mailroom.dnscheck import Found
from tests.mailroom.conftest import ADDRESS, Person, mailbox
from tests.mailroom.imapserver import ImapServer
from tests.mailroom.mails import written
from tests.panel.people import sign_in, user_with


@pytest.fixture
def admin(app: Any, person: Person) -> Any:
    """Signed in as the administrator of the person's company; posts with a token."""
    client = sign_in(app, user_with(app, "provider_admin", person.place))

    def ask(path: str, **form: str) -> Any:
        if not form:
            return client.get(path)
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/eposta/").text)
        assert token
        return client.post(path, data=form | {"csrf_token": token[1]})
    return ask


def test_a_key_is_made_used_and_rests(admin: Any, person: Person) -> None:
    assert admin("/eposta/anahtar", domain="magaza.test", selector="s1").status_code == 303
    key, = mailkeys.listed(person.conn, person.place.provider_id)
    page = admin("/eposta/").text
    assert key.record in page
    assert "s1._domainkey.magaza.test" in page
    assert "PRIVATE" not in page
    for state in ("on", "off"):
        admin(f"/eposta/anahtar/{key.id}", durum=state)
        assert mailkeys.find(person.conn, person.place.provider_id, key.id).in_use is (
            state == "on")
    wrong = admin("/eposta/anahtar", domain="magaza", private="x")
    assert (wrong.status_code, 'value="magaza"' in wrong.text) == (422, True)


def test_a_dead_address_is_listed_masked_and_cleared_with_a_reason(
        admin: Any, person: Person) -> None:
    trouble.note(person.conn, person.place.provider_id,
                 Trouble(person.recipient_id, Kind.HARD, "5.1.1"))
    page = admin("/eposta/").text
    assert ADDRESS not in page
    assert "5.1.1" in page
    path = f"/eposta/adres/{person.recipient_id}/1"
    assert admin(path, reason=" ").status_code == 422
    assert admin(path, reason="Telefonda doğruladı").status_code == 303
    assert trouble.dead(person.place.provider_id, [ADDRESS], Channel.EPOSTA) == set()
    assert admin(path, reason="Bir daha").status_code == 404


def test_a_mailbox_is_kept_tried_and_given_an_address_that_is_shown_once(
        admin: Any, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    server = ImapServer()
    admin("/eposta/kutu", address="Iade@magaza.test", host="127.0.0.1", port=str(server.port),
          tls="none", username="u", password="sifre")
    number, secret = person.conn.execute(
        "select id, secret from mailbox where provider_id = %s and host <> ''",
        (person.place.provider_id,)).fetchone()
    assert "sifre" not in secret + admin("/eposta/").text
    admin(f"/eposta/kutu/{number}", **{"is": "try"})
    assert "yanıt veriyor" in admin("/eposta/").text
    made = admin(f"/eposta/kutu/{number}", **{"is": "door"}).text
    assert "/posta/gelen/" in made
    assert "/posta/gelen/" not in admin("/eposta/").text
    admin(f"/eposta/kutu/{number}", **{"is": "off"})
    assert person.conn.execute("select active from mailbox where id = %s", (number,)
                               ).fetchone() == (False,)
    server.close()
    assert admin("/eposta/kutu", address="x", host="a b").status_code == 422


def test_a_mail_that_nobody_understood_is_on_the_page(admin: Any, person: Person) -> None:
    intake.take(person.box, written("Kargom nerede?", person.mark))
    page = admin("/eposta/").text
    assert 'id="okunacak"' in page
    assert "Kargom" not in page


def test_another_company_reaches_none_of_it(app: Any, person: Person, place_b: Any) -> None:
    client = sign_in(app, user_with(app, "provider_admin", place_b))
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/eposta/").text)
    assert token
    number = mailkeys.add(person.conn, person.place.provider_id, "magaza.test")
    trouble.note(person.conn, person.place.provider_id, Trouble(person.recipient_id, Kind.HARD))
    for path, form in ((f"/eposta/anahtar/{number}", {"durum": "on"}),
                       (f"/eposta/kutu/{person.box.id}", {"is": "door"}),
                       (f"/eposta/kutu/{person.box.id}", {"is": "try"}),
                       (f"/eposta/adres/{person.recipient_id}/1", {"reason": "x"})):
        form |= {"csrf_token": token[1], "saglayici": str(person.place.provider_id)}
        assert client.post(path, data=form).status_code == 404, path
    assert "magaza.test" not in client.get(
        f"/eposta/?saglayici={person.place.provider_id}").text


def test_records_in_dns_are_compared_and_what_cannot_be_asked_is_not_wrong(
        conn: Any, place: Any) -> None:
    number = mailkeys.add(conn, place.provider_id, "magaza.test", selector="s1")
    key = mailkeys.find(conn, place.provider_id, number)
    half = len(key.record) // 2
    known: dict[str, list[str] | None] = {
        key.host: [key.record[:half] + " " + key.record[half:]],
        "magaza.test": ["v=spf1 -all", "v=spf1 +all"], "_dmarc.magaza.test": None}
    assert dnscheck.check([key], known.get) == {
        key.host: Found.GOOD, "magaza.test": Found.OTHER, "_dmarc.magaza.test": Found.UNKNOWN}
    assert dnscheck.check([key], lambda _: [])[key.host] is Found.MISSING
    assert dnscheck.check([key], lambda _: ["v=DKIM1; p=AAAA"])[key.host] is Found.OTHER


def test_whose_records_are_kept_for_the_law_alone_is_not_on_the_page(
        admin: Any, person: Person) -> None:
    """R-64: neither the address, masked, nor what became of it."""
    trouble.note(person.conn, person.place.provider_id,
                 Trouble(person.recipient_id, Kind.HARD, "5.1.77"))
    assert "5.1.77" in admin("/eposta/").text
    person.conn.execute(
        "insert into restriction (provider_id, recipient_id, since, reason) values (%s, %s, "
        "now(), 1)", (person.place.provider_id, person.recipient_id))
    assert "5.1.77" not in admin("/eposta/").text


def unclear(person: Person, text: str, mark: Any = None) -> int:
    """A mail nobody understood; its number."""
    intake.take(person.box, written(text, mark))
    number: int = person.conn.execute(
        "select max(id) from returned_mail where provider_id = %s",
        (person.place.provider_id,)).fetchone()[0]
    return number


def test_a_mail_that_was_pushed_is_read_and_refuses_what_a_person_reads_in_it(
        admin: Any, person: Person) -> None:
    number = unclear(person, "Bu kampanyaları artık görmeyeyim")
    assert f'href="/eposta/okunacak/{number}"' in admin("/eposta/").text
    page = admin(f"/eposta/okunacak/{number}").text
    assert ("iade@magaza.test" in page, " object at " in page) == (True, False)
    assert "artık görmeyeyim" in page
    assert ADDRESS not in page
    assert ADDRESS in admin(f"/eposta/okunacak/{number}/ac", x="1").text
    for _ in range(2):
        assert admin(f"/eposta/okunacak/{number}/karar", karar="ret").status_code == 303
    assert person.entries()[1:] == [(3, 2, 9)]
    said, actor, files = person.conn.execute(
        "select s.evidence, s.actor_kind, (select count(*) from entry_file l where l.provider_id = "
        "s.provider_id) from submission s where s.provider_id = %s and s.evidence ->> 'flow' = "
        "'mail-read'", (person.place.provider_id,)).fetchone()
    assert (said["by"], said["marked"], actor, files) == ("person", False, ActorKind.USER, 1)
    assert 'id="okunacak"' not in admin("/eposta/").text
    assert person.conn.execute(
        "select count(*) from audit_entry where action in ('mail:decide', 'mail:reveal') "
        "and provider_id = %s", (person.place.provider_id,)).fetchone() == (2,)


def test_what_was_set_aside_changes_nothing_and_its_words_go_after_a_month(
        admin: Any, person: Person) -> None:
    number = unclear(person, "Kargom nerede?", person.mark)
    assert admin(f"/eposta/okunacak/{number}/karar", karar="yok").status_code == 303
    assert len(person.entries()) == 1
    asked = "select text_ct is null from returned_mail where id = %s"
    deciding.forget_words()
    assert person.conn.execute(asked, (number,)).fetchone() == (False,)
    with clock.freeze(clock.now() + timedelta(days=31)):
        deciding.forget_words()
    assert person.conn.execute(asked, (number,)).fetchone() == (True,)
    assert "Kargom" not in admin(f"/eposta/okunacak/{number}").text


def test_a_mail_that_nobody_can_read_shows_its_beginning_and_is_set_aside(
        admin: Any, person: Person) -> None:
    intake.take(person.box, b"Subject: Derin\r\n\r\nretreddediyorum\r\n" + b"boundary" * 300)
    number, = person.conn.execute("select max(id) from returned_mail where provider_id = %s",
                                  (person.place.provider_id,)).fetchone()
    page = admin(f"/eposta/okunacak/{number}").text
    assert "Derin" in page
    assert "retreddediyorum" in page
    assert 'value="ret"' not in page
    admin(f"/eposta/okunacak/{number}/karar", karar="ret")
    assert 'id="okunacak"' in admin("/eposta/").text


def test_a_decision_counts_from_the_day_the_mail_came(admin: Any, person: Person) -> None:
    number = unclear(person, "Bu kampanyaları artık görmeyeyim", person.mark)
    person.conn.execute("update returned_mail set said_at = '2026-01-05' where id = %s", (number,))
    admin(f"/eposta/okunacak/{number}/karar", karar="hepsi")
    assert person.entries()[1:] == [(3, 2, 9)]
    assert person.conn.execute("select status from consent_state where provider_id = %s",
                               (person.place.provider_id,)).fetchone() == (1,)


def test_who_may_not_decide_reads_no_mail(app: Any, person: Person, place_b: Any) -> None:
    number = unclear(person, "Kargom nerede?", person.mark)
    for role, place in (("provider_admin", place_b), ("call_centre_agent", person.place)):
        client = sign_in(app, user_with(app, role, place))
        answer = client.get(f"/eposta/okunacak/{number}")
        assert answer.status_code != 200 or "Kargom" not in answer.text


def test_a_brand_written_in_other_digits_is_told_and_no_fault(admin: Any) -> None:
    assert admin("/eposta/kutu", address="a@magaza.test", brand="²").status_code == 422


def test_many_mailboxes_are_asked_about_in_one_statement(
        person: Person, place_b: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_STRANGERS", 1)
    busy = mailbox(person.conn, person.place, address="dolu@magaza.test")
    mailbox(person.conn, person.place, address="sakin@magaza.test")
    for number in range(2):
        intake.take(busy, written("Kargom?", sender=f"a{number}@ornek.test"))
    intake.take(person.box, written("Kargom?", sender="b@ornek.test"))
    intake.take(mailbox(person.conn, place_b), written("Kargom?", sender="c@ornek.test"))
    asked, real = list[str](), type(person.conn).execute
    monkeypatch.setattr(type(person.conn), "execute", lambda self, query, *more, **named: (
        asked.append(str(query)), real(self, query, *more, **named))[1])
    found = intake.crowded(person.conn, person.place.provider_id)
    assert (found, len(asked)) == (["dolu@magaza.test"], 1)
