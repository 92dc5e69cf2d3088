"""Seals name the key that signs bundles; published texts come under a seal

Revision ID: 0555
Revises: 0550
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0555"
down_revision = "0550"
branch_labels = None
depends_on = None

_SQL = (Path(__file__).parents[1] / "sql" / "0555_texts_sealed.sql").read_text()


def upgrade() -> None:
    """A column that may be read at once (seals that are there keep their headers), functions, and a
    line of the trail for each text there is."""
    op.execute("set local lock_timeout = '5s'")
    op.add_column("seal", sa.Column("signer", sa.LargeBinary(), nullable=True))
    op.get_bind().exec_driver_sql(_SQL.replace("%", "%%"))


def downgrade() -> None:
    """Seals that name a key can no longer be read: their digests are over the name too. Lines of
    the trail stay, as they always do."""
    op.execute("set local lock_timeout = '5s'")
    op.execute("drop function texts_before_seals()")
    op.execute("drop function text_event_digest(document_event)")
    op.execute("drop function text_digest(document_version)")
    op.drop_column("seal", "signer")
