"""A query on a real MariaDB: its types, read only, in time, as a stream, and when it breaks."""

from __future__ import annotations

import time
import tracemalloc
import warnings

import pytest

from ileti.core.errors import CallerMistake
from ileti.imports.reading.reader import rows_of
from ileti.imports.reading.sources import blocks
from ileti.imports.reading.sql import COPY_LAYOUT, sql_blocks, sql_pieces, sql_table
from tests.imports.mariadb_house import SECRET, mariadb


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with mariadb(tmp_path_factory.mktemp("mariadb")) as running:
        running.run(
            "create table customer (id int primary key, name varchar(80), city varchar(40) "
            "character set latin5, phone decimal(15,0), score decimal(10,2), agreed tinyint(1), "
            "vip bit(1), since datetime(3), seen timestamp null, born date, at time, "
            "kind enum('BIREYSEL', 'TACIR'), more json, raw varbinary(9))",
            "insert into customer values (1, 'Işıl Ğöç 😀', _utf8mb4'Şanlıurfa İğdır', 5991234567, "
            "12.50, 1, b'1', '2026-11-23 14:05:06.789', '2026-11-23 07:00:00', '1990-01-02', "
            "'10:00:00', 'TACIR', '{\"a\": 1}', 'ş'), (2" + ", null" * 13 + ")",
            "create table old (id int) engine=aria", "create table empty_dates (d date)",
            "set session sql_mode = ''", "insert into empty_dates values ('0000-00-00')",
            "create function sneak() returns int modifies sql data "
            "begin delete from customer; return 1; end",
            "create procedure sneaky() begin delete from customer; select 1; end")
        yield running


def rows(url: str, query: str, **named) -> list:
    return [row for block in sql_blocks(url, query, **named) for row in rows_of(block, "")]


def refused(url: str, query: str, **named) -> CallerMistake:
    with pytest.raises(CallerMistake) as found:
        rows(url, query, **named)
    assert found.value.tr != found.value.en
    assert SECRET not in found.value.tr + found.value.en
    return found.value


def test_every_type_becomes_the_text_a_list_would_have(house):
    heading, found = sql_table(house.url, "select * from customer order by id;")
    assert heading[:5] == ["id", "name", "city", "phone", "score"]
    assert [row for block in found for row in block.rows or ()] == [
        (1, ["1", "Işıl Ğöç 😀", "Şanlıurfa İğdır", "5991234567", "12.50", "1", "1",
             "2026-11-23 14:05:06", "2026-11-23 10:00:00", "1990-01-02 00:00:00", "10:00:00",
             "TACIR", '{"a": 1}', "ş"]),
        (2, ["2", *[""] * 13])]
    assert rows(house.url, "select d from empty_dates") == [(1, ["0000-00-00 00:00:00"])]


def test_an_instant_is_told_in_istanbuls_time_whatever_zone_the_server_is_in(house):
    at = "select from_unixtime(1795417200), seen from customer where id = 1"
    assert rows(house.url, at) == [(1, ["2026-11-23 10:00:00", "2026-11-23 10:00:00"])]


def test_the_copy_that_is_kept_reads_as_the_answer_did(house):
    query = "select * from customer order by id"
    copy = list(sql_pieces(house.url, query))
    assert [row for block in blocks(copy, COPY_LAYOUT) for row in block.rows or ()] == rows(
        house.url, query)


def test_percent_signs_and_colons_are_letters_of_the_query(house):
    query = "select '10:30 :x %s %(a)s 50%' as t"
    assert rows(house.url, query) == [(1, ["10:30 :x %s %(a)s 50%"])]


@pytest.mark.parametrize("query", [
    "delete from customer", "insert into old values (1)", "drop table customer",
    "with x as (select 1) delete from customer", "select sneak()", "call sneaky()",
    "select 1; delete from customer", "set session transaction read write",
    "select * from customer into outfile '/tmp/ileti-out'", "create table t (a int)",
    "/*!50000 delete */ from customer", "commit", "truncate old", "replace old values (1)",
    "load data local infile '/etc/hostname' into table old",
])
def test_a_query_that_writes_is_refused(house, query):
    assert refused(house.url, query).code == "bad_query"
    assert house.run("select (select count(*) from customer), (select count(*) from old)") == [
        (2, 0)]


