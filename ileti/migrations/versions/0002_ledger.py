"""The ledger's functions, partitions and rights

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "0002_ledger.sql"


def upgrade() -> None:
    """Run the file as it stands; it is never edited after a release."""
    op.get_bind().exec_driver_sql(SQL.read_text().replace("%", "%%"))


def downgrade() -> None:
    """There is no way back from a ledger; restore a backup instead."""
    raise RuntimeError("the ledger cannot be unmade")
