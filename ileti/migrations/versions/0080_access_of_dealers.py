"""Which dealers may use a consent at İYS, told by a job

Revision ID: 0080
Revises: 0070
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0080"
down_revision = "0070"
branch_labels = None
depends_on = None

KEY = ("provider_id", "brand_id", "recipient_id", "recipient_type", "channel", "id")
OPEN = sa.text("done_at is null")


def upgrade() -> None:
    """One row per consent and wish; empty, so that no lock is felt."""
    op.create_table(
        "iys_access_task",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=False),
        sa.Column("recipient_type", sa.SmallInteger(), nullable=False),
        sa.Column("channel", sa.SmallInteger(), nullable=False),
        sa.Column("act", sa.SmallInteger(), nullable=False),
        sa.Column("dealer_ids", ARRAY(sa.Integer()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"),
                  nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), server_default=sa.text("now()"),
                  nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.CheckConstraint("act in (1, 2, 3)", name=op.f("ck_iys_access_task_act")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_iys_access_task")),
    )
    op.create_index("ix_iys_access_task_due", "iys_access_task", ["provider_id", "next_at", "id"],
                    postgresql_where=OPEN)
    op.create_index("ix_iys_access_task_key", "iys_access_task", list(KEY))
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """What İYS was told stays there."""
    op.drop_table("iys_access_task")
