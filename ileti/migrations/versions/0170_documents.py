"""Texts: drafts, effective dates, events, purposes; the provider's record for merge fields

Revision ID: 0170
Revises: 0160
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0170"
down_revision = "0160"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "0170_documents.sql"
_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")
_LIST = sa.text("'{}'::varchar[]")
_FALSE = sa.text("false")
_KINDS = "kind in ('ETK_ONAYI', 'AYDINLATMA', 'ACIK_RIZA', 'YURT_DISI', 'CAGRI_METNI', 'CEREZ')"
_GROUNDS = ("ground in ('5/2-a', '5/2-b', '5/2-c', '5/2-ç', '5/2-d', '5/2-e', '5/2-f', '6/3', "
            "'9', 'RIZA')")
_PROVIDER = (("address", 255), ("kep", 120), ("verbis", 30), ("application", 400))


def upgrade() -> None:
    """Versions that are there keep id, hash and moment; they took effect when published."""
    for name, length in _PROVIDER:
        op.add_column("provider", sa.Column(name, sa.String(length), nullable=True))
    op.add_column("provider", sa.Column("four_eyes", sa.Boolean(), server_default=_FALSE,
                                        nullable=False))
    op.alter_column("document", "brand_id", nullable=True)
    op.add_column("document", sa.Column("in_contract", sa.Boolean(), server_default=_FALSE,
                                        nullable=False))
    op.drop_constraint(op.f("ck_document_kind"), "document")
    op.create_check_constraint(op.f("ck_document_kind"), "document", _KINDS)
    op.create_index("ix_document_place", "document", ["provider_id", "brand_id"])
    _purposes()
    _drafts()
    _versions()
    op.create_table(
        "document_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(400), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint("kind in ('RETIRED', 'ON_FORMS')", name=op.f("ck_document_event_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_event")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_document_event_provider_id_provider")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"],
                                name=op.f("fk_document_event_document_id_document")),
    )
    op.create_index("ix_document_event_document_id_at", "document_event", ["document_id", "at"])
    op.get_bind().exec_driver_sql(SQL.read_text().replace("%", "%%"))
    op.execute("select grant_application_rights()")


def _purposes() -> None:
    op.create_table(
        "purpose",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(160), nullable=False),
        sa.Column("ground", sa.String(5), nullable=False),
        sa.Column("ground_note", sa.String(255), nullable=True),
        sa.Column("data", postgresql.ARRAY(sa.String(20)), server_default=_LIST, nullable=False),
        sa.Column("subjects", postgresql.ARRAY(sa.String(20)), server_default=_LIST,
                  nullable=False),
        sa.Column("recipients", postgresql.ARRAY(sa.String(160)), server_default=_LIST,
                  nullable=False),
        sa.Column("period", sa.String(160), nullable=False),
        sa.Column("abroad", sa.Boolean(), server_default=_FALSE, nullable=False),
        sa.Column("abroad_note", sa.String(255), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint(_GROUNDS, name=op.f("ck_purpose_ground")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purpose")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_purpose_provider_id_provider")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"],
                                name=op.f("fk_purpose_brand_id_brand")),
        sa.UniqueConstraint("provider_id", "brand_id", "name", name="uq_purpose_place_name",
                            postgresql_nulls_not_distinct=True),
    )
    op.create_table(
        "document_purpose",
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("purpose_id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", "purpose_id", name=op.f("pk_document_purpose")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"],
                                name=op.f("fk_document_purpose_document_id_document")),
        sa.ForeignKeyConstraint(["purpose_id"], ["purpose.id"],
                                name=op.f("fk_document_purpose_purpose_id_purpose")),
    )


def _drafts() -> None:
    op.create_table(
        "document_draft",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=True),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("title", sa.String(255), server_default=sa.text("''"), nullable=False),
        sa.Column("body", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("state", sa.String(6), server_default=sa.text("'DRAFT'"), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("authors", postgresql.ARRAY(sa.Integer()),
                  server_default=sa.text("'{}'::integer[]"), nullable=False),
        sa.Column("saved_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("note", sa.String(400), nullable=True),
        sa.CheckConstraint("state in ('DRAFT', 'REVIEW')", name=op.f("ck_document_draft_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_draft")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_document_draft_provider_id_provider")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"],
                                name=op.f("fk_document_draft_document_id_document")),
        sa.UniqueConstraint("document_id", "language",
                            name=op.f("uq_document_draft_document_id_language")),
    )


def _versions() -> None:
    op.add_column("document_version", sa.Column("effective_from", _MOMENT, nullable=True))
    op.execute("update document_version set effective_from = published_at")
    op.alter_column("document_version", "effective_from", nullable=False, server_default=_NOW)
    op.create_check_constraint(op.f("ck_document_version_not_backdated"), "document_version",
                               "effective_from >= published_at")
    for name, empty in (("source", "'{}'::jsonb"), ("purposes", "'[]'::jsonb")):
        op.add_column("document_version", sa.Column(
            name, postgresql.JSONB(), server_default=sa.text(empty), nullable=False))
    op.add_column("document_version", sa.Column(
        "renewal", sa.String(6), server_default=sa.text("'NONE'"), nullable=False))
    op.add_column("document_version", sa.Column("renewal_reason", sa.String(400), nullable=True))
    op.create_check_constraint(op.f("ck_document_version_renewal"), "document_version",
                               "renewal in ('NONE', 'INFORM', 'ASK')")


def downgrade() -> None:
    """Back to one brand per text. Refused while a text belongs to a provider or is of a new kind:
    a version that was shown may not be thrown away."""
    op.execute("""do $$ begin
        if exists (select from document where brand_id is null
                   or kind not in ('ETK_ONAYI', 'AYDINLATMA', 'ACIK_RIZA')) then
            raise exception 'there are texts this version of the program cannot keep';
        end if; end $$""")
    op.execute("drop function texts_on_show(integer, integer, timestamptz)")
    for table in ("document_event", "document_purpose", "purpose", "document_draft"):
        op.drop_table(table)
    for name in ("ck_document_version_renewal", "ck_document_version_not_backdated"):
        op.drop_constraint(op.f(name), "document_version")
    for name in ("renewal_reason", "renewal", "purposes", "source", "effective_from"):
        op.drop_column("document_version", name)
    op.drop_index("ix_document_place", "document")
    op.drop_constraint(op.f("ck_document_kind"), "document")
    op.create_check_constraint(op.f("ck_document_kind"), "document",
                               "kind in ('ETK_ONAYI', 'AYDINLATMA', 'ACIK_RIZA')")
    op.drop_column("document", "in_contract")
    op.alter_column("document", "brand_id", nullable=False)
    for name in ("four_eyes", *(one for one, _ in _PROVIDER)):
        op.drop_column("provider", name)
    op.execute("""do $$ begin execute replace(
        pg_get_functiondef('grant_application_rights()'::regprocedure),
        '''document_event'', ', ''); end $$""")
