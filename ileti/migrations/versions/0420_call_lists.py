"""Call lists, who is on them, and each handing out of a number

Revision ID: 0420
Revises: 0416
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0420"
down_revision = "0416"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")
_FORGET = "    delete from message where provider_id = p_provider and recipient_id = any(v_ids);"
_FORGOTTEN = """
    delete from call_attempt where provider_id = p_provider and recipient_id = any(v_ids);
    delete from call_list_entry where provider_id = p_provider and recipient_id = any(v_ids);"""


def _rewrite(name: str, old: str, new: str) -> None:
    text = op.get_bind().exec_driver_sql(
        f"select pg_get_functiondef('public.{name}'::regproc)").scalar_one()
    if text.count(old) != 1:
        raise RuntimeError(f"{name} is not the function this migration knows")
    op.get_bind().exec_driver_sql(text.replace(old, new).replace("%", "%%"))


def _tenant() -> tuple[sa.Column, ...]:
    return (sa.Column("provider_id", sa.Integer(), nullable=False),
            sa.Column("brand_id", sa.Integer(), nullable=False),
            sa.Column("dealer_id", sa.Integer(), nullable=True))


def upgrade() -> None:
    """New tables; their columns are their wall's rules, so a dealer sees its own lists alone."""
    _lists()
    _entries()
    _attempts()
    _rewrite("destroy_persons", _FORGET, _FORGET + _FORGOTTEN)
    op.execute("select grant_application_rights()")
    op.execute("select build_dealer_wall()")


def _lists() -> None:
    op.create_table(
        "call_list",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        *_tenant(),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("recipient_type", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("opens", sa.SmallInteger(), server_default=sa.text("540"), nullable=False),
        sa.Column("closes", sa.SmallInteger(), server_default=sa.text("1260"), nullable=False),
        sa.Column("on_holidays", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("most_tries", sa.SmallInteger(), server_default=sa.text("3"), nullable=False),
        sa.Column("rest_minutes", sa.Integer(), server_default=sa.text("240"), nullable=False),
        sa.Column("cap_days", sa.SmallInteger(), server_default=sa.text("7"), nullable=False),
        sa.Column("asked", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("left_out", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("made_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_list")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_call_list_provider_id_provider")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"],
                                name=op.f("fk_call_list_brand_id_brand")),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealer.id"],
                                name=op.f("fk_call_list_dealer_id_dealer")),
        sa.CheckConstraint("state in (1, 2, 3)", name=op.f("ck_call_list_state")),
        sa.CheckConstraint("recipient_type in (1, 2)", name=op.f("ck_call_list_recipient_type")),
        sa.CheckConstraint("0 <= opens and opens < closes and closes <= 1440",
                           name=op.f("ck_call_list_hours")),
    )
    op.create_index("ix_call_list_provider_id", "call_list", ["provider_id", "brand_id", "state"])


def _entries() -> None:
    op.create_table(
        "call_list_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *_tenant(),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("fence", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("denial", sa.String(20), nullable=True),
        sa.Column("added_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_list_entry")),
        sa.UniqueConstraint("list_id", "recipient_id",
                            name=op.f("uq_call_list_entry_list_id_recipient_id")),
        sa.ForeignKeyConstraint(["list_id"], ["call_list.id"], ondelete="CASCADE",
                                name=op.f("fk_call_list_entry_list_id_call_list")),
        sa.CheckConstraint("state in (1, 2, 3, 4)", name=op.f("ck_call_list_entry_state")),
    )
    op.create_index("ix_call_list_entry_next", "call_list_entry", ["list_id", "next_at", "id"],
                    postgresql_where=sa.text("state in (1, 2)"))
    op.create_index("ix_call_list_entry_recipient", "call_list_entry",
                    ["provider_id", "recipient_id"])


def _attempts() -> None:
    op.create_table(
        "call_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *_tenant(),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=False),
        sa.Column("way", sa.SmallInteger(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("relied_on", sa.BigInteger(), nullable=False),
        sa.Column("permit_at", _MOMENT, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.Column("result", sa.SmallInteger(), nullable=True),
        sa.Column("result_at", _MOMENT, nullable=True),
        sa.Column("again_at", _MOMENT, nullable=True),
        sa.Column("submission_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_attempt")),
        sa.CheckConstraint("way in (1, 2, 3)", name=op.f("ck_call_attempt_way")),
        sa.CheckConstraint("result between 1 and 5", name=op.f("ck_call_attempt_result")),
    )
    op.create_index("ix_call_attempt_list_id", "call_attempt", ["list_id", "at"])
    op.create_index("ix_call_attempt_recipient", "call_attempt",
                    ["provider_id", "recipient_id", "at"])


def downgrade() -> None:
    """Lists and their calls are lost; keep a dump."""
    _rewrite("destroy_persons", _FORGET + _FORGOTTEN, _FORGET)
    for table in ("call_attempt", "call_list_entry", "call_list"):
        op.execute(f"delete from wall_rule where table_name = '{table}'")
        op.drop_table(table)
