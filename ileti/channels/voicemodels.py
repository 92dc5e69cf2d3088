"""What the room of calls keeps: numbers people may call, and keys that were pressed.

A pressed key is proven by the ledger's own submission; the row here only says that this call's key
was taken already, so that a provider may tell it twice. No phone stands in either table.
"""

from __future__ import annotations

from datetime import datetime

from flask_appbuilder import Model
from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column


class VoiceNumber(Model):
    """A number of a brand that people call to refuse or to consent. ``token_hash`` finds it by the
    secret in the address its exchange asks, which is shown once and kept nowhere; without one
    nobody asks. ``takes_consent``: the menu offers it, which needs the texts on show. ``records``:
    an admin confirmed that the exchange records every call of the number; without it nobody is told
    of a consent before it is proven (R-20)."""

    __tablename__ = "voice_number"
    __table_args__ = (UniqueConstraint("provider_id", "number"), UniqueConstraint("token_hash"))

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int] = mapped_column(ForeignKey("brand.id"))
    number: Mapped[str] = mapped_column(String(16))
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    token_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    takes_consent: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    records: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True),
                                              server_default=text("now()"))

    def __str__(self) -> str:
        return self.number


class VoiceAct(Model):
    """That a call's key was taken: ``mark`` is the keyed hash of provider, call and phone."""

    __tablename__ = "voice_act"

    provider_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    mark: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    act: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    brand_id: Mapped[int] = mapped_column(Integer)
    submission_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
