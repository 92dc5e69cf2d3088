"""What the pages about retention show: periods with numbers, holds, runs.

A person of one brand sees the periods and the holds of that brand; numbers and log are the
provider's, since a person's records lie in several brands.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from flask import request, url_for
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from sqlalchemy import select

from config import settings
from ileti.consents.timeline import address_of
from ileti.core import clock, db, formats, orm
from ileti.core.errors import CallerMistake, NotFound
from ileti.core.formats import either
from ileti.core.secrets import secrets
from ileti.recipients.address import mask, parse_address
from ileti.recipients.models import Recipient
from ileti.retention import holds, plan
from ileti.retention.periods import PERIODS
from ileti.tenancy import scope, security
from ileti.tenancy.models import Brand, Provider

RUNS_SHOWN = 24


def provider_at_work() -> Provider:
    """The work space's provider; of who sees all, the one asked for or the first."""
    here = scope.current()
    asked = here.provider_id or request.values.get("saglayici", type=int)
    found: Provider | None = orm.db.session.scalars(
        select(Provider).where(Provider.id == asked if asked else Provider.id > 0)
        .order_by(Provider.id)).first()
    if found is None:
        raise NotFound()
    return found


def context() -> dict[str, Any]:
    """Of ``panel/retention.html``."""
    provider, here = provider_at_work(), scope.current()
    whole = here.brand_id is None
    due = plan.falls_due(provider.id) if whole else {}
    stands = plan.standing(provider.id, settings().destruction_days)
    may = security.may("retention:write")
    return {
        "title": _("Retention and destruction"),
        "line": f"{provider} · " + _("What is kept how long, by which law, and what was destroyed"),
        "whole": whole, "counted": due is not None, "late": plan.overdue(),
        "periods": [_period(one, (due or {}).get(one.kind)) for one in PERIODS],
        "facts": [
            (_("Last destruction"), stands.last_end or _("none yet")),
            (_("Next destruction"), stands.next_begin or _("within the hour")),
            (_("How often"), _("every %(n)s days; the law allows six months",
                               n=formats.number(settings().destruction_days))),
            (_("Restricted persons"), formats.number(stands.restricted)),
        ] if whole else [],
        "holds": [_hold(one) for one in _visible(provider.id)],
        "review": [one.id for one in _visible(provider.id) if _is_old(one)],
        "runs": _runs(provider.id) if whole else [], "provider": provider,
        "providers": _providers() if here.provider_id is None else [],
        "actions": [{"label": _("New legal hold"), "icon": "lock", "kind": "primary",
                     "url": url_for("RetentionView.new_hold", saglayici=provider.id)}] if may
        else [],
    }


def _providers() -> list[tuple[int, str]]:
    return [(one.id, str(one)) for one in orm.db.session.scalars(
        select(Provider).order_by(Provider.short_name).limit(500))]


def _period(one: Any, due: plan.Due | None) -> dict[str, Any]:
    return {"what": either(one.tr, one.en), "how_long": either(one.how_long_tr, one.how_long_en),
            "law": either(one.law_tr, one.law_en), "rule": one.rule.replace(" ", ", "),
            "now": due.now if due else 0, "year": due.year if due else 0}


def _visible(provider_id: int) -> list[holds.Hold]:
    here = scope.current()
    return [one for one in holds.holds_of(provider_id)
            if here.brand_id is None or one.brand_id == here.brand_id]


def _is_old(one: holds.Hold) -> bool:
    return one.ended_at is None and one.since < clock.now() - timedelta(days=holds.REVIEW_DAYS)


def hold_at_work(number: int) -> holds.Hold:
    """A hold the user may see; NotFound."""
    provider, here = provider_at_work(), scope.current()
    found = holds.hold(provider.id, number)
    if here.brand_id is not None and found.brand_id != here.brand_id:
        raise NotFound()
    return found


def _hold(one: holds.Hold) -> dict[str, Any]:
    return {
        "id": one.id, "what": what_is_held(one), "reason": one.reason, "since": one.since,
        "by": who(one.by), "ended_at": one.ended_at, "old": _is_old(one),
        "url": url_for("RetentionView.hold", number=one.id, saglayici=one.provider_id)}


