"""The ledger and the state it leads to.

``submission`` holds once what one click, one import chunk or one page from İYS has in common;
``consent_entry`` is append-only (the application's role cannot UPDATE or DELETE it), monthly
partitioned, with a salted commitment per row; ``consent_state`` is what holds now for (brand,
recipient, recipient type, channel), with İYS's status apart from the person's choice. Measured
reasons for every column: docs/adr/0003. All writes go through :mod:`ileti.consents.ledger`.
``consent_access`` is who may use a consent beside who took it; the room of İYS writes it.
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
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ileti.core.columns import PROOF, XID8


class Submission(Model):
    """What one request or chunk shares; holds the idempotency key. ``erased_at``: who and what was
    shown is destroyed (ileti/retention), only what was chosen stays in its entries."""

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("provider_id", "idem"),
        # of custom fields; empty while no form asks any
        Index("ix_submission_fields", text("(evidence -> 'fields') jsonb_path_ops"),
              postgresql_using="gin", postgresql_where=text("evidence ? 'fields'")),
        # of what the desk and paper forms kept in the vault
        Index("ix_submission_file", "provider_id",
              text("((evidence -> 'file'::text) ->> 'id'::text)"),
              postgresql_where=text("jsonb_typeof(evidence -> 'file') = 'object'")),
        {"comment": PROOF},
    )

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    captured_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    brand_id: Mapped[int] = mapped_column(Integer)
    dealer_id: Mapped[int | None] = mapped_column(Integer)
    site_id: Mapped[int | None] = mapped_column(Integer)
    actor_kind: Mapped[int] = mapped_column(SmallInteger)
    source: Mapped[int] = mapped_column(SmallInteger)
    person_key: Mapped[int | None] = mapped_column(SmallInteger)
    idem: Mapped[str] = mapped_column(String(120))
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    entry_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    person_ct: Mapped[bytes | None] = mapped_column(LargeBinary)
    evidence: Mapped[dict] = mapped_column(JSONB)
    erased_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ConsentEntry(Model):
    """One line of the ledger. The database key is (provider_id, id, captured_at)."""

    __tablename__ = "consent_entry"
    __table_args__ = (
        Index("ix_consent_entry_seal", "xid", "id"),
        Index("ix_consent_entry_recipient", "provider_id", "recipient_id", "id"),
        Index(
            "ix_consent_entry_brand",
            "provider_id",
            "brand_id",
            text("captured_at desc"),
            text("id desc"),
        ),
        Index(
            "ix_consent_entry_dealer",
            "provider_id",
            "dealer_id",
            text("captured_at desc"),
            text("id desc"),
            postgresql_where=text("dealer_id is not null"),
        ),
        Index(  # citizens' changes, for who pulls them here (ileti/compat/changes.py)
            "ix_consent_entry_iys", "provider_id", "brand_id", "captured_at", "id",
            postgresql_where=text("source >= 31"),
        ),
        {"comment": PROOF, "postgresql_partition_by": "RANGE (captured_at)"},
    )

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    captured_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    submission_id: Mapped[int] = mapped_column(BigInteger)
    recipient_id: Mapped[int] = mapped_column(BigInteger)
    consent_date: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    xid: Mapped[int] = mapped_column(XID8, server_default=text("pg_current_xact_id()"))
    brand_id: Mapped[int] = mapped_column(Integer)
    dealer_id: Mapped[int | None] = mapped_column(Integer)
    text_id: Mapped[int | None] = mapped_column(Integer)
    epoch: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    recipient_type: Mapped[int] = mapped_column(SmallInteger)
    channel: Mapped[int] = mapped_column(SmallInteger)
    status: Mapped[int] = mapped_column(SmallInteger)
    source: Mapped[int] = mapped_column(SmallInteger)
    standing: Mapped[int] = mapped_column(SmallInteger)
    outcome: Mapped[int] = mapped_column(SmallInteger)
    leaf: Mapped[bytes] = mapped_column(LargeBinary)


class ConsentState(Model):
    """What holds now; the gate reads this and nothing else. ``late_id``: the newest refusal of the
    key that İYS took too late (R-33); the state is late while it stands on that entry."""

    __tablename__ = "consent_state"
    __table_args__ = (
        CheckConstraint("status in (1, 2)", name="status"),
        Index(  # the error book's counts and pages
            "ix_consent_state_code", "provider_id", "iys_code", text("entry_id desc"),
            postgresql_where=text("iys_code is not null"),
        ),
        Index("ix_consent_state_late", "provider_id", "brand_id",
              postgresql_where=text("late_id is not null")),
        {"postgresql_with": {"fillfactor": "85", "autovacuum_vacuum_scale_factor": "0.02"}},
    )

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    brand_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    recipient_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    recipient_type: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    channel: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(BigInteger)
    entry_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    consent_date: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    iys_due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    pending_id: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[int] = mapped_column(SmallInteger)
    source: Mapped[int] = mapped_column(SmallInteger)
    standing: Mapped[int] = mapped_column(SmallInteger)
    iys_status: Mapped[int] = mapped_column(SmallInteger)
    iys_code: Mapped[int | None] = mapped_column(SmallInteger)
    late_id: Mapped[int | None] = mapped_column(BigInteger)


class ConsentAccess(Model):
    """That a dealer may use a consent another party took (İYS API §7.5), and so see it (R-45).

    ``entry_id`` and ``entry_at`` are the entry the state stood on when the access was given: the
    consent's place in that dealer's list, which no later capture has to move (ADR 0019).
    """

    __tablename__ = "consent_access"
    __table_args__ = (
        Index("ix_consent_access_dealer", "provider_id", "dealer_id", text("entry_at desc"),
              text("entry_id desc")),
    )

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    brand_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    recipient_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    recipient_type: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    channel: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    dealer_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(BigInteger)
    entry_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    given_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )


class AddressTrouble(Model):
    """What mail servers said of an address: not there, not now, or its owner complained. A row per
    kind; ``cleared_at``: a person found out better, until it happens again."""

    __tablename__ = "address_trouble"
    __table_args__ = (
        CheckConstraint("kind in (1, 2, 3)", name="kind"),
        Index("ix_address_trouble_last_at", "provider_id", text("last_at desc"), "recipient_id"),
    )

    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"), primary_key=True,
                                             autoincrement=False)
    recipient_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    channel: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    kind: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    status: Mapped[str] = mapped_column(String(12), server_default="")
    first_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"))
    last_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"))
    times: Mapped[int] = mapped_column(Integer, server_default="1")
    cleared_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
