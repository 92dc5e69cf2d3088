"""Pages for who exists in İleti: providers and their brands.

Dealers, users and the audit trail have rooms of their own beside this one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import flash, g
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import inspect
from wtforms import BooleanField, PasswordField, SelectField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from ileti.core import colour
from ileti.tenancy import agreed, confirm, dealerrightviews, foureyes, limitviews, security
from ileti.tenancy.crud import Checked, Records, RecordView
from ileti.tenancy.identifiers import parse_kep, parse_mersis, parse_verbis
from ileti.tenancy.models import Brand, Provider

COMMON_LABELS = {
    "title": _l("Company title"), "name": _l("Name"), "short_name": _l("Short name"),
    "iys_code": _l("İYS number"), "brand_code": _l("Brand number at İYS"),
    "mersis": _l("MERSİS number"), "contact": _l("Contact"),
    "activation_date": _l("İYS activation date"), "kep": _l("KEP address"),
    "verbis": _l("VERBİS number"), "application": _l("Where people apply about their data"),
    "four_eyes": _l("A second person publishes texts"),
    "approvals": _l("A second person is asked for"),
    "step_up": _l("Proof before messages are sent"),
    "two_step": _l("Everybody signs in in two steps"),
    "alarm_mails": _l("Mails about deadlines"), "iys_username": _l("İYS user name"),
    "iys_partner_code": _l("Partner number at İYS"),
    "iys_password": _l("İYS password"), "iys_checked_at": _l("Connection last tried"),
    "iys_problem": _l("Connection problem"), "created_at": _l("Added"), "provider": _l("Provider"),
    "brand": _l("Brand"), "dealer": _l("Dealer"), "master": _l("Master brand"),
    "accent": _l("Accent colour"), "retailer_code": _l("Retailer number at İYS"),
    "tckn": _l("TCKN of the person in charge"), "tin": _l("Tax number"), "alias": _l("Known as"),
    "mobile": _l("Mobile phone"), "town_code": _l("Town"), "status": _l("State"),
    "city_code": _l("City"), "username": _l("User name"),
    "email": _l("E-mail"), "last_login": _l("Last signed in"),
    "first_name": _l("First name"), "last_name": _l("Last name"),
    "active": _l("Active"), "at": _l("When"),
    "user_id": _l("User"), "action": _l("What"), "subject": _l("About"), "detail": _l("Details"),
    "address": _l("From"),
}


_LOGIN = ("iys_code", "iys_username", "iys_password", "iys_partner_code")
ALARM_MAILS = {"tr": _l("In Turkish"), "en": _l("In English"), "off": _l("None")}


class ProviderView(RecordView):
    """Service providers; the İYS password goes in and never comes out."""

    datamodel = Records(Provider)
    route_base = "/saglayicilar"
    class_permission_name = "provider"
    method_permission_name = RecordView.method_permission_name | {"add": "add"}
    list_title, add_title = _l("Providers"), _l("Add a provider")
    edit_title, show_title = _l("Change the provider"), _l("Provider")
    label_columns = COMMON_LABELS | {"address": _l("Postal address")}
    list_columns = ["short_name", "title", "iys_code", "iys_checked_at", "iys_problem"]
    search_columns = ["short_name", "title"]
    order_columns = ["short_name", "title", "iys_code"]
    base_order = ("short_name", "asc")
    show_columns = ["title", "short_name", "iys_code", "mersis", "contact", "address", "kep",
                    "verbis", "application", "four_eyes", "approvals", "two_step", "step_up",
                    "activation_date", "alarm_mails", "iys_username", "iys_partner_code",
                    "iys_checked_at", "iys_problem"]
    add_columns = ["title", "short_name", "iys_code", "mersis", "contact", "address", "kep",
                   "verbis", "application", "four_eyes", "approvals", "two_step", "step_up",
                   "activation_date", "alarm_mails", "iys_username", "iys_password",
                   "iys_partner_code"]
    description_columns = {"iys_partner_code": _l(
        "Only when the account is a business partner’s; empty for the provider’s own account.")}
    edit_columns = add_columns
    validators_columns = {
        "iys_code": [NumberRange(min=100_000, max=900_000_000)],  # above: sandboxes
        "iys_partner_code": [Optional(), NumberRange(min=100_000, max=999_999_999)],
    }
    add_form_extra_fields = {
        "mersis": StringField(_l("MERSİS number"), [Checked(parse_mersis, optional=True)]),
        "contact": StringField(
            _l("Contact"), [Optional(), Length(max=255)],
            description=_l("Address and e-mail as people see them on forms and in messages.")),
        "address": StringField(
            _l("Postal address"), [Optional(), Length(max=255)],
            description=_l("Stands in texts as {adres}.")),
        "kep": StringField(_l("KEP address"), [Checked(parse_kep, optional=True)],
                           description=_l("Registered e-mail; stands in texts as {kep}.")),
        "verbis": StringField(_l("VERBİS number"), [Checked(parse_verbis, optional=True)],
                              description=_l("Stands in texts as {verbis}.")),
        "application": StringField(
            _l("Where people apply about their data"), [Optional(), Length(max=400)],
            description=_l("Address, KEP and e-mail for requests under Law 6698; stands in texts "
                           "as {basvuru}.")),
        "four_eyes": BooleanField(
            _l("A second person publishes texts"),
            description=_l("Whoever wrote a text may not publish it; another person reviews it.")),
        "approvals": SelectMultipleField(
            _l("A second person is asked for"), choices=lambda: _kinds(),
            description=_l("Whoever asked never approves, nor under another name. Asking for less "
                           "is itself approved by a second person while rights are ticked.")),
        "two_step": BooleanField(
            _l("Everybody signs in in two steps"),
            description=_l("Also those whose role does not need it. Who has no second step yet is "
                           "led to setting it up at the next sign-in.")),
        "step_up": SelectField(
            _l("Proof before messages are sent"), [Optional()], choices=lambda: step_ups(),
            filters=[lambda value: value or None],
            description=_l("Whoever releases SMS proves themselves first (R-51). What is signed "
                           "counts for that content alone.")),
        "alarm_mails": SelectField(
            _l("Mails about deadlines"), [DataRequired()], choices=list(ALARM_MAILS.items()),
            default="tr",
            description=_l("To admins, brand managers and compliance officers, when half and four "
                           "fifths of the time are gone and when it is over.")),
        "iys_password": PasswordField(
            _l("İYS password"), [Optional(), Length(max=255)],
            description=_l("Kept encrypted and never shown again; empty leaves it as it is.")),
    }
    edit_form_extra_fields = add_form_extra_fields
    show_template = "panel/provider.html"

    def render_template(self, template: str, **context: Any) -> str:
        """The provider's page says how many of each it may have."""
        if template == self.show_template:
            context["limits"] = limitviews.card(int(context["pk"]))
        return super().render_template(template, **context)

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    @confirm.needed
    def edit(self, pk: str) -> ResponseReturnValue:
        """The login at İYS and who signs in how are nothing for a passer-by at an open screen."""
        answer = super().edit(pk)
        wish = g.pop("rule_wished", None)
        if wish is not None:
            foureyes.ask(wish, by=current_user.id)
            flash(_("A second person has to agree that fewer are asked; your request went to those "
                    "who may."), "warning")
        return answer

    def pre_update(self, item: Any) -> None:
        """An empty password field keeps the password."""
        if not item.iys_password:
            before = inspect(item).attrs.iys_password.history.deleted
            item.iys_password = before[0] if before else item.iys_password or None
        before = inspect(item).attrs
        wish = agreed.switched(item, (_was(before.four_eyes, item), _was(before.approvals, item)))
        g.pop("rule_wished", None)
        if wish is not None:
            g.rule_wished = wish
        changed = inspect(item).attrs
        if any(changed[name].history.has_changes() for name in _LOGIN):
            item.iys_checked_at = item.iys_problem = None  # what was found of another login

    def pre_add(self, item: Any) -> None:
        """An empty password is none."""
        item.iys_password = item.iys_password or None


