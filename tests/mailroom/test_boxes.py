"""Mailboxes are read once, marked and left as they are, whatever the server does."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from ileti.core import target
from ileti.core.errors import StorageAway
from ileti.core.secrets import secrets
from ileti.mailroom import boxes, intake
from tests.mailroom.conftest import Person, mailbox
from tests.mailroom.imapserver import ImapServer
from tests.mailroom.mails import bounce, complaint, written


@pytest.fixture
def server(conn: Any, person: Person) -> Iterator[ImapServer]:
    """A mailbox of the person's company at a server of ours, due; no other is."""
    conn.execute("update mailbox set active = false")
    made = ImapServer()
    mailbox(conn, person.place, host="127.0.0.1", port=made.port, tls="none", username="u",
            secret=secrets().keyring.encrypt_text("sifre", boxes.PURPOSE))
    yield made
    made.close()


def due(conn: Any) -> dict[str, int]:
    conn.execute("update mailbox set next_at = now()")
    return boxes.read_due()


def test_what_came_is_read_once_and_marked(conn: Any, person: Person, server: ImapServer) -> None:
    server.mails = {3: bounce(person.mark), 5: written("RET", person.mark),
                    9: written("Kargom nerede?", person.mark)}
    assert due(conn) == {"counted": 1, "refused": 1, "unclear": 1}
    assert server.flags == {3: r"\Seen", 5: r"\Seen", 9: r"\Flagged"}
    assert due(conn) == {}
    server.mails[12] = complaint(person.mark)
    assert due(conn) == {"refused": 1}
    assert len(server.mails) == 4
    assert "EXPUNGE" not in server.log
    assert conn.execute("select uid_validity, last_uid, problem from mailbox where active"
                        ).fetchone() == (7, 12, None)


def test_a_server_that_counts_anew_makes_nothing_count_twice(
        conn: Any, person: Person, server: ImapServer) -> None:
    server.mails = {3: bounce(person.mark), 5: written("RET", person.mark)}
    due(conn)
    server.validity, server.mails = 8, {1: server.mails[3], 2: server.mails[5]}
    due(conn)
    assert [row[2] for row in person.troubles()] == [1]
    assert len(person.entries()) == 2


def test_a_mail_too_large_is_not_fetched_and_waits_for_a_person(
        conn: Any, person: Person, server: ImapServer) -> None:
    server.mails, server.sizes = {4: b"x"}, {4: 10**9}
    assert due(conn) == {"unreadable": 1}
    assert server.log.count("UID FETCH") == 1
    assert server.flags == {4: r"\Flagged"}


def test_what_is_wrong_with_a_mailbox_is_said_without_a_name(
        conn: Any, person: Person, server: ImapServer) -> None:
    server.password = "baska"
    assert due(conn) == {}
    assert conn.execute("select problem from mailbox where active").fetchone() == (
        "user name or password is refused",)
    server.password = "sifre"
    conn.execute("update mailbox set folder = 'Yok' where active")
    due(conn)
    assert conn.execute("select problem from mailbox where active").fetchone() == (
        "there is no such folder",)


