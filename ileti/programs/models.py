"""API accounts: whose software may speak here, for which brand or dealer, and the tokens it holds.

Secrets and tokens are random and kept as hashes: a stolen dump opens nothing, and an account that
was switched off ends every token at its next call.
"""

from __future__ import annotations

from datetime import datetime

from flask_appbuilder import Model
from sqlalchemy import (
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
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ileti.tenancy.models import Brand, Dealer, Provider


class ApiAccount(Model):
    """Credentials of a program. ``brand_id`` and ``dealer_id`` narrow it; None means all below the
    level above. Without ``secret_hash`` nobody can log in yet. ``reads_numbers``: retailers come
    with their identity and tax numbers, as at İYS. ``brings_lists``: it may import;
    ``reads_consents``: it may ask what held for an address at a moment; ``brings_proofs``: it may
    add files to consents."""

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
    reads_numbers: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    brings_lists: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    reads_consents: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    brings_proofs: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    username: Mapped[str] = mapped_column(String(64))
    secret_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    secret_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()"))
    disabled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    provider: Mapped[Provider] = relationship()
    brand: Mapped[Brand | None] = relationship()
    dealer: Mapped[Dealer | None] = relationship()

    def __str__(self) -> str:
        return self.name


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
