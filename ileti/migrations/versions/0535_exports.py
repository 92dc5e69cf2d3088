"""Large exports are made by a job

Revision ID: 0535
Revises: 0532
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0535"
down_revision = "0532"
branch_labels = None
depends_on = None

_NOW = sa.text("now()")
_ZERO = sa.text("0")
_NONE = sa.text("''")


def upgrade() -> None:
    """A new table; nothing stands that would have to move."""
    op.create_table(
        "export_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        *(sa.Column(name, kind, nullable=True) for name, kind in (
            ("brand_id", sa.Integer()), ("dealer_id", sa.Integer()), ("user_id", sa.Integer()),
            ("membership_id", sa.Integer()), ("account_id", sa.BigInteger()),
            ("key_id", sa.BigInteger()))),
        sa.Column("restricted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("form", sa.String(8), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("full", sa.Boolean(), nullable=False),
        sa.Column("asked", JSONB(), nullable=False),
        sa.Column("state", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("rows", sa.BigInteger(), server_default=_ZERO, nullable=False),
        sa.Column("expected", sa.BigInteger(), nullable=True),
        sa.Column("size", sa.BigInteger(), server_default=_ZERO, nullable=False),
        sa.Column("path", sa.Text(), server_default=_NONE, nullable=False),
        sa.Column("file_key", sa.Text(), server_default=_NONE, nullable=False),
        sa.Column("fence", sa.Integer(), server_default=_ZERO, nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default=_ZERO, nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("fetched", sa.Integer(), server_default=_ZERO, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True)
          for name in ("begun_at", "ended_at", "expires_at")),
        sa.CheckConstraint("(user_id is null) <> (account_id is null)",
                           name=op.f("ck_export_run_asker")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_export_run_provider_id_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_run")))
    op.create_index("ix_export_run_user", "export_run", ["user_id", sa.text("id desc")])
    op.create_index("ix_export_run_account", "export_run", ["account_id", sa.text("id desc")],
                    postgresql_where=sa.text("account_id is not null"))
    op.create_index("ix_export_run_due", "export_run", ["next_at"],
                    postgresql_where=sa.text("state in (1, 2)"))
    op.create_index("ix_export_run_file", "export_run", ["provider_id"],
                    postgresql_where=sa.text("path <> ''"))
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """Files that lie there cannot be read without their row."""
    op.execute("delete from wall_rule where table_name = 'export_run'")
    op.drop_table("export_run")
