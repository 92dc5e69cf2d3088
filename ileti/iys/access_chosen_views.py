"""The way from the consent list to the access of what was chosen there: chosen, counted, confirmed.

The list posts ticked record numbers, or that all of its filters are meant; the filters themselves
stand in the address. Nothing is remembered between the steps, and each reads the selection anew.
"""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import ngettext

from ileti.consents import listing, listpage
from ileti.consents.listing import Wanted
from ileti.consents.numbers import entry_of
from ileti.core import formats, jobs, orm
from ileti.core.errors import NotFound
from ileti.iys import access_chosen
from ileti.iys.access import LARGEST_SELECTION
from ileti.iys.access_form import ACTS, WORDS, chosen, offered
from ileti.tenancy import audit
from ileti.tenancy.models import Brand


class ChosenAccessView(BaseView):
    """``/bayi-erisimi/secim``."""

    route_base = "/bayi-erisimi/secim"
    class_permission_name = "consent"
    default_view = "choose"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("share")
    def choose(self) -> ResponseReturnValue:
        """The form for a selection, and with ``sure`` its wishes. Opened by itself (after a change
        of language) it is the list again."""
        back = redirect(_list_url())
        if request.method == "GET":
            return back
        wanted = _wanted()
        if wanted is None:
            flash(_("Choose at least one consent."), "warning")
            return back
        found = access_chosen.brands(wanted)
        if len(found) != 1:
            flash(_("A dealer belongs to one brand: choose consents of one brand."), "warning")
            return back
        brand, picked = found[0], chosen(found[0])
        act = ACTS.get(request.form.get("wish", ""))
        if request.form.get("sure") == "evet":
            if act is not None and picked:
                return self._done(wanted, brand, picked)
            flash(_("Choose at least one dealer."), "warning")
        return self.render_template("panel/access_of_chosen.html",
                                    **_context(wanted, brand, picked))

    def _done(self, wanted: Wanted, brand: Brand, picked: tuple[int, ...]) -> ResponseReturnValue:
        act = ACTS[request.form["wish"]]
        if access_chosen.count(wanted, brand) > LARGEST_SELECTION:
            raise NotFound()  # the form offers no such button
        number = access_chosen.wish(wanted, brand, act, picked)
        audit.record("consent:share", f"brand:{brand.id}", {"count": number},
                     provider_id=brand.provider_id)
        orm.db.session.commit()
        jobs.ring("iys.jobs.share")
        flash(ngettext("The access of %(n)s consent is on its way to İYS.",
                       "The access of %(n)s consents is on its way to İYS.", number,
                       n=formats.number(number)), "success")
        return redirect(_list_url())


def _context(wanted: Wanted, brand: Brand, picked: tuple[int, ...]) -> dict[str, Any]:
    number = access_chosen.count(wanted, brand)
    dealers = [one | {"chosen": one["id"] in picked} for one in offered(brand)]
    return {
        "brand": str(brand), "brand_id": brand.id, "dealers": dealers, "acts": ACTS, "words": WORDS,
        "wish": request.form.get("wish", ""), "number": number,
        "too_many": number > LARGEST_SELECTION,
        "left_out": max(0, len(wanted.entries) - number) if wanted.entries is not None else 0,
        "list_url": _list_url(), "action": request.form.get("action", ""),
        "rowids": _rowids() if request.form.get("action") == "secilen" else [],
    }


def _rowids() -> list[str]:
    return request.form.getlist("rowid")[:listing.PAGE]


def _wanted() -> Wanted | None:
    """What was chosen; None for nothing, NotFound when one of the ticked is not in view."""
    if request.form.get("action") == "hepsi":
        return listpage.read_filters()
    numbers = [entry_of(one) for one in _rowids()]
    if not numbers:
        return None
    wanted = access_chosen.ticked([one for one in numbers if one is not None])
    if None in numbers or wanted is None:
        raise NotFound()
    return wanted


def _list_url() -> str:
    query: dict[str, Any] = {name: request.args.getlist(name) for name in request.args}
    return url_for("ConsentView.list", **query)
