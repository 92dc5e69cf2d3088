"""Who answers the number of refusals, the words printed before; where the asking for reports stands

Revision ID: 0475
Revises: 0470
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0475"
down_revision = "0470"
branch_labels = None
depends_on = None

_NOUGHT = sa.text("0")


def upgrade() -> None:
    """Columns without a rewrite: nobody said who answers, and every batch begins at its first
    page."""
    op.add_column("provider", sa.Column("refusal_elsewhere", sa.Boolean(), nullable=False,
                                        server_default=sa.text("false")))
    op.add_column("provider", sa.Column("refusal_words_before", ARRAY(sa.String(20)),
                                        nullable=False,
                                        server_default=sa.text("'{}'::varchar[]")))
    op.add_column("delivery_batch", sa.Column("page", sa.SmallInteger(), nullable=False,
                                              server_default=_NOUGHT))
    op.add_column("delivery_batch", sa.Column("ended", sa.Integer(), nullable=False,
                                              server_default=_NOUGHT))
    op.add_column("gateway_account", sa.Column("asked_since", sa.DateTime(timezone=True),
                                               nullable=True))
    op.add_column("gateway_account", sa.Column("asked", sa.SmallInteger(), nullable=False,
                                               server_default=_NOUGHT))


def downgrade() -> None:
    """What was printed and asked is forgotten."""
    for table, column in (("gateway_account", "asked"), ("gateway_account", "asked_since"),
                          ("delivery_batch", "ended"), ("delivery_batch", "page"),
                          ("provider", "refusal_words_before"),
                          ("provider", "refusal_elsewhere")):
        op.drop_column(table, column)
