"""Templates of messages with their versions, and what a provider says of itself in messages

Revision ID: 0440
Revises: 0401
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0440"
down_revision = "0401"
branch_labels = None
depends_on = None

PROOF = "proof: the application only adds rows"
_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")
_EMPTY = sa.text("''")
_OURS = ("trade", "owner_tckn", "service_number", "refusal_number", "refusal_word", "call_digit",
         "segment_price")
_INHERITED = "brand_id = (select brand_at_work()) or brand_id is null"
_OF_TEMPLATE = ("exists (select from message_template x "
                "where x.id = message_template_version.template_id offset 0)")


def upgrade() -> None:
    """Two tables, and columns of the provider without a rewrite."""
    _record()
    _templates()
    _versions()
    op.execute(f"select wall_sees('message_template', 'brand', '{_INHERITED}', "
               "'brand_id = (select brand_at_work())')")
    op.execute("select wall_sees('message_template', 'dealer', 'true', 'false')")
    for level in ("brand", "dealer"):
        op.execute(f"select wall_sees('message_template_version', '{level}', "
                   f"'{_OF_TEMPLATE}')")
    op.execute("select build_dealer_wall()")
    op.execute("select grant_application_rights()")


def _record() -> None:
    op.add_column("provider", sa.Column("trade", sa.SmallInteger(), nullable=False,
                                        server_default=sa.text("1")))
    op.add_column("provider", sa.Column("owner_tckn", sa.Text(), nullable=True))
    op.add_column("provider", sa.Column("service_number", sa.String(20), nullable=True))
    op.add_column("provider", sa.Column("refusal_number", sa.String(20), nullable=True))
    op.add_column("provider", sa.Column("refusal_word", sa.String(20), nullable=False,
                                        server_default=sa.text("'RET'")))
    op.add_column("provider", sa.Column("call_digit", sa.String(1), nullable=True))
    op.add_column("provider", sa.Column("segment_price", sa.Numeric(9, 4), nullable=True))
    op.create_check_constraint(op.f("ck_provider_trade"), "provider", "trade in (1, 2)")


def _templates() -> None:
    op.create_table(
        "message_template",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=True),
        sa.Column("channel", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("sample", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("draft", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"),
                  nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("authors", postgresql.ARRAY(sa.Integer()),
                  server_default=sa.text("'{}'::integer[]"), nullable=False),
        sa.Column("saved_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("created_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("retired_at", _MOMENT, nullable=True),
        sa.Column("retired_by", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_template")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_message_template_provider_id_provider")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"],
                                name=op.f("fk_message_template_brand_id_brand")),
        sa.CheckConstraint("channel in (1, 2, 3)", name=op.f("ck_message_template_channel")),
    )
    op.create_index("ix_message_template_place", "message_template", ["provider_id", "brand_id"])


def _versions() -> None:
    name = "message_template_version"
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("channel", sa.SmallInteger(), nullable=False),
        sa.Column("declared", sa.SmallInteger(), nullable=False),
        sa.Column("subject", sa.String(200), server_default=_EMPTY, nullable=False),
        sa.Column("preheader", sa.String(200), server_default=_EMPTY, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), server_default=_EMPTY, nullable=False),
        sa.Column("occasion", sa.String(10), nullable=True),
        sa.Column("reference", sa.String(160), server_default=_EMPTY, nullable=False),
        sa.Column("terms", sa.String(400), server_default=_EMPTY, nullable=False),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("tags", postgresql.ARRAY(sa.String(40)),
                  server_default=sa.text("'{}'::varchar[]"), nullable=False),
        sa.Column("declared_by", sa.Integer(), nullable=True),
        sa.Column("declared_at", _MOMENT, nullable=False),
        sa.Column("approved_by", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(400), server_default=_EMPTY, nullable=False),
        sa.Column("approval", sa.String(500), server_default=_EMPTY, nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("published_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f(f"fk_{name}_provider_id_provider")),
        sa.ForeignKeyConstraint(["template_id"], ["message_template.id"],
                                name=op.f(f"fk_{name}_template_id_message_template")),
        sa.UniqueConstraint("template_id", "version", name=op.f(f"uq_{name}_template_id")),
        sa.CheckConstraint("channel in (1, 2, 3)", name=op.f(f"ck_{name}_channel")),
        sa.CheckConstraint("declared between 1 and 7", name=op.f(f"ck_{name}_declared")),
        sa.CheckConstraint("occasion is null or declared = 1", name=op.f(f"ck_{name}_occasion")),
        sa.CheckConstraint("declared <> 2 or reference <> ''", name=op.f(f"ck_{name}_reference")),
        sa.CheckConstraint("declared = 1 or reason <> ''", name=op.f(f"ck_{name}_reason")),
        sa.CheckConstraint("approved_by is null or approved_by is distinct from declared_by "
                           "and approval <> ''", name=op.f(f"ck_{name}_two_people")),
        comment=PROOF,
    )


def downgrade() -> None:
    """What was declared of published texts is lost; keep a dump."""
    op.execute("delete from wall_rule where table_name like 'message_template%'")
    op.drop_table("message_template_version")
    op.drop_table("message_template")
    op.drop_constraint("ck_provider_trade", "provider")
    for column in _OURS:
        op.drop_column("provider", column)
