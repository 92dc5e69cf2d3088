"""A key may hold less than its account

Revision ID: 0381
Revises: 0380
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0381"
down_revision = "0380"
branch_labels = None
depends_on = None

_NONE = sa.text("'{}'::varchar[]")


def upgrade() -> None:
    """Keys that are there hold what their account holds."""
    op.add_column("api_key", sa.Column("label", sa.String(60), server_default=sa.text("''"),
                                       nullable=False))
    op.add_column("api_key", sa.Column("scopes", postgresql.ARRAY(sa.String(30)), nullable=True))
    op.add_column("api_key", sa.Column("only_brand_id", sa.Integer(), nullable=True))
    op.add_column("api_key", sa.Column("only_dealer_id", sa.Integer(), nullable=True))
    op.add_column("api_key", sa.Column("networks", postgresql.ARRAY(sa.String(45)),
                                       server_default=_NONE, nullable=False))
    op.create_foreign_key(op.f("fk_api_key_only_brand_id_brand"), "api_key", "brand",
                          ["only_brand_id"], ["id"])
    op.create_foreign_key(op.f("fk_api_key_only_dealer_id_dealer"), "api_key", "dealer",
                          ["only_dealer_id"], ["id"])
    op.create_check_constraint(op.f("ck_api_key_dealer_of_brand"), "api_key",
                               "only_dealer_id is null or only_brand_id is not null")
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """Keys that hold less end: before this they would hold all of their account's."""
    op.execute("update api_key set ended_at = coalesce(ended_at, now()) where scopes is not null "
               "or only_brand_id is not null or networks <> '{}'")
    for column in ("networks", "only_dealer_id", "only_brand_id", "scopes", "label"):
        op.drop_column("api_key", column)
