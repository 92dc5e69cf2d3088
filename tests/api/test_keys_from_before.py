"""An account of before (one secret, rights in columns) still signs in and may what it could."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from alembic import command
from sqlalchemy import create_engine, pool

import config
from ileti.cli.setup import alembic_config, migrate
from ileti.core import db
from ileti.programs import accounts, keys

SECRET = "eski-gizli-anahtar"


def _use(url: str) -> None:
    db.forget_connections()
    os.environ["DATABASE_URL"] = url
    config.settings().database_url = url


@pytest.fixture
def before(database: str) -> Iterator[Any]:
    """A database of the revision before there were keys, as its owner."""
    head, question, tail = database.partition("?")
    root, _, name = head.rpartition("/")
    url = f"{root}/{name}_before{question}{tail}"
    with psycopg.connect(f"{root}/postgres{question}{tail}", autocommit=True) as conn:
        conn.execute(f"drop database if exists {name}_before with (force)")
        conn.execute(f"create database {name}_before template template0 encoding 'UTF8'")
    _use(url)
    engine = create_engine(db.sqlalchemy_url(config.settings()), poolclass=pool.NullPool)
    with engine.connect() as connection:
        made = alembic_config()
        made.attributes["connection"] = connection
        command.upgrade(made, "0290")
        connection.commit()
    with psycopg.connect(url, autocommit=True) as owner:
        yield owner
    _use(database)
    with psycopg.connect(f"{root}/postgres{question}{tail}", autocommit=True) as conn:
        conn.execute(f"drop database {name}_before with (force)")


def test_accounts_keep_their_secret_their_rights_and_their_tokens(before: Any) -> None:
    provider = before.execute("insert into provider (title, short_name, iys_code) values "
                              "('Eski A.Ş.', 'Eski', 101) returning id").fetchone()[0]
    for name, secret, right in (("api-eski", SECRET, "brings_lists"), ("api-bos", None, None)):
        before.execute(
            "insert into api_account (provider_id, name, username, secret_hash, secret_at) "
            "values (%s, 'CRM', %s, %s, now())",
            (provider, name, keys.older_hash(secret) if secret else None))
        if right:
            before.execute(f"update api_account set {right} = true where username = %s", [name])
    before.execute(
        "insert into api_token (digest, provider_id, account_id, kind, expires_at) "
        "select %s, provider_id, id, 1, now() + interval '1 hour' from api_account "
        "where username = 'api-eski'",
        [accounts._digest("eski-jeton")])
    migrate(config.settings())
    found = accounts.caller_by_secret("api-eski", SECRET, "127.0.0.1")
    assert found is not None
    assert found.scopes == {"compat", "imports:write"}
    assert accounts.caller_of("eski-jeton") == found, "a token of before lives on"
    assert accounts.log_in("api-eski", SECRET, "127.0.0.1")["access_token"]
    with pytest.raises(accounts.WrongLogin):
        accounts.caller_by_secret("api-eski", SECRET + "x", "127.0.0.1")
    with pytest.raises(accounts.WrongLogin):
        accounts.caller_by_secret("api-bos", "", "127.0.0.1")
    kept = before.execute("select hash, keyed from api_key").fetchall()
    assert [(bytes(row[0]) == keys.older_hash(SECRET), row[1]) for row in kept] == [(False, True)]
