"""Clicks of one moment are written together

Revision ID: 0070
Revises: 0061
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0070"
down_revision = "0061"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "0070_clicks_together.sql"


def upgrade() -> None:
    """One function more, for the application too."""
    op.get_bind().exec_driver_sql(SQL.read_text().replace("%", "%%"))
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """Each click by itself again."""
    op.execute("drop function record_clicks")
