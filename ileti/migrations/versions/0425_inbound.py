"""Numbers people write to, the words of brands there, and what they wrote

Revision ID: 0425
Revises: 0422
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0425"
down_revision = "0422"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")
_WORDS = postgresql.ARRAY(sa.String(40))
_NONE = sa.text("'{}'::varchar[]")
_FORGET = "    delete from message where provider_id = p_provider and recipient_id = any(v_ids);"
# the row stays, so that a gateway that tells it again changes nothing; what was written goes
_KEPT = """       and not under_hold(r.provider_id, case when exists ("""
_KEPT_TOO = """       and not exists (select from inbound_message w
                        where w.provider_id = r.provider_id and w.recipient_id = r.id
                          and w.received_at + interval '10 years' > now())
"""
_FORGOTTEN = """
    update inbound_message set text_key = null, text_ct = null, mark = null, word = '',
           recipient_id = null
     where provider_id = p_provider and recipient_id = any(v_ids);"""


def _rewrite(name: str, old: str, new: str) -> None:
    text = op.get_bind().exec_driver_sql(
        f"select pg_get_functiondef('public.{name}'::regproc)").scalar_one()
    if text.count(old) != 1:
        raise RuntimeError(f"{name} is not the function this migration knows")
    op.get_bind().exec_driver_sql(text.replace(old, new).replace("%", "%%"))


def upgrade() -> None:
    """New tables; destroying a person takes what they wrote."""
    _numbers()
    _words()
    _messages()
    _rewrite("destroy_persons", _FORGET, _FORGET + _FORGOTTEN)
    _rewrite("destroy_persons", _KEPT, _KEPT_TOO + _KEPT)
    # a number is the provider's: each of its brands reads it, and none of them writes it
    op.execute("select wall_sees('inbound_number', 'brand', 'true', 'false')")
    op.execute("select grant_application_rights()")
    op.execute("select build_dealer_wall()")


def _numbers() -> None:
    op.create_table(
        "inbound_number",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("gateway", sa.String(16), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("token_at", _MOMENT, nullable=True),
        sa.Column("login", sa.Text(), nullable=True),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_number")),
        sa.UniqueConstraint("provider_id", "number",
                            name=op.f("uq_inbound_number_provider_id_number")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_inbound_number_token_hash")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_inbound_number_provider_id_provider")),
        sa.CheckConstraint("gateway in ('netgsm', 'verimor', 'iletimerkezi', 'http')",
                           name=op.f("ck_inbound_number_gateway")),
    )


def _words() -> None:
    op.create_table(
        "inbound_words",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("number_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("consent_words", _WORDS, server_default=_NONE, nullable=False),
        sa.Column("refusal_words", _WORDS, server_default=_NONE, nullable=False),
        sa.Column("info_words", _WORDS, server_default=_NONE, nullable=False),
        sa.Column("text_id", sa.Integer(), nullable=True),
        sa.Column("info_answer", sa.String(320), server_default=sa.text("''"), nullable=False),
        sa.Column("help_answer", sa.String(320), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_words")),
        sa.UniqueConstraint("number_id", "brand_id",
                            name=op.f("uq_inbound_words_number_id_brand_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_inbound_words_provider_id_provider")),
        sa.ForeignKeyConstraint(["number_id"], ["inbound_number.id"],
                                name=op.f("fk_inbound_words_number_id_inbound_number")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"],
                                name=op.f("fk_inbound_words_brand_id_brand")),
        sa.ForeignKeyConstraint(["text_id"], ["document_version.id"],
                                name=op.f("fk_inbound_words_text_id_document_version")),
    )
    op.create_index("ix_inbound_words_place", "inbound_words", ["provider_id", "brand_id"])


def _messages() -> None:
    op.create_table(
        "inbound_message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("number_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=True),
        sa.Column("outside_id", sa.String(80), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=True),
        sa.Column("recipient_id", sa.BigInteger(), nullable=True),
        sa.Column("text_key", sa.SmallInteger(), nullable=True),
        sa.Column("text_ct", sa.LargeBinary(), nullable=True),
        sa.Column("said_at", _MOMENT, nullable=False),
        sa.Column("received_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("meant", sa.SmallInteger(), nullable=True),
        sa.Column("word", sa.String(80), server_default=sa.text("''"), nullable=False),
        sa.Column("deed", sa.SmallInteger(), nullable=True),
        sa.Column("treated_at", _MOMENT, nullable=True),
        sa.Column("waits_until", _MOMENT, nullable=True),
        sa.Column("submissions", postgresql.ARRAY(sa.BigInteger()),
                  server_default=sa.text("'{}'::bigint[]"), nullable=False),
        sa.Column("answered", sa.SmallInteger(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_message")),
        sa.UniqueConstraint("provider_id", "number_id", "outside_id",
                            name=op.f("uq_inbound_message_provider_id_number_id_outside_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_inbound_message_provider_id_provider")),
        sa.ForeignKeyConstraint(["number_id"], ["inbound_number.id"],
                                name=op.f("fk_inbound_message_number_id_inbound_number")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"],
                                name=op.f("fk_inbound_message_brand_id_brand")),
    )
    op.create_index("ix_inbound_message_provider_id", "inbound_message",
                    ["provider_id", sa.text("id desc")])
    op.create_index("ix_inbound_message_recipient", "inbound_message",
                    ["provider_id", "recipient_id", sa.text("id desc")])
    op.create_index("ix_inbound_message_mark", "inbound_message", ["number_id", "mark"])
    op.create_index("ix_inbound_message_open", "inbound_message", ["id"],
                    postgresql_where=sa.text("deed is null"))
    op.create_index("ix_inbound_message_unread", "inbound_message", ["provider_id", "id"],
                    postgresql_where=sa.text("deed = 1"))


def downgrade() -> None:
    """What people wrote is lost; the consents and refusals it made stay in the ledger."""
    _rewrite("destroy_persons", _FORGET + _FORGOTTEN, _FORGET)
    _rewrite("destroy_persons", _KEPT_TOO + _KEPT, _KEPT)
    op.execute("delete from wall_rule where table_name like 'inbound\\_%'")
    for table in ("inbound_message", "inbound_words", "inbound_number"):
        op.drop_table(table)
