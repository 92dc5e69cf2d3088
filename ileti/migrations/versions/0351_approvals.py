"""Requests that wait for a second person, and which deeds of a provider ask for one

Revision ID: 0351
Revises: 0350
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0351"
down_revision = "0350"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
# What was asked is never changed, and a request that is closed stays closed.
_KEPT = """
create function approval_kept() returns trigger
language plpgsql set search_path = public, pg_temp as $$
begin
    if tg_op = 'DELETE' then
        raise exception 'a request is kept' using errcode = '23001';
    end if;
    if (old.kind, old.deed, old.subject, old.permission, old.act, old.mark, old.digest,
        old.asked_at)
       is distinct from (new.kind, new.deed, new.subject, new.permission, new.act, new.mark,
                         new.digest, new.asked_at)
       or (old.provider_id, old.brand_id, old.dealer_id, old.asked_by, old.actor)
       is distinct from (new.provider_id, new.brand_id, new.dealer_id, new.asked_by, new.actor)
       or new.expires_at > old.expires_at
       or old.state > 2 and old.state <> new.state
       or old.decided_at is not null and (old.decided_by, old.decided_at, old.reason)
       is distinct from (new.decided_by, new.decided_at, new.reason) then
        raise exception 'what was asked and decided is not changed' using errcode = '23001';
    end if;
    return new;
end $$;
create trigger kept before update or delete on approval for each row
    execute function approval_kept();
"""


def upgrade() -> None:
    """One table, and a setting of providers."""
    op.add_column("provider", sa.Column(
        "approvals", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"),
        nullable=False))
    op.create_table(
        "approval",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=True),
        sa.Column("brand_id", sa.Integer(), nullable=True),
        sa.Column("dealer_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("deed", sa.String(30), nullable=False),
        sa.Column("subject", sa.String(120), nullable=False),
        sa.Column("permission", sa.String(60), nullable=False),
        sa.Column("act", postgresql.JSONB(), nullable=False),
        sa.Column("mark", sa.String(200), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("actor", sa.String(120), nullable=True),
        sa.Column("asked_at", _MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", _MOMENT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("next_at", _MOMENT, nullable=True),
        sa.Column("tries", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_approval_provider_id_provider")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"],
                                name=op.f("fk_approval_brand_id_brand")),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealer.id"],
                                name=op.f("fk_approval_dealer_id_dealer")),
        sa.CheckConstraint("state between 1 and 7", name=op.f("ck_approval_state")),
        sa.CheckConstraint("state not in (2, 3, 4) or decided_by is not null "
                           "and decided_by is distinct from asked_by",
                           name=op.f("ck_approval_two_people")),
    )
    op.create_index("ix_approval_provider_id", "approval", ["provider_id", "id"])
    op.create_index("ix_approval_waiting", "approval", ["provider_id", "expires_at"],
                    postgresql_where=sa.text("state = 1"))
    op.create_index("ix_approval_due", "approval", ["next_at"],
                    postgresql_where=sa.text("state = 2"))
    op.create_index("uq_approval_waiting", "approval", ["digest"], unique=True,
                    postgresql_where=sa.text("state in (1, 2)"))
    op.execute(_KEPT)
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """What waits is asked again; what was decided stands in the audit trail."""
    op.drop_table("approval")
    op.execute("drop function approval_kept()")
    op.drop_column("provider", "approvals")
