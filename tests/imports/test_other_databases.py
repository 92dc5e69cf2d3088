"""SQL Server and Oracle, of which no server runs here: what their drivers are told, by drivers that
write it down. What a real server would answer is not tested; docs/imports.md says so."""

from __future__ import annotations

import sys
import types

import pytest
from sqlalchemy.engine import make_url

from ileti.core.errors import CallerMistake
from ileti.imports.reading.databases import KINDS, _prepare_mysql, screen
from ileti.imports.reading.reader import rows_of
from ileti.imports.reading.sql import sql_blocks

URLS = {"pyodbc": "mssql://sa:gizli@sunucu/magaza", "pymssql": "mssql+pymssql://sa:gizli@sunucu/m",
        "oracledb": "oracle://u:gizli@sunucu/?service_name=m"}


class Cursor:
    """Answers as many numbers as the driver has, a few at a time."""

    arraysize = 1
    rowcount = -1
    lastrowid = None

    def __init__(self, driver):
        self._driver, self.description, self._left = driver, None, iter(())

    def execute(self, statement, parameters=None):
        self._driver.said.append(" ".join(statement.split()))
        if self._driver.fails is not None and "telefon" in statement:
            raise self._driver.fails
        if statement.strip().lower().startswith(("select", "with")):
            first = {"@@version": "Microsoft SQL Server 2022 - 16.0.1.1", "telefon": 1,
                     "1.1": "1.1",
                     "transaction_isolation_level": "READ COMMITTED", "view_name": "v"}
            answer = next((v for k, v in first.items() if k in statement), "16.0.1.1")
            self._left = iter([(answer,)] * (self._driver.rows if answer == 1 else 1))
            self.description = [("telefon", str, None, None, None, None, True)]

    def fetchmany(self, size=None):
        self._driver.fetched.append(size or self.arraysize)
        found = [row for _, row in zip(range(size or self.arraysize), self._left, strict=False)]
        if self._driver.breaks is not None and len(self._driver.fetched) > 2:
            raise self._driver.breaks
        return found

    def fetchone(self):
        return next(self._left, None)

    def fetchall(self):
        return list(self._left)

    def close(self):
        self._driver.said.append("close")

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.close()

    def setinputsizes(self, *sizes, **named):
        return None


class Connection:
    """Notes what is set on it."""

    def __init__(self, driver):
        self._driver = driver

    def __setattr__(self, name, value):
        if not name.startswith("_"):
            self._driver.said.append(f"{name} = {value}")
        super().__setattr__(name, value)

    def cursor(self, *args, **named):
        return Cursor(self._driver)

    def rollback(self):
        self._driver.said.append("rollback")

    def commit(self):
        self._driver.said.append("commit")

    def close(self):
        self._driver.said.append("closed")

    def add_output_converter(self, *args):
        return None

    def __getattr__(self, name):
        return "16.0.1.1" if "version" in name else None


class Driver(types.ModuleType):
    """A driver of the name, as SQLAlchemy finds it."""

    paramstyle = "qmark"
    version = __version__ = "5.0.0"
    threadsafety = 1

    def __init__(self, name):
        super().__init__(name)
        self.said, self.fetched, self.named = [], [], {}
        self.rows, self.fails, self.breaks, self.refuses = 1, None, None, None

        class Error(Exception):
            pass

        self.Error = self.DatabaseError = self.OperationalError = Error
        self.InterfaceError = self.ProgrammingError = self.NotSupportedError = Error
        self.InternalError = self.DataError = self.IntegrityError = self.Warning = Error

    def connect(self, *args, **named):
        self.named = {"args": args, **named}
        if self.refuses is not None:
            raise self.refuses
        return Connection(self)

    def makedsn(self, *args, **named):
        return "dsn"

    def drivers(self):
        return ["FreeTDS", "ODBC Driver 17 for SQL Server", "ODBC Driver 18 for SQL Server"]

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        made = type(name, (), {})
        setattr(self, name, made)
        return made


@pytest.fixture
def drivers(monkeypatch):
    """All three, by name."""
    made = {name: Driver(name) for name in URLS}
    for name, driver in made.items():
        monkeypatch.setitem(sys.modules, name, driver)
    return made


def rows(url: str, query: str = "select telefon from m", **named) -> list:
    return [row for block in sql_blocks(url, query, **named) for row in rows_of(block, "")]


def refused(url: str, query: str = "select telefon from m", **named) -> CallerMistake:
    with pytest.raises(CallerMistake) as found:
        rows(url, query, **named)
    assert found.value.tr != found.value.en
    assert "gizli" not in found.value.tr + found.value.en
    return found.value


@pytest.mark.parametrize("name", URLS)
def test_an_answer_comes_in_thousands_and_its_transaction_is_rolled_back(drivers, name):
    driver = drivers[name]
    driver.rows = 2_500
    assert [len(block.rows or ()) for block in sql_blocks(URLS[name], "select telefon from m")] == [
        1_000, 1_000, 500]
    assert set(driver.fetched) == {1_000}
    assert "commit" not in driver.said
    assert driver.said[-2:] == ["rollback", "closed"]


