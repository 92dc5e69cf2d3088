"""The page behind “confirm it is you” (:mod:`ileti.tenancy.confirm`)."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_appbuilder.utils.base import get_safe_redirect
from flask_babel import gettext as _
from flask_login import current_user

from ileti.core import orm
from ileti.core.formats import say
from ileti.signin import passkeys, proofs, twostep
from ileti.signin.forms import CodeForm, PasswordForm
from ileti.tenancy import confirm


class ConfirmView(BaseView):
    """A proof of the person who is signed in: password, code or passkey."""

    route_base = "/onay"
    class_permission_name = "home"
    default_view = "ask"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("read")
    def ask(self) -> ResponseReturnValue:
        """Ask, look, and back."""
        password_form, code_form = PasswordForm(), CodeForm()
        by = request.form.get("by", "")
        if by == "password" and password_form.validate_on_submit():
            if proofs.password_of(current_user, password_form.password.data):
                return self._back()
            password_form.password.errors = [_("This is not your present password.")]
        elif by == "code" and code_form.validate_on_submit():
            if proofs.code_of(current_user, code_form.code.data):
                return self._back()
            code_form.code.errors = [_("This code does not fit, or it was used before. Wait for "
                                       "the next one.")]
        elif by == "passkey":
            try:
                passkeys.take(request.form.get("credential", ""), user_id=current_user.id)
                return self._back()
            except passkeys.Unfit as error:
                orm.db.session.rollback()
                flash(say(error), "danger")
        return self.render_template(
            "panel/account/confirm.html", password_form=password_form, code_form=code_form,
            means=twostep.means_of(current_user.id), has_password=True, **_asked())

    def _back(self) -> ResponseReturnValue:
        orm.db.session.commit()
        confirm.note()
        asked = _asked()
        if asked["sent"]:
            confirm.say_to_send_again()
        return redirect(get_safe_redirect(asked["target"]))


def _asked() -> dict[str, Any]:
    """Where to go back to, and whether a form was on its way."""
    return {"target": request.values.get("next", "/")[:2000],
            "sent": request.values.get("form") == "1"}
