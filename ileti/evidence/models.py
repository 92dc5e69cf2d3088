"""Files that prove consents, and which entry each belongs to.

``evidence_file`` is one sealed file of a provider, the same content once; where it lies and what it
is follows :mod:`ileti.evidence.vault`. ``evidence_coming`` is what is on its way there, so that a
killed process leaves nothing that nobody sweeps. ``entry_file`` links an entry of the ledger to a
file. Files and links are proof: the application's role can add them and neither change nor delete
them (docs/adr/0002, 0022).
"""

from __future__ import annotations

from datetime import datetime

from flask_appbuilder import Model
from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
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
from sqlalchemy.types import UserDefinedType

from ileti.core.columns import EncryptedText
from ileti.evidence.vault import KEY_PURPOSE, NAME_PURPOSE


class XID8(UserDefinedType):
    """PostgreSQL's 64-bit transaction id, the sealer's order."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The type's name in DDL."""
        return "xid8"


class EvidenceFile(Model):
    """One sealed file; ``size`` in bytes and ``sha256`` are of the clear content, ``place`` is its
    name in the store, ``name`` what it was called when it first came."""

    __tablename__ = "evidence_file"
    __table_args__ = (
        UniqueConstraint("provider_id", "sha256"),
        Index("ix_evidence_file_use", "provider_id", postgresql_include=["size"]),
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
    name: Mapped[str] = mapped_column(EncryptedText(NAME_PURPOSE))
    leaf: Mapped[bytes] = mapped_column(LargeBinary)
