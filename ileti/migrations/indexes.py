"""Indexes on tables written to all the time: built beside the writers, whole or not at all.

Why this module exists: an index that is built plainly holds every writer for as long as the table
is read. One that is built concurrently may be cut off, and then leaves an index behind that bears
the name, answers no question and guards no uniqueness; "if not exists" would take it for the real
one at the next try.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

_BROKEN = "select 1 from pg_index where indexrelid = to_regclass(%s) and not indisvalid"


def build(name: str, table: str, columns: Sequence[str | sa.TextClause], **more: Any) -> None:
    """Build an index without holding writers; a whole one that stands is left, the rest of one that
    was cut off goes first. Ends the migration's transaction: what was done before it stays done."""
    with op.get_context().autocommit_block():
        if op.get_bind().exec_driver_sql(_BROKEN, (f"public.{name}",)).first():
            op.drop_index(name, table_name=table, postgresql_concurrently=True)
        op.create_index(name, table, list(columns), postgresql_concurrently=True,
                        if_not_exists=True, **more)


def drop(name: str, table: str) -> None:
    """Drop an index without holding writers; one that is gone already is no fault."""
    with op.get_context().autocommit_block():
        op.drop_index(name, table_name=table, postgresql_concurrently=True, if_exists=True)