@pytest.mark.parametrize("query", [
    "delete from customer", "insert into old values (1)", "drop table customer",
    "create table t (a int)", "truncate old", "replace old values (1)", "call sneaky()",
    "select 1; delete from customer", "insert into customer (id) values (3) returning id",
])
def test_the_server_itself_refuses_what_writes(house, query, monkeypatch):
    monkeypatch.setattr("ileti.imports.reading.sql.screen", lambda kind, query: None)
    assert refused(house.url, query).code == "bad_query"
    assert house.run("select (select count(*) from customer), (select count(*) from old)") == [
        (2, 0)]


def test_a_query_that_takes_too_long_is_ended_by_the_server(house):
    begun = time.monotonic()
    error = refused(house.url, "select sum(a.seq * b.seq) from seq_1_to_1000000 a, "
                               "seq_1_to_1000000 b", seconds=1)
    assert error.code == "query_too_long"
    assert "1 saniyede" in error.tr
    assert time.monotonic() - begun < 10
    assert house.run("select count(*) from information_schema.processlist "
                     "where user = 'okuyan' and command = 'Query'") == [(0,)]


def test_the_limit_counts_while_the_answer_is_read_too(house):
    found = sql_blocks(house.url, "select seq, repeat('x', 1000) from seq_1_to_900000000",
                       seconds=1)
    with pytest.raises(CallerMistake) as error:
        for _ in found:
            pass
    assert error.value.code == "query_too_long"


def test_a_long_answer_is_read_as_a_stream(house):
    tracemalloc.start()
    try:
        count = sum(len(block.rows or ()) for block in sql_blocks(
            house.url, "select seq, repeat('x', 1000) from seq_1_to_60000"))
        assert count == 60_000
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_an_answer_that_is_given_up_is_not_read_to_its_end(house, capfd):
    found = sql_blocks(house.url, "select seq, repeat('x', 100) from seq_1_to_90000000")
    next(found)
    begun = time.monotonic()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found.close()
        del found
    assert time.monotonic() - begun < 2
    assert "ignored" not in capfd.readouterr().err


def test_a_connection_that_breaks_in_the_middle_is_told(house, capfd):
    found = sql_blocks(house.url, "select seq, repeat('x', 1000) from seq_1_to_900000000")
    next(found)
    for (number,) in house.run("select id from information_schema.processlist "
                               "where user = 'okuyan'"):
        house.run(f"kill {number}")
    with pytest.raises(CallerMistake) as error:
        for _ in found:
            pass
    del found
    assert error.value.code == "database_gone"
    assert "koptu" in error.value.tr
    assert "ignored" not in capfd.readouterr().err


def test_a_wrong_password_is_the_servers_sentence_without_the_password(house):
    wrong = house.url.replace("gi%3Azli%401", "gi%3Azli%402")
    error = refused(wrong, "select 1")
    assert error.code == "bad_query"
    assert "Access denied" in error.en
    assert "gi:zli@2" not in error.tr + error.en
    assert "nowhere" in refused(house.url, "select 1 from nowhere").tr


def test_a_server_that_is_not_there_is_told(house):
    away = house.url.replace(f":{house.port}/", ":1/")
    assert "127.0.0.1" in refused(away, "select 1").en


def test_the_address_may_call_it_mariadb(house):
    assert rows(house.url.replace("mysql:", "mariadb:"), "select 1") == [(1, ["1"])]


def test_the_session_keeps_what_it_was_told(house):
    said = "select @@max_statement_time, @@tx_read_only, @@net_write_timeout, @@time_zone"
    assert rows(house.url, said, seconds=77) == [(1, ["77", "1", "107", "+03:00"])]
