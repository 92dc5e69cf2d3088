"""A second wall around a dealer's pages

Revision ID: 0112
Revises: 0111
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0112"
down_revision = "0111"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "0112_dealer_wall.sql"
TABLES = ("consent_access", "submission", "consent_entry", "consent_state", "recipient",
          "iys_receipt")


def upgrade() -> None:
    """Policies only: no row is read or written, each lock lasts a moment."""
    op.get_bind().exec_driver_sql(SQL.read_text().replace("%", "%%"))


def downgrade() -> None:
    """The application's own filter alone. The role stays: it is the cluster's."""
    for table in TABLES:
        op.execute(f"drop policy if exists dealer on {table}")
        op.execute(f"drop policy if exists everybody on {table}")
        op.execute(f"alter table {table} disable row level security")
    op.execute("drop function build_dealer_wall()")
    op.execute("drop function dealer_at_work()")
