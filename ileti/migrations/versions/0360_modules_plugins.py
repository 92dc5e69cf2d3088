"""Modules per provider, and plug-ins switched on

Revision ID: 0360
Revises: 0352
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0360"
down_revision = "0352"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Whoever is here has both modules. A constant default rewrites no row."""
    op.add_column("provider", sa.Column("data_management", sa.Boolean(),
                                        server_default=sa.text("true"), nullable=False))
    op.create_table(
        "provider_plugin",
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("hooks", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"),
                  nullable=False),
        sa.Column("switched_by", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("provider_id", "name", name=op.f("pk_provider_plugin")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_provider_plugin_provider_id_provider")),
    )
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """Plug-ins are off and every module is on again."""
    op.drop_table("provider_plugin")
    op.drop_column("provider", "data_management")
