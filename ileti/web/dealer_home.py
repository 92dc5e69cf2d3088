"""A dealer's first page: how to take a consent, what came of the latest ones (look picture 10)."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy import select

from ileti.capture.models import Kind, Site
from ileti.consents import listing
from ileti.core import clock, formats, orm
from ileti.tenancy import security
from ileti.web import figures
from ileti.web.figures import OpenRows
from ileti.web.today import days_title, recent, urgent, waiting_note

WAYS, LATEST = 3, 8


def dealer_home() -> dict[str, Any]:
    """Context of ``panel/dealer_home.html``."""
    own, sees = security.membership(), security.may("consent:read")
    if sees:
        rows = figures.open_rows()
        with listing.along_the_index():
            days = figures.by_day(1, figures.Rejections())
            latest, tiles = recent(LATEST, listing.TAKEN), _tiles(days, rows)
    name = current_user.first_name or current_user.username
    return {
        "greeting": _("Good day, %(name)s", name=name),
        "line": " · ".join((
            str(own.dealer) if own else "",
            _("you take consents in the name of %(brand)s", brand=str(own.brand) if own else ""),
            formats.day_long(clock.today()))),
        "urgent": urgent(rows) if sees else None, "ways": _ways(), "refuse": None, "sees": sees,
        "ask": {"label": _("Look up a consent"), "icon": "search",
                "url": url_for("ConsentView.list")} if sees else None,
        "tiles": tiles if sees else [], "recent": latest if sees else [],
        "recent_url": url_for("ConsentView.list", erisim=listing.TAKEN), "reminder": None,
    }


def _tiles(days: list[figures.Day], rows: OpenRows) -> list[dict[str, Any]]:
    today = days[-1][1] if days else [0, 0, 0]
    month = [sum(numbers[at] for _day, numbers in days) for at in range(2)]
    last = _("By %(day)s at the latest", day=formats.day(rows.earliest)) if rows.earliest else (
        waiting_note(rows))
    return [
        {"label": _("Today"), "number": today[0] + today[1], "note": _split(today),
         "url": url_for("ConsentView.list", erisim=listing.TAKEN,
                        tarih_from=clock.today().isoformat())},
        {"label": days_title(days), "number": month[0] + month[1], "note": _split(month),
         "url": url_for("ConsentView.list", erisim=listing.TAKEN)},
        {"label": _("Not at İYS yet"), "number": rows.waiting, "note": last,
         "url": url_for("ConsentView.list", iys=["queued", "waiting"])},
        *_given(),
    ]


def _given() -> list[dict[str, Any]]:
    """What others took and this dealer may use, once there is any (R-45)."""
    number = listing.count_given()
    note = _("At least so many; others took them") if number > listing.COUNTED else (
        _("Others took them, you may use them"))
    return [{"label": _("Access given"), "number": min(number, listing.COUNTED), "note": note,
             "url": url_for("ConsentView.list", erisim=listing.GIVEN)}] if number else []


def _split(numbers: list[int]) -> str:
    given, refused = numbers[0], numbers[1]
    return " · ".join((
        ngettext("%(n)s consent", "%(n)s consents", given, n=formats.number(given)),
        ngettext("%(n)s refusal", "%(n)s refusals", refused, n=formats.number(refused))))


def _ways() -> list[dict[str, Any]]:
    """The dealer's own forms, as ways to take a consent: the person ticks, on this screen or on
    their own phone."""
    sites = orm.db.session.scalars(select(Site).where(
        Site.active, Site.kind == Kind.WIDGET).order_by(Site.name).limit(WAYS)).all()
    own = [{"icon": "qr-code", "url": url_for("DealerPageView.list"),
            "title": _("By your own code"),
            "text": _("On the customer’s phone, or on a kiosk")}] if security.may(
                "poster:read") else []
    desk = [{"icon": "book-open", "url": url_for("DeskView.show"), "title": _("At the desk"),
             "text": _("Notices and explicit consents, on the phone or on paper")}] if security.may(
                 "consent:take") else []
    return own + [{"icon": "tablet", "url": f"/f/{one.public_key}",
             "title": _("On this device") if len(sites) == 1 else one.name,
             "text": _("Open the form on this device and turn the screen to the customer")
             if len(sites) > 1 else _("Turn the screen to the customer")}
            for one in sites] + desk
