"""Numbers people may write to, the words of each brand there, and every message that came.

What a person wrote is personal data and kept sealed; whose it is stands only as the number of the
recipient, the one home of addresses. The number an advertisement printed, its words and the text it
showed belong together, so that a consent by SMS can be shown whole in ten years (R-09, R-23).
"""

from __future__ import annotations

from datetime import datetime

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
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ileti.core.columns import EncryptedText
from ileti.documents.models import DocumentVersion
from ileti.tenancy.models import Brand, Provider

_NOW = text("now()")
_NONE = text("'{}'::varchar[]")


class InboundNumber(Model):
    """A number or short code of a provider at one gateway. ``token_hash`` finds it by the secret in
    the address the gateway calls, which is shown once and kept nowhere; without one nobody calls.
    ``login`` and ``password`` are for gateways whose box has to be asked."""

    __tablename__ = "inbound_number"
    __table_args__ = (
        UniqueConstraint("provider_id", "number"),
        UniqueConstraint("token_hash"),
        CheckConstraint("gateway in ('netgsm', 'verimor', 'iletimerkezi', 'http')",
                        name="gateway"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    number: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(80))
    gateway: Mapped[str] = mapped_column(String(16))
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    token_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    login: Mapped[str | None] = mapped_column(EncryptedText("inbound-login"))
    password: Mapped[str | None] = mapped_column(EncryptedText("inbound-password"))
    active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)

    provider: Mapped[Provider] = relationship()

    def __str__(self) -> str:
        return self.name


class InboundWords(Model):
    """One brand's words at a number. ``text_id``: the published consent text the advertisement of
    this number shows; without it no consent is taken. Empty answers are the house's own."""

    __tablename__ = "inbound_words"
    __table_args__ = (
        UniqueConstraint("number_id", "brand_id"),
        Index("ix_inbound_words_place", "provider_id", "brand_id"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    number_id: Mapped[int] = mapped_column(ForeignKey("inbound_number.id"))
    brand_id: Mapped[int] = mapped_column(ForeignKey("brand.id"))
    consent_words: Mapped[list[str]] = mapped_column(ARRAY(String(40)), server_default=_NONE)
    refusal_words: Mapped[list[str]] = mapped_column(ARRAY(String(40)), server_default=_NONE)
    info_words: Mapped[list[str]] = mapped_column(ARRAY(String(40)), server_default=_NONE)
    text_id: Mapped[int | None] = mapped_column(ForeignKey("document_version.id"))
    info_answer: Mapped[str] = mapped_column(String(320), server_default=text("''"))
    help_answer: Mapped[str] = mapped_column(String(320), server_default=text("''"))

    provider: Mapped[Provider] = relationship()
    number: Mapped[InboundNumber] = relationship()
    brand: Mapped[Brand] = relationship()
    text: Mapped[DocumentVersion | None] = relationship()

    def __str__(self) -> str:
        return f"{self.number} · {self.brand}"


class InboundMessage(Model):
    """One message somebody wrote. ``deed`` None: not treated yet. ``brand_id`` None: it concerns
    several brands of the number, or none of them alone. ``said_at`` is the operator's time, never
    after ``received_at``. ``waits_until``: a name is awaited until then. ``word`` is what was
    understood, as it was folded; ``mark`` a keyed hash of sender and words, by which a message that
    a gateway both pushes and lists is one, ``also_as`` its number by the other way. ``written_to``:
    the number the gateway named, where that is none of the provider's at this gateway."""

    __tablename__ = "inbound_message"
    __table_args__ = (
        UniqueConstraint("provider_id", "number_id", "outside_id"),
        Index("ix_inbound_message_provider_id", "provider_id", text("id desc")),
        Index("ix_inbound_message_recipient", "provider_id", "recipient_id", text("id desc")),
        Index("ix_inbound_message_mark", "number_id", "mark"),
        Index("ix_inbound_message_open", "id", postgresql_where=text("deed is null")),
        Index("ix_inbound_message_unread", "provider_id", "id",
              postgresql_where=text("deed = 1")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    number_id: Mapped[int] = mapped_column(ForeignKey("inbound_number.id"))
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brand.id"))
    outside_id: Mapped[str] = mapped_column(String(80))
    mark: Mapped[bytes | None] = mapped_column(LargeBinary)
    also_as: Mapped[str | None] = mapped_column(String(80))
    written_to: Mapped[str | None] = mapped_column(String(40))
    recipient_id: Mapped[int | None] = mapped_column(BigInteger)
    text_key: Mapped[int | None] = mapped_column(SmallInteger)
    text_ct: Mapped[bytes | None] = mapped_column(LargeBinary)
    said_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)
    meant: Mapped[int | None] = mapped_column(SmallInteger)
    word: Mapped[str] = mapped_column(String(80), server_default=text("''"))
    deed: Mapped[int | None] = mapped_column(SmallInteger)
    treated_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    waits_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    submissions: Mapped[list[int]] = mapped_column(
        ARRAY(BigInteger), server_default=text("'{}'::bigint[]"))
    answered: Mapped[int | None] = mapped_column(SmallInteger)
    decided_by: Mapped[int | None] = mapped_column(Integer)
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    number: Mapped[InboundNumber] = relationship()
    brand: Mapped[Brand | None] = relationship()
