"""A query on the customer's database: read only, as a stream, and never our own tables."""

from __future__ import annotations

import json
import socket
import sqlite3
import sys
import tracemalloc
import uuid

import psycopg
import pytest

from ileti.core.errors import CallerMistake
from ileti.imports.reading.reader import rows_of
from ileti.imports.reading.sources import blocks
from ileti.imports.reading.sql import COPY_LAYOUT, sql_blocks, sql_pieces, sql_table


def rows(url: str, query: str, **named) -> list:
    return [row for block in sql_blocks(url, query, **named) for row in rows_of(block, "")]


def refused(url: str, query: str, **named) -> CallerMistake:
    with pytest.raises(CallerMistake) as found:
        rows(url, query, **named)
    assert found.value.tr != found.value.en
    return found.value


@pytest.fixture(scope="module")
def shop(services):
    """Another database on the same server, with customers in it."""
    name = f"shop_{uuid.uuid4().hex[:8]}"
    ours = services.database_url.partition("?")[0].rpartition("/")[2]
    admin = services.database_url.replace(f"/{ours}", "/postgres", 1)
    url = services.database_url.replace(f"/{ours}", f"/{name}", 1)
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute(f"create database {name} template template0 encoding 'UTF8'")
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("create table customer (id int, phone numeric, mail text, agreed boolean, "
                     "since timestamptz, born date, more jsonb, at time)")
        conn.execute("insert into customer select n, 5990000000 + n, 'k' || n || '@ornek.com.tr', "
                     "n % 2 = 0, timestamptz '2026-11-25 07:00:00+00', date '1990-01-02', "
                     "'{\"a\": 1}', '10:00' from generate_series(1, 12000) n")
        conn.execute("insert into customer (id, mail) values (0, E'Ş\\nğ')")
    yield url
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute(f"drop database {name} with (force)")


@pytest.fixture
def small(tmp_path):
    """A SQLite file with three customers."""
    path = tmp_path / "müşteri %.db"
    conn = sqlite3.connect(path)
    conn.execute("create table customer (phone, agreed, note)")
    conn.executemany("insert into customer values (?, ?, ?)", [
        (5991234567, 1, "ş"), (5991234567.0, 0, b"\xfe\x00"), ("0599", None, 1.5)])
    conn.commit()
    conn.close()
    return path


def test_values_of_postgresql_become_the_text_a_list_would_have(shop):
    heading, found = sql_table(shop, "select *, 'x'::text as mail from customer where id < 2 "
                                     "order by id;")
    assert heading == ["id", "phone", "mail", "agreed", "since", "born", "more", "at", "mail_2"]
    assert [row for block in found for row in block.rows or ()] == [
        (1, ["0", "", "Ş\nğ", "", "", "", "", "", "x"]),
        (2, ["1", "5990000001", "k1@ornek.com.tr", "0", "2026-11-25 10:00:00",
             "1990-01-02 00:00:00", '{"a":1}', "10:00:00", "x"])]


def test_the_answer_comes_as_a_stream_and_its_rows_are_counted(shop):
    found = list(sql_blocks(shop, "select id from customer order by id"))
    assert [len(block.rows or ()) for block in found] == [1_000] * 12 + [1]
    assert [(block.first, block.position) for block in found][:2] == [(1, 1_000), (1_001, 2_000)]
    assert (found[-1].first, found[-1].position) == (12_001, 12_001)
    tracemalloc.start()
    try:
        for _ in sql_blocks(shop, "select repeat('x', 1000) from generate_series(1, 60000)"):
            pass
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("query", [
    "delete from customer returning id", "insert into customer (id) values (99) returning id",
    "with gone as (delete from customer returning id) select id from gone",
    "drop table customer", "select setval('s', 1)", "select 1; delete from customer",
    "commit; delete from customer", "select * into other from customer",
])
def test_nothing_is_written_to_postgresql(shop, query):
    assert refused(shop, query).code == "bad_query"
    assert rows(shop, "select count(*) from customer") == [(1, ["12001"])]


