"""A dealer's own pages in the panel: its code with the poster to print, and its kiosk.

Why this module exists: the person who stands at the counter prints the poster and opens the kiosk
without asking head office; head office sees which dealers have one. Making a code anew ends the old
one in the same moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape
from sqlalchemy import func, select

from ileti.capture import dealercodes
from ileti.capture.kioskviews import waiting
from ileti.capture.models import Kind, Site
from ileti.capture.poster import poster
from ileti.core import orm
from ileti.core.errors import CallerMistake, Conflict, NotFound, TryLater
from ileti.core.formats import say
from ileti.evidence.paper import NotSet
from ileti.tenancy import dealerrights, scope, security
from ileti.tenancy.models import Dealer

SHOWN: Final = 200
_MADE: Final = {
    Kind.POSTER: _l("The code is made. Print the poster and put it where people see it."),
    Kind.KIOSK: _l("The kiosk is ready. Open its address on the device."),
}
_ENDED: Final = _l("The code has ended. Whoever scans it is told so.")


class DealerPageView(BaseView):
    """Codes and kiosks of dealers."""

    route_base = "/bayi-sayfalari"
    class_permission_name = "poster"
    default_view = "list"

    @expose("/")
    @has_access
    @permission_name("read")
    def list(self) -> ResponseReturnValue:
        """A dealer's own page at once; for head office, the dealers that have one."""
        own = scope.current().dealer_id
        if own is not None:
            return self._page(_dealer(own))
        pages = _pages(orm.db.session.scalars(
            select(Site).where(Site.kind.in_((Kind.POSTER, Kind.KIOSK)), Site.active)
            .order_by(Site.id.desc()).limit(2 * SHOWN)))
        dealers = orm.db.session.scalars(
            select(Dealer).where(Dealer.id.in_(pages)).order_by(Dealer.title).limit(SHOWN))
        total = orm.db.session.scalar(select(func.count()).select_from(Dealer)) or 0
        return self.render_template("panel/dealer_pages.html", total=total, rows=[
            {"name": str(one), "brand": str(one.brand), "url": url_for(
                "DealerPageView.show", pk=one.id),
             "poster": pages[one.id].get(Kind.POSTER), "kiosk": pages[one.id].get(Kind.KIOSK)}
            for one in dealers], dealers_url=url_for("DealerView.list"), late=_late())

    @expose("/<int:pk>")
    @has_access
    @permission_name("read")
    def show(self, pk: int) -> ResponseReturnValue:
        """The code and the kiosk of one dealer."""
        return self._page(_dealer(pk))

    def _page(self, dealer: Dealer) -> ResponseReturnValue:
        pages = dealercodes.pages_of(dealer)
        given = "page" not in dealerrights.closed_rights(dealer.provider_id, dealer.brand_id,
                                                         dealer.id)
        crumbs = [(_("Dealer pages"), url_for("DealerPageView.list")), (str(dealer), None)]
        return self.render_template(
            "panel/dealer_page.html", crumbs=crumbs if not scope.current().dealer_id else [],
            title=str(dealer), given=given and dealer.status == "active",
            line=_("People give consent in the name of %(brand)s; the records carry this dealer.",
                   brand=str(dealer.brand)),
            poster=_card(dealer, Kind.POSTER, pages), kiosk=_card(dealer, Kind.KIOSK, pages),
            late=_late())

    @expose("/<int:pk>/yap", methods=["POST"])
    @has_access
    @permission_name("write")
    def make(self, pk: int) -> ResponseReturnValue:
        """A code or kiosk, in place of the one before."""
        kind = _kind()
        try:
            dealercodes.make(_dealer(pk), kind)
        except Conflict as error:
            orm.db.session.rollback()
            flash(say(error), "warning")
        else:
            flash(_MADE[kind], "success")
        return redirect(url_for("DealerPageView.show", pk=pk))

    @expose("/<int:pk>/bitir", methods=["POST"])
    @has_access
    @permission_name("write")
    def end(self, pk: int) -> ResponseReturnValue:
        """None in its place."""
        dealercodes.end(_dealer(pk), _kind())
        flash(_ENDED, "success")
        return redirect(url_for("DealerPageView.show", pk=pk))

    @expose("/<int:pk>/afis-<language>.pdf")
    @has_access
    @permission_name("read")
    def paper(self, pk: int, language: str) -> ResponseReturnValue:
        """The poster of the present code."""
        dealer = _dealer(pk)
        site = dealercodes.pages_of(dealer).get(Kind.POSTER)
        if site is None or language not in ("tr", "en"):
            raise NotFound()
        try:
            made = poster(site, language)
        except NotSet as error:
            raise TryLater("Afiş hazırlanamadı; yeniden deneyin.",
                           "The poster could not be made; try again.", code="not_set") from error
        return Response(made, mimetype="application/pdf", headers={
            "Content-Disposition": f'attachment; filename="afis-{dealer.id}-{language}.pdf"',
            "Cache-Control": "private, no-store"})


def _dealer(pk: int) -> Dealer:
    found = orm.db.session.scalars(select(Dealer).where(
        Dealer.id == min(pk, 2**31 - 1))).first()
    if found is None:
        raise NotFound()
    return found


def _late() -> dict[str, Any] | None:
    """What kiosks brought late and somebody must look at; None when there is nothing."""
    number = waiting() if security.may("consent:take") else 0
    return {"number": number, "url": url_for("KioskItemView.list")} if number else None


def _kind() -> Kind:
    try:
        return {"afis": Kind.POSTER, "kiosk": Kind.KIOSK}[request.form.get("kind", "")]
    except KeyError:
        raise CallerMistake() from None


def _pages(sites: Iterable[Site]) -> dict[int | None, dict[Kind, Any]]:
    found: dict[int | None, dict[Kind, Any]] = {}
    for one in sites:
        found.setdefault(one.dealer_id, {})[Kind(one.kind)] = one.created_at
    return found


def _card(dealer: Dealer, kind: Kind, pages: dict[Kind, Site]) -> dict[str, Any]:
    """What the page shows of one kind."""
    site, may = pages.get(kind), security.may("poster:write")
    card: dict[str, Any] = {
        "there": site is not None, "may": may, "kind": "afis" if kind is Kind.POSTER else "kiosk",
        "make_url": url_for("DealerPageView.make", pk=dealer.id),
        "end_url": url_for("DealerPageView.end", pk=dealer.id)}
    if site is not None:
        address = dealercodes.address_of(site)
        label = escape(_("QR code of this dealer’s page"))
        card |= {
            "address": address, "since": site.created_at, "number": site.id,
            "picture": Markup(dealercodes.picture(address).replace(  # noqa: S704 - our own SVG
                "<svg ", f'<svg role="img" aria-label="{label}" ', 1)),
            "papers": [(name, url_for("DealerPageView.paper", pk=dealer.id, language=key))
                       for key, name in (("tr", _("Poster in Turkish (PDF)")),
                                         ("en", _("Poster in English (PDF)")))]}
    return card
