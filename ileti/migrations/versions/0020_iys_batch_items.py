"""Which entries a batch carries, and İYS's number for each of them

Revision ID: 0020
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0020"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two arrays beside each other; a thousand rows need no thousand updates."""
    op.add_column(
        "iys_batch",
        sa.Column("entry_ids", ARRAY(sa.BigInteger()), server_default="{}", nullable=False),
    )
    op.add_column("iys_batch", sa.Column("sub_ids", ARRAY(sa.Text()), nullable=True))


def downgrade() -> None:
    """Open batches could not be settled any more: let them close first."""
    op.drop_column("iys_batch", "sub_ids")
    op.drop_column("iys_batch", "entry_ids")
