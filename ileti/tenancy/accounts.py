"""Users and what they are given: nobody can hand out what they do not have.

A membership ties a user to a provider, a brand or a dealer in one role. Who gives it must hold
every permission of that role and stand at least as high in the same tree; only a platform admin
makes another. The command line works as :data:`SYSTEM`, the panel as the signed-in user.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_appbuilder.security.sqla.models import Role as FabRole
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import func, or_, select
from werkzeug.security import generate_password_hash

from ileti.core import orm
from ileti.core.errors import Conflict, FieldError, InvalidInput, NotAllowed, NotFound
from ileti.tenancy import (
    dealerrights,
    foureyes,
    limits,
    logins,
    notices,
    ownroles,
    passwords,
    rolebook,
    roles,
    scope,
)
from ileti.tenancy.models import Brand, Dealer, Membership, Provider
from ileti.tenancy.roles import Level

LONGEST_MAIL = 120
_UNREADABLE = FieldError("email", "email", "E-posta adresi okunamadı.",
                         "The e-mail address cannot be read.")
USERNAME = re.compile(r"[a-z0-9._-]{3,40}")
_ADMINS_LOCK = 607_001


@dataclass(frozen=True)
class Giver:
    """Who hands out: permissions, role and scope of the work space they act in; ``user_id`` is
    themselves."""

    permissions: frozenset[str]
    role: str
    scope: scope.Scope
    user_id: int | None = None


SYSTEM = Giver(frozenset(roles.PERMISSIONS), "platform_admin", scope.EVERYTHING)


def check_password(password: str, *, username: str = "", about: tuple[str, ...] = ()) -> None:
    """Length over composition (:mod:`ileti.tenancy.passwords`). ``about``: mail address and names
    of the company. Raises InvalidInput."""
    if passwords.is_weak(password, (username, *about)):
        raise InvalidInput(errors=(FieldError(
            "password", "weak",
            "Parola en az 12 karakter olmalı; yaygın bir parola, yalnız rakam, adınız ya da "
            "şirketinizin adı olmamalı. Aklınızda kalan dört sözcük yeter.",
            "A password has at least 12 characters and is no common one, no digits alone, and "
            "neither your name nor the company’s. Four words you remember will do.",
        ),))


def _company_words(session: Any, provider_ids: Iterable[int | None]) -> tuple[str, ...]:
    """What the providers somebody works for are called."""
    found = session.execute(select(Provider.short_name).where(
        Provider.id.in_([one for one in provider_ids if one is not None])))
    return tuple(row[0] for row in found)


def readable_mail(email: str) -> str:
    """The address in the one spelling kept. Raises InvalidInput."""
    email = email.strip().lower()
    if len(email) > LONGEST_MAIL or not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        raise InvalidInput(errors=(_UNREADABLE,))
    return email


def _check_name(username: str, email: str) -> None:
    """The panel's forms say the same; this is for every other door."""
    wrong = []
    if not USERNAME.fullmatch(username):
        wrong.append(FieldError(
            "username", "username", "Kullanıcı adı 3-40 küçük harf, rakam, nokta, tire ya da alt "
            "çizgidir.", "A user name is 3 to 40 small letters, digits, dots, dashes or "
            "underscores."))
    try:
        readable_mail(email)
    except InvalidInput as error:
        wrong += error.errors
    if wrong:
        raise InvalidInput(errors=tuple(wrong))


def create_user(username: str, password: str, *, email: str, first_name: str = "",
                last_name: str = "", giver: Giver = SYSTEM) -> int:
    """A new active user without any right yet; the id. Commits.

    Raises InvalidInput (unusable name or mail, weak password), Conflict (name or mail taken),
    NotAllowed.
    """
    if "user:write" not in giver.permissions:
        raise NotAllowed()
    username, email = username.strip().lower(), email.strip().lower()
    _check_name(username, email)
    with scope.system_scope(), orm.unit_of_work() as session:
        check_password(password, username=username, about=(
            email, *_company_words(session, [giver.scope.provider_id])))
        taken = session.scalars(
            select(User.id).where(or_(User.username == username, User.email == email))).first()
        if taken is not None:
            raise Conflict("Bu kullanıcı adı ya da e-posta kullanılıyor.",
                           "This user name or e-mail is taken.", code="user_taken")
        user = User(username=username, email=email, first_name=first_name, last_name=last_name,
                    active=True, password=hash_password(password))
        session.add(user)
        session.flush()
        return int(user.id)


