"""Until when nobody may ask İYS for a token

Revision ID: 0101
Revises: 0100
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0101"
down_revision = "0100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One row per İYS address that has ever blocked us."""
    op.create_table(
        "iys_block",
        sa.Column("host", sa.String(12), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("host", name="pk_iys_block"),
    )
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """Only Redis knows it again."""
    op.drop_table("iys_block")
