"""A dealer's own pages: one behind a printed code, one on a kiosk

Revision ID: 0331
Revises: 0330
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0331"
down_revision = "0330"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Constant defaults: no row of the small table is rewritten."""
    op.add_column("site", sa.Column("kind", sa.String(8), server_default="widget", nullable=False))
    op.add_column("site", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f("ck_site_kind"), "site",
                               "kind in ('widget', 'poster', 'kiosk')")
    op.create_check_constraint(op.f("ck_site_page_of_dealer"), "site",
                               "kind = 'widget' or dealer_id is not null")
    op.create_index("uq_site_dealer_page", "site", ["dealer_id", "kind"], unique=True,
                    postgresql_where=sa.text("kind <> 'widget' and active"))


def downgrade() -> None:
    """Pages of dealers become plain sites that are switched off: consents name them."""
    op.execute("update site set active = false where kind <> 'widget'")
    op.drop_index("uq_site_dealer_page", table_name="site")
    op.drop_constraint(op.f("ck_site_page_of_dealer"), "site", type_="check")
    op.drop_constraint(op.f("ck_site_kind"), "site", type_="check")
    op.drop_column("site", "ended_at")
    op.drop_column("site", "kind")
