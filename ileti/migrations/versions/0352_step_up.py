"""Proofs of a person before messages are sent (R-51), and which method a provider asks for

Revision ID: 0352
Revises: 0351
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0352"
down_revision = "0351"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """One table that is only added to."""
    op.add_column("provider", sa.Column("step_up", sa.String(20), nullable=True))
    op.create_table(
        "step_up",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("proven_at", _MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.Column("method", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(120), nullable=False),
        sa.Column("signer", sa.String(200), nullable=False),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_up")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_step_up_provider_id_provider")),
        sa.UniqueConstraint("provider_id", "statement", name=op.f("uq_step_up_provider_id")),
        comment="proof: the application only adds rows",
    )
    op.create_index("ix_step_up_subject", "step_up", ["provider_id", "subject", "id"])
    op.create_index("ix_step_up_user_id", "step_up", ["user_id", "id"])
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """The signatures stay in the vault; who signed what is forgotten, so keep a dump."""
    op.drop_table("step_up")
    op.drop_column("provider", "step_up")
