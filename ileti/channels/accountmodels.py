"""Accounts at providers, the senders asked for at them, and batches whose reports are fetched.

Why apart from the messages: how something is sent lives longer than what was sent. What an account
needs to be known (user, password, address) is one sealed text, since a password may stand in any of
it. A sender is one title or number at one account, for one brand (R-54); what became of it is told
by its events, which are only added.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import Final

from flask_appbuilder import Model
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
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

from ileti.core.columns import PROOF, EncryptedText
from ileti.tenancy.models import Brand, Provider

_NOW: Final = text("now()")
_MOMENT: Final = DateTime(timezone=True)


class SenderState(IntEnum):
    """How far a sender is; the smallint in the database, never renumbered."""

    ASKED = 1
    APPROVED = 2
    REFUSED = 3
    CLOSED = 4


class GatewayAccount(Model):
    """An account at a provider. ``brand_id`` None: for all brands; ``rank`` 1 is asked first, of
    one rank by ``weight``; ``per_second`` messages. ``hook`` is the secret in the address reports
    are pushed to, ``hook_hash`` its hash. While ``rests_until`` is not over it carries nothing."""

    __tablename__ = "gateway_account"
    __table_args__ = (
        UniqueConstraint("provider_id", "name"),
        UniqueConstraint("hook_hash"),
        CheckConstraint("channel in (1, 2, 3)", name="channel"),
        CheckConstraint("rank between 1 and 99", name="rank"),
        CheckConstraint("weight between 1 and 100", name="weight"),
        CheckConstraint("per_second > 0", name="per_second"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brand.id"))
    kind: Mapped[str] = mapped_column(String(40))
    channel: Mapped[int] = mapped_column(SmallInteger)
    name: Mapped[str] = mapped_column(String(80))
    commercial: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    exempt: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    rank: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    weight: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    per_second: Mapped[float] = mapped_column(Float, server_default=text("10"))
    active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    sealed: Mapped[str] = mapped_column(EncryptedText("gateway-account"))
    hook: Mapped[str] = mapped_column(EncryptedText("gateway-hook"))
    hook_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(_MOMENT, server_default=_NOW)
    last_ok_at: Mapped[datetime | None] = mapped_column(_MOMENT)
    last_problem_at: Mapped[datetime | None] = mapped_column(_MOMENT)
    last_problem: Mapped[str | None] = mapped_column(String(300))
    refusals: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    rests_until: Mapped[datetime | None] = mapped_column(_MOMENT)
    asked_since: Mapped[datetime | None] = mapped_column(_MOMENT)
    asked: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))

    provider: Mapped[Provider] = relationship()
    brand: Mapped[Brand | None] = relationship()

    def __str__(self) -> str:
        return self.name


class Sender(Model):
    """A title or caller number of a brand at an account. It is the brand's from ``approved_at``
    until ``ended_at``; ``file_id`` is the document that shows the link to the company."""

    __tablename__ = "sender"
    __table_args__ = (
        ForeignKeyConstraint(["provider_id", "file_id"],
                             ["evidence_file.provider_id", "evidence_file.id"]),
        CheckConstraint("state in (1, 2, 3, 4)", name="state"),
        CheckConstraint("state <> 2 or (file_id is not null and approved_at is not null)",
                        name="shown"),
        Index("uq_sender_live", "account_id", "brand_id", "title", unique=True,
              postgresql_where=text("state in (1, 2)")),
        Index("ix_sender_title", text("lower(title)")),
        Index("ix_sender_provider_id", "provider_id"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int] = mapped_column(ForeignKey("brand.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("gateway_account.id"))
    channel: Mapped[int] = mapped_column(SmallInteger)
    title: Mapped[str] = mapped_column(String(20))
    state: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    file_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(_MOMENT, server_default=_NOW)
    approved_at: Mapped[datetime | None] = mapped_column(_MOMENT)
    ended_at: Mapped[datetime | None] = mapped_column(_MOMENT)

    brand: Mapped[Brand] = relationship()
    account: Mapped[GatewayAccount] = relationship()

    def __str__(self) -> str:
        return self.title


class SenderEvent(Model):
    """What became of a sender: who said so, when, and what the operator said."""

    __tablename__ = "sender_event"
    __table_args__ = (Index("ix_sender_event_sender_id", "sender_id"), {"comment": PROOF})

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    provider_id: Mapped[int] = mapped_column(Integer)
    brand_id: Mapped[int] = mapped_column(Integer)
    sender_id: Mapped[int] = mapped_column(ForeignKey("sender.id"))
    state: Mapped[int] = mapped_column(SmallInteger)
    said: Mapped[str] = mapped_column(String(500), server_default=text("''"))
    user_id: Mapped[int | None] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(_MOMENT, server_default=_NOW)


class DeliveryBatch(Model):
    """A batch a provider took whose reports are still fetched: how many messages it has, when it is
    asked next, and since when. Where reports come in pages, ``page`` is the one asked next and
    ``ended`` how many messages of those before it had an end."""

    __tablename__ = "delivery_batch"
    __table_args__ = (Index("ix_delivery_batch_next_at", "next_at"),)

    provider_id: Mapped[int] = mapped_column(Integer)
    account_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    outside_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    messages: Mapped[int] = mapped_column(Integer)
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    page: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    ended: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    next_at: Mapped[datetime] = mapped_column(_MOMENT)
    created_at: Mapped[datetime] = mapped_column(_MOMENT, server_default=_NOW)
