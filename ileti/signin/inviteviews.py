"""Inviting somebody, and the invitations that nobody accepted yet."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import InputRequired

from ileti.core import clock
from ileti.core.errors import IletiError, NotFound
from ileti.core.formats import language, say
from ileti.signin import invitations
from ileti.tenancy import confirm, rolebook, security
from ileti.tenancy.people import (
    AccountForm,
    MembershipForm,
    place_choices,
    read_place,
    role_choices,
)
from ileti.tenancy.trail import person
from ileti.tenancy.users import giver


class InviteForm(AccountForm, MembershipForm):
    """Whom, as what and where; the language is the mail's."""

    language = SelectField(_l("Language of the mail"), [InputRequired()],
                           choices=[("tr", "Türkçe"), ("en", "English")])


class InviteView(BaseView):
    """Invitations of this work space."""

    route_base = "/davetler"
    class_permission_name = "user"
    default_view = "list"

    @expose("/")
    @has_access
    @permission_name("read")
    def list(self) -> ResponseReturnValue:
        """Those that nobody accepted, the newest first."""
        now, may = clock.now(), security.may("user:write")
        rows = [{"email": one.email, "name": f"{one.first_name} {one.last_name}".strip(),
                 "role": rolebook.title(one.role, language()),
                 "place": invitations.place_of(one), "by": person(one.invited_by),
                 "until": one.expires_at, "over": one.expires_at <= now,
                 "actions": _actions(one) if may else []} for one in invitations.waiting()]
        return self.render_template("panel/account/invitations.html", rows=rows, actions=[{
            "label": _("Invite somebody"), "icon": "user-plus", "kind": "primary",
            "url": url_for("InviteView.add")}] if may else [])

    @expose("/yeni", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    @confirm.needed
    def add(self) -> ResponseReturnValue:
        """The form, or the try."""
        form = InviteForm()
        form.role.choices, form.place.choices = role_choices(), place_choices()
        if form.validate_on_submit():
            provider, brand, dealer = read_place(form.place.data)
            try:
                invitations.invite(invitations.Wish(
                    form.email.data, form.first_name.data, form.last_name.data or "",
                    form.role.data, provider, brand, dealer, form.language.data), giver=giver())
            except NotFound:
                form.place.errors = [_("Choose a place.")]
            except IletiError as error:
                _mark(form, error)
            else:
                flash(_("The invitation is on its way."), "success")
                return redirect(url_for("InviteView.list"))
        answer: ResponseReturnValue = self.render_template(
            "panel/account/invite.html", form=form)
        return answer

    @expose("/<int:pk>/yeniden", methods=["POST"])
    @has_access
    @permission_name("write")
    @confirm.needed
    def renew(self, pk: int) -> ResponseReturnValue:
        """Send it again with a new link."""
        invitations.renew(pk, giver=giver())
        flash(_("The invitation is sent again; the earlier link no longer works."), "success")
        return redirect(url_for("InviteView.list"))

    @expose("/<int:pk>/geri-al", methods=["POST"])
    @has_access
    @permission_name("write")
    def revoke(self, pk: int) -> ResponseReturnValue:
        """Take it back."""
        invitations.revoke(pk, giver=giver())
        flash(_("The invitation is taken back."), "success")
        return redirect(url_for("InviteView.list"))


def _actions(one: Any) -> list[dict[str, Any]]:
    return [
        {"label": _("Send again"), "icon": "send", "small": True, "method": "post",
         "url": url_for("InviteView.renew", pk=one.id)},
        {"label": _("Take back"), "icon": "x", "small": True, "kind": "quiet",
         "url": url_for("InviteView.revoke", pk=one.id), "id": f"geri-{one.id}", "confirm": {
             "title": _("Take the invitation back?"), "verb": _("Take back"),
             "text": _("The link in the mail no longer works then.")}}]


def _mark(form: InviteForm, error: IletiError) -> None:
    first = error.errors[0] if error.errors else None
    field = {"email": form.email}.get(first.field if first else "")
    if field is None:
        field = form.role if error.code in ("overreach", "wrong_level") else form.place
        field = form.email if error.code == "too_many_invitations" else field
    field.errors = [say(first or error)]


