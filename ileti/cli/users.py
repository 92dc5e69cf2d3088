"""``ileti user …`` and the accounts of the first run, through the same door as the panel."""

from __future__ import annotations

from contextlib import nullcontext

from flask import has_app_context
from sqlalchemy import select

from ileti.core.errors import InvalidInput, NotFound
from ileti.core.orm import db
from ileti.tenancy import accounts, roles, scope
from ileti.tenancy.models import Dealer, Provider
from ileti.tenancy.roles import Level


def ensure_user(username: str, password: str, *, role: str, email: str | None = None,
                iys_code: int | None = None, dealer_id: int | None = None,
                full_name: tuple[str, str] | None = None, keep: bool = False) -> int:
    """A user with this password and role, made or brought up to date; the user's id. Without
    ``full_name`` a new user is called by the user name; ``keep``: who is there already keeps the
    password.

    Raises InvalidInput (unknown role, role at a place it does not fit, unusable name, weak
    password) and NotFound (no such provider or dealer).
    """
    from flask_appbuilder.security.sqla.models import User

    from ileti.factory import create_app

    if role not in roles.BY_KEY:
        names = ", ".join(sorted(roles.BY_KEY))
        raise InvalidInput(f"Böyle bir rol yok: {role}. Roller: {names}.",
                           f"There is no role {role}. Roles: {names}.", code="unknown_role")
    house = nullcontext() if has_app_context() else create_app().app_context()
    with house, scope.system_scope():
        provider_id, brand_id = _place(iys_code, dealer_id)
        _refuse_wrong_level(role, provider_id, brand_id, dealer_id)
        found = db.session.scalars(select(User.id).where(User.username == username)).first()
        if found is None:
            first, last = full_name or (username, "")
            found = accounts.create_user(
                username, password, email=email or f"{username}@localhost.localdomain",
                first_name=first, last_name=last,
            )
        elif not keep:
            accounts.set_password(found, password)
        accounts.give_membership(found, role, provider_id=provider_id, brand_id=brand_id,
                                 dealer_id=dealer_id)
        return int(found)


def reset_second_step(username: str) -> None:
    """Take a user's lost second step away and end all their sessions; NotFound for nobody's name.
    """
    from flask_appbuilder.security.sqla.models import User

    from ileti.factory import create_app
    from ileti.signin import account

    with create_app().app_context():
        with scope.system_scope():
            found = db.session.scalars(
                select(User.id).where(User.username == username.strip().lower())).first()
        if found is None:
            raise NotFound("Bu adda bir kullanıcı yok.", "There is no user of this name.")
        account.reset_second_step(found, giver=accounts.SYSTEM, by="ileti user reset-two-step",
                                  program="ileti user reset-two-step")


_HOW = {
    Level.INSTALLATION: ("--provider ve --dealer olmadan", "without --provider and --dealer"),
    Level.PROVIDER: ("--provider NUMARA ile", "with --provider NUMBER"),
    Level.BRAND: ("panelde", "in the panel"),
    Level.DEALER: ("--dealer KİMLİK ile", "with --dealer ID"),
}


def _refuse_wrong_level(role: str, provider_id: int | None, brand_id: int | None,
                        dealer_id: int | None) -> None:
    """Raise InvalidInput that says how this role is given."""
    fits = roles.BY_KEY[role].levels
    if accounts.level_of(provider_id, brand_id, dealer_id) not in fits:
        tr, en = (" / ".join(_HOW[level][number] for level in fits) for number in (0, 1))
        raise InvalidInput(f"{role} rolü şöyle verilir: {tr}.",
                           f"The role {role} is given {en}.", code="wrong_level")


def _place(iys_code: int | None, dealer_id: int | None) -> tuple[int | None, int | None]:
    if dealer_id is not None:
        dealer = db.session.get(Dealer, dealer_id)
        if dealer is None:
            raise NotFound("Böyle bir bayi yok.", "There is no such dealer.")
        return dealer.provider_id, dealer.brand_id
    if iys_code is None:
        return None, None
    provider = db.session.scalars(select(Provider).where(Provider.iys_code == iys_code)).first()
    if provider is None:
        raise NotFound(f"İYS numarası {iys_code} olan hizmet sağlayıcı yok.",
                       f"There is no provider with İYS number {iys_code}.")
    return provider.id, None
