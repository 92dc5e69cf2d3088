"""Saved views as pages have them: the chooser of columns, the menu of views, and their deeds.

Why this module exists: every list offers the same, by forms that need no script: which columns
stand in it, and the question at hand kept under a name. A view is an address that can be
bookmarked; ``/gorunumler/<n>`` leads to it. The list opens with the view its user put first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from ileti.core import orm
from ileti.core.errors import InvalidInput, NotFound
from ileti.core.formats import say
from ileti.tenancy import savedviews
from ileti.tenancy.savedviews import COLUMNS, VIEW, SavedView

Columns = Sequence[tuple[str, Any]]


def first(name: str) -> str | None:
    """Where the list opens when nothing was asked: the address of its user's first view."""
    if any(one != "_l_" for one in request.args):
        return None
    found = next((one for one in savedviews.of_list(name, current_user.id)
                  if one.first and one.user_id == current_user.id), None)
    return savedviews.address(request.path, found) if found else None


def chosen(columns: Columns) -> list[str]:
    """The columns that are shown, in the list's order: those of the address, else all that are
    shown by themselves."""
    wanted = set(request.args.getlist(COLUMNS))
    return [key for key, _label in columns if key in wanted]


def context(name: str, columns: Columns, shown: Sequence[str],
            left_out: Sequence[str] = ()) -> dict[str, Any]:
    """What ``panel/_views.html`` draws. ``left_out``: names in an address that say where a page
    begins."""
    pairs = [(key, value) for key, value in request.args.items(multi=True)
             if key not in left_out and not key.startswith("page_")]
    number = request.args.get(VIEW, type=int)
    views = savedviews.of_list(name, current_user.id)
    at = next((one for one in views if one.id == number), None)
    try:
        query: str | None = savedviews.query_of(pairs, left_out)
    except InvalidInput:
        query = None
    return {
        "list": name, "url": url_for("SavedViewView.keep"), "query": query,
        "columns": [{"value": key, "label": label, "selected": key in shown}
                    for key, label in columns],
        "kept": [(key, value) for key, value in pairs if key != COLUMNS],
        "views": [{"label": one.name, "url": savedviews.address(request.path, one),
                   "current": one is at, "own": one.user_id == current_user.id,
                   "shared": one.shared, "first": one.first} for one in views],
        "now": at, "own": at is not None and at.user_id == current_user.id,
        "changed": at is not None and query is not None and not savedviews.same(
            at.query, [pair for pair in MultiDict(request.args).items(multi=True)
                       if pair[0] not in (*left_out, VIEW, "_l_")
                       and not pair[0].startswith("page_")]),
    }


class SavedViewView(BaseView):
    """The deeds on views; everybody's own, whatever they may see."""

    route_base = "/gorunumler"
    class_permission_name = "home"
    default_view = "open"

    @expose("/<int:number>", methods=["GET"])
    @has_access
    @permission_name("read")
    def open(self, number: int) -> ResponseReturnValue:
        """A view by its own address."""
        found = orm.db.session.scalars(select(SavedView).where(
            SavedView.id == min(number, 2**31 - 1))).first()
        if found is None or found not in savedviews.of_list(found.list, current_user.id):
            raise NotFound()
        return redirect(savedviews.address(_home(found.list), found))

    @expose("/", methods=["POST"])
    @has_access
    @permission_name("read")
    def keep(self) -> ResponseReturnValue:
        """Keep the question at hand as a new view, change one, or delete it."""
        form = request.form
        name, wish = form.get("list", "")[:60], form.get("wish", "new")
        home, number = _home(name), form.get("view", type=int)
        query = form.get("query", "")[:savedviews.LONGEST_QUERY]
        view = savedviews.own(number, current_user.id) if number and wish != "new" else None
        if view is not None and view.list != name:
            raise NotFound()
        if wish == "delete" and view is not None:
            orm.db.session.delete(view)
            orm.db.session.commit()
            flash(_("The view is deleted. No record changed."), "success")
            return redirect(f"{home}?{query}{'&' if query else ''}{VIEW}=0", code=303)
        try:
            kept = savedviews.keep(name, current_user.id, dict(form), query, view)
            orm.db.session.commit()
        except InvalidInput as error:
            orm.db.session.rollback()
            flash(say(error), "danger")
            return redirect(f"{home}?{query}{'&' if query else ''}{VIEW}={number or 0}", code=303)
        flash(_("The view is saved."), "success")
        return redirect(savedviews.address(home, kept), code=303)


def _home(name: str) -> str:
    """The address of a list by its name; raises NotFound for what is none."""
    found = next((one for one in (f"{name}.list", f"{name}.index")
                  if name.isidentifier() and one in current_app.view_functions), None)
    if found is None:
        raise NotFound()
    return url_for(found)
