"""Reports of what became of messages: pushed to an address nobody can guess, or fetched; to whoever
sent them, and to the product's own messages."""

from __future__ import annotations

import io
import json
import secrets as chance
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from rq.timeouts import JobTimeoutException

import app as door
from ileti.channels import accounts, deliveries, pushed, send
from ileti.channels.sms import Batch, Delivery, Later, Page, Report, Sms
from ileti.core import db
from ileti.core.logs import get_logger
from ileti.simulator.gateways import iletimerkezi as their_iletimerkezi
from ileti.simulator.gateways import verimor as their_verimor
from tests.channels.test_send import write  # noqa: F401 (a fixture)

PHONE, UNKNOWN = "+905992134117", "+905990000001"
Heard = list[tuple[int, int, Report]]


@pytest.fixture
def heard() -> Iterator[Heard]:
    """What a taker of ours was given; it knows every report."""
    found: Heard = []

    def taker(conn: Any, provider_id: int, account_id: int, reports: Sequence[Report]) -> int:
        found.extend((provider_id, account_id, one) for one in reports)
        return len(reports)

    deliveries.takes(taker)
    yield found
    deliveries._takers.remove(taker)


def address(conn: Any, account: int) -> str:
    """Gives an account a fresh address; its path."""
    secret = chance.token_urlsafe(32)
    conn.execute("update gateway_account set hook_hash = %s where id = %s",
                 (pushed.hash_of(secret), account))
    return pushed.PATH + secret


