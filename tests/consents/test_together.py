"""Clicks of one moment share a call to the database; each is answered as if it had been alone."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from ileti.consents import together
from ileti.consents.ledger import NewConsent, NewSubmission, hash_body, record, record_packed
from ileti.consents.vocabulary import Channel, Outcome, Source, Standing, Status
from ileti.core import db
from ileti.core.errors import CallerMistake, Conflict

NOON = datetime(2026, 11, 23, 9, 0, 0, tzinfo=UTC)
OTHERS = 6


def consent(address: str, status: Status = Status.ONAY, *, at: datetime = NOON,
            channel: Channel = Channel.EPOSTA) -> NewConsent:
    return NewConsent(address, channel, status, at, due_at=at + timedelta(days=3))


def click(place: Any, *items: NewConsent, idem: str = "", source: Source = Source.HS_WEB,
          standing: Standing = Standing.VERIFIED) -> NewSubmission:
    return NewSubmission(
        place=place, idem=idem or f"test:{uuid4()}", body_hash=hash_body(items), source=source,
        standing=standing, items=items, evidence={"site": "test"})


def mail() -> str:
    return f"k{uuid4().hex[:12]}@ornek.com.tr"


class Company:
    """A queue whose first writer is held until the others stand behind it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.queue = together.Queue()
        self.held, self.go = threading.Event(), threading.Event()
        self.groups: list[int] = []
        first = threading.Lock()

        def alone(packed: Any) -> Any:
            if first.acquire(blocking=False):
                self.held.set()
                assert self.go.wait(10)
            return record_packed(packed)

        real = together.record_together

        def several(clicks: Any) -> Any:
            self.groups.append(len(clicks))
            return real(clicks)

        monkeypatch.setattr(together, "record_packed", alone)
        monkeypatch.setattr(together, "record_together", several)
        monkeypatch.setattr(together, "PATIENCE_SECONDS", 10)

    def record(self, place: Any, clicks: list[NewSubmission]) -> list[Any]:
        """Answers or errors of the clicks, which all arrive while another is being written."""
        def one(new: NewSubmission) -> Any:
            try:
                return self.queue.record(new)
            except Exception as error:
                return error
            finally:
                db.connection().close()

        with ThreadPoolExecutor(len(clicks) + 1) as pool:
            before = pool.submit(one, click(place, consent(mail())))
            assert self.held.wait(10)
            answers = []
            for new in clicks:  # one after the other, so that the order of arrival is known
                waiting = len(self.queue._waiting)
                answers.append(pool.submit(one, new))
                while len(self.queue._waiting) == waiting:
                    time.sleep(0.001)
            self.go.set()
            assert before.result(20).items[0].outcome is Outcome.RECORDED
            return [answer.result(20) for answer in answers]


@pytest.fixture
def company(database: str, monkeypatch: pytest.MonkeyPatch) -> Company:
    return Company(monkeypatch)


def rows(conn: Any, place: Any) -> list[Any]:
    return conn.execute(
        "select e.id, e.submission_id, e.recipient_id, e.outcome, e.leaf, s.entry_id, s.iys_status,"
        " o.ref_id from consent_entry e left join consent_state s using (provider_id, brand_id, "
        "recipient_id, recipient_type, channel) left join outbox o on o.provider_id = e.provider_id"
        " and o.topic = 1 and o.ref_id = e.id where e.provider_id = %s order by e.id",
        [place.provider_id]).fetchall()


def test_new_people_go_in_with_one_call_and_each_gets_its_own_receipt(company, conn, place):
    done = company.record(place, [click(place, consent(mail())) for _ in range(OTHERS)])
    assert company.groups == [OTHERS]
    assert len({one.submission_id for one in done}) == OTHERS
    kept = {row[0]: row for row in rows(conn, place)}
    for one in done:
        entry, submission, recipient, outcome, leaf, stands, iys, waiting = kept[
            one.items[0].entry_id]
        assert (submission, recipient) == (one.submission_id, one.items[0].recipient_id)
        assert (outcome, bytes(leaf)) == (Outcome.RECORDED, one.items[0].leaf)
        assert (stands, iys, waiting) == (entry, 1, entry)


