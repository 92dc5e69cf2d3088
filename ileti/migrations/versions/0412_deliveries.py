"""What became of a message after it was handed over, and batches whose reports are fetched

Revision ID: 0412
Revises: 0411
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0412"
down_revision = "0411"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Columns without a rewrite; the index is empty, since no message went by an account yet."""
    op.execute("set local lock_timeout = '5s'")
    for column in (sa.Column("account_id", sa.Integer(), nullable=True),
                   sa.Column("handing_at", _MOMENT, nullable=True),
                   sa.Column("delivery", sa.SmallInteger(), nullable=True),
                   sa.Column("delivered_at", _MOMENT, nullable=True),
                   sa.Column("delivery_reason", sa.String(120), nullable=True)):
        op.add_column("message", column)
    op.create_index("ix_message_outside", "message", ["provider_id", "account_id", "outside_id"],
                    postgresql_where=sa.text("account_id is not null"))
    op.create_table(
        "delivery_batch",
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("outside_id", sa.String(120), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", _MOMENT, nullable=False),
        sa.Column("created_at", _MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "outside_id", name=op.f("pk_delivery_batch")),
    )
    op.create_index("ix_delivery_batch_next_at", "delivery_batch", ["next_at"])
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """What providers reported is lost."""
    op.execute("delete from wall_rule where table_name = 'delivery_batch'")
    op.drop_table("delivery_batch")
    op.drop_index("ix_message_outside", table_name="message")
    for name in ("delivery_reason", "delivered_at", "delivery", "handing_at", "account_id"):
        op.drop_column("message", name)
