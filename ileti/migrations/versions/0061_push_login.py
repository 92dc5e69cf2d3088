"""The credentials with which İYS reports citizens' changes here

Revision ID: 0061
Revises: 0060
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One row per provider and channel; the password is not in it."""
    op.create_table(
        "iys_push",
        sa.Column("provider_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("brand_ids", ARRAY(sa.Integer()), server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"),
                  nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "channel", name=op.f("pk_iys_push")),
        sa.UniqueConstraint("username", name=op.f("uq_iys_push_username")),
    )
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """İYS goes on pushing and is answered 401; unregister first."""
    op.drop_table("iys_push")
