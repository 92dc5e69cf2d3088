"""What is kept of a campaign: itself, its people, the batches they were handed over in, and lists.

People are numbered rows, made once while the campaign is prepared. ``campaign_message`` holds for
each what the gate said and what it relied on; ``campaign_batch`` is a stretch of those numbers,
written before the gateway is called, so that a crash leaves a batch in doubt and never a message
sent twice (docs/adr/0047). Addresses stay in ``recipient``; texts are not personal, names that are
filled in come from the recipient when a message goes out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from flask_appbuilder import Model
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

_MOMENT: Final = DateTime(timezone=True)
_NOW: Final = text("now()")


class Campaign(Model):
    """One campaign. ``audience`` is what its people were chosen by, ``content`` the words with who
    declared what they are (R-04), ``digest`` SHA-256 over all that was released. ``quiet_from`` and
    ``quiet_until`` minutes of the day in Turkey; ``most_messages`` in ``most_days`` to one person.
    The key is (provider_id, id)."""

    __tablename__ = "campaign"
    __table_args__ = (
        CheckConstraint("state between 1 and 8", name="state"),
        CheckConstraint("class between 1 and 7", name="class"),
        CheckConstraint("channel between 1 and 3", name="channel"),
        CheckConstraint(
            "(quiet_from is null) = (quiet_until is null) and coalesce(quiet_from, 0) between 0 "
            "and 1439 and coalesce(quiet_until, 0) between 0 and 1439", name="quiet"),
        CheckConstraint(
            "(most_messages is null) = (most_days is null) and coalesce(most_messages, 1) > 0 "
            "and coalesce(most_days, 1) between 1 and 366", name="cap"),
        CheckConstraint("coalesce(per_second, 1) > 0", name="rate"),
        CheckConstraint("begin_at between '2000-01-01 00:00+00' and '2201-01-01 00:00+00'",
                        name="begin"),
        Index("ix_campaign_brand", "provider_id", "brand_id", text("id desc")),
        Index("ix_campaign_due", "next_at", postgresql_where=text("state in (2, 5)")),
    )

    provider_id: Mapped[int] = mapped_column(
        ForeignKey("provider.id"), primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brand.id"))
    dealer_id: Mapped[int | None] = mapped_column(ForeignKey("dealer.id"))
    created_by: Mapped[int | None] = mapped_column(Integer)
    released_by: Mapped[int | None] = mapped_column(Integer)
    step_up_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(_MOMENT, server_default=_NOW)
    changed_at: Mapped[datetime] = mapped_column(_MOMENT, server_default=_NOW)
    prepared_at: Mapped[datetime | None] = mapped_column(_MOMENT)
    released_at: Mapped[datetime | None] = mapped_column(_MOMENT)
    ended_at: Mapped[datetime | None] = mapped_column(_MOMENT)
    begin_at: Mapped[datetime | None] = mapped_column(_MOMENT)
    next_at: Mapped[datetime | None] = mapped_column(_MOMENT)
    prepared_to: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    total: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    next_no: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    per_second: Mapped[int | None] = mapped_column(Integer)
    channel: Mapped[int] = mapped_column(SmallInteger)
    recipient_type: Mapped[int] = mapped_column(SmallInteger)
    declared: Mapped[int] = mapped_column("class", SmallInteger)
    state: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    quiet_from: Mapped[int | None] = mapped_column(SmallInteger)
    quiet_until: Mapped[int | None] = mapped_column(SmallInteger)
    on_holidays: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    most_messages: Mapped[int | None] = mapped_column(SmallInteger)
    most_days: Mapped[int | None] = mapped_column(SmallInteger)
    topics: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'::text[]"))
    name: Mapped[str] = mapped_column(Text)
    sender: Mapped[str | None] = mapped_column(Text)
    problem: Mapped[str | None] = mapped_column(Text)
    audience: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    preflight: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)


class CampaignMessage(Model):
    """One person of a campaign, and what stands behind the message: ``permit_id`` and ``permit_at``
    name the entry of the ledger it relied on, ``iys_status`` İYS's word then. ``reason``: why the
    gate said no (:mod:`ileti.campaigns.reasons`); ``tries``: how often a mailbox said "later"."""

    __tablename__ = "campaign_message"
    __table_args__ = (
        UniqueConstraint("provider_id", "recipient_id", "campaign_id",
                         name="uq_campaign_message_once"),
        CheckConstraint("state between 1 and 4", name="state"),
        {"postgresql_with": {"fillfactor": "75", "autovacuum_vacuum_scale_factor": "0.05"}},
    )

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    campaign_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    recipient_id: Mapped[int] = mapped_column(BigInteger)
    permit_id: Mapped[int | None] = mapped_column(BigInteger)
    permit_at: Mapped[datetime | None] = mapped_column(_MOMENT)
    at: Mapped[datetime | None] = mapped_column(_MOMENT)
    delivered_at: Mapped[datetime | None] = mapped_column(_MOMENT)
    no: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    batch_no: Mapped[int | None] = mapped_column(Integer)
    state: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    reason: Mapped[int | None] = mapped_column(SmallInteger)
    iys_status: Mapped[int | None] = mapped_column(SmallInteger)
    delivery: Mapped[int | None] = mapped_column(SmallInteger)
    delivery_reason: Mapped[str | None] = mapped_column(Text)


class CampaignBatch(Model):
    """One call to a gateway: the numbers ``first_no`` to ``last_no``, how many of them the gate
    let, and what was answered. ``fence`` proves who handed it over."""

    __tablename__ = "campaign_batch"
    __table_args__ = (
        UniqueConstraint("provider_id", "campaign_id", "first_no",
                         name="uq_campaign_batch_stretch"),
        CheckConstraint("state between 1 and 6", name="state"),
        CheckConstraint("first_no between 1 and last_no", name="stretch"),
        Index("ix_campaign_batch_outside", "provider_id", "outside_id",
              postgresql_where=text("outside_id is not null")),
        Index("ix_campaign_batch_open", "provider_id", "campaign_id",
              postgresql_where=text("state in (1, 3, 5)")),
    )

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    campaign_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    begun_at: Mapped[datetime] = mapped_column(_MOMENT, server_default=_NOW)
    ended_at: Mapped[datetime | None] = mapped_column(_MOMENT)
    next_at: Mapped[datetime | None] = mapped_column(_MOMENT)
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    no: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    first_no: Mapped[int] = mapped_column(Integer)
    last_no: Mapped[int] = mapped_column(Integer)
    handed: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    blocked: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    fence: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    tries: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    state: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    gateway: Mapped[str | None] = mapped_column(Text)
    sender: Mapped[str | None] = mapped_column(Text)
    outside_id: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)


class CampaignList(Model):
    """A list somebody brought: ``members`` of it are recipients of ours, ``strangers`` are not and
    are not kept, ``unreadable`` lines held no address of the channel."""

    __tablename__ = "campaign_list"

    provider_id: Mapped[int] = mapped_column(
        ForeignKey("provider.id"), primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brand.id"))
    dealer_id: Mapped[int | None] = mapped_column(ForeignKey("dealer.id"))
    created_by: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(_MOMENT, server_default=_NOW)
    members: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    strangers: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    unreadable: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    channel: Mapped[int] = mapped_column(SmallInteger)
    name: Mapped[str] = mapped_column(Text)


class CampaignListMember(Model):
    """A recipient of ours that stands in a list."""

    __tablename__ = "campaign_list_member"
    __table_args__ = (
        Index("ix_campaign_list_member_recipient", "provider_id", "recipient_id"),
    )

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    list_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    recipient_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
