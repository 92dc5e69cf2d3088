"""Where consents are taken on the web: sites with their widget, and the codes that verify an
address (R-21, R-22: the code verifies the address and nothing else)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
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
    inspect,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ileti.core import orm
from ileti.core.columns import EncryptedText
from ileti.tenancy.models import Brand, Dealer, Provider


class Policy(StrEnum):
    """How an address becomes verified on a site."""

    CODE = "code"
    SIGNED = "signed"
    LATER = "later"


class Kind(StrEnum):
    """What leads people to a form: a widget's page, a dealer's own printed code or kiosk, or the
    code of an event."""

    WIDGET = "widget"
    POSTER = "poster"
    KIOSK = "kiosk"
    EVENT = "event"


class Site(Model):
    """A web site (or a corner of it) with a consent widget, or a dealer's own page
    (:mod:`ileti.capture.dealercodes`; ``ended_at``: its code was replaced or ended; ``ends_at``:
    an event's last moment).
    ``explicit_consents`` are the texts (ids of ``document``) whose explicit consent its form asks
    for, each by a box of its own; ``fields`` (ids of ``custom_field``) what else it asks."""

    __tablename__ = "site"
    __table_args__ = (
        CheckConstraint("policy in ('code', 'signed', 'later')", name="policy"),
        CheckConstraint("kind in ('widget', 'poster', 'kiosk', 'event')", name="kind"),
        CheckConstraint("kind in ('widget', 'event') or dealer_id is not null",
                        name="page_of_dealer"),
        CheckConstraint("(kind = 'event') = (ends_at is not null)", name="event_ends"),
        Index("ix_site_provider_id", "provider_id"),
        Index("uq_site_dealer_page", "dealer_id", "kind", unique=True,
              postgresql_where=text("kind <> 'widget' and active")),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int] = mapped_column(ForeignKey("brand.id"))
    dealer_id: Mapped[int | None] = mapped_column(ForeignKey("dealer.id"))
    name: Mapped[str] = mapped_column(String(120))
    public_key: Mapped[str] = mapped_column(String(40), unique=True)
    secret: Mapped[str | None] = mapped_column(EncryptedText("site-secret"))
    secret_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    secret_before: Mapped[str | None] = mapped_column(EncryptedText("site-secret"))
    secret_before_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    origins: Mapped[list[str]] = mapped_column(ARRAY(String(200)), server_default=text("'{}'"))
    policy: Mapped[str] = mapped_column(String(8), server_default=text("'code'"))
    channels: Mapped[list[int]] = mapped_column(
        ARRAY(SmallInteger), server_default=text("'{2,1,3}'")
    )
    explicit_consents: Mapped[list[int]] = mapped_column(
        ARRAY(Integer), server_default=text("'{}'::integer[]")
    )
    fields: Mapped[list[int]] = mapped_column(
        ARRAY(Integer), server_default=text("'{}'::integer[]")
    )
    active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    form_version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    kind: Mapped[str] = mapped_column(String(8), server_default=text("'widget'"))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )

    provider: Mapped[Provider] = relationship()
    brand: Mapped[Brand] = relationship()
    dealer: Mapped[Dealer | None] = relationship()

    def __str__(self) -> str:
        return self.name


@orm.listen(Site, "before_update")
def _another_form(_mapper: Any, _connection: Any, site: Site) -> None:
    """Other boxes or another way to verify are another form than the one people saw (R-17).

    What was on show before is refused then, and asked for again in its new version.
    """
    shown: Any = inspect(site).attrs
    if any(shown[name].history.has_changes()
           for name in ("channels", "explicit_consents", "fields", "policy")):
        site.form_version += 1


class Verification(Model):
    """A code on its way to one address of one submission; 6 digits, 5 minutes, 5 tries, hashed.

    A code of the preference centre has no submission, and no recipient where nobody knows the
    address: it was then never sent, and counts and answers as a real one (docs/adr/0032). The marks
    are the day's keyed hashes of the address and of its block of numbers, by which codes are
    counted over all providers (:mod:`ileti.capture.code_limits`).
    """

    __tablename__ = "verification"
    __table_args__ = (
        Index("ix_verification_submission", "provider_id", "submission_id"),
        Index("ix_verification_address_mark", "address_mark", "created_at"),
        Index("ix_verification_block_mark", "block_mark", "created_at"),
        Index("ix_verification_provider_id_created_at", "provider_id", "created_at", "site_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(Integer)
    site_id: Mapped[int] = mapped_column(Integer)
    submission_id: Mapped[int | None] = mapped_column(BigInteger)
    recipient_id: Mapped[int | None] = mapped_column(BigInteger)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    address_mark: Mapped[bytes] = mapped_column(LargeBinary)
    block_mark: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    verified_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    replaced_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))


class KioskItem(Model):
    """A choice taken without network that could not be recorded by itself, and why
    (:mod:`ileti.capture.kioskheld`). ``item`` is the device's name for it; the content is sealed
    and wiped when somebody decides. ``marks`` are the keyed hashes of its addresses, by which an
    erasure finds it."""

    __tablename__ = "kiosk_item"
    __table_args__ = (
        UniqueConstraint("site_id", "item"),
        CheckConstraint("state between 1 and 4", name="state"),
        CheckConstraint("(content_ct is null) = (content_key is null)", name="content"),
        Index("ix_kiosk_item_provider_id", "provider_id", "state", "id"),
        Index("ix_kiosk_item_waiting", "arrived_at", postgresql_where=text("state = 1")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    brand_id: Mapped[int] = mapped_column(Integer)
    dealer_id: Mapped[int] = mapped_column(Integer)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    item: Mapped[str] = mapped_column(String(64))
    state: Mapped[int] = mapped_column(SmallInteger)
    reason: Mapped[str] = mapped_column(String(24))
    claimed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    contact_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    arrived_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    clock_changed: Mapped[bool] = mapped_column(Boolean)
    content_key: Mapped[int | None] = mapped_column(SmallInteger)
    content_ct: Mapped[bytes | None] = mapped_column(LargeBinary)
    marks: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary))
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    decided_by: Mapped[int | None] = mapped_column(Integer)
