"""Codes for events: a fair, a launch, a stand, with a day on which they end by themselves.

Why this module exists: what people consent to at an event has a source of its own at İYS
(HS_ETKINLIK), which nobody may choose by hand (R-43). So an event has a page of its own, made for
it, whose code hangs at the stand; its name and place stand in every proof; and after its last day
the code says that the event is over, instead of calling a consent of next month one of the fair.
"""

from __future__ import annotations

import secrets as chance
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from markupsafe import Markup, escape
from sqlalchemy import insert, select

from ileti.capture import dealercodes
from ileti.capture.models import Kind, Policy, Site
from ileti.capture.poster import poster
from ileti.core import clock, orm
from ileti.core.errors import InvalidInput, NotFound, TryLater
from ileti.core.formats import say
from ileti.evidence.paper import NotSet
from ileti.tenancy import audit, offered, scope, security
from ileti.tenancy.models import Brand

SHOWN: Final = 100
MOST_DAYS: Final = 60
LONGEST: Final = 55


class EventView(BaseView):
    """Pages of events."""

    route_base = "/etkinlikler"
    class_permission_name = "site"
    default_view = "list"

    @expose("/")
    @has_access
    @permission_name("read")
    def list(self) -> ResponseReturnValue:
        """Events, the newest first, and the form for the next."""
        found = orm.db.session.scalars(select(Site).where(Site.kind == Kind.EVENT).order_by(
            Site.id.desc()).limit(SHOWN)).all()
        return self.render_template(
            "panel/events.html", title=_("Fairs and events"), may=security.may("site:write"),
            line=_("A code for a fair or a stand; it ends with the event."),
            brands=[(one.id, one.name) for one in offered.brands()],
            today=clock.today().isoformat(),
            last=(clock.today() + timedelta(days=MOST_DAYS)).isoformat(),
            rows=[_row(one) for one in found])

    @expose("/yap", methods=["POST"])
    @has_access
    @permission_name("write")
    def make(self) -> ResponseReturnValue:
        """A page and its code."""
        wanted = request.form.get("marka", 0, type=int)
        brand = next((one for one in offered.brands() if one.id == wanted), None)
        if brand is None:
            raise NotFound()
        try:
            site = _made(brand)
        except InvalidInput as error:
            flash(" ".join(say(one) for one in error.errors) or say(error), "warning")
        else:
            audit.record("event:make", f"site:{site}", {}, provider_id=brand.provider_id)
            orm.db.session.commit()
            flash(_("The code is made. Print the poster and put it where people see it."),
                  "success")
        return redirect(url_for("EventView.list"), code=303)

    @expose("/<int:pk>/bitir", methods=["POST"])
    @has_access
    @permission_name("write")
    def end(self, pk: int) -> ResponseReturnValue:
        """The event ends now."""
        site = _event(pk)
        if site.active:
            site.active, site.ended_at = False, clock.now()
            audit.record("event:end", f"site:{site.id}", {}, provider_id=site.provider_id)
            orm.db.session.commit()
        flash(_("The code has ended. Whoever scans it is told so."), "success")
        return redirect(url_for("EventView.list"), code=303)

    @expose("/<int:pk>/afis-<language>.pdf")
    @has_access
    @permission_name("read")
    def paper(self, pk: int, language: str) -> ResponseReturnValue:
        """The poster for the stand."""
        site = _event(pk)
        if language not in ("tr", "en"):
            raise NotFound()
        try:
            made = poster(site, language)
        except NotSet as error:
            raise TryLater("Afiş hazırlanamadı; yeniden deneyin.",
                           "The poster could not be made; try again.", code="not_set") from error
        return Response(made, mimetype="application/pdf", headers={
            "Content-Disposition": f'attachment; filename="etkinlik-{pk}-{language}.pdf"',
            "Cache-Control": "private, no-store"})


def _made(brand: Brand) -> int:
    name, spot = (" ".join(request.form.get(one, "").split())[:LONGEST] for one in ("ad", "yer"))
    ends_at = _last_moment(request.form.get("son", ""))
    if not name or not spot:
        raise InvalidInput("Etkinliğin adını ve yerini yazın.",
                           "Write the event’s name and place.", code="event_name")
    row = orm.db.session.execute(insert(Site).values(
        provider_id=brand.provider_id, brand_id=brand.id, dealer_id=scope.current().dealer_id,
        name=f"{name} · {spot}", kind=Kind.EVENT.value, policy=Policy.CODE.value, ends_at=ends_at,
        public_key="pk_" + chance.token_urlsafe(18)).returning(Site.id))
    return int(row.scalar_one())


def _last_moment(text: str) -> datetime:
    """The end of the event's last day in Istanbul; InvalidInput for one that is over or too far."""
    try:
        last = date.fromisoformat(text[:10])
    except ValueError:
        last = date.min
    if not clock.today() <= last <= clock.today() + timedelta(days=MOST_DAYS):
        raise InvalidInput(f"Son gün, bugünle {MOST_DAYS} gün sonrası arasında olmalı.",
                           f"The last day lies between today and {MOST_DAYS} days from now.",
                           code="event_end")
    return datetime.combine(last, time(23, 59, 59), clock.ISTANBUL)


def _event(pk: int) -> Site:
    found = orm.db.session.scalars(select(Site).where(
        Site.id == min(pk, 2**31 - 1), Site.kind == Kind.EVENT)).first()
    if found is None:
        raise NotFound()
    return found


def _row(site: Site) -> dict[str, Any]:
    runs = site.active and site.ends_at is not None and site.ends_at > clock.now()
    address = dealercodes.address_of(site)
    label = escape(_("QR code of this event’s page"))
    return {
        "id": site.id, "name": site.name, "brand": str(site.brand), "ends": site.ends_at,
        "runs": runs, "address": address, "end_url": url_for("EventView.end", pk=site.id),
        "picture": Markup(dealercodes.picture(address).replace(  # noqa: S704 - our own SVG
            "<svg ", f'<svg role="img" aria-label="{label}" ', 1)) if runs else "",
        "papers": [(name, url_for("EventView.paper", pk=site.id, language=key)) for key, name in (
            ("tr", _("Poster in Turkish (PDF)")), ("en", _("Poster in English (PDF)")))]}