def test_a_fault_in_between_goes_on_with_the_mail_it_stopped_at(
        conn: Any, person: Person, server: ImapServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.mails = {3: bounce(person.mark), 5: written("RET", person.mark)}
    take = intake.take
    monkeypatch.setattr(intake, "take", lambda box, raw, where, at: take(box, raw, where, at)
                        if where.uid == 3 else (_ for _ in ()).throw(StorageAway()))
    assert due(conn) == {}
    monkeypatch.undo()
    assert due(conn) == {"refused": 1}
    assert [row[2] for row in person.troubles()] == [1]


def test_an_old_mailbox_refuses_nothing_that_was_consented_to_since(
        conn: Any, person: Person, server: ImapServer) -> None:
    conn.execute("update mailbox set uid_validity = 7, last_uid = 1 where active")
    server.mails = {3: written("RET", person.mark), 4: bounce(person.mark)}
    server.dates = dict.fromkeys((3, 4), "17-Jul-2024 02:44:25 +0300")
    assert due(conn) == {"refused": 1, "counted": 1}
    assert len(person.entries()) == 2
    assert conn.execute("select status from consent_state where provider_id = %s",
                        (person.place.provider_id,)).fetchone() == (1,)
    assert person.troubles() == []
    server.mails[5], server.dates[5] = written("RET", person.mark, more="X-A: 1\r\n"), "nonsense"
    due(conn)
    assert conn.execute("select status from consent_state where provider_id = %s",
                        (person.place.provider_id,)).fetchone() == (2,)


def test_a_mailbox_in_somebodys_hands_is_left_to_them(
        conn: Any, person: Person, server: ImapServer) -> None:
    conn.execute("update mailbox set next_at = now()")
    assert boxes._claim() is not None
    assert boxes._claim() is None


@pytest.mark.parametrize("withheld", ["SIZE", "BODY"])
def test_a_mail_the_server_does_not_give_now_is_read_later_and_never_passed_over(
        conn: Any, person: Person, server: ImapServer, withheld: str) -> None:
    server.mails, server.withheld = {3: written("RET", person.mark)}, withheld
    assert due(conn) == {}
    assert conn.execute("select problem, last_uid from mailbox where active").fetchone() == (
        "the server does not give a mail", 0)
    server.withheld = ""
    assert due(conn) == {"refused": 1}
    assert len(person.entries()) == 2


def test_a_mailbox_nobody_read_begins_with_the_mails_of_thirty_days(
        conn: Any, person: Person, server: ImapServer) -> None:
    server.mails = {1: bounce(person.mark), 2: written("RET", person.mark)}
    server.dates = {1: "17-Jul-2024 02:44:25 +0300"}
    assert due(conn) == {"refused": 1}
    assert server.flags == {2: r"\Seen"}


def test_of_a_large_mailbox_the_next_portion_is_read_at_once(
        conn: Any, person: Person, server: ImapServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boxes, "AT_ONCE", 2)
    server.mails = {uid: written(f"Kargom {uid}?", person.mark) for uid in range(1, 6)}
    server.mails[6] = written("RET", person.mark)
    assert due(conn) == {"unclear": 5, "refused": 1}
    assert conn.execute("select last_uid, next_at > now() from mailbox where active"
                        ).fetchone() == (6, True)


def test_a_mail_on_which_processes_die_is_left_to_a_person_the_third_time(
        conn: Any, person: Person, server: ImapServer, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def dies(*_: Any) -> Any:
        raise Killed

    server.mails = {3: written("x", person.mark), 5: written("RET", person.mark)}
    monkeypatch.setattr(intake, "take", dies)
    for _ in range(boxes.MOST_TRIES):
        with pytest.raises(Killed):
            due(conn)
    monkeypatch.undo()
    assert due(conn) == {"unreadable": 1, "refused": 1}
    assert server.flags == {3: r"\Flagged", 5: r"\Seen"}


def test_what_we_cannot_keep_now_is_tried_as_often_as_it_takes(
        conn: Any, person: Person, server: ImapServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> Any:
        raise StorageAway

    server.mails = {5: written("RET", person.mark)}
    monkeypatch.setattr(intake, "take", away)
    for _ in range(4):
        assert due(conn) == {}
    monkeypatch.undo()
    assert due(conn) == {"refused": 1}


def test_a_server_that_drips_has_its_time_and_no_more(
        conn: Any, person: Person, server: ImapServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boxes, "BUDGET", 0.3)
    server.drip = 0.05
    assert due(conn) == {}
    assert conn.execute("select problem from mailbox where active").fetchone() == (
        "no connection",)


@pytest.mark.parametrize("endless", [
    b"* 1 FETCH (UID 3 BODY[]<0> {999999999999}\r\n", b"* OK x\r\n" * 1_200_000])
def test_an_answer_longer_than_a_mail_is_not_taken(
        conn: Any, person: Person, server: ImapServer, endless: bytes) -> None:
    server.mails, server.endless = {3: written("RET", person.mark)}, endless
    assert due(conn) == {}
    problem, tries = conn.execute("select problem, tries from mailbox where active").fetchone()
    assert problem.startswith("the server broke off")
    assert tries == 0


@pytest.mark.parametrize("host", ["10.0.0.7", "169.254.169.254", "icerde.ornek.test"])
def test_a_mailbox_leads_nowhere_into_our_own_network_and_says_nothing_of_it(
        conn: Any, person: Person, server: ImapServer, monkeypatch: pytest.MonkeyPatch,
        host: str) -> None:
    monkeypatch.setattr(target, "look_up", lambda name, port, **_: [
        (2, 1, 6, "", ("10.0.0.7" if name.endswith("test") else name, port))])
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("it was called"))
    conn.execute("update mailbox set host = %s where active", (host,))
    claimed = boxes._claim()
    assert claimed is not None
    assert boxes.try_box(claimed) == "no connection"


def test_the_number_that_was_looked_at_is_the_one_that_is_called(
        conn: Any, person: Person, server: ImapServer, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[Any] = []
    monkeypatch.setattr(target, "look_up", lambda name, port, **_: [(2, 1, 6, "", (
        "93.184.216.34", port))])
    monkeypatch.setattr(socket, "create_connection",
                        lambda there, _: called.append(there) or (_ for _ in ()).throw(OSError))
    conn.execute("update mailbox set host = 'imap.ornek.com.tr', port = 993 where active")
    boxes.read_due()
    assert called == [("93.184.216.34", 993)]
