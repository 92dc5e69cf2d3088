"""DKIM keys of a provider's mail domains, and addresses that mail servers say cannot be reached

Revision ID: 0415
Revises: 0412
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0415"
down_revision = "0412"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")
_FORGET = "    delete from message where provider_id = p_provider and recipient_id = any(v_ids);"
_FORGOTTEN = """
    delete from address_trouble where provider_id = p_provider and recipient_id = any(v_ids);"""


def _rewrite(name: str, old: str, new: str) -> None:
    text = op.get_bind().exec_driver_sql(
        f"select pg_get_functiondef('public.{name}'::regproc)").scalar_one()
    if text.count(old) != 1:
        raise RuntimeError(f"{name} is not the function this migration knows")
    op.get_bind().exec_driver_sql(text.replace(old, new).replace("%", "%%"))


def upgrade() -> None:
    """Two new tables; who is destroyed takes the troubles of the address along."""
    op.create_table(
        "mail_key",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("domain", sa.String(253), nullable=False),
        sa.Column("selector", sa.String(63), nullable=False),
        sa.Column("private", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("used_from", _MOMENT, nullable=True),
        sa.Column("used_until", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_key")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_mail_key_provider_id_provider")),
        sa.UniqueConstraint("provider_id", "domain", "selector",
                            name=op.f("uq_mail_key_provider_id_domain_selector")),
    )
    op.create_index("uq_mail_key_in_use", "mail_key", ["provider_id", "domain"], unique=True,
                    postgresql_where=sa.text("used_from is not null and used_until is null"))
    op.create_table(
        "address_trouble",
        sa.Column("provider_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("status", sa.String(12), server_default="", nullable=False),
        sa.Column("first_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("last_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("times", sa.Integer(), server_default="1", nullable=False),
        sa.Column("cleared_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("provider_id", "recipient_id", "channel", "kind",
                                name=op.f("pk_address_trouble")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_address_trouble_provider_id_provider")),
        sa.CheckConstraint("kind in (1, 2, 3)", name=op.f("ck_address_trouble_kind")),
    )
    op.create_index("ix_address_trouble_last_at", "address_trouble",
                    ["provider_id", sa.text("last_at desc"), "recipient_id"])
    for level in ("brand", "dealer"):
        op.execute(f"select wall_sees('mail_key', '{level}', 'false')")
    op.execute("select wall_sees('address_trouble', 'brand', $rule$exists (select from recipient x "
               "where x.provider_id = address_trouble.provider_id "
               "and x.id = address_trouble.recipient_id offset 0)$rule$)")
    op.execute("select wall_sees('address_trouble', 'dealer', 'false')")
    _rewrite("destroy_persons", _FORGET, _FORGET + _FORGOTTEN)
    op.execute("select build_dealer_wall()")
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """Mails go unsigned again, and addresses known to be dead are written to again."""
    _rewrite("destroy_persons", _FORGET + _FORGOTTEN, _FORGET)
    op.execute("delete from wall_rule where table_name in ('mail_key', 'address_trouble')")
    op.drop_table("address_trouble")
    op.drop_table("mail_key")
