"""Messages İleti itself sends: codes and same-day confirmations (R-10, R-22). Campaign messages
come with their own feature and never through here."""

from __future__ import annotations

from datetime import datetime

from flask_appbuilder import Model
from sqlalchemy import (
    BigInteger,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column


class Message(Model):
    """One message to one recipient; its content is personal and kept encrypted. ``content_ct`` is
    what it is rendered from, ``sent_ct`` what was handed over (channels/assent.py); of a code
    neither is kept once it was sent."""

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_provider_id_created_at", "provider_id", "created_at"),
        Index("ix_message_submission", "provider_id", "submission_id"),
        Index("ix_message_recipient", "provider_id", "recipient_id"),  # what relied on a consent
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    provider_id: Mapped[int] = mapped_column(Integer)
    brand_id: Mapped[int] = mapped_column(Integer)
    recipient_id: Mapped[int] = mapped_column(BigInteger)
    submission_id: Mapped[int | None] = mapped_column(BigInteger)
    channel: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[int] = mapped_column(SmallInteger)
    content_key: Mapped[int] = mapped_column(SmallInteger)
    content_ct: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    gateway: Mapped[str | None] = mapped_column(String(30))
    outside_id: Mapped[str | None] = mapped_column(String(120))
    problem: Mapped[str | None] = mapped_column(Text)
    sent_key: Mapped[int | None] = mapped_column(SmallInteger)
    sent_ct: Mapped[bytes | None] = mapped_column(LargeBinary)
