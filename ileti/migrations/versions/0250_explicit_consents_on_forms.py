"""Which explicit consents a site's form asks for

Revision ID: 0250
Revises: 0210
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0250"
down_revision = "0210"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """None by default: a form that asks nothing today asks nothing tomorrow."""
    op.execute("set local lock_timeout = '5s'")
    op.add_column("site", sa.Column("explicit_consents", ARRAY(sa.Integer()),
                                    server_default=sa.text("'{}'::integer[]"), nullable=False))


def downgrade() -> None:
    """Forms ask for no explicit consent any more; what was given stays."""
    op.execute("set local lock_timeout = '5s'")
    op.drop_column("site", "explicit_consents")
