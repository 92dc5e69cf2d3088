"""API accounts: whose software may speak here, for which brand or dealer, its keys and tokens.

Keys and tokens are random and kept as hashes: a stolen dump opens nothing, and an account that was
switched off, or a key that was ended, ends every token at its next call.
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
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ileti.core.columns import EncryptedText
from ileti.programs.keys import SIGNING_PURPOSE
from ileti.tenancy.models import Brand, Dealer, Provider

_NOW = text("now()")
_NONE = text("'{}'::varchar[]")


class ApiAccount(Model):
    """A program and what it may do. ``brand_id`` and ``dealer_id`` narrow it; None means all below
    the level above. ``scopes`` are keys of :mod:`ileti.programs.scopes`; ``networks`` the addresses
    it may call from, any when empty; ``signs``: each of its calls must be signed. ``sandbox``: it
    works in its provider's twin and touches nothing real (docs/adr/0055)."""

    __tablename__ = "api_account"
    __table_args__ = (
        UniqueConstraint("username"),
        CheckConstraint("dealer_id is null or brand_id is not null", name="dealer_of_brand"),
        Index("ix_api_account_provider_id", "provider_id"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brand.id"))
    dealer_id: Mapped[int | None] = mapped_column(ForeignKey("dealer.id"))
    name: Mapped[str] = mapped_column(String(120))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String(30)), server_default=_NONE)
    networks: Mapped[list[str]] = mapped_column(ARRAY(String(45)), server_default=_NONE)
    signs: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    sandbox: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    username: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)
    disabled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    provider: Mapped[Provider] = relationship()
    brand: Mapped[Brand | None] = relationship()
    dealer: Mapped[Dealer | None] = relationship()

    def __str__(self) -> str:
        return self.name


class ApiKey(Model):
    """A key of an account (:mod:`ileti.programs.keys`). ``prefix`` None and ``keyed`` False: a
    secret from before there were keys. ``signing``: what signatures are checked with. ``scopes``,
    ``only_brand_id``, ``only_dealer_id`` and ``networks`` narrow the account's; None and empty: as
    the account. They never widen it, whatever stands there (:mod:`ileti.programs.accounts`)."""

    __tablename__ = "api_key"
    __table_args__ = (
        UniqueConstraint("prefix"),
        CheckConstraint("only_dealer_id is null or only_brand_id is not null",
                        name="dealer_of_brand"),
        Index("ix_api_key_account_id", "account_id"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(Integer)
    account_id: Mapped[int] = mapped_column(ForeignKey("api_account.id"))
    prefix: Mapped[str | None] = mapped_column(String(10))
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    keyed: Mapped[bool] = mapped_column(Boolean)
    signing: Mapped[str | None] = mapped_column(EncryptedText(SIGNING_PURPOSE))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)
    created_by: Mapped[int | None] = mapped_column(Integer)
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    warned: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    label: Mapped[str] = mapped_column(String(60), server_default=text("''"))
    scopes: Mapped[list[str] | None] = mapped_column(ARRAY(String(30)))
    only_brand_id: Mapped[int | None] = mapped_column(ForeignKey("brand.id"))
    only_dealer_id: Mapped[int | None] = mapped_column(ForeignKey("dealer.id"))
    networks: Mapped[list[str]] = mapped_column(ARRAY(String(45)), server_default=_NONE)

    only_brand: Mapped[Brand | None] = relationship()
    only_dealer: Mapped[Dealer | None] = relationship()


class ApiToken(Model):
    """A token somebody holds; ``kind`` 1 opens calls, 2 brings the next pair, once."""

    __tablename__ = "api_token"
    __table_args__ = (
        CheckConstraint("kind in (1, 2)", name="kind"),
        Index("ix_api_token_account_id", "account_id", "expires_at"),
    )

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    provider_id: Mapped[int] = mapped_column(Integer)
    account_id: Mapped[int] = mapped_column(ForeignKey("api_account.id"))
    key_id: Mapped[int] = mapped_column(ForeignKey("api_key.id"))
    kind: Mapped[int] = mapped_column(SmallInteger)
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class ApiProof(Model):
    """A proof file that a program brought: what it asked under which key, so that a repeat is the
    first time (``asked`` holds numbers and words, no address; ``sha256`` is the content's)."""

    __tablename__ = "api_proof"

    account_id: Mapped[int] = mapped_column(ForeignKey("api_account.id"), primary_key=True)
    idem: Mapped[str] = mapped_column(String(80), primary_key=True)
    provider_id: Mapped[int] = mapped_column(Integer)
    asked: Mapped[dict] = mapped_column(JSONB)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"))


class ApiNonce(Model):
    """A nonce that a signed call has used; kept while its time would be taken."""

    __tablename__ = "api_nonce"
    __table_args__ = (Index("ix_api_nonce_at", "at"),)

    key_id: Mapped[int] = mapped_column(ForeignKey("api_key.id"), primary_key=True)
    nonce: Mapped[str] = mapped_column(String(64), primary_key=True)
    provider_id: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class ApiCall(Model):
    """A deed that was done under an Idempotency-Key, with its answer, sealed: a repeat gets it.
    ``mark`` tells one request from another. Written in the transaction of the deed."""

    __tablename__ = "api_call"
    __table_args__ = (Index("ix_api_call_at", "at"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("api_account.id"), primary_key=True)
    idem: Mapped[str] = mapped_column(String(80), primary_key=True)
    provider_id: Mapped[int] = mapped_column(Integer)
    mark: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None] = mapped_column(SmallInteger)
    answer: Mapped[str | None] = mapped_column(EncryptedText("api-answer"))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)


class ApiUsage(Model):
    """How often a key called on a day of Istanbul, by the status it was answered with."""

    __tablename__ = "api_usage"
    __table_args__ = (Index("ix_api_usage_account_id", "account_id", "day"),)

    key_id: Mapped[int] = mapped_column(ForeignKey("api_key.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    status: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    provider_id: Mapped[int] = mapped_column(Integer)
    account_id: Mapped[int] = mapped_column(ForeignKey("api_account.id"))
    calls: Mapped[int] = mapped_column(BigInteger)
