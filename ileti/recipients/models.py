"""The one home of personal addresses.

An address stands here once per provider: found by a keyed hash, kept encrypted, and shown masked.
``leaf_key`` salts the evidence commitments of this person (docs/adr/0005): erasing a person
empties hash, cipher and key of this one row, and every commitment about them says nothing any
more while it can still be verified that nothing was removed.
"""

from __future__ import annotations

from datetime import datetime

from flask_appbuilder import Model
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
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
from sqlalchemy.orm import Mapped, mapped_column

from ileti.core.columns import PROOF, READ


class Recipient(Model):
    """One address of one provider; the database key is (provider_id, id)."""

    __tablename__ = "recipient"
    __table_args__ = (
        UniqueConstraint("provider_id", "addr_hash"),
        CheckConstraint("kind in (1, 2)", name="kind"),
        {"comment": PROOF},
    )

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )
    kind: Mapped[int] = mapped_column(SmallInteger)
    key_no: Mapped[int] = mapped_column(SmallInteger)
    addr_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    addr_ct: Mapped[bytes | None] = mapped_column(LargeBinary)
    leaf_key: Mapped[bytes | None] = mapped_column(LargeBinary)


class Restriction(Model):
    """That a person's records up to ``since`` are kept for the law alone; ``case_number`` is the
    request's. While a consent given later stands, what came later is seen as anything else."""

    __tablename__ = "restriction"
    __table_args__ = (
        Index("ix_restriction_recipient", "provider_id", "recipient_id", "since"),
        {"comment": PROOF},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(Integer)
    recipient_id: Mapped[int] = mapped_column(BigInteger)
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    by: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(Text)
    case_number: Mapped[str | None] = mapped_column(String(80))


class Suppression(Model):
    """The keyed hash of an erased person's address; consents up to ``since`` do not count."""

    __tablename__ = "suppression"
    __table_args__ = {"comment": READ}

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    addr_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True))
