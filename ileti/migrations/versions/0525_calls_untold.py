"""Consents of calls that nobody was told of are found without reading every step

Revision ID: 0525
Revises: 0520
"""

from __future__ import annotations

import sqlalchemy as sa

from ileti.migrations import indexes

revision = "0525"
down_revision = "0520"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The sweeper asks every minute for what was said, stands in the ledger and was not told."""
    indexes.build("ix_call_step_untold", "call_step", ["at"], postgresql_where=sa.text(
        "kind = 6 and said = 1 and channel is not null and told_at is null"))


def downgrade() -> None:
    """The sweeper finds them all the same, slowly."""
    indexes.drop("ix_call_step_untold", "call_step")
