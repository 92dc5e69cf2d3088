"""Who exists in İleti: providers, their brands and dealers, and which user belongs where.

Every row below a provider carries ``provider_id`` (it is the distribution column when one server
is no longer enough, facts §10) and is filtered by :mod:`ileti.tenancy.scope`. A dealer carries the
fields İYS asks of a retailer (R-45, iys-api §7.1).
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

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
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ileti.core.columns import PROOF, READ, EncryptedText


def _created() -> Mapped[datetime]:
    return mapped_column(DateTime(timezone=True), server_default=text("now()"))


class Provider(Model):
    """A service provider (hizmet sağlayıcı): the company that sends and is liable.

    ``alarm_mails``: the language of mails about deadlines to its users, or ``off``. ``contact`` is
    the line people read on forms and mails; ``address`` to ``application`` (where people send
    requests about their data) stand in texts as merge fields. ``four_eyes``: whoever wrote a text
    may not publish it. ``vault_quota_mb``: room for its proofs; None as VAULT_QUOTA_MB says.
    ``two_step``: everybody who works for it signs in in two steps, whatever the role.
    """

    __tablename__ = "provider"
    __table_args__ = (
        UniqueConstraint("iys_code"),
        CheckConstraint("alarm_mails in ('tr', 'en', 'off')", name="alarm_mails"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    title: Mapped[str] = mapped_column(String(255))
    short_name: Mapped[str] = mapped_column(String(60))
    iys_code: Mapped[int] = mapped_column(Integer)
    mersis: Mapped[str | None] = mapped_column(String(16))
    contact: Mapped[str | None] = mapped_column(String(255))
    address: Mapped[str | None] = mapped_column(String(255))
    kep: Mapped[str | None] = mapped_column(String(120))
    verbis: Mapped[str | None] = mapped_column(String(30))
    application: Mapped[str | None] = mapped_column(String(400))
    four_eyes: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    two_step: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    activation_date: Mapped[date | None] = mapped_column(Date)
    alarm_mails: Mapped[str] = mapped_column(String(3), server_default=text("'tr'"))
    iys_username: Mapped[str | None] = mapped_column(String(255))
    iys_password: Mapped[str | None] = mapped_column(EncryptedText("iys-password"))
    iys_partner_code: Mapped[int | None] = mapped_column(Integer)
    iys_checked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    iys_problem: Mapped[str | None] = mapped_column(Text)
    vault_quota_mb: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = _created()

    def __str__(self) -> str:
        return self.short_name


class Brand(Model):
    """A brand (marka) of a provider; consents are kept per brand. The master brand has the
    provider's number."""

    __tablename__ = "brand"
    __table_args__ = (UniqueConstraint("provider_id", "brand_code"),)

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_code: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(120))
    master: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    accent: Mapped[str | None] = mapped_column(String(7))
    created_at: Mapped[datetime] = _created()

    provider: Mapped[Provider] = relationship()

    def __str__(self) -> str:
        return self.name


class DealerStatus(StrEnum):
    """İYS's three retailer states (iys-api §2)."""

    ACTIVE = "active"
    PASSIVE = "passive"
    SUSPENDED = "suspended"


class Dealer(Model):
    """A dealer (bayi) who takes consents in the name of a brand."""

    __tablename__ = "dealer"
    __table_args__ = (
        UniqueConstraint("provider_id", "retailer_code"),
        CheckConstraint("status in ('active', 'passive', 'suspended')", name="status"),
        Index("ix_dealer_brand_id", "brand_id"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int] = mapped_column(ForeignKey("brand.id"))
    retailer_code: Mapped[int | None] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(255))
    tckn: Mapped[str] = mapped_column(EncryptedText("dealer-tckn"))
    tin: Mapped[str] = mapped_column(EncryptedText("dealer-tin"))
    mersis: Mapped[str | None] = mapped_column(String(16))
    alias: Mapped[str | None] = mapped_column(String(255))
    mobile: Mapped[str | None] = mapped_column(String(15))
    city_code: Mapped[str] = mapped_column(String(2))
    town_code: Mapped[str] = mapped_column(String(4))
    status: Mapped[str] = mapped_column(String(10), server_default=text("'active'"))
    created_at: Mapped[datetime] = _created()

    provider: Mapped[Provider] = relationship()
    brand: Mapped[Brand] = relationship()

    def __str__(self) -> str:
        return self.alias or self.title


