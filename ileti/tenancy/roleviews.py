"""Roles in the panel: all of them, one in full, the table of all rights, and composing one's own.

A page never offers a right that whoever looks lacks, or that no role of the level may have; asking
for one all the same is refused by :mod:`ileti.tenancy.ownroles`.
"""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from ileti.core import orm
from ileti.core.errors import CallerMistake, IletiError, NotFound
from ileti.core.formats import language, say
from ileti.tenancy import confirm, ownroles, rolebook, roles, scope, security
from ileti.tenancy.access import menu_of, role_page
from ileti.tenancy.models import AuditEntry
from ileti.tenancy.rightwords import TOPICS, right
from ileti.tenancy.roles import Level
from ileti.tenancy.trail import person
from ileti.tenancy.users import giver

LEVEL_WORDS = {
    Level.INSTALLATION: _l("Whole installation"), Level.PROVIDER: _l("Provider"),
    Level.BRAND: _l("Brand"), Level.DEALER: _l("Dealer"),
}
HISTORY = 20


class RoleForm(FlaskForm):
    """A composed role; its rights are boxes of their own, which depend on the level."""

    title = StringField(_l("Name of the role"), [InputRequired(), Length(min=2, max=60)])
    note = StringField(_l("What it is for"), [Optional(), Length(max=255)])
    level = SelectField(_l("Level"), [InputRequired()], description=_l(
        "Where users of this role work. It says which rights there are to choose from."))


