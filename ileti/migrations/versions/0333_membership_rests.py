"""A membership may rest, and a work space is remembered

Revision ID: 0333
Revises: 0332
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0333"
down_revision = "0332"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty columns of a small table."""
    moment = sa.DateTime(timezone=True)
    op.add_column("membership", sa.Column("suspended_at", moment, nullable=True))
    op.add_column("membership", sa.Column("chosen_at", moment, nullable=True))


def downgrade() -> None:
    """What rested would be in force again, so it goes."""
    op.execute("delete from membership where suspended_at is not null")
    op.drop_column("membership", "chosen_at")
    op.drop_column("membership", "suspended_at")
