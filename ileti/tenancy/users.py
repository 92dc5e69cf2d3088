"""Users in the panel: who they are, where they work in which role, and one's own account.

Whatever changes somebody else goes through :mod:`ileti.tenancy.accounts`, which asks whether the
signed-in user has every right the other one has.
"""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from ileti.core.errors import IletiError, NotAllowed, NotFound
from ileti.core.formats import say
from ileti.tenancy import accounts, confirm, logins, scope, security
from ileti.tenancy.access import access_page, menu_of
from ileti.tenancy.crud import Records, RecordView
from ileti.tenancy.people import (
    AccountForm,
    GivenPasswordForm,
    MembershipForm,
    PasswordForm,
    UserForm,
    heir_form,
    place_choices,
    read_place,
    role_choices,
    visible_memberships,
    where_at,
)
from ileti.tenancy.views import COMMON_LABELS


class Users(Records):
    """Users, with when they last worked beside."""

    def get_values(self, lst: Any, list_columns: Any) -> Any:
        """The cells of a page of the list; last seen is asked for once."""
        seen = logins.last_seen([one.id for one in lst])
        plain = [name for name in list_columns if name != "seen_at"]
        for one, cells in zip(lst, super().get_values(lst, plain), strict=True):
            yield cells | {"seen_at": seen.get(one.id)}


