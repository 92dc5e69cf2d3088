"""Printed forms: which texts stand on which sheets, scans that came, and those that wait."""

from __future__ import annotations

from datetime import datetime

from flask_appbuilder import Model
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column


class PaperBatch(Model):
    """A printing of a form: ``copies`` sheets with these versions (ids of ``document_version``);
    ``spot``: where they are handed out, in words. Never changed."""

    __tablename__ = "paper_batch"
    __table_args__ = (
        CheckConstraint("copies between 1 and 200", name="copies"),
        Index("ix_paper_batch_provider_id", "provider_id", "id"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int] = mapped_column(Integer)
    dealer_id: Mapped[int | None] = mapped_column(Integer)
    language: Mapped[str] = mapped_column(String(2))
    copies: Mapped[int] = mapped_column(SmallInteger)
    texts: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    notice_id: Mapped[int] = mapped_column(ForeignKey("document_version.id"))
    spot: Mapped[str] = mapped_column(String(120), server_default=text("''"))
    made_by: Mapped[int] = mapped_column(Integer)
    made_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"))


class PaperLook(Model):
    """A scanned sheet that the first pair of eyes could not read; nothing typed is kept of it.
    ``state``: 1 waits, 2 recorded by another, 3 put aside."""

    __tablename__ = "paper_look"
    __table_args__ = (
        UniqueConstraint("paper_batch_id", "sheet"),
        ForeignKeyConstraint(["provider_id", "file_id"],
                             ["evidence_file.provider_id", "evidence_file.id"]),
        CheckConstraint("state between 1 and 3", name="state"),
        Index("ix_paper_look_file", "provider_id", "file_id"),
        Index("ix_paper_look_provider_id", "provider_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int] = mapped_column(Integer)
    dealer_id: Mapped[int | None] = mapped_column(Integer)
    paper_batch_id: Mapped[int] = mapped_column(ForeignKey("paper_batch.id"))
    sheet: Mapped[int] = mapped_column(SmallInteger)
    file_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[int] = mapped_column(SmallInteger)
    by: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    decided_by: Mapped[int | None] = mapped_column(Integer)
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class PaperScan(Model):
    """A scan that was brought for a sheet, whatever became of it, so that what nothing was recorded
    from is found again and destroyed (:mod:`ileti.capture.paperscans`). The row goes when its file
    went, or when a record holds the file."""

    __tablename__ = "paper_scan"
    __table_args__ = (
        ForeignKeyConstraint(["provider_id", "file_id"],
                             ["evidence_file.provider_id", "evidence_file.id"]),
        Index("ix_paper_scan_file", "provider_id", "file_id"),
        Index("ix_paper_scan_at", "at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int] = mapped_column(Integer)
    dealer_id: Mapped[int | None] = mapped_column(Integer)
    paper_batch_id: Mapped[int] = mapped_column(ForeignKey("paper_batch.id"))
    sheet: Mapped[int] = mapped_column(SmallInteger)
    file_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
