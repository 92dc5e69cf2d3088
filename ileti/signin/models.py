"""What is kept of an account beside its name and password: second steps, devices, mails about it.

Invitations belong to the place they are for. All else belongs to a user, and only the system looks
at it (``PERSONAL_TABLES`` in :mod:`ileti.tenancy.scope`): a page about one's own account asks by
one's own number. Nothing here can be used by whoever steals a dump: the secret of the authenticator
app is encrypted, recovery codes, devices, networks and links of invitations are keyed hashes, a
passkey's half is public.
"""

from __future__ import annotations

from datetime import datetime

from flask_appbuilder import Model
from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ileti.core.columns import EncryptedText
from ileti.tenancy.models import Brand, Dealer, Provider

_NOW = text("now()")


def _user() -> Mapped[int]:
    return mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))


def _moment() -> Mapped[datetime]:
    return mapped_column(DateTime(timezone=True), server_default=_NOW)


class UserSecurity(Model):
    """One row per user: the authenticator app and when somebody last worked.

    ``totp_step`` is the half minute of the newest code that was taken: no code is taken twice.
    """

    __tablename__ = "user_security"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    totp_secret: Mapped[str | None] = mapped_column(EncryptedText("two-step"))
    totp_step: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    totp_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    seen_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class RecoveryCode(Model):
    """A code for whoever lost the second step; a keyed hash, good once."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("user_id", "digest"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    user_id: Mapped[int] = _user()
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Passkey(Model):
    """A passkey (WebAuthn credential): its public key and how often it signed."""

    __tablename__ = "passkey"
    __table_args__ = (UniqueConstraint("credential"), Index("ix_passkey_user_id", "user_id"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    user_id: Mapped[int] = _user()
    credential: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    name: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = _moment()
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class UserDevice(Model):
    """A browser and a network from which a user signed in; both as keyed hashes."""

    __tablename__ = "user_device"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True)
    device: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    network: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    seen_at: Mapped[datetime] = _moment()


class OutsideLogin(Model):
    """Which of our users an identity provider's subject is (OpenID Connect)."""

    __tablename__ = "outside_login"
    __table_args__ = (UniqueConstraint("user_id", "issuer"),)

    issuer: Mapped[str] = mapped_column(String(255), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    user_id: Mapped[int] = _user()
    created_at: Mapped[datetime] = _moment()


class Invitation(Model):
    """Somebody who may let themselves in (:mod:`ileti.signin.invitations`): role, place, and the
    keyed hash of the link's token. ``user_id``: who accepted."""

    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("digest"),
                      Index("ix_invitation_provider_id", "provider_id", "id"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider_id: Mapped[int | None] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brand.id"))
    dealer_id: Mapped[int | None] = mapped_column(ForeignKey("dealer.id"))
    role: Mapped[str] = mapped_column(String(30))
    email: Mapped[str] = mapped_column(String(120))
    first_name: Mapped[str] = mapped_column(String(60))
    last_name: Mapped[str] = mapped_column(String(60))
    language: Mapped[str] = mapped_column(String(2))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    invited_by: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = _moment()
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    accepted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))

    provider: Mapped[Provider | None] = relationship()
    brand: Mapped[Brand | None] = relationship()
    dealer: Mapped[Dealer | None] = relationship()


class AccountMail(Model):
    """A mail to a user about the account, or to somebody invited (``user_id`` null); written with
    its deed, sent through the outbox."""

    __tablename__ = "account_mail"
    __table_args__ = (Index("ix_account_mail_user_id", "user_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))
    kind: Mapped[int] = mapped_column(SmallInteger)
    content: Mapped[str] = mapped_column(EncryptedText("account-mail"))
    created_at: Mapped[datetime] = _moment()
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    gateway: Mapped[str | None] = mapped_column(String(20))
    problem: Mapped[str | None] = mapped_column(Text)