def test_odbc_is_limited_in_time_and_takes_microsofts_newest_driver(drivers):
    rows(URLS["pyodbc"], seconds=77)
    named = drivers["pyodbc"].named
    assert named["timeout"] == 10
    assert "DRIVER={ODBC Driver 18 for SQL Server}" in named["args"][0]
    assert drivers["pyodbc"].said.index("timeout = 77") < drivers["pyodbc"].said.index(
        "select telefon from m")


def test_a_driver_named_in_the_address_is_kept(drivers):
    rows(URLS["pyodbc"] + "?driver=FreeTDS")
    assert "DRIVER={FreeTDS}" in drivers["pyodbc"].named["args"][0]


def test_without_an_odbc_driver_one_sentence_says_what_to_install(drivers, monkeypatch):
    monkeypatch.setattr(drivers["pyodbc"], "drivers", lambda: ["PostgreSQL"])
    error = refused(URLS["pyodbc"])
    assert error.code == "no_driver"
    assert "msodbcsql18" in error.tr


def test_pymssql_is_limited_in_time_at_logging_in_and_afterwards(drivers):
    rows(URLS["pymssql"], seconds=77)
    named = drivers["pymssql"].named
    assert (named["login_timeout"], named["timeout"]) == (10, 77)


def test_oracle_reads_only_in_istanbuls_time_and_each_call_is_limited(drivers):
    rows(URLS["oracledb"], seconds=77)
    driver = drivers["oracledb"]
    assert driver.named["tcp_connect_timeout"] == 10
    said = [one for one in driver.said if not one.startswith(("close", "SELECT", "select 'x"))]
    at = said.index("call_timeout = 77000")
    assert said[at:at + 5] == [
        "call_timeout = 77000", "alter session set time_zone = 'Europe/Istanbul'", "rollback",
        "set transaction read only", "select telefon from m"]


@pytest.mark.parametrize(("name", "said"), [
    ("pyodbc", ("HYT00", "[HYT00] [Microsoft] Query timeout expired")),
    ("oracledb", ("DPY-4024: call timeout of 1000 ms exceeded",)),
    ("pymssql", (20003, b"Adaptive Server connection timed out")),
])
def test_a_limit_that_was_reached_is_told_as_such(drivers, name, said):
    drivers[name].fails = drivers[name].Error(*said)
    assert refused(URLS[name], seconds=1).code == "query_too_long"


@pytest.mark.parametrize(("name", "said"), [
    ("pyodbc", ("08S01", "[08S01] [Microsoft] Communication link failure")),
    ("pymssql", (20006, b"Write to the server failed, message 20006")),
])
def test_a_connection_that_breaks_in_the_middle_is_told(drivers, name, said):
    drivers[name].rows, drivers[name].breaks = 5_000, drivers[name].Error(*said)
    assert refused(URLS[name]).code == "database_gone"


@pytest.mark.parametrize(("name", "said", "shown"), [
    ("pyodbc", ("28000", "[28000] Login failed for user 'sa'. gizli"), "Login failed"),
    ("pymssql", (18456, b"Login failed for user 'sa'.\nDB-Lib error"), "Login failed"),
    ("oracledb", ("ORA-01017: invalid credential; logon denied",), "ORA-01017"),
])
def test_a_refused_connection_is_the_servers_sentence_without_the_password(
        drivers, name, said, shown):
    drivers[name].refuses = drivers[name].Error(*said)
    error = refused(URLS[name])
    assert error.code == "bad_query"
    assert shown in error.tr
    assert "DB-Lib" not in error.tr


@pytest.mark.parametrize(("name", "package"), [
    ("pyodbc", "pyodbc"), ("pymssql", "pymssql"), ("oracledb", "oracledb")])
def test_a_missing_driver_is_one_sentence(monkeypatch, name, package):
    monkeypatch.setitem(sys.modules, name, None)
    error = refused(URLS[name])
    assert error.code == "no_driver"
    assert f"pip install {package}" in error.tr


@pytest.mark.parametrize("query", [
    "delete from m", "select * into yedek from m", "select 1 delete from m", "exec temizle",
    "with x as (select 1 a) update m set a = 1", "select 1; drop table m", "begin tran",
    "select 1 commit", "/* select */ insert m values (1)", "update m set a = 1 -- select",
    "select * from openquery(uzak, 'delete from m')", "merge m using n on 1 = 1",
])
def test_what_writes_never_reaches_sql_server(drivers, query):
    assert refused(URLS["pyodbc"], query).code == "bad_query"
    assert drivers["pyodbc"].named == {}


@pytest.mark.parametrize("query", [
    "select [delete], \"update\", 'drop; insert' from m -- into\n where a = ']'",
    ";with x as (select 1 a) select * from x", "(select 1) union all select 2",
    "select a from m inner merge join n on m.i = n.i option (merge union)",
    "/* delete */ select created, updated_at, setting, is_deleted from m",
])
def test_what_reads_passes_the_screen(query):
    screen(KINDS["mssql+pyodbc"], query)
    screen(KINDS["oracle+oracledb"], query)


