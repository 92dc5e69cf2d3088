"""What is kept of data subjects' requests: the case, its history, files, people, answers.

Why so many tables: a case must be whole in ten years, so what happened is appended and never
changed (``*_event``, ``*_file``, ``*_answer``, ``*_correction``, templates' versions), and only
where a case is now can change. Who applied, identity number and free text are personal data: sealed
columns, found by keyed hashes (``marks``), never in lists or logs. Every table has the brand the
request came to, so that the row rules of ``tenancy.scope`` hold for all; dealers see none of it.
"""

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
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ileti.core.columns import PROOF, EncryptedText
from ileti.evidence.vault import NAME_PURPOSE
from ileti.requests.sealing import (
    ANSWER_PURPOSE,
    CORRECTION_PURPOSE,
    DRAFT_PURPOSE,
    MAIL_PURPOSE,
    NOTE_PURPOSE,
    PERSON_PURPOSE,
    WISH_PURPOSE,
)
from ileti.tenancy.models import Brand, Provider

_NOW = text("now()")
_EMPTY = text("'{}'::jsonb")


def _moment(**more: object) -> Mapped[datetime]:
    return mapped_column(DateTime(timezone=True), **more)  # type: ignore[arg-type]


def _key() -> Mapped[int]:
    return mapped_column(BigInteger, Identity(always=True), primary_key=True)


def _provider() -> Mapped[int]:
    return mapped_column(ForeignKey("provider.id"))


def _brand() -> Mapped[int]:
    return mapped_column(ForeignKey("brand.id"))


def _case() -> Mapped[int]:
    return mapped_column(ForeignKey("data_request.id"))


class DataRequest(Model):
    """One case. ``person`` is JSON (name, tckn, nationality, passport, foreign_id, postal, email,
    phone), ``marks`` the keyed hashes it is found by. ``confirmed``: 1 the phone, 2 the e-mail
    address was confirmed by code. ``decision`` is the last answer's."""

    __tablename__ = "data_request"
    __table_args__ = (
        UniqueConstraint("provider_id", "idem"),
        CheckConstraint("state between 1 and 4", name="state"),
        CheckConstraint("due_at > received_at", name="due"),
        Index("ix_data_request_list", "provider_id", "state", "due_at", "id"),
        Index("ix_data_request_due", "received_at", postgresql_where=text("state < 4")),
        Index("ix_data_request_marks", "marks", postgresql_using="gin"),
    )

    id: Mapped[int] = _key()
    provider_id: Mapped[int] = _provider()
    brand_id: Mapped[int] = _brand()
    idem: Mapped[str] = mapped_column(String(80))
    way: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    language: Mapped[str] = mapped_column(String(2), server_default=text("'tr'"))
    rights: Mapped[list[str]] = mapped_column(ARRAY(String(3)))
    received_at: Mapped[datetime] = _moment()
    due_at: Mapped[datetime] = _moment()
    created_at: Mapped[datetime] = _moment(server_default=_NOW)
    created_by: Mapped[int | None] = mapped_column(Integer)
    assignee_id: Mapped[int | None] = mapped_column(Integer)
    person: Mapped[str] = mapped_column(EncryptedText(PERSON_PURPOSE))
    wish: Mapped[str] = mapped_column(EncryptedText(WISH_PURPOSE))
    marks: Mapped[list[bytes]] = mapped_column(
        ARRAY(LargeBinary), server_default=text("'{}'::bytea[]"))
    confirmed: Mapped[int | None] = mapped_column(SmallInteger)
    signed: Mapped[bool] = mapped_column(server_default=text("false"))
    identity: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    decision: Mapped[int | None] = mapped_column(SmallInteger)
    closed_at: Mapped[datetime | None] = _moment()  # type: ignore[assignment]

    provider: Mapped[Provider] = relationship()
    brand: Mapped[Brand] = relationship()


