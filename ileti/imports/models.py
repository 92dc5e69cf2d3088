"""What is kept of an import: the run with its file, mapping, origin and counts; chunks; templates.

The file itself lies sealed outside the database (:mod:`ileti.core.sealedfile`) and stays as proof
of what was handed over. Staged rows live in a table of their own per run, ``import_stage_<stage>``,
which is no model: it comes and goes with the run.
"""

from __future__ import annotations

from datetime import datetime

from flask_appbuilder import Model
from sqlalchemy import (
    BigInteger,
    DateTime,
    Float,
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
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ileti.core.columns import EncryptedText
from ileti.evidence.vault import NAME_PURPOSE


class ImportRun(Model):
    """One file on its way into the ledger. ``rows`` are the file's, ``staged`` the consents they
    state; ``counts`` and ``samples`` are the dry run's (:mod:`ileti.imports.staging`); ``seconds``
    what it took. ``stage`` numbers the staging table, ``fence`` proves who works on the run;
    ``missing`` are the files rows name that are not here (:mod:`ileti.imports.proofs`).

    Of a program's import: ``account_id`` and ``idem`` (its key), ``asked`` what it said of the list
    (:mod:`ileti.imports.asked`), ``apply_most`` how many consents may be refused or wait if the dry
    run under way is to be applied by itself (None: it is not)."""

    __tablename__ = "import_run"
    __table_args__ = (
        Index("ix_import_run_list", "provider_id", text("id desc")),
        Index("ix_import_run_due", "next_at", postgresql_where=text("state in (3, 6, 10)")),
        Index("ix_import_run_open", "provider_id", postgresql_where=text("state = 1")),
        Index("ix_import_run_follows", "id",
              postgresql_where=text("state = 4 and apply_most is not null")),
        UniqueConstraint("account_id", "idem"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int] = mapped_column(ForeignKey("brand.id"))
    dealer_id: Mapped[int | None] = mapped_column(Integer)
    state: Mapped[int] = mapped_column(SmallInteger)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"))
    created_by: Mapped[int | None] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(255))
    format: Mapped[str] = mapped_column(String(10))
    size: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    path: Mapped[str] = mapped_column(Text)
    file_key: Mapped[str] = mapped_column(EncryptedText("import-file"))
    layout: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    mapping: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    origin: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    rows: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    staged: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    bytes_read: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    ask_iys: Mapped[bool] = mapped_column(server_default=text("false"))
    checked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    seconds: Mapped[float | None] = mapped_column(Float)
    counts: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    samples: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    chunk_lines: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    chunks: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    chunks_done: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    written: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    left_out: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    started_by: Mapped[int | None] = mapped_column(Integer)
    approved_by: Mapped[int | None] = mapped_column(Integer)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    undone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    undone_by: Mapped[int | None] = mapped_column(Integer)
    undo_kind: Mapped[int | None] = mapped_column(SmallInteger)
    next_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"))
    fence: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    stage: Mapped[int | None] = mapped_column(BigInteger)
    tries: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    problem: Mapped[str | None] = mapped_column(Text)
    missing: Mapped[str | None] = mapped_column(EncryptedText("import-missing"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("api_account.id"))
    idem: Mapped[str | None] = mapped_column(String(80))
    asked: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    apply_most: Mapped[int | None] = mapped_column(Integer)

    def __str__(self) -> str:
        return self.name


class ImportFile(Model):
    """A proof of an import: of all it brings (``whole``), or one of the files that its rows name.
    ``name`` is the file's own, ``name_hash`` a keyed hash of how it is compared."""

    __tablename__ = "import_file"
    __table_args__ = (
        ForeignKeyConstraint(["provider_id", "file_id"],
                             ["evidence_file.provider_id", "evidence_file.id"]),
        UniqueConstraint("import_id", "whole", "name_hash", name="uq_import_file_import_id"),
        Index("ix_import_file_file", "provider_id", "file_id"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"))
    provider_id: Mapped[int] = mapped_column(Integer)
    brand_id: Mapped[int] = mapped_column(Integer)
    dealer_id: Mapped[int | None] = mapped_column(Integer)
    file_id: Mapped[int] = mapped_column(BigInteger)
    added_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"))
    added_by: Mapped[int | None] = mapped_column(Integer)
    whole: Mapped[bool] = mapped_column()
    role: Mapped[int] = mapped_column(SmallInteger)
    name: Mapped[str] = mapped_column(EncryptedText(NAME_PURPOSE))
    name_hash: Mapped[bytes] = mapped_column(LargeBinary)


class ImportChunk(Model):
    """A chunk that is in the ledger: entries written, rows left out by what had changed."""

    __tablename__ = "import_chunk"

    import_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"), primary_key=True)
    n: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    provider_id: Mapped[int] = mapped_column(Integer)
    written: Mapped[int] = mapped_column(Integer)
    left_out: Mapped[int] = mapped_column(Integer)
    done_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"))


class ImportBefore(Model):
    """The state that an entry of an import replaced, so that it can come back."""

    __tablename__ = "import_before"
    __table_args__ = (Index("ix_import_before_held", "held_id"),)

    import_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    chunk: Mapped[int] = mapped_column(Integer)
    held_id: Mapped[int] = mapped_column(BigInteger)
    held: Mapped[dict] = mapped_column(JSONB)


class ImportTemplate(Model):
    """A mapping kept by name; ``heads`` is the heading it was made for."""

    __tablename__ = "import_template"
    __table_args__ = (UniqueConstraint("provider_id", "name"),)

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    name: Mapped[str] = mapped_column(String(120))
    heads: Mapped[list] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    mapping: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"))

    def __str__(self) -> str:
        return self.name
