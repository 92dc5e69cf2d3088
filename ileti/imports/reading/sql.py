"""A query on the customer's own database as a source, read as a stream and never written to.

Why this module exists: many customer lists live in a database, and an export by hand loses their
types and half their rows. The query runs in a read-only transaction where the database knows one,
through a cursor on the server, under a time limit. What came is handed on as NDJSON
(:func:`sql_pieces`), so that the import keeps what it saw and can be read again: the same query
tomorrow has another answer.

For the command line only: whoever may name an address reaches whatever this machine reaches.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import date
from datetime import time as clock_time
from decimal import Decimal
from threading import Thread
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, CursorResult, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from ileti.core.errors import CallerMistake
from ileti.imports.reading.cells import moment, number
from ileti.imports.reading.databases import DRIVERS, FETCHED_ROWS, KINDS, Kind, screen
from ileti.imports.reading.reader import MOST_COLUMNS, Block, Layout, Row

QUERY_SECONDS: Final = 600
#: Seconds in which a connection must stand, whatever the driver counts by itself.
LONGEST_CONNECT: Final = 30
#: How a copy of a query's answer is read again.
COPY_LAYOUT: Final = Layout(format="ndjson")
# How databases and drivers say that a limit of time ended a query.
_TOO_LONG: Final = re.compile(
    r"statement timeout|max_statement_time|maximum statement execution time|call timeout|"
    r"DPY-4024|HYT00|Query timeout|Adaptive Server connection timed out|^interrupted",
    re.IGNORECASE)
_HISTORY: Final = re.compile(r"DB-Lib error message \d+, severity \d+:")


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
    address, kind = _address(url)
    query = query.strip().rstrip(";")
    screen(kind, query)
    inside = False
    try:
        with _connected(address, kind, seconds) as conn:
            inside = True
            kind.prepare(conn, seconds)
            result: CursorResult[Any] = conn.execution_options(
                stream_results=True, max_row_buffer=FETCHED_ROWS, no_parameters=True,
            ).exec_driver_sql(query)
            if not result.returns_rows:
                raise CallerMistake("Sorgu satır vermiyor. SELECT ile başlayan bir sorgu yazın.",
                                    "The query gives no rows. Write one that begins with SELECT.",
                                    code="bad_query")
            yield _heading(list(result.keys()))
            yield from result.partitions(FETCHED_ROWS)
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise _refused(error, address, seconds, inside=inside) from error


def _address(url: str) -> tuple[URL, Kind]:
    try:
        address = make_url(url.strip())
    except ArgumentError as error:
        raise CallerMistake(
            "Veritabanı adresi okunamıyor. Örnek: postgresql://kullanici@sunucu/veritabani",
            "The database’s address cannot be read. Example: postgresql://user@server/database",
            code="bad_database") from error
    address = address.set(drivername=DRIVERS.get(address.drivername, address.drivername))
    kind = KINDS.get(address.drivername)
    if kind is None:
        known = ", ".join(sorted({*DRIVERS, *KINDS} - {"postgres", "mariadb+pymysql"}))
        raise CallerMistake(
            f"“{address.drivername}” adlı veritabanı tanınmıyor. Tanınanlar: {known}.",
            f"There is no kind of database “{address.drivername}”. Known: {known}.",
            code="no_driver")
    return address, kind


@contextmanager
def _connected(address: URL, kind: Kind, seconds: int) -> Iterator[Connection]:
    """A connection whose transaction is rolled back, whatever happens. One whose answer was not
    read to its end is cut."""
    try:
        engine = create_engine(kind.whole(address), poolclass=NullPool, hide_parameters=True,
                               **kind.arguments(address, seconds))
    except ImportError as error:
        raise _no_driver(address, kind, error) from error
    try:
        with _answered(engine.connect) as conn:
            raw = conn.connection.dbapi_connection
            try:
                yield conn
            except BaseException:
                kind.leave(raw)
                if not conn.invalidated:
                    conn.invalidate()
                raise
    finally:
        engine.dispose()


def _answered(connect: Callable[[], Connection]) -> Connection:
    """The connection, or a sentence when there is no answer: not every driver limits more of it
    than the first packet, and a server that hangs would be waited for for ever."""
    coming: Future[Connection] = Future()

    def run() -> None:
        try:
            coming.set_result(connect())
        except BaseException as error:
            coming.set_exception(error)

    Thread(target=run, daemon=True).start()
    try:
        return coming.result(LONGEST_CONNECT)
    except TimeoutError as error:
        if coming.done():
            raise
        coming.add_done_callback(_close_late)
        raise CallerMistake(
            f"Veritabanı {LONGEST_CONNECT} saniyede bağlantı kurmadı. Adrese ve sunucuya bakın.",
            f"The database did not let us in within {LONGEST_CONNECT} seconds. Check address and "
            "server.", code="database_silent") from error


def _close_late(coming: Future[Connection]) -> None:
    if coming.exception() is None:
        coming.result().close()


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


def _no_driver(address: URL, kind: Kind, error: ImportError) -> CallerMistake:
    name = address.get_backend_name()
    if isinstance(error, ModuleNotFoundError):
        return CallerMistake(
            f"{name} için sürücü kurulu değil. Kurun: pip install {kind.package}",
            f"The driver for {name} is missing. Install it: pip install {kind.package}",
            code="no_driver")
    line = _said(error)
    return CallerMistake(
        f"{kind.package} kurulu ama yüklenemiyor: {line} (pyodbc için unixodbc paketi gerekir)",
        f"{kind.package} is installed but cannot be loaded: {line} (pyodbc needs the package "
        "unixodbc)", code="no_driver")


def _refused(error: Exception, address: URL, seconds: int, *, inside: bool) -> CallerMistake:
    """What the database said, in one line, without the password. ``inside``: a connection stood."""
    line = _said(getattr(error, "orig", None) or error)
    if address.password:
        line = line.replace(str(address.password), "***")
    if inside and _TOO_LONG.search(line):
        return CallerMistake(
            f"Sorgu {seconds} saniyede bitmedi. Hızlandırın ya da parça parça alın. "
            f"Veritabanı: {line}",
            f"The query did not end within {seconds} seconds. Make it faster, or take its rows in "
            f"parts. The database: {line}", code="query_too_long")
    if inside and isinstance(error, DBAPIError) and error.connection_invalidated:
        return CallerMistake(
            f"Veritabanıyla bağlantı koptu; yarım listeden hiçbir şey alınmadı. Yeniden deneyin. "
            f"Veritabanı: {line}",
            f"The connection to the database broke; nothing of half a list was taken. Try again. "
            f"The database: {line}", code="database_gone")
    return CallerMistake(f"Veritabanı sorguyu yanıtlamadı: {line}",
                         f"The database did not answer the query: {line}", code="bad_query")


def _said(error: Any) -> str:
    """The sentence of a driver's error in one line; some give a code before it, some bytes, and
    pymssql the history of the failure between sentences."""
    parts: list[Any] = list(getattr(error, "args", ()))
    if len(parts) == 1 and isinstance(parts[0], tuple):
        parts = list(parts[0])
    found: Any = parts[1] if len(parts) == 2 and isinstance(parts[1], (str, bytes)) else str(error)
    if isinstance(found, bytes):
        found = found.decode("utf-8", "replace")
    lines = (one.strip() for one in _HISTORY.sub("\n", found).splitlines())
    return next((one for one in lines if one), "")[:300]
