"""Deeds about rights that a second person agreed to: strong roles, composed roles, the rule itself.

Why this module exists: :mod:`ileti.tenancy.foureyes` knows no deed; here those of this room are
registered. Each is done in the right of whoever asked for it, as that right is when it is done: who
lost it meanwhile gets nothing through. Whoever agrees must be able to hand out the same.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _

from ileti.core import orm
from ileti.core.errors import NotAllowed
from ileti.core.formats import language
from ileti.tenancy import accounts, foureyes, ownroles, rolebook, scope
from ileti.tenancy.foureyes import Carrier, Decider, Request, Wish
from ileti.tenancy.models import OwnRole, Provider
from ileti.tenancy.ownroles import ALWAYS
from ileti.tenancy.rightwords import right
from ileti.tenancy.roles import Level

TEXTS: Final = "text"


def _lost() -> NotAllowed:
    return NotAllowed("Bunu isteyen kişinin artık bu yetkisi yok.",
                      "Whoever asked for it has this right no more.", code="right_lost")


# -- a strong role for somebody -------------------------------------------------------------------


def _membership_mark(wish: Wish) -> str:
    """The user's address and the role's rights: another person, or another role, is another deed.
    """
    with scope.system_scope():
        user = orm.db.session.get(User, wish.act["user"], populate_existing=True)
    said = (user.email, user.active) if user is not None else None
    held = sorted(rolebook.granted(wish.act["role"]))
    return sha256(repr((said, held)).encode()).hexdigest()


def _membership_check(request: Request, by: Decider) -> None:
    _refuse_overreach(request.wish, by)


def _refuse_overreach(wish: Wish, giver: Any) -> None:
    accounts.refuse_overreach(giver, wish.act["role"], provider_id=wish.provider_id,
                              brand_id=wish.brand_id, dealer_id=wish.dealer_id)


def asker(request: Request, allowed: Any) -> accounts.Giver:
    """Whoever asked, in a work space of theirs in which they still may."""
    for one in accounts.givers_of(request.asked_by):
        try:
            allowed(one)
        except NotAllowed:
            continue
        return one
    raise _lost()


def _give(request: Request) -> None:
    wish = request.wish
    accounts.give_membership(
        wish.act["user"], wish.act["role"], provider_id=wish.provider_id, brand_id=wish.brand_id,
        dealer_id=wish.dealer_id,
        giver=asker(request, lambda one: _refuse_overreach(wish, one)))


def _membership_about(request: Request, _language: str) -> list[tuple[str, str]]:
    return [(_("Role"), rolebook.title(request.wish.act["role"], language()))]


# -- a composed role ------------------------------------------------------------------------------


def _wish_of(act: Any) -> ownroles.Wish:
    return ownroles.Wish(act["title"], Level(act["level"]), frozenset(act["permissions"]),
                         act["note"])


def _role_mark(wish: Wish) -> str:
    number = wish.act["role"]
    if number is None:
        return "new"
    with scope.system_scope():
        kept = orm.db.session.get(OwnRole, number, populate_existing=True)
    said = (kept.title, kept.note, kept.level, sorted(kept.permissions), kept.retired_at) \
        if kept is not None else None
    return sha256(repr(said).encode()).hexdigest()


def _role_check(request: Request, by: Decider) -> None:
    if not frozenset(request.wish.act["permissions"]) - {ALWAYS} <= by.permissions:
        raise NotAllowed("Bu rolde sizde olmayan yetkiler var.",
                         "This role holds rights you lack.", code="overreach")


def _keep_role(request: Request) -> None:
    act, wish = request.wish.act, _wish_of(request.wish.act)

    def allowed(one: accounts.Giver) -> None:
        here = one.scope
        at_home = (here.provider_id, here.brand_id) == (request.wish.provider_id,
                                                        request.wish.brand_id)
        inside = act["role"] is not None and here.provider_id == request.wish.provider_id
        if "role:write" not in one.permissions or not (at_home or inside or here.everything):
            raise _lost()

    giver = asker(request, allowed)
    if act["role"] is None:
        if not _is_there(request, wish):
            ownroles.compose(wish, giver=giver)
    else:
        ownroles.change(act["role"], wish, giver=giver)


def _is_there(request: Request, wish: ownroles.Wish) -> bool:
    """Whether an earlier try composed it already."""
    with scope.system_scope():
        return orm.db.session.query(OwnRole.id).filter(
            OwnRole.provider_id == request.wish.provider_id, OwnRole.title == wish.title,
            OwnRole.created_by == request.asked_by, OwnRole.retired_at.is_(None),
            OwnRole.created_at >= request.asked_at).first() is not None


def _role_about(request: Request, _language: str) -> list[tuple[str, str]]:
    act = request.wish.act
    return [(_("Role"), act["title"]),
            (_("Rights"), ", ".join(str(right(one)) for one in act["permissions"]))]


# -- the rule itself ------------------------------------------------------------------------------


def switched(provider: Provider, before: tuple[bool, list[str]]) -> Wish | None:
    """The wish to ask fewer people, when a provider's record was changed so while rights take two;
    the record then keeps the rule it had."""
    four_eyes, kinds = before
    after = list(provider.approvals or [])
    fewer = set(kinds) - set(after) or (four_eyes and not provider.four_eyes)
    if "rights" not in kinds or not fewer:
        return None
    wish = Wish("rights", "approvals", f"provider:{provider.id}", "provider:write",
                {"texts": bool(provider.four_eyes), "kinds": sorted(after)}, provider.id)
    provider.four_eyes, provider.approvals = four_eyes, list(kinds)
    return wish


def _rule_mark(wish: Wish) -> str:
    with scope.system_scope():
        kept = orm.db.session.get(Provider, wish.provider_id, populate_existing=True)
    return repr((kept.four_eyes, sorted(kept.approvals))) if kept is not None else ""


def _keep_rule(request: Request) -> None:
    with scope.system_scope(), orm.unit_of_work() as session:
        kept = session.get(Provider, request.wish.provider_id, populate_existing=True)
        if kept is not None:
            kept.four_eyes = request.wish.act["texts"]
            kept.approvals = list(request.wish.act["kinds"])


def kind_words() -> dict[str, Any]:
    """How the kinds of deeds are called."""
    return {"import": _("Imports of many rows"), "refusal": _("Undoing imports of many rows"),
            "rights": _("Rights of admins and programs"), "campaign": _("Release of campaigns"),
            TEXTS: _("Publishing texts"), "template": _("Exempt messages that may promote")}


def _rule_about(request: Request, _language: str) -> list[tuple[str, str]]:
    act, words = request.wish.act, kind_words()
    left = [words[one] for one in (*act["kinds"], *([TEXTS] if act["texts"] else []))]
    return [(_("A second person is asked for"), ", ".join(left) or _("nothing"))]


foureyes.carries_out("membership", Carrier(
    "rights", _give, _membership_mark, _membership_about,
    "a membership that is there is not made twice", _membership_check))
foureyes.carries_out("own_role", Carrier(
    "rights", _keep_role, _role_mark, _role_about,
    "a role is set to what was asked; a new one is looked for first", _role_check))
foureyes.carries_out("approvals", Carrier(
    "rights", _keep_rule, _rule_mark, _rule_about, "the record is set to what was asked"))
