"""Imports: runs, chunks, templates, staging

Revision ID: 0140
Revises: 0132
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0140"
down_revision = "0132"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "0140_imports.sql"
_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")
_JSON = sa.text("'{}'::jsonb")
_ZERO = sa.text("0")


def upgrade() -> None:
    """Three tables, then the functions."""
    op.create_table(
        "import_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("dealer_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("format", sa.String(10), nullable=False),
        sa.Column("size", sa.BigInteger(), server_default=_ZERO, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("file_key", sa.Text(), nullable=False),
        sa.Column("layout", postgresql.JSONB(), server_default=_JSON, nullable=False),
        sa.Column("mapping", postgresql.JSONB(), server_default=_JSON, nullable=False),
        sa.Column("origin", postgresql.JSONB(), server_default=_JSON, nullable=False),
        sa.Column("rows", sa.Integer(), server_default=_ZERO, nullable=False),
        sa.Column("staged", sa.Integer(), server_default=_ZERO, nullable=False),
        sa.Column("bytes_read", sa.BigInteger(), server_default=_ZERO, nullable=False),
        sa.Column("ask_iys", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("checked_at", _MOMENT, nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("counts", postgresql.JSONB(), server_default=_JSON, nullable=False),
        sa.Column("samples", postgresql.JSONB(), server_default=_JSON, nullable=False),
        sa.Column("chunk_lines", sa.Integer(), server_default=_ZERO, nullable=False),
        sa.Column("chunks", sa.Integer(), server_default=_ZERO, nullable=False),
        sa.Column("chunks_done", sa.Integer(), server_default=_ZERO, nullable=False),
        sa.Column("written", sa.Integer(), server_default=_ZERO, nullable=False),
        sa.Column("left_out", sa.Integer(), server_default=_ZERO, nullable=False),
        sa.Column("started_at", _MOMENT, nullable=True),
        sa.Column("started_by", sa.Integer(), nullable=True),
        sa.Column("approved_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("undone_at", _MOMENT, nullable=True),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        sa.Column("undo_kind", sa.SmallInteger(), nullable=True),
        sa.Column("next_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("fence", sa.Integer(), server_default=_ZERO, nullable=False),
        sa.Column("stage", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default=_ZERO, nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_import_run_provider_id_provider")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"],
                                name=op.f("fk_import_run_brand_id_brand")),
    )
    op.create_index("ix_import_run_list", "import_run", ["provider_id", sa.text("id desc")])
    op.create_index("ix_import_run_due", "import_run", ["next_at"],
                    postgresql_where=sa.text("state in (3, 6, 10)"))
    op.create_table(
        "import_chunk",
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("written", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("done_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("import_id", "n", name=op.f("pk_import_chunk")),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"],
                                name=op.f("fk_import_chunk_import_id_import_run")),
    )
    op.create_table(
        "import_before",
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.Column("held_id", sa.BigInteger(), nullable=False),
        sa.Column("held", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "entry_id", name=op.f("pk_import_before")),
    )
    op.create_index("ix_import_before_held", "import_before", ["held_id"])
    op.create_table(
        "import_template",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("heads", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"),
                  nullable=False),
        sa.Column("mapping", postgresql.JSONB(), server_default=_JSON, nullable=False),
        sa.Column("created_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_template")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_import_template_provider_id_provider")),
        sa.UniqueConstraint("provider_id", "name",
                            name=op.f("uq_import_template_provider_id_name")),
    )
    op.execute("create sequence import_stage_no")
    op.get_bind().exec_driver_sql(SQL.read_text().replace("%", "%%"))
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """Imports go; what they brought into the ledger stays."""
    bind = op.get_bind()
    bind.exec_driver_sql("""do $$ declare one text; begin
        for one in select oid::regclass from pg_class where relkind = 'r'
                   and relname ~ '^import_stage_[0-9]+$' loop
            execute 'drop table ' || one;
        end loop;
        for one in select oid::regprocedure from pg_proc where pronamespace = 'public'::regnamespace
                   and (proname ~ '^import_' or proname in ('record_round', 'chunk_tables')) loop
            execute 'drop function ' || one;
        end loop; end $$""")
    ledger = (SQL.parent / "0002_ledger.sql").read_text()
    start = ledger.index("create function record_chunk(")
    before = ledger[start:ledger.index("$$;", start) + 3].replace("create", "create or replace", 1)
    bind.exec_driver_sql(before.replace("%", "%%"))
    for table in ("import_template", "import_before", "import_chunk", "import_run"):
        op.drop_table(table)
    op.execute("drop sequence import_stage_no")
