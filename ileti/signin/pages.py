"""The way in: name and password, then the second step, or setting one up where it is a duty.

Guessing is slow at both steps (:mod:`ileti.tenancy.logins`), nothing tells whether a name exists,
and the pages between are open to strangers because whoever is on them is one.
"""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.decorators import no_cache
from flask_appbuilder.security.forms import LoginForm_db
from flask_appbuilder.security.sqla.models import User
from flask_appbuilder.security.views import AuthDBView
from flask_appbuilder.utils.base import get_safe_redirect
from flask_babel import gettext as _
from flask_login import current_user, logout_user
from sqlalchemy import or_, select

from ileti.core import orm
from ileti.core.errors import InvalidInput, TooMany
from ileti.core.formats import say
from ileti.signin import account, devices, entry, half, proofs, qr, twostep
from ileti.signin.forms import CodeForm
from ileti.tenancy import audit, logins, scope, security
from ileti.tenancy.models import Membership
from ileti.tenancy.security import public_route


class SignIn(AuthDBView):
    """Sign in and out; signing out takes a POST, so that no foreign picture can do it."""

    @expose("/login/", methods=["GET", "POST"])
    @no_cache
    @public_route
    def login(self) -> ResponseReturnValue:
        """The form, or the try."""
        if g.user is not None and g.user.is_authenticated:
            return redirect(self._get_safe_next_url())
        form = LoginForm_db()
        if form.validate_on_submit():
            return self._try(form)
        return self._page(form)

    def _page(self, form: Any) -> str:
        return str(self.render_template(self.login_template, title=_("Sign in"), form=form,
                                        forgot_url=url_for("Forgotten.ask")))

    def _try(self, form: Any) -> ResponseReturnValue:
        name, address = form.username.data, request.remote_addr or ""
        device = devices.known_to(name)
        wait = logins.wait_before_login(name, address, device=device)
        if wait:
            raise TooMany(retry_after=wait)
        with scope.system_scope():
            user = self.appbuilder.sm.auth_user_db(name, form.password.data)
        if user is None:
            logins.count_failure(name, address, device=device)
            _note_failure(name)
            flash(_("User name or password is wrong."), "danger")
            return self._page(form)
        logins.forgive(name, address, device=device)
        return entry.proven(user, entry.target(), way="password")

    @expose("/logout/", methods=["POST"])
    @no_cache
    @public_route
    def logout(self) -> ResponseReturnValue:
        """End this session for good."""
        if current_user.is_authenticated:
            own = security.membership()
            audit.record("logout", f"ab_user:{current_user.id}",
                         provider_id=own.provider_id if own else None)
            orm.db.session.commit()
        logout_user()
        session.clear()
        return redirect(url_for(f"{self.endpoint}.login"))


def _note_failure(name: str) -> None:
    """A failed try on an account that exists, for its provider's audit trail (ASVS 16.3.1).

    The typed name itself is not kept: people type passwords into the wrong field.
    """
    typed = name.strip().lower()
    with scope.system_scope():
        found = orm.db.session.execute(
            select(User.id, Membership.provider_id)
            .outerjoin(Membership, Membership.user_id == User.id)
            .where(or_(User.username == typed, User.email == typed)).order_by(Membership.id)
        ).first()
        if found is not None:
            audit.record("login_failed", f"ab_user:{found[0]}", provider_id=found[1])
    orm.db.session.commit()


class SecondStep(BaseView):
    """What comes after the password; open to strangers, useless without a half session."""

    route_base = "/login"
    default_view = "ask"

    @expose("/ikinci-adim", methods=["GET", "POST"])
    @no_cache
    @public_route
    def ask(self) -> ResponseReturnValue:
        """The code of the app or a recovery code."""
        open_half = half.current()
        if open_half is None or open_half.enrol:
            return _begin_again()
        form = CodeForm()
        if form.validate_on_submit():
            return self._try(open_half, form)
        return self._ask_page(open_half, form)

    def _try(self, open_half: half.Half, form: CodeForm) -> ResponseReturnValue:
        user = open_half.user
        way = proofs.code_of(user, form.code.data)
        if way is None:
            form.code.errors = [_("This code does not fit, or it was used before. Wait for the "
                                  "next one.")]
            return self._ask_page(open_half, form)
        entry.enter(user, way=way)
        return redirect(get_safe_redirect(open_half.target))

    def _ask_page(self, open_half: half.Half, form: CodeForm) -> ResponseReturnValue:
        return self.render_template(
            "panel/account/second_step.html", title=_("Second step"), form=form,
            means=twostep.means_of(open_half.user.id))

    @expose("/kur", methods=["GET", "POST"])
    @no_cache
    @public_route
    def enrol(self) -> ResponseReturnValue:
        """Set up the app, for whoever must have it and has none yet; then in."""
        open_half = half.current()
        if open_half is None or not open_half.enrol:
            return _begin_again()
        user, form, secret = open_half.user, CodeForm(), qr.pending(open_half.user.id)
        if form.validate_on_submit():
            try:
                codes = twostep.enrol(user.id, secret, form.code.data)
            except InvalidInput as error:
                form.code.errors = [say(error)]
            else:
                account.note(user.id, "two_step:on", mail="two_step_on", doer=user.id)
                entry.enter(user, way="app")
                return self.render_template(
                    "panel/account/first_codes.html", title=_("Recovery codes"), codes=codes,
                    target=get_safe_redirect(open_half.target))
        return self.render_template(
            "panel/account/enrol.html", title=_("Set up two-step sign-in"), form=form,
            picture=qr.picture(secret, user.username), secret=qr.spaced(secret),
            uri=twostep.address_of(secret, user.username))


def _begin_again() -> ResponseReturnValue:
    return redirect(url_for("SignIn.login"))

