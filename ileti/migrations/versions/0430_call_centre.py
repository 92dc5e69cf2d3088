"""Calls, their steps, samples and judgements; training of agents; whether outbound calls may ask

Revision ID: 0430
Revises: 0425
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0430"
down_revision = "0425"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")
_FORGET = "    delete from message where provider_id = p_provider and recipient_id = any(v_ids);"
_CALLS = """
    update call set number = null, name = null, reference = null, recording_link = null
     where provider_id = p_provider and recipient_id = any(v_ids);
    update call_step set address = null
     where provider_id = p_provider and recipient_id = any(v_ids) and address is not null;"""
_HANGS = ("exists (select from call c where c.provider_id = {0}.provider_id "
          "and c.id = {0}.call_id offset 0)")
_COLLEAGUE = ("user_id is not distinct from (select user_at_work()) or exists (select from "
              "membership m where m.user_id = call_training.user_id "
              "and m.brand_id = (select brand_at_work()) offset 0)")
_OWN = "user_id is not distinct from (select user_at_work())"
_RULES = (
    *((table, level, _HANGS.format(table), None) for table in ("call_step", "call_review")
      for level in ("brand", "dealer")),
    ("call_rule", "brand", "true", "false"), ("call_rule", "dealer", "true", "false"),
    ("call_training", "brand", _COLLEAGUE, None), ("call_training", "dealer", _OWN, "false"),
)
TABLES = ("call_review", "call_sample", "call_training", "call_rule", "call_step", "call")


def _rewrite(name: str, old: str, new: str) -> None:
    text = op.get_bind().exec_driver_sql(
        f"select pg_get_functiondef('public.{name}'::regproc)").scalar_one()
    if text.count(old) != 1:
        raise RuntimeError(f"{name} is not the function this migration knows")
    op.get_bind().exec_driver_sql(text.replace(old, new).replace("%", "%%"))


def upgrade() -> None:
    """New tables with their rules; a destroyed person leaves no number, name or link in a call."""
    _calls()
    _steps()
    _leading()
    _rewrite("destroy_persons", _FORGET, _FORGET + _CALLS)
    op.execute("select grant_application_rights()")
    for table, level, rule, write in _RULES:
        said = "null" if write is None else f"$rule${write}$rule$"
        op.execute(f"select wall_sees('{table}', '{level}', $rule${rule}$rule$, {said})")
    op.execute("select build_dealer_wall()")


def _id() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False)


def _places(table: str, *levels: str) -> list[sa.ForeignKeyConstraint]:
    return [sa.ForeignKeyConstraint([f"{level}_id"], [f"{level}.id"],
                                    name=op.f(f"fk_{table}_{level}_id_{level}"))
            for level in levels]


def _calls() -> None:
    op.create_table(
        "call", _id(),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("dealer_id", sa.Integer(), nullable=True),
        sa.Column("agent_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("idem", sa.String(140), nullable=False),
        sa.Column("direction", sa.SmallInteger(), nullable=False),
        sa.Column("by_system", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("reference_mark", sa.LargeBinary(), nullable=True),
        sa.Column("texts", postgresql.ARRAY(sa.Integer()), nullable=False,
                  server_default=sa.text("'{}'::integer[]")),
        sa.Column("service", sa.String(20), nullable=True),
        sa.Column("started_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("touched_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("outcome", sa.SmallInteger(), nullable=True),
        sa.Column("recording_file", sa.BigInteger(), nullable=True),
        sa.Column("recording_link", sa.Text(), nullable=True),
        sa.Column("recording_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("recording_at", _MOMENT, nullable=True),
        sa.Column("recording_by", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
        sa.UniqueConstraint("provider_id", "idem", name=op.f("uq_call_provider_id_idem")),
        *_places("call", "provider", "brand", "dealer"),
        sa.CheckConstraint("direction in (1, 2)", name=op.f("ck_call_direction")),
        sa.CheckConstraint("num_nonnulls(recording_file, recording_link) < 2",
                           name=op.f("ck_call_one_recording")),
        sa.CheckConstraint("(recording_sha256 is null) = (recording_at is null)",
                           name=op.f("ck_call_recorded")))
    op.create_index("ix_call_open", "call", ["provider_id", "id"],
                    postgresql_where=sa.text("ended_at is null"))
    op.create_index("ix_call_place", "call", ["provider_id", "brand_id", "started_at"])
    op.create_index("ix_call_agent", "call", ["agent_id", "started_at"])
    op.create_index("ix_call_recipient", "call", ["provider_id", "recipient_id"])
    op.create_index("ix_call_reference", "call", ["provider_id", "reference_mark"])


def _steps() -> None:
    op.create_table(
        "call_step", _id(),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("said", sa.SmallInteger(), nullable=True),
        sa.Column("channel", sa.SmallInteger(), nullable=True),
        sa.Column("text_id", sa.Integer(), nullable=True),
        sa.Column("word", sa.String(20), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("recipient_id", sa.BigInteger(), nullable=True),
        sa.Column("verification_id", sa.BigInteger(), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("by_user", sa.Integer(), nullable=True),
        sa.Column("settled_at", _MOMENT, nullable=True),
        sa.Column("submission_id", sa.BigInteger(), nullable=True),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("verified_at", _MOMENT, nullable=True),
        sa.Column("verified_entry", sa.BigInteger(), nullable=True),
        sa.Column("told_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_step")),
        sa.UniqueConstraint("provider_id", "call_id", "place", name=op.f("uq_call_step_place")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], ondelete="CASCADE",
                                name=op.f("fk_call_step_call_id_call")),
        sa.CheckConstraint("kind between 1 and 7", name=op.f("ck_call_step_kind")))
    op.create_index("ix_call_step_unsettled", "call_step", ["at"],
                    postgresql_where=sa.text("settled_at is null"))


def _leading() -> None:
    op.create_table(
        "call_rule",
        sa.Column("provider_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("outbound", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("reason", sa.String(400), server_default=sa.text("''"), nullable=False),
        sa.Column("grounds", postgresql.ARRAY(sa.String(20)), nullable=False,
                  server_default=sa.text("'{}'::varchar[]")),
        sa.Column("changed_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("provider_id", name=op.f("pk_call_rule")),
        *_places("call_rule", "provider"))
    op.create_table(
        "call_training",
        sa.Column("provider_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("noted_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("noted_by", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("provider_id", "user_id", "day", name=op.f("pk_call_training")),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE",
                                name=op.f("fk_call_training_user_id_ab_user")),
        *_places("call_training", "provider"))
    op.create_table(
        "call_sample", _id(),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("share", sa.SmallInteger(), nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=False),
        sa.Column("seal_no", sa.BigInteger(), nullable=True),
        sa.Column("among", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("calls", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("drawn_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("drawn_by", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_sample")),
        *_places("call_sample", "provider", "brand"),
        sa.CheckConstraint("share between 1 and 100", name=op.f("ck_call_sample_share")))
    op.create_index("ix_call_sample_provider_id", "call_sample", ["provider_id", "id"])
    op.create_table(
        "call_review", _id(),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("notice_read", sa.Boolean(), nullable=False),
        sa.Column("neutral", sa.Boolean(), nullable=False),
        sa.Column("clear", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("by_user", sa.Integer(), nullable=True),
        sa.Column("taken_back_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_review")),
        sa.UniqueConstraint("provider_id", "call_id", name=op.f("uq_call_review_call")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], ondelete="CASCADE",
                                name=op.f("fk_call_review_call_id_call")))


def downgrade() -> None:
    """What was said stays in the ledger; how it came to be said is lost. Keep a dump."""
    _rewrite("destroy_persons", _FORGET + _CALLS, _FORGET)
    op.execute("delete from wall_rule where table_name in ('call', 'call_step', 'call_rule', "
               "'call_training', 'call_sample', 'call_review')")
    for table in TABLES:
        op.drop_table(table)