def test_what_is_written_together_is_what_would_have_been_written_alone(company, conn, place,
                                                                      place_b):
    """Every pair of status and standing, every kind of source, one to three items."""
    kinds = [(status, standing, source) for status in Status for standing in Standing
             for source in (Source.HS_WEB, Source.HS_KARAR, Source.IYS_WEB)
             if not (status is Status.ONAY and source is Source.HS_KARAR
                     and standing is Standing.VERIFIED)]
    phone = iter(range(5_992_000_000, 5_992_100_000))

    def made(where: Any) -> list[NewSubmission]:
        return [click(where, consent(mail(), status),
                      *[consent(f"+90{next(phone)}", status, channel=channel)
                        for channel in (Channel.ARAMA, Channel.MESAJ)][:n % 3],
                      source=source, standing=standing)
                for n, (status, standing, source) in enumerate(kinds)]

    def shape(where: Any, skip: int) -> list[Any]:
        return conn.execute(
            "select e.status, e.standing, e.source, e.channel, e.outcome, s.status, s.iys_status, "
            "s.iys_due_at, s.pending_id is null, o.hint, o.next_at - least(e.consent_date, "
            "e.captured_at), cardinality(b.entry_ids), b.entry_ids[1] <= e.id "
            "from consent_entry e left join consent_state s using (provider_id, brand_id, "
            "recipient_id, recipient_type, channel) join submission b on "
            "b.provider_id = e.provider_id and b.id = e.submission_id left join outbox o on "
            "o.provider_id = e.provider_id and o.topic = 1 and o.ref_id = e.id "
            "where e.provider_id = %s order by e.id offset %s",
            [where.provider_id, skip]).fetchall()

    for new in made(place_b):
        record(new)
    company.record(place, made(place))
    assert company.groups == [len(kinds)]
    assert shape(place, 1) == shape(place_b, 0)


def test_a_known_person_is_judged_by_what_stands(company, conn, place):
    address = mail()
    record(click(place, consent(address, Status.RET)))
    done = company.record(place, [
        click(place, consent(mail())), click(place, consent(address)),
        click(place, consent(mail()))])
    assert [one.items[0].outcome for one in done] == [
        Outcome.RECORDED, Outcome.OUTDATED, Outcome.RECORDED]


def test_two_words_of_one_person_never_share_a_call(company, conn, place):
    address = mail()
    done = company.record(place, [
        click(place, consent(address)),
        click(place, consent(address, Status.RET, at=NOON + timedelta(seconds=5))),
        click(place, consent(mail()))])
    assert all(one.items[0].outcome is Outcome.RECORDED for one in done)
    status = conn.execute(
        "select status from consent_state where provider_id = %s and recipient_id = %s",
        [place.provider_id, done[0].items[0].recipient_id]).fetchone()
    assert status == (Status.RET,)


def test_a_doubled_click_in_company_gets_the_same_receipt_twice(company, conn, place):
    once = click(place, consent(mail()))
    other = click(place, consent(mail()), idem=once.idem)
    first, again, conflict = company.record(place, [once, once, other])
    assert again.replay
    assert again.items == first.items
    assert isinstance(conflict, Conflict)


def test_a_faulty_click_takes_none_of_its_company_down_h408(company, conn, place):
    done = company.record(place, [
        click(place, consent(mail())), click(place, consent(mail()), source=Source.HS_KARAR),
        click(place, consent(mail()))])
    assert isinstance(done[1], CallerMistake)
    assert [one.items[0].outcome for one in (done[0], done[2])] == [Outcome.RECORDED] * 2


@pytest.mark.parametrize("committed", [False, True])
def test_a_lost_call_loses_and_doubles_nobody(company, conn, place, monkeypatch, committed):
    real = together.record_together

    def lost(clicks: Any) -> Any:
        if committed:
            real(clicks)
        raise psycopg.OperationalError("the connection was lost")

    monkeypatch.setattr(together, "record_together", lost)
    done = company.record(place, [click(place, consent(mail())) for _ in range(OTHERS)])
    assert [one.replay for one in done] == [committed] * OTHERS
    assert len(rows(conn, place)) == OTHERS + 1


def test_nobody_waits_for_a_writer_that_hangs(company, place, monkeypatch):
    monkeypatch.setattr(together, "PATIENCE_SECONDS", 0.05)
    with ThreadPoolExecutor(4) as pool:
        hanging = pool.submit(company.queue.record, click(place, consent(mail())))
        assert company.held.wait(10)
        others = [pool.submit(company.queue.record, click(place, consent(mail())))
                  for _ in range(3)]
        assert [one.result(10).items[0].outcome for one in others] == [Outcome.RECORDED] * 3
        assert not hanging.done()
        company.go.set()
        hanging.result(10)
    assert company.queue._writers == 0


def test_opposite_orders_from_many_threads_lose_nothing_and_end(database, conn, place):
    queue, people = together.Queue(), [mail() for _ in range(12)]

    def walk(step: int) -> int:
        try:
            for n in range(24):
                first, second = people[(n * step) % 12], people[(n * step + 5) % 12]
                queue.record(click(place, consent(first, at=NOON + timedelta(seconds=n)),
                                   consent(second, Status.RET, at=NOON + timedelta(seconds=n))))
        finally:
            db.connection().close()
        return 24

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(walk, (1, 5, 7, 11) * 2, timeout=60)) == 8 * 24
    assert len(rows(conn, place)) == 2 * 8 * 24
    assert (queue._writers, len(queue._waiting)) == (0, 0)
