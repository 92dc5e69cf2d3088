"""Who exists in İleti: providers, their brands and dealers, and which user belongs where.

Every row below a provider carries ``provider_id`` (it is the distribution column when one server
is no longer enough, facts §10) and is filtered by :mod:`ileti.tenancy.scope`. A dealer carries the
fields İYS asks of a retailer (R-45, iys-api §7.1).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from flask_appbuilder import Model
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    FetchedValue,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ileti.core.columns import PROOF, READ, XID8, EncryptedText


def _created() -> Mapped[datetime]:
    return mapped_column(DateTime(timezone=True), server_default=text("now()"))


def _twins(table: str) -> Index:
    return Index(f"uq_{table}_twin_of", "provider_id", "twin_of", unique=True,
                 postgresql_where=text("twin_of is not null"))


class Provider(Model):
    """A service provider (hizmet sağlayıcı): the company that sends and is liable.

    ``alarm_mails``: the language of mails about deadlines to its users, or ``off``. ``contact`` is
    the line people read on forms and mails; ``address`` to ``application`` (where people send
    requests about their data) stand in texts as merge fields. ``four_eyes``: whoever wrote a text
    may not publish it. ``vault_quota_mb``: room for its proofs; None as VAULT_QUOTA_MB says.
    ``two_step``: everybody who works for it signs in in two steps, whatever the role.
    ``approvals``: kinds of deeds a second person approves (:mod:`ileti.tenancy.foureyes`).
    ``step_up``: how whoever sends messages proves themselves first (R-51).
    ``most_…``: how many of each it may have (:mod:`ileti.tenancy.limits`); None: any number.
    ``data_management``: it has the second module too (:mod:`ileti.tenancy.modules`).
    ``sandbox_of``: it is the twin of that provider (:mod:`ileti.tenancy.twins`), until
    ``sandbox_retired_at``; ``sandbox_told`` marks what its simulator was told.
    ``trade`` to ``call_digit``: what its messages say of it and how they are refused (R-24 to R-29,
    :mod:`ileti.templates.senders`); a craftsman's identity number is sealed.
    ``refusal_words_before`` still stand in SMS that went out; ``refusal_elsewhere``: its gateway
    answers the number and tells İYS (:mod:`ileti.channels.refusing`). ``segment_price``:
    what one segment of an SMS costs it, in liras.
    """

    __tablename__ = "provider"
    __table_args__ = (
        UniqueConstraint("iys_code"),
        CheckConstraint("alarm_mails in ('tr', 'en', 'off')", name="alarm_mails"),
        CheckConstraint("most_dealers >= 0", name="most_dealers"),
        CheckConstraint("most_users >= 0", name="most_users"),
        CheckConstraint("most_brands >= 0", name="most_brands"),
        CheckConstraint("most_sites >= 0", name="most_sites"),
        CheckConstraint("most_api_accounts >= 0", name="most_api_accounts"),
        CheckConstraint("sandbox_retired_at is null or sandbox_of is not null",
                        name="sandbox_retired"),
        CheckConstraint("sandbox_of is null or iys_code > 900000000",
                        name="sandbox_no_plain_number"),
        Index("uq_provider_sandbox_of", "sandbox_of", unique=True, postgresql_where=text(
            "sandbox_of is not null and sandbox_retired_at is null")),
        CheckConstraint("trade in (1, 2)", name="trade"),
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
    approvals: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default=text("'{}'::text[]"))
    step_up: Mapped[str | None] = mapped_column(String(20))
    activation_date: Mapped[date | None] = mapped_column(Date)
    alarm_mails: Mapped[str] = mapped_column(String(3), server_default=text("'tr'"))
    iys_username: Mapped[str | None] = mapped_column(String(255))
    iys_password: Mapped[str | None] = mapped_column(EncryptedText("iys-password"))
    iys_partner_code: Mapped[int | None] = mapped_column(Integer)
    iys_checked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    iys_problem: Mapped[str | None] = mapped_column(Text)
    vault_quota_mb: Mapped[int | None] = mapped_column(Integer)
    most_dealers: Mapped[int | None] = mapped_column(Integer)
    most_users: Mapped[int | None] = mapped_column(Integer)
    most_brands: Mapped[int | None] = mapped_column(Integer)
    most_sites: Mapped[int | None] = mapped_column(Integer)
    most_api_accounts: Mapped[int | None] = mapped_column(Integer)
    data_management: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    sandbox_of: Mapped[int | None] = mapped_column(ForeignKey("provider.id"))
    sandbox_retired_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    sandbox_told: Mapped[str | None] = mapped_column(String(80))
    trade: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    owner_tckn: Mapped[str | None] = mapped_column(EncryptedText("provider-tckn"))
    service_number: Mapped[str | None] = mapped_column(String(20))
    refusal_number: Mapped[str | None] = mapped_column(String(20))
    refusal_word: Mapped[str] = mapped_column(String(20), server_default=text("'RET'"))
    refusal_words_before: Mapped[list[str]] = mapped_column(
        ARRAY(String(20)), server_default=text("'{}'::varchar[]"))
    refusal_elsewhere: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    call_digit: Mapped[str | None] = mapped_column(String(1))
    segment_price: Mapped[Decimal | None] = mapped_column(Numeric(9, 4))
    created_at: Mapped[datetime] = _created()

    def __str__(self) -> str:
        return self.short_name


class ProviderPlugin(Model):
    """A plug-in that is on for a provider (:mod:`ileti.tenancy.plugins`). ``hooks``: what it did
    when it was switched on; a check that has vanished since closes the gate."""

    __tablename__ = "provider_plugin"

    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    hooks: Mapped[list[str]] = mapped_column(ARRAY(Text))
    since: Mapped[datetime] = _created()
    switched_by: Mapped[int | None] = mapped_column(Integer)


class Brand(Model):
    """A brand (marka) of a provider; consents are kept per brand. The master brand has the
    provider's number. ``twin_of``: it stands for that brand in a sandbox."""

    __tablename__ = "brand"
    __table_args__ = (UniqueConstraint("provider_id", "brand_code"), _twins("brand"))

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_code: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(120))
    master: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    accent: Mapped[str | None] = mapped_column(String(7))
    twin_of: Mapped[int | None] = mapped_column(ForeignKey("brand.id"))
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
    """A dealer (bayi) who takes consents in the name of a brand. ``twin_of``: it stands for that
    dealer in a sandbox."""

    __tablename__ = "dealer"
    __table_args__ = (
        UniqueConstraint("provider_id", "retailer_code"),
        CheckConstraint("status in ('active', 'passive', 'suspended')", name="status"),
        Index("ix_dealer_brand_id", "brand_id"),
        _twins("dealer"),
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
    twin_of: Mapped[int | None] = mapped_column(ForeignKey("dealer.id"))
    created_at: Mapped[datetime] = _created()

    provider: Mapped[Provider] = relationship()
    brand: Mapped[Brand] = relationship()

    def __str__(self) -> str:
        return self.alias or self.title


class DealerRight(Model):
    """What a brand's dealers may do in its name (:mod:`ileti.tenancy.dealerrights`): the brand's
    word for all of them, or with ``dealer_id`` for one, which goes before it."""

    __tablename__ = "dealer_right"
    __table_args__ = (
        UniqueConstraint("brand_id", "dealer_id", "right_key", postgresql_nulls_not_distinct=True,
                         name="uq_dealer_right_place"),
        CheckConstraint("right_key in ('desk', 'page', 'imports', 'status', 'reports', "
                        "'messages')", name="key"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int] = mapped_column(ForeignKey("brand.id"))
    dealer_id: Mapped[int | None] = mapped_column(ForeignKey("dealer.id"))
    right_key: Mapped[str] = mapped_column(String(12))
    allowed: Mapped[bool] = mapped_column(Boolean)
    changed_at: Mapped[datetime] = _created()


class Membership(Model):
    """A user works for a provider, for one brand or for one dealer of it, in one role.

    ``provider_id`` null means the whole installation (platform admin only). ``suspended_at``: it
    rests and opens nothing; ``chosen_at``: when its user last went to this work space.
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
    suspended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    chosen_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

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
    """Who did what, when, where and from where; INSERT-only for the application's role.

    ``actor`` is whoever has no number: a program's name, ``cli:`` and the operator of the command
    line. ``brand_id`` and ``dealer_id`` say where it was done. The database adds place in the
    order, ``salt``, ``before_id`` (the line before) and ``leaf``, which is sealed like a consent's
    (:mod:`ileti.consents.traillines`). ``erased_at``: the line was ten years old and is empty.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_provider_id_at", "provider_id", "at"),
        Index("ix_audit_entry_subject_id", "subject", "id"),
        Index("ix_audit_entry_seal", "xid", "id"),
        Index("ix_audit_entry_provider", "provider_id", "id"),
        Index("ix_audit_entry_user", "provider_id", "user_id", "id"),
        Index("ix_audit_entry_actor", "provider_id", "actor", "id",
              postgresql_where=text("actor is not null")),
        Index("ix_audit_entry_action", "provider_id", "action", "id"),
        Index("ix_audit_entry_brand", "provider_id", "brand_id", "id",
              postgresql_where=text("brand_id is not null")),
        Index("ix_audit_entry_dealer", "provider_id", "dealer_id", "id",
              postgresql_where=text("dealer_id is not null")),
        Index("ix_audit_entry_address", "provider_id", "address", "id"),
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
    brand_id: Mapped[int | None] = mapped_column(Integer)
    dealer_id: Mapped[int | None] = mapped_column(Integer)
    actor: Mapped[str | None] = mapped_column(String(120))
    before_id: Mapped[int | None] = mapped_column(BigInteger)
    erased_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    xid: Mapped[int] = mapped_column(
        XID8(), server_default=text("pg_current_xact_id()"), deferred=True)
    epoch: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"), deferred=True)
    salt: Mapped[bytes] = mapped_column(
        LargeBinary, server_default=text("uuid_send(gen_random_uuid())"), deferred=True)
    leaf: Mapped[bytes] = mapped_column(
        LargeBinary, server_default=FetchedValue(), deferred=True)

    @property
    def doer(self) -> int | str | None:
        """The user's number, or the name of whoever has none."""
        return self.user_id if self.user_id is not None else self.actor


class Approval(Model):
    """A deed that waits for a second person, or waited (:mod:`ileti.tenancy.foureyes`).

    ``act`` is exactly what was asked, ``mark`` the state of the thing it was asked about,
    ``digest`` SHA-256 over all of it. The database lets nobody change what was asked or decided.
    """

    __tablename__ = "approval"
    __table_args__ = (
        CheckConstraint("state between 1 and 7", name="state"),
        CheckConstraint("state not in (2, 3, 4) or decided_by is not null "
                        "and decided_by is distinct from asked_by", name="two_people"),
        Index("ix_approval_provider_id", "provider_id", "id"),
        Index("ix_approval_waiting", "provider_id", "expires_at",
              postgresql_where=text("state = 1")),
        Index("ix_approval_due", "next_at", postgresql_where=text("state = 2")),
        Index("uq_approval_waiting", "digest", unique=True,
              postgresql_where=text("state in (1, 2)")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider_id: Mapped[int | None] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brand.id"))
    dealer_id: Mapped[int | None] = mapped_column(ForeignKey("dealer.id"))
    kind: Mapped[str] = mapped_column(String(20))
    deed: Mapped[str] = mapped_column(String(30))
    subject: Mapped[str] = mapped_column(String(120))
    permission: Mapped[str] = mapped_column(String(60))
    act: Mapped[dict] = mapped_column(JSONB)
    mark: Mapped[str] = mapped_column(String(200))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    asked_by: Mapped[int | None] = mapped_column(Integer)
    actor: Mapped[str | None] = mapped_column(String(120))
    asked_at: Mapped[datetime] = _created()
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    decided_by: Mapped[int | None] = mapped_column(Integer)
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reason: Mapped[str | None] = mapped_column(Text)
    next_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    problem: Mapped[str | None] = mapped_column(Text)


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


class WallRule(Model):
    """What the role of a level may see and write of a table (:mod:`ileti.tenancy.wall`); ``made``:
    by a migration (``wall_sees``), not from the table's columns; ``built``: the rules the policy
    was made from. Written by migrations and set-up."""

    __tablename__ = "wall_rule"
    __table_args__ = (
        CheckConstraint("level in ('provider', 'brand', 'dealer')", name="level"),
        {"comment": READ})

    table_name: Mapped[str] = mapped_column(Text, primary_key=True)
    level: Mapped[str] = mapped_column(Text, primary_key=True)
    rule: Mapped[str] = mapped_column(Text)
    write_rule: Mapped[str] = mapped_column(Text)
    made: Mapped[bool] = mapped_column(Boolean)
    built: Mapped[str | None] = mapped_column(Text)