def what_is_held(one: holds.Hold) -> str:
    """What narrows a hold, in words; an address masked."""
    parts = []
    if one.brand_id is not None:
        parts.append(str(orm.db.session.get(Brand, one.brand_id) or _("a brand")))
    if one.recipient_id is not None:
        address = address_of(orm.db.session.get(Recipient, (one.provider_id, one.recipient_id)))
        parts.append(mask(address) if address else _("a person"))
    if one.from_at is not None or one.to_at is not None:
        parts.append(_range(one.from_at, one.to_at))
    return " · ".join(parts) or _("Everything of the provider")


def _range(first: datetime | None, end: datetime | None) -> str:
    last = end - timedelta(days=1) if end else None
    return f"{formats.day(first) if first else '…'} – {formats.day(last) if last else '…'}"


def who(user_id: int | None) -> str:
    """A user's name, as far as the reader may know it."""
    user = orm.db.session.get(User, user_id) if user_id is not None else None
    return f"{user.first_name} {user.last_name}" if user is not None else _("somebody else")


def _runs(provider_id: int) -> list[dict[str, Any]]:
    rows = db.connection().execute(
        "select r.id, r.begun_at, r.ended_at, coalesce(sum(l.count), 0) from destruction_run r "
        "left join destruction_log l on l.run_id = r.id and l.provider_id = %s and l.kind <> 0 "
        "group by r.id order by r.id desc limit %s", (provider_id, RUNS_SHOWN)).fetchall()
    return [{"id": number, "begun": begun, "ended": ended, "count": count,
             "files": [(kind, url_for("RetentionView.log", form=kind.lower(), calisma=number,
                                      saglayici=provider_id)) for kind in ("CSV", "PDF")]}
            for number, begun, ended, count in rows]


# -- a new hold ----------------------------------------------------------------------------------


def form_context(error: str | None = None) -> dict[str, Any]:
    """Of ``panel/hold_new.html``, with what was typed."""
    provider, here = provider_at_work(), scope.current()
    brands = list(orm.db.session.scalars(
        select(Brand).where(Brand.provider_id == provider.id).order_by(Brand.name).limit(500)))
    typed = {name: request.form.get(name, "") for name in
             ("brand", "address", "first", "last", "reason")}
    return {"title": _("New legal hold"), "provider": provider, "error": error, "typed": typed,
            "brands": [(str(one.id), str(one)) for one in brands], "all": here.brand_id is None,
            "longest": holds.LONGEST_REASON,
            "crumbs": [(_("Retention and destruction"), url_for(
                "RetentionView.index", saglayici=provider.id)), (_("New legal hold"), None)]}


def place_hold(by: int) -> int:
    """Place the hold of the form; its number. Raises CallerMistake, AddressError."""
    provider, here = provider_at_work(), scope.current()
    brand = here.brand_id or request.form.get("brand", type=int)
    if here.brand_id is None and brand and orm.db.session.get(Brand, brand) is None:
        raise NotFound()
    first, last = _day("first"), _day("last")
    return holds.place(
        provider.id, request.form.get("reason", ""), by=by, brand_id=brand,
        recipient_id=_recipient(provider.id), from_at=_midnight(first),
        to_at=_midnight(last + timedelta(days=1)) if last else None)


def _recipient(provider_id: int) -> int | None:
    typed = request.form.get("address", "").strip()
    if not typed:
        return None
    digest = secrets().addresses.of(provider_id, parse_address(typed).value)
    found: Recipient | None = orm.db.session.scalars(select(Recipient).where(
        Recipient.provider_id == provider_id, Recipient.addr_hash == digest)).first()
    if found is None:
        raise CallerMistake("Bu adresin kaydı yok.", "There is no record of this address.",
                            code="unknown_address")
    return found.id


def _day(name: str) -> date | None:
    typed = request.form.get(name, "").strip()
    if not typed:
        return None
    try:
        found = date.fromisoformat(typed)
    except ValueError:
        found = date.min
    if not 2000 <= found.year <= 2200:
        raise CallerMistake("Gün geçersiz.", "This is no day.", code="bad_day")
    return found


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), clock.ISTANBUL) if day else None
