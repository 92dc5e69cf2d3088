"""What happens while somebody is being erased: nobody else waits, and nothing that is said or sent
in the same moment is lost (R-46, R-64)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from ileti.channels.base import MessageKind
from ileti.channels.messages import NewMessage, enqueue
from ileti.consents import ledger
from ileti.consents.audit import audit
from ileti.consents.vocabulary import Channel, Outcome, RecipientType, Source, Standing, Status
from ileti.core import clock, db
from ileti.core.errors import CallerMistake, StorageAway, TryLater
from ileti.evidence import links, vault
from ileti.evidence.kinds import Role
from ileti.kvkk import ledger as acts
from ileti.kvkk.vocabulary import Act
from ileti.retention import destroy, holds, log, witness  # noqa: F401
from ileti.retention.periods import Kind
from tests.evidence.samples import pdf
from tests.evidence.sealed_house import seal_all
from tests.kvkk.house import act, click, text
from tests.retention.old_house import ago, is_there, person, took

ADDRESS, OTHER = "+905990000001", "+905990000002"
OF_THE_ACT = "+905991112233"  # tests/kvkk/house.py


@pytest.fixture
def beside(shop: Any) -> Iterator[psycopg.Connection[Any]]:
    """A second connection of the application."""
    conn = db.connect()
    yield conn
    conn.close()


@pytest.fixture
def due(shop: Any, owner: Any) -> ledger.Recorded:
    """A refusal of eleven years ago."""
    return took(owner, shop, ADDRESS, ago(11), Status.RET)


def erasing(conn: Any, place: Any, done: ledger.Recorded) -> list[int]:
    """Erase in the connection's open transaction, with its line."""
    number, previous = log.next_line(conn)
    ids: list[int] = conn.execute("select destroy_persons(%s, %s, %s)", (
        number, place.provider_id, [person(done)])).fetchone()[0]
    if ids:
        log.write(conn, number, previous, Kind.PERSON, ids=ids, provider_id=place.provider_id)
    return ids


def says(place: Any, address: str = ADDRESS, status: Status = Status.ONAY) -> ledger.RecordedItem:
    """The person says something, now."""
    item = ledger.NewConsent(address=address, channel=Channel.MESAJ, status=status,
                             consent_date=clock.whole_second(clock.now()),
                             recipient_type=RecipientType.BIREYSEL)
    return ledger.record(ledger.NewSubmission(
        place=place, idem=f"simdi:{address[1:]}", body_hash=b"b" * 32, source=Source.HS_WEB,
        standing=Standing.VERIFIED, items=[item], evidence={}, person={"name": "N."})).items[0]


def code_to(done: ledger.Recorded, place: Any) -> NewMessage:
    return NewMessage(
        provider_id=place.provider_id, brand_id=place.brand_id, recipient_id=person(done),
        submission_id=None, channel=Channel.MESAJ, kind=MessageKind.CODE,
        content={"lang": "tr", "code": "1"}, due_at=clock.now() + timedelta(minutes=5))


def waiting(work: Callable[[], Any], owner: Any) -> Callable[[], Any]:
    """Begin ``work`` in a thread and come back when it waits for a lock; the answer of what comes
    back is what it answered."""
    answers: list[Any] = []

    def run() -> None:
        try:
            answers.append(work())
        except BaseException as error:
            answers.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    until = time.monotonic() + 5
    while time.monotonic() < until and not answers and not owner.execute(
            "select from pg_stat_activity where wait_event_type = 'Lock' "
            "and datname = current_database()").fetchall():
        time.sleep(0.005)

    def answer() -> Any:
        thread.join(10)
        if isinstance(answers[0], BaseException):
            raise answers[0]
        return answers[0]

    return answer


def test_nobody_else_waits_while_somebody_is_erased(
        shop: Any, owner: Any, beside: Any, due: Any) -> None:
    known = took(owner, shop, OTHER, ago(11), Status.RET)
    db.connection().execute("set lock_timeout = '50ms'")
    with beside.transaction():
        assert erasing(beside, shop, due) == [person(due)]
        assert says(shop, OTHER).recipient_id == person(known)
        assert says(shop, "+905990000003").outcome is Outcome.RECORDED
    assert not is_there(owner, person(due))


@pytest.mark.attack
def test_who_says_something_while_being_erased_is_a_new_person_of_whom_nothing_is_lost(
        shop: Any, owner: Any, beside: Any, due: Any) -> None:
    seal_all()
    with beside.transaction():
        erasing(beside, shop, due)
        answer = waiting(lambda: says(shop), owner)
    said = answer()
    assert said.recipient_id != person(due)
    assert is_there(owner, said.recipient_id)
    seal_all()
    assert (audit().findings, audit().erased) == ([], 1)


def test_whose_word_is_being_written_is_passed_over_and_then_not_due(
        shop: Any, owner: Any, beside: Any, due: Any) -> None:
    item = ledger.NewConsent(address=ADDRESS, channel=Channel.MESAJ, status=Status.ONAY,
                             consent_date=clock.whole_second(clock.now()), source=Source.HS_WEB,
                             standing=Standing.VERIFIED)
    with beside.transaction():
        ledger.record_chunk(beside, ledger.NewSubmission(
            place=shop, idem="bir:liste:1", body_hash=b"0" * 16, source=Source.HS_WEB,
            standing=Standing.VERIFIED, items=[item]))
        with db.transaction() as conn:
            assert erasing(conn, shop, due) == []
    destroy.run_now()
    assert is_there(owner, person(due))


