"""Campaigns: whom they go to, the batches they are handed over in, and the gate for a stretch

Revision ID: 0400
Revises: 0390
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0400"
down_revision = "0390"
branch_labels = None
depends_on = None

NEW = (Path(__file__).parents[1] / "sql" / "0400_campaigns.sql").read_text()
_TABLES = ("campaign_list_member", "campaign_list", "campaign_batch", "campaign_message",
           "campaign")


def upgrade() -> None:
    """New tables and functions; texts get a column with a constant default."""
    op.get_bind().exec_driver_sql(NEW.replace("%", "%%"))


def downgrade() -> None:
    """Nothing of a campaign is kept."""
    text = (Path(__file__).parents[1] / "sql" / "0002_ledger.sql").read_text()
    begin = text.index("create function gate_yes(")
    before = text[begin:text.index("$$;", begin) + 3]
    op.get_bind().exec_driver_sql(before.replace("create function", "create or replace function"))
    op.execute("drop function campaign_take(integer, bigint, integer, timestamptz)")
    op.execute("drop function campaign_gate(integer, bigint, integer, integer, timestamptz)")
    op.execute("drop function campaign_dealer_knows(integer, integer, bigint, smallint, integer)")
    op.execute("drop function campaign_address_dead(integer, bigint)")
    op.execute("drop function gate_denial(smallint, smallint, smallint)")
    for table in _TABLES:
        op.execute(f"drop table {table}")
        op.execute(f"delete from wall_rule where table_name = '{table}'")
    op.drop_column("document_version", "topics")
