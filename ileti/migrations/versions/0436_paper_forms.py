"""Printed consent forms with numbered sheets, and scans that wait for a second look

Revision ID: 0436
Revises: 0435
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0436"
down_revision = "0435"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Two new tables; their walls are those of their columns."""
    op.create_table(
        "paper_batch",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("dealer_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("copies", sa.SmallInteger(), nullable=False),
        sa.Column("texts", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("spot", sa.String(120), server_default="", nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", _MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_batch")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_paper_batch_provider_id_provider")),
        sa.ForeignKeyConstraint(["notice_id"], ["document_version.id"],
                                name=op.f("fk_paper_batch_notice_id_document_version")),
        sa.CheckConstraint("copies between 1 and 200", name=op.f("ck_paper_batch_copies")),
    )
    op.create_index("ix_paper_batch_provider_id", "paper_batch", ["provider_id", "id"])
    op.create_table(
        "paper_look",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("dealer_id", sa.Integer(), nullable=True),
        sa.Column("paper_batch_id", sa.Integer(), nullable=False),
        sa.Column("sheet", sa.SmallInteger(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_look")),
        sa.UniqueConstraint("paper_batch_id", "sheet",
                            name=op.f("uq_paper_look_paper_batch_id_sheet")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_paper_look_provider_id_provider")),
        sa.ForeignKeyConstraint(["paper_batch_id"], ["paper_batch.id"],
                                name=op.f("fk_paper_look_paper_batch_id_paper_batch")),
        sa.CheckConstraint("state between 1 and 3", name=op.f("ck_paper_look_state")),
    )
    op.create_index("ix_paper_look_provider_id", "paper_look", ["provider_id", "state", "id"])
    op.execute("select grant_application_rights()")
    op.execute("select build_dealer_wall()")


def downgrade() -> None:
    """Which texts stood on which sheet is forgotten; what was recorded from them stays."""
    op.drop_table("paper_look")
    op.drop_table("paper_batch")
