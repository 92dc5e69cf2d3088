"""Reconciliation's tables: a brand's days, what was archived of them, what differed.

``iys_archive`` is proof (R-46, R-48) and therefore INSERT-only; the files it names lie encrypted
outside the database and are never overwritten. ``iys_day_row`` is a work table: unlogged, keyed
hashes instead of addresses, emptied when a comparison ends.
"""

from __future__ import annotations

import datetime as dt

from flask_appbuilder import Model
from sqlalchemy import (
    BigInteger,
    Date,
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
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ileti.core.columns import PROOF, EncryptedText


class IysDay(Model):
    """How far one day of a brand is (İYS API §8).

    ``rows`` are the file's, ``rows_done`` those compared so far; ``hash_fits`` whether İYS's hash
    is the file's; ``own_hash`` SHA-384 over our own file of the day. ``archived_at``: all that İYS
    has of the day is ours; ``done_at``: nothing is left to do by itself; ``problem`` a word of
    :mod:`ileti.iys.days` or İYS's code. ``asked_at``: a person waits for this day since then, until
    something came of it.
    """

    __tablename__ = "iys_day"
    __table_args__ = (
        Index("ix_iys_day_due", "next_at", postgresql_where=text("done_at is null")),
    )

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    brand_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    next_at: Mapped[dt.datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"))
    archived_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    compared_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    agreed_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    done_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    fence: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    tries: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    rows: Mapped[int | None] = mapped_column(Integer)
    rows_done: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    differences: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    unreadable: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    result: Mapped[int | None] = mapped_column(SmallInteger)
    hash_fits: Mapped[bool | None]
    process_status: Mapped[str | None] = mapped_column(String(12))
    hash_value: Mapped[str | None] = mapped_column(String(96))
    own_hash: Mapped[str | None] = mapped_column(String(96))
    causes: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    problem: Mapped[str | None] = mapped_column(Text)
    asked_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))