def _was(attribute: Any, item: Any) -> Any:
    """What a column held before the form."""
    history = attribute.history
    found = history.deleted[0] if history.deleted else getattr(item, attribute.key)
    return list(found) if isinstance(found, list) else bool(found)


#: the ways of proving oneself that a higher floor registers: key and name
WAYS: Final[list[Callable[[], list[tuple[str, str]]]]] = []


def step_ups() -> list[tuple[str, Any]]:
    """None, and what this installation can judge."""
    return [("", _("None is asked")), *(one for way in WAYS for one in way())]


def _kinds() -> list[tuple[str, Any]]:
    """What a provider may ask a second person for; texts have a switch of their own."""
    words = agreed.kind_words()
    return [(one, words[one]) for one in foureyes.kinds()]


def _accent(text: str) -> str:
    """A brand's colour that can be read; names the nearest one when it cannot (look §3)."""
    typed = text if text.startswith("#") else f"#{text}"
    if colour.accent(typed) is None:
        raise ValueError(_("Write a colour like #7A3E12."))
    nearest = colour.readable(typed)
    if nearest is not None:
        raise ValueError(_("This colour cannot be read on a light page. The nearest one that can "
                           "is %(colour)s.", colour=nearest))
    return typed.upper()


def _swatch(code: str | None) -> Markup:
    """The colour itself beside its code; a brand without one has İleti's."""
    if not code:
        return Markup("—")
    return Markup('<span class="yn"><svg class="dot" width="14" height="14" aria-hidden="true" '
                  'focusable="false"><rect width="14" height="14" rx="4" fill="{0}"/></svg>{0}'
                  "</span>").format(code)


class BrandView(RecordView):
    """Brands of a provider."""

    datamodel = Records(Brand)
    route_base = "/markalar"
    class_permission_name = "brand"
    list_title, add_title = _l("Brands"), _l("Add a brand")
    edit_title, show_title = _l("Change the brand"), _l("Brand")
    label_columns = COMMON_LABELS
    list_columns = ["name", "brand_code", "provider", "master"]
    search_columns = ["name"]
    order_columns = ["name", "brand_code"]
    base_order = ("name", "asc")
    show_columns = ["name", "brand_code", "provider", "master", "accent", "created_at"]
    formatters_columns = {"accent": _swatch}
    add_columns = ["provider", "name", "brand_code", "master", "accent"]
    edit_columns = add_columns[1:]
    validators_columns = {"brand_code": [NumberRange(min=100_000, max=999_999_999)]}
    add_form_extra_fields = {
        "accent": StringField(
            _l("Accent colour"), [Checked(_accent, optional=True)],
            description=_l("Colour of the brand on forms, pages and mails, like #7A3E12.")),
    }
    edit_form_extra_fields = add_form_extra_fields
    show_template = "panel/brand.html"

    def render_template(self, template: str, **context: Any) -> str:
        """The brand's page says what its dealers may do, to whoever may see dealers."""
        brand = self.datamodel.get(context["pk"]) if template == self.show_template else None
        if brand is not None and security.may("dealer:read"):
            context["rights"] = dealerrightviews.card(brand.id, brand.provider_id, None)
        return super().render_template(template, **context)
