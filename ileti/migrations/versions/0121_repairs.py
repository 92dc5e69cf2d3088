"""Repairs of all differences of a cause, as work for the background; who asked for a day now

Revision ID: 0121
Revises: 0120
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0121"
down_revision = "0120"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")


def upgrade() -> None:
    """A table of wishes, a moment of the day, and open differences in the order they are taken."""
    op.create_table(
        "iys_repair",
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("next_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("after_id", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("after_line", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("repaired", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("unanswered", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("fence", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("cause", sa.SmallInteger(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_iys_repair")),
    )
    op.create_index("uq_iys_repair_open", "iys_repair",
                    ["provider_id", "brand_id", "day", "cause"], unique=True,
                    postgresql_where=sa.text("ended_at is null"))
    op.create_index("ix_iys_repair_due", "iys_repair", ["next_at"],
                    postgresql_where=sa.text("ended_at is null"))
    op.create_index("ix_iys_repair_day", "iys_repair", ["provider_id", "brand_id", "day"])
    op.drop_index("ix_iys_difference_open", "iys_difference")
    op.create_index("ix_iys_difference_open", "iys_difference",
                    ["provider_id", "brand_id", "day", "cause",
                     sa.text("coalesce(line, 2147483647)"), "id"],
                    postgresql_where=sa.text("state = 1"))
    op.add_column("iys_day", sa.Column("asked_at", _MOMENT, nullable=True))
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """Repairs run in the request again, as far as eight seconds take them."""
    op.drop_column("iys_day", "asked_at")
    op.drop_index("ix_iys_difference_open", "iys_difference")
    op.create_index("ix_iys_difference_open", "iys_difference",
                    ["provider_id", "brand_id", "day", "cause"],
                    postgresql_where=sa.text("state = 1"))
    op.drop_table("iys_repair")
