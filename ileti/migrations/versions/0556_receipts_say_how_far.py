"""How far a receipt of acts tells

Revision ID: 0556
Revises: 0555
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0556"
down_revision = "0555"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty for those that are there: they told what was recorded until they were written."""
    op.execute("set local lock_timeout = '5s'")
    op.add_column("message", sa.Column("told_upto", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Without it."""
    op.execute("set local lock_timeout = '5s'")
    op.drop_column("message", "told_upto")
