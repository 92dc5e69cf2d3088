"""Refusals that were late before they were marked

Revision ID: 0132
Revises: 0131
"""

from __future__ import annotations

from alembic import op

revision = "0132"
down_revision = "0131"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """As far as the state still stands on them: only there the deadline is known."""
    op.execute(
        "with late as (update consent_state s set late_id = s.entry_id from iys_receipt r "
        "where r.provider_id = s.provider_id and r.entry_id = s.entry_id and r.accepted "
        "and s.status = 2 and s.source < 31 and s.iys_status = 3 "
        "and s.iys_due_at < coalesce(r.creation_date, r.at) returning s.provider_id, s.late_id) "
        "update iys_receipt r set late = true from late "
        "where r.provider_id = late.provider_id and r.entry_id = late.late_id and r.accepted")


def downgrade() -> None:
    """Nothing: the columns go with the revision before."""
