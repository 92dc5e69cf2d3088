"""Memberships that are moved or handed over, as deeds that a second person agrees to.

Why this module exists: who takes a strong role over has it as if it had been given by hand, so
where a provider wants two people for rights, no road comes by them. Done in the right of whoever
asked, as it is when it is done, like the deeds of :mod:`ileti.tenancy.agreed`.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from sqlalchemy import select

from ileti.core import orm
from ileti.core.errors import NotAllowed
from ileti.core.formats import language
from ileti.tenancy import accounts, agreed, foureyes, moves, rolebook, scope, trail
from ileti.tenancy.foureyes import Carrier, Decider, Request, Wish
from ileti.tenancy.models import Brand, Dealer, Membership


def _kept(wish: Wish) -> list[Membership]:
    """The memberships a wish is about, as they are now."""
    act = wish.act
    with scope.system_scope():
        return list(orm.db.session.scalars(
            select(Membership).where(Membership.id.in_(act.get("memberships", [
                act.get("membership")]))).order_by(Membership.id)
            .execution_options(populate_existing=True)))


def _mark(wish: Wish) -> str:
    """Whose the memberships are, where and of what rights, and the address of who gets them:
    another person, place or role is another deed."""
    with scope.system_scope():
        heir = orm.db.session.get(User, wish.act.get("to", wish.act["user"]),
                                  populate_existing=True)
    said = (heir.email, heir.active) if heir is not None else None
    held = [(one.id, one.user_id, one.role, one.brand_id, one.dealer_id,
             sorted(rolebook.granted(one.role))) for one in _kept(wish)]
    return sha256(repr((said, held)).encode()).hexdigest()


def _refuse(wish: Wish, giver: Any) -> None:
    """Whoever moves it, or agrees, must be able to give it at both ends."""
    for one in _kept(wish):
        for brand, dealer in _ends(wish, one):
            accounts.refuse_overreach(giver, one.role, provider_id=one.provider_id,
                                      brand_id=brand, dealer_id=dealer)


def _ends(wish: Wish, kept: Membership) -> Iterable[tuple[int | None, int | None]]:
    yield kept.brand_id, kept.dealer_id
    if wish.deed == moves.MOVE:
        yield wish.act["brand"], wish.act["dealer"]


def _check(request: Request, by: Decider) -> None:
    _refuse(request.wish, by)
    act = request.wish.act
    if foureyes.same_person(by.user_id, act.get("to", act["user"])):
        raise NotAllowed("Kendi yetkinizi onaylayamazsınız; başka bir yönetici onaylar.",
                         "You cannot agree to rights of your own; another admin does.",
                         code="own_right")


def _giver(request: Request) -> accounts.Giver:
    return agreed.asker(request, lambda one: _refuse(request.wish, one))


def _move(request: Request) -> None:
    moves.move_agreed(request.wish, giver=_giver(request))


def _hand_over(request: Request) -> None:
    moves.hand_over_agreed(request.wish, giver=_giver(request))


def _move_about(request: Request, _language: str) -> list[tuple[str, str]]:
    act = request.wish.act
    with scope.system_scope():
        ends = [orm.db.session.get(table, act[name]) for table, name in (
            (Brand, "brand"), (Dealer, "dealer")) if act[name] is not None]
    return [(_("Role"), rolebook.title(act["role"], language())),
            (_("New place"), " › ".join(str(one) for one in ends if one is not None)
             or _("The whole provider"))]


def _hand_over_about(request: Request, _language: str) -> list[tuple[str, str]]:
    roles = sorted({rolebook.title(one.role, language()) for one in _kept(request.wish)})
    return [(_("Who takes over"), str(trail.person(request.wish.act["to"]))),
            (_("Roles"), ", ".join(roles))]


foureyes.carries_out(moves.MOVE, Carrier(
    "rights", _move, _mark, _move_about, "what is at its new place already stays", _check))
foureyes.carries_out(moves.HAND_OVER, Carrier(
    "rights", _hand_over, _mark, _hand_over_about,
    "what is no longer the user’s is not handed over again", _check))
