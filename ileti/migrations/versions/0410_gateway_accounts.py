"""Accounts at providers of messages

Revision ID: 0410
Revises: 0440
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0410"
down_revision = "0440"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")


def upgrade() -> None:
    """A new table. A brand sees its own accounts and those of all brands; a dealer none."""
    op.create_table(
        "gateway_account",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("channel", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("commercial", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("exempt", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("rank", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("weight", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("per_second", sa.Float(), server_default=sa.text("10"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("hook", sa.Text(), nullable=False),
        sa.Column("hook_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("last_ok_at", _MOMENT, nullable=True),
        sa.Column("last_problem_at", _MOMENT, nullable=True),
        sa.Column("last_problem", sa.String(300), nullable=True),
        sa.Column("refusals", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("rests_until", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_account")),
        sa.UniqueConstraint("provider_id", "name",
                            name=op.f("uq_gateway_account_provider_id_name")),
        sa.UniqueConstraint("hook_hash", name=op.f("uq_gateway_account_hook_hash")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_gateway_account_provider_id_provider")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"],
                                name=op.f("fk_gateway_account_brand_id_brand")),
        sa.CheckConstraint("channel in (1, 2, 3)", name=op.f("ck_gateway_account_channel")),
        sa.CheckConstraint("rank between 1 and 99", name=op.f("ck_gateway_account_rank")),
        sa.CheckConstraint("weight between 1 and 100", name=op.f("ck_gateway_account_weight")),
        sa.CheckConstraint("per_second > 0", name=op.f("ck_gateway_account_per_second")),
    )
    op.execute("select wall_sees('gateway_account', 'brand', "
               "'brand_id = (select brand_at_work()) or brand_id is null', "
               "'brand_id = (select brand_at_work())')")
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """Accounts are lost; keep a dump."""
    op.execute("delete from wall_rule where table_name = 'gateway_account'")
    op.drop_table("gateway_account")
