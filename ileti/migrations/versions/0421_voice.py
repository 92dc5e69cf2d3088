"""Numbers people call, and keys that were pressed

Revision ID: 0421
Revises: 0420
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0421"
down_revision = "0420"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")


def upgrade() -> None:
    """New tables; a brand sees its own numbers, a dealer none: their columns say so."""
    op.create_table(
        "voice_number",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("generation", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("takes_consent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("made_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice_number")),
        sa.UniqueConstraint("provider_id", "number",
                            name=op.f("uq_voice_number_provider_id_number")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_voice_number_provider_id_provider")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"],
                                name=op.f("fk_voice_number_brand_id_brand")),
    )
    op.create_table(
        "voice_act",
        sa.Column("provider_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("act", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.BigInteger(), nullable=False),
        sa.Column("at", _MOMENT, server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "mark", "act", name=op.f("pk_voice_act")),
    )
    op.execute("select grant_application_rights()")
    op.execute("select build_dealer_wall()")


def downgrade() -> None:
    """Addresses of numbers and the memory of pressed keys are lost; the ledger keeps the acts."""
    for table in ("voice_act", "voice_number"):
        op.execute(f"delete from wall_rule where table_name = '{table}'")
        op.drop_table(table)