class RoleView(BaseView):
    """The ready roles and those composed here."""

    route_base = "/roller"
    class_permission_name = "role"
    default_view = "list"

    @expose("/")
    @has_access
    @permission_name("read")
    def list(self) -> ResponseReturnValue:
        """All roles; with ``rol`` one of them, as earlier addresses said it."""
        if key := request.args.get("rol"):
            return redirect(url_for("RoleView.show", key=key))
        here = ownroles.here()
        counts = ownroles.holders(one.id for one in here)
        made = [_line(one) | {"holders": counts.get(one.id, 0), "note": one.note} for one in here]
        actions = [{"label": _("Compare rights"), "icon": "list-checks",
                    "url": url_for("RoleView.table")}]
        if _may_compose():
            actions.append({"label": _("Compose a role"), "icon": "plus", "kind": "primary",
                            "url": url_for("RoleView.add")})
        return self.render_template(
            "panel/roles.html", actions=actions, made=made,
            ready=[_line(one) for one in _ready()], may_compose=_may_compose())

    @expose("/tablo")
    @has_access
    @permission_name("read")
    def table(self) -> ResponseReturnValue:
        """Every right beside every role."""
        shown = [*_ready(), *ownroles.here()]
        held = [rolebook.granted(one.key) for one in shown]
        groups = [{"title": topic, "rows": [
            {"words": words, "cells": [key in one for one in held]} for key, words in rights
            if any(key in one for one in held)]} for topic, rights in TOPICS]
        return self.render_template(
            "panel/role_table.html", roles=[_line(one) for one in shown],
            groups=[one for one in groups if one["rows"]],
            crumbs=[(_("Roles"), url_for("RoleView.list")), (_("All rights"), None)])

    @expose("/<key>")
    @has_access
    @permission_name("read")
    def show(self, key: str) -> ResponseReturnValue:
        """One role: its rights, the pages its holders see, what changed."""
        role = _visible(key)
        return self.render_template(
            "panel/role.html", role_key=role.key, pages=menu_of(rolebook.granted(role.key)),
            history=_history(role), **role_page(role, _actions(role)))

    @expose("/yeni", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    @confirm.needed
    def add(self) -> ResponseReturnValue:
        """Compose a role, from nothing or from another."""
        if not _may_compose():
            flash(_("A role is composed inside a provider: choose its work space first."),
                  "warning")
            return redirect(url_for("RoleView.list"))
        pattern = request.args.get("gibi", "")
        start = rolebook.granted(_visible(pattern).key) if pattern else frozenset()
        form = _form(start=_fitting(pattern))
        if form.validate_on_submit() and not _only_looking():
            try:
                number = ownroles.compose(_wish(form), giver=giver())
            except CallerMistake as error:
                return self._form(form, _ticked(start), wrong=_mark(form, error))
            flash(_("The role is composed."), "success")
            return redirect(url_for("RoleView.show", key=f"{rolebook.PREFIX}{number}"))
        return self._form(form, _ticked(start))

    @expose("/<key>/degistir", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    @confirm.needed
    def edit(self, key: str) -> ResponseReturnValue:
        """Change a composed role."""
        role = _own(key)
        form = _form(role)
        if form.validate_on_submit() and not _only_looking():
            try:
                ownroles.change(role.id, _wish(form), giver=giver())
            except NotFound:
                raise
            except CallerMistake as error:
                return self._form(form, _ticked(role.permissions), role, _mark(form, error))
            flash(_("The role is changed; it holds for its users at once."), "success")
            return redirect(url_for("RoleView.show", key=key))
        return self._form(form, _ticked(role.permissions), role)

    @expose("/<key>/kaldir", methods=["POST"])
    @has_access
    @permission_name("write")
    @confirm.needed
    def retire(self, key: str) -> ResponseReturnValue:
        """Hand a composed role out no more."""
        try:
            ownroles.retire(_own(key).id, giver=giver())
        except IletiError as error:
            flash(say(error), "warning")
            return redirect(url_for("RoleView.show", key=key))
        flash(_("The role is retired."), "success")
        return redirect(url_for("RoleView.list"))

    def _form(self, form: RoleForm, ticked: frozenset[str], role: rolebook.Composed | None = None,
              wrong: str = "") -> ResponseReturnValue:
        known = [value for value, _label in form.level.choices]
        level = Level(form.level.data if form.level.data in known else known[0])
        offered = ownroles.offered(giver(), level) - {ownroles.ALWAYS}
        groups = [{"title": topic, "rows": [
            {"key": key, "words": words, "on": key in ticked} for key, words in rights
            if key in offered]} for topic, rights in TOPICS]
        back = url_for("RoleView.show", key=role.key) if role else url_for("RoleView.list")
        named = role.title(language()) if role else _("Compose a role")
        answer: ResponseReturnValue = self.render_template(
            "panel/role_form.html", form=form, wrong=wrong, back=back, title=named,
            groups=[one for one in groups if one["rows"]], lost=_lost(ticked, offered, level),
            seen=menu_of((ticked & offered) | {ownroles.ALWAYS}) if _only_looking() else None,
            crumbs=[(_("Roles"), url_for("RoleView.list")), (named, None)])
        return answer


def _may_compose() -> bool:
    return security.may("role:write") and scope.current().provider_id is not None


def _ready() -> list[roles.Role]:
    """The ready roles that can exist in this work space, or below it."""
    here = scope.current()
    hidden = {Level.INSTALLATION} if not here.everything else set()
    if here.dealer_id is not None:
        return [one for one in roles.ROLES if Level.DEALER in one.levels]
    return [one for one in roles.ROLES if not set(one.levels) <= hidden]


def _visible(key: str) -> roles.Role:
    """A role of this work space. Raises NotFound."""
    found = next((one for one in (*roles.ROLES, *ownroles.here()) if one.key == key), None)
    if found is None:
        raise NotFound()
    return found


def _own(key: str) -> rolebook.Composed:
    found = _visible(key)
    if not isinstance(found, rolebook.Composed):
        raise NotFound()
    return found


def _line(role: roles.Role) -> dict[str, Any]:
    return {"title": role.title(language()), "url": url_for("RoleView.show", key=role.key),
            "levels": [LEVEL_WORDS[one] for one in role.levels],
            "rights": len(rolebook.granted(role.key))}


def _actions(role: roles.Role) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if _may_compose() and role.key != "platform_admin":
        found.append({"label": _("Compose one like it"), "icon": "copy",
                      "url": url_for("RoleView.add", gibi=role.key)})
    if isinstance(role, rolebook.Composed) and ownroles.may_change(role, giver()):
        found.append({"label": _("Change"), "icon": "pencil", "kind": "primary",
                      "url": url_for("RoleView.edit", key=role.key)})
        found.append({"label": _("Retire"), "icon": "archive", "kind": "quiet", "id": "kaldir",
                      "url": url_for("RoleView.retire", key=role.key), "confirm": {
                          "title": _("Retire this role?"), "verb": _("Retire"),
                          "text": _("It is handed out no more. Users who hold it must lose it "
                                    "first.")}})
    return found


def _form(role: rolebook.Composed | None = None, start: Level | None = None) -> RoleForm:
    level = role.levels[0] if role else start
    form = RoleForm(title=role.tr if role else "", note=role.note if role else "",
                    level=level.value if level else None)
    brand = scope.current().brand_id is not None
    form.level.choices = [(one.value, LEVEL_WORDS[one]) for one in ownroles.LEVELS
                          if not (brand and one is Level.PROVIDER)]
    return form


def _fitting(pattern: str) -> Level | None:
    found = rolebook.find(pattern) if pattern else None
    return next((one for one in found.levels if one in ownroles.LEVELS), None) if found else None


def _only_looking() -> bool:
    """Nothing is saved: the rights of another level are asked for, or what a holder would see."""
    return "look" in request.form


def _ticked(start: frozenset[str]) -> frozenset[str]:
    """The boxes as they were sent, else as they stand."""
    return frozenset(request.form.getlist("rights")) if request.method == "POST" else start


def _lost(ticked: frozenset[str], offered: frozenset[str], level: Level) -> list[Any]:
    """Chosen rights that cannot be in the role: the level has none of them, or one lacks them."""
    known = {key for _topic, rights in TOPICS for key, _words in rights}
    return [right(one) for one in sorted((ticked & known) - offered - {ownroles.ALWAYS})]


def _wish(form: RoleForm) -> ownroles.Wish:
    return ownroles.Wish(form.title.data or "", Level(form.level.data),
                         frozenset(request.form.getlist("rights")), form.note.data or "")


def _mark(form: RoleForm, error: IletiError) -> str:
    """What was refused beside its field; what has none as the answer's sentence."""
    for one in error.errors:
        field = getattr(form, one.field, None)
        if field is None:
            return say(one)
        field.errors = [say(one)]
    if error.code == "title_taken":
        form.title.errors = [say(error)]
        return ""
    return "" if error.errors else say(error)


def _history(role: roles.Role) -> list[dict[str, Any]]:
    """What was added to a composed role and taken from it, the newest first."""
    if not isinstance(role, rolebook.Composed):
        return []
    rows = orm.db.session.scalars(
        select(AuditEntry).where(AuditEntry.subject == f"own_role:{role.id}",
                                 AuditEntry.provider_id == role.provider_id)
        .order_by(AuditEntry.id.desc()).limit(HISTORY))
    return [{"at": row.at, "who": person(row.user_id), "new": row.action == "own_role:add",
             "added": [right(one) for one in row.detail.get("added", ())],
             "removed": [right(one) for one in row.detail.get("removed", ())]} for row in rows]