@pytest.mark.parametrize("query", [
    "select '/*' delete from m --*/", "select '--' delete from m",
    "select 1 -- it's\n delete from m", "select 1 /* ' */ delete from m --'",
    'select "a--b" delete from m', "select [/*] delete from m --*/",
    "select [a]]'b] delete from m --'", "select 'a''' delete from m --'",
    "select 'a\\' delete from m --'", "select ` delete from m --`",
    "select 1delete from m", "select 0x1Einto m2 from m", "select 1e1exec temizle",
    "select .5drop table m", "select 1; print 'a'", "select 1; disable trigger t on m",
    "select a from m n checkpoint", "select 1 -- \r delete from m",
    "select 1 -- \r ' \n delete from m -- '", "select '/*' /* '*/ delete from m",
    "select N'x'delete from m", "select $$ delete from m $$",
])
def test_no_quote_and_no_comment_hides_a_word_from_the_screen(query):
    with pytest.raises(CallerMistake):
        screen(KINDS["mssql+pyodbc"], query)


@pytest.mark.parametrize("query", [
    "select 1 --1 into outfile '/tmp/x'", "select 1 # '\n into outfile '/tmp/x'",
    "select '/*' into outfile '/tmp/x' -- */", "select 'a\\'' into outfile '/tmp/x' -- '",
    "select 'a\\' into outfile '/tmp/x' -- '", 'select "a\\" into outfile "/tmp/x" -- "',
    "select 1 /*M! into outfile '/tmp/x' */", "select 1 /*!into outfile '/tmp/x' */",
    "select [ into outfile '/tmp/x' -- ]", "select `'` into dumpfile '/tmp/x' -- '",
    "select '\\\\' into outfile '/tmp/x' -- '",
])
def test_nor_from_the_one_for_mysql_however_its_server_is_set(query):
    with pytest.raises(CallerMistake):
        screen(KINDS["mysql+pymysql"], query)


@pytest.mark.parametrize("query", [
    "select q'[it's]' from dual; drop table m", "with -- '\n function f return number is 1; x '",
    "with/* ' */function f return number is begin return 1; end; select f from dual --'",
    "with /* /* */ procedure p is begin null; end; select 1 from dual",
    "select q'[' from m; drop table m --]' from dual; drop table m",
    "select [ from m; drop table m -- ]",
])
def test_nor_from_the_one_for_oracle(query):
    with pytest.raises(CallerMistake):
        screen(KINDS["oracle+oracledb"], query)


@pytest.mark.parametrize(("name", "query"), [
    ("mssql+pyodbc", "select 'delete -- /* exec' as a, [into; x]]drop] from m -- it's; delete"),
    ("mssql+pyodbc", "/* a /* delete */ exec */ select 1e1, 0xDE, a1, x1set from m where b = ';';"),
    ("mysql+pymysql", "select 'it\\'s', `outfile`, --1, 'C:\\\\' from m # into outfile; x"),
    ("mysql+pymysql", "select '/*!', \"into outfile\" /*+ hint; */ from m -- dumpfile\n;"),
    ("oracle+oracledb", "select q'{it's; with function}', nq'!a'b!', q'x' from m -- with function"),
    ("oracle+oracledb", "/* ' */ select a[1], '[', \"with function\" from m where c = ']' --'"),
    ("sqlite", "select [a;b], `c;d`, \"e;f\", 'g;h' from m /* i; j */; -- k; l"),
])
def test_no_word_is_found_in_quotes_and_comments(name, query):
    screen(KINDS[name], query)


@pytest.mark.parametrize("query", [
    "begin temizle; end;", "create table t (a int)", "truncate table m", "delete from m",
    "with function f return number is begin return 1; end; select f from dual",
])
def test_what_could_end_oracles_read_only_transaction_never_reaches_it(drivers, query):
    assert refused(URLS["oracledb"], query).code == "bad_query"
    assert drivers["oracledb"].named == {}


@pytest.mark.parametrize(("maria", "said"), [
    (True, "set session max_statement_time = 77"),
    (False, "set session max_execution_time = 77000")])
def test_mysql_counts_milliseconds_where_mariadb_counts_seconds(maria, said):
    heard: list[str] = []
    conn = types.SimpleNamespace(
        dialect=types.SimpleNamespace(is_mariadb=maria), exec_driver_sql=heard.append,
        rollback=lambda: heard.append("rollback"))
    _prepare_mysql(conn, 77)
    assert said in heard
    assert heard[-2:] == ["set session transaction read only", "rollback"]


def test_a_driver_nobody_thought_of_is_not_used():
    for url in ("mysql+mysqldb://u@h/d", "teradata://a/b", "postgresql+asyncpg://h/d"):
        assert refused(url, "select 1").code == "no_driver"
        assert make_url(url).drivername in refused(url, "select 1").en
