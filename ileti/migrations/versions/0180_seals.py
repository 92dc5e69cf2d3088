"""Seals over the ledger's leaves, time stamps over seals; proof tables say so themselves

Revision ID: 0180
Revises: 0170
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0180"
down_revision = "0170"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "0180_seals.sql"
_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")


def upgrade() -> None:
    """Three tables without UPDATE and DELETE for the application, and the current epoch."""
    op.create_table(
        "seal_epoch",
        sa.Column("epoch", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("system", sa.String(20), nullable=False),
        sa.Column("began_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("epoch", name=op.f("pk_seal_epoch")),
    )
    op.create_table(
        "seal",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("upto_xid", sa.BigInteger(), nullable=False),
        sa.Column("upto_id", sa.BigInteger(), nullable=False),
        sa.Column("sealed_at", _MOMENT, nullable=False),
        sa.Column("leaves", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.SmallInteger(), nullable=False),
        sa.Column("upto_kind", sa.SmallInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_seal")),
        sa.UniqueConstraint("digest", name=op.f("uq_seal_digest")),
        sa.ForeignKeyConstraint(["epoch"], ["seal_epoch.epoch"],
                                name=op.f("fk_seal_epoch_seal_epoch")),
    )
    op.create_index("ix_seal_place", "seal", ["epoch", "upto_xid", "upto_kind", "upto_id"])
    op.create_table(
        "seal_stamp",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("stamped_at", _MOMENT, nullable=False),
        sa.Column("received_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("verdict", sa.SmallInteger(), nullable=False),
        sa.Column("signer", sa.String(200), nullable=True),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_stamp")),
        sa.ForeignKeyConstraint(["number"], ["seal.number"],
                                name=op.f("fk_seal_stamp_number_seal")),
    )
    op.create_index("ix_seal_stamp_number", "seal_stamp", ["number", "id"])
    op.add_column("entry_file", sa.Column("epoch", sa.SmallInteger(),
                                          server_default=sa.text("0"), nullable=False))
    op.execute(SQL.read_text())


def downgrade() -> None:
    """The leaves stay; who exported seals still has them."""
    op.execute("drop trigger number_kept on provider")
    op.execute("drop trigger number_kept on brand")
    op.execute("drop function refuse_other_number()")
    op.execute("drop function begin_seal_epoch()")
    op.drop_column("entry_file", "epoch")
    op.drop_table("seal_stamp")
    op.drop_table("seal")
    op.drop_table("seal_epoch")
