"""What came from a kiosk without network and waits for a person to look at it

Revision ID: 0435
Revises: 0430
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0435"
down_revision = "0430"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """One new table; its walls are those of its columns."""
    op.create_table(
        "kiosk_item",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("dealer_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(64), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.String(24), nullable=False),
        sa.Column("claimed_at", _MOMENT, nullable=False),
        sa.Column("contact_at", _MOMENT, nullable=False),
        sa.Column("arrived_at", _MOMENT, nullable=False),
        sa.Column("clock_changed", sa.Boolean(), nullable=False),
        sa.Column("content_key", sa.SmallInteger(), nullable=True),
        sa.Column("content_ct", sa.LargeBinary(), nullable=True),
        sa.Column("marks", postgresql.ARRAY(sa.LargeBinary()), nullable=False),
        sa.Column("decided_at", _MOMENT, nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kiosk_item")),
        sa.UniqueConstraint("site_id", "item", name=op.f("uq_kiosk_item_site_id_item")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_kiosk_item_provider_id_provider")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"],
                                name=op.f("fk_kiosk_item_site_id_site")),
        sa.CheckConstraint("state between 1 and 4", name=op.f("ck_kiosk_item_state")),
        sa.CheckConstraint("(content_ct is null) = (content_key is null)",
                           name=op.f("ck_kiosk_item_content")),
    )
    op.create_index("ix_kiosk_item_provider_id", "kiosk_item", ["provider_id", "state", "id"])
    op.execute("select grant_application_rights()")
    op.execute("select build_dealer_wall()")


def downgrade() -> None:
    """What waited is lost; look at it first."""
    op.drop_table("kiosk_item")