def hash_password(password: str) -> str:
    """Salted scrypt."""
    return generate_password_hash(password, method="scrypt")


def set_password(user_id: int, password: str, *, giver: Giver = SYSTEM) -> None:
    """Change a password and end all the user's sessions. Commits.

    Raises InvalidInput (weak), NotAllowed when the user may do more than ``giver``.
    """
    with scope.system_scope(), orm.unit_of_work() as session:
        replace_password(session, _changeable(session, user_id, giver), password)
    logins.end_sessions(user_id)


def replace_password(session: Any, user: User, password: str) -> None:
    """Another password for a user, who is told; the caller commits and ends the sessions. Raises
    InvalidInput (weak)."""
    check_password(password, username=user.username, about=(
        user.email or "", *_company_words(session, session.scalars(select(
            Membership.provider_id).where(Membership.user_id == user.id)).all())))
    user.password = hash_password(password)
    notices.tell(user.id, "password")


def describe(user_id: int, *, first_name: str, last_name: str, email: str,
             giver: Giver = SYSTEM) -> None:
    """Change a user's name and e-mail. Commits. Raises NotAllowed, Conflict (mail taken)."""
    email = email.strip().lower()
    with scope.system_scope(), orm.unit_of_work() as session:
        user = _changeable(session, user_id, giver)
        taken = select(User.id).where(or_(User.email == email, User.username == email),
                                      User.id != user_id)
        if session.scalars(taken).first() is not None:
            raise Conflict("Bu e-posta kullanılıyor.", "This e-mail is taken.", code="user_taken")
        if user.email != email:
            notices.tell(user_id, "email", to=user.email)
        user.first_name, user.last_name, user.email = first_name.strip(), last_name.strip(), email


def switch(user_id: int, *, active: bool, giver: Giver = SYSTEM) -> None:
    """Switch a user off or on; off ends all their sessions at once. Commits.

    Raises NotAllowed when the user may do more than ``giver``, Conflict for the last platform
    admin and the last admin of a provider.
    """
    with scope.system_scope(), orm.unit_of_work() as session:
        user = _changeable(session, user_id, giver)
        if not active:
            refuse_last(session, user_id, session.scalars(
                select(Membership).where(Membership.user_id == user_id)).all())
        user.active = active
    logins.end_sessions(user_id)


def refuse_stronger(user_id: int, *, giver: Giver) -> None:
    """Raise NotAllowed when the user may do more, anywhere, than ``giver`` may hand out."""
    with scope.system_scope():
        _changeable(orm.db.session, user_id, giver)


def may_change(user_id: int, *, giver: Giver) -> bool:
    """Whether :func:`refuse_stronger` lets this pass; for buttons."""
    try:
        refuse_stronger(user_id, giver=giver)
    except (NotAllowed, InvalidInput):
        return False
    return True


def _changeable(session: Any, user_id: int, giver: Giver) -> User:
    """The user, when every one of their memberships, here or elsewhere, is the giver's to give.

    Who could set another password, or another e-mail, would have the other's rights.
    """
    user: User | None = session.get(User, user_id)
    if user is None:
        raise NotFound()
    if "user:write" not in giver.permissions:
        raise NotAllowed()
    own = session.scalars(select(Membership).where(Membership.user_id == user_id)).all()
    if not own and not giver.scope.everything:
        raise NotAllowed()
    for one in own:
        refuse_overreach(giver, one.role, provider_id=one.provider_id, brand_id=one.brand_id,
                         dealer_id=one.dealer_id)
    return user


def refuse_last(session: Any, user_id: int, ending: Iterable[Membership]) -> None:
    """Refuse that these memberships of a user open nothing any more, when nobody else is left who
    can let others in: at the installation, or at a provider. Raises Conflict."""
    for one in ending:
        if one.role == "platform_admin":
            _refuse_last_admin(session, user_id)
        elif one.role == "provider_admin" and one.suspended_at is None and not _admins(
                session, "provider_admin", one.provider_id) - {user_id}:
            raise Conflict("Hizmet sağlayıcının son yöneticisi durdurulamaz; önce başka birine bu "
                           "rolü verin.", "The last admin of a provider cannot be suspended; give "
                           "the role to somebody else first.", code="last_provider_admin")


