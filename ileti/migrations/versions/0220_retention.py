"""Retention: restricted persons, suppression, legal holds, the destruction's runs and signed log

Revision ID: 0220
Revises: 0190
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0220"
down_revision = "0190"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "0220_retention.sql"
PROOF = "proof: the application only adds rows"
READ = "read: set-up writes, the application reads"
_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")


class XID8(sa.types.UserDefinedType):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The type's name in DDL."""
        return "xid8"


def upgrade() -> None:
    """New tables, two columns without a rewrite, an index for the rule, then the functions."""
    _persons()
    _holds()
    _destruction()
    op.add_column("submission", sa.Column("erased_at", _MOMENT, nullable=True))
    op.add_column("evidence_file", sa.Column("erased_at", _MOMENT, nullable=True))
    op.create_index("ix_message_recipient", "message", ["provider_id", "recipient_id"])
    op.get_bind().exec_driver_sql(SQL.read_text().replace("%", "%%"))


def _persons() -> None:
    op.create_table(
        "restriction",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("case_number", sa.String(80), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restriction")),
        comment=PROOF,
    )
    op.create_index("ix_restriction_recipient", "restriction",
                    ["provider_id", "recipient_id", "since"])
    op.create_table(
        "suppression",
        sa.Column("provider_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("addr_hash", sa.LargeBinary(), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "addr_hash", name=op.f("pk_suppression")),
        comment=READ,
    )


def _holds() -> None:
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=True),
        sa.Column("recipient_id", sa.BigInteger(), nullable=True),
        sa.Column("from_at", _MOMENT, nullable=True),
        sa.Column("to_at", _MOMENT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_legal_hold_provider_id_provider")),
        sa.CheckConstraint("from_at < to_at", name=op.f("ck_legal_hold_range")),
        comment=PROOF,
    )
    op.create_index("ix_legal_hold_provider_id", "legal_hold", ["provider_id"])
    op.create_table(
        "legal_hold_end",
        sa.Column("hold_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=True),
        sa.Column("at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_legal_hold_end")),
        sa.ForeignKeyConstraint(["hold_id"], ["legal_hold.id"],
                                name=op.f("fk_legal_hold_end_hold_id_legal_hold")),
        comment=PROOF,
    )


def _destruction() -> None:
    op.create_table(
        "destruction_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("begun_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destruction_run")),
    )
    op.create_index("uq_destruction_run_open", "destruction_run", [sa.text("(true)")], unique=True,
                    postgresql_where=sa.text("ended_at is null"))
    op.create_table(
        "destruction_log",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("provider_id", sa.Integer(), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("boundary", _MOMENT, nullable=False),
        sa.Column("xid", XID8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("epoch", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("case_number", sa.String(80), nullable=True),
        sa.Column("rule", sa.String(40), nullable=False),
        sa.Column("ids_hash", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=True),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("signature", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destruction_log")),
        sa.ForeignKeyConstraint(["run_id"], ["destruction_run.id"],
                                name=op.f("fk_destruction_log_run_id_destruction_run")),
        comment=PROOF,
    )
    op.create_index("ix_destruction_log_provider_id", "destruction_log",
                    ["provider_id", sa.text("id desc")])
    op.create_index("ix_destruction_log_seal", "destruction_log", ["xid", "id"])
    op.create_table(
        "destruction_part",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("log_id", sa.BigInteger(), nullable=True),
        sa.Column("first_id", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destruction_part")),
        sa.UniqueConstraint("log_id", name=op.f("uq_destruction_part_log_id")),
        sa.ForeignKeyConstraint(["log_id"], ["destruction_log.id"], deferrable=True,
                                initially="DEFERRED",
                                name=op.f("fk_destruction_part_log_id_destruction_log")),
        comment=READ,
    )
    op.create_index("ix_destruction_part_ids", "destruction_part",
                    ["provider_id", "kind", "last_id"])


def downgrade() -> None:
    """What was destroyed stays so; who did it and why is forgotten, so keep a dump."""
    for table in ("recipient", "brand"):
        op.execute(f"drop trigger suppressed on {table}")
    op.execute("drop view consent_due")
    for name in ("destroy_persons(bigint, integer, bigint[])",
                 "destroy_submissions(bigint, integer, bigint[])",
                 "destroy_files(bigint, integer, bigint[])",
                 "destroy_lists(bigint, integer, bigint[])",
                 "destroy_archives(bigint, integer, bigint[])",
                 "destroy_rows(bigint, smallint, integer, integer)",
                 "destroyed(bigint, smallint, integer, bigint[])", "import_due(bigint)",
                 "keep_suppressed()", "keep_suppressed_in_brand()",
                 "suppress_states(integer, bigint[], timestamptz[])",
                 "is_restricted(integer, bigint, timestamptz)",
                 "under_hold(integer, integer, bigint, timestamptz, timestamptz)"):
        op.execute(f"drop function {name}")
    op.drop_index("ix_message_recipient", table_name="message")
    op.drop_column("evidence_file", "erased_at")
    op.drop_column("submission", "erased_at")
    for table in ("destruction_part", "destruction_log", "destruction_run", "legal_hold_end",
                  "legal_hold", "suppression", "restriction"):
        op.drop_table(table)
