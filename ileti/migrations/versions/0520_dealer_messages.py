"""Templates of a dealer's own, and single messages that a dealer sends

Revision ID: 0520
Revises: 0515
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

from ileti.migrations import indexes

revision = "0520"
down_revision = "0515"
branch_labels = None
depends_on = None

_SQL = Path(__file__).parents[1] / "sql"
_BEFORE = "create or replace function message_gate"
_RULE = "dealer_id + 0 = (select dealer_at_work()) or "


def upgrade() -> None:
    """Two columns without a rewrite. The key of the small table is checked at once; the messages,
    of which none has a dealer yet, have none, as they have none for their brand. The index holds
    what dealers send and reads the whole table for it, so it is made outside a transaction, and
    what was done before it failed is done once."""
    op.execute("set local lock_timeout = '5s'")
    there = op.get_bind().exec_driver_sql(
        "select 1 from pg_attribute where attrelid = 'message'::regclass "
        "and attname = 'dealer_id' and not attisdropped").scalar()
    if there is None:
        op.add_column("message", sa.Column("dealer_id", sa.Integer(), nullable=True))
        op.add_column("message_template", sa.Column("dealer_id", sa.Integer(), nullable=True))
        op.create_foreign_key(op.f("fk_message_template_dealer_id_dealer"), "message_template",
                              "dealer", ["dealer_id"], ["id"])
        op.create_check_constraint(op.f("ck_message_template_dealer"), "message_template",
                                   "dealer_id is null or brand_id is not null")
        text = (_SQL / "0520_dealer_messages.sql").read_text()
        op.get_bind().exec_driver_sql(text.replace("%", "%%"))
    indexes.build("ix_message_dealer", "message", ["provider_id", "dealer_id", sa.text("id desc")],
                  postgresql_where=sa.text("dealer_id is not null"))


def downgrade() -> None:
    """Dealers' templates become their brand's, and their messages nobody's in particular."""
    op.drop_index("ix_message_dealer", table_name="message")
    bind = op.get_bind()
    bind.exec_driver_sql("update wall_rule set rule = replace(rule, %s, '') "
                         "where table_name = 'message' and level = 'dealer'", (_RULE,))
    op.execute("select wall_sees('message_template', 'dealer', 'true', 'false')")
    op.execute("select build_dealer_wall()")
    text = (_SQL / "0490_single_messages.sql").read_text()
    bind.exec_driver_sql(text[text.index(_BEFORE):].replace("%", "%%"))
    for name in ("dealer_may_send(integer, integer, integer)",
                 "dealer_may_use(integer, integer, bigint, smallint, smallint, integer)"):
        op.execute(f"drop function {name}")
    op.drop_constraint("ck_message_template_dealer", "message_template")
    op.drop_column("message_template", "dealer_id")
    op.drop_column("message", "dealer_id")
