"""The small table of what dealers may do, on a brand's page and on a dealer's, and its form.

Why apart from ``dealerrights``: that one is asked by jobs and programs, too; this is Flask's. Who
may not change it reads it: a dealer knows why a page is missing.
"""

from __future__ import annotations

from typing import Any, Final

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from ileti.core import clock, orm
from ileti.core.errors import NotFound
from ileti.tenancy import audit, confirm, dealerrights, security
from ileti.tenancy.models import Brand, Dealer, DealerRight

WORDS: Final[dict[str, tuple[Any, Any]]] = {
    "desk": (_l("Desk"), _l("Takes notices and explicit consents on the phone and on paper")),
    "page": (_l("Own page"), _l("Takes consents by its printed code and its kiosk")),
    "imports": (_l("Imports"), _l("Brings lists, and records by program (API)")),
    "status": (_l("Status query"), _l("Sees the consents it took or may use, and their deadlines")),
    "reports": (_l("Reports"), _l("Reads reports of what it took")),
    "messages": (_l("Messages"), _l("Sends messages in the name of the brand")),
}
GIVEN, CLOSED, AS_BRAND = "verilir", "verilmez", "marka"


def card(brand_id: int, provider_id: int, dealer_id: int | None) -> dict[str, Any]:
    """Context of ``panel/_dealer_rights.html`` for a brand or one of its dealers."""
    may = security.may("dealer:allow")
    closed = dealerrights.closed_rights(provider_id, brand_id, dealer_id or 0)
    own = _own(brand_id, dealer_id) if may else {}
    of_brand = dealerrights.closed_rights(provider_id, brand_id, 0) if may and dealer_id else closed
    rows = [{
        "key": one.key, "label": WORDS[one.key][0], "text": WORDS[one.key][1],
        "given": one.key not in closed, "apart": one.key in own and dealer_id is not None,
        "chosen": _chosen(own.get(one.key), one.key not in closed, dealer_id is not None),
        "brand_gives": one.key not in of_brand} for one in dealerrights.offered()]
    return {"rows": rows, "may_change": may, "of_dealer": dealer_id is not None, "url": url_for(
        "DealerRightView.of_dealer", pk=dealer_id) if dealer_id else url_for(
        "DealerRightView.of_brand", pk=brand_id)}


def _chosen(own: bool | None, given: bool, of_dealer: bool) -> str:
    if own is None and of_dealer:
        return AS_BRAND
    return GIVEN if (given if own is None else own) else CLOSED


def _own(brand_id: int, dealer_id: int | None) -> dict[str, bool]:
    return {one.right_key: one.allowed for one in _rows(brand_id, dealer_id)}


def _rows(brand_id: int, dealer_id: int | None) -> list[DealerRight]:
    return list(orm.db.session.scalars(select(DealerRight).where(
        DealerRight.brand_id == brand_id, DealerRight.dealer_id.is_(None) if dealer_id is None
        else DealerRight.dealer_id == dealer_id)))


class DealerRightView(BaseView):
    """Saying what dealers may do; provider admins alone (``dealer:allow``)."""

    route_base = "/bayi-haklari"
    class_permission_name = "dealer"
    default_view = "of_brand"

    @expose("/marka/<int:pk>", methods=["POST"])
    @has_access
    @permission_name("allow")
    @confirm.needed
    def of_brand(self, pk: int) -> ResponseReturnValue:
        """For all dealers of a brand that have no word of their own."""
        brand = orm.db.session.scalars(select(Brand).where(Brand.id == min(pk, 2**31 - 1))).first()
        if brand is None:
            raise NotFound()
        _keep(brand.provider_id, brand.id, None, f"brand:{brand.id}")
        return redirect(url_for("BrandView.show", pk=pk, _anchor="haklar"))

    @expose("/bayi/<int:pk>", methods=["POST"])
    @has_access
    @permission_name("allow")
    @confirm.needed
    def of_dealer(self, pk: int) -> ResponseReturnValue:
        """For one dealer, before the brand's word."""
        dealer = orm.db.session.scalars(
            select(Dealer).where(Dealer.id == min(pk, 2**31 - 1))).first()
        if dealer is None:
            raise NotFound()
        _keep(dealer.provider_id, dealer.brand_id, dealer.id, f"dealer:{dealer.id}")
        return redirect(url_for("DealerView.show", pk=pk, _anchor="haklar"))


def _keep(provider_id: int, brand_id: int, dealer_id: int | None, subject: str) -> None:
    """The form's choices as rows, and what changed by them in the trail. Commits."""
    session = orm.db.session
    session.execute(select(Brand.id).where(Brand.id == brand_id).with_for_update())
    kept = {one.right_key: one for one in _rows(brand_id, dealer_id)}
    before = dealerrights.closed_rights(provider_id, brand_id, dealer_id or 0)
    for one in dealerrights.offered():
        wish, row = request.form.get(one.key), kept.get(one.key)
        if wish == AS_BRAND and dealer_id is not None:
            if row is not None:
                session.delete(row)
        elif wish in (GIVEN, CLOSED):
            if row is None:
                row = DealerRight(provider_id=provider_id, brand_id=brand_id, dealer_id=dealer_id,
                                  right_key=one.key)
                session.add(row)
            if row.allowed is not (wish == GIVEN):
                row.allowed, row.changed_at = wish == GIVEN, clock.now()
    session.flush()
    after = frozenset(session.scalar(select(
        func.dealer_closed(provider_id, brand_id, dealer_id or 0))) or ())
    if before != after:
        audit.record("dealer:allow", subject, {
            "added": sorted(dealerrights.permissions_of(before - after)),
            "removed": sorted(dealerrights.permissions_of(after - before))},
            provider_id=provider_id)
    session.commit()
    flash(_("What dealers may do is saved and holds at once."), "success")