def test_colons_and_percent_signs_are_letters_of_the_query(shop, small):
    query = "select '10:30 :x %s %(a)s 50%' as t"
    assert rows(shop, query) == [(1, ["10:30 :x %s %(a)s 50%"])]
    assert rows(f"sqlite:///{small}", query) == [(1, ["10:30 :x %s %(a)s 50%"])]


def test_our_own_database_is_refused_by_whatever_name_it_is_called(database):
    error = refused(database, "select 1")
    assert error.code == "own_database"
    assert "İleti’nin kendi veritabanı" in error.tr


def test_a_query_that_takes_too_long_is_ended(shop, small):
    assert refused(shop, "select pg_sleep(30)", seconds=1).code == "query_too_long"
    forever = ("with recursive n(i) as (select 1 union all select i + 1 from n) "
               "select count(*) from n")
    assert refused(f"sqlite:///{small}", forever, seconds=1).code == "query_too_long"


def test_a_sqlite_file_is_read_and_never_written_or_made(small, tmp_path):
    url = f"sqlite:///{small}"
    heading, found = sql_table(url, "select * from customer")
    assert heading == ["phone", "agreed", "note"]
    assert [row for block in found for row in block.rows or ()] == [
        (1, ["5991234567", "1", "ş"]), (2, ["5991234567", "0", "\ufffd\ufffd"]),
        (3, ["0599", "", "1.5"])]
    for query in ("delete from customer returning phone", "drop table customer"):
        assert refused(url, query).code == "bad_query"
    assert len(rows(url, "select * from customer")) == 3
    assert refused(f"sqlite:///{tmp_path}/yok.db", "select 1").code == "bad_database"
    assert refused("sqlite://", "select 1").code == "bad_database"
    assert not (tmp_path / "yok.db").exists()


def test_the_copy_that_is_kept_reads_as_the_answer_did(shop, small):
    for url, query in ((shop, "select * from customer order by id"),
                       (f"sqlite:///{small}", "select * from customer")):
        copy = list(sql_pieces(url, query))
        again = [row for block in blocks(copy, COPY_LAYOUT) for row in block.rows or ()]
        assert again == rows(url, query)
        assert json.loads(b"".join(copy).splitlines()[0])


def test_a_wrong_address_driver_or_query_is_named_without_the_password(shop, monkeypatch):
    assert refused("nonsense", "select 1").code == "bad_database"
    assert refused("teradata://a/b", "select 1").code == "no_driver"
    monkeypatch.setitem(sys.modules, "pymysql", None)
    missing = refused("mysql://u:gizli@h/d", "select 1")
    assert missing.code == "no_driver"
    assert "pip install pymysql" in missing.tr
    away = refused("postgresql://u:gizli@127.0.0.1:1/d", "select 1")
    assert away.code == "bad_query"
    assert "gizli" not in away.tr + away.en
    wrong = refused(shop, "select nothing from nowhere")
    assert "nowhere" in wrong.tr


def test_a_query_without_rows_has_a_heading(shop):
    heading, found = sql_table(shop, "select id, mail from customer where id < 0")
    assert heading == ["id", "mail"]
    assert list(found) == []


def test_a_server_that_never_answers_is_not_waited_for_for_ever(monkeypatch):
    monkeypatch.setattr("ileti.imports.reading.sql.LONGEST_CONNECT", 1)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        error = refused(f"postgresql://u@127.0.0.1:{silent.getsockname()[1]}/d", "select 1")
    assert error.code == "database_silent"


def test_a_slip_of_the_pen_makes_nothing_beside_a_sqlite_file(small, tmp_path):
    for query in (f"vacuum into '{tmp_path}/yedek.db'", f"attach '{tmp_path}/yedek.db' as b"):
        assert refused(f"sqlite:///{small}", query).code == "bad_query"
    assert not (tmp_path / "yedek.db").exists()
