"""Consent texts and KVKK texts, each version for ever (R-17, R-58).

A version is never changed once published: what a person saw must be shown again in ten years. Its
hash goes into the evidence of every consent taken on it.
"""

from __future__ import annotations

from datetime import datetime

from flask_appbuilder import Model
from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ileti.core.columns import PROOF
from ileti.tenancy.models import Brand


class Document(Model):
    """A text with a purpose: a commercial consent (per channel) or a KVKK notice."""

    __tablename__ = "document"
    __table_args__ = (
        CheckConstraint("kind in ('ETK_ONAYI', 'AYDINLATMA', 'ACIK_RIZA')", name="kind"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int] = mapped_column(ForeignKey("brand.id"))
    kind: Mapped[str] = mapped_column(String(12))
    channel: Mapped[int | None] = mapped_column(SmallInteger)
    name: Mapped[str] = mapped_column(String(120))

    brand: Mapped[Brand] = relationship()

    def __str__(self) -> str:
        return self.name


class DocumentVersion(Model):
    """One published wording in one language; INSERT-only for the application's role."""

    __tablename__ = "document_version"
    __table_args__ = (
        UniqueConstraint("document_id", "version", "language"),
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
    published_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )
    published_by: Mapped[int | None] = mapped_column(Integer)

    document: Mapped[Document] = relationship()
