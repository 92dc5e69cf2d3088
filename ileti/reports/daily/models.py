"""Who gets the daily report by mail, and each of these mails.

A subscription belongs to a membership: it tells of that work space and ends with it. A mail is one
row per subscription and day, so that whatever runs twice finds that it was written; ``handing_at``
stands while it is handed over, so that a worker that was killed then leaves a doubt and no second
mail. Nothing of what a mail says is kept: it is made when it goes.
"""

from __future__ import annotations

from datetime import date, datetime

from flask_appbuilder import Model
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

_NOW = text("now()")


class DailySubscription(Model):
    """That a user wants the daily report of one work space by mail, from ``hour`` o'clock in
    Istanbul on, each day or on business days only; ``first_on`` the first day a mail is due.
    ``closed_at``: no more, by the user's own word or since the role no longer shows the report."""

    __tablename__ = "daily_subscription"
    __table_args__ = (
        UniqueConstraint("membership_id"),
        CheckConstraint("hour between 6 and 20", name="hour"),
        CheckConstraint("language in ('tr', 'en')", name="language"),
        Index("ix_daily_subscription_open", "hour", postgresql_where=text("closed_at is null")),
        Index("ix_daily_subscription_place", "provider_id", "brand_id", "dealer_id"),
        Index("ix_daily_subscription_user_id", "user_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brand.id"))
    dealer_id: Mapped[int | None] = mapped_column(ForeignKey("dealer.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id", ondelete="CASCADE"))
    hour: Mapped[int] = mapped_column(SmallInteger)
    business_days: Mapped[bool] = mapped_column(Boolean)
    language: Mapped[str] = mapped_column(String(2))
    first_on: Mapped[date] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    def __str__(self) -> str:
        return f"#{self.id}"


class DailyMail(Model):
    """One mail: written on ``due_on``, about ``day``."""

    __tablename__ = "daily_mail"
    __table_args__ = (
        UniqueConstraint("subscription_id", "due_on"),
        Index("ix_daily_mail_due_on", "due_on"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(Integer)
    brand_id: Mapped[int | None] = mapped_column(Integer)
    dealer_id: Mapped[int | None] = mapped_column(Integer)
    subscription_id: Mapped[int] = mapped_column(
        ForeignKey("daily_subscription.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(Integer)
    due_on: Mapped[date] = mapped_column(Date)
    day: Mapped[date] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)
    handing_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    gateway: Mapped[str | None] = mapped_column(String(30))
    outside_id: Mapped[str | None] = mapped_column(String(120))
    problem: Mapped[str | None] = mapped_column(Text)