def push(path: str, body: bytes, method: str = "POST", **environ: Any) -> int:
    """A call of the provider at the door; the status."""
    said: list[str] = []
    assert list(door.app({
        "PATH_INFO": path, "REQUEST_METHOD": method, "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body), "wsgi.url_scheme": "http", **environ},
        lambda status, headers: said.append(status))) == [b""]
    return int(said[0][:3])


def sent(house: Any, gateway: Any, *to: str) -> tuple[str, list[Any]]:
    """A batch at the provider: its number there and the simulated messages."""
    taken = gateway.send(Batch("b-1", "DEFNE EV", None,
                               [Sms(n, one, "Merhaba") for n, one in enumerate(to, 1)]))
    return taken.outside_id, house.phones.jobs[taken.outside_id]


def test_verimor_pushes_a_list_and_the_taker_gets_each(
        open_account: Any, house: Any, conn: Any, place: Any, heard: Heard) -> None:
    account = open_account("verimor")
    number, messages = sent(house, house.gateway("verimor"), PHONE, UNKNOWN)
    now = house.phones.now()
    body = json.dumps([their_verimor.line(one, now) for one in messages]).encode()
    assert push(address(conn, account), body) == 200
    assert [(one[0], one[1], one[2].outside_id, one[2].to, one[2].delivery, one[2].own_id)
            for one in heard] == [
        (place.provider_id, account, number, PHONE, Delivery.DELIVERED, 1),
        (place.provider_id, account, number, UNKNOWN, Delivery.NOT_DELIVERED, 2)]


def test_iletimerkezi_pushes_one_by_one(open_account: Any, house: Any, conn: Any,
                                        heard: Heard) -> None:
    account = open_account("iletimerkezi")
    number, (message,) = sent(house, house.gateway("iletimerkezi"), PHONE)
    body = json.dumps(their_iletimerkezi.pushed(message, house.phones.now())).encode()
    assert push(address(conn, account), body) == 200
    assert [(one[2].outside_id, one[2].delivery) for one in heard] == [
        (number, Delivery.DELIVERED)]


@pytest.mark.parametrize("body", [b"", b"{}", b"[+905992134117", b'"x"', b"\xff\xfe",
                                  b"[" * 100_000])
def test_what_cannot_be_read_is_400_and_logged_without_an_address(
        open_account: Any, conn: Any, heard: Heard, body: bytes, capsys: Any) -> None:
    get_logger("ileti.gateways")
    path = address(conn, open_account("verimor"))
    assert push(path, body) == 400
    assert heard == []
    said = capsys.readouterr()
    assert PHONE not in said.out + said.err
    assert path.rpartition("/")[2] not in said.out + said.err


@pytest.mark.parametrize("line", [
    {"campaign_id": "1\x002"}, {"campaign_id": "\ud800"}, {"message_custom_id": "²"},
    {"message_custom_id": "9" * 40}, {"done_at": "0001-01-01T00:00:00"}, {"status": "x" * 9_000}])
def test_words_no_table_can_hold_break_nothing(open_account: Any, conn: Any,
                                               line: dict[str, str]) -> None:
    path = address(conn, open_account("verimor"))
    body = json.dumps([{"status": "DELIVERED", "dest": "905992134117", "campaign_id": "1"} | line])
    assert push(path, body.encode()) in (200, 400)
    assert push(path, b"[]") == 200


def test_netgsm_pushes_nothing_we_could_read(open_account: Any, conn: Any) -> None:
    assert push(address(conn, open_account("netgsm")), b"{}") == 400


def test_a_wrong_secret_is_404_whatever_is_sent(open_account: Any, conn: Any) -> None:
    path = address(conn, open_account("verimor"))
    for wrong in (pushed.PATH, pushed.PATH + "x", path[:-1], path + "x", path + "/",
                  pushed.PATH + chance.token_urlsafe(32)):
        assert push(wrong, b"[]") == 404
        assert push(wrong, b"[]", "GET") == 404
    assert push(path, b"[]", "GET") == 405
    assert push(path, b"[]") == 200
    assert push(path, b"[]", CONTENT_LENGTH=str(pushed.MOST_BYTES + 1)) == 413


def test_reports_are_fetched_until_all_have_an_end(open_account: Any, house: Any, conn: Any,
                                                   place: Any, heard: Heard) -> None:
    account = open_account("netgsm")
    conn.execute("delete from delivery_batch")
    house.control("gateway", delay=60)
    number, messages = sent(house, house.gateway("netgsm"), PHONE, UNKNOWN)
    house.control("gateway", delay=0)
    with db.transaction(system=True) as work:
        deliveries.expect(work, place.provider_id, account, number, 2, after=0)
    assert deliveries.fetch_due() == {"batches": 1, "reports": 2, "finished": 0}
    assert {one[2].delivery for one in heard} == {Delivery.WAITING}
    waits = "select tries, round(extract(epoch from next_at - now())) from delivery_batch"
    assert conn.execute(waits).fetchall() == [(1, 30)]
    for one in messages:
        one.settled = one.taken
    conn.execute("update delivery_batch set next_at = now()")
    assert deliveries.fetch_due() == {"batches": 1, "reports": 2, "finished": 1}
    assert conn.execute(waits).fetchall() == []
    assert {one[2].delivery for one in heard[2:]} == {Delivery.DELIVERED, Delivery.NOT_DELIVERED}


def test_a_provider_that_is_away_is_asked_later_and_given_up_after_three_days(
        open_account: Any, conn: Any, place: Any) -> None:
    account = open_account("netgsm", url="http://127.0.0.1:1")
    conn.execute("delete from delivery_batch")
    with db.transaction(system=True) as work:
        deliveries.expect(work, place.provider_id, account, "1", 1, after=0)
    for tries, seconds in ((1, 30), (2, 60), (3, 120)):
        assert deliveries.fetch_due()["batches"] == 1
        assert conn.execute("select tries, round(extract(epoch from next_at - now())) "
                            "from delivery_batch").fetchone() == (tries, seconds)
        conn.execute("update delivery_batch set next_at = now()")
    conn.execute("update delivery_batch set created_at = now() - interval '4 days'")
    assert deliveries.fetch_due()["finished"] == 1


def test_netgsm_is_not_asked_more_often_than_it_allows(open_account: Any, conn: Any, place: Any
                                                       ) -> None:
    account = open_account("netgsm", url="http://127.0.0.1:1")
    conn.execute("delete from delivery_batch")
    with db.transaction(system=True) as work:
        for number in range(10):
            deliveries.expect(work, place.provider_id, account, str(number), 1, after=0)
    assert deliveries.fetch_due(every=15)["batches"] == 2  # below ten a minute


class Pages:
    """Netgsm as its limit shows itself: reports in pages of a hundred, and a list of the pages that
    were asked for; ``refuse`` answers code 80 so many times."""

    def __init__(self, messages: int) -> None:
        self.messages, self.asked, self.refuse = messages, [], 0  # type: ignore[var-annotated]

    def page(self, outside_id: str, number: int) -> Page | Later:
        self.asked.append(number)
        if self.refuse:
            self.refuse -= 1
            return Later("Netgsm 80", 60.0)
        part = range(number * 100, min(self.messages, number * 100 + 100))
        return Page([Report(outside_id, f"+90599{n:07d}", Delivery.DELIVERED) for n in part],
                    len(part) < 100)


@pytest.fixture
def paged(open_account: Any, conn: Any, place: Any, monkeypatch: Any) -> Callable[[int], Any]:
    """An account at Netgsm with one batch of so many messages that is due."""
    def make(messages: int) -> Any:
        account, gateway = open_account("netgsm"), Pages(messages)
        conn.execute("delete from delivery_batch")
        with db.transaction(system=True) as work:
            deliveries.expect(work, place.provider_id, account, "j-1", messages, after=0)
        monkeypatch.setattr(accounts, "find", lambda _: (place.provider_id, 2, gateway))
        return account, gateway
    return make


def due(conn: Any) -> None:
    conn.execute("update delivery_batch set next_at = now()")


def test_a_batch_of_many_pages_is_asked_in_calls_that_are_allowed_and_goes_on_where_it_stopped(
        conn: Any, paged: Any, heard: Heard) -> None:
    account, gateway = paged(500)
    for _ in range(12):
        before = len(gateway.asked)
        deliveries.fetch_due(every=15)
        assert len(gateway.asked) - before <= 2  # below ten a minute
        due(conn)
    assert gateway.asked == [0, 1, 2, 3, 4, 5]
    assert len({one[2].to for one in heard}) == 500
    assert conn.execute("select count(*) from delivery_batch").fetchone() == (0,)
    assert conn.execute("select asked from gateway_account where id = %s",
                        (account,)).fetchone() == (6,)


def test_where_netgsm_says_too_often_the_same_page_is_asked_again_and_no_page_before_it(
        conn: Any, paged: Any, heard: Heard) -> None:
    account, gateway = paged(250)
    deliveries.fetch_due(every=15)
    gateway.refuse = 1
    due(conn)
    assert deliveries.fetch_due(every=15)["finished"] == 0
    due(conn)
    assert deliveries.fetch_due(every=15)["batches"] == 0  # its minute is full
    conn.execute("update gateway_account set asked_since = now() - interval '61 seconds' "
                 "where id = %s", (account,))
    due(conn)
    assert deliveries.fetch_due(every=15)["finished"] == 1
    assert gateway.asked == [0, 1, 2, 2]
    assert len(heard) == 250


def test_two_runs_at_once_share_one_accounts_calls(conn: Any, paged: Any) -> None:
    _, gateway = paged(5_000)
    for _ in range(8):
        deliveries.fetch_due(every=60)
        due(conn)
    assert len(gateway.asked) == 9


def test_a_batch_with_an_open_end_is_asked_again_from_its_first_page(
        conn: Any, paged: Any, heard: Heard) -> None:
    _, gateway = paged(150)
    conn.execute("update delivery_batch set messages = 151")
    assert deliveries.fetch_due(every=15)["finished"] == 0
    assert conn.execute("select page, ended, tries, round(extract(epoch from next_at - now())) "
                        "from delivery_batch").fetchone() == (0, 0, 1, 30)
    due(conn)
    deliveries.fetch_due(every=15)
    assert gateway.asked == [0, 1, 0, 1]


# -- the product's own messages --------------------------------------------------------------------


@pytest.fixture
def confirmed(open_account: Any, write: Callable[..., int], conn: Any,  # noqa: F811 (the fixture)
              ) -> Any:
    """A confirmation that went over an account: (provider, account, number there, message)."""
    account = open_account("verimor")
    message = write(PHONE)
    assert send.send_waiting()["sent"] == 1
    return conn.execute("select provider_id, account_id, outside_id, id from message "
                        "where id = %s and account_id = %s", (message, account)).fetchone()


def state(conn: Any, message: int) -> Any:
    return conn.execute("select delivery, delivery_reason, delivered_at is not null from message "
                        "where id = %s", [message]).fetchone()


def test_a_message_knows_what_became_of_it_and_a_repeat_changes_nothing(conn: Any,
                                                                        confirmed: Any) -> None:
    provider, account, number, message = confirmed
    note = [Report(number, PHONE, Delivery.NOT_DELIVERED, "EXPIRED", own_id=message)]
    assert deliveries.note(provider, account, note) == 1
    assert state(conn, message) == (4, "EXPIRED", True)
    before = conn.execute("select xmin from message where id = %s", [message]).fetchone()
    assert deliveries.note(provider, account, note) == 1
    assert conn.execute("select xmin from message where id = %s", [message]).fetchone() == before


def test_what_is_final_stays_and_sent_may_still_be_delivered(conn: Any, confirmed: Any) -> None:
    provider, account, number, message = confirmed
    for said, kept in ((Delivery.WAITING, 1), (Delivery.SENT, 3), (Delivery.WAITING, 3),
                       (Delivery.DELIVERED, 2), (Delivery.NOT_DELIVERED, 2)):
        deliveries.note(provider, account, [Report(number, PHONE, said)])
        assert state(conn, message)[0] == kept


def test_nobody_elses_account_or_number_says_anything_of_it(conn: Any, confirmed: Any,
                                                            place_b: Any) -> None:
    provider, account, number, message = confirmed
    for said in ((place_b.provider_id, account, number), (provider, account + 1, number),
                 (provider, account, number + "0")):
        assert deliveries.note(said[0], said[1],
                               [Report(said[2], PHONE, Delivery.DELIVERED)]) == 0
    assert deliveries.note(provider, account, [
        Report(number, PHONE, Delivery.DELIVERED, own_id=message + 1)]) == 0
    assert state(conn, message) == (None, None, False)


def test_a_job_whose_time_is_up_ends_in_the_middle_of_a_question(
        open_account: Any, place: Any, monkeypatch: Any) -> None:
    account = open_account("verimor")

    def hang(_account: int) -> Any:
        raise JobTimeoutException

    monkeypatch.setattr(accounts, "find", hang)
    with pytest.raises(JobTimeoutException):
        deliveries._fetch(deliveries._Asked(
            place.provider_id, account, "j-1", 1, 1, 0, 0, False), deliveries._Calls(account, 9, 9))