def _admins(session: Any, role: str, provider_id: int | None) -> set[int]:
    """Who holds an admin's role and can use it; one at a time may ask."""
    session.execute(select(func.pg_advisory_xact_lock(_ADMINS_LOCK)))
    return set(session.scalars(
        select(Membership.user_id).join(User, User.id == Membership.user_id)
        .where(Membership.role == role, Membership.suspended_at.is_(None), User.active,
               Membership.provider_id.is_not_distinct_from(provider_id))))


def _refuse_last_admin(session: Any, user_id: int) -> None:
    """Somebody must be left who can let others in."""
    if _admins(session, "platform_admin", None) == {user_id}:
        raise Conflict("Son platform yöneticisi kapatılamaz ve yetkisi geri alınamaz.",
                       "The last platform admin cannot be switched off or lose the role.",
                       code="last_admin")


def give_membership(user_id: int, role: str, *, provider_id: int | None = None,
                    brand_id: int | None = None, dealer_id: int | None = None,
                    giver: Giver = SYSTEM, asked_by: int | None = None) -> int:
    """Tie a user to a place in a role; the membership's id, the same when it exists. Commits.
    ``asked_by``: at whose word the installation does it (an invitation).

    Raises NotAllowed (the giver lacks the role's rights or the place), InvalidInput (a role at a
    level it does not fit), NotFound (no such place), Waits (a second person has to agree), Conflict
    (the provider’s users are at their limit).
    """
    refuse_overreach(giver, role, provider_id=provider_id, brand_id=brand_id, dealer_id=dealer_id)
    if rolebook.granted(role) & roles.STRONG_RIGHTS:
        foureyes.needed(membership_wish(user_id, role, (provider_id, brand_id, dealer_id)),
                        by=giver.user_id if giver.user_id is not None else asked_by)
    with limits.told(), scope.system_scope(), orm.unit_of_work() as session:
        refuse_strange_place(session, provider_id, brand_id, dealer_id)
        ownroles.lock(session, role)
        kept = session.scalars(select(Membership).where(
            Membership.user_id == user_id, Membership.role == role,
            Membership.provider_id.is_not_distinct_from(provider_id),
            Membership.brand_id.is_not_distinct_from(brand_id),
            Membership.dealer_id.is_not_distinct_from(dealer_id))).first()
        if kept is None:
            kept = Membership(user_id=user_id, role=role, provider_id=provider_id,
                              brand_id=brand_id, dealer_id=dealer_id)
            session.add(kept)
            session.flush()
        mirror_roles(session, user_id)
        return int(kept.id)


def membership_wish(user_id: int, role: str,
                    place: tuple[int | None, int | None, int | None]) -> foureyes.Wish:
    """Giving a strong role, as a second person is asked for it."""
    return foureyes.Wish("rights", "membership", f"ab_user:{user_id}", "user:write",
                         {"user": user_id, "role": role}, *place)


def givers_of(user_id: int | None) -> list[Giver]:
    """A user as somebody who hands out, in each of their work spaces; none when they are switched
    off."""
    with scope.system_scope():
        user = orm.db.session.get(User, user_id) if user_id is not None else None
        if user is None or not user.active:
            return []
        own = orm.db.session.scalars(
            select(Membership).where(Membership.user_id == user_id).order_by(Membership.id)).all()
    return [Giver(rolebook.granted(one.role), one.role, scope.Scope(
        everything=one.role == "platform_admin", provider_id=one.provider_id,
        brand_id=one.brand_id, dealer_id=one.dealer_id, user_id=user_id), user_id) for one in own]


