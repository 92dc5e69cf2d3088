"""What the radar keeps: alarms that were raised, the mails about them, and counts of big backlogs.

An alarm stands here and not in Redis, so that a flush, a second worker or a job that runs twice
cannot say it again. The counts are a copy that a job makes over and over; nothing is decided by
them.
"""

from __future__ import annotations

from datetime import datetime

from flask_appbuilder import Model
from sqlalchemy import (
    BigInteger,
    Boolean,
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


class DeadlineMail(Model):
    """One mail to one user about one alarm; its words are made when it goes out."""

    __tablename__ = "deadline_mail"
    __table_args__ = (UniqueConstraint("alarm_id", "user_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    provider_id: Mapped[int] = mapped_column(Integer)
    brand_id: Mapped[int] = mapped_column(Integer)
    alarm_id: Mapped[int] = mapped_column(ForeignKey("deadline_alarm.id"))
    user_id: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    gateway: Mapped[str | None] = mapped_column(String(30))
    outside_id: Mapped[str | None] = mapped_column(String(120))
    problem: Mapped[str | None] = mapped_column(Text)


class DeadlineCount(Model):
    """So many waiting records of one kind, of a provider whose queue is too long to be counted
    while somebody waits for the page."""

    __tablename__ = "deadline_count"
    __table_args__ = (Index("ix_deadline_count_provider_id", "provider_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    provider_id: Mapped[int] = mapped_column(Integer)
    brand_id: Mapped[int] = mapped_column(Integer)
    dealer_id: Mapped[int | None] = mapped_column(Integer)
    source: Mapped[int] = mapped_column(SmallInteger)
    status: Mapped[int] = mapped_column(SmallInteger)
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    stopped: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[str | None] = mapped_column(Text)
    iys_code: Mapped[int | None] = mapped_column(SmallInteger)
    number: Mapped[int] = mapped_column(Integer)
    counted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)
