"""Alembic's entry: connects as the owner of the tables and compares against all models."""

from __future__ import annotations

import re
from typing import Any

from alembic import context
from sqlalchemy import create_engine, pool

from config import settings
from ileti.core.db import sqlalchemy_url
from ileti.models import metadata

PARTITION = re.compile(r"^(consent_entry_(y\d{4}m\d{2}|default)|import_stage_\d+)$")


def _include(thing: Any, name: str | None, kind: str, *_: Any) -> bool:
    """Partitions and staging tables are made by functions, sessions by Flask-Session: no models."""
    return not (kind == "table" and name and PARTITION.match(name))


def run() -> None:
    """Run on the connection handed over, or on one of our own."""
    given = context.config.attributes.get("connection")
    if given is not None:
        _migrate(given)
        return
    s = settings()
    url = s.database_owner_url or s.database_url
    engine = create_engine(
        sqlalchemy_url(s.model_copy(update={"database_url": url})),
        poolclass=pool.NullPool,
        connect_args={"options": "-c lock_timeout=5000 -c statement_timeout=600000"},
    )
    with engine.connect() as connection:
        _migrate(connection)


def _migrate(connection: Any) -> None:
    context.configure(
        connection=connection, target_metadata=metadata, include_object=_include,
        compare_type=True, transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
