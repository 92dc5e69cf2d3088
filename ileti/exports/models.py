"""The table of exports that jobs make."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column


class ExportRun(Model):
    """A list somebody asked for as a file, and the file. Whose it is stands twice: who asked
    (``user_id`` in ``membership_id``, or ``account_id`` by ``key_id``), and how far they saw then
    (provider, brand, dealer); both are compared with what holds when it is made and fetched.
    ``file_key`` is encrypted; without it the file cannot be read. ``path`` is below the exports'
    folder, empty once the file is gone."""

    __tablename__ = "export_run"
    __table_args__ = (
        CheckConstraint("(user_id is null) <> (account_id is null)", name="asker"),
        Index("ix_export_run_user", "user_id", text("id desc")),
        Index("ix_export_run_account", "account_id", text("id desc"),
              postgresql_where=text("account_id is not null")),
        Index("ix_export_run_due", "next_at", postgresql_where=text("state in (1, 2)")),
        Index("ix_export_run_file", "provider_id", postgresql_where=text("path <> ''")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int | None] = mapped_column(Integer)
    dealer_id: Mapped[int | None] = mapped_column(Integer)
    user_id: Mapped[int | None] = mapped_column(Integer)
    membership_id: Mapped[int | None] = mapped_column(Integer)
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    key_id: Mapped[int | None] = mapped_column(BigInteger)
    restricted: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    kind: Mapped[str] = mapped_column(String(40))
    form: Mapped[str] = mapped_column(String(8))
    language: Mapped[str] = mapped_column(String(2))
    full: Mapped[bool] = mapped_column(Boolean)
    asked: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    rows: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    expected: Mapped[int | None] = mapped_column(BigInteger)
    size: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    path: Mapped[str] = mapped_column(Text, server_default=text("''"))
    file_key: Mapped[str] = mapped_column(Text, server_default=text("''"))
    fence: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    next_at: Mapped[datetime] = mapped_column(DateTime(timezone=True),
                                              server_default=text("now()"))
    fetched: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True),
                                                 server_default=text("now()"))
    begun_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
