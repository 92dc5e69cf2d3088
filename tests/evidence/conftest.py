"""A ledger of one's own for a test that wants one, since seals stand over everything a database
holds, and a vault in a folder that ends with it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

import config
import ileti.cli.auditing  # noqa: F401 (an audit reads whatever the command's would)
from ileti.core import db
from ileti.simulator.app import create_simulator
from ileti.simulator.options import SimulatorOptions
from ileti.simulator.server import SimulatorServer
from tests.evidence.s3_house import KEY_ID, REGION, SECRET, Bucket, serving_s3


def _named(url: str, name: str) -> str:
    head, question, tail = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}{question}{tail}"


def _use(url: str) -> None:
    db.forget_connections()
    os.environ["DATABASE_URL"] = url  # for processes a test starts
    config.settings().database_url = url


@pytest.fixture(scope="session")
def empty_ledger(services: Any, database: str) -> str:
    """A migrated database beside the one all tests share; its URL, as its owner."""
    from ileti.cli.setup import migrate

    name = f"{database.partition('?')[0].rpartition('/')[2]}_ledger"
    with psycopg.connect(_named(database, "postgres"), autocommit=True) as conn:
        conn.execute(f"drop database if exists {name} with (force)")
        conn.execute(f"create database {name} template template0 encoding 'UTF8'")
    _use(_named(database, name))
    migrate(config.settings())
    _use(database)
    return _named(database, name)


def _empty(url: str) -> None:
    """No rows but those a migration leaves."""
    with psycopg.connect(url, autocommit=True) as conn:
        tables = [row[0] for row in conn.execute(
            "select relname from pg_class where relnamespace = 'public'::regnamespace "
            "and relkind in ('r', 'p') and not relispartition "
            "and relname not in ('alembic_version', 'wall_rule') "
            "and relname !~ '^ab_'")]
        with conn.transaction():
            conn.execute("set local session_replication_role = replica")
            for table in tables:
                conn.execute(f'delete from "{table}"')
            conn.execute("insert into seal_epoch (epoch, system) select 0, "
                         "system_identifier::text from pg_control_system()")
            for table in ("consent_entry", "entry_file", "kvkk_entry", "destruction_log",
                          "audit_entry"):
                conn.execute(f"alter table {table} alter column epoch set default 0")


@pytest.fixture
def ledger(empty_ledger: str, database: str) -> Iterator[str]:
    """A database without an entry and without a seal; its URL, as its owner."""
    db.forget_connections()
    _empty(empty_ledger)
    _use(empty_ledger)
    yield empty_ledger
    _use(database)


@pytest.fixture
def owner(ledger: str) -> Iterator[Any]:
    """Whoever owns the database and may do everything there."""
    with psycopg.connect(ledger, autocommit=True) as conn:
        yield conn


@pytest.fixture
def shop(ledger: str, new_place: Any) -> Any:
    """A provider with a brand in that ledger."""
    return new_place()


@pytest.fixture
def authority_url(ledger: str, monkeypatch: Any) -> Iterator[str]:
    """The simulator's time stamp authority, over HTTP; the settings point at it."""
    simulator = create_simulator(options=SimulatorOptions())
    server = SimulatorServer("127.0.0.1", 0, simulator)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setattr(config.settings(), "stamp_url", f"{url}/_tsa")
    monkeypatch.setattr(config.settings(), "stamp_seconds", 0.001)
    yield url
    simulator.close()
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's, which would share one context among all requests."""


@pytest.fixture
def folder(tmp_path: Path, database: str, monkeypatch: Any) -> Path:
    """Where the vault's files lie."""
    monkeypatch.setattr(config.settings(), "vault_dir", tmp_path / "kasa")
    return tmp_path / "kasa"


@pytest.fixture
def bucket(folder: Path, monkeypatch: Any) -> Iterator[Bucket]:
    """New files go to a store that speaks S3."""
    monkeypatch.setattr("ileti.evidence.s3.FIRST_WAIT", 0.01)
    with serving_s3() as found:
        for name, value in (("vault_s3_url", found.url), ("vault_s3_key_id", KEY_ID),
                            ("vault_s3_secret", SECRET), ("vault_s3_region", REGION)):
            monkeypatch.setattr(config.settings(), name, value)
        yield found
