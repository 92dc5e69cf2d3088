"""What proves the ledger: seals over its leaves, time stamps over seals, and files of its entries.

Seals and stamps concern the whole installation, no provider: their numbers and hashes tell nothing
about anybody (docs/adr/0022). ``evidence_file`` is one sealed file of a provider, the same content
once; where it lies and what it is follows :mod:`ileti.evidence.vault`. ``evidence_coming`` is what
is on its way there, so that a killed process leaves nothing that nobody sweeps. ``entry_file``
links an entry of the ledger to a file (docs/adr/0024). Only ``evidence_coming`` can be changed by
the application's role.
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
    ForeignKeyConstraint,
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

from ileti.core.columns import PROOF, READ, XID8, EncryptedText
from ileti.evidence.vault import KEY_PURPOSE, NAME_PURPOSE


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
    holds the digest of the seal before. Numbers begin at 1 and have no gap. ``signer``: SHA-256 of
    the installation's public key, None in seals from before they named it.
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
    signer: Mapped[bytes | None] = mapped_column(LargeBinary)


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


class SealExport(Model):
    """Seals ``first`` to ``last`` that somebody outside took: ``way`` of
    :class:`ileti.evidence.copies.Way`, ``place`` a keyed hash of the address or bucket, ``name``
    the file's there. Not ``there``: it was begun. Trusted by nobody: it only says what need not be
    sent again."""

    __tablename__ = "seal_export"
    __table_args__ = (
        CheckConstraint("way in (1, 2)", name="way"),
        Index("ix_seal_export_last", "way", "place", "last"),
        {"comment": PROOF},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    way: Mapped[int] = mapped_column(SmallInteger)
    place: Mapped[str] = mapped_column(String(64))
    first: Mapped[int] = mapped_column(BigInteger)
    last: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"))
    there: Mapped[bool] = mapped_column(Boolean)


class EvidenceFile(Model):
    """One sealed file; ``size`` in bytes and ``sha256`` are of the clear content, ``place`` is its
    name in the store, ``name`` what it was called when it first came. ``erased_at``: it is
    destroyed (ileti/retention), and all of these are empty or random."""

    __tablename__ = "evidence_file"
    __table_args__ = (
        UniqueConstraint("provider_id", "sha256"),
        Index("ix_evidence_file_use", "provider_id", postgresql_include=["size"]),
        {"comment": PROOF},
    )

    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"), primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"))
    created_by: Mapped[int | None] = mapped_column(Integer)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    media_type: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(EncryptedText(NAME_PURPOSE))
    file_key: Mapped[str] = mapped_column(EncryptedText(KEY_PURPOSE))
    store: Mapped[int] = mapped_column(SmallInteger)
    place: Mapped[str] = mapped_column(String(160))
    erased_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class StepUp(Model):
    """A person's proof about one thing before messages are sent (:mod:`ileti.evidence.stepup`,
    R-51): ``statement`` was signed, ``file_id`` holds the signature, it counts ``until`` then and
    for ``digest`` alone. ``mark`` is of the key, ``signer`` in the signature's own words."""

    __tablename__ = "step_up"
    __table_args__ = (
        UniqueConstraint("provider_id", "statement", name="uq_step_up_provider_id"),
        Index("ix_step_up_subject", "provider_id", "subject", "id"),
        Index("ix_step_up_user_id", "user_id", "id"),
        {"comment": PROOF},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    user_id: Mapped[int] = mapped_column(Integer)
    file_id: Mapped[int] = mapped_column(BigInteger)
    proven_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"))
    until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    method: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(120))
    signer: Mapped[str] = mapped_column(String(200))
    mark: Mapped[str] = mapped_column(String(64))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    statement: Mapped[str] = mapped_column(Text)


class EvidenceComing(Model):
    """A file that may lie at ``place`` and is nobody's yet; ``dropped``: it is to be removed."""

    __tablename__ = "evidence_coming"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"), index=True)
    started_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"))
    size: Mapped[int] = mapped_column(BigInteger)
    store: Mapped[int] = mapped_column(SmallInteger)
    place: Mapped[str] = mapped_column(String(160))
    dropped: Mapped[bool] = mapped_column(server_default=text("false"))


class EntryFile(Model):
    """A file that proves an entry. Its id comes from the entries' own sequence and ``leaf`` is made
    as theirs, so that a seal takes both in one order; with the ``xid`` and moment of its entry it
    belongs to the entry as it was written, with later ones it is an event of its own.
    ``import_id``: the import that linked it; ``dealer_id`` is the entry's."""

    __tablename__ = "entry_file"
    __table_args__ = (
        ForeignKeyConstraint(["provider_id", "file_id"],
                             ["evidence_file.provider_id", "evidence_file.id"]),
        UniqueConstraint("provider_id", "entry_id", "file_id", "role",
                         name="uq_entry_file_provider_id"),
        Index("ix_entry_file_file", "provider_id", "file_id"),
        Index("ix_entry_file_seal", "xid", "id"),
        {"comment": PROOF},
    )

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, server_default=text("nextval('consent_entry_id_seq')"))
    entry_id: Mapped[int] = mapped_column(BigInteger)
    entry_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    file_id: Mapped[int] = mapped_column(BigInteger)
    xid: Mapped[int] = mapped_column(XID8(), server_default=text("pg_current_xact_id()"))
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    added_by: Mapped[int | None] = mapped_column(Integer)
    import_id: Mapped[int | None] = mapped_column(BigInteger)
    brand_id: Mapped[int] = mapped_column(Integer)
    dealer_id: Mapped[int | None] = mapped_column(Integer)
    role: Mapped[int] = mapped_column(SmallInteger)
    epoch: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    name: Mapped[str] = mapped_column(EncryptedText(NAME_PURPOSE))
    leaf: Mapped[bytes] = mapped_column(LargeBinary)
