"""Passkeys on pages: a list of one's own, and the way in by one."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import no_cache, permission_name
from flask_appbuilder.security.sqla.models import User
from flask_appbuilder.utils.base import get_safe_redirect
from flask_babel import gettext as _
from flask_login import current_user

from ileti.core import orm
from ileti.core.errors import NotAllowed
from ileti.core.formats import say
from ileti.signin import account, entry, half, passkeys
from ileti.tenancy import confirm, scope
from ileti.tenancy.security import public_route


class PasskeyView(BaseView):
    """One's own passkeys."""

    route_base = "/hesabim/gecis-anahtarlari"
    class_permission_name = "home"
    default_view = "show"

    @expose("/")
    @has_access
    @permission_name("read")
    def show(self) -> ResponseReturnValue:
        """The list, and a button for one more."""
        return self.render_template("panel/account/passkeys.html", possible=passkeys.possible(),
                                    keys=passkeys.of_user(current_user.id))

    @expose("/yeni", methods=["GET"])
    @has_access
    @permission_name("read")
    @confirm.needed
    def new(self) -> ResponseReturnValue:
        """A name for it, then the browser asks."""
        return self.render_template("panel/account/passkey_new.html",
                                    possible=passkeys.possible())

    @expose("/secenekler", methods=["POST"])
    @has_access
    @permission_name("read")
    @confirm.needed
    def options(self) -> ResponseReturnValue:
        """What the browser needs to make one."""
        return passkeys.creation_options(current_user)

    @expose("/ekle", methods=["POST"])
    @has_access
    @permission_name("read")
    @confirm.needed
    def add(self) -> ResponseReturnValue:
        """Keep what it made."""
        try:
            codes = passkeys.add(current_user.id, request.form.get("credential", ""),
                                 request.form.get("name", ""))
        except passkeys.Unfit as error:
            orm.db.session.rollback()
            flash(say(error), "danger")
            return redirect(url_for("PasskeyView.new"))
        account.note(current_user.id, "passkey:add", mail="passkey_on",
                     detail={"passkey": request.form.get("name", "").strip()[:60]})
        orm.db.session.commit()
        flash(_("The passkey is added."), "success")
        if codes:
            return self.render_template("panel/account/own_codes.html", codes=codes,
                                        target=url_for("PasskeyView.show"))
        return redirect(url_for("PasskeyView.show"))

    @expose("/<int:pk>/sil", methods=["POST"])
    @has_access
    @permission_name("read")
    @confirm.needed
    def remove(self, pk: int) -> ResponseReturnValue:
        """Take one away."""
        try:
            name = passkeys.remove(current_user.id, pk)
        except NotAllowed as error:
            flash(say(error), "warning")
            return redirect(url_for("PasskeyView.show"))
        account.note(current_user.id, "passkey:remove", mail="passkey_off",
                     detail={"passkey": name})
        orm.db.session.commit()
        flash(_("The passkey is removed."), "success")
        return redirect(url_for("PasskeyView.show"))

    @expose("/kanit", methods=["POST"])
    @has_access
    @permission_name("read")
    def proof(self) -> ResponseReturnValue:
        """What the browser needs to confirm it is the user."""
        return passkeys.request_options(current_user.id)


class PasskeyEntry(BaseView):
    """The way in by a passkey: alone, or as the second step; open to strangers."""

    route_base = "/login/gecis-anahtari"
    default_view = "enter"

    @expose("/secenekler", methods=["POST"])
    @no_cache
    @public_route
    def options(self) -> ResponseReturnValue:
        """Of the user whose password was right, else whichever the browser has."""
        open_half = _asked()
        return passkeys.request_options(open_half.user.id if open_half else None)

    @expose("/", methods=["POST"])
    @no_cache
    @public_route
    def enter(self) -> ResponseReturnValue:
        """In, when it fits."""
        open_half = _asked()
        try:
            user_id = passkeys.take(request.form.get("credential", ""),
                                    user_id=open_half.user.id if open_half else None)
            user = _active(user_id)
        except passkeys.Unfit as error:
            orm.db.session.rollback()
            flash(say(error), "danger")
            back = "SecondStep.ask" if open_half else "SignIn.login"
            return redirect(url_for(back))
        target = open_half.target if open_half else entry.target()
        entry.enter(user, way="passkey")
        return redirect(get_safe_redirect(target))


def _asked() -> half.Half | None:
    """The half session whose second step this is; one that must enrol has no passkey yet."""
    found = half.current()
    return None if found is None or found.enrol else found


def _active(user_id: int) -> Any:
    with scope.system_scope():
        user = orm.db.session.get(User, user_id)
    if user is None or not user.is_active:
        raise passkeys.Unfit()
    return user
