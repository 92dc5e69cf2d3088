"""Recordings prove one call each and outlive no due date; addresses of callers' numbers as a hash

Revision ID: 0485
Revises: 0480
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0485"
down_revision = "0480"
branch_labels = None
depends_on = None

_CASES = "       and not exists (select from of_cases c where c.file_id = f.id)\n"
# A voice is kept as long as any consent or explicit consent of the people in the call.
_VOICES = """       and not exists (
           select from call c
            cross join lateral (
                 select c.recipient_id as id union
                 select s.recipient_id from call_step s
                  where s.provider_id = c.provider_id and s.call_id = c.id) p
            where c.provider_id = f.provider_id and c.recording_file = f.id
              and (c.recording_at + interval '10 years' > now()
                   or under_hold(c.provider_id, c.brand_id, p.id, c.started_at, c.recording_at)
                   or exists (select from consent_due d
                               where d.provider_id = c.provider_id and d.recipient_id = p.id
                                 and (d.due is null or d.due > now()
                                      or under_hold(d.provider_id, d.brand_id, p.id, d.captured_at,
                                                    d.captured_at)))
                   or exists (select from act_due d
                               where d.provider_id = c.provider_id and d.recipient_id = p.id
                                 and (d.due is null or d.due > now()
                                      or under_hold(d.provider_id, d.brand_id, p.id, d.captured_at,
                                                    d.captured_at)))))
"""
_RECEIPTS = ("       and not exists (select from d join iys_receipt x "
             "on x.provider_id = d.provider_id")
_SPOKE = """       and not exists (select from call c where c.provider_id = r.provider_id
                          and c.recipient_id = r.id and c.recording_file is not null
                          and c.recording_at + interval '10 years' > now())
"""


def _rewrite(name: str, old: str, new: str) -> None:
    text = op.get_bind().exec_driver_sql(
        f"select pg_get_functiondef('public.{name}'::regproc)").scalar_one()
    if text.count(old) != 1:
        raise RuntimeError(f"{name} is not the function this migration knows")
    op.get_bind().exec_driver_sql(text.replace(old, new).replace("%", "%%"))


def upgrade() -> None:
    """The addresses of callers' numbers were signed and never ended: each is made anew in the
    panel. That a recording proves one call alone is 0486's."""
    op.add_column("inbound_message", sa.Column("also_as", sa.String(80), nullable=True))
    op.add_column("call_sample", sa.Column("refusals", sa.Boolean(), nullable=False,
                                           server_default=sa.text("false")))
    op.add_column("call_rule", sa.Column(
        "recording_hosts", postgresql.ARRAY(sa.String(253)), nullable=False,
        server_default=sa.text("'{}'::varchar[]")))
    op.add_column("call", sa.Column("recording_shared", sa.Boolean(), nullable=False,
                                    server_default=sa.text("false")))
    _rewrite("destroy_files", _CASES, _CASES + _VOICES)
    _rewrite("destroy_persons", _RECEIPTS, _SPOKE + _RECEIPTS)
    op.create_index("ix_call_attempt_held", "call_attempt", ["user_id", "until"],
                    postgresql_where=sa.text("result is null"))
    op.add_column("voice_number", sa.Column("token_hash", sa.LargeBinary(), nullable=True))
    op.add_column("voice_number", sa.Column("token_at", sa.DateTime(timezone=True), nullable=True))
    op.create_unique_constraint(op.f("uq_voice_number_token_hash"), "voice_number", ["token_hash"])
    op.drop_column("voice_number", "generation")


def downgrade() -> None:
    """Addresses are made anew once more."""
    op.add_column("voice_number", sa.Column("generation", sa.SmallInteger(), nullable=False,
                                            server_default=sa.text("1")))
    op.drop_constraint(op.f("uq_voice_number_token_hash"), "voice_number")
    op.drop_column("voice_number", "token_at")
    op.drop_column("voice_number", "token_hash")
    op.drop_index("ix_call_attempt_held", "call_attempt")
    _rewrite("destroy_persons", _SPOKE + _RECEIPTS, _RECEIPTS)
    _rewrite("destroy_files", _CASES + _VOICES, _CASES)
    op.drop_column("call", "recording_shared")
    op.drop_column("call_rule", "recording_hosts")
    op.drop_column("call_sample", "refusals")
    op.drop_column("inbound_message", "also_as")
