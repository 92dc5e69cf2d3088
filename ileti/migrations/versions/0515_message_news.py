"""What becomes of messages is told to webhooks a batch at a time

Revision ID: 0515
Revises: 0510
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0515"
down_revision = "0510"
branch_labels = None
depends_on = None

_SQL = (Path(__file__).parents[1] / "sql" / "0515_message_news.sql").read_text()


def upgrade() -> None:
    """A column that may be read at once and an empty table; a trigger on batches, of which there is
    one per thousand messages."""
    op.execute("set local lock_timeout = '5s'")
    op.add_column("webhook", sa.Column("campaigns", sa.Boolean(), nullable=False,
                                       server_default=sa.text("false")))
    op.get_bind().exec_driver_sql(_SQL.replace("%", "%%"))


def downgrade() -> None:
    """Webhooks hear of single messages alone."""
    op.execute("set local lock_timeout = '5s'")
    op.execute("drop trigger news on campaign_batch")
    op.execute("drop function campaign_batch_news()")
    op.execute("drop function message_news_wanted(integer, boolean)")
    op.execute("delete from wall_rule where table_name = 'message_news'")
    op.execute("drop table message_news")
    op.drop_column("webhook", "campaigns")
