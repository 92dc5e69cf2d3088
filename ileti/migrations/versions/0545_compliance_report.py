"""Compliance report: İYS's answers by code and time, what standing consents rest on, what is due

Revision ID: 0545
Revises: 0540
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0545"
down_revision = "0540"
branch_labels = None
depends_on = None

_KEY = ("provider_id", "day", "brand_id", "channel", "source", "code", "bucket")
_TABLES = {"report_reply_day": (), "report_reply_month": (),
           "report_reply_dealer_day": ("dealer_id",), "report_reply_dealer_month": ("dealer_id",)}
_COUNTED = ("report_brand_day", "report_dealer_day", "report_dealer_month", "report_site_day",
            "report_site_month", "report_agent_day", "report_agent_month", "report_day")
_WHOLE = {"provider_id", "brand_id", "dealer_id", "text_id"}
_ZERO = sa.text("0")
_MOMENT = sa.DateTime(timezone=True)


def _key(*names: str) -> list[sa.Column]:
    return [sa.Column(one, sa.Date() if one == "day" else sa.Integer() if one in _WHOLE
                      else sa.SmallInteger(), nullable=False) for one in names]


def _numbers(*names: str) -> list[sa.Column]:
    return [sa.Column(one, sa.BigInteger(), server_default=_ZERO, nullable=False) for one in names]


def upgrade() -> None:
    """Empty tables. All is counted anew, since answers that were counted are not noted any more."""
    for name, wide in _TABLES.items():
        key = (*_KEY, *wide)
        op.create_table(name, *_key(*key), *_numbers("number", "longest"),
                        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}")))
        if wide:
            op.create_index(f"ix_{name}_dealer", name, ["provider_id", "dealer_id", "day"],
                            postgresql_where=sa.text("dealer_id <> 0"))
    key = ("provider_id", "brand_id", "dealer_id", "channel", "source", "text_id", "proof")
    op.create_table("report_standing", *_key(*key), *_numbers("number", "coming"),
                    sa.PrimaryKeyConstraint(*key, name=op.f("pk_report_standing")))
    op.create_table("report_due", *_key("provider_id", "kind"), *_numbers("due", "year"),
                    sa.PrimaryKeyConstraint("provider_id", "kind", name=op.f("pk_report_due")))
    op.create_table(
        "report_walk",
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), server_default=_ZERO, nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), server_default=_ZERO, nullable=False),
        sa.Column("recipient_type", sa.SmallInteger(), server_default=_ZERO, nullable=False),
        sa.Column("channel", sa.SmallInteger(), server_default=_ZERO, nullable=False),
        *(sa.Column(one, _MOMENT, nullable=True) for one in ("begun_at", "counted_at", "due_at")),
        sa.PrimaryKeyConstraint("provider_id", name=op.f("pk_report_walk")))
    # nobody answers and nobody counts meanwhile, so that each answer is noted or among those before
    op.execute("lock table iys_receipt in share mode")
    op.execute("update report_mark set epoch = 0, xid = 0, entry_id = 0, old_answers = "
               "(select max(id) from iys_receipt), old_provider_id = 0, old_entry_id = 0, "
               "old_receipt_id = 0, counted_at = null")
    op.execute(f"truncate {', '.join(('report_answer', *_COUNTED))}")
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """The numbers can be counted anew."""
    for name in ("report_walk", "report_due", "report_standing", *_TABLES):
        op.execute(f"delete from wall_rule where table_name = '{name}'")
        op.drop_table(name)
