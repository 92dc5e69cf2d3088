"""A message written to a number that is not ours says so

Revision ID: 0450
Revises: 0446
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0450"
down_revision = "0446"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Those that are there were taken as written to their number."""
    op.add_column("inbound_message", sa.Column("written_to", sa.String(40), nullable=True))


def downgrade() -> None:
    """The rest of the row stands."""
    op.drop_column("inbound_message", "written_to")
