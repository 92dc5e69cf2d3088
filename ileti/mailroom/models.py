"""Mailboxes that are read, and each mail that came with what became of it.

Nothing of a mail's content stands here but what a person has to read, sealed until they have: an
IMAP mailbox keeps its mails, and a mail that was a refusal is kept in the vault as the proof of its
record. ``returned_mail.digest`` is what tells a
mail that comes twice; ``uid_validity`` and ``uid`` say where it lies (RFC 9051 §2.3.1).
"""

from __future__ import annotations

from datetime import datetime

from flask_appbuilder import Model
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
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
from sqlalchemy.orm import Mapped, mapped_column

from ileti.core.columns import EncryptedText

_NOW = text("now()")


class Mailbox(Model):
    """A mailbox of a provider, of all its brands unless ``brand_id`` names one. Read by IMAP where
    ``host`` is set; ``door_hash`` is of the secret in the address that takes pushed mails.
    ``address`` is where mails to it are written to, ``consent_address`` where a mail with the word
    of consent is one (off while empty), ``trusted_mx`` the name our own mail server signs its
    Authentication-Results with. ``tries``: how often ``trying_uid`` was begun and not ended."""

    __tablename__ = "mailbox"
    __table_args__ = (
        Index("uq_mailbox_door_hash", "door_hash", unique=True,
              postgresql_where=text("door_hash is not null")),
        Index("ix_mailbox_provider_id", "provider_id"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brand.id"))
    address: Mapped[str] = mapped_column(String(254))
    host: Mapped[str] = mapped_column(String(253), server_default="")
    port: Mapped[int] = mapped_column(Integer, server_default="993")
    tls: Mapped[str] = mapped_column(String(8), server_default="tls")
    username: Mapped[str] = mapped_column(String(254), server_default="")
    secret: Mapped[str | None] = mapped_column(EncryptedText("mailbox-password"))
    folder: Mapped[str] = mapped_column(String(120), server_default="INBOX")
    trusted_mx: Mapped[str] = mapped_column(String(253), server_default="")
    consent_address: Mapped[str] = mapped_column(String(254), server_default="")
    door_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    uid_validity: Mapped[int | None] = mapped_column(BigInteger)
    last_uid: Mapped[int] = mapped_column(BigInteger, server_default="0")
    trying_uid: Mapped[int | None] = mapped_column(BigInteger)
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    next_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)
    read_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    problem: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)

    def __str__(self) -> str:
        return self.address


class ReturnedMail(Model):
    """A mail that came: what it was (``kind``), what it was about (its mark) and what was done
    (``outcome``). ``done_at`` empty: a process ended in between, and it is done again. ``said_at``:
    when our mail server took it. ``text_ct`` what a person has to read (see
    :mod:`ileti.mailroom.extract`); who decided, and with ``submissions`` what that recorded."""

    __tablename__ = "returned_mail"
    __table_args__ = (
        UniqueConstraint("mailbox_id", "digest"),
        Index("ix_returned_mail_came_at", "provider_id", text("came_at desc"), text("id desc")),
        Index("ix_returned_mail_recipient", "provider_id", "recipient_id",
              postgresql_where=text("recipient_id is not null")),
        Index("ix_returned_mail_unread", "provider_id", "id",
              postgresql_where=text("outcome in (5, 7) and decided_at is null")),
        Index("ix_returned_mail_words", "decided_at",
              postgresql_where=text("text_ct is not null and outcome = 1")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    provider_id: Mapped[int] = mapped_column(Integer)
    mailbox_id: Mapped[int] = mapped_column(Integer)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    uid_validity: Mapped[int | None] = mapped_column(BigInteger)
    uid: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[int] = mapped_column(SmallInteger)
    recipient_id: Mapped[int | None] = mapped_column(BigInteger)
    brand_id: Mapped[int | None] = mapped_column(Integer)
    series: Mapped[int | None] = mapped_column(SmallInteger)
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(12), server_default="")
    outcome: Mapped[int | None] = mapped_column(SmallInteger)
    came_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)
    done_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    said_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    text_key: Mapped[int | None] = mapped_column(SmallInteger)
    text_ct: Mapped[bytes | None] = mapped_column(LargeBinary)
    decided_by: Mapped[int | None] = mapped_column(Integer)
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    submissions: Mapped[list[int]] = mapped_column(
        ARRAY(BigInteger), server_default=text("'{}'::bigint[]"))
