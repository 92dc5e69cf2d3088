"""A provider may be served by a business partner's account at İYS

Revision ID: 0060
Revises: 0050
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The partner's number, by which its rights per brand and channel are asked for."""
    op.add_column("provider", sa.Column("iys_partner_code", sa.Integer(), nullable=True))


def downgrade() -> None:
    """The account works as before; only its rights can no longer be asked for."""
    op.drop_column("provider", "iys_partner_code")
