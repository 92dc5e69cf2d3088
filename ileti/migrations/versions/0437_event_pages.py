"""Pages of an event, behind a code that ends with it

Revision ID: 0437
Revises: 0436
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0437"
down_revision = "0436"
branch_labels = None
depends_on = None


def _checks(kinds: str, of_dealer: str) -> None:
    op.drop_constraint(op.f("ck_site_kind"), "site", type_="check")
    op.drop_constraint(op.f("ck_site_page_of_dealer"), "site", type_="check")
    op.create_check_constraint(op.f("ck_site_kind"), "site", f"kind in ({kinds})")
    op.create_check_constraint(op.f("ck_site_page_of_dealer"), "site", of_dealer)


def upgrade() -> None:
    """A column without a default and wider checks over a small table."""
    op.add_column("site", sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True))
    _checks("'widget', 'poster', 'kiosk', 'event'",
            "kind in ('widget', 'event') or dealer_id is not null")
    op.create_check_constraint(op.f("ck_site_event_ends"), "site",
                               "(kind = 'event') = (ends_at is not null)")


def downgrade() -> None:
    """Events become plain sites that are switched off: consents name them."""
    op.drop_constraint(op.f("ck_site_event_ends"), "site", type_="check")
    op.execute("update site set active = false, kind = 'widget' where kind = 'event'")
    _checks("'widget', 'poster', 'kiosk'", "kind = 'widget' or dealer_id is not null")
    op.drop_column("site", "ends_at")
