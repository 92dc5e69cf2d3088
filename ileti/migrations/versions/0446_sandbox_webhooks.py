"""A webhook may tell of the sandbox

Revision ID: 0446
Revises: 0445
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0446"
down_revision = "0445"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Those that are there tell of what is real."""
    op.add_column("webhook", sa.Column("sandbox", sa.Boolean(), nullable=False,
                                       server_default=sa.text("false")))


def downgrade() -> None:
    """Those of the sandbox are switched off: before this they would be told what is real."""
    op.execute("update webhook set active = false where sandbox")
    op.drop_column("webhook", "sandbox")
