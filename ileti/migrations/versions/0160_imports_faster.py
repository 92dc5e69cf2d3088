"""Imports twice as fast

Revision ID: 0160
Revises: 0155
"""

from __future__ import annotations

import re
from pathlib import Path

from alembic import op

revision = "0160"
down_revision = "0155"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql"
NEW = (SQL / "0160_imports_faster.sql").read_text()


def upgrade() -> None:
    """Functions only: no row is read or written."""
    op.get_bind().exec_driver_sql(NEW.replace("%", "%%"))


def downgrade() -> None:
    """The functions as 0002, 0140 and 0150 made them."""
    op.execute("drop function import_check(bigint, integer, integer, bytea, bytea)")
    for name, function in (
            ("0002_ledger.sql", "consent_leaf"), ("0002_ledger.sql", "turn_of"),
            ("0140_imports.sql", "import_stage_ready"), ("0140_imports.sql", "import_check"),
            ("0150_import_files.sql", "import_apply")):
        op.get_bind().exec_driver_sql(_as_before(name, function).replace("%", "%%"))


def _as_before(name: str, function: str) -> str:
    """One function of an older file."""
    text = (SQL / name).read_text()
    found = re.search(rf"create (or replace )?function {function}\(.*?\$\$;", text, re.DOTALL)
    assert found is not None, function
    return found[0] if found[1] else found[0].replace("create ", "create or replace ", 1)
