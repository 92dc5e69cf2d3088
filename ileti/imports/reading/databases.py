"""What each kind of database needs so that a query only reads, ends in time and comes as a stream.

Why this module exists: no two of them agree on how that is said, and a default of a driver is
rarely the safe one. PostgreSQL, MySQL and MariaDB refuse writing in a read-only transaction, SQLite
on a file opened for reading. Oracle's read-only transaction ends at the first DDL and SQL Server
has none; there, and for what a read-only transaction lets pass elsewhere, the query itself is
looked at first (:func:`screen`) and whatever it did is rolled back. What was run against a real
server and what was not stands in docs/imports.md.
"""

from __future__ import annotations

import importlib
import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from ileti.core.errors import CallerMistake
from ileti.imports.reading.statements import MYSQL, ORACLE, SQLITE, TSQL, Spelling

CONNECT_SECONDS: Final = 10
#: Fewer than of a file: a row may carry a picture nobody asked for.
FETCHED_ROWS: Final = 1_000
#: How much longer than the database's own limit a silent connection is listened to.
_GRACE_SECONDS: Final = 30

_OURS: Final = text("select count(*) from pg_catalog.pg_class where relkind in ('r', 'p') "
                    "and relname in ('import_run', 'consent_entry', 'consent_state')")
_OPENING: Final = re.compile(r"[\s(]*(select|with|values|table)\b", re.IGNORECASE)
_SECOND: Final = re.compile(r";\s*[^\s;]")
_MYSQL_WRITES: Final = re.compile(r"\b(outfile|dumpfile)\b|/\*M?!", re.IGNORECASE)
_ORACLE_WRITES: Final = re.compile(r"\bwith\s+(function|procedure)\b", re.IGNORECASE)
# Reserved words of T-SQL, so that no column can be called so without quotes. Merge is also a join.
_TSQL_WRITES: Final = re.compile(
    r"\b(into|insert|update|delete|merge(?!\s+(join|union)\b)|truncate|create|alter|drop|grant|"
    r"revoke|deny|exec|execute|begin|commit|rollback|save|set|declare|use|backup|restore|bulk|"
    r"dbcc|kill|shutdown|reconfigure|checkpoint|revert|setuser|waitfor|openquery|openrowset|"
    r"opendatasource|writetext|updatetext)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Kind:
    """One kind of database by one driver.

    ``package``: what pip installs for it. ``arguments``: for ``create_engine``, of address and
    limit in seconds. ``prepare``: what is said to an open connection before the query.
    ``read``: each way its server may read a query that is looked at first, none where a read-only
    transaction is enough; ``writes``: what no query may hold.
    ``whole``: an address with what it left unsaid. ``leave``: what is done to a connection of the
    driver whose answer is not read to its end.
    """

    package: str
    arguments: Callable[[URL, int], dict[str, Any]]
    prepare: Callable[[Connection, int], None]
    read: tuple[Spelling, ...] = ()
    writes: re.Pattern[str] | None = None
    whole: Callable[[URL], URL] = lambda address: address
    leave: Callable[[Any], None] = lambda raw: None


def screen(kind: Kind, query: str) -> None:
    """Refuse what only a slip would bring here: a statement that writes. Raises CallerMistake."""
    for spelling in kind.read:
        _screen(spelling.words(query).lstrip("; \t\r\n"), kind.writes)


def _screen(words: str, writes: re.Pattern[str] | None) -> None:
    found = writes.search(words) if writes is not None else None
    if found is not None:
        raise CallerMistake(
            f"Sorgu yalnız okuyabilir; “{found[0]}” kullanılamaz.",
            f"The query may only read; “{found[0]}” cannot be used.", code="bad_query")
    if _OPENING.match(words) is None:
        raise CallerMistake("Sorgu yalnız okuyabilir. SELECT ile başlayan bir sorgu yazın.",
                            "The query may only read. Write one that begins with SELECT.",
                            code="bad_query")
    if _SECOND.search(words) is not None:
        raise CallerMistake("Tek bir sorgu yazın; noktalı virgülden sonra başka bir şey olamaz.",
                            "Write one query; nothing may follow the semicolon.",
                            code="bad_query")


# -- PostgreSQL ------------------------------------------------------------------------------------


def _postgresql(_address: URL, _seconds: int) -> dict[str, Any]:
    return {"connect_args": {
        "connect_timeout": CONNECT_SECONDS, "keepalives_idle": 30, "keepalives_interval": 10,
        "keepalives_count": 3}}


def _prepare_postgresql(conn: Connection, seconds: int) -> None:
    """Read only, limited in time, and not İleti's own database."""
    conn.execution_options(postgresql_readonly=True)
    conn.execute(text(f"set local statement_timeout = {int(seconds) * 1000}"))
    if conn.execute(_OURS).scalar() == 3:
        raise CallerMistake(
            "Bu, İleti’nin kendi veritabanı. Müşterilerinizin bulunduğu veritabanını yazın.",
            "This is İleti’s own database. Name the one that holds your customers.",
            code="own_database")


# -- MySQL and MariaDB -----------------------------------------------------------------------------


def _mysql(_address: URL, seconds: int) -> dict[str, Any]:
    return {"connect_args": {
        "connect_timeout": CONNECT_SECONDS, "read_timeout": seconds + _GRACE_SECONDS,
        "write_timeout": CONNECT_SECONDS, "conv": _mysql_converters()}}


def _mysql_converters() -> dict[Any, Callable[..., Any]]:
    """What comes over the line is text; whole numbers and dates stay it (a third less work)."""
    kinds = importlib.import_module("pymysql.constants.FIELD_TYPE")
    known = importlib.import_module("pymysql.converters").conversions
    whole = {kinds.TINY, kinds.SHORT, kinds.INT24, kinds.LONG, kinds.LONGLONG, kinds.YEAR}
    return {kind: how for kind, how in known.items() if kind not in whole} | {
        kinds.BIT: _number_of_bits,
        kinds.DATE: lambda day: f"{day} 00:00:00",
        kinds.DATETIME: _whole_seconds, kinds.TIMESTAMP: _whole_seconds}


def _number_of_bits(raw: bytes) -> int:
    return int.from_bytes(raw, "big")


def _whole_seconds(moment: str) -> str:
    return moment[:19]


def _prepare_mysql(conn: Connection, seconds: int) -> None:
    """Read only; limited in time, which MariaDB counts in seconds and MySQL in milliseconds, each
    under a name of its own; TIMESTAMP, which has no zone but the session's, as Istanbul's time."""
    for zone in ("Europe/Istanbul", "+03:00"):  # the server may know no names
        with suppress(DBAPIError):
            conn.exec_driver_sql(f"set session time_zone = '{zone}'")
            break
    maria = getattr(conn.dialect, "is_mariadb", False)
    conn.exec_driver_sql(f"set session max_statement_time = {int(seconds)}" if maria else
                         f"set session max_execution_time = {int(seconds) * 1000}")
    conn.exec_driver_sql(f"set session net_write_timeout = {int(seconds) + _GRACE_SECONDS}")
    conn.exec_driver_sql("set session transaction read only")
    conn.rollback()  # counts from the next transaction


def _leave_mysql(raw: Any) -> None:
    """pymysql reads an answer to its end before it closes, however long; this one is over."""
    result = getattr(raw, "_result", None)
    if result is not None:
        result.unbuffered_active = False


# -- SQL Server ------------------------------------------------------------------------------------


def _pyodbc(_address: URL, _seconds: int) -> dict[str, Any]:
    return {"connect_args": {"timeout": CONNECT_SECONDS}}


def _odbc_driver(address: URL) -> URL:
    """With Microsoft's newest driver that is installed, else FreeTDS's, when it names none."""
    if "driver" in address.query or "odbc_connect" in address.query or not address.host:
        return address
    there = importlib.import_module("pyodbc").drivers()
    fitting = [one for one in there if "SQL Server" in one] or [
        one for one in there if one.startswith("FreeTDS")]
    if not fitting:
        raise CallerMistake(
            "SQL Server için ODBC sürücüsü kurulu değil. Microsoft’un msodbcsql18 paketini kurun "
            "ya da adresi mssql+pymssql:// ile yazın (pip install pymssql).",
            "The ODBC driver for SQL Server is missing. Install Microsoft’s package msodbcsql18, "
            "or write the address with mssql+pymssql:// (pip install pymssql).",
            code="no_driver")
    return address.update_query_dict({"driver": max(fitting, key=lambda one: (len(one), one))})


def _prepare_pyodbc(conn: Connection, seconds: int) -> None:
    """The limit of each statement and of each answer on the line."""
    raw: Any = conn.connection.dbapi_connection
    raw.timeout = int(seconds)


def _pymssql(_address: URL, seconds: int) -> dict[str, Any]:
    return {"connect_args": {"login_timeout": CONNECT_SECONDS, "timeout": int(seconds),
                             "charset": "UTF-8"}}


# -- Oracle ----------------------------------------------------------------------------------------


def _oracle(_address: URL, _seconds: int) -> dict[str, Any]:
    return {"connect_args": {"tcp_connect_timeout": CONNECT_SECONDS}, "arraysize": FETCHED_ROWS}


def _prepare_oracle(conn: Connection, seconds: int) -> None:
    """Limited in time per answer on the line; TIMESTAMP WITH LOCAL TIME ZONE as Istanbul's time;
    read only from the first statement of the transaction."""
    raw: Any = conn.connection.dbapi_connection
    raw.call_timeout = int(seconds) * 1000
    conn.exec_driver_sql("alter session set time_zone = 'Europe/Istanbul'")
    conn.rollback()
    conn.exec_driver_sql("set transaction read only")


# -- SQLite ----------------------------------------------------------------------------------------


def _sqlite(address: URL, seconds: int) -> dict[str, Any]:
    return {"creator": lambda: _opened(address, seconds)}


def _opened(address: URL, seconds: int) -> sqlite3.Connection:
    """Opened for reading only; a file that is not there is not made."""
    path = Path(address.database or "")
    if not path.is_file():
        raise CallerMistake(f"SQLite dosyası bulunamadı: {path.name or '—'}",
                            f"There is no SQLite file {path.name or '—'}", code="bad_database")
    conn = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True,
                           timeout=CONNECT_SECONDS, check_same_thread=False)
    conn.text_factory = lambda raw: raw.decode("utf-8", "replace")
    end = time.monotonic() + seconds
    conn.set_progress_handler(lambda: time.monotonic() > end, 100_000)
    return conn


