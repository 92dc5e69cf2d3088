"""Single messages: what a message was declared to be, and what it relied on when it went

Revision ID: 0490
Revises: 0486
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

from ileti.migrations import indexes

revision = "0490"
down_revision = "0486"
branch_labels = None
depends_on = None

_SQL = (Path(__file__).parents[1] / "sql" / "0490_single_messages.sql").read_text()
_COLUMNS = ("declared", "recipient_type", "sender", "version_id", "declaration", "idem", "denial",
            "denied_at", "permit_id", "permit_at", "iys_status")


def upgrade() -> None:
    """Columns without a rewrite. Both indexes hold single messages only, of which there is none
    yet; they read the whole table for it, so they are made outside a transaction, and what was done
    before one failed is done once."""
    op.execute("set local lock_timeout = '5s'")
    op.get_bind().exec_driver_sql(_SQL.replace("%", "%%"))
    indexes.build("uq_message_idem", "message", ["provider_id", "idem"], unique=True,
                  postgresql_where=sa.text("idem is not null"))
    indexes.build("ix_message_single", "message", ["provider_id", sa.text("id desc")],
                  postgresql_where=sa.text("kind = 5"))


def downgrade() -> None:
    """Single messages lose their class and what they relied on."""
    op.execute("drop function message_gate(integer, bigint, timestamptz)")
    op.execute("alter table message drop constraint ck_message_single")
    for name in ("ix_message_single", "uq_message_idem"):
        op.drop_index(name, table_name="message")
    for name in _COLUMNS:
        op.drop_column("message", name)
