"""A query on the customer's own database as a source, read as a stream and never written to.

Why this module exists: many customer lists live in a database, and an export by hand loses their
types and half their rows. The query runs in a read-only transaction where the database knows one,
through a cursor on the server, under a time limit. What came is handed on as NDJSON
(:func:`sql_pieces`), so that the import keeps what it saw and can be read again: the same query
tomorrow has another answer.

For the command line only: whoever may name an address reaches whatever this machine reaches.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from datetime import time as clock_time
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec
from sqlalchemy import Connection, CursorResult, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from ileti.core.errors import CallerMistake
from ileti.imports.reading.cells import moment, number
from ileti.imports.reading.reader import MOST_COLUMNS, Block, Layout, Row

CONNECT_SECONDS: Final = 10
QUERY_SECONDS: Final = 600
#: Fewer than of a file: a row may carry a picture nobody asked for.
FETCHED_ROWS: Final = 1_000
#: How a copy of a query's answer is read again.
COPY_LAYOUT: Final = Layout(format="ndjson")

_DRIVERS: Final = {
    "postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql", "mariadb": "mariadb+pymysql", "mssql": "mssql+pyodbc",
    "oracle": "oracle+oracledb", "sqlite": "sqlite",
}
_READ_ONLY: Final = {"mysql": "set session transaction read only",
                     "mariadb": "set session transaction read only",
                     "oracle": "set transaction read only"}
_OURS: Final = text("select count(*) from pg_catalog.pg_class where relkind in ('r', 'p') "
                    "and relname in ('import_run', 'consent_entry', 'consent_state')")


def sql_table(url: str, query: str, *, seconds: int = QUERY_SECONDS,
              ) -> tuple[list[str], Iterator[Block]]:
    """The columns' names, and the rows in blocks; ``line`` is a row's number in the answer,
    ``position`` the rows so far. Raises CallerMistake for an address, driver or query that does
    not work, and for İleti's own database; the blocks raise it when the connection breaks."""
    stream = _answer(url, query, seconds)
    heading = next(stream)
    assert isinstance(heading, list)
    return heading, _blocks(stream)


def sql_blocks(url: str, query: str, *, seconds: int = QUERY_SECONDS) -> Iterator[Block]:
    """The rows of :func:`sql_table`."""
    return sql_table(url, query, seconds=seconds)[1]


def sql_pieces(url: str, query: str, *, seconds: int = QUERY_SECONDS) -> Iterator[bytes]:
    """The answer as NDJSON, one row per line (:data:`COPY_LAYOUT` reads it): what an import keeps
    sealed. Raises CallerMistake as :func:`sql_table` does, at once."""
    heading, blocks = sql_table(url, query, seconds=seconds)
    return _copied(heading, blocks)


def _copied(heading: Sequence[str], blocks: Iterator[Block]) -> Iterator[bytes]:
    encode = msgspec.json.Encoder().encode_lines
    for block in blocks:
        yield encode([dict(zip(heading, cells or (), strict=True))
                      for _, cells in block.rows or ()])


def _blocks(stream: Iterator[Any]) -> Iterator[Block]:
    line = 1
    for part in stream:
        rows: list[Row] = [(line + n, [_text(value) for value in row])
                           for n, row in enumerate(part)]
        yield Block(line, None, rows, line + len(rows) - 1)
        line += len(rows)


def _answer(url: str, query: str, seconds: int) -> Iterator[Any]:
    """First the heading, then rows, some thousand together."""
    address = _address(url)
    try:
        with _connected(address, seconds) as conn:
            _prepare(conn, address, seconds)
            result: CursorResult[Any] = conn.execution_options(
                stream_results=True, max_row_buffer=FETCHED_ROWS, no_parameters=True,
            ).exec_driver_sql(query.strip().rstrip(";"))
            if not result.returns_rows:
                raise CallerMistake("Sorgu satır vermiyor. SELECT ile başlayan bir sorgu yazın.",
                                    "The query gives no rows. Write one that begins with SELECT.",
                                    code="bad_query")
            yield _heading(list(result.keys()))
            yield from result.partitions(FETCHED_ROWS)
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise _refused(error, address) from error


