"""Notices shown and read, explicit consents given and withdrawn, and what stands now (R-57 … R-62).

``kvkk_entry`` is append-only and carries a leaf as a consent's entry does: kind 3 of the sealer's
order. Its ids come from the ledger's sequence, so that a record's number names one record.
``kvkk_state`` is what stands for (recipient, text). All writes go through
:mod:`ileti.kvkk.ledger`; the reasons: docs/adr/0027.
"""

from __future__ import annotations

from datetime import datetime

from flask_appbuilder import Model
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from ileti.core.columns import PROOF, XID8


class KvkkEntry(Model):
    """One act. ``recipient_id`` None: somebody who left no address read the notice. ``act_at``: the
    moment of the person's own act, ``captured_at`` when it was written."""

    __tablename__ = "kvkk_entry"
    __table_args__ = (
        CheckConstraint("act in (1, 2, 3, 4)", name="act"),
        Index("ix_kvkk_entry_seal", "xid", "id"),
        Index("ix_kvkk_entry_recipient", "provider_id", "recipient_id", "id",
              postgresql_where=text("recipient_id is not null")),
        Index("ix_kvkk_entry_text", "provider_id", "text_id", "id"),
        Index("ix_kvkk_entry_submission", "provider_id", "submission_id"),
        Index("ix_kvkk_entry_consents", "provider_id", "captured_at", "id",
              postgresql_where=text("act in (3, 4)")),
        {"comment": PROOF},
    )

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    captured_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    submission_id: Mapped[int] = mapped_column(BigInteger)
    recipient_id: Mapped[int | None] = mapped_column(BigInteger)
    act_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    xid: Mapped[int] = mapped_column(XID8, server_default=text("pg_current_xact_id()"))
    brand_id: Mapped[int] = mapped_column(Integer)
    dealer_id: Mapped[int | None] = mapped_column(Integer)
    document_id: Mapped[int] = mapped_column(Integer)
    text_id: Mapped[int] = mapped_column(Integer)
    epoch: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    act: Mapped[int] = mapped_column(SmallInteger)
    extent: Mapped[int] = mapped_column(SmallInteger)
    source: Mapped[int] = mapped_column(SmallInteger)
    standing: Mapped[int] = mapped_column(SmallInteger)
    leaf: Mapped[bytes] = mapped_column(LargeBinary)


class KvkkState(Model):
    """What stands for a person and a text, and the entry that made it so."""

    __tablename__ = "kvkk_state"
    __table_args__ = (
        CheckConstraint("act in (1, 2, 3, 4)", name="act"),
        Index("ix_kvkk_state_text", "provider_id", "document_id", "text_id"),
        {"postgresql_with": {"fillfactor": "85", "autovacuum_vacuum_scale_factor": "0.02"}},
    )

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    recipient_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    document_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(BigInteger)
    entry_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    act_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    brand_id: Mapped[int] = mapped_column(Integer)
    dealer_id: Mapped[int | None] = mapped_column(Integer)
    text_id: Mapped[int] = mapped_column(Integer)
    act: Mapped[int] = mapped_column(SmallInteger)
    extent: Mapped[int] = mapped_column(SmallInteger)
    source: Mapped[int] = mapped_column(SmallInteger)
    standing: Mapped[int] = mapped_column(SmallInteger)
