"""Forms about users: which roles and places somebody may hand out, and nothing beyond."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from markupsafe import Markup
from sqlalchemy import select
from werkzeug.security import check_password_hash
from wtforms import EmailField, PasswordField, SelectField, StringField
from wtforms.validators import Email, InputRequired, Length, Optional, Regexp

from ileti.core import orm
from ileti.core.errors import IletiError
from ileti.core.formats import language, say
from ileti.tenancy import accounts, ownroles, rolebook, roles, scope, security
from ileti.tenancy.foureyes import Waits
from ileti.tenancy.models import Brand, Dealer, Membership, Provider

MOST_HEIRS = 200


class MembershipForm(FlaskForm):
    """A role at a place."""

    role = SelectField(_l("Role"), [InputRequired()])
    place = SelectField(_l("Place"), [InputRequired()])


class AccountForm(FlaskForm):
    """Who a user is."""

    first_name = StringField(_l("First name"), [InputRequired(), Length(max=60)])
    last_name = StringField(_l("Last name"), [Optional(), Length(max=60)])
    email = EmailField(_l("E-mail"), [InputRequired(), Email(), Length(max=120)])


class UserForm(AccountForm, MembershipForm):
    """A new user."""

    username = StringField(_l("User name"), [
        InputRequired(), Regexp(r"^[a-z0-9._-]{3,40}$", message=_l(
            "3 to 40 small letters, digits, dots, dashes or underscores."))])
    password = PasswordField(_l("First password"), [InputRequired()],
                             description=_l("At least 12 characters."))

    def add_user(self, giver: accounts.Giver) -> int | None:
        """Create user and membership; None with the fields marked when that is refused."""
        provider, brand, dealer = read_place(self.place.data)
        try:
            accounts.refuse_overreach(giver, self.role.data, provider_id=provider,
                                      brand_id=brand, dealer_id=dealer)
            made = accounts.create_user(
                self.username.data, self.password.data, email=self.email.data,
                first_name=self.first_name.data, last_name=self.last_name.data, giver=giver)
            accounts.give_membership(made, self.role.data, provider_id=provider, brand_id=brand,
                                     dealer_id=dealer, giver=giver)
        except Waits:
            raise
        except IletiError as error:
            wrong = {"weak": self.password, "user_taken": self.username,
                     "wrong_level": self.role}.get(
                error.errors[0].code if error.errors else error.code, self.place)
            wrong.errors = [say(error.errors[0] if error.errors else error)]
            return None
        return made


class HeirForm(FlaskForm):
    """To whom a user's rights go."""

    heir = SelectField(_l("Who takes over"), [InputRequired()])


def heir_form(user_id: int, *, posted: bool = False) -> HeirForm:
    """Who may take over: the other users of this work space, and not oneself."""
    form = HeirForm() if posted else HeirForm(formdata=None)
    found = orm.db.session.scalars(
        select(User).where(User.id.not_in([user_id, current_user.id]), User.active)
        .order_by(User.first_name, User.last_name).limit(MOST_HEIRS))
    form.heir.choices = [("", _("Choose a user.")), *(
        (str(one.id), f"{one.first_name} {one.last_name}".strip() + f" · {one.username}")
        for one in found)]
    return form


class GivenPasswordForm(FlaskForm):
    """A password somebody else gives a user."""

    given = PasswordField(_l("New password"), [InputRequired()], description=_l(
        "At least 12 characters. Tell it to the user by another way than e-mail."))


class PasswordForm(FlaskForm):
    """A new password for oneself."""

    old = PasswordField(_l("Present password"), [InputRequired()])
    new = PasswordField(_l("New password"), [InputRequired()],
                        description=_l("At least 12 characters."))

    def fits(self, user: Any) -> bool:
        """Whether the present password is right; marks the field when it is not."""
        right = check_password_hash(user.password, self.old.data)
        if not right:
            self.old.errors = [_("This is not your present password.")]
        return right


def role_choices() -> list[tuple[str, str]]:
    """Roles the signed-in user may hand out; none is chosen beforehand."""
    own = security.membership()
    here = accounts.Giver(security.role_rights(), own.role if own else "", scope.current())
    known = [*roles.ROLES, *ownroles.here()]
    found = [(one.key, one.title(language())) for one in known
             if own and accounts.may_grant(here, one)]
    return [("", _("Choose a role.")), *found]


def place_choices() -> list[tuple[str, str]]:
    """Places in the signed-in user's work space, the highest first; none is chosen beforehand."""
    here = scope.current()
    session = orm.db.session
    found: list[tuple[str, str]] = [("", _("Choose a place."))]
    if here.everything:
        found.append(("all", _("The whole installation")))
    if here.brand_id is None:
        found += [(f"p{number}", name) for number, name in session.execute(
            select(Provider.id, Provider.short_name).order_by(Provider.short_name))]
    if here.dealer_id is None:
        found += [(f"b{number}", f"{above} › {name}") for number, above, name in session.execute(
            select(Brand.id, Provider.short_name, Brand.name)
            .join(Provider, Provider.id == Brand.provider_id).order_by(Brand.name))]
    # Names alone: nobody's identity number is opened for a list of places.
    found += [(f"d{number}", f"{above} › {alias or title}")
              for number, above, alias, title in session.execute(
        select(Dealer.id, Brand.name, Dealer.alias, Dealer.title)
        .join(Brand, Brand.id == Dealer.brand_id).order_by(Dealer.title))]
    return found


def read_place(value: str) -> tuple[int | None, int | None, int | None]:
    """``p1``, ``b2``, ``d3`` or ``all`` as provider, brand and dealer; only visible ones."""
    kind, number = value[:1], value[1:]
    session = orm.db.session
    if kind == "p" and number.isdigit():
        return int(number), None, None
    if kind == "b" and number.isdigit():
        brand = session.get(Brand, int(number))
        return (brand.provider_id, brand.id, None) if brand else (-1, None, None)
    if kind == "d" and number.isdigit():
        dealer = session.get(Dealer, int(number))
        return (dealer.provider_id, dealer.brand_id, dealer.id) if dealer else (-1, None, None)
    return None, None, None


def admin_to_ask() -> str | None:
    """Who may give the signed-in user more rights, by name: the nearest provider admin."""
    own = security.membership()
    if own is None or own.provider_id is None or own.role == "provider_admin":
        return None
    with scope.system_scope():
        found = orm.db.session.scalars(
            select(User).join(Membership, Membership.user_id == User.id)
            .where(Membership.provider_id == own.provider_id, User.active,
                   Membership.role == "provider_admin", Membership.brand_id.is_(None),
                   Membership.suspended_at.is_(None))
            .order_by(Membership.id)).first()
    return f"{found.first_name} {found.last_name}".strip() if found else None


def where_at(user_id: int) -> Markup:
    """A user's roles, each with its place below it, for the list of users."""
    lines = [Markup("{}<span class='sub'>{}</span>").format(
        rolebook.title(one.role, language()),
        str(one.dealer or one.brand or one.provider or _("The whole installation")))
        for one in visible_memberships(user_id)]
    return Markup("<div>{}</div>").format(Markup("").join(lines)) if lines else Markup("—")


def visible_memberships(user_id: int) -> list[Membership]:
    """A user's memberships inside the signed-in user's work space."""
    return list(orm.db.session.scalars(
        select(Membership).where(Membership.user_id == user_id).order_by(Membership.id)))
