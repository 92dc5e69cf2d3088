"""Call lists: whom a brand wants to call, who is out with whose number, what each call came to.

Recipients stand here by number; the address stays where addresses are. A ``call_attempt`` is one
handing out of a number and the message of this channel: with the entry of the consent it relied on
and the moment the gate was asked (R-36, R-49); it is kept as long as messages are (R-46).
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
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

_MOMENT = DateTime(timezone=True)
_NOW = text("now()")


class CallList(Model):
    """One list. ``dealer_id`` None: the brand's own. Hours are minutes of the Istanbul day;
    ``most_tries`` and ``rest_minutes`` bound calling one person again, ``cap_days`` is how long
    nobody who was spoken to is called from any list of the brand. ``left_out``: how many were asked
    for and why the gate kept them out, by its words."""

    __tablename__ = "call_list"
    __table_args__ = (
        CheckConstraint("state in (1, 2, 3)", name="state"),
        CheckConstraint("recipient_type in (1, 2)", name="recipient_type"),
        CheckConstraint("0 <= opens and opens < closes and closes <= 1440", name="hours"),
        Index("ix_call_list_provider_id", "provider_id", "brand_id", "state"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int] = mapped_column(ForeignKey("brand.id"))
    dealer_id: Mapped[int | None] = mapped_column(ForeignKey("dealer.id"))
    name: Mapped[str] = mapped_column(String(80))
    recipient_type: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    opens: Mapped[int] = mapped_column(SmallInteger, server_default=text("540"))
    closes: Mapped[int] = mapped_column(SmallInteger, server_default=text("1260"))
    on_holidays: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    most_tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("3"))
    rest_minutes: Mapped[int] = mapped_column(Integer, server_default=text("240"))
    cap_days: Mapped[int] = mapped_column(SmallInteger, server_default=text("7"))
    asked: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    left_out: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    made_at: Mapped[datetime] = mapped_column(_MOMENT, server_default=_NOW)
    made_by: Mapped[int | None] = mapped_column(Integer)
    ends_at: Mapped[datetime] = mapped_column(_MOMENT)

    def __str__(self) -> str:
        return self.name


class CallListEntry(Model):
    """One person on a list. While ``state`` is OUT the number is somebody's until ``lease_until``;
    ``fence`` rises with each handing out. ``denial``: the gate's word for who was taken away."""

    __tablename__ = "call_list_entry"
    __table_args__ = (
        UniqueConstraint("list_id", "recipient_id"),
        CheckConstraint("state in (1, 2, 3, 4)", name="state"),
        Index("ix_call_list_entry_next", "list_id", "next_at", "id",
              postgresql_where=text("state in (1, 2)")),
        Index("ix_call_list_entry_recipient", "provider_id", "recipient_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(Integer)
    brand_id: Mapped[int] = mapped_column(Integer)
    dealer_id: Mapped[int | None] = mapped_column(Integer)
    list_id: Mapped[int] = mapped_column(ForeignKey("call_list.id", ondelete="CASCADE"))
    recipient_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    fence: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    #: when it may be handed out, next; while it is out, when it comes back by itself
    next_at: Mapped[datetime] = mapped_column(_MOMENT, server_default=_NOW)
    denial: Mapped[str | None] = mapped_column(String(20))
    added_at: Mapped[datetime] = mapped_column(_MOMENT, server_default=_NOW)


class CallAttempt(Model):
    """One handing out of a number, and what came of it. ``relied_on``: the consent's entry;
    ``permit_at``: when the gate said yes. ``submission_id``: the refusal it ended with."""

    __tablename__ = "call_attempt"
    __table_args__ = (
        CheckConstraint("way in (1, 2, 3)", name="way"),
        CheckConstraint("result between 1 and 5", name="result"),
        Index("ix_call_attempt_list_id", "list_id", "at"),
        Index("ix_call_attempt_recipient", "provider_id", "recipient_id", "at"),
        Index("ix_call_attempt_held", "user_id", "until", postgresql_where=text("result is null")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(Integer)
    brand_id: Mapped[int] = mapped_column(Integer)
    dealer_id: Mapped[int | None] = mapped_column(Integer)
    list_id: Mapped[int] = mapped_column(Integer)
    entry_id: Mapped[int] = mapped_column(BigInteger)
    fence: Mapped[int] = mapped_column(Integer)
    recipient_id: Mapped[int] = mapped_column(BigInteger)
    way: Mapped[int] = mapped_column(SmallInteger)
    user_id: Mapped[int | None] = mapped_column(Integer)
    account_id: Mapped[int | None] = mapped_column(Integer)
    relied_on: Mapped[int] = mapped_column(BigInteger)
    permit_at: Mapped[datetime] = mapped_column(_MOMENT)
    at: Mapped[datetime] = mapped_column(_MOMENT)
    until: Mapped[datetime] = mapped_column(_MOMENT)
    result: Mapped[int | None] = mapped_column(SmallInteger)
    result_at: Mapped[datetime | None] = mapped_column(_MOMENT)
    again_at: Mapped[datetime | None] = mapped_column(_MOMENT)
    submission_id: Mapped[int | None] = mapped_column(BigInteger)
