"""Indexes that migrations build beside the writers, cut off and tried again."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from config import settings
from ileti.core.db import sqlalchemy_url
from ileti.migrations import indexes


@pytest.fixture
def owner(database: str) -> Iterator[sa.Connection]:
    """A connection as a migration has it."""
    engine = sa.create_engine(sqlalchemy_url(settings().model_copy(update={
        "database_url": database})), poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection


def _migrate(owner: sa.Connection, what: Any) -> None:
    """In a migration of its own, as `ileti setup` runs it."""
    context = MigrationContext.configure(owner, opts={"transaction_per_migration": True})
    with Operations.context(context), context.begin_transaction(_per_migration=True):
        what()


def _valid(owner: sa.Connection, name: str) -> bool | None:
    found = owner.exec_driver_sql(
        "select indisvalid from pg_index where indexrelid = to_regclass(%s)",
        (f"public.{name}",)).scalar()
    owner.commit()
    return found


@pytest.fixture
def doubled(owner: sa.Connection) -> Iterator[None]:
    """A table that holds the same twice."""
    owner.exec_driver_sql("create table doubled (number int)")
    owner.exec_driver_sql("insert into doubled values (1), (1)")
    owner.commit()
    yield
    owner.rollback()
    owner.exec_driver_sql("drop table doubled")
    owner.commit()


@pytest.mark.usefixtures("doubled")
def test_an_index_whose_building_was_cut_off_is_no_index_and_is_built_anew(
        owner: sa.Connection) -> None:
    def build() -> None:
        indexes.build("uq_doubled", "doubled", ["number"], unique=True)

    with pytest.raises(sa.exc.IntegrityError):
        _migrate(owner, build)
    owner.rollback()
    assert _valid(owner, "uq_doubled") is False  # it bears the name and guards nothing
    owner.exec_driver_sql("delete from doubled where ctid = (select min(ctid) from doubled)")
    owner.commit()

    _migrate(owner, build)
    assert _valid(owner, "uq_doubled") is True
    with pytest.raises(sa.exc.IntegrityError):
        owner.exec_driver_sql("insert into doubled values (1)")
    owner.rollback()

    _migrate(owner, build)  # a whole one is left as it is
    assert _valid(owner, "uq_doubled") is True


@pytest.mark.parametrize(("migration", "index"), [
    ("0510_files_of_acts", "ix_submission_file"), ("0520_dealer_messages", "ix_message_dealer")])
def test_a_migration_cut_off_at_its_index_does_only_that_again(
        owner: sa.Connection, migration: str, index: str) -> None:
    owner.exec_driver_sql(f"drop index {index}")
    owner.commit()
    _migrate(owner, importlib.import_module(f"ileti.migrations.versions.{migration}").upgrade)
    assert _valid(owner, index) is True
