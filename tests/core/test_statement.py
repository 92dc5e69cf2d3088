"""A prepared statement survives that psycopg makes the server forget its statements."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from ileti.core import db
from ileti.core.statement import Statement, pack_int4, pack_int8


def test_what_was_prepared_after_the_server_forgot_the_rest_is_no_obstacle(place: Any) -> None:
    one, other = (Statement(name, "select $1", ("int4",)) for name in ("test_one", "test_other"))
    conn = db.system_connection()
    assert one.value(conn, [pack_int4(1)]) == pack_int4(1)
    conn.execute("deallocate all")
    for _ in range(2):
        assert other.value(conn, [pack_int4(2)]) == pack_int4(2)
        assert one.value(conn, [pack_int4(1)]) == pack_int4(1)


def test_a_rollback_before_it_costs_no_transaction(place: Any) -> None:
    with db.connect() as conn:
        one = Statement("one_more", "select int8send($1 + 1)", ("int8",))
        assert one.value(conn, (pack_int8(1),)) == pack_int8(2)
        for _ in range(4):  # psycopg prepares what comes often
            conn.execute("select title from provider where id = %s", (place.provider_id,))
        with pytest.raises(psycopg.errors.DivisionByZero), conn.transaction():
            conn.execute("select 1 / 0")
        with conn.transaction():
            conn.execute("select 2")
            assert one.value(conn, (pack_int8(2),)) == pack_int8(3)
