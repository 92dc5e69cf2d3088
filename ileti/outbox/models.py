"""The transactional outbox: what must still be told to somebody outside, in the same transaction
as the fact itself. PostgreSQL is the truth; Redis only rings (docs/adr/0004).

A row is named by (provider, topic, what it is about). It is claimed by moving ``next_at`` and
raising ``fence``, closed by deleting it, and parked with a readable reason when it has become
hopeless. ``after_id`` names an earlier row of the same ordering key that must be gone first.
"""

from __future__ import annotations

from datetime import datetime

from flask_appbuilder import Model
from sqlalchemy import BigInteger, DateTime, Index, Integer, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column


class OutboxRow(Model):
    """One thing still to be told; see the module text for the columns' meaning."""

    __tablename__ = "outbox"
    __table_args__ = (
        # A brand whose package is used up (H525) keeps its rows waiting for weeks: whoever looks
        # for due rows must not read them all every two seconds.
        Index(
            "ix_outbox_due", "topic", "provider_id", "brand_id", "next_at", "ref_id",
            postgresql_where=text("batch_id is null and dead_at is null"),
        ),
        # What has stopped is rare; whoever lists or counts it must not read all that waits.
        Index("ix_outbox_stopped", "provider_id", "topic", "ref_id",
              postgresql_where=text("dead_at is not null")),
        {"postgresql_with": {"fillfactor": "85", "autovacuum_vacuum_scale_factor": "0.02"}},
    )

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    topic: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    ref_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    ref_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    next_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    order_key: Mapped[int] = mapped_column(BigInteger)
    after_id: Mapped[int | None] = mapped_column(BigInteger)
    hint: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    batch_id: Mapped[int | None] = mapped_column(BigInteger)
    dead_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    brand_id: Mapped[int] = mapped_column(Integer)
    fence: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    reason: Mapped[str | None] = mapped_column(Text)
