"""The second step on “my account”, and taking a lost one away from somebody else."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from ileti.core import orm
from ileti.core.errors import InvalidInput, NotAllowed, NotFound
from ileti.core.formats import say
from ileti.signin import account, proofs, qr, twostep
from ileti.signin.forms import CodeForm, PasswordAndCodeForm
from ileti.tenancy import confirm
from ileti.tenancy.users import giver


class TwoStepView(BaseView):
    """One's own second step."""

    route_base = "/hesabim/iki-adim"
    class_permission_name = "home"
    default_view = "show"

    @expose("/")
    @has_access
    @permission_name("read")
    def show(self) -> ResponseReturnValue:
        """What there is, and what can be done about it."""
        return self.render_template(
            "panel/account/two_step.html", means=twostep.means_of(current_user.id),
            since=twostep.since(current_user.id), required=twostep.required_of(current_user.id))

    @expose("/kur", methods=["GET", "POST"])
    @has_access
    @permission_name("read")
    @confirm.needed
    def enrol(self) -> ResponseReturnValue:
        """QR code, key and the first code; afterwards the recovery codes, once."""
        form, secret = CodeForm(), qr.pending(current_user.id)
        if form.validate_on_submit():
            try:
                codes = twostep.enrol(current_user.id, secret, form.code.data)
            except InvalidInput as error:
                form.code.errors = [say(error)]
            else:
                account.note(current_user.id, "two_step:on", mail="two_step_on")
                orm.db.session.commit()
                qr.forget()
                return self._codes(codes)
        return self.render_template(
            "panel/account/own_enrol.html", form=form, secret=qr.spaced(secret),
            picture=qr.picture(secret, current_user.username),
            uri=twostep.address_of(secret, current_user.username))

    @expose("/kodlar", methods=["POST"])
    @has_access
    @permission_name("read")
    @confirm.needed
    def codes(self) -> ResponseReturnValue:
        """New recovery codes; the old ones are worth nothing from now on."""
        if not twostep.means_of(current_user.id):
            raise NotAllowed()
        codes = twostep.new_recovery_codes(current_user.id)
        account.note(current_user.id, "two_step:codes", mail="recovery_new")
        orm.db.session.commit()
        return self._codes(codes)

    def _codes(self, codes: list[str]) -> ResponseReturnValue:
        return self.render_template("panel/account/own_codes.html", codes=codes,
                                    target=url_for("TwoStepView.show"))

    @expose("/kapat", methods=["GET", "POST"])
    @has_access
    @permission_name("read")
    def off(self) -> ResponseReturnValue:
        """Switch the app off, by password and code; never where it is a duty."""
        if twostep.required_of(current_user.id) or not twostep.means_of(current_user.id).app:
            return redirect(url_for("TwoStepView.show"))
        form = PasswordAndCodeForm()
        if form.validate_on_submit() and self._proved(form):
            twostep.switch_off(current_user.id)
            account.note(current_user.id, "two_step:off", mail="two_step_off")
            orm.db.session.commit()
            flash(_("Two-step sign-in by the app is switched off."), "success")
            return redirect(url_for("TwoStepView.show"))
        return self.render_template("panel/account/two_step_off.html", form=form)

    def _proved(self, form: PasswordAndCodeForm) -> bool:
        if not proofs.password_of(current_user, form.password.data):
            form.password.errors = [_("This is not your present password.")]
            return False
        if proofs.code_of(current_user, form.code.data) is None:
            form.code.errors = [_("This code does not fit, or it was used before. Wait for the "
                                  "next one.")]
            return False
        return True


class TwoStepResetView(BaseView):
    """For an admin: a user lost phone and recovery codes."""

    route_base = "/kullanicilar/ikinci-adim"
    class_permission_name = "user"

    @expose("/<int:pk>/sifirla", methods=["POST"])
    @has_access
    @permission_name("write")
    @confirm.needed
    def reset(self, pk: int) -> ResponseReturnValue:
        """Take it away; the same rule as for giving a new password."""
        seen: Any = orm.db.session.scalars(select(User).where(User.id == pk)).first()
        if seen is None:
            raise NotFound()
        if pk == current_user.id:
            raise NotAllowed()
        account.reset_second_step(pk, giver=giver(), by=current_user.get_full_name())
        flash(_("The second step is taken away. The user is signed out everywhere."), "success")
        return redirect(url_for("UserView.show", pk=pk))
