"""Records that carry an İYS code are found by it

Revision ID: 0040
Revises: 0030
"""

from __future__ import annotations

import sqlalchemy as sa

from ileti.migrations import indexes

revision = "0040"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Only states with a code are in the index; the others are written as before."""
    indexes.build("ix_consent_state_code", "consent_state",
                  ["provider_id", "iys_code", sa.text("entry_id desc")],
                  postgresql_where=sa.text("iys_code is not null"))


def downgrade() -> None:
    """The error book counts without it, slowly."""
    indexes.drop("ix_consent_state_code", "consent_state")
