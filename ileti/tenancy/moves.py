"""Memberships that rest, move to another place, or go to another person.

Why this module exists: people fall ill, change shops and leave. What a membership opens must end in
the same moment and may come back later; what the person began stays theirs, for the records name
the person and not the membership. Whoever moves a membership must be able to give it at both ends;
nobody touches their own, and a provider keeps at least one admin who can let others in. Whoever is
moved or takes over has a role where they had none: where rights take two people, so does this
(:mod:`ileti.tenancy.movesagreed`).
"""

from __future__ import annotations

from itertools import groupby
from typing import Any, Final

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import func, select, update

from ileti.core import clock, orm
from ileti.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from ileti.tenancy import accounts, audit, foureyes, logins, ownroles, rolebook, roles, scope
from ileti.tenancy.accounts import Giver
from ileti.tenancy.foureyes import Wish
from ileti.tenancy.models import Membership

MOVE: Final = "membership_move"
HAND_OVER: Final = "membership_hand_over"


def suspend(membership_id: int, *, giver: Giver) -> None:
    """Let a membership rest; its user is signed out everywhere. Commits.

    Raises NotFound, NotAllowed (not the giver's to give, or their own), Conflict (the last admin).
    """
    with scope.system_scope(), orm.unit_of_work() as session:
        kept = _held(session, membership_id, giver)
        accounts.refuse_last(session, kept.user_id, [kept])
        user_id = kept.user_id
        _set(session, kept.id, suspended_at=clock.now())
        _note("membership:suspend", kept)
    logins.end_sessions(user_id)


def resume(membership_id: int, *, giver: Giver) -> None:
    """Let it be in force again. Commits. Raises NotFound, NotAllowed."""
    with scope.system_scope(), orm.unit_of_work() as session:
        kept = _held(session, membership_id, giver)
        _set(session, kept.id, suspended_at=None)
        _note("membership:resume", kept)


def move(membership_id: int, *, brand_id: int | None, dealer_id: int | None,
         giver: Giver) -> None:
    """Move a membership to another brand or dealer of its provider, in the same role; its user is
    signed out everywhere. Commits.

    Raises NotFound, NotAllowed (at either end), InvalidInput (the role does not fit there),
    Conflict (the user has the role there already; the last admin), Waits (a second person has to
    agree).
    """
    _move(membership_id, (brand_id, dealer_id), giver, agreed=False)


def move_agreed(wish: Wish, *, giver: Giver) -> None:
    """:func:`move`, once a second person agreed to the wish. What is there already stays."""
    to = (wish.act["brand"], wish.act["dealer"])
    with scope.system_scope():
        kept = orm.db.session.get(Membership, wish.act["membership"], populate_existing=True)
        there = kept is not None and (kept.brand_id, kept.dealer_id) == to
    if not there:
        _move(wish.act["membership"], to, giver, agreed=True)


def _move(membership_id: int, to: tuple[int | None, int | None], giver: Giver, *,
          agreed: bool) -> None:
    brand_id, dealer_id = to
    with scope.system_scope(), orm.unit_of_work() as session:
        kept = _held(session, membership_id, giver)
        if kept.provider_id is None:
            raise InvalidInput("Bu yetki taşınmaz.", "This right is not moved.", code="not_moved")
        accounts.refuse_overreach(giver, kept.role, provider_id=kept.provider_id,
                                  brand_id=brand_id, dealer_id=dealer_id)
        accounts.refuse_strange_place(session, kept.provider_id, brand_id, dealer_id)
        accounts.refuse_last(session, kept.user_id, [kept])
        ownroles.lock(session, kept.role)
        if _has(session, kept.user_id, kept.role, (kept.provider_id, brand_id, dealer_id)):
            raise Conflict("Kullanıcı bu role orada zaten sahip.",
                           "The user has this role there already.", code="held_there")
        if not agreed and _strong(kept):
            foureyes.needed(move_wish(kept, brand_id, dealer_id), by=giver.user_id)
        user_id = kept.user_id
        _note("membership:move", kept)
        _set(session, kept.id, brand_id=brand_id, dealer_id=dealer_id)
    logins.end_sessions(user_id)


def move_wish(kept: Membership, brand_id: int | None, dealer_id: int | None) -> Wish:
    """Moving a strong role, as a second person is asked for it: whoever may hand out at both ends
    agrees."""
    return Wish("rights", MOVE, f"ab_user:{kept.user_id}", "user:write",
                {"membership": kept.id, "user": kept.user_id, "role": kept.role,
                 "brand": brand_id, "dealer": dealer_id},
                kept.provider_id, *_common([(kept.brand_id, kept.dealer_id),
                                            (brand_id, dealer_id)]))


def hand_over(user_id: int, to_user_id: int, *, giver: Giver) -> int:
    """Give all of a user's memberships that are in the giver's sight to another; how many. What the
    other has already is only taken. Both ends are asked as by hand. Commits.

    Raises NotFound, NotAllowed, InvalidInput (the same user, or one who is switched off), Conflict
    (there is nothing to hand over), Waits (a second person has to agree to what was of a provider
    that wants one; the rest is done).
    """
    seen = list(orm.db.session.scalars(select(Membership.id).where(
        Membership.user_id == user_id).order_by(Membership.id)))
    with scope.system_scope(), orm.unit_of_work() as session:
        _refuse_heir(session, user_id, to_user_id, giver)
        held = [_held(session, one, giver) for one in seen]
        if not held:
            raise Conflict("Devredilecek yetki yok.", "There is no right to hand over.",
                           code="nothing_to_hand_over")
        free = _without_second(held, to_user_id, giver)
        _hand(session, free, user_id, to_user_id)
    if free:
        logins.end_sessions(user_id)
    if len(free) < len(held):
        raise foureyes.Waits()
    return len(free)


