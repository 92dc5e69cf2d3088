"""Pages for who exists in İleti: providers, brands, dealers, users, roles and the audit trail."""

from __future__ import annotations

import re
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import inspect
from wtforms import PasswordField, SelectField, StringField
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from ileti.core import orm
from ileti.core.errors import NotAllowed, NotFound
from ileti.tenancy import accounts, logins, places, scope, security
from ileti.tenancy.access import access_page, role_page
from ileti.tenancy.crud import Checked, Records, RecordView, Told, say
from ileti.tenancy.identifiers import parse_mersis, parse_tckn, parse_tin
from ileti.tenancy.models import AuditEntry, Brand, Dealer, Provider
from ileti.tenancy.people import (
    MembershipForm,
    PasswordForm,
    UserForm,
    place_choices,
    read_place,
    role_choices,
    visible_memberships,
)

COMMON_LABELS = {
    "title": _l("Company title"), "name": _l("Name"), "short_name": _l("Short name"),
    "iys_code": _l("İYS number"), "brand_code": _l("Brand number at İYS"),
    "mersis": _l("MERSİS number"), "contact": _l("Contact"),
    "activation_date": _l("İYS activation date"), "iys_username": _l("İYS user name"),
    "iys_password": _l("İYS password"), "iys_checked_at": _l("İYS tried at"),
    "iys_problem": _l("İYS problem"), "created_at": _l("Added"), "provider": _l("Provider"),
    "brand": _l("Brand"), "dealer": _l("Dealer"), "master": _l("Master brand"),
    "accent": _l("Accent colour"), "retailer_code": _l("Retailer number at İYS"),
    "tckn": _l("TCKN of the person in charge"), "tin": _l("Tax number"), "alias": _l("Known as"),
    "mobile": _l("Mobile phone"), "town_code": _l("City and town"), "status": _l("State"),
    "city_code": _l("City"), "username": _l("User name"),
    "email": _l("E-mail"), "first_name": _l("First name"), "last_name": _l("Last name"),
    "active": _l("Active"), "at": _l("When"),
    "user_id": _l("User"), "action": _l("What"), "subject": _l("About"), "detail": _l("Details"),
    "address": _l("From"),
}


class ProviderView(RecordView):
    """Service providers; the İYS password goes in and never comes out."""

    datamodel = Records(Provider)
    route_base = "/saglayicilar"
    class_permission_name = "provider"
    method_permission_name = RecordView.method_permission_name | {"add": "add"}
    list_title, add_title = _l("Providers"), _l("Add a provider")
    edit_title, show_title = _l("Change the provider"), _l("Provider")
    label_columns = COMMON_LABELS
    list_columns = ["short_name", "title", "iys_code", "iys_checked_at", "iys_problem"]
    search_columns = ["short_name", "title"]
    show_columns = ["title", "short_name", "iys_code", "mersis", "contact", "activation_date",
                    "iys_username", "iys_checked_at", "iys_problem"]
    add_columns = ["title", "short_name", "iys_code", "mersis", "contact", "activation_date",
                   "iys_username", "iys_password"]
    edit_columns = add_columns
    validators_columns = {"iys_code": [NumberRange(min=100_000, max=999_999_999)]}
    add_form_extra_fields = {
        "mersis": StringField(_l("MERSİS number"), [Checked(parse_mersis, optional=True)]),
        "iys_password": PasswordField(
            _l("İYS password"), [Optional(), Length(max=255)],
            description=_l("Kept encrypted and never shown again; empty leaves it as it is.")),
    }
    edit_form_extra_fields = add_form_extra_fields
    show_template = "panel/provider.html"

    def pre_update(self, item: Any) -> None:
        """An empty password field keeps the password."""
        if not item.iys_password:
            before = inspect(item).attrs.iys_password.history.deleted
            item.iys_password = before[0] if before else item.iys_password or None

    def pre_add(self, item: Any) -> None:
        """An empty password is none."""
        item.iys_password = item.iys_password or None


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
    show_columns = ["name", "brand_code", "provider", "master", "accent", "created_at"]
    add_columns = ["provider", "name", "brand_code", "master", "accent"]
    edit_columns = ["name", "brand_code", "master", "accent"]
    validators_columns = {"brand_code": [NumberRange(min=100_000, max=999_999_999)]}


def _towns() -> dict[str, list[tuple[str, str]]]:
    cities = sorted(places.cities(), key=lambda one: places.sort_key_tr(one.name))
    by_city = {one.name: [(t.code, t.short_name) for t in one.towns if t.code] for one in cities}
    return {"–": [("", str(_("Choose a town.")))], **by_city}


