"""A webhook's former secret signs beside the new one for a day

Revision ID: 0495
Revises: 0490
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0495"
down_revision = "0490"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Columns that may be empty: nothing is rewritten."""
    op.add_column("webhook", sa.Column("secret_before", sa.Text(), nullable=True))
    op.add_column("webhook", sa.Column("secret_before_until", sa.DateTime(timezone=True),
                                       nullable=True))


def downgrade() -> None:
    """Former secrets sign no more."""
    op.drop_column("webhook", "secret_before_until")
    op.drop_column("webhook", "secret_before")
