"""What is asked of the audit trail, and the lines that answer.

Why this module exists: among a million lines each question must have its index: by person, deed,
thing, brand, dealer, network address and time, the newest first, by keyset. The page over it is
:mod:`ileti.tenancy.trailpage`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from flask import request
from flask_appbuilder.security.sqla.models import User
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import ColumnElement, or_, select, union_all

from ileti.core import clock, orm
from ileti.core.errors import IletiError
from ileti.core.secrets import secrets
from ileti.tenancy import asked, scope, trail
from ileti.tenancy.models import AuditEntry

PAGE: Final = 50
REFERENCE_SECONDS: Final = 8 * 3600
_SUBJECT: Final = re.compile(r"[a-z_-]{2,40}:[\w.*-]{1,70}")
#: what people ask about, by the beginnings of deeds
TOPICS: Final[dict[str, tuple[Any, tuple[str, ...]]]] = {
    "giris": (_l("Sign-in and accounts"), (
        "login", "logout", "second_step", "confirm_failed", "session:", "two_step:", "passkey:",
        "outside:", "user:join")),
    "yetki": (_l("Users, roles and rights"), (
        "ab_user:", "membership:", "own_role:", "user:", "approval:")),
    "adres": (_l("Addresses seen in full"), (
        "consent:reveal", "inbound:reveal", "consent:prove", "consent:receipt", "consent:complaint",
        "consent:export", "export:",
        "message:prove", "proof:open", "request:reveal", "request:take", "request:open",
        "dealer:reveal", "api:addresses", "api:numbers", "import:report", "reconciliation:open")),
    "riza": (_l("Consents and proof"), (
        "consent:", "message:", "proof:", "preference:", "inbound", "report:")),
    "metin": (_l("Texts and inventory"), ("document", "purpose:")),
    "gonderim": (_l("Sending accounts and titles"), ("gateway_account:", "sender:")),
    "kurum": (_l("Providers, brands and dealers"), ("provider:", "brand:", "dealer:", "site:")),
    "liste": (_l("Imports"), ("import:",)),
    "iys": (_l("İYS"), ("iys:", "queue:", "reconciliation:")),
    "program": (_l("Programs and webhooks"), ("api", "webhook:", "mail:")),
    "basvuru": (_l("Data requests and retention"), (
        "request:", "retention:", "legal_hold:", "audit:", "keys:")),
}


@dataclass(frozen=True)
class Wanted:
    """What is asked of the trail."""

    users: Sequence[int] = ()
    actor: str | None = None
    topics: Sequence[str] = ()
    deed: str | None = None
    subject: str | None = None
    providers: Sequence[int] = ()
    brands: Sequence[int] = ()
    dealers: Sequence[int] = ()
    address: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    only: Sequence[str] = field(default=())

    def deeds(self) -> list[str] | None:
        """The deeds that fit; None: all of them."""
        found = [one for one in trail.DEEDS if not self.only or one in self.only]
        if self.deed is not None:
            return [self.deed] if not self.only or self.deed in self.only else []
        if self.topics:
            starts = tuple(start for topic in self.topics for start in TOPICS[topic][1])
            return [one for one in found if one.startswith(starts)]
        return found if self.only else None


def read_wanted(only: Sequence[str] = ()) -> Wanted:
    """The query string as what is wanted; anything odd is left out."""
    args, since, until = request.args, asked.day("tarih_from"), asked.day("tarih_to")
    deed, subject = args.get("ne", ""), args.get("konu", "")
    return Wanted(
        users=asked.numbers("kim"), actor=args.get("arac") or None,
        topics=[one for one in args.getlist("alan") if one in TOPICS],
        deed=deed if re.fullmatch(r"[a-z_]+(:[a-z_]+)?", deed) else None,
        subject=subject if _SUBJECT.fullmatch(subject) else None,
        providers=asked.numbers("saglayici") if scope.current().everything else (),
        brands=asked.numbers("marka"), dealers=asked.numbers("bayi"),
        address=_referred(args.get("bul")),
        since=None if since is None else _midnight(since),
        until=None if until is None else _midnight(until + timedelta(days=1)), only=only)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.ISTANBUL)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [AuditEntry.erased_at.is_(None)]
    for column, numbers in ((AuditEntry.user_id, wanted.users),
                            (AuditEntry.brand_id, wanted.brands),
                            (AuditEntry.dealer_id, wanted.dealers),
                            (AuditEntry.provider_id, wanted.providers)):
        if numbers:
            found.append(column.in_(numbers))
    for text, value in ((AuditEntry.actor, wanted.actor), (AuditEntry.subject, wanted.subject),
                        (AuditEntry.address, wanted.address)):
        if value is not None:
            found.append(text == value)
    if wanted.since is not None:
        found.append(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        found.append(AuditEntry.at < wanted.until)
    return found


def lines(wanted: Wanted, *, before: int | None = None, after: int | None = None,
          most: int = PAGE) -> list[AuditEntry]:
    """Lines that fit, the newest first, at most so many: below or above a number."""
    narrowed = _conditions(wanted)
    if before is not None:
        narrowed.append(AuditEntry.id < before)
    if after is not None:
        narrowed.append(AuditEntry.id > after)
    order = AuditEntry.id.asc() if after is not None else AuditEntry.id.desc()
    deeds = wanted.deeds()
    if deeds is None:
        found = select(AuditEntry).where(*narrowed)
    elif not deeds:
        return []
    else:  # each deed by its own index: together they would read the trail from its end
        parts = [select(AuditEntry.id).where(AuditEntry.action == one, *narrowed).order_by(order)
                 .limit(most) for one in deeds]
        found = select(AuditEntry).where(AuditEntry.id.in_(
            parts[0].scalar_subquery() if len(parts) == 1 else union_all(*parts)))
    rows = list(orm.db.session.scalars(found.order_by(order).limit(most)))
    return rows[::-1] if after is not None else rows


def search(typed: str) -> dict[str, Any] | None:
    """What somebody typed as a query: a network address, a thing (``dealer:12``), a person or a
    program; None when nobody and nothing is called so."""
    word = typed.strip()[:80]
    try:
        return {"bul": _reference(str(ipaddress.ip_address(word)))}
    except ValueError:
        pass
    if _SUBJECT.fullmatch(word):
        return {"konu": word}
    like = "%" + re.sub(r"([%_\\])", r"\\\1", word) + "%"
    people = orm.db.session.scalars(select(User.id).where(or_(
        (User.first_name + " " + User.last_name).ilike(like), User.username.ilike(like),
        User.email.ilike(like))).order_by(User.id).limit(20)).all()
    if people:
        return {"kim": list(people)}
    names = (word, f"cli:{word}")
    actor = orm.db.session.scalars(select(AuditEntry.actor).where(
        AuditEntry.actor.in_(names)).limit(1)).first()
    return {"arac": actor} if actor else None


def _reference(address: str) -> str:
    return secrets().tokens("handle").make(
        {"a": address, "u": current_user.id}, seconds=REFERENCE_SECONDS)


def _referred(token: str | None) -> str | None:
    """The network address a reference names; one that is nobody's finds nothing."""
    if not token:
        return None
    try:
        said = secrets().tokens("handle").read(token[:2_000])
    except IletiError:
        return "-"
    return str(said.get("a", "-")) if said.get("u") == current_user.id else "-"
