"""Calls in which people say what they want: each with its steps, its sample and its judgement.

Why these tables: the ledger holds what was said, a call how it came to be said: what was read and
heard when, by whom, with which recording (R-20, R-22, R-23). The caller's number and name stand
here only while the call is open, sealed; afterwards the person is a ``recipient`` or nobody.
"""

from __future__ import annotations

from datetime import date, datetime

from flask_appbuilder import Model
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
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
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from ileti.core.columns import EncryptedText

_NOW = text("now()")
_MOMENT = DateTime(timezone=True)


class Call(Model):
    """One call. ``by_system``: the number came from the telephone system, nobody typed it (R-22).
    ``texts``: the versions that are read, as they were on show when it began, script and notice
    among them. ``idem`` names who asked for it and their key. Of the recording either
    ``recording_file`` (vault) or ``recording_link`` stands, with its SHA-256 and when it came; one
    recording proves one call, but for ``recording_shared``, kept from before that was so."""

    __tablename__ = "call"
    __table_args__ = (
        UniqueConstraint("provider_id", "idem"),
        CheckConstraint("direction in (1, 2)", name="direction"),
        CheckConstraint("num_nonnulls(recording_file, recording_link) < 2", name="one_recording"),
        CheckConstraint("(recording_sha256 is null) = (recording_at is null)", name="recorded"),
        Index("ix_call_open", "provider_id", "id", postgresql_where=text("ended_at is null")),
        Index("ix_call_place", "provider_id", "brand_id", "started_at"),
        Index("ix_call_agent", "agent_id", "started_at"),
        Index("ix_call_recipient", "provider_id", "recipient_id"),
        Index("ix_call_reference", "provider_id", "reference_mark"),
        Index("uq_call_recording", "provider_id", "recording_sha256", unique=True,
              postgresql_where=text("not recording_shared")),
        Index("ix_call_recording_file", "provider_id", "recording_file",
              postgresql_where=text("recording_file is not null")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int] = mapped_column(ForeignKey("brand.id"))
    dealer_id: Mapped[int | None] = mapped_column(ForeignKey("dealer.id"))
    agent_id: Mapped[int | None] = mapped_column(Integer)
    account_id: Mapped[int | None] = mapped_column(Integer)
    idem: Mapped[str] = mapped_column(String(140))
    direction: Mapped[int] = mapped_column(SmallInteger)
    by_system: Mapped[bool] = mapped_column(Boolean)
    language: Mapped[str] = mapped_column(String(2))
    recipient_id: Mapped[int | None] = mapped_column(BigInteger)
    number: Mapped[str | None] = mapped_column(EncryptedText("call-number"))
    name: Mapped[str | None] = mapped_column(EncryptedText("call-name"))
    reference: Mapped[str | None] = mapped_column(EncryptedText("call-reference"))
    reference_mark: Mapped[bytes | None] = mapped_column(LargeBinary)
    texts: Mapped[list[int]] = mapped_column(
        ARRAY(Integer), server_default=text("'{}'::integer[]"))
    service: Mapped[str | None] = mapped_column(String(20))
    started_at: Mapped[datetime] = mapped_column(_MOMENT, server_default=_NOW)
    touched_at: Mapped[datetime] = mapped_column(_MOMENT, server_default=_NOW)
    ended_at: Mapped[datetime | None] = mapped_column(_MOMENT)
    outcome: Mapped[int | None] = mapped_column(SmallInteger)
    recording_file: Mapped[int | None] = mapped_column(BigInteger)
    recording_link: Mapped[str | None] = mapped_column(EncryptedText("call-recording"))
    recording_sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    recording_at: Mapped[datetime | None] = mapped_column(_MOMENT)
    recording_by: Mapped[int | None] = mapped_column(Integer)
    recording_shared: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))