class RequestDraft(Model):
    """An application on the hosted form before its code came back; it is nobody's case yet and is
    removed after a day. ``tries`` are those of the code at hand, ``wrong`` those of all its codes.
    Marks are the day's keyed hashes by which codes are counted
    (:mod:`ileti.capture.code_limits`)."""

    __tablename__ = "data_request_draft"
    __table_args__ = (
        Index("ix_data_request_draft_address", "address_mark", "created_at"),
        Index("ix_data_request_draft_block", "block_mark", "created_at"),
        Index("ix_data_request_draft_created_at", "created_at"),
    )

    id: Mapped[int] = _key()
    provider_id: Mapped[int] = _provider()
    brand_id: Mapped[int] = _brand()
    created_at: Mapped[datetime] = _moment(server_default=_NOW)
    language: Mapped[str] = mapped_column(String(2))
    content: Mapped[str | None] = mapped_column(EncryptedText(DRAFT_PURPOSE))
    kind: Mapped[int] = mapped_column(SmallInteger)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    code_until: Mapped[datetime] = _moment()
    codes: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    wrong: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    address_mark: Mapped[bytes] = mapped_column(LargeBinary)
    block_mark: Mapped[bytes | None] = mapped_column(LargeBinary)
    request_id: Mapped[int | None] = mapped_column(BigInteger)


class RequestEvent(Model):
    """One thing that happened in a case; INSERT-only. ``detail`` holds numbers and words of ours,
    never personal data; ``note`` is what a person wrote, sealed. ``seen_at``: when it happened,
    where that is another moment than when it was written down."""

    __tablename__ = "data_request_event"
    __table_args__ = (
        Index("ix_data_request_event_request_id", "request_id", "id"),
        UniqueConstraint("request_id", "mark"),
        {"comment": PROOF},
    )

    id: Mapped[int] = _key()
    provider_id: Mapped[int] = _provider()
    brand_id: Mapped[int] = _brand()
    request_id: Mapped[int] = _case()
    at: Mapped[datetime] = _moment(server_default=_NOW)
    by: Mapped[int | None] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(20))
    mark: Mapped[str | None] = mapped_column(String(60))
    detail: Mapped[dict] = mapped_column(JSONB, server_default=_EMPTY)
    note: Mapped[str | None] = mapped_column(EncryptedText(NOTE_PURPOSE))


class RequestFile(Model):
    """A file of the vault in a case; INSERT-only. ``shown`` False: made by the export, given out as
    part of its archive alone."""

    __tablename__ = "data_request_file"
    __table_args__ = (
        ForeignKeyConstraint(["provider_id", "file_id"],
                             ["evidence_file.provider_id", "evidence_file.id"]),
        UniqueConstraint("request_id", "file_id", "role"),
        Index("ix_data_request_file_file", "provider_id", "file_id"),
        {"comment": PROOF},
    )

    id: Mapped[int] = _key()
    provider_id: Mapped[int] = mapped_column(Integer)
    brand_id: Mapped[int] = _brand()
    request_id: Mapped[int] = _case()
    file_id: Mapped[int] = mapped_column(BigInteger)
    added_at: Mapped[datetime] = _moment(server_default=_NOW)
    added_by: Mapped[int | None] = mapped_column(Integer)
    role: Mapped[int] = mapped_column(SmallInteger)
    name: Mapped[str] = mapped_column(EncryptedText(NAME_PURPOSE))


class RequestRecipient(Model):
    """A recipient who is the applicant. ``how``: 1 by the confirmed address, 2 by another address
    of the application, 3 by an address typed at the desk."""

    __tablename__ = "data_request_recipient"
    __table_args__ = (
        Index("ix_data_request_recipient_recipient", "provider_id", "recipient_id"),
    )

    request_id: Mapped[int] = mapped_column(ForeignKey("data_request.id"), primary_key=True)
    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    recipient_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    brand_id: Mapped[int] = _brand()
    how: Mapped[int] = mapped_column(SmallInteger)
    added_at: Mapped[datetime] = _moment(server_default=_NOW)
    added_by: Mapped[int | None] = mapped_column(Integer)


