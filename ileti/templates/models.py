"""Templates of messages, each published version for ever (R-04, R-17).

What somebody declared a text to be must be shown with the text in ten years, so a version is only
ever added: its words, its class with who declared it when, and, where an exempt text promotes, who
else answered for it and why. The draft is on the template's own row and may change at any time.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
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
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ileti.core.columns import PROOF
from ileti.tenancy.models import Brand, Dealer, Provider

_NOW = text("now()")
_EMPTY = text("''")


class MessageTemplate(Model):
    """A template. ``brand_id`` None: the provider's, inherited by every brand; ``dealer_id``: a
    dealer's own, which no other dealer sees and nobody else sends. ``draft``: what is
    being written, as :mod:`ileti.templates.written` reads it; ``revision`` rises with every change,
    so that nobody saves over another's work; ``authors``: users who wrote in it since it was last
    published. ``sample``: it came with the program and is nobody's wording yet."""

    __tablename__ = "message_template"
    __table_args__ = (
        CheckConstraint("channel in (1, 2, 3)", name="channel"),
        CheckConstraint("dealer_id is null or brand_id is not null", name="dealer"),
        Index("ix_message_template_place", "provider_id", "brand_id"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brand.id"))
    dealer_id: Mapped[int | None] = mapped_column(ForeignKey("dealer.id"))
    channel: Mapped[int] = mapped_column(SmallInteger)
    name: Mapped[str] = mapped_column(String(120))
    sample: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    draft: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    revision: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    authors: Mapped[list[int]] = mapped_column(
        ARRAY(Integer), server_default=text("'{}'::integer[]"))
    saved_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)
    retired_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    retired_by: Mapped[int | None] = mapped_column(Integer)

    provider: Mapped[Provider] = relationship()
    brand: Mapped[Brand | None] = relationship()
    dealer: Mapped[Dealer | None] = relationship()

    def __str__(self) -> str:
        return self.name


class MessageTemplateVersion(Model):
    """One published wording; INSERT-only for the application's role. ``declared``: the class
    (:class:`ileti.templates.vocabulary.MessageClass`); ``reason``: why it is exempt (R-04).
    ``approved_by`` and ``approval``: the second person's word where an exempt text promotes (R-03).
    ``html``: a mail as written, MJML or HTML;
    ``body``: the words of an SMS or a call, the plain part of a mail."""

    __tablename__ = "message_template_version"
    __table_args__ = (
        UniqueConstraint("template_id", "version", name="uq_message_template_version_template_id"),
        CheckConstraint("channel in (1, 2, 3)", name="channel"),
        CheckConstraint("declared between 1 and 7", name="declared"),
        CheckConstraint("occasion is null or declared = 1", name="occasion"),
        CheckConstraint("declared <> 2 or reference <> ''", name="reference"),
        CheckConstraint("declared = 1 or reason <> ''", name="reason"),
        CheckConstraint("approved_by is null or approved_by is distinct from declared_by "
                        "and approval <> ''", name="two_people"),
        {"comment": PROOF},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    template_id: Mapped[int] = mapped_column(ForeignKey("message_template.id"))
    version: Mapped[int] = mapped_column(Integer)
    channel: Mapped[int] = mapped_column(SmallInteger)
    declared: Mapped[int] = mapped_column(SmallInteger)
    subject: Mapped[str] = mapped_column(String(200), server_default=_EMPTY)
    preheader: Mapped[str] = mapped_column(String(200), server_default=_EMPTY)
    body: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text, server_default=_EMPTY)
    occasion: Mapped[str | None] = mapped_column(String(10))
    reference: Mapped[str] = mapped_column(String(160), server_default=_EMPTY)
    terms: Mapped[str] = mapped_column(String(400), server_default=_EMPTY)
    ends: Mapped[date | None] = mapped_column(Date)
    tags: Mapped[list[str]] = mapped_column(
        ARRAY(String(40)), server_default=text("'{}'::varchar[]"))
    declared_by: Mapped[int | None] = mapped_column(Integer)
    declared_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    approved_by: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(String(400), server_default=_EMPTY)
    approval: Mapped[str] = mapped_column(String(500), server_default=_EMPTY)
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)
    published_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)

    template: Mapped[MessageTemplate] = relationship()
