"""The table of mails' pictures (docs/adr/0061).

The files lie in the row, beside what tells of them: a picture is backed up and restored with the
mails that show it, and no folder has to be shared between hosts.
"""

from __future__ import annotations

from datetime import datetime

from flask_appbuilder import Model
from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ileti.tenancy.models import Brand, Dealer, Provider

_NOW = text("now()")
_EMPTY = text("''")


class MailPicture(Model):
    """A picture, written anew, in one size or two. ``key``: the part of its name that nobody
    guesses; ``ext``: png, jpg or gif; ``digest``: SHA-256 of its larger file; ``alt``: what it
    shows, empty when it only decorates. ``seen_at``: when something used it last, or it came;
    ``sent_at``: a message in words of its own named it."""

    __tablename__ = "mail_picture"
    __table_args__ = (
        UniqueConstraint("key", name="uq_mail_picture_key"),
        CheckConstraint("ext in ('png', 'jpg', 'gif')", name="ext"),
        CheckConstraint("dealer_id is null or brand_id is not null", name="dealer"),
        CheckConstraint("(large is null) = (large_width is null)", name="large"),
        Index("ix_mail_picture_place", "provider_id", "brand_id"),
        Index("ix_mail_picture_seen_at", "seen_at"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brand.id"))
    dealer_id: Mapped[int | None] = mapped_column(ForeignKey("dealer.id"))
    key: Mapped[str] = mapped_column(String(32))
    ext: Mapped[str] = mapped_column(String(3))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    name: Mapped[str] = mapped_column(String(120), server_default=_EMPTY)
    alt: Mapped[str] = mapped_column(String(200), server_default=_EMPTY)
    frames: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    small_width: Mapped[int] = mapped_column(SmallInteger)
    small_height: Mapped[int] = mapped_column(SmallInteger)
    small_bytes: Mapped[int] = mapped_column(Integer)
    small: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    large_width: Mapped[int | None] = mapped_column(SmallInteger)
    large_height: Mapped[int | None] = mapped_column(SmallInteger)
    large_bytes: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    large: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    added_by: Mapped[int | None] = mapped_column(Integer)
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    provider: Mapped[Provider] = relationship()
    brand: Mapped[Brand | None] = relationship()
    dealer: Mapped[Dealer | None] = relationship()

    def __str__(self) -> str:
        return self.name or self.key[:8]
