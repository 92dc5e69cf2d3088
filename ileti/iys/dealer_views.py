"""Dealers beside İYS's retailers: what differs side by side, and a button for each case.

Every press asks İYS anew, so that nothing is taken from a form but which row was meant.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from ileti.core import orm
from ileti.core.errors import CallerMistake, NotFound
from ileti.core.formats import say
from ileti.iys import dealers as rooms
from ileti.iys.client import IysTrouble, client_for
from ileti.iys.dealers import Pair
from ileti.iys.retaileranswers import RegisteredRetailer
from ileti.tenancy import security
from ileti.tenancy.crud import Told
from ileti.tenancy.dealers import STATES, masked, place_name
from ileti.tenancy.models import Brand, Dealer
from ileti.tenancy.views import COMMON_LABELS

SHOWN = 100
CHOICE = 200


class DealerSyncView(BaseView):
    """``/bayiler/iys``: a brand's dealers here and there."""

    route_base = "/bayiler/iys"
    class_permission_name = "dealer"
    default_view = "brands"

    @expose("/")
    @has_access
    @permission_name("write")
    def brands(self) -> ResponseReturnValue:
        """Which brand; the only one at once."""
        found = list(orm.db.session.scalars(select(Brand).order_by(Brand.name).limit(CHOICE)))
        if len(found) == 1:
            return redirect(url_for("DealerSyncView.compare", brand_id=found[0].id))
        return self.render_template("panel/dealer_sync_brands.html", brands=found)

    @expose("/<int:brand_id>")
    @has_access
    @permission_name("write")
    def compare(self, brand_id: int) -> ResponseReturnValue:
        """Both sides of a brand as they are now."""
        brand = _brand(brand_id)
        name = str(brand)
        try:
            pairs, trouble = rooms.compare(brand), None
        except IysTrouble as error:
            pairs, trouble = [], say(error)
        return self.render_template("panel/dealer_sync.html", **_page(brand_id, name, pairs),
                                    trouble=trouble,
                                    access=security.is_offered("AccessView"))

    @expose("/<int:brand_id>", methods=["POST"])
    @has_access
    @permission_name("write")
    def act(self, brand_id: int) -> ResponseReturnValue:
        """Add there, take over from there, make one what the other says, or make it passive."""
        act = _WISHES.get(request.form.get("wish", ""))
        brand = _brand(brand_id)
        if act is None:
            raise CallerMistake()
        try:
            flash(act(brand), "success")
        except IysTrouble as trouble:
            orm.db.session.rollback()
            flash(say(trouble), "danger")
        except Told as told:
            flash(str(told), "danger")
        return redirect(url_for("DealerSyncView.compare", brand_id=brand_id))


def _register(brand: Brand) -> str:
    dealer = _dealer(brand)
    code = rooms.register(dealer)
    return _("%(name)s is at İYS; its number is %(code)s.", name=str(dealer), code=code)


def _adopt(brand: Brand) -> str:
    dealer, wanted = _dealer(brand), _whole("code")
    dealer_id, name = dealer.id, str(dealer)
    retailer = _retailer(brand, wanted)
    rooms.adopt(orm.db.session.get_one(Dealer, dealer_id), retailer)
    return _("%(name)s is here as İYS holds it.", name=name)


def _take(brand: Brand) -> str:
    retailer, brand_id = _retailer(brand, _whole("code")), brand.id
    return _taken(rooms.take_over(orm.db.session.get_one(Brand, brand_id), [retailer]))


def _take_all(brand: Brand) -> str:
    brand_id = brand.id
    alone = [one.retailer for one in rooms.compare(brand) if one.dealer is None and one.retailer]
    return _taken(rooms.take_over(orm.db.session.get_one(Brand, brand_id), alone))


def _taken(number: int) -> str:
    return ngettext("%(num)s dealer is taken over from İYS.",
                    "%(num)s dealers are taken over from İYS.", number)


