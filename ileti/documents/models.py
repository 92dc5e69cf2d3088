"""Consent texts and KVKK texts, each version for ever (R-17, R-58).

A version is never changed once published: what a person saw must be shown again in ten years. Its
hash goes into the evidence of every consent taken on it. What can change stands apart: the draft,
which goes when it is published, and the purposes a text speaks of, which each version keeps as they
were. That a text was retired or put on forms is an event, never an edit (docs/adr/0026).
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
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ileti.core.columns import PROOF
from ileti.tenancy.models import Brand, Provider

_NOW = text("now()")
_NONE = text("'{}'::varchar[]")


class Document(Model):
    """A text with a purpose. ``brand_id`` None: the provider's, inherited by every brand that has
    none of its own. ``in_contract``: it stands inside a contract (R-14). ``twin_of``: it stands
    for that text in a sandbox."""

    __tablename__ = "document"
    __table_args__ = (
        CheckConstraint("kind in ('ETK_ONAYI', 'AYDINLATMA', 'ACIK_RIZA', 'YURT_DISI', "
                        "'CAGRI_METNI', 'CEREZ')", name="kind"),
        Index("ix_document_place", "provider_id", "brand_id"),
        Index("uq_document_twin_of", "provider_id", "twin_of", unique=True,
              postgresql_where=text("twin_of is not null")),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brand.id"))
    kind: Mapped[str] = mapped_column(String(12))
    channel: Mapped[int | None] = mapped_column(SmallInteger)
    name: Mapped[str] = mapped_column(String(120))
    in_contract: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    twin_of: Mapped[int | None] = mapped_column(ForeignKey("document.id"))

    provider: Mapped[Provider] = relationship()
    brand: Mapped[Brand | None] = relationship()

    def __str__(self) -> str:
        return self.name


class DocumentVersion(Model):
    """One published wording in one language; INSERT-only for the application's role.

    ``source``: title and body as written, with the merge fields and what they said then.
    ``topics``: what advertising it asks consent for; none: all of the brand’s (R-17). ``purposes``:
    the purposes as they were. ``renewal``: NONE, INFORM (tell people anew) or ASK
    (ask anew); ``renewal_reason`` why it is less than the rule says.
    """

    __tablename__ = "document_version"
    __table_args__ = (
        UniqueConstraint("document_id", "version", "language"),
        CheckConstraint("effective_from >= published_at", name="not_backdated"),
        CheckConstraint("renewal in ('NONE', 'INFORM', 'ASK')", name="renewal"),
        {"comment": PROOF},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    version: Mapped[int] = mapped_column(Integer)
    language: Mapped[str] = mapped_column(String(2))
    title: Mapped[str] = mapped_column(String(255), server_default=text("''"))
    body: Mapped[str] = mapped_column(Text)
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)
    published_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)
    published_by: Mapped[int | None] = mapped_column(Integer)
    effective_from: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)
    source: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    purposes: Mapped[list] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    renewal: Mapped[str] = mapped_column(String(6), server_default=text("'NONE'"))
    renewal_reason: Mapped[str | None] = mapped_column(String(400))
    topics: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'::text[]"))

    document: Mapped[Document] = relationship()


class DocumentDraft(Model):
    """What is being written in one language; gone when it is published. ``revision`` rises with
    every change, so that nobody saves over another's work. ``authors``: users who wrote in it."""

    __tablename__ = "document_draft"
    __table_args__ = (
        UniqueConstraint("document_id", "language"),
        CheckConstraint("state in ('DRAFT', 'REVIEW')", name="state"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int | None] = mapped_column(Integer)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    language: Mapped[str] = mapped_column(String(2))
    title: Mapped[str] = mapped_column(String(255), server_default=text("''"))
    body: Mapped[str] = mapped_column(Text, server_default=text("''"))
    state: Mapped[str] = mapped_column(String(6), server_default=text("'DRAFT'"))
    revision: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    authors: Mapped[list[int]] = mapped_column(
        ARRAY(Integer), server_default=text("'{}'::integer[]"))
    saved_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)
    note: Mapped[str | None] = mapped_column(String(400))

    document: Mapped[Document] = relationship()


class DocumentEvent(Model):
    """A text was retired, or put on forms in place of another; INSERT-only."""

    __tablename__ = "document_event"
    __table_args__ = (
        CheckConstraint("kind in ('RETIRED', 'ON_FORMS')", name="kind"),
        Index("ix_document_event_document_id_at", "document_id", "at"),
        {"comment": PROOF},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    kind: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)
    by: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(String(400), server_default=text("''"))


class Purpose(Model):
    """Why data are processed: one line of the inventory (R-57, R-59). ``brand_id`` None: the
    provider's. ``data`` and ``subjects`` are keys of the vocabulary."""

    __tablename__ = "purpose"
    __table_args__ = (
        CheckConstraint("ground in ('5/2-a', '5/2-b', '5/2-c', '5/2-ç', '5/2-d', '5/2-e', "
                        "'5/2-f', '6/3', '9', 'RIZA')", name="ground"),
        UniqueConstraint("provider_id", "brand_id", "name", name="uq_purpose_place_name",
                         postgresql_nulls_not_distinct=True),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brand.id"))
    name: Mapped[str] = mapped_column(String(160))
    ground: Mapped[str] = mapped_column(String(5))
    ground_note: Mapped[str | None] = mapped_column(String(255))
    data: Mapped[list[str]] = mapped_column(ARRAY(String(20)), server_default=_NONE)
    subjects: Mapped[list[str]] = mapped_column(ARRAY(String(20)), server_default=_NONE)
    recipients: Mapped[list[str]] = mapped_column(ARRAY(String(160)), server_default=_NONE)
    period: Mapped[str] = mapped_column(String(160))
    abroad: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    abroad_note: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))

    provider: Mapped[Provider] = relationship()
    brand: Mapped[Brand | None] = relationship()

    def __str__(self) -> str:
        return self.name


class DocumentPurpose(Model):
    """A text speaks of a purpose; a statement of consent of exactly one."""

    __tablename__ = "document_purpose"

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), primary_key=True)
    purpose_id: Mapped[int] = mapped_column(ForeignKey("purpose.id"), primary_key=True)
    provider_id: Mapped[int] = mapped_column(Integer)

    purpose: Mapped[Purpose] = relationship()