def test_an_act_of_somebody_being_erased_is_a_new_persons(
        shop: Any, owner: Any, beside: Any, due: Any) -> None:
    old, of = took(owner, shop, OF_THE_ACT, ago(11), Status.RET), text(shop)
    with beside.transaction():
        erasing(beside, shop, old)
        answer = waiting(lambda: acts.record(click(shop), [act(of, Act.GIVEN)]), owner)
    answer()
    [(rid,)] = owner.execute("select distinct recipient_id from kvkk_entry").fetchall()
    assert rid != person(old)
    assert is_there(owner, rid)


def test_a_message_that_is_being_queued_is_kept_and_so_is_its_person(
        shop: Any, owner: Any, beside: Any, due: Any) -> None:
    with beside.transaction():
        enqueue(beside, [code_to(due, shop)])
        with db.transaction() as conn:
            assert erasing(conn, shop, due) == []
    destroy.run_now()
    assert is_there(owner, person(due))
    assert owner.execute("select count(*) from message").fetchone()[0] == 1


def test_a_message_that_is_being_queued_keeps_what_was_said_before(
        shop: Any, owner: Any, beside: Any) -> None:
    done = took(owner, shop, ADDRESS, ago(15))
    owner.execute("update consent_state set iys_status = 4")  # İYS refused it
    with beside.transaction():
        enqueue(beside, [code_to(done, shop)])
        with db.transaction() as conn:
            number, _ = log.next_line(conn)
            assert conn.execute("select destroy_submissions(%s, %s, %s)", (
                number, shop.provider_id, [done.submission_id])).fetchone() == ([],)
    assert destroy.run_now()[1] == 0


def test_nothing_is_queued_for_somebody_who_is_being_erased(
        shop: Any, owner: Any, beside: Any, due: Any) -> None:
    def queue() -> None:
        with db.transaction() as conn:
            enqueue(conn, [code_to(due, shop)])

    with beside.transaction():
        erasing(beside, shop, due)
        answer = waiting(queue, owner)
    with pytest.raises(StorageAway):
        answer()
    assert owner.execute("select count(*) from message").fetchone()[0] == 0


def test_a_hold_that_is_being_placed_holds(shop: Any, owner: Any, beside: Any, due: Any) -> None:
    with beside.transaction():
        beside.execute("select pg_advisory_xact_lock(%s)", (log.LOCK,))
        beside.execute("insert into legal_hold (provider_id, reason) values (%s, 'Dava')",
                       (shop.provider_id,))
        answer = waiting(destroy.run_now, owner)
    assert answer()[1] == 0
    assert is_there(owner, person(due))
    assert len(holds.matching(shop.provider_id, person(due))) == 1


def test_no_proof_is_added_to_somebody_who_is_being_erased(
        shop: Any, owner: Any, beside: Any, due: Any, folder: Any) -> None:
    kept = vault.put(shop.provider_id, [pdf("form")], "form.pdf")
    with beside.transaction():
        erasing(beside, shop, due)
        answer = waiting(lambda: links.link(
            due.items[0].entry_id, kept, Role.SIGNED_FORM, "form.pdf", by=None), owner)
    with pytest.raises(TryLater):
        answer()
    with pytest.raises(CallerMistake):
        links.link(due.items[0].entry_id, kept, Role.SIGNED_FORM, "form.pdf", by=None)
    assert owner.execute("select count(*) from entry_file").fetchone()[0] == 0


def destroying_file(conn: Any, place: Any, file_id: int) -> list[int]:
    number, previous = log.next_line(conn)
    ids: list[int] = conn.execute("select destroy_files(%s, %s, %s)", (
        number, place.provider_id, [file_id])).fetchone()[0]
    if ids:
        log.write(conn, number, previous, Kind.FILE, ids=ids, provider_id=place.provider_id)
    return ids


@pytest.fixture
def old_file(shop: Any, owner: Any, folder: Any) -> vault.Kept:
    """A file that came eleven years ago and proves nothing."""
    kept = vault.put(shop.provider_id, [pdf("form")], "form.pdf")
    owner.execute("update evidence_file set created_at = %s", (ago(11),))
    return kept


def test_a_file_that_is_being_linked_is_passed_over_and_then_kept(
        shop: Any, owner: Any, beside: Any, old_file: vault.Kept) -> None:
    said = says(shop)
    with beside.transaction():
        beside.execute("select link_entry_file(%s, %s, %s, 1::smallint, 'x', null)",
                       (shop.provider_id, said.entry_id, old_file.id))
        with db.transaction() as conn:
            assert destroying_file(conn, shop, old_file.id) == []
    destroy.run_now()
    assert vault.describe(shop.provider_id, [old_file.id])


def test_a_file_that_is_being_destroyed_is_linked_no_more_and_kept_anew(
        shop: Any, owner: Any, beside: Any, old_file: vault.Kept) -> None:
    said = says(shop)
    with beside.transaction():
        assert destroying_file(beside, shop, old_file.id) == [old_file.id]
        answer = waiting(lambda: links.link(
            said.entry_id, old_file, Role.SIGNED_FORM, "form.pdf", by=None), owner)
    with pytest.raises(TryLater):
        answer()
    again = vault.put(shop.provider_id, [pdf("form")], "form.pdf")
    assert (again.id != old_file.id, again.fresh) == (True, True)
    assert links.link(said.entry_id, again, Role.SIGNED_FORM, "form.pdf", by=None)
