"""One message at a time over a company’s accounts: real HTTP to the simulated providers, and what
may have gone out is never a second message to anybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ileti.channels import send
from ileti.channels.base import Envelope, MessageKind, Retry, Sent
from ileti.channels.registry import gateway_for
from ileti.consents.vocabulary import Channel
from ileti.core import db
from tests.channels.test_send import row, write  # noqa: F401 (a fixture)

PHONE = "+905992134117"


@pytest.fixture
def queue(write: Callable[..., int]) -> Callable[..., int]:  # noqa: F811 (the fixture)
    """Queues a confirmation or a code by SMS."""
    def make(kind: MessageKind = MessageKind.CONFIRMATION) -> int:
        return write(PHONE, kind)

    return make


def told(conn: Any, message: int) -> Any:
    """(gateway, account, sent, handing, problem, parked) of a message."""
    return conn.execute(
        "select m.gateway, m.account_id, m.sent_at is not null, m.handing_at is not null, "
        "m.problem, exists (select from outbox o where o.topic = 2 and o.ref_id = m.id "
        "and o.dead_at is not null) from message m where m.id = %s", [message]).fetchone()


@pytest.mark.parametrize("kind", ["netgsm", "verimor", "iletimerkezi"])
def test_a_confirmation_goes_over_the_companys_account(
        open_account: Any, queue: Any, conn: Any, house: Any, kind: str) -> None:
    account = open_account(kind)
    message = queue()
    before = len(house.phones.phones.get(PHONE, ()))
    assert send.send_waiting()["sent"] == 1
    assert told(conn, message) == (kind, account, True, False, None, False)
    arrived = house.phones.phones[PHONE][-1]
    assert len(house.phones.phones[PHONE]) == before + 1
    assert (arrived.sender, "/r/" in arrived.text) == ("DEFNE EV", True)
    assert conn.execute("select account_id, messages from delivery_batch where provider_id = "
                        "(select provider_id from message where id = %s)", [message]
                        ).fetchall() == [(account, 1)]


def test_a_code_goes_over_the_second_account_when_the_first_is_away(
        open_account: Any, queue: Any, conn: Any) -> None:
    open_account("netgsm", url="http://127.0.0.1:1")
    second = open_account("verimor", rank=2)
    message = queue(MessageKind.CODE)
    assert send.send_waiting()["sent"] == 1
    assert told(conn, message)[:3] == ("verimor", second, True)


def test_a_refused_account_rests_and_the_message_waits_for_it(
        open_account: Any, queue: Any, conn: Any) -> None:
    """No other way takes it behind the company's back: not the demo's phone either."""
    open_account("netgsm", password="yanlis")
    message = queue()
    assert send.send_waiting()["retry"] == 1
    conn.execute("update outbox set next_at = now() where topic = 2 and ref_id = %s", [message])
    assert send.send_waiting()["retry"] == 1
    assert told(conn, message) == (None, None, False, False, None, False)
    assert "rests: Netgsm" in row(conn, message)[5]


@pytest.mark.parametrize("fault", ["timeout_after_accept", "500_after_accept", "half_answer"])
def test_a_confirmation_in_doubt_is_shown_and_never_sent_again(
        open_account: Any, queue: Any, conn: Any, house: Any, fault: str) -> None:
    open_account("netgsm")
    open_account("verimor", rank=2)
    message = queue()
    house.control("fault", kind=fault, count=1, seconds=0.01, path="/gw/netgsm/*")
    assert send.send_waiting()["parked"] == 1
    conn.execute("update outbox set next_at = now() where topic = 2 and ref_id = %s", [message])
    taken = house.phones.taken
    assert send.send_waiting() == {"sent": 0, "retry": 0, "parked": 0}
    assert house.phones.taken == taken
    _gateway, _account, sent, _handing, problem, parked = told(conn, message)
    assert (sent, parked, problem.startswith(send.DOUBT)) == (False, True, True)


def test_a_code_in_doubt_is_tried_again(open_account: Any, queue: Any, conn: Any,
                                        house: Any) -> None:
    """The same code twice is a smaller harm than none."""
    open_account("netgsm")
    message = queue(MessageKind.CODE)
    house.control("fault", kind="timeout_after_accept", count=1, seconds=0.01, path="/gw/netgsm/*")
    assert send.send_waiting()["retry"] == 1
    conn.execute("update outbox set next_at = now() where topic = 2 and ref_id = %s", [message])
    assert send.send_waiting()["sent"] == 1


def test_a_worker_killed_between_provider_and_database_leaves_a_doubt(
        open_account: Any, queue: Any, conn: Any, house: Any, monkeypatch: Any) -> None:
    open_account("netgsm")
    message, taken = queue(), house.phones.taken

    def killed(name: str) -> None:
        if name == "message.handed":
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(send, "reach", killed)
        with pytest.raises(KeyboardInterrupt):
            send.send_waiting()
    conn.execute("update outbox set next_at = now() where topic = 2 and ref_id = %s", [message])
    assert send.send_waiting()["parked"] == 1
    assert house.phones.taken == taken + 1
    assert told(conn, message)[2:4] == (False, True)


def test_what_a_provider_refuses_for_good_is_parked(open_account: Any, queue: Any, conn: Any,
                                                    monkeypatch: Any) -> None:
    open_account("netgsm")
    message = queue()
    monkeypatch.setattr("ileti.channels.gateways.netgsm._number", lambda to: "12")
    assert send.send_waiting()["parked"] == 1
    assert "parameter is faulty" in told(conn, message)[4]


def test_accounts_of_others_for_commercial_messages_or_mail_carry_nothing_of_this(
        open_account: Any, place: Any, place_b: Any) -> None:
    open_account("netgsm", where=place_b)
    open_account("verimor", exempt=False)
    from config import settings

    assert gateway_for(Channel.MESAJ, settings(), place.provider_id, place.brand_id).name == "demo"
    theirs = gateway_for(Channel.MESAJ, settings(), place_b.provider_id, place_b.brand_id)
    assert theirs.name == "accounts"
    mail = gateway_for(Channel.EPOSTA, settings(), place_b.provider_id, place_b.brand_id)
    assert mail.name == "demo"


def test_a_trail_that_cannot_be_written_does_not_make_a_second_message(
        open_account: Any, place: Any, monkeypatch: Any) -> None:
    open_account("netgsm")
    from config import settings
    from ileti.channels import accounts
    from ileti.core.errors import StorageAway

    gateway = gateway_for(Channel.MESAJ, settings(), place.provider_id, place.brand_id)

    def away(*_: Any) -> None:
        raise StorageAway()

    monkeypatch.setattr(accounts, "went", away)
    db.refuse_open_transaction()
    answer = gateway.send(Envelope(1, Channel.MESAJ, PHONE, "", "Merhaba"))
    assert isinstance(answer, Sent)
    assert not isinstance(answer, Retry)


def test_a_single_message_goes_under_the_title_it_asked_for_r54(
        open_account: Any, conn: Any, place: Any, house: Any) -> None:
    from tests.singles.house import ask
    from tests.singles.house import told as row_of

    open_account("netgsm")
    done = ask(place, address=PHONE, sender="defne ev")
    before = len(house.phones.phones.get(PHONE, ()))
    send.send_waiting()
    assert row_of(done.message_id)["gateway"] == "netgsm"
    arrived = house.phones.phones[PHONE][-1]
    assert (len(house.phones.phones[PHONE]), arrived.sender) == (before + 1, "DEFNE EV")