class IysArchive(Model):
    """One thing İYS gave out for a day, as it came: an answer, the file, the time stamp.

    ``sha384`` and ``size`` are of the clear content; ``path`` is below the archive's folder,
    ``file_key`` opens it.
    """

    __tablename__ = "iys_archive"
    __table_args__ = (
        UniqueConstraint("provider_id", "brand_id", "day", "kind", "sha384"),
        Index("ix_iys_archive_stamp", "provider_id", "id", postgresql_where=text("kind = 5")),
        {"comment": PROOF},
    )

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    fetched_at: Mapped[dt.datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"))
    size: Mapped[int] = mapped_column(BigInteger)
    brand_id: Mapped[int] = mapped_column(Integer)
    day: Mapped[dt.date] = mapped_column(Date)
    lines: Mapped[int] = mapped_column(Integer)
    kind: Mapped[int] = mapped_column(SmallInteger)
    sha384: Mapped[bytes] = mapped_column(LargeBinary)
    path: Mapped[str] = mapped_column(String(200))
    file_key: Mapped[str] = mapped_column(EncryptedText("iys-archive"))


class IysStampCheck(Model):
    """What an archived time stamp was found to be worth (:class:`ileti.evidence.stamps.Verdict`).

    It can be found again at any time from the archive, so it is no proof itself. ``stamped_at`` and
    ``signer`` are what the stamp says, ``seen_at`` is when it was looked into for the first time,
    ``trusted`` names the authorities it was laid beside: SHA-256 of their file, or nothing.
    """

    __tablename__ = "iys_stamp_check"
    __table_args__ = (
        Index("ix_iys_stamp_check_bad", "day", postgresql_where=text("verdict > 2")),
    )

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    archive_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    seen_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    checked_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    stamped_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    brand_id: Mapped[int] = mapped_column(Integer)
    day: Mapped[dt.date] = mapped_column(Date)
    verdict: Mapped[int] = mapped_column(SmallInteger)
    signer: Mapped[str | None] = mapped_column(String(200))
    trusted: Mapped[str] = mapped_column(String(64))


class IysRepair(Model):
    """A person's wish that all differences of a cause be repaired, and how far it is.

    ``total`` were open when it was made, none after ``last_id``; ``after_line`` and ``after_id``
    are the place reached; ``unanswered`` could not be repaired. One wish at a time is open for a
    day and cause.
    """

    __tablename__ = "iys_repair"
    __table_args__ = (
        Index("uq_iys_repair_open", "provider_id", "brand_id", "day", "cause", unique=True,
              postgresql_where=text("ended_at is null")),
        Index("ix_iys_repair_due", "next_at", postgresql_where=text("ended_at is null")),
        Index("ix_iys_repair_day", "provider_id", "brand_id", "day"),
    )

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    asked_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    next_at: Mapped[dt.datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"))
    ended_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    asked_by: Mapped[int] = mapped_column(BigInteger)
    after_id: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    last_id: Mapped[int] = mapped_column(BigInteger)
    brand_id: Mapped[int] = mapped_column(Integer)
    day: Mapped[dt.date] = mapped_column(Date)
    after_line: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    total: Mapped[int] = mapped_column(Integer)
    repaired: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    unanswered: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    fence: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    tries: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    cause: Mapped[int] = mapped_column(SmallInteger)
    problem: Mapped[str | None] = mapped_column(Text)


class IysDayRow(Model):
    """A row of a day's file while it is compared; ``line`` is its place in the file."""

    __tablename__ = "iys_day_row"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    brand_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    creation_date: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    consent_date: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    recipient_type: Mapped[int] = mapped_column(SmallInteger)
    channel: Mapped[int] = mapped_column(SmallInteger)
    status: Mapped[int] = mapped_column(SmallInteger)
    source: Mapped[int] = mapped_column(SmallInteger)
    addr_hash: Mapped[bytes] = mapped_column(LargeBinary)
    transaction_id: Mapped[str] = mapped_column(String(64))


class IysDifference(Model):
    """Where İYS's day and ours differ. ``mark`` names the row it is about, so that comparing again
    finds the same difference again; ``line`` is its place in the archived file, ``entry_id`` our
    entry. ``their_…`` is what the file says, ``our_…`` what we hold."""

    __tablename__ = "iys_difference"
    __table_args__ = (
        UniqueConstraint("provider_id", "brand_id", "day", "mark"),
        Index("ix_iys_difference_open", "provider_id", "brand_id", "day", "cause",
              text("coalesce(line, 2147483647)"), "id", postgresql_where=text("state = 1")),
        Index("ix_iys_difference_entry", "provider_id", "entry_id"),
    )

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    brand_id: Mapped[int] = mapped_column(Integer)
    day: Mapped[dt.date] = mapped_column(Date)
    found_at: Mapped[dt.datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"))
    repaired_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    entry_id: Mapped[int | None] = mapped_column(BigInteger)
    entry_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    recipient_id: Mapped[int | None] = mapped_column(BigInteger)
    repaired_by: Mapped[int | None] = mapped_column(BigInteger)
    their_date: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    their_creation: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    our_date: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    our_creation: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    line: Mapped[int | None] = mapped_column(Integer)
    fence: Mapped[int] = mapped_column(Integer)
    cause: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    recipient_type: Mapped[int] = mapped_column(SmallInteger)
    channel: Mapped[int] = mapped_column(SmallInteger)
    their_status: Mapped[int | None] = mapped_column(SmallInteger)
    their_source: Mapped[int | None] = mapped_column(SmallInteger)
    our_status: Mapped[int | None] = mapped_column(SmallInteger)
    our_source: Mapped[int | None] = mapped_column(SmallInteger)
    mark: Mapped[bytes] = mapped_column(LargeBinary)
    their_transaction: Mapped[str | None] = mapped_column(String(64))
    our_transaction: Mapped[str | None] = mapped_column(String(64))
