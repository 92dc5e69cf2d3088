"""Mailboxes that are read, and what came back to them

Revision ID: 0416
Revises: 0415
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0416"
down_revision = "0415"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")
_FORGET = "    delete from message where provider_id = p_provider and recipient_id = any(v_ids);"
_FORGOTTEN = """
    update returned_mail set recipient_id = null, message_id = null
     where provider_id = p_provider and recipient_id = any(v_ids);"""


def _rewrite(name: str, old: str, new: str) -> None:
    text = op.get_bind().exec_driver_sql(
        f"select pg_get_functiondef('public.{name}'::regproc)").scalar_one()
    if text.count(old) != 1:
        raise RuntimeError(f"{name} is not the function this migration knows")
    op.get_bind().exec_driver_sql(text.replace(old, new).replace("%", "%%"))


def upgrade() -> None:
    """Two new tables; who is destroyed is nobody's mail any more."""
    op.create_table(
        "mailbox",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("host", sa.String(253), server_default="", nullable=False),
        sa.Column("port", sa.Integer(), server_default="993", nullable=False),
        sa.Column("tls", sa.String(8), server_default="tls", nullable=False),
        sa.Column("username", sa.String(254), server_default="", nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("folder", sa.String(120), server_default="INBOX", nullable=False),
        sa.Column("trusted_mx", sa.String(253), server_default="", nullable=False),
        sa.Column("consent_address", sa.String(254), server_default="", nullable=False),
        sa.Column("door_hash", sa.LargeBinary(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=True),
        sa.Column("last_uid", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("next_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("read_at", _MOMENT, nullable=True),
        sa.Column("problem", sa.String(200), nullable=True),
        sa.Column("created_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_mailbox_provider_id_provider")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"],
                                name=op.f("fk_mailbox_brand_id_brand")),
    )
    op.create_index("uq_mailbox_door_hash", "mailbox", ["door_hash"], unique=True,
                    postgresql_where=sa.text("door_hash is not null"))
    op.create_index("ix_mailbox_provider_id", "mailbox", ["provider_id"])
    op.create_table(
        "returned_mail",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("mailbox_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=True),
        sa.Column("uid", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=True),
        sa.Column("brand_id", sa.Integer(), nullable=True),
        sa.Column("series", sa.SmallInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(12), server_default="", nullable=False),
        sa.Column("outcome", sa.SmallInteger(), nullable=True),
        sa.Column("came_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("done_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returned_mail")),
        sa.UniqueConstraint("mailbox_id", "digest",
                            name=op.f("uq_returned_mail_mailbox_id_digest")),
    )
    op.create_index("ix_returned_mail_came_at", "returned_mail",
                    ["provider_id", sa.text("came_at desc"), sa.text("id desc")])
    op.create_index("ix_returned_mail_recipient", "returned_mail",
                    ["provider_id", "recipient_id"],
                    postgresql_where=sa.text("recipient_id is not null"))
    for table in ("mailbox", "returned_mail"):
        op.execute(f"select wall_sees('{table}', 'dealer', 'false')")
    _rewrite("destroy_persons", _FORGET, _FORGET + _FORGOTTEN)
    op.execute("select build_dealer_wall()")
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """What came back is forgotten; its mails lie in their mailboxes, its proofs in the vault."""
    _rewrite("destroy_persons", _FORGET + _FORGOTTEN, _FORGET)
    op.execute("delete from wall_rule where table_name in ('mailbox', 'returned_mail')")
    op.drop_table("returned_mail")
    op.drop_table("mailbox")
