"""The daily report by mail: who wants it and when, and each mail once

Revision ID: 0540
Revises: 0535
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0540"
down_revision = "0535"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")


def upgrade() -> None:
    """Two empty tables: nobody gets a mail that was not asked for."""
    op.create_table(
        "daily_subscription",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=True),
        sa.Column("dealer_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("membership_id", sa.Integer(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("business_days", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("created_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("closed_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_daily_subscription")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_daily_subscription_provider_id_provider")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"],
                                name=op.f("fk_daily_subscription_brand_id_brand")),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealer.id"],
                                name=op.f("fk_daily_subscription_dealer_id_dealer")),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE",
                                name=op.f("fk_daily_subscription_user_id_ab_user")),
        sa.ForeignKeyConstraint(["membership_id"], ["membership.id"], ondelete="CASCADE",
                                name=op.f("fk_daily_subscription_membership_id_membership")),
        sa.UniqueConstraint("membership_id", name=op.f("uq_daily_subscription_membership_id")),
        sa.CheckConstraint("hour between 6 and 20", name=op.f("ck_daily_subscription_hour")),
        sa.CheckConstraint("language in ('tr', 'en')",
                           name=op.f("ck_daily_subscription_language")),
    )
    op.create_index("ix_daily_subscription_open", "daily_subscription", ["hour"],
                    postgresql_where=sa.text("closed_at is null"))
    op.create_index("ix_daily_subscription_place", "daily_subscription",
                    ["provider_id", "brand_id", "dealer_id"])
    op.create_index("ix_daily_subscription_user_id", "daily_subscription", ["user_id"])
    op.create_table(
        "daily_mail",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=True),
        sa.Column("dealer_id", sa.Integer(), nullable=True),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("created_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("handing_at", _MOMENT, nullable=True),
        sa.Column("sent_at", _MOMENT, nullable=True),
        sa.Column("gateway", sa.String(30), nullable=True),
        sa.Column("outside_id", sa.String(120), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_daily_mail")),
        sa.ForeignKeyConstraint(["subscription_id"], ["daily_subscription.id"], ondelete="CASCADE",
                                name=op.f("fk_daily_mail_subscription_id_daily_subscription")),
        sa.UniqueConstraint("subscription_id", "due_on",
                            name=op.f("uq_daily_mail_subscription_id_due_on")),
    )
    op.create_index("ix_daily_mail_due_on", "daily_mail", ["due_on"])
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """Who wanted the mail has to ask for it again; mails on their way are lost."""
    op.execute("delete from outbox where topic = 8")
    for table in ("daily_mail", "daily_subscription"):
        op.execute(f"delete from wall_rule where table_name = '{table}'")
        op.drop_table(table)
