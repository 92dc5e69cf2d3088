"""Alarms of the deadline radar, the mails about them, and counts of big backlogs

Revision ID: 0030
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0020"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")


def upgrade() -> None:
    """Three tables, the provider's choice about mails, and the application's rights."""
    op.add_column("provider", sa.Column("alarm_mails", sa.String(3), server_default="tr",
                                        nullable=False))
    op.create_check_constraint(op.f("ck_provider_alarm_mails"), "provider",
                               "alarm_mails in ('tr', 'en', 'off')")
    op.create_table(
        "deadline_alarm",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("stopped", sa.Integer(), nullable=False),
        sa.Column("raised_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("told_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline_alarm")),
        sa.UniqueConstraint("provider_id", "brand_id", "due_at", "level",
                            name=op.f("uq_deadline_alarm_provider_id_brand_id_due_at_level")),
    )
    op.create_index("ix_deadline_alarm_untold", "deadline_alarm", ["id"],
                    postgresql_where=sa.text("told_at is null"))
    op.create_table(
        "deadline_mail",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("alarm_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("sent_at", _MOMENT, nullable=True),
        sa.Column("gateway", sa.String(30), nullable=True),
        sa.Column("outside_id", sa.String(120), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline_mail")),
        sa.ForeignKeyConstraint(["alarm_id"], ["deadline_alarm.id"],
                                name=op.f("fk_deadline_mail_alarm_id_deadline_alarm")),
        sa.UniqueConstraint("alarm_id", "user_id",
                            name=op.f("uq_deadline_mail_alarm_id_user_id")),
    )
    op.create_table(
        "deadline_count",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("dealer_id", sa.Integer(), nullable=True),
        sa.Column("source", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", _MOMENT, nullable=True),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("iys_code", sa.SmallInteger(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("counted_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline_count")),
    )
    op.create_index("ix_deadline_count_provider_id", "deadline_count", ["provider_id"])
    # what has stopped is rare and asked for on every page of the panel
    op.create_index("ix_outbox_stopped", "outbox", ["provider_id", "topic", "ref_id"],
                    postgresql_where=sa.text("dead_at is not null"))
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """Alarms that were raised are raised again; mails on their way are lost."""
    op.drop_index("ix_outbox_stopped", "outbox")
    op.execute("delete from outbox where topic = 3")
    for table in ("deadline_mail", "deadline_alarm", "deadline_count"):
        op.drop_table(table)
    op.drop_constraint(op.f("ck_provider_alarm_mails"), "provider", type_="check")
    op.drop_column("provider", "alarm_mails")