def _mobile(text: str) -> str:
    """A Turkish mobile as İYS wants it, ``+905XXXXXXXXX``."""
    digits = re.sub(r"\D", "", text)[-10:]
    if not re.fullmatch(r"5\d{9}", digits):
        raise ValueError(_("Write a mobile number like 0599 123 45 67."))
    return f"+90{digits}"


def _city_name(code: str) -> str:
    city = places.city(code)
    return city.name if city else code


def _town_name(code: str) -> str:
    town = places.town(code)
    return town.name if town else code


DEALER_STATES = {"active": _l("Active"), "passive": _l("Passive"), "suspended": _l("Suspended")}


class DealerView(RecordView):
    """Dealers with every field İYS asks of a retailer (R-45, iys-api §7.1)."""

    datamodel = Records(Dealer)
    route_base = "/bayiler"
    class_permission_name = "dealer"
    list_title, add_title = _l("Dealers"), _l("Add a dealer")
    edit_title, show_title = _l("Change the dealer"), _l("Dealer")
    label_columns = COMMON_LABELS
    list_columns = ["title", "alias", "brand", "retailer_code", "status"]
    search_columns = ["title", "alias"]
    order_columns = ["title", "retailer_code"]
    show_columns = ["title", "name", "alias", "brand", "retailer_code", "tin", "mersis", "mobile",
                    "city_code", "town_code", "status", "created_at"]
    add_columns = ["brand", "title", "name", "alias", "tckn", "tin", "mersis", "mobile",
                   "town_code", "status"]
    edit_columns = add_columns[1:]
    formatters_columns = {
        "city_code": _city_name, "town_code": _town_name,
        "status": lambda value: DEALER_STATES.get(value, value),
    }
    add_form_extra_fields = {
        "tckn": StringField(_l("TCKN of the person in charge"), [Checked(parse_tckn)]),
        "tin": StringField(_l("Tax number"), [Checked(parse_tin)]),
        "mersis": StringField(_l("MERSİS number"), [Checked(parse_mersis, optional=True)]),
        "mobile": StringField(_l("Mobile phone"), [Checked(_mobile, optional=True)]),
        "town_code": SelectField(_l("City and town"), [DataRequired()], choices=_towns),
        "status": SelectField(_l("State"), [DataRequired()],
                              choices=list(DEALER_STATES.items())),
    }
    edit_form_extra_fields = add_form_extra_fields | {
        "tckn": StringField(
            _l("TCKN of the person in charge"), [Checked(parse_tckn, optional=True)],
            description=_l("Kept encrypted and never shown again; empty leaves it as it is.")),
    }

    def prefill_form(self, form: Any, pk: Any) -> None:
        """The TCKN is not shown again."""
        form.tckn.data = ""

    def pre_add(self, item: Any) -> None:
        """Provider and city follow from brand and town."""
        if item.brand is None:
            raise Told(_("Choose a brand."))
        item.provider_id = item.brand.provider_id
        self._place(item)

    def pre_update(self, item: Any) -> None:
        """The city follows the town; an empty TCKN field keeps the number."""
        if not item.tckn:
            item.tckn = inspect(item).attrs.tckn.history.deleted[0]
        self._place(item)

    def _place(self, item: Any) -> None:
        town = places.town(item.town_code)
        if town is None:
            raise Told(_("Choose a town."))
        item.city_code = town.city_code


