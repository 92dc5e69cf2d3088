"""A brand's days at İYS: archive, comparison, differences

Revision ID: 0050
Revises: 0040
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0050"
down_revision = "0040"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "0050_reconciliation.sql"


def upgrade() -> None:
    """Run the file as it stands; it is never edited after a release."""
    op.get_bind().exec_driver_sql(SQL.read_text().replace("%", "%%"))


def downgrade() -> None:
    """What was archived is proof; take it out by hand if you are sure."""
    raise RuntimeError("the archive of İYS's days cannot be unmade")
