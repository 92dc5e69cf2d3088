"""What programs may ask and bring beside lists; messages are kept as they were sent;
which seals were carried where

Revision ID: 0230
Revises: 0200
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0230"
down_revision = "0200"
branch_labels = None
depends_on = None

_RIGHTS = ("reads_consents", "brings_proofs")


def upgrade() -> None:
    """Accounts that are there already have neither right."""
    for right in _RIGHTS:
        op.add_column("api_account", sa.Column(
            right, sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("message", sa.Column("sent_key", sa.SmallInteger(), nullable=True))
    op.add_column("message", sa.Column("sent_ct", sa.LargeBinary(), nullable=True))
    op.create_table(
        "api_proof",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("idem", sa.String(80), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("asked", postgresql.JSONB(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"),
                  nullable=False),
        sa.PrimaryKeyConstraint("account_id", "idem", name=op.f("pk_api_proof")),
        sa.ForeignKeyConstraint(["account_id"], ["api_account.id"],
                                name=op.f("fk_api_proof_account_id_api_account")),
    )
    op.create_table(
        "seal_export",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("way", sa.SmallInteger(), nullable=False),
        sa.Column("place", sa.String(64), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"),
                  nullable=False),
        sa.Column("there", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_export")),
        sa.CheckConstraint("way in (1, 2)", name=op.f("ck_seal_export_way")),
        comment="proof: the application only adds rows",
    )
    op.create_index("ix_seal_export_last", "seal_export", ["way", "place", "last"])


def downgrade() -> None:
    """The rights go, the accounts and what they brought stay."""
    op.drop_table("seal_export")
    op.drop_table("api_proof")
    for column in ("sent_ct", "sent_key"):
        op.drop_column("message", column)
    for right in reversed(_RIGHTS):
        op.drop_column("api_account", right)
