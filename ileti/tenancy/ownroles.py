"""Roles a provider or a brand composes itself, beside the ready ones of ``roles``.

Why this module exists: the ready table fits most, and a company with a department for scanned forms
alone should not have to give it the rights of a call-centre agent. A composed role is a list of
permissions, a level and a place. Nobody composes, changes or hands out what they lack; no role
holds more than the ready roles of its level do (``roles.CEILING``). A change is at once everybody's
who has the role; what was added and taken stands in the audit trail. What a role holds is asked of
:mod:`ileti.tenancy.rolebook`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from flask_appbuilder.security.sqla.models import PermissionView
from flask_appbuilder.security.sqla.models import Role as FabRole
from sqlalchemy import func, select

from ileti.core import clock, orm
from ileti.core.errors import Conflict, FieldError, InvalidInput, NotAllowed, NotFound
from ileti.tenancy import audit, foureyes, rolebook, roles, scope
from ileti.tenancy.models import Membership, OwnRole
from ileti.tenancy.rolebook import PREFIX, Composed, of_row
from ileti.tenancy.roles import Level

LEVELS: Final = (Level.PROVIDER, Level.BRAND, Level.DEALER)
ALWAYS: Final = "home:read"
MOST: Final = 100


def here() -> list[Composed]:
    """The composed roles of this work space, by title."""
    rows = orm.db.session.scalars(
        select(OwnRole).where(OwnRole.retired_at.is_(None)).order_by(func.lower(OwnRole.title)))
    return [of_row((one.id, one.title, one.level, one.permissions, one.provider_id, one.brand_id,
                     one.note or "")) for one in rows]


@dataclass(frozen=True)
class Wish:
    """A composed role as somebody wants it."""

    title: str
    level: Level
    permissions: frozenset[str]
    note: str = ""


def offered(giver: Any, level: Level) -> frozenset[str]:
    """What a giver may put into a role of this level."""
    return frozenset(giver.permissions & roles.CEILING[level])


def compose(wish: Wish, *, giver: Any) -> int:
    """A new role at the giver's place; its number. Commits.

    Raises NotAllowed (a permission the giver lacks), InvalidInput (a title or permissions that
    cannot be), Conflict (the title is taken, or there are a hundred already).
    """
    here = giver.scope
    _refuse(wish, giver)
    if here.provider_id is None:
        raise InvalidInput("Rol bir hizmet sağlayıcının içinde oluşturulur; önce onun çalışma "
                           "alanına geçin.", "A role is composed inside a provider; go to its work "
                           "space first.", code="no_provider")
    if wish.permissions & roles.STRONG_RIGHTS:
        foureyes.needed(role_wish(wish, None, here.provider_id, here.brand_id), by=giver.user_id)
    with scope.system_scope(), orm.unit_of_work() as session:
        _refuse_taken(session, wish.title, here.provider_id, None)
        made = OwnRole(provider_id=here.provider_id, brand_id=here.brand_id,
                       title=wish.title.strip(), note=wish.note.strip() or None,
                       level=wish.level.value, permissions=sorted(wish.permissions | {ALWAYS}),
                       created_by=giver.user_id)
        session.add(made)
        session.flush()
        _mirror(session, made)
        audit.record("own_role:add", f"own_role:{made.id}",
                     {"name": made.title, "added": made.permissions},
                     provider_id=made.provider_id)
        number = int(made.id)
    rolebook.changed()
    return number


def change(number: int, wish: Wish, *, giver: Any) -> None:
    """Change a role; who has it has the change at once. Commits.

    Raises NotFound (no role of the giver's place), NotAllowed (it holds or would hold what the
    giver lacks; it is the giver's own), InvalidInput, Conflict.
    """
    _refuse(wish, giver)
    _gate(number, wish, giver)
    with scope.system_scope(), orm.unit_of_work() as session:
        kept = _changeable(session, number, giver)
        if wish.level.value != kept.level and _holders(session, number):
            raise Conflict("Bu rolü taşıyan kullanıcılar varken düzeyi değişmez.",
                           "The level cannot change while users hold the role.",
                           code="role_in_use")
        _refuse_taken(session, wish.title, kept.provider_id, number)
        before, after = set(kept.permissions), wish.permissions | {ALWAYS}
        was = {"title": kept.title, "note": kept.note, "level": kept.level}
        kept.title, kept.note = wish.title.strip(), wish.note.strip() or None
        kept.level, kept.permissions = wish.level.value, sorted(after)
        _mirror(session, kept)
        audit.record("own_role:change", f"own_role:{number}", {
            "name": kept.title, "added": sorted(after - before),
            "removed": sorted(before - after), **_changes(was, kept)},
            provider_id=kept.provider_id, brand_id=kept.brand_id)
    rolebook.changed()


def _gate(number: int, wish: Wish, giver: Any) -> None:
    """More strong rights for whoever holds the role take two people where that is wanted."""
    with scope.system_scope(), orm.unit_of_work() as session:
        kept = _changeable(session, number, giver)
        before, place = set(kept.permissions), (kept.provider_id, kept.brand_id)
    if (wish.permissions - before) & roles.STRONG_RIGHTS:
        foureyes.needed(role_wish(wish, number, *place), by=giver.user_id)


def role_wish(wish: Wish, number: int | None, provider_id: int, brand_id: int | None
              ) -> foureyes.Wish:
    """A role with strong rights, as a second person is asked for it; ``number`` None: a new one."""
    return foureyes.Wish(
        "rights", "own_role", f"own_role:{number or 'new'}", "role:write",
        {"role": number, "title": wish.title.strip(), "note": wish.note.strip(),
         "level": wish.level.value, "permissions": sorted(wish.permissions)},
        provider_id, brand_id)


def _changes(was: dict[str, Any], kept: OwnRole) -> dict[str, Any]:
    """What else of a role changed, before and after."""
    changed = {name: value for name, value in was.items() if value != getattr(kept, name)}
    if not changed:
        return {}
    return {"before": changed, "after": {name: getattr(kept, name) for name in changed}}


def retire(number: int, *, giver: Any) -> None:
    """Hand a role out no more; only while nobody holds it. Commits.

    Raises NotFound, NotAllowed, Conflict.
    """
    with scope.system_scope(), orm.unit_of_work() as session:
        kept = _changeable(session, number, giver)
        if _holders(session, number):
            raise Conflict("Bu rolü taşıyan kullanıcılar var; önce onların rolünü geri alın.",
                           "Users hold this role; take it from them first.", code="role_in_use")
        kept.retired_at = clock.now()
        audit.record("own_role:retire", f"own_role:{number}", {"name": kept.title},
                     provider_id=kept.provider_id)
    rolebook.changed()


def lock(session: Any, key: str) -> None:
    """Hold a composed role as it is until the transaction ends; for who hands it out.

    Raises NotFound when it was retired meanwhile.
    """
    if not key.startswith(PREFIX):
        return
    row = session.execute(select(OwnRole.retired_at).where(
        OwnRole.id == int(key.removeprefix(PREFIX))).with_for_update(read=True)).first()
    if row is None or row[0] is not None:
        raise NotFound()


def holders(numbers: Iterable[int]) -> dict[int, int]:
    """How many users hold each composed role."""
    keys = {f"{PREFIX}{number}": number for number in numbers}
    rows = orm.db.session.execute(
        select(Membership.role, func.count(Membership.user_id.distinct()))
        .where(Membership.role.in_(keys)).group_by(Membership.role))
    return {keys[key]: count for key, count in rows}


def may_change(role: Composed, giver: Any) -> bool:
    """Whether :func:`change` would let this giver; for buttons."""
    return (role.provider_id == giver.scope.provider_id or giver.scope.everything) \
        and giver.scope.brand_id in (None, role.brand_id) and giver.role != role.key \
        and "role:write" in giver.permissions and role.permissions <= giver.permissions


def _holders(session: Any, number: int) -> bool:
    return session.scalars(
        select(Membership.id).where(Membership.role == f"{PREFIX}{number}").limit(1)
    ).first() is not None


def _changeable(session: Any, number: int, giver: Any) -> OwnRole:
    kept: OwnRole | None = session.execute(
        select(OwnRole).where(OwnRole.id == number, OwnRole.retired_at.is_(None))
        .with_for_update()).scalar()
    outside = kept is None or (not giver.scope.everything and (
        kept.provider_id != giver.scope.provider_id
        or giver.scope.brand_id not in (None, kept.brand_id)))
    if kept is None or outside:
        raise NotFound()
    if "role:write" not in giver.permissions or not set(kept.permissions) <= giver.permissions:
        raise NotAllowed("Bu rolde sizde olmayan yetkiler var; onu siz değiştiremezsiniz.",
                         "This role holds rights you lack; you cannot change it.",
                         code="overreach")
    if giver.role == f"{PREFIX}{number}":
        raise NotAllowed("Kendi rolünüzü değiştiremezsiniz; başka bir yönetici değiştirir.",
                         "You cannot change your own role; another admin does.", code="own_right")
    return kept


def _refuse(wish: Wish, giver: Any) -> None:
    """Raise unless the wish can be, and is the giver's to grant."""
    wrong = []
    if not 2 <= len(wish.title.strip()) <= 60:
        wrong.append(FieldError("title", "length", "Rolün adı 2-60 karakter olmalı.",
                                "The role's name has 2 to 60 characters."))
    if len(wish.note) > 255:
        wrong.append(FieldError("note", "length", "Açıklama en çok 255 karakter olabilir.",
                                "The note has at most 255 characters."))
    if not wish.permissions - {ALWAYS}:
        wrong.append(FieldError("permissions", "empty", "En az bir yetki seçin.",
                                "Choose at least one right."))
    if wish.level not in LEVELS or (giver.scope.brand_id is not None \
            and wish.level is Level.PROVIDER):
        wrong.append(FieldError("level", "level", "Bu düzeyde rol oluşturamazsınız.",
                                "You cannot compose a role of this level."))
    if wrong:
        raise InvalidInput(errors=tuple(wrong))
    if "role:write" not in giver.permissions or \
            not wish.permissions - {ALWAYS} <= offered(giver, wish.level):
        raise NotAllowed("Kendinizde ya da bu düzeyde olmayan bir yetkiyi role koyamazsınız.",
                         "You cannot put a right into a role that you, or this level, do not have.",
                         code="overreach")


def _refuse_taken(session: Any, wanted: str, provider_id: int, number: int | None) -> None:
    session.execute(select(func.pg_advisory_xact_lock(607_002, provider_id)))
    others = [one for one in session.execute(
        select(OwnRole.id, OwnRole.title).where(
            OwnRole.provider_id == provider_id, OwnRole.retired_at.is_(None))) if one[0] != number]
    ready = {_plain(name) for role in roles.ROLES for name in (role.tr, role.en)}
    if _plain(wanted) in ready | {_plain(one[1]) for one in others}:
        raise Conflict("Bu adda bir rol var; başka bir ad verin.",
                       "There is a role of this name; give another.", code="title_taken")
    if number is None and len(others) >= MOST:
        raise Conflict("Bir hizmet sağlayıcının en çok 100 rolü olabilir.",
                       "A provider has at most 100 roles.", code="too_many_roles")


def _plain(name: str) -> str:
    """A name as it sounds alike in either case: four letters are one i."""
    return name.strip().replace("İ", "i").replace("I", "i").replace("ı", "i").casefold()


def _mirror(session: Any, kept: OwnRole) -> None:
    """Flask-AppBuilder's own role of the same key, so that its store says the same."""
    key = f"{PREFIX}{kept.id}"
    role = session.scalars(select(FabRole).where(FabRole.name == key)).first()
    if role is None:
        role = FabRole(name=key)
        session.add(role)
    wanted = {roles.split(one) for one in kept.permissions}
    role.permissions = [one for one in session.scalars(select(PermissionView))
                        if (one.permission.name, one.view_menu.name) in wanted]
