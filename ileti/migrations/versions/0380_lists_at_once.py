"""A list of consents is recorded in one call, set by set

Revision ID: 0380
Revises: 0370
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0380"
down_revision = "0370"
branch_labels = None
depends_on = None

NEW = (Path(__file__).parents[1] / "sql" / "0380_lists_at_once.sql").read_text()


def upgrade() -> None:
    """A function only: no row is read or written."""
    op.get_bind().exec_driver_sql(NEW.replace("%", "%%"))
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """Lists go through record_chunk again."""
    op.execute("drop function record_list")
