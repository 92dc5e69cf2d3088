"""Seals over the ledger's leaves, and the time stamps over seals.

All INSERT-only for the application's role; they concern the whole installation, no provider: a
seal's numbers and hashes tell nothing about anybody (docs/adr/0022).
"""

from __future__ import annotations

from datetime import datetime

from flask_appbuilder import Model
from sqlalchemy import (
    BigInteger,
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

from ileti.core.columns import PROOF, READ


class SealEpoch(Model):
    """A database cluster in which transaction numbers grew; ``system`` is its identifier."""

    __tablename__ = "seal_epoch"
    __table_args__ = {"comment": READ}

    epoch: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    system: Mapped[str] = mapped_column(String(20))
    began_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"))


class Seal(Model):
    """A Merkle tree over the ``leaves`` leaves that follow the seal before, in the order of
    transaction, kind and id, up to (``upto_xid``, ``upto_kind``, ``upto_id``).

    ``digest`` is SHA-256 over the canonical header (:class:`ileti.evidence.seal.Header`), which
    holds the digest of the seal before. Numbers begin at 1 and have no gap.
    """

    __tablename__ = "seal"
    __table_args__ = (
        UniqueConstraint("digest"),
        Index("ix_seal_place", "epoch", "upto_xid", "upto_kind", "upto_id"),
        {"comment": PROOF},
    )

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    upto_xid: Mapped[int] = mapped_column(BigInteger)
    upto_id: Mapped[int] = mapped_column(BigInteger)
    sealed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    leaves: Mapped[int] = mapped_column(Integer)
    epoch: Mapped[int] = mapped_column(ForeignKey("seal_epoch.epoch"))
    upto_kind: Mapped[int] = mapped_column(SmallInteger)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    previous: Mapped[bytes | None] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary)


class SealStamp(Model):
    """An RFC 3161 time stamp over a seal's header, and so over all seals before it; ``token`` is
    the authority's whole reply, ``verdict`` of :class:`ileti.evidence.stamps.Verdict` when it
    came."""

    __tablename__ = "seal_stamp"
    __table_args__ = (
        Index("ix_seal_stamp_number", "number", "id"),
        {"comment": PROOF},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    number: Mapped[int] = mapped_column(ForeignKey("seal.number"))
    stamped_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"))
    verdict: Mapped[int] = mapped_column(SmallInteger)
    signer: Mapped[str | None] = mapped_column(String(200))
    token: Mapped[bytes] = mapped_column(LargeBinary)