def _nothing(_conn: Connection, _seconds: int) -> None:
    """Everything is said when the connection is made."""


#: By the driver's name in an address as SQLAlchemy writes it. No other is used: what was not
#: thought of could write, or never end.
KINDS: Final = {
    "postgresql+psycopg": Kind("psycopg", _postgresql, _prepare_postgresql),
    "mysql+pymysql": Kind("pymysql", _mysql, _prepare_mysql, read=MYSQL, writes=_MYSQL_WRITES,
                          leave=_leave_mysql),
    "mssql+pyodbc": Kind("pyodbc", _pyodbc, _prepare_pyodbc, read=TSQL, writes=_TSQL_WRITES,
                         whole=_odbc_driver),
    "mssql+pymssql": Kind("pymssql", _pymssql, _nothing, read=TSQL, writes=_TSQL_WRITES),
    "oracle+oracledb": Kind("oracledb", _oracle, _prepare_oracle, read=ORACLE,
                            writes=_ORACLE_WRITES),
    "sqlite": Kind("", _sqlite, _nothing, read=SQLITE),
}
#: How an address may begin, and what is used then. MariaDB is a MySQL that tells its name itself.
DRIVERS: Final = {
    "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql", "mariadb": "mysql+pymysql", "mariadb+pymysql": "mysql+pymysql",
    "mssql": "mssql+pyodbc", "oracle": "oracle+oracledb", "sqlite": "sqlite",
}
