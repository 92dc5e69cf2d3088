"""Refusals that İYS took too late stay marked

Revision ID: 0131
Revises: 0130
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ileti.migrations import indexes

revision = "0131"
down_revision = "0130"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Both columns are added without rewriting a row; both indexes hold the late ones only. The
    indexes are made outside a transaction, so what was done before one failed is done once."""
    op.execute("alter table consent_state add column if not exists late_id bigint")
    op.execute("alter table iys_receipt add column if not exists late boolean not null "
               "default false")
    indexes.build("ix_consent_state_late", "consent_state", ["provider_id", "brand_id"],
                  postgresql_where=sa.text("late_id is not null"))
    indexes.build("ix_iys_receipt_late", "iys_receipt", ["provider_id", "at"],
                  postgresql_where=sa.text("late"))


def downgrade() -> None:
    """That they were late can be read off İYS's moments only."""
    indexes.drop("ix_iys_receipt_late", "iys_receipt")
    indexes.drop("ix_consent_state_late", "consent_state")
    op.drop_column("iys_receipt", "late")
    op.drop_column("consent_state", "late_id")
