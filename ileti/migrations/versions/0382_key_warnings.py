"""A key that will end is said so before, twice

Revision ID: 0382
Revises: 0381
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0382"
down_revision = "0381"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody was told yet; keys that end soon are told of by the next run of the job."""
    op.add_column("api_key", sa.Column("warned", sa.SmallInteger(), server_default=sa.text("0"),
                                       nullable=False))


def downgrade() -> None:
    """Who was told is forgotten."""
    op.drop_column("api_key", "warned")
