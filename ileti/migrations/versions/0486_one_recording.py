"""A recording proves one call: the indexes that say so, built beside the writers

Revision ID: 0486
Revises: 0485
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ileti.migrations import indexes

revision = "0486"
down_revision = "0485"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What one recording proved in several calls before stays as it was judged, and no more; one
    that comes twice while the index is built stops it, and the next try keeps that one too."""
    op.execute("update call c set recording_shared = true where not recording_shared and exists "
               "(select from call o where o.provider_id = c.provider_id "
               "and o.recording_sha256 = c.recording_sha256 and o.id < c.id)")
    indexes.build("uq_call_recording", "call", ["provider_id", "recording_sha256"], unique=True,
                  postgresql_where=sa.text("not recording_shared"))
    indexes.build("ix_call_recording_file", "call", ["provider_id", "recording_file"],
                  postgresql_where=sa.text("recording_file is not null"))


def downgrade() -> None:
    """A recording may prove several calls again."""
    indexes.drop("ix_call_recording_file", "call")
    indexes.drop("uq_call_recording", "call")