class UserView(RecordView):
    """Users, and where they work in which role."""

    datamodel = Records(User)
    route_base = "/kullanicilar"
    class_permission_name = "user"
    method_permission_name = RecordView.method_permission_name | {
        "give": "write", "take": "write", "switch": "write"}
    list_title, add_title, show_title = _l("Users"), _l("Add a user"), _l("User")
    label_columns = COMMON_LABELS
    list_columns = ["username", "first_name", "last_name", "email", "active"]
    search_columns = ["username", "email"]
    add_columns = ["username", "first_name", "last_name", "email", "password", "role", "place"]
    add_form = edit_form = UserForm
    show_columns = ["username"]
    exclude_route_methods = RecordView.exclude_route_methods | {"edit"}

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> ResponseReturnValue:
        """A new user with a first membership."""
        form = UserForm()
        form.role.choices, form.place.choices = role_choices(), place_choices()
        if form.validate_on_submit():
            made = form.add_user(giver())
            if made:
                flash(_("Added."), "success")
                return redirect(url_for("UserView.show", pk=made))
        widgets = self._get_add_widget(form=form, exclude_cols=[])
        return self.render_template(self.add_template, title=self.add_title, widgets=widgets)

    @expose("/show/<int:pk>", methods=["GET"])
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        """What this user sees and does."""
        user = self._user(pk)
        form = MembershipForm()
        form.role.choices, form.place.choices = role_choices(), place_choices()
        return self.render_template(
            "panel/user.html", memberships=visible_memberships(user.id), form=form, user=user,
            may_write=security.may("user:write"), **access_page(user))

    @expose("/<int:pk>/yetki", methods=["POST"])
    @has_access
    def give(self, pk: int) -> ResponseReturnValue:
        """One more membership."""
        user = self._user(pk)
        form = MembershipForm()
        form.role.choices, form.place.choices = role_choices(), place_choices()
        if form.validate_on_submit():
            provider, brand, dealer = read_place(form.place.data)
            accounts.give_membership(user.id, form.role.data, provider_id=provider, brand_id=brand,
                                     dealer_id=dealer, giver=giver())
            flash(_("Saved."), "success")
        else:
            flash(_("Choose a role and a place."), "warning")
        return redirect(url_for("UserView.show", pk=pk))

    @expose("/<int:pk>/yetki-al/<int:membership_id>", methods=["POST"])
    @has_access
    def take(self, pk: int, membership_id: int) -> ResponseReturnValue:
        """End one membership."""
        own = {one.id for one in visible_memberships(self._user(pk).id)}
        if membership_id not in own:
            raise NotAllowed()
        accounts.take_membership(membership_id, giver=giver())
        flash(_("Saved."), "success")
        return redirect(url_for("UserView.list"))

    @expose("/<int:pk>/ac-kapat", methods=["POST"])
    @has_access
    def switch(self, pk: int) -> ResponseReturnValue:
        """Switch a user off or on; all of somebody's memberships must be the giver's to give."""
        user = self._user(pk)
        if user.id == current_user.id:
            raise NotAllowed()
        with scope.system_scope():
            every = visible_memberships(user.id)
        for one in every:
            accounts.refuse_overreach(giver(), one.role, provider_id=one.provider_id,
                                      brand_id=one.brand_id, dealer_id=one.dealer_id)
        user.active = not user.active
        orm.db.session.commit()
        logins.end_sessions(user.id)
        flash(_("Saved."), "success")
        return redirect(url_for("UserView.show", pk=pk))

    def _user(self, pk: int) -> Any:
        user = self.datamodel.get(pk)
        if user is None:
            raise NotFound()
        return user


def giver() -> accounts.Giver:
    """The signed-in user as somebody who hands out rights."""
    own = security.membership()
    return accounts.Giver(security.permissions(), own.role if own else "", scope.current())


class RoleView(BaseView):
    """The table of roles, as it is in the code."""

    route_base = "/roller"
    class_permission_name = "role"
    default_view = "list"

    @expose("/")
    @has_access
    @permission_name("read")
    def list(self) -> ResponseReturnValue:
        """All roles side by side, one of them in full."""
        return self.render_template("panel/access.html", **role_page(request.args.get("rol", "")))


class AuditView(RecordView):
    """Who did what; readable, never changeable."""

    datamodel = Records(AuditEntry)
    route_base = "/denetim"
    class_permission_name = "audit"
    list_title, show_title = _l("Audit trail"), _l("Audit entry")
    label_columns = COMMON_LABELS
    list_columns = ["at", "user_id", "action", "subject", "address"]
    show_columns = [*list_columns, "detail"]
    search_columns = ["action", "subject"]
    base_order = ("id", "desc")
    exclude_route_methods = RecordView.exclude_route_methods | {"add", "edit"}


class ProfileView(BaseView):
    """One's own account."""

    route_base = "/hesabim"
    class_permission_name = "home"
    default_view = "userinfo"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("read")
    def userinfo(self) -> ResponseReturnValue:
        """Who I am and where I work; a new password."""
        form = PasswordForm()
        if form.validate_on_submit() and form.fits(current_user):
            try:
                accounts.set_password(current_user.id, form.new.data)
            except accounts.InvalidInput as error:
                form.new.errors = [say(error.errors[0])]
            else:
                flash(_("The password is changed. Sign in again."), "success")
                return redirect(url_for("SignIn.login"))
        return self.render_template("panel/profile.html", form=form,
                                    memberships=security.memberships())
