"""What a day's time stamp was found to be worth

Revision ID: 0120
Revises: 0112
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0120"
down_revision = "0112"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """One row per archived stamp; the stamp itself stays untouched."""
    op.create_table(
        "iys_stamp_check",
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("archive_id", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.Column("checked_at", _MOMENT, nullable=False),
        sa.Column("stamped_at", _MOMENT, nullable=True),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("verdict", sa.SmallInteger(), nullable=False),
        sa.Column("signer", sa.String(200), nullable=True),
        sa.Column("trusted", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "archive_id", name=op.f("pk_iys_stamp_check")),
    )
    op.create_index("ix_iys_stamp_check_bad", "iys_stamp_check", ["day"],
                    postgresql_where=sa.text("verdict > 2"))
    op.create_index("ix_iys_archive_stamp", "iys_archive", ["provider_id", "id"],
                    postgresql_where=sa.text("kind = 5"))
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """Stamps are archived and not looked into again."""
    op.drop_index("ix_iys_archive_stamp", "iys_archive")
    op.drop_table("iys_stamp_check")
