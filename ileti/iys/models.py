"""What was said between İYS and us: batches on their way, an answer per entry, citizens' changes.

``iys_receipt`` is proof (R-23: İYS's transaction id per consent) and therefore INSERT-only.
"""

from __future__ import annotations

from datetime import datetime

from flask_appbuilder import Model
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ileti.core.columns import PROOF


class IysBatch(Model):
    """One call that carries consents to İYS (iys-api §6.2, §6.4).

    ``entry_ids`` are the entries it carries; ``sub_ids`` İYS's sub-request ids beside them, ""
    where İYS named none. One array instead of a thousand updated outbox rows.
    """

    __tablename__ = "iys_batch"
    __table_args__ = (
        Index("ix_iys_batch_open", "next_at", postgresql_where=text("state in (1, 2)")),
        Index("ix_iys_batch_brand", "provider_id", "brand_id", text("id desc")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    provider_id: Mapped[int] = mapped_column(Integer)
    brand_id: Mapped[int] = mapped_column(Integer)
    state: Mapped[int] = mapped_column(SmallInteger)
    size: Mapped[int] = mapped_column(Integer)
    open_rows: Mapped[int] = mapped_column(Integer)
    fence: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    polls: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    request_id: Mapped[str | None] = mapped_column(String(36))
    entry_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=text("'{}'"))
    sub_ids: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    next_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    problem: Mapped[str | None] = mapped_column(Text)


class IysReceipt(Model):
    """İYS's answer about one entry. Database key (provider_id, entry_id, id). ``late``: a refusal
    that was taken after its deadline (R-33)."""

    __tablename__ = "iys_receipt"
    __table_args__ = (
        Index("ix_iys_receipt_transaction", "provider_id", "transaction_id",
              postgresql_where=text("transaction_id is not null")),
        Index("ix_iys_receipt_day", "provider_id", "creation_date",
              postgresql_where=text("accepted and transaction_id is not null")),
        Index("ix_iys_receipt_rejected", "provider_id", "at",
              postgresql_where=text("not accepted")),
        Index("ix_iys_receipt_late", "provider_id", "at", postgresql_where=text("late")),
        {"comment": PROOF},
    )

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    batch_id: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    creation_date: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    accepted: Mapped[bool]
    late: Mapped[bool] = mapped_column(server_default=text("false"))
    code: Mapped[str | None] = mapped_column(String(8))
    transaction_id: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[dict | None] = mapped_column(JSONB)


class IysCursor(Model):
    """How far citizens' changes of a brand were pulled; moves in the same transaction as the page
    it stands behind (fault row 30).

    ``gap_since``: the pull had been silent for more than five days, so citizens' refusals may have
    been missed; the gate stays shut for the brand until every consent was compared by multi status
    (R-44), which clears it.
    """

    __tablename__ = "iys_cursor"

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    brand_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    cursor: Mapped[str | None] = mapped_column(String(200))
    pulled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    gap_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    next_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )
    problem: Mapped[str | None] = mapped_column(Text)


class DeadlineAlarm(Model):
    """A group of waiting records (a brand, a deadline) that has reached a level of its time.

    Its key makes an alarm be raised once, whatever runs twice or is flushed. ``number`` and
    ``stopped`` (those that wait for a person) are of that moment; ``told_at`` is when the mails
    about it were written.
    """

    __tablename__ = "deadline_alarm"
    __table_args__ = (
        UniqueConstraint("provider_id", "brand_id", "due_at", "level"),
        Index("ix_deadline_alarm_untold", "id", postgresql_where=text("told_at is null")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    provider_id: Mapped[int] = mapped_column(Integer)
    brand_id: Mapped[int] = mapped_column(Integer)
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    level: Mapped[int] = mapped_column(SmallInteger)
    number: Mapped[int] = mapped_column(Integer)
    stopped: Mapped[int] = mapped_column(Integer)
    raised_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )
    told_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class IysMovement(Model):
    """A change that İYS told us; its keyed mark keeps it from being taken twice (fault row 28).
    ``raw_ct`` is what we could not read, encrypted."""

    __tablename__ = "iys_movement"
    __table_args__ = {"comment": PROOF}

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    brand_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    transaction_id: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(40))
    creation_date: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    seen_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )
    raw_ct: Mapped[str | None] = mapped_column(Text)


class IysPush(Model):
    """İYS's credentials at our door for one channel (iys-api §6.11); ``brand_ids`` are the brands
    whose registration İYS confirmed, and only they count."""

    __tablename__ = "iys_push"
    __table_args__ = (UniqueConstraint("username"),)

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    channel: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    username: Mapped[str] = mapped_column(String(64))
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    brand_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )


class IysBlock(Model):
    """Until when nobody may ask İYS's address for a token (H084, İYS API §1.1); ``host`` is a mark
    of the address. It belongs to no provider: İYS counts per address."""

    __tablename__ = "iys_block"

    host: Mapped[str] = mapped_column(String(12), primary_key=True)
    until: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class IysAccessTask(Model):
    """A wish about which dealers may use one consent, on its way to İYS (iys-api §7.5).

    ``act``: see :class:`ileti.iys.access.Act`. ``done_at`` null is open; done with a ``problem`` is
    given up, and the problem says why.
    """

    __tablename__ = "iys_access_task"
    __table_args__ = (
        CheckConstraint("act in (1, 2, 3)", name="act"),
        Index("ix_iys_access_task_due", "provider_id", "next_at", "id",
              postgresql_where=text("done_at is null")),
        Index("ix_iys_access_task_key", "provider_id", "brand_id", "recipient_id",
              "recipient_type", "channel", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    provider_id: Mapped[int] = mapped_column(Integer)
    brand_id: Mapped[int] = mapped_column(Integer)
    recipient_id: Mapped[int] = mapped_column(BigInteger)
    recipient_type: Mapped[int] = mapped_column(SmallInteger)
    channel: Mapped[int] = mapped_column(SmallInteger)
    act: Mapped[int] = mapped_column(SmallInteger)
    dealer_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )
    next_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    done_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    problem: Mapped[str | None] = mapped_column(Text)