class Membership(Model):
    """A user works for a provider, for one brand or for one dealer of it, in one role.

    ``provider_id`` null means the whole installation (platform admin only).
    """

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("user_id", "role", "provider_id", "brand_id", "dealer_id",
                         postgresql_nulls_not_distinct=True, name="uq_membership_place"),
        CheckConstraint("dealer_id is null or provider_id is not null", name="dealer_of_provider"),
        CheckConstraint("brand_id is null or provider_id is not null", name="brand_of_provider"),
        Index("ix_membership_user_id", "user_id"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    provider_id: Mapped[int | None] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brand.id"))
    dealer_id: Mapped[int | None] = mapped_column(ForeignKey("dealer.id"))
    role: Mapped[str] = mapped_column(String(30))
    created_at: Mapped[datetime] = _created()

    provider: Mapped[Provider | None] = relationship()
    brand: Mapped[Brand | None] = relationship()
    dealer: Mapped[Dealer | None] = relationship()


class OwnRole(Model):
    """A role a provider composed itself, for all of it or for one brand
    (:mod:`ileti.tenancy.ownroles`). A membership names it ``own:<id>``. ``permissions`` as
    ``resource:action``; ``retired_at``: handed out no more, kept for what the audit trail says."""

    __tablename__ = "own_role"
    __table_args__ = (
        CheckConstraint("level in ('provider', 'brand', 'dealer')", name="level"),
        Index("uq_own_role_title", "provider_id", text("lower(title)"), unique=True,
              postgresql_where=text("retired_at is null")),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brand.id"))
    title: Mapped[str] = mapped_column(String(60))
    note: Mapped[str | None] = mapped_column(String(255))
    level: Mapped[str] = mapped_column(String(10))
    permissions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_by: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = _created()
    retired_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    provider: Mapped[Provider] = relationship()
    brand: Mapped[Brand | None] = relationship()

    def __str__(self) -> str:
        return self.title


class AuditEntry(Model):
    """Who did what in the panel; INSERT-only for the application's role."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_provider_id_at", "provider_id", "at"),
        Index("ix_audit_entry_subject_id", "subject", "id"),
        {"comment": PROOF},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = _created()
    provider_id: Mapped[int | None] = mapped_column(Integer)
    user_id: Mapped[int | None] = mapped_column(Integer)
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(120))
    detail: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    address: Mapped[str | None] = mapped_column(String(45))

    @property
    def doer(self) -> int | str | None:
        """The user's number, or the name of the program that did it."""
        return self.user_id if self.user_id is not None else (self.detail or {}).get("program")


class LoginLimit(Model):
    """Failed logins per user name and per address, so that guessing is slow (ASVS 6.3.1)."""

    __tablename__ = "login_limit"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    failures: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    until: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))


class UserSession(Model):
    """A signed-in browser; kept here so that signing out really ends it (stack T19).

    The cookie holds a random value, the row its SHA-256: a stolen dump opens no session.
    ``seen_at`` is written at most once a minute.
    """

    __tablename__ = "user_session"
    __table_args__ = (
        Index("ix_user_session_user_id", "user_id"),
        Index("ix_user_session_expires_at", "expires_at"),
    )

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[int | None] = mapped_column(Integer)
    data: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    address: Mapped[str | None] = mapped_column(String(45))
    agent: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime] = _created()
    seen_at: Mapped[datetime] = _created()
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class DealerRule(Model):
    """What ``ileti_dealer`` may see of a table (:mod:`ileti.tenancy.wall`); ``built``: the rule the
    policy was made from. Written by migrations (``dealer_sees``) and set-up."""

    __tablename__ = "dealer_rule"
    __table_args__ = {"comment": READ}

    table_name: Mapped[str] = mapped_column(Text, primary_key=True)
    rule: Mapped[str] = mapped_column(Text)
    built: Mapped[str | None] = mapped_column(Text)