def _remove(brand: Brand) -> str:
    dealer = _dealer(brand)
    name = str(dealer)
    if rooms.unregister(dealer):
        return _("%(name)s is passive and deleted at İYS.", name=name)
    return _("%(name)s is passive here. İYS keeps a dealer that ever had a consent; make it "
             "passive in İYS Web.", name=name)


_WISHES: dict[str, Callable[[Brand], str]] = {
    "register": _register, "adopt": _adopt, "take": _take, "take_all": _take_all,
    "remove": _remove,
}


def _brand(brand_id: int) -> Brand:
    found = orm.db.session.scalars(select(Brand).where(
        Brand.id == min(brand_id, 2**31 - 1))).first()
    if found is None:
        raise NotFound()
    return found


def _dealer(brand: Brand) -> Dealer:
    found = orm.db.session.scalars(select(Dealer).where(
        Dealer.id == _whole("dealer"), Dealer.brand_id == brand.id)).first()
    if found is None:
        raise NotFound()
    return found


def _retailer(brand: Brand, code: int) -> RegisteredRetailer:
    provider_id, number = brand.provider_id, brand.brand_code
    client = client_for(provider_id)
    orm.db.session.rollback()  # no transaction stays open during a call to somebody else
    found = client.retailer(number, code)
    if found is None:
        raise NotFound()
    return found


def _whole(name: str) -> int:
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


# -- page ----------------------------------------------------------------------------------------


def _page(brand_id: int, name: str, pairs: list[Pair]) -> dict[str, Any]:
    """Context of ``panel/dealer_sync.html``, but ``trouble``."""
    groups: dict[str, list[Any]] = {"differ": [], "here": [], "there": [], "same": []}
    for one in pairs:
        if one.dealer is None and one.retailer is not None:
            groups["there"].append(_only_there(one.retailer))
        elif one.dealer is not None:
            key = "here" if one.retailer is None else "differ" if one.differences else "same"
            groups[key].append(_ours(one))
    counts = {key: len(rows) for key, rows in groups.items()}
    return {
        "brand_id": brand_id, "brand": name, "counts": counts,
        "takeable": sum(not one["lacking"] for one in groups["there"]),
        **{key: rows[:SHOWN] for key, rows in groups.items()},
        "line": " · ".join((
            ngettext("%(num)s the same", "%(num)s the same", counts["same"]),
            ngettext("%(num)s different", "%(num)s different", counts["differ"]),
            ngettext("%(num)s only here", "%(num)s only here", counts["here"]),
            ngettext("%(num)s only at İYS", "%(num)s only at İYS", counts["there"])))
        if pairs else "",
    }


def _ours(pair: Pair) -> dict[str, Any]:
    dealer, retailer = pair.dealer, pair.retailer
    assert dealer is not None, "only rows of ours come here"
    return {
        "id": dealer.id, "name": str(dealer), "title": dealer.title, "status": dealer.status,
        "state": STATES.get(dealer.status, dealer.status), "number": dealer.retailer_code,
        "url": url_for("DealerView.show", pk=dealer.id),
        "code": retailer.code if retailer else None,
        "consents": retailer.consents if retailer else None,
        "rows": [(COMMON_LABELS[one.name], _readable(one.name, one.here),
                  _readable(one.name, one.there)) for one in pair.differences],
        # a person's numbers are not taken over: somebody compares them with the papers
        "numbers": any(one.name in rooms.PERSONAL for one in pair.differences),
        "adoptable": any(one.name not in rooms.PERSONAL for one in pair.differences),
    }


def _only_there(retailer: RegisteredRetailer) -> dict[str, Any]:
    return {
        "code": retailer.code, "name": retailer.alias or retailer.title, "title": retailer.title,
        "state": STATES.get(retailer.status, retailer.status),
        "lacking": ", ".join(str(COMMON_LABELS[one]) for one in rooms.lacking(retailer)),
    }


def _readable(name: str, value: Any) -> Any:
    if value in (None, ""):
        return "—"
    if name in rooms.PERSONAL:
        return masked(value)
    if name == "town_code":
        return place_name(value)
    return STATES.get(value, value) if name == "status" else value
