"""Retailers for programs: who may read identity numbers, and what was added in doubt

Revision ID: 0130
Revises: 0121
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0130"
down_revision = "0121"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Accounts that are there already go on reading no identity number."""
    op.add_column("api_account", sa.Column(
        "reads_numbers", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_table(
        "api_retailer_doubt",
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"),
                  nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"],
                                name=op.f("fk_api_retailer_doubt_brand_id_brand")),
        sa.PrimaryKeyConstraint("provider_id", "brand_id", "digest",
                                name=op.f("pk_api_retailer_doubt")),
    )
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """Programs read no identity number, and a repeat in doubt gets İYS's no again."""
    op.drop_table("api_retailer_doubt")
    op.drop_column("api_account", "reads_numbers")