def hand_over_agreed(wish: Wish, *, giver: Giver) -> None:
    """:func:`hand_over`, once a second person agreed to the wish; what is no longer the user's is
    left where it is. Commits."""
    user_id, to_user_id = wish.act["user"], wish.act["to"]
    with scope.system_scope(), orm.unit_of_work() as session:
        _refuse_heir(session, user_id, to_user_id, giver)
        left = session.scalars(select(Membership.id).where(
            Membership.id.in_(wish.act["memberships"]), Membership.user_id == user_id)
            .order_by(Membership.id)).all()
        _hand(session, [_held(session, one, giver) for one in left], user_id, to_user_id)
    if left:
        logins.end_sessions(user_id)


def hand_over_wish(held: list[Membership], to_user_id: int) -> Wish:
    """Handing a user's memberships of one provider over, as a second person is asked for it."""
    user_id = held[0].user_id
    return Wish("rights", HAND_OVER, f"ab_user:{user_id}", "user:write",
                {"user": user_id, "to": to_user_id, "memberships": [one.id for one in held]},
                held[0].provider_id, *_common([(one.brand_id, one.dealer_id) for one in held]))


def _without_second(held: list[Membership], to_user_id: int, giver: Giver) -> list[Membership]:
    """What may be handed over now; the rest, a provider's together, is asked for."""
    free: list[Membership] = []
    for _provider, some in groupby(sorted(held, key=lambda one: (one.provider_id or 0, one.id)),
                                   key=lambda one: one.provider_id):
        own = list(some)
        try:
            if any(map(_strong, own)):
                foureyes.needed(hand_over_wish(own, to_user_id), by=giver.user_id)
        except foureyes.Waits:
            continue
        free += own
    return free


def _hand(session: Any, held: list[Membership], user_id: int, to_user_id: int) -> None:
    for kept in held:
        _note("membership:hand_over", kept, to=to_user_id)
        place = (kept.provider_id, kept.brand_id, kept.dealer_id)
        if _has(session, to_user_id, kept.role, place):
            session.delete(kept)
        else:
            _set(session, kept.id, user_id=to_user_id, suspended_at=None, chosen_at=None)
    session.flush()
    session.expire_all()
    for one in (user_id, to_user_id):
        accounts.mirror_roles(session, one)


def _refuse_heir(session: Any, user_id: int, to_user_id: int, giver: Giver) -> None:
    heir = session.get(User, to_user_id)
    if heir is None or not heir.active or to_user_id == user_id:
        raise InvalidInput("Açık olan başka bir kullanıcı seçin.",
                           "Choose another user who is switched on.", code="no_heir")
    if to_user_id == giver.user_id:
        raise NotAllowed("Kendinize yetki devralamazsınız; başka bir yönetici devreder.",
                         "You cannot take rights over yourself; another admin does.",
                         code="own_right")


def _strong(kept: Membership) -> bool:
    return bool(rolebook.granted(kept.role) & roles.STRONG_RIGHTS)


def _common(places: list[tuple[int | None, int | None]]) -> tuple[int | None, int | None]:
    """The narrowest place that holds all of these."""
    brands, dealers = ({one[at] for one in places} for at in (0, 1))
    return (brands.pop() if len(brands) == 1 else None,
            dealers.pop() if len(dealers) == 1 else None)


def _held(session: Any, membership_id: int, giver: Giver) -> Membership:
    """A membership that is the giver's to give, and not their own; locked."""
    kept: Membership | None = session.scalars(select(Membership).where(
        Membership.id == membership_id).with_for_update()).first()
    if kept is None:
        raise NotFound()
    accounts.refuse_overreach(giver, kept.role, provider_id=kept.provider_id,
                              brand_id=kept.brand_id, dealer_id=kept.dealer_id)
    if giver.user_id == kept.user_id:
        raise NotAllowed("Kendi yetkinizi durduramaz ve taşıyamazsınız; başka bir yönetici yapar.",
                         "You cannot suspend or move your own right; another admin does.",
                         code="own_right")
    return kept


def _has(session: Any, user_id: int, role: str, place: tuple[Any, ...]) -> bool:
    provider, brand, dealer = place
    found = session.scalar(select(func.count()).select_from(Membership).where(
        Membership.user_id == user_id, Membership.role == role,
        Membership.provider_id.is_not_distinct_from(provider),
        Membership.brand_id.is_not_distinct_from(brand),
        Membership.dealer_id.is_not_distinct_from(dealer)))
    return bool(found)


def _set(session: Any, membership_id: int, **values: Any) -> None:
    """Written as a statement, since these deeds are told in the trail by words of their own."""
    session.execute(update(Membership).where(Membership.id == membership_id).values(**values)
                    .execution_options(synchronize_session=False))


def _note(deed: str, kept: Membership, **more: Any) -> None:
    audit.record(deed, f"ab_user:{kept.user_id}", {"role": kept.role, **more},
                 provider_id=kept.provider_id)
