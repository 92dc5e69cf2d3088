"""The evidence vault: files, what is on its way to it, links of entries and imports to files

Revision ID: 0150
Revises: 0140
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0150"
down_revision = "0140"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql"
_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")


class XID8(sa.types.UserDefinedType):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The type's name in DDL."""
        return "xid8"


def upgrade() -> None:
    """New tables, two columns without a rewrite, then functions, rights and the dealers' wall."""
    _files()
    _links()
    op.add_column("provider", sa.Column("vault_quota_mb", sa.Integer(), nullable=True))
    op.add_column("import_run", sa.Column("missing", sa.Text(), nullable=True))
    for name in ("0150_evidence_vault.sql", "0150_import_files.sql"):
        op.get_bind().exec_driver_sql((SQL / name).read_text().replace("%", "%%"))
    op.execute("select grant_application_rights()")
    op.execute("select build_dealer_wall()")


def _files() -> None:
    op.create_table(
        "evidence_file",
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("created_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("media_type", sa.String(40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("file_key", sa.Text(), nullable=False),
        sa.Column("store", sa.SmallInteger(), nullable=False),
        sa.Column("place", sa.String(160), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_evidence_file")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_evidence_file_provider_id_provider")),
        sa.UniqueConstraint("provider_id", "sha256",
                            name=op.f("uq_evidence_file_provider_id_sha256")),
    )
    op.create_index("ix_evidence_file_use", "evidence_file", ["provider_id"],
                    postgresql_include=["size"])
    op.create_table(
        "evidence_coming",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("started_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("store", sa.SmallInteger(), nullable=False),
        sa.Column("place", sa.String(160), nullable=False),
        sa.Column("dropped", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_coming")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_evidence_coming_provider_id_provider")),
    )
    op.create_index("ix_evidence_coming_provider_id", "evidence_coming", ["provider_id"])


def _links() -> None:
    op.create_table(
        "entry_file",
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), server_default=sa.text(
            "nextval('consent_entry_id_seq')"), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_at", _MOMENT, nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("xid", XID8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("added_at", _MOMENT, nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=True),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("dealer_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_entry_file")),
        sa.ForeignKeyConstraint(["provider_id", "file_id"],
                                ["evidence_file.provider_id", "evidence_file.id"],
                                name=op.f("fk_entry_file_provider_id_evidence_file")),
        sa.UniqueConstraint("provider_id", "entry_id", "file_id", "role",
                            name=op.f("uq_entry_file_provider_id")),
    )
    op.create_index("ix_entry_file_file", "entry_file", ["provider_id", "file_id"])
    op.create_index("ix_entry_file_seal", "entry_file", ["xid", "id"])
    op.create_table(
        "import_file",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("dealer_id", sa.Integer(), nullable=True),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("added_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=True),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("role", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_file")),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"],
                                name=op.f("fk_import_file_import_id_import_run")),
        sa.ForeignKeyConstraint(["provider_id", "file_id"],
                                ["evidence_file.provider_id", "evidence_file.id"],
                                name=op.f("fk_import_file_provider_id_evidence_file")),
        sa.UniqueConstraint("import_id", "whole", "name_hash",
                            name=op.f("uq_import_file_import_id")),
    )
    op.create_index("ix_import_file_file", "import_file", ["provider_id", "file_id"])


def downgrade() -> None:
    """Files stay where they lie; what they belong to is forgotten, so keep a dump."""
    before = (SQL / "0140_imports.sql").read_text()
    for name in ("import_stage_open", "import_apply"):
        start = before.index(f"create function {name}(")
        text = before[start:before.index("end $$;", start) + len("end $$;")]
        op.get_bind().exec_driver_sql(
            text.replace("create function", "create or replace function", 1).replace("%", "%%"))
    for script, name in (("0050_reconciliation.sql", "grant_application_rights"),
                         ("0112_dealer_wall.sql", "build_dealer_wall")):
        text = (SQL / script).read_text()
        start = text.index(f"function {name}()")
        body = text[start:text.index("end $$;", start) + len("end $$;")]
        op.get_bind().exec_driver_sql(f"create or replace {body}".replace("%", "%%"))
    op.execute("drop policy if exists dealer on evidence_file")  # it names the others
    for table in ("import_file", "entry_file", "evidence_coming", "evidence_file"):
        op.drop_table(table)
    for signature in ("import_link(bigint, integer, integer, timestamptz)",
                      "link_entry_file(integer, bigint, bigint, smallint, text, integer)",
                      "entry_file_leaf(bytea, bigint, bytea, bytea, smallint, bigint, "
                      "timestamptz)"):
        op.execute(f"drop function {signature}")
    op.drop_column("import_run", "missing")
    op.drop_column("provider", "vault_quota_mb")
