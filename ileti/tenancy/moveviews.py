"""A user's memberships on their page: let one rest, move it, hand all over to somebody else."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import SelectField
from wtforms.validators import InputRequired

from ileti.core import orm
from ileti.core.errors import IletiError, NotFound
from ileti.core.formats import language, say
from ileti.tenancy import confirm, moves, rolebook
from ileti.tenancy.foureyes import Waits
from ileti.tenancy.models import Membership
from ileti.tenancy.people import heir_form, place_choices, read_place
from ileti.tenancy.users import giver


class MoveForm(FlaskForm):
    """Where to."""

    place = SelectField(_l("New place"), [InputRequired()])


class MembershipMoveView(BaseView):
    """What happens to memberships of others."""

    route_base = "/kullanicilar"
    class_permission_name = "user"
    default_view = "move"

    @expose("/<int:pk>/yetki-durdur/<int:membership_id>", methods=["POST"])
    @has_access
    @permission_name("write")
    @confirm.needed
    def suspend(self, pk: int, membership_id: int) -> ResponseReturnValue:
        """Let a membership rest."""
        return _done(pk, lambda: moves.suspend(_seen(pk, membership_id).id, giver=giver()),
                     _("The right rests; the user is signed out everywhere."))

    @expose("/<int:pk>/yetki-surdur/<int:membership_id>", methods=["POST"])
    @has_access
    @permission_name("write")
    @confirm.needed
    def resume(self, pk: int, membership_id: int) -> ResponseReturnValue:
        """Let it be in force again."""
        return _done(pk, lambda: moves.resume(_seen(pk, membership_id).id, giver=giver()),
                     _("The right is in force again."))

    @expose("/<int:pk>/yetki-tasi/<int:membership_id>", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    @confirm.needed
    def move(self, pk: int, membership_id: int) -> ResponseReturnValue:
        """The form, or the move."""
        kept, form = _seen(pk, membership_id), MoveForm()
        form.place.choices = [one for one in place_choices()
                              if one[0][:1] in ("b", "d", "") and one[0] != "all"]
        back = url_for("UserView.show", pk=pk)
        if form.validate_on_submit():
            _provider, brand, dealer = read_place(form.place.data)
            try:
                moves.move(kept.id, brand_id=brand, dealer_id=dealer, giver=giver())
            except Waits:
                raise
            except IletiError as error:
                form.place.errors = [say(error)]
            else:
                flash(_("The right is moved; the user is signed out everywhere."), "success")
                return redirect(back if _user(pk) else url_for("UserView.list"))
        user = _user(pk)
        return self.render_template(
            "panel/membership_move.html", form=form, back=back, name=_name(user),
            role=rolebook.title(kept.role, language()), here=" › ".join(
                str(one) for one in (kept.provider, kept.brand, kept.dealer) if one is not None),
            crumbs=[(_("Users"), url_for("UserView.list")), (_name(user), back),
                    (_("Move"), None)])

    @expose("/<int:pk>/devret", methods=["POST"])
    @has_access
    @permission_name("write")
    @confirm.needed
    def hand_over(self, pk: int) -> ResponseReturnValue:
        """Give all memberships in sight to another user."""
        form = heir_form(pk, posted=True)
        if not form.validate_on_submit():
            flash(_("Choose who takes over."), "warning")
            return redirect(url_for("UserView.show", pk=pk))
        try:
            number = moves.hand_over(pk, int(form.heir.data), giver=giver())
        except IletiError as error:
            if isinstance(error, NotFound | Waits):
                raise
            flash(say(error), "warning")
            return redirect(url_for("UserView.show", pk=pk))
        flash(ngettext("%(num)s right is handed over; the user is signed out everywhere.",
                       "%(num)s rights are handed over; the user is signed out everywhere.",
                       number), "success")
        return redirect(url_for("UserView.show", pk=int(form.heir.data)))


def _done(pk: int, act: Any, sentence: str) -> ResponseReturnValue:
    try:
        act()
    except NotFound:
        raise
    except IletiError as error:
        flash(say(error), "warning")
    else:
        flash(sentence, "success")
    return redirect(url_for("UserView.show", pk=pk))


def _seen(pk: int, membership_id: int) -> Membership:
    found = orm.db.session.scalars(select(Membership).where(
        Membership.id == min(membership_id, 2**31 - 1), Membership.user_id == pk)).first()
    if found is None:
        raise NotFound()
    return found


def _user(pk: int) -> Any:
    return orm.db.session.scalars(select(User).where(User.id == pk)).first()


def _name(user: Any) -> str:
    return f"{user.first_name} {user.last_name}".strip() or str(user.username)
