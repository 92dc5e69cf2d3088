"""One way out and one owner of a commit."""

from __future__ import annotations

import gc
import threading
import time

import httpx
import psycopg
import pytest

from ileti.core import db
from ileti.core.http import NoAnswer, OutgoingClient


def client(handler):
    return OutgoingClient("http://iys.ornek.test", transport=httpx.MockTransport(handler))


def test_no_call_leaves_while_a_transaction_is_open(conn):
    outgoing = client(lambda request: httpx.Response(200))
    with db.transaction(), pytest.raises(RuntimeError, match="outgoing call"):
        outgoing.send("GET", "/")
    assert outgoing.send("GET", "/").status_code == 200


def test_a_refused_connection_never_arrived(database):
    def refuse(request):
        raise httpx.ConnectError("refused")

    with pytest.raises(NoAnswer) as caught:
        client(refuse).send("GET", "/")
    assert not caught.value.arrived


def test_a_lost_answer_may_have_arrived(database):
    def lose(request):
        raise httpx.ReadTimeout("silence")

    with pytest.raises(NoAnswer) as caught:
        client(lose).send("POST", "/")
    assert caught.value.arrived


def test_a_transaction_inside_a_transaction_is_refused(conn):
    with db.transaction(), pytest.raises(RuntimeError, match="entry point"), db.transaction():
        pass


def test_an_error_rolls_everything_back(conn, place):
    def fail() -> None:
        with db.transaction() as tx:
            tx.execute("update brand set name = 'x' where id = %s", [place.brand_id])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not db.in_transaction()
    row = conn.execute("select name from brand where id = %s", [place.brand_id]).fetchone()
    assert row[0] == "Defne Ev"


def test_a_broken_connection_is_replaced(database, conn):
    first = db.connection()
    with psycopg.connect(database) as owner:
        owner.execute("select pg_terminate_backend(%s)", [first.info.backend_pid])
    with pytest.raises(psycopg.OperationalError):
        first.execute("select 1")
    assert db.connection().execute("select 1").fetchone() == (1,)


def test_every_connection_has_the_role_and_the_limits(conn):
    row = conn.execute(
        "select current_user, current_setting('statement_timeout'), "
        "current_setting('lock_timeout'), current_setting('TimeZone'), "
        "current_setting('idle_in_transaction_session_timeout')").fetchone()
    assert row == ("ileti_app", "15s", "4s", "UTC", "30s")


def test_the_connection_of_a_thread_that_has_ended_ends_with_it(database):
    def named() -> int:
        count = db.connection().execute(
            "select count(*) from pg_stat_activity where datname = current_database()").fetchone()
        return count[0]

    before = named()
    for _ in range(12):
        thread = threading.Thread(target=lambda: db.connection().execute("select 1"))
        thread.start()
        thread.join()
    gc.collect()
    end = time.monotonic() + 10
    while named() > before and time.monotonic() < end:
        time.sleep(0.05)
    assert named() <= before
