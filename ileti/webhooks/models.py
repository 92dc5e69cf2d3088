"""Addresses that want to hear of alarms, and everything that was sent to them.

A delivery is one event for one address; its id at the receiver is the event's, the same in every
try, so that a receiver can take it once. Its body is kept as it is sent: the signature is over
bytes. No personal data stands in it.
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
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ileti.core.columns import EncryptedText
from ileti.tenancy.models import Provider

_NOW = text("now()")


class Webhook(Model):
    """Where a provider wants its alarms; nothing is sent before its secret was made. ``sandbox``:
    it hears what happens in the provider's twin, and nothing else (docs/adr/0055)."""

    __tablename__ = "webhook"
    __table_args__ = (Index("ix_webhook_provider_id", "provider_id"),)

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    name: Mapped[str] = mapped_column(String(120))
    url: Mapped[str] = mapped_column(String(500))
    events: Mapped[list[str]] = mapped_column(ARRAY(String(40)), server_default=text("'{}'"))
    secret: Mapped[str | None] = mapped_column(EncryptedText("webhook-secret"))
    secret_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    #: signs beside the new one until then, so that a receiver changes over without losing a call
    secret_before: Mapped[str | None] = mapped_column(EncryptedText("webhook-secret"))
    secret_before_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    #: whether ``message.status`` tells of campaigns too, a batch in one call
    campaigns: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    sandbox: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)

    provider: Mapped[Provider] = relationship()

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(Model):
    """One event for one address. ``status`` is the last answer's, ``problem`` why it did not
    arrive; ``dead`` once nobody tries any more."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("webhook_id", "event_id"),
        Index("ix_webhook_delivery_provider_id", "provider_id", text("id desc")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    provider_id: Mapped[int] = mapped_column(Integer)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id"))
    event_id: Mapped[str] = mapped_column(String(40))
    event: Mapped[str] = mapped_column(String(40))
    about: Mapped[str] = mapped_column(String(80))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    tried_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    status: Mapped[int | None] = mapped_column(SmallInteger)
    problem: Mapped[str | None] = mapped_column(Text)
    dead: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