class CallStep(Model):
    """One step of a call. ``place`` counts within it, so that the same press twice is one step.
    ``settled_at``: what the step asks of the ledgers is done; ``verified_at``: its consent was
    recorded once more with its proof, ``verified_entry`` by that entry."""

    __tablename__ = "call_step"
    __table_args__ = (
        UniqueConstraint("provider_id", "call_id", "place", name="uq_call_step_place"),
        Index("ix_call_step_unsettled", "at", postgresql_where=text("settled_at is null")),
        Index("ix_call_step_untold", "at", postgresql_where=text(
            "kind = 6 and said = 1 and channel is not null and told_at is null")),
        CheckConstraint("kind between 1 and 7", name="kind"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(Integer)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"))
    place: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[int] = mapped_column(SmallInteger)
    said: Mapped[int | None] = mapped_column(SmallInteger)
    channel: Mapped[int | None] = mapped_column(SmallInteger)
    text_id: Mapped[int | None] = mapped_column(Integer)
    word: Mapped[str | None] = mapped_column(String(20))
    address: Mapped[str | None] = mapped_column(EncryptedText("call-number"))
    recipient_id: Mapped[int | None] = mapped_column(BigInteger)
    verification_id: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(_MOMENT)
    by_user: Mapped[int | None] = mapped_column(Integer)
    settled_at: Mapped[datetime | None] = mapped_column(_MOMENT)
    submission_id: Mapped[int | None] = mapped_column(BigInteger)
    entry_id: Mapped[int | None] = mapped_column(BigInteger)
    verified_at: Mapped[datetime | None] = mapped_column(_MOMENT)
    verified_entry: Mapped[int | None] = mapped_column(BigInteger)
    told_at: Mapped[datetime | None] = mapped_column(_MOMENT)


class CallRule(Model):
    """What a provider decided about its call centre: whether outbound calls may ask at all, why and
    on which ground (R-20); off unless a row says so. ``recording_hosts``: where its telephone
    system keeps recordings, which an agent's link may name."""

    __tablename__ = "call_rule"

    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"), primary_key=True)
    outbound: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    reason: Mapped[str] = mapped_column(String(400), server_default=text("''"))
    grounds: Mapped[list[str]] = mapped_column(
        ARRAY(String(20)), server_default=text("'{}'::varchar[]"))
    recording_hosts: Mapped[list[str]] = mapped_column(
        ARRAY(String(253)), server_default=text("'{}'::varchar[]"))
    changed_at: Mapped[datetime] = mapped_column(_MOMENT, server_default=_NOW)
    changed_by: Mapped[int | None] = mapped_column(Integer)


class CallTraining(Model):
    """That somebody was trained on a day (R-22)."""

    __tablename__ = "call_training"

    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    noted_at: Mapped[datetime] = mapped_column(_MOMENT, server_default=_NOW)
    noted_by: Mapped[int | None] = mapped_column(Integer)


class CallSample(Model):
    """Calls drawn by lot. ``seed`` and what it is from, the days and the share say which calls
    anybody must get who draws again (:mod:`ileti.callcentre.sampling`); ``among`` is how many.
    ``refusals``: calls in which somebody typed the number and only refused were drawn from too."""

    __tablename__ = "call_sample"
    __table_args__ = (
        Index("ix_call_sample_provider_id", "provider_id", "id"),
        CheckConstraint("share between 1 and 100", name="share"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brand.id"))
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date] = mapped_column(Date)
    share: Mapped[int] = mapped_column(SmallInteger)
    seed: Mapped[bytes] = mapped_column(LargeBinary)
    seal_no: Mapped[int | None] = mapped_column(BigInteger)
    among: Mapped[int] = mapped_column(Integer)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    calls: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    drawn_at: Mapped[datetime] = mapped_column(_MOMENT, server_default=_NOW)
    drawn_by: Mapped[int | None] = mapped_column(Integer)
    refusals: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))


class CallReview(Model):
    """What a supervisor heard. ``taken_back_at``: the judgement failed and its consents were taken
    back by counter-entries, and the person was told."""

    __tablename__ = "call_review"
    __table_args__ = (UniqueConstraint("provider_id", "call_id", name="uq_call_review_call"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(Integer)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"))
    notice_read: Mapped[bool] = mapped_column(Boolean)
    neutral: Mapped[bool] = mapped_column(Boolean)
    clear: Mapped[bool] = mapped_column(Boolean)
    note: Mapped[str | None] = mapped_column(EncryptedText("call-review"))
    at: Mapped[datetime] = mapped_column(_MOMENT, server_default=_NOW)
    by_user: Mapped[int | None] = mapped_column(Integer)
    taken_back_at: Mapped[datetime | None] = mapped_column(_MOMENT)

    @property
    def passed(self) -> bool:
        """Whether the call proves what it is said to prove."""
        return self.notice_read and self.neutral and self.clear
