"""Roles a provider composes itself

Revision ID: 0310
Revises: 0300
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0310"
down_revision = "0300"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A new table of the organisation, which is not behind the dealers' wall (ADR 0019)."""
    op.create_table(
        "own_role",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(60), nullable=False),
        sa.Column("note", sa.String(255), nullable=True),
        sa.Column("level", sa.String(10), nullable=False),
        sa.Column("permissions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"),
                  nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_role")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_own_role_provider_id_provider")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"],
                                name=op.f("fk_own_role_brand_id_brand")),
        sa.CheckConstraint("level in ('provider', 'brand', 'dealer')",
                           name=op.f("ck_own_role_level")),
    )
    op.create_index("uq_own_role_title", "own_role", ["provider_id", sa.text("lower(title)")],
                    unique=True, postgresql_where=sa.text("retired_at is null"))
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """Who held only composed roles has none left."""
    op.execute("delete from membership where role like 'own:%'")
    op.execute("delete from ab_permission_view_role where role_id in "
               "(select id from ab_role where name like 'own:%')")
    op.execute("delete from ab_user_role where role_id in "
               "(select id from ab_role where name like 'own:%')")
    op.execute("delete from ab_role where name like 'own:%'")
    op.drop_table("own_role")
