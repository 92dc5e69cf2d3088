"""Custom fields of a provider on recipients and consents, and the views people keep of lists

Revision ID: 0370
Revises: 0360
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0370"
down_revision = "0360"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "0370_custom_fields.sql"
PROOF = "proof: the application only adds rows"
_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")
_NO = sa.text("false")
_FORGET = "    delete from message where provider_id = p_provider and recipient_id = any(v_ids);"
_FORGOTTEN = """
    delete from recipient_value where provider_id = p_provider and recipient_id = any(v_ids);
    delete from entry_value where provider_id = p_provider and recipient_id = any(v_ids);"""


def _rewrite(name: str, old: str, new: str) -> None:
    text = op.get_bind().exec_driver_sql(
        f"select pg_get_functiondef('public.{name}'::regproc)").scalar_one()
    if text.count(old) != 1:
        raise RuntimeError(f"{name} is not the function this migration knows")
    op.get_bind().exec_driver_sql(text.replace(old, new).replace("%", "%%"))


def upgrade() -> None:
    """New tables and a column without a rewrite; the index is empty, since no form has a field."""
    _definitions()
    _values()
    _views()
    op.add_column("site", sa.Column("fields", postgresql.ARRAY(sa.Integer()), nullable=False,
                                    server_default=sa.text("'{}'::integer[]")))
    op.create_index("ix_submission_fields", "submission",
                    [sa.text("(evidence -> 'fields') jsonb_path_ops")], postgresql_using="gin",
                    postgresql_where=sa.text("evidence ? 'fields'"))
    op.get_bind().exec_driver_sql(SQL.read_text().replace("%", "%%"))
    _rewrite("destroy_persons", _FORGET, _FORGET + _FORGOTTEN)
    op.execute("select grant_application_rights()")


def _definitions() -> None:
    op.create_table(
        "custom_field",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.SmallInteger(), nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("name_tr", sa.String(80), nullable=False),
        sa.Column("name_en", sa.String(80), nullable=False),
        sa.Column("hint_tr", sa.String(160), server_default="", nullable=False),
        sa.Column("hint_en", sa.String(160), server_default="", nullable=False),
        sa.Column("required", postgresql.ARRAY(sa.String(8)),
                  server_default=sa.text("'{}'::varchar[]"), nullable=False),
        sa.Column("personal", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("searchable", sa.Boolean(), server_default=_NO, nullable=False),
        sa.Column("mask", sa.String(80), server_default="", nullable=False),
        sa.Column("least", sa.String(20), server_default="", nullable=False),
        sa.Column("most", sa.String(20), server_default="", nullable=False),
        sa.Column("decimals", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("choices", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("position", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("retired_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_field")),
        sa.UniqueConstraint("provider_id", "key", name=op.f("uq_custom_field_provider_id_key")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_custom_field_provider_id_provider")),
        sa.CheckConstraint("subject in (1, 2)", name=op.f("ck_custom_field_subject")),
        sa.CheckConstraint("kind in ('text', 'number', 'date', 'yesno', 'choice', 'choices')",
                           name=op.f("ck_custom_field_kind")),
    )


def _kept() -> tuple[sa.Column, ...]:
    return (
        sa.Column("value", postgresql.JSONB(), nullable=True),
        sa.Column("key_no", sa.SmallInteger(), nullable=True),
        sa.Column("value_ct", sa.LargeBinary(), nullable=True),
        sa.Column("bound", sa.LargeBinary(), nullable=True),
        sa.Column("mark", sa.LargeBinary(), nullable=True),
        sa.Column("at", _MOMENT, server_default=_NOW, nullable=False),
    )


def _values() -> None:
    op.create_table(
        "recipient_value",
        sa.Column("provider_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("field_id", sa.Integer(), autoincrement=False, nullable=False),
        *_kept(),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("provider_id", "recipient_id", "field_id",
                                name=op.f("pk_recipient_value")),
        sa.ForeignKeyConstraint(["field_id"], ["custom_field.id"],
                                name=op.f("fk_recipient_value_field_id_custom_field")),
        sa.CheckConstraint("(value is null) <> (value_ct is null)",
                           name=op.f("ck_recipient_value_kept")),
    )
    op.create_table(
        "entry_value",
        sa.Column("provider_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("field_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=False),
        *_kept(),
        sa.PrimaryKeyConstraint("provider_id", "entry_id", "field_id",
                                name=op.f("pk_entry_value")),
        sa.ForeignKeyConstraint(["field_id"], ["custom_field.id"],
                                name=op.f("fk_entry_value_field_id_custom_field")),
        sa.CheckConstraint("(value is null) <> (value_ct is null)",
                           name=op.f("ck_entry_value_kept")),
        comment=PROOF,
    )
    op.create_index("ix_entry_value_recipient", "entry_value", ["provider_id", "recipient_id"])
    for table in ("recipient_value", "entry_value"):
        op.create_index(f"ix_{table}_value", table, ["provider_id", "field_id", "value"],
                        postgresql_where=sa.text("value is not null"))
        op.create_index(f"ix_{table}_mark", table, ["provider_id", "field_id", "mark"],
                        postgresql_where=sa.text("mark is not null"))


def _views() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=True),
        sa.Column("brand_id", sa.Integer(), nullable=True),
        sa.Column("dealer_id", sa.Integer(), nullable=True),
        sa.Column("list", sa.String(60), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("query", sa.String(2000), nullable=False),
        sa.Column("shared", sa.Boolean(), server_default=_NO, nullable=False),
        sa.Column("first", sa.Boolean(), server_default=_NO, nullable=False),
        sa.Column("created_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE",
                                name=op.f("fk_saved_view_user_id_ab_user")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_saved_view_provider_id_provider")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"],
                                name=op.f("fk_saved_view_brand_id_brand")),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealer.id"],
                                name=op.f("fk_saved_view_dealer_id_dealer")),
    )
    op.create_index("ix_saved_view_user_id", "saved_view", ["user_id", "list"])
    op.create_index("ix_saved_view_shared", "saved_view", ["provider_id", "list"],
                    postgresql_where=sa.text("shared"))


def downgrade() -> None:
    """What the fields hold outside of submissions is lost; keep a dump."""
    _rewrite("destroy_persons", _FORGET + _FORGOTTEN, _FORGET)
    for name in ("import_values(bigint, bigint, integer, integer, text, integer, integer)",
                 "import_values_ready(bigint)", "import_values_open(bigint)"):
        op.execute(f"drop function {name}")
    op.get_bind().exec_driver_sql("""
create or replace function import_stage_drop(p_stage bigint) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    execute format('drop table if exists %%I', 'import_stage_' || p_stage);
end $$""")
    op.drop_index("ix_submission_fields", table_name="submission")
    op.drop_column("site", "fields")
    op.execute("delete from wall_rule where table_name in ('recipient_value', 'entry_value')")
    for table in ("saved_view", "entry_value", "recipient_value", "custom_field"):
        op.drop_table(table)