class RequestCorrection(Model):
    """What a person had corrected; INSERT-only. The ledger keeps what was said then, this line
    stands beside it (``field``: ``name`` or ``address``)."""

    __tablename__ = "data_request_correction"
    __table_args__ = (
        CheckConstraint("field in ('name', 'address')", name="field"),
        Index("ix_data_request_correction_recipient", "provider_id", "recipient_id"),
        {"comment": PROOF},
    )

    id: Mapped[int] = _key()
    provider_id: Mapped[int] = _provider()
    brand_id: Mapped[int] = _brand()
    request_id: Mapped[int] = _case()
    recipient_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = _moment(server_default=_NOW)
    by: Mapped[int] = mapped_column(Integer)
    field: Mapped[str] = mapped_column(String(7))
    before: Mapped[str] = mapped_column(EncryptedText(CORRECTION_PURPOSE))
    after: Mapped[str] = mapped_column(EncryptedText(CORRECTION_PURPOSE))


class RequestExport(Model):
    """All data of a person, asked for and made. Both files lie in the vault; the archive of them is
    put together when it is taken. ``until``: how long the person's own link opens; ``recipients``:
    whose data it holds; ``removed_at``: its files are gone (R-64); ``problem``: it was given up."""

    __tablename__ = "data_request_export"
    __table_args__ = (
        Index("ix_data_request_export_request_id", "request_id", "id"),
        Index("ix_data_request_export_due", "next_at", postgresql_where=text(
            "done_at is null and problem is null")),
        Index("ix_data_request_export_lying", "until", postgresql_where=text(
            "done_at is not null and removed_at is null")),
    )

    id: Mapped[int] = _key()
    provider_id: Mapped[int] = _provider()
    brand_id: Mapped[int] = _brand()
    request_id: Mapped[int] = _case()
    asked_at: Mapped[datetime] = _moment(server_default=_NOW)
    asked_by: Mapped[int] = mapped_column(Integer)
    next_at: Mapped[datetime] = _moment(server_default=_NOW)
    fence: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    done_at: Mapped[datetime | None] = _moment()  # type: ignore[assignment]
    until: Mapped[datetime | None] = _moment()  # type: ignore[assignment]
    json_file: Mapped[int | None] = mapped_column(BigInteger)
    pdf_file: Mapped[int | None] = mapped_column(BigInteger)
    counts: Mapped[dict] = mapped_column(JSONB, server_default=_EMPTY)
    recipients: Mapped[list[int]] = mapped_column(
        ARRAY(BigInteger), server_default=text("'{}'::bigint[]"))
    removed_at: Mapped[datetime | None] = _moment()  # type: ignore[assignment]
    problem: Mapped[str | None] = mapped_column(Text)


class RequestErasure(Model):
    """An erasure by two people: who proposed it, who approved or turned it down, what came of it.
    ``plan`` and ``outcome`` say kinds, counts, rules and dates, no personal data."""

    __tablename__ = "data_request_erasure"
    __table_args__ = (
        CheckConstraint("approved_by is null or approved_by <> asked_by", name="two_people"),
        CheckConstraint("approved_at is null or declined_at is null", name="decided_once"),
        CheckConstraint("done_at is null or approved_at is not null", name="approved_first"),
        Index("uq_data_request_erasure_open", "request_id", unique=True, postgresql_where=text(
            "done_at is null and declined_at is null")),
        Index("ix_data_request_erasure_due", "next_at", postgresql_where=text(
            "approved_at is not null and done_at is null")),
    )

    id: Mapped[int] = _key()
    provider_id: Mapped[int] = _provider()
    brand_id: Mapped[int] = _brand()
    request_id: Mapped[int] = _case()
    recipients: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    asked_at: Mapped[datetime] = _moment(server_default=_NOW)
    asked_by: Mapped[int] = mapped_column(Integer)
    plan: Mapped[dict] = mapped_column(JSONB, server_default=_EMPTY)
    approved_at: Mapped[datetime | None] = _moment()  # type: ignore[assignment]
    approved_by: Mapped[int | None] = mapped_column(Integer)
    declined_at: Mapped[datetime | None] = _moment()  # type: ignore[assignment]
    next_at: Mapped[datetime] = _moment(server_default=_NOW)
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    done_at: Mapped[datetime | None] = _moment()  # type: ignore[assignment]
    outcome: Mapped[dict] = mapped_column(JSONB, server_default=_EMPTY)
    problem: Mapped[str | None] = mapped_column(Text)