class UserView(RecordView):
    """Users, and where they work in which role."""

    datamodel = Users(User)
    route_base = "/kullanicilar"
    class_permission_name = "user"
    list_template = "panel/users.html"
    method_permission_name = RecordView.method_permission_name | {
        "give": "write", "take": "write", "switch": "write", "give_password": "write"}
    list_title, add_title, show_title = _l("Users"), _l("Add a user"), _l("User")
    edit_title = _l("Change the user")
    label_columns = COMMON_LABELS | {"get_full_name": _l("Full name"), "id": _l("Role and place"),
                                     "seen_at": _l("Last seen")}
    list_columns = ["username", "get_full_name", "id", "active", "last_login", "seen_at"]
    formatters_columns = {"id": where_at}
    search_columns = ["username", "email", "active"]
    order_columns = ["username", "last_login"]
    base_order = ("username", "asc")
    add_columns = ["username", "first_name", "last_name", "email", "password", "role", "place"]
    add_form = UserForm
    edit_columns = ["first_name", "last_name", "email"]
    edit_form = AccountForm
    show_columns = ["username"]

    @expose("/add", methods=["GET", "POST"])
    @has_access
    @confirm.needed
    def add(self) -> ResponseReturnValue:
        """A new user with a first membership."""
        form = UserForm()
        form.role.choices, form.place.choices = role_choices(), place_choices()
        if form.validate_on_submit():
            made = form.add_user(giver())
            if made:
                flash(_("Added."), "success")
                return redirect(url_for("UserView.show", pk=made))
        return self._form_page(self.add_template, "add", self.add_title, form,
                               url_for("UserView.list"))

    @expose("/edit/<int:pk>", methods=["GET", "POST"])
    @has_access
    @confirm.needed
    def edit(self, pk: int) -> ResponseReturnValue:
        """Name and e-mail of a user who may do no more than oneself."""
        user = self._user(pk)
        accounts.refuse_stronger(user.id, giver=giver())
        form, back = AccountForm(obj=user), url_for("UserView.show", pk=pk)
        if form.validate_on_submit():
            try:
                accounts.describe(
                    user.id, first_name=form.first_name.data, last_name=form.last_name.data,
                    email=form.email.data, giver=giver())
            except IletiError as error:
                form.email.errors = [say(error)]
            else:
                flash(_("Saved."), "success")
                return redirect(back)
        return self._form_page(self.edit_template, "edit", self.edit_title, form, back,
                               record=user.username, record_url=back)

    @expose("/show/<int:pk>", methods=["GET"])
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        """What this user sees and does."""
        return self._page(self._user(pk))

    def _page(self, user: Any, given: GivenPasswordForm | None = None) -> ResponseReturnValue:
        form = MembershipForm(formdata=None)
        form.role.choices, form.place.choices = role_choices(), place_choices()
        changeable = security.may("user:write") and accounts.may_change(user.id, giver=giver())
        edit = {"label": _("Change the user"), "icon": "pencil", "kind": "primary",
                "url": url_for("UserView.edit", pk=user.id)}
        context = access_page(user) | {"actions": [edit] if changeable else []}
        held = visible_memberships(user.id)
        return self.render_template(
            "panel/user.html", memberships=held, form=form, user=user,
            seen={one.id: menu_of(security.granted_at(one)) for one in held},
            may_write=security.may("user:write"), changeable=changeable,
            oneself=user.id == current_user.id,
            heirs=heir_form(user.id),
            password_form=given or GivenPasswordForm(formdata=None), **context)

    @expose("/<int:pk>/yetki", methods=["POST"])
    @has_access
    @confirm.needed
    def give(self, pk: int) -> ResponseReturnValue:
        """One more membership."""
        user = self._user(pk)
        form = MembershipForm()
        form.role.choices, form.place.choices = role_choices(), place_choices()
        if form.validate_on_submit():
            provider, brand, dealer = read_place(form.place.data)
            try:
                accounts.give_membership(user.id, form.role.data, provider_id=provider,
                                         brand_id=brand, dealer_id=dealer, giver=giver())
                flash(_("The right is given."), "success")
            except accounts.InvalidInput as error:
                flash(say(error), "warning")
        else:
            flash(_("Choose a role and a place."), "warning")
        return redirect(url_for("UserView.show", pk=pk))

    @expose("/<int:pk>/yetki-al/<int:membership_id>", methods=["POST"])
    @has_access
    @confirm.needed
    def take(self, pk: int, membership_id: int) -> ResponseReturnValue:
        """End one membership."""
        own = {one.id for one in visible_memberships(self._user(pk).id)}
        if membership_id not in own:
            raise NotFound()
        accounts.take_membership(membership_id, giver=giver())
        flash(_("The right is taken away."), "success")
        left = self.datamodel.get(pk)  # without a place here the user is out of sight
        return redirect(url_for("UserView.show", pk=pk) if left else url_for("UserView.list"))

    @expose("/<int:pk>/ac-kapat", methods=["POST"])
    @has_access
    @confirm.needed
    def switch(self, pk: int) -> ResponseReturnValue:
        """Switch a user off or on; all of somebody's memberships must be the giver's to give."""
        user = self._user(pk)
        if user.id == current_user.id:
            raise NotAllowed()
        active = request.form.get("active") == "1"
        accounts.switch(user.id, active=active, giver=giver())
        flash(_("The user is switched on.") if active else
              _("The user is switched off and signed out everywhere."), "success")
        return redirect(url_for("UserView.show", pk=pk))

    @expose("/<int:pk>/parola", methods=["POST"])
    @has_access
    @confirm.needed
    def give_password(self, pk: int) -> ResponseReturnValue:
        """A new password for a user who forgot theirs; one's own is changed in the profile."""
        user = self._user(pk)
        if user.id == current_user.id:
            raise NotAllowed()
        form = GivenPasswordForm()
        accounts.refuse_stronger(user.id, giver=giver())
        if form.validate_on_submit():
            try:
                accounts.set_password(user.id, form.given.data, giver=giver())
            except accounts.InvalidInput as error:
                form.given.errors = [say(error.errors[0])]
            else:
                flash(_("The password is set. The user is signed out everywhere."), "success")
                return redirect(url_for("UserView.show", pk=pk))
        return self._page(user, form)

    def _user(self, pk: int) -> Any:
        user = self.datamodel.get(pk)
        if user is None:
            raise NotFound()
        return user


def giver() -> accounts.Giver:
    """The signed-in user as somebody who hands out rights."""
    own = security.membership()
    return accounts.Giver(security.role_rights(), own.role if own else "", scope.current(),
                          current_user.id)


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
                session.clear()
                session.renew = True  # type: ignore[attr-defined]
                flash(_("The password is changed. Sign in again."), "success")
                return redirect(url_for("SignIn.login"))
        return self.render_template("panel/profile.html", form=form,
                                    memberships=security.memberships())