def take_membership(membership_id: int, *, giver: Giver = SYSTEM) -> None:
    """Undo :func:`give_membership`; asks the same rights, and never one's own. Commits.

    Raises NotFound, NotAllowed, Conflict for the last platform admin.
    """
    with scope.system_scope(), orm.unit_of_work() as session:
        kept = session.get(Membership, membership_id)
        if kept is None:
            raise NotFound()
        refuse_overreach(giver, kept.role, provider_id=kept.provider_id, brand_id=kept.brand_id,
                         dealer_id=kept.dealer_id)
        if giver.user_id == kept.user_id:
            raise NotAllowed("Kendi yetkinizi geri alamazsınız; başka bir yönetici alır.",
                             "You cannot take your own right away; another admin does.",
                             code="own_right")
        if kept.role == "platform_admin":
            _refuse_last_admin(session, kept.user_id)
        session.delete(kept)
        mirror_roles(session, kept.user_id)


def refuse_overreach(giver: Giver, role: str, *, provider_id: int | None, brand_id: int | None,
                     dealer_id: int | None) -> None:
    """Raise unless ``giver`` may hand out ``role`` at this place."""
    known = rolebook.find(role)
    if known is None or "user:write" not in giver.permissions or not may_grant(giver, known):
        raise NotAllowed("Kendinizde olmayan bir yetkiyi veremezsiniz.",
                         "You cannot hand out a right you do not have.", code="overreach")
    if level_of(provider_id, brand_id, dealer_id) not in known.levels:
        raise InvalidInput("Bu rol bu düzeyde verilemez.", "This role does not fit this level.",
                           code="wrong_level")
    own = giver.scope
    _refuse_role_of_others(known, provider_id, brand_id)
    if own.everything:
        return
    place = ((own.provider_id, provider_id), (own.brand_id, brand_id), (own.dealer_id, dealer_id))
    outside = own.provider_id is None or any(
        allowed is not None and allowed != wanted for allowed, wanted in place)
    if outside:
        raise NotAllowed("Bu yer sizin çalışma alanınızda değil.",
                         "This place is not in your work space.", code="outside_scope")


def may_grant(giver: Giver, role: roles.Role) -> bool:
    """Whether the giver holds everything a role holds, but for what an office alone brings; only a
    platform admin makes another."""
    if role.key == "platform_admin":
        return giver.role == "platform_admin"
    here = giver.scope
    held = rolebook.granted(role.key) - dealerrights.closed(  # what the role holds at this dealer
        here.provider_id, here.brand_id, here.dealer_id)
    if role.key in roles.BY_KEY:
        held -= roles.OF_OFFICE
    return bool(held) and held <= giver.permissions


def _refuse_role_of_others(role: roles.Role, provider_id: int | None,
                           brand_id: int | None) -> None:
    """A composed role is its provider's, and its brand's, alone."""
    if isinstance(role, rolebook.Composed) and (
            role.provider_id != provider_id or role.brand_id not in (None, brand_id)):
        raise NotAllowed("Bu rol başka bir yere ait.", "This role belongs to another place.",
                         code="outside_scope")


def level_of(provider_id: int | None, brand_id: int | None, dealer_id: int | None) -> Level:
    """Which level a place is."""
    if dealer_id is not None:
        return Level.DEALER
    if brand_id is not None:
        return Level.BRAND
    return Level.INSTALLATION if provider_id is None else Level.PROVIDER


def refuse_strange_place(session: Any, provider_id: int | None, brand_id: int | None,
                          dealer_id: int | None) -> None:
    """Brand and dealer must belong together and to the provider."""
    brand = session.get(Brand, brand_id) if brand_id is not None else None
    dealer = session.get(Dealer, dealer_id) if dealer_id is not None else None
    wrong = (
        (brand_id is not None and (brand is None or brand.provider_id != provider_id))
        or (dealer_id is not None and (
            dealer is None or dealer.provider_id != provider_id or dealer.brand_id != brand_id))
    )
    if wrong:
        raise NotFound()


def mirror_roles(session: Any, user_id: int) -> None:
    """Flask-AppBuilder's own role list shows the same; rights are read from the membership."""
    session.flush()
    user = session.get(User, user_id)
    if user is None:
        raise NotFound()
    keys = session.scalars(
        select(Membership.role).where(Membership.user_id == user_id).distinct()).all()
    user.roles = list(session.scalars(select(FabRole).where(FabRole.name.in_(keys))).all())
