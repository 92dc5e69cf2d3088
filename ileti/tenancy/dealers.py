"""Dealers in the panel, with every field İYS asks of a retailer (R-45, iys-api §7.1).

The number of the person in charge, and the tax number of a sole trader, are a person's TCKN: kept
encrypted, shown as their last two digits, opened in full by who may, which is audited.
"""

from __future__ import annotations

import re
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import inspect
from wtforms import SelectField, StringField
from wtforms.validators import DataRequired

from ileti.core import orm
from ileti.core.errors import NotFound
from ileti.tenancy import audit, dealerrightviews, places, security
from ileti.tenancy.crud import Checked, Records, RecordView, Told
from ileti.tenancy.identifiers import parse_mersis, parse_tckn, parse_tin
from ileti.tenancy.models import Dealer
from ileti.tenancy.views import COMMON_LABELS

STATES = {"active": _l("Active"), "passive": _l("Passive"), "suspended": _l("Suspended")}
_KEPT = _l("Kept encrypted; empty leaves it as it is.")


def masked(number: str | None) -> str:
    """A person's number as its last two digits; a firm's tax number as it is, for it is public."""
    if not number or len(number) != 11:
        return number or ""
    return "•" * 9 + number[-2:]


def _towns() -> dict[str, list[tuple[str, str]]]:
    cities = sorted(places.cities(), key=lambda one: places.sort_key_tr(one.name))
    by_city = {one.name: [(t.code, t.short_name) for t in one.towns if t.code] for one in cities}
    return {"–": [("", str(_("Choose a town.")))], **by_city}


def read_mobile(text: str) -> str:
    """A Turkish mobile as İYS wants it, ``+905XXXXXXXXX``."""
    digits = re.sub(r"\D", "", text)[-10:]
    if not re.fullmatch(r"5\d{9}", digits):
        raise ValueError(_("Write a mobile number like 0599 123 45 67."))
    return f"+90{digits}"


def place_name(code: str) -> str:
    """Town and city of a running number, as people say them."""
    town = places.town(code)
    city = places.city(town.city_code) if town else None
    return f"{town.short_name}, {city.name}" if town and city else code


def _fields(*, kept: bool) -> dict[str, Any]:
    """The form's fields of our own; with ``kept`` a person's numbers may stay empty."""
    hint = {"description": _KEPT} if kept else {}
    return {
        "tckn": StringField(_l("TCKN of the person in charge"),
                            [Checked(parse_tckn, optional=kept)], **hint),
        "tin": StringField(_l("Tax number"), [Checked(parse_tin, optional=kept)], **hint),
        "mersis": StringField(_l("MERSİS number"), [Checked(parse_mersis, optional=True)]),
        "mobile": StringField(_l("Mobile phone"), [Checked(read_mobile, optional=True)],
                              description=_l("For example 0599 123 45 67.")),
        "town_code": SelectField(_l("City and town"), [DataRequired(_l("Choose a town."))],
                                 choices=_towns),
        "status": SelectField(_l("State"), [DataRequired()], choices=list(STATES.items())),
    }


class DealerView(RecordView):
    """Dealers of a provider's brands."""

    datamodel = Records(Dealer)
    route_base = "/bayiler"
    class_permission_name = "dealer"
    method_permission_name = RecordView.method_permission_name | {"reveal": "reveal"}
    list_title, add_title = _l("Dealers"), _l("Add a dealer")
    edit_title, show_title = _l("Change the dealer"), _l("Dealer")
    label_columns = COMMON_LABELS
    list_columns = ["title", "alias", "brand", "retailer_code", "status"]
    search_columns = ["title", "alias", "brand", "status"]
    search_form_extra_fields = {
        "status": SelectField(_l("State"), choices=[("", ""), *STATES.items()])}
    order_columns = ["title", "retailer_code"]
    base_order = ("title", "asc")
    show_columns = ["title", "name", "alias", "brand", "retailer_code", "tckn", "tin", "mersis",
                    "mobile", "town_code", "status", "created_at"]
    list_template, show_template = "panel/dealers.html", "panel/dealer.html"
    add_columns = ["brand", "title", "name", "alias", "tckn", "tin", "mersis", "mobile",
                   "town_code", "status"]
    edit_columns = add_columns[1:]
    formatters_columns = {
        "tckn": masked, "tin": masked, "town_code": place_name,
        "status": lambda value: STATES.get(value, value),
    }
    add_form_extra_fields = _fields(kept=False)
    edit_form_extra_fields = _fields(kept=True)

    @expose("/<int:pk>/numaralar", methods=["POST"])
    @has_access
    def reveal(self, pk: int) -> ResponseReturnValue:
        """The dealer's page with its numbers in full; that they were opened is kept."""
        dealer = self.datamodel.get(pk)
        if dealer is None:
            raise NotFound()
        audit.record("dealer:reveal", f"dealer:{dealer.id}", provider_id=dealer.provider_id)
        orm.db.session.commit()
        return self.render_template(self.show_template, pk=pk, title=self.show_title,
                                    widgets=self._show(pk), numbers=(dealer.tckn, dealer.tin))

    def render_template(self, template: str, **context: Any) -> str:
        """The dealer's page knows whether its numbers may be opened, and what the dealer may."""
        may = security.may("dealer:reveal") and request.method == "GET"
        dealer = self.datamodel.get(context["pk"]) if template == self.show_template else None
        if dealer is not None:
            context["rights"] = dealerrightviews.card(dealer.brand_id, dealer.provider_id,
                                                      dealer.id)
        return super().render_template(template, may_reveal=may, **context)

    def prefill_form(self, form: Any, pk: Any) -> None:
        """A person's number is not put into a form again."""
        form.tckn.data = ""
        if masked(form.tin.data) != form.tin.data:
            form.tin.data = ""

    def pre_add(self, item: Any) -> None:
        """Provider and city follow from brand and town."""
        if item.brand is None:
            raise Told(_("Choose a brand."))
        item.provider_id = item.brand.provider_id
        self._place(item)

    def pre_update(self, item: Any) -> None:
        """The city follows the town; an empty field keeps the number."""
        for name in ("tckn", "tin"):
            if not getattr(item, name):
                setattr(item, name, getattr(inspect(item).attrs, name).history.deleted[0])
        self._place(item)

    def _place(self, item: Any) -> None:
        town = places.town(item.town_code)
        if town is None:
            raise Told(_("Choose a town."))
        item.city_code = town.city_code
