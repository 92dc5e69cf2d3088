"""Sender titles and caller numbers with their documents and what became of them (R-54)

Revision ID: 0411
Revises: 0410
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0411"
down_revision = "0410"
branch_labels = None
depends_on = None

PROOF = "proof: the application only adds rows"
_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")
# A title's document is kept as long as the title may be asked about: ten years after its end.
_CASES = "       and not exists (select from of_cases c where c.file_id = f.id)\n"
_SENDERS = """       and not exists (select from sender s where s.provider_id = f.provider_id
                          and s.file_id = f.id and (s.ended_at is null
                               or s.ended_at + interval '10 years' > now()))
"""
_COPY = ("       and not exists (select from data_request_file l where l.provider_id = "
         "f.provider_id\n                          and l.file_id = f.id)")
_COPY_SENDERS = """
       and not exists (select from sender l where l.provider_id = f.provider_id
                          and l.file_id = f.id)"""


def _rewrite(name: str, old: str, new: str) -> None:
    text = op.get_bind().exec_driver_sql(
        f"select pg_get_functiondef('public.{name}'::regproc)").scalar_one()
    if text.count(old) != 1:
        raise RuntimeError(f"{name} is not the function this migration knows")
    op.get_bind().exec_driver_sql(text.replace(old, new).replace("%", "%%"))


def upgrade() -> None:
    """New tables; the vault keeps their documents. A title's file is seen by the title's brand."""
    op.create_table(
        "sender",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.String(20), nullable=False),
        sa.Column("state", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("approved_at", _MOMENT, nullable=True),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sender")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_sender_provider_id_provider")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_sender_brand_id_brand")),
        sa.ForeignKeyConstraint(["account_id"], ["gateway_account.id"],
                                name=op.f("fk_sender_account_id_gateway_account")),
        sa.ForeignKeyConstraint(["provider_id", "file_id"],
                                ["evidence_file.provider_id", "evidence_file.id"],
                                name=op.f("fk_sender_provider_id_evidence_file")),
        sa.CheckConstraint("state in (1, 2, 3, 4)", name=op.f("ck_sender_state")),
        sa.CheckConstraint("state <> 2 or (file_id is not null and approved_at is not null)",
                           name=op.f("ck_sender_shown")),
    )
    op.create_index("uq_sender_live", "sender", ["account_id", "brand_id", "title"], unique=True,
                    postgresql_where=sa.text("state in (1, 2)"))
    op.create_index("ix_sender_title", "sender", [sa.text("lower(title)")])
    op.create_index("ix_sender_provider_id", "sender", ["provider_id"])
    op.create_table(
        "sender_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("sender_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("said", sa.String(500), server_default=sa.text("''"), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", _MOMENT, server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sender_event")),
        sa.ForeignKeyConstraint(["sender_id"], ["sender.id"],
                                name=op.f("fk_sender_event_sender_id_sender")),
        comment=PROOF,
    )
    op.create_index("ix_sender_event_sender_id", "sender_event", ["sender_id"])
    op.execute("update wall_rule set rule = rule || $rule$ or exists (select from sender x "
               "where x.provider_id = evidence_file.provider_id and x.file_id = evidence_file.id "
               "offset 0)$rule$, write_rule = write_rule || $rule$ or exists (select from sender x "
               "where x.provider_id = evidence_file.provider_id and x.file_id = evidence_file.id "
               "offset 0)$rule$ where table_name = 'evidence_file' and level = 'brand'")
    _rewrite("destroy_files", _CASES, _CASES + _SENDERS)
    _rewrite("destroy_copies", _COPY, _COPY + _COPY_SENDERS)
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """Senders and what became of them are lost; keep a dump."""
    _rewrite("destroy_files", _CASES + _SENDERS, _CASES)
    _rewrite("destroy_copies", _COPY + _COPY_SENDERS, _COPY)
    op.execute("update wall_rule set rule = replace(rule, $rule$ or exists (select from sender x "
               "where x.provider_id = evidence_file.provider_id and x.file_id = evidence_file.id "
               "offset 0)$rule$, ''), write_rule = replace(write_rule, $rule$ or exists (select "
               "from sender x where x.provider_id = evidence_file.provider_id and x.file_id = "
               "evidence_file.id offset 0)$rule$, '') "
               "where table_name = 'evidence_file' and level = 'brand'")
    op.execute("select build_dealer_wall()")
    op.execute("delete from wall_rule where table_name in ('sender', 'sender_event')")
    op.drop_table("sender_event")
    op.drop_table("sender")
