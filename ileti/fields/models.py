"""Custom fields as the database keeps them, and the values that are in no submission.

A personal value is sealed (``value_ct`` under ``key_no``), bound to its field and to ``bound``, the
keyed hash of the recipient's address: moved to another recipient it does not open. ``mark`` is the
keyed hash of the value, where it may be searched.
"""

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
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ileti.core.columns import PROOF

_NO = text("false")
_EMPTY = text("''")


class CustomField(Model):
    """A field of a provider; what it means is :class:`ileti.fields.vocabulary.Field`. Never
    deleted: what was said in it is still told by its name."""

    __tablename__ = "custom_field"
    __table_args__ = (
        UniqueConstraint("provider_id", "key"),
        CheckConstraint("subject in (1, 2)", name="subject"),
        CheckConstraint("kind in ('text', 'number', 'date', 'yesno', 'choice', 'choices')",
                        name="kind"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    subject: Mapped[int] = mapped_column(SmallInteger)
    key: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(8))
    name_tr: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    hint_tr: Mapped[str] = mapped_column(String(160), server_default=_EMPTY)
    hint_en: Mapped[str] = mapped_column(String(160), server_default=_EMPTY)
    required: Mapped[list[str]] = mapped_column(ARRAY(String(8)),
                                                server_default=text("'{}'::varchar[]"))
    personal: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    searchable: Mapped[bool] = mapped_column(Boolean, server_default=_NO)
    mask: Mapped[str] = mapped_column(String(80), server_default=_EMPTY)
    least: Mapped[str] = mapped_column(String(20), server_default=_EMPTY)
    most: Mapped[str] = mapped_column(String(20), server_default=_EMPTY)
    decimals: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    choices: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    position: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True),
                                                 server_default=text("now()"))
    retired_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    def __str__(self) -> str:
        return self.name_tr


class RecipientValue(Model):
    """What a provider knows of a recipient in one field; ``import_id``: the list it came with."""

    __tablename__ = "recipient_value"
    __table_args__ = (
        CheckConstraint("(value is null) <> (value_ct is null)", name="kept"),
        Index("ix_recipient_value_value", "provider_id", "field_id", "value",
              postgresql_where=text("value is not null")),
        Index("ix_recipient_value_mark", "provider_id", "field_id", "mark",
              postgresql_where=text("mark is not null")),
    )

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    recipient_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    field_id: Mapped[int] = mapped_column(ForeignKey("custom_field.id"), primary_key=True,
                                          autoincrement=False)
    value: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    key_no: Mapped[int | None] = mapped_column(SmallInteger)
    value_ct: Mapped[bytes | None] = mapped_column(LargeBinary)
    bound: Mapped[bytes | None] = mapped_column(LargeBinary)
    mark: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    import_id: Mapped[int | None] = mapped_column(BigInteger)


class EntryValue(Model):
    """What a row of a list said with a consent; of all others it stands in the submission."""

    __tablename__ = "entry_value"
    __table_args__ = (
        CheckConstraint("(value is null) <> (value_ct is null)", name="kept"),
        Index("ix_entry_value_recipient", "provider_id", "recipient_id"),
        Index("ix_entry_value_value", "provider_id", "field_id", "value",
              postgresql_where=text("value is not null")),
        Index("ix_entry_value_mark", "provider_id", "field_id", "mark",
              postgresql_where=text("mark is not null")),
        {"comment": PROOF},
    )

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    field_id: Mapped[int] = mapped_column(ForeignKey("custom_field.id"), primary_key=True,
                                          autoincrement=False)
    recipient_id: Mapped[int] = mapped_column(BigInteger)
    value: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    key_no: Mapped[int | None] = mapped_column(SmallInteger)
    value_ct: Mapped[bytes | None] = mapped_column(LargeBinary)
    bound: Mapped[bytes | None] = mapped_column(LargeBinary)
    mark: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
