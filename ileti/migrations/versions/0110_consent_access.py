"""Who may use a consent beside who took it

Revision ID: 0110
Revises: 0102
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0110"
down_revision = "0102"
branch_labels = None
depends_on = None

KEY = ("provider_id", "brand_id", "recipient_id", "recipient_type", "channel", "dealer_id")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """An empty table, so that no lock is felt; 0111 fills it."""
    op.create_table(
        "consent_access",
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=False),
        sa.Column("recipient_type", sa.SmallInteger(), nullable=False),
        sa.Column("channel", sa.SmallInteger(), nullable=False),
        sa.Column("dealer_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_at", _MOMENT, nullable=False),
        sa.Column("given_at", _MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint(*KEY, name=op.f("pk_consent_access")),
    )
    op.create_index("ix_consent_access_dealer", "consent_access",
                    ["provider_id", "dealer_id", sa.text("entry_at desc"),
                     sa.text("entry_id desc")])
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """Dealers see what they took, and no more."""
    op.drop_table("consent_access")
