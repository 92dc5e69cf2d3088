"""Codes that belong to no form: the preference centre proves an address without a submission

Revision ID: 0260
Revises: 0250
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0260"
down_revision = "0250"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A code there has no submission, and for an address nobody knows no recipient either."""
    op.alter_column("verification", "submission_id", existing_type=sa.BigInteger(), nullable=True)
    op.alter_column("verification", "recipient_id", existing_type=sa.BigInteger(), nullable=True)


def downgrade() -> None:
    """Codes of a day ago prove nothing any more; the older schema cannot hold them."""
    op.execute("delete from verification where submission_id is null or recipient_id is null")
    op.alter_column("verification", "recipient_id", existing_type=sa.BigInteger(), nullable=False)
    op.alter_column("verification", "submission_id", existing_type=sa.BigInteger(), nullable=False)