def _address(url: str) -> URL:
    try:
        address = make_url(url.strip())
    except ArgumentError as error:
        raise CallerMistake(
            "Veritabanı adresi okunamıyor. Örnek: postgresql://kullanici@sunucu/veritabani",
            "The database’s address cannot be read. Example: postgresql://user@server/database",
            code="bad_database") from error
    return address.set(drivername=_DRIVERS.get(address.drivername, address.drivername))


@contextmanager
def _connected(address: URL, seconds: int) -> Iterator[Connection]:
    """A connection whose transaction is rolled back, whatever happens."""
    kind = address.get_backend_name()
    more: dict[str, Any] = {}
    if kind == "sqlite":
        more["creator"] = lambda: _sqlite(address, seconds)
    elif kind == "oracle":
        more["connect_args"] = {"tcp_connect_timeout": CONNECT_SECONDS}
    elif kind == "mssql":
        more["connect_args"] = {"timeout": CONNECT_SECONDS}
    elif kind in ("postgresql", "mysql", "mariadb"):
        more["connect_args"] = {"connect_timeout": CONNECT_SECONDS}
    try:
        engine = create_engine(address, poolclass=NullPool, hide_parameters=True, **more)
    except (NoSuchModuleError, ImportError) as error:
        raise _no_driver(address, error) from error
    try:
        with engine.connect() as conn:
            yield conn
    finally:
        engine.dispose()


def _prepare(conn: Connection, address: URL, seconds: int) -> None:
    """Read only, limited in time, and not İleti's own database."""
    kind = address.get_backend_name()
    if kind == "postgresql":
        conn.execution_options(postgresql_readonly=True)
        conn.execute(text(f"set local statement_timeout = {int(seconds) * 1000}"))
        if conn.execute(_OURS).scalar() == 3:
            raise CallerMistake(
                "Bu, İleti’nin kendi veritabanı. Müşterilerinizin bulunduğu veritabanını yazın.",
                "This is İleti’s own database. Name the one that holds your customers.",
                code="own_database")
    elif kind in _READ_ONLY:
        conn.exec_driver_sql(_READ_ONLY[kind])
        if kind != "oracle":
            conn.rollback()  # counts from the next transaction


def _sqlite(address: URL, seconds: int) -> sqlite3.Connection:
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


def _heading(names: Sequence[str]) -> list[str]:
    """Every column has a name of its own."""
    if len(names) > MOST_COLUMNS:
        raise CallerMistake(f"Sorguda {MOST_COLUMNS}’den çok sütun var.",
                            f"The query has more than {MOST_COLUMNS} columns.", code="bad_query")
    found: list[str] = []
    for n, name in enumerate(names, 1):
        plain = wanted = str(name).strip() or f"column_{n}"
        again = 2
        while wanted in found:
            wanted, again = f"{plain}_{again}", again + 1
        found.append(wanted)
    return found


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, (int, float, Decimal)):
        return number(value)
    if isinstance(value, (date, clock_time)):
        return moment(value)
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).decode("utf-8", "replace").replace("\0", "\ufffd")
    if isinstance(value, (dict, list)):
        return msgspec.json.encode(value).decode()
    return str(value)


def _no_driver(address: URL, error: Exception) -> CallerMistake:
    driver = address.drivername.partition("+")[2]
    if isinstance(error, NoSuchModuleError) or not driver:
        known = ", ".join(name for name in _DRIVERS if name != "postgres")
        return CallerMistake(
            f"“{address.drivername}” adlı veritabanı tanınmıyor. Tanınanlar: {known}.",
            f"There is no kind of database “{address.drivername}”. Known: {known}.",
            code="no_driver")
    return CallerMistake(
        f"{address.get_backend_name()} için sürücü kurulu değil. Kurun: pip install {driver}",
        f"The driver for {address.get_backend_name()} is missing. Install it: pip install {driver}",
        code="no_driver")


def _refused(error: Exception, address: URL) -> CallerMistake:
    """What the database said, in one line, without the password."""
    said = str(getattr(error, "orig", None) or error).strip().splitlines() or [""]
    line = said[0][:300]
    if address.password:
        line = line.replace(str(address.password), "***")
    return CallerMistake(f"Veritabanı sorguyu yanıtlamadı: {line}",
                         f"The database did not answer the query: {line}", code="bad_query")
