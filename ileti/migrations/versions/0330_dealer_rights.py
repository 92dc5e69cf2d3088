"""What dealers may do is given per brand or per dealer

Revision ID: 0330
Revises: 0320
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0330"
down_revision = "0320"
branch_labels = None
depends_on = None

CLOSED = """
create function dealer_closed(p_provider integer, p_brand integer, p_dealer integer)
returns text[] language sql stable parallel safe as $$
  select coalesce(array_agg(right_key order by right_key), '{}') from (
    select distinct on (right_key) right_key, allowed from (
      select right_key::text, allowed, case when dealer_id is null then 1 else 0 end as place
        from dealer_right
       where provider_id = p_provider and brand_id = p_brand
         and (dealer_id is null or dealer_id = p_dealer)
      union all select 'messages', false, 2) said
     order by right_key, place) now
   where not allowed
$$"""


def upgrade() -> None:
    """A new table of the organisation; no row in it means what held before: all but messages."""
    op.create_table(
        "dealer_right",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("dealer_id", sa.Integer(), nullable=True),
        sa.Column("right_key", sa.String(12), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"),
                  nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dealer_right")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_dealer_right_provider_id_provider")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"],
                                name=op.f("fk_dealer_right_brand_id_brand")),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealer.id"],
                                name=op.f("fk_dealer_right_dealer_id_dealer")),
        sa.UniqueConstraint("brand_id", "dealer_id", "right_key",
                            postgresql_nulls_not_distinct=True, name="uq_dealer_right_place"),
        sa.CheckConstraint("right_key in ('desk', 'page', 'imports', 'status', 'reports', "
                           "'messages')", name=op.f("ck_dealer_right_key")),
    )
    op.execute(CLOSED)
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """Every dealer may again what its role lets it."""
    op.execute("drop function dealer_closed(integer, integer, integer)")
    op.drop_table("dealer_right")
