"""The pages of a forgotten password: ask for the mail, and choose another by its link.

Opening the link changes nothing, so that what looks into mails uses nothing up.
"""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.decorators import no_cache
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from ileti.core.errors import CallerMistake, NotFound
from ileti.core.formats import language, say
from ileti.signin import forgotten
from ileti.tenancy.security import public_route


class ForgotForm(FlaskForm):
    """Who forgot."""

    username = StringField(_l("User name or e-mail"), [InputRequired(), Length(max=120)])


class ChooseForm(FlaskForm):
    """Another password."""

    password = PasswordField(_l("New password"), [InputRequired()], description=_l(
        "At least 12 characters; four words you remember will do."))


class Forgotten(BaseView):
    """A password nobody remembers."""

    route_base = "/parola"
    default_view = "ask"

    @expose("/unuttum", methods=["GET", "POST"])
    @no_cache
    @public_route
    def ask(self) -> ResponseReturnValue:
        """The form; then the same sentence for every name."""
        form = ForgotForm()
        if form.validate_on_submit():
            forgotten.ask(form.username.data, request.remote_addr or "", language=language())
            return self.render_template("panel/account/forgot.html", form=None,
                                        title=_("I forgot my password"))
        return self.render_template("panel/account/forgot.html", form=form,
                                    title=_("I forgot my password"))

    @expose("/yeni/<token>", methods=["GET", "POST"])
    @no_cache
    @public_route
    def choose(self, token: str) -> ResponseReturnValue:
        """Choose another password; the sign-in comes after it."""
        form = ChooseForm()
        try:
            user = forgotten.of_token(token)
            if form.validate_on_submit():
                forgotten.choose(token, form.password.data)
                flash(_("Your password is changed. Sign in with it."), "success")
                return redirect(url_for("SignIn.login"), code=303)
        except NotFound as error:
            return self.render_template("panel/account/forgot_over.html", said=say(error),
                                        title=_("I forgot my password")), 404
        except CallerMistake as error:
            form.password.errors = [say(one) for one in error.errors] or [say(error)]
        return self.render_template("panel/account/forgot_choose.html", form=form, user=user,
                                    title=_("Choose a new password"))
