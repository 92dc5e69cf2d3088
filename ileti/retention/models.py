"""Legal holds, and what was destroyed when by which rule.

A hold and its end are lines that are added and never changed, so that nobody can have ended one
yesterday. ``destruction_log`` is the signed log R-64 asks for: each line holds the digest of the
one before and is signed as receipts are (:mod:`ileti.retention.log`). ``destruction_part`` says
which rows a line tells of; only the database's own functions write it, in the transaction that
destroys (ileti/migrations/sql/0220_retention.sql, docs/adr/0029).
"""

from __future__ import annotations

from datetime import datetime

from flask_appbuilder import Model
from sqlalchemy import (
    BigInteger,
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
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from ileti.core.columns import PROOF, READ, XID8

_NOW = text("now()")
_ZERO = text("0")
_MOMENT = DateTime(timezone=True)


class LegalHold(Model):
    """That nothing it matches may be destroyed. Brand, recipient and the range of time
    [``from_at``, ``to_at``) narrow it; what is empty narrows nothing."""

    __tablename__ = "legal_hold"
    __table_args__ = (
        CheckConstraint("from_at < to_at", name="range"),
        Index("ix_legal_hold_provider_id", "provider_id"),
        {"comment": PROOF},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int | None] = mapped_column(Integer)
    recipient_id: Mapped[int | None] = mapped_column(BigInteger)
    from_at: Mapped[datetime | None] = mapped_column(_MOMENT)
    to_at: Mapped[datetime | None] = mapped_column(_MOMENT)
    reason: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(_MOMENT, server_default=_NOW)
    by: Mapped[int | None] = mapped_column(Integer)


class LegalHoldEnd(Model):
    """That a person ended a hold, and why; provider and brand are the hold's."""

    __tablename__ = "legal_hold_end"
    __table_args__ = {"comment": PROOF}

    hold_id: Mapped[int] = mapped_column(ForeignKey("legal_hold.id"), primary_key=True,
                                         autoincrement=False)
    provider_id: Mapped[int] = mapped_column(Integer)
    brand_id: Mapped[int | None] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(_MOMENT, server_default=_NOW)
    by: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(Text)


class DestructionRun(Model):
    """One periodic destruction (R-64); at most one is open, and a killed one goes on. All before
    ``at_provider`` (0: of no provider), in it before ``step``, in that up to ``after_id`` had its
    turn."""

    __tablename__ = "destruction_run"
    __table_args__ = (
        Index("uq_destruction_run_open", text("(true)"), unique=True,
              postgresql_where=text("ended_at is null")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    begun_at: Mapped[datetime] = mapped_column(_MOMENT, server_default=_NOW)
    ended_at: Mapped[datetime | None] = mapped_column(_MOMENT)
    after_id: Mapped[int] = mapped_column(BigInteger, server_default=_ZERO)
    at_provider: Mapped[int] = mapped_column(Integer, server_default=_ZERO)
    by: Mapped[int | None] = mapped_column(Integer)
    step: Mapped[int] = mapped_column(SmallInteger, server_default=_ZERO)


class DestructionLog(Model):
    """A line: ``count`` rows of a ``kind`` (:mod:`ileti.retention.periods`) that were due before
    ``boundary``, destroyed ``at``. ``ids_hash`` is SHA-256 over their ids, 8 bytes each, ascending;
    ``leaf`` SHA-256 of the line's canonical JSON, which ``signature`` is over."""

    __tablename__ = "destruction_log"
    __table_args__ = (
        Index("ix_destruction_log_provider_id", "provider_id", text("id desc")),
        Index("ix_destruction_log_seal", "xid", "id"),
        {"comment": PROOF},
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("destruction_run.id"))
    provider_id: Mapped[int | None] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(_MOMENT)
    boundary: Mapped[datetime] = mapped_column(_MOMENT)
    xid: Mapped[int] = mapped_column(XID8(), server_default=text("pg_current_xact_id()"))
    count: Mapped[int] = mapped_column(Integer)
    kind: Mapped[int] = mapped_column(SmallInteger)
    epoch: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    case_number: Mapped[str | None] = mapped_column(String(80))
    rule: Mapped[str] = mapped_column(String(40))
    ids_hash: Mapped[bytes] = mapped_column(LargeBinary)
    previous: Mapped[bytes | None] = mapped_column(LargeBinary)
    leaf: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str] = mapped_column(String(16))
    signature: Mapped[str] = mapped_column(String(100))


class DestructionPart(Model):
    """The rows of a line, ids ascending; without ``log_id`` those that the owner had erased by hand
    before there was a log."""

    __tablename__ = "destruction_part"
    __table_args__ = (
        UniqueConstraint("log_id"),
        Index("ix_destruction_part_ids", "provider_id", "kind", "last_id"),
        {"comment": READ},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    log_id: Mapped[int | None] = mapped_column(
        ForeignKey("destruction_log.id", deferrable=True, initially="DEFERRED"))
    first_id: Mapped[int] = mapped_column(BigInteger)
    last_id: Mapped[int] = mapped_column(BigInteger)
    provider_id: Mapped[int | None] = mapped_column(Integer)
    kind: Mapped[int] = mapped_column(SmallInteger)
    ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
