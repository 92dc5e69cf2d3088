"""Messages to one person: codes, same-day confirmations (R-10, R-22) and single messages somebody
asks for (docs/adr/0056). Campaign messages come with their own feature and never through here.
Beside them the keys that sign mails."""

from __future__ import annotations

from datetime import datetime
from typing import Any

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
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ileti.core.columns import EncryptedText


class Message(Model):
    """One message to one recipient; its content is personal and kept encrypted. ``content_ct`` is
    what it is rendered from, ``sent_ct`` what was handed over (channels/assent.py); of a code
    neither is kept once it was sent. ``account_id``: the account it went by, ``delivery`` a word of
    :class:`ileti.channels.sms.Delivery`. ``handing_at`` stands while it is handed over by a way on
    which nobody may get it twice. ``told_upto`` is of receipts of acts alone
    (channels/actreceipts.py). The columns from ``declared`` on are single messages' alone: it
    is a :class:`ileti.templates.vocabulary.MessageClass` with its ``declaration`` (who, why: R-04),
    ``idem`` says which request it was, ``dealer_id`` which dealer sends it, and the rest what the
    gate said when it went (R-36): ``denial`` of :class:`ileti.campaigns.reasons.Reason`, or the
    record it relied on."""

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_provider_id_created_at", "provider_id", "created_at"),
        Index("ix_message_submission", "provider_id", "submission_id"),
        Index("ix_message_recipient", "provider_id", "recipient_id"),  # what relied on a consent
        Index("ix_message_outside", "provider_id", "account_id", "outside_id",
              postgresql_where=text("account_id is not null")),
        Index("uq_message_idem", "provider_id", "idem", unique=True,
              postgresql_where=text("idem is not null")),
        Index("ix_message_single", "provider_id", text("id desc"),
              postgresql_where=text("kind = 5")),
        Index("ix_message_dealer", "provider_id", "dealer_id", text("id desc"),
              postgresql_where=text("dealer_id is not null")),
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
    account_id: Mapped[int | None] = mapped_column(Integer)
    handing_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    delivery: Mapped[int | None] = mapped_column(SmallInteger)
    delivered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    delivery_reason: Mapped[str | None] = mapped_column(String(120))
    told_upto: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    declared: Mapped[int | None] = mapped_column(SmallInteger)
    recipient_type: Mapped[int | None] = mapped_column(SmallInteger)
    sender: Mapped[str | None] = mapped_column(Text)
    version_id: Mapped[int | None] = mapped_column(BigInteger)
    declaration: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    idem: Mapped[str | None] = mapped_column(Text)
    denial: Mapped[int | None] = mapped_column(SmallInteger)
    denied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    permit_id: Mapped[int | None] = mapped_column(BigInteger)
    permit_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    iys_status: Mapped[int | None] = mapped_column(SmallInteger)
    dealer_id: Mapped[int | None] = mapped_column(Integer)


class MessageNews(Model):
    """What became of up to a thousand messages at once, kept for webhooks that want to hear it and
    written where one does (migration 0515). Of a campaign ``refs`` are numbers of its people with
    the records they relied on in ``permits``; without a campaign they are numbers of
    :class:`Message`. Rows of a batch are ``gathered`` into rows without one, which are told.
    ``state``: 1 sent, 2 delivered, 3 not delivered, 4 failed, 5 in doubt, 6 kept back by the gate.
    Holds nobody's address and goes after ten days."""

    __tablename__ = "message_news"
    __table_args__ = (
        CheckConstraint("state between 1 and 6", name="state"),
        Index("ix_message_news_at", "provider_id", "at"),
        Index("ix_message_news_batch", "provider_id", "campaign_id", "batch_no"),
        Index("ix_message_news_raw", "provider_id", "id",
              postgresql_where=text("batch_no is not null and not gathered")),
    )

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    brand_id: Mapped[int] = mapped_column(Integer)
    campaign_id: Mapped[int | None] = mapped_column(BigInteger)
    batch_no: Mapped[int | None] = mapped_column(Integer)
    state: Mapped[int] = mapped_column(SmallInteger)
    denial: Mapped[int | None] = mapped_column(SmallInteger)
    gathered: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"))
    refs: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    permits: Mapped[list[int | None]] = mapped_column(
        ARRAY(BigInteger), server_default=text("'{}'::bigint[]"))


class MailKey(Model):
    """A key that signs mails of a domain (DKIM). One at most is in use for a domain; the others are
    not in DNS yet, or stay there for mails that are still on their way."""

    __tablename__ = "mail_key"
    __table_args__ = (
        UniqueConstraint("provider_id", "domain", "selector"),
        Index("uq_mail_key_in_use", "provider_id", "domain", unique=True,
              postgresql_where=text("used_from is not null and used_until is null")),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    domain: Mapped[str] = mapped_column(String(253))
    selector: Mapped[str] = mapped_column(String(63))
    private: Mapped[str] = mapped_column(EncryptedText("mail-key"))
    record: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"))
    used_from: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    used_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
