"""Whether an exchange records the calls of a number is an admin's confirmed word

Revision ID: 0455
Revises: 0450
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0455"
down_revision = "0450"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody confirmed it yet of the numbers that are there."""
    op.add_column("voice_number", sa.Column("records", sa.Boolean(), nullable=False,
                                            server_default=sa.text("false")))


def downgrade() -> None:
    """Where nobody confirmed it, no more consents: before this they would all count as proven."""
    op.execute("update voice_number set takes_consent = false where not records")
    op.drop_column("voice_number", "records")