class RequestAnswer(Model):
    """One answer as it went out; INSERT-only. ``body`` is the letter's text, ``templates`` which
    versions it was made from, ``file_id`` the letter (PDF/A) in the vault."""

    __tablename__ = "data_request_answer"
    __table_args__ = (
        ForeignKeyConstraint(["provider_id", "file_id"],
                             ["evidence_file.provider_id", "evidence_file.id"]),
        UniqueConstraint("request_id", "idem"),
        {"comment": PROOF},
    )

    id: Mapped[int] = _key()
    provider_id: Mapped[int] = mapped_column(Integer)
    brand_id: Mapped[int] = _brand()
    request_id: Mapped[int] = _case()
    idem: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[datetime] = _moment(server_default=_NOW)
    made_by: Mapped[int] = mapped_column(Integer)
    language: Mapped[str] = mapped_column(String(2))
    decision: Mapped[int] = mapped_column(SmallInteger)
    reason: Mapped[str] = mapped_column(String(20), server_default=text("''"))
    sending: Mapped[int] = mapped_column(SmallInteger)
    templates: Mapped[list] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    body: Mapped[str] = mapped_column(EncryptedText(ANSWER_PURPOSE))
    file_id: Mapped[int] = mapped_column(BigInteger)
    export_id: Mapped[int | None] = mapped_column(BigInteger)


class RequestTemplate(Model):
    """One version of a reply's paragraph; INSERT-only. The newest counts; the house's own stands
    where there is none. ``brand_id`` stays empty: a provider answers with one voice."""

    __tablename__ = "data_request_template"
    __table_args__ = (
        UniqueConstraint("provider_id", "key", "language", "version"),
        {"comment": PROOF},
    )

    id: Mapped[int] = _key()
    provider_id: Mapped[int] = _provider()
    brand_id: Mapped[int | None] = mapped_column(Integer)
    key: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(2))
    version: Mapped[int] = mapped_column(Integer)
    body: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = _moment(server_default=_NOW)
    made_by: Mapped[int | None] = mapped_column(Integer)


class RequestMail(Model):
    """A mail of this room on its way: code, receipt, question, answer, alarm. ``mark`` names the
    occasion, so that nothing is mailed twice; ``content`` is what it says, sealed, and goes when a
    code was sent."""

    __tablename__ = "data_request_mail"
    __table_args__ = (
        UniqueConstraint("provider_id", "mark"),
        Index("ix_data_request_mail_request_id", "request_id"),
    )

    id: Mapped[int] = _key()
    provider_id: Mapped[int] = _provider()
    brand_id: Mapped[int] = _brand()
    request_id: Mapped[int | None] = mapped_column(BigInteger)
    user_id: Mapped[int | None] = mapped_column(Integer)
    kind: Mapped[int] = mapped_column(SmallInteger)
    mark: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = _moment(server_default=_NOW)
    content: Mapped[str | None] = mapped_column(EncryptedText(MAIL_PURPOSE))
    sent_at: Mapped[datetime | None] = _moment()  # type: ignore[assignment]
    gateway: Mapped[str | None] = mapped_column(String(20))
    outside_id: Mapped[str | None] = mapped_column(String(200))
    problem: Mapped[str | None] = mapped_column(Text)
