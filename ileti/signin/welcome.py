"""The page an invitation's link opens: a stranger becomes a user, or a user takes a role.

Opening it changes nothing, so that what looks into mails accepts nothing. It is open to everybody,
for whoever is invited is nobody yet; what it says and does comes from the link's token alone.
"""

from __future__ import annotations

from flask import flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.decorators import no_cache
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from ileti.core import orm
from ileti.core.errors import CallerMistake, IletiError, NotFound
from ileti.core.formats import language, say
from ileti.signin import entry, invitations
from ileti.signin.models import Invitation
from ileti.tenancy import rolebook, scope
from ileti.tenancy.security import public_route


class WelcomeForm(FlaskForm):
    """How one wants to be called, and the password."""

    username = StringField(_l("User name"), [InputRequired(), Length(max=40)])
    password = PasswordField(_l("Password"), [InputRequired()], description=_l(
        "At least 12 characters; four words you remember will do."))


class Welcome(BaseView):
    """Accepting an invitation."""

    route_base = "/davet"
    default_view = "open"

    @expose("/<token>", methods=["GET", "POST"])
    @no_cache
    @public_route
    def open(self, token: str) -> ResponseReturnValue:
        """Who invites, where and as what; then the account, or the role for one that is there."""
        try:
            invitation = invitations.of_token(token)
        except NotFound as error:
            return self.render_template("panel/account/invitation_over.html",
                                        title=_("Invitation"), said=say(error)), 404
        if "locale" not in session and not request.args.get("lang"):
            session["locale"] = invitation.language
        owner = invitations.account_of(invitation)
        if owner is not None:
            return self._known(token, invitation, owner)
        form = WelcomeForm(username=invitations.suggested_name(invitation))
        if form.validate_on_submit():
            try:
                number = invitations.accept_new(token, form.username.data, form.password.data)
            except CallerMistake as error:
                _mark(form, error)
            else:
                with scope.system_scope():
                    made = orm.db.session.get(User, number)
                return entry.proven(made, "/", way="invitation")
        return self._page("panel/account/welcome.html", invitation, form=form)

    def _known(self, token: str, invitation: Invitation, owner: User) -> ResponseReturnValue:
        """The account is there: its owner takes the role with a press, signed in."""
        here = current_user.is_authenticated and current_user.id == owner.id
        if request.method == "POST" and here:
            try:
                invitations.accept(token, owner.id)
            except IletiError as error:
                flash(say(error), "warning")
                return redirect(url_for("Welcome.open", token=token))
            flash(_("You have the role now. Choose the work space above when you have several."),
                  "success")
            return redirect("/")
        return self._page("panel/account/welcome_known.html", invitation, here=here, token=token,
                          other=current_user.is_authenticated and not here)

    def _page(self, template: str, invitation: Invitation, **more: object) -> ResponseReturnValue:
        answer: ResponseReturnValue = self.render_template(
            template, title=_("Invitation"), where=invitations.place_of(invitation),
            role=rolebook.title(invitation.role, language()), email=invitation.email,
            name=invitation.first_name, **more)
        return answer


def _mark(form: WelcomeForm, error: CallerMistake) -> None:
    for one in error.errors:
        field = form.password if one.field == "password" else form.username
        field.errors = [say(one)]
    if not error.errors:
        form.username.errors = [say(error)]
