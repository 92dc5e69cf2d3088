"""Unfinished uploads of a provider are found at once, to be counted before another one begins

Revision ID: 0240
Revises: 0230
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0240"
down_revision = "0230"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A small index: rows are in it as long as their file is on its way."""
    op.create_index("ix_import_run_open", "import_run", ["provider_id"],
                    postgresql_where=sa.text("state = 1"))


def downgrade() -> None:
    """Counting reads the provider's imports again."""
    op.drop_index("ix_import_run_open", "import_run")
