"""Reports: numbers of the ledger, counted once

Revision ID: 0530
Revises: 0525
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0530"
down_revision = "0525"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "0530_reports.sql"
_KEY = ("provider_id", "day", "brand_id", "channel", "source", "status", "recipient_type")
_TABLES = {"report_brand_day": (), "report_dealer_day": ("dealer_id",),
           "report_dealer_month": ("dealer_id",), "report_site_day": ("site_id",),
           "report_site_month": ("site_id",), "report_agent_day": ("agent_id",),
           "report_agent_month": ("agent_id",), "report_day": ("dealer_id", "site_id", "agent_id")}
_FOUND = (("report_dealer_day", "dealer"), ("report_dealer_month", "dealer"),
          ("report_day", "dealer"), ("report_day", "site"), ("report_day", "agent"))
_NUMBERS = ("taken", "accepted", "rejected", "overdue", "same_day", "waited")
_TYPES = {"provider_id": sa.Integer(), "day": sa.Date(), "brand_id": sa.Integer(),
          "dealer_id": sa.Integer(), "site_id": sa.Integer(), "agent_id": sa.BigInteger()}
_ZERO = sa.text("0")


def upgrade() -> None:
    """Empty tables; the answers that stand are counted by a job, in the order of their key."""
    for name, wide in _TABLES.items():
        key = (*_KEY, *wide)
        op.create_table(
            name,
            *(sa.Column(one, _TYPES.get(one, sa.SmallInteger()), nullable=False) for one in key),
            *(sa.Column(one, sa.BigInteger(), server_default=_ZERO, nullable=False)
              for one in _NUMBERS),
            sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}")))
    for name, what in _FOUND:
        op.create_index(f"ix_{name}_{what}", name, ["provider_id", f"{what}_id", "day"],
                        postgresql_where=sa.text(f"{what}_id <> 0"))
    op.create_table(
        "report_answer",
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("receipt_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "entry_id", "receipt_id",
                                name=op.f("pk_report_answer")))
    op.create_table(
        "report_mark",
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("epoch", sa.SmallInteger(), server_default=_ZERO, nullable=False),
        *(sa.Column(one, sa.BigInteger(), server_default=_ZERO, nullable=False)
          for one in ("xid", "entry_id")),
        sa.Column("old_answers", sa.BigInteger(), nullable=True),
        sa.Column("old_provider_id", sa.Integer(), server_default=_ZERO, nullable=False),
        *(sa.Column(one, sa.BigInteger(), server_default=_ZERO, nullable=False)
          for one in ("old_entry_id", "old_receipt_id")),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_mark")))
    op.get_bind().exec_driver_sql(SQL.read_text().replace("%", "%%"))
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """The numbers can be counted anew."""
    op.execute("drop trigger report_answers on iys_receipt")
    op.execute("drop function report_answers()")
    for name in ("report_mark", "report_answer", *_TABLES):
        op.execute(f"delete from wall_rule where table_name = '{name}'")
        op.drop_table(name)
