"""The list of cases: what is open, soon due, over, closed; a file of it, and finding a person.

Names never stand in the list; a case is found by its number, or by an address or identity number
through keyed hashes, in a POST whose answer's link carries a signed reference (look §9).
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import timedelta
from io import StringIO
from typing import Any, Final

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy import ColumnElement, Select, func, literal, select

from ileti.core import clock, csvfile, formats, orm
from ileti.core.errors import IletiError
from ileti.core.formats import say
from ileti.core.secrets import secrets
from ileti.requests import people, rules
from ileti.requests.models import DataRequest
from ileti.requests.numbers import case_number, case_of
from ileti.requests.vocabulary import Decision, Right, State, Way
from ileti.tenancy import narrowing, security
from ileti.tenancy import offered as offers
from ileti.tenancy.models import Provider
from ileti.tenancy.trail import look_up
from ileti.tenancy.trail import person as user_name

PAGE: Final = 50
COUNTED: Final = 1_000
MOST_IN_FILE: Final = 20_000
REFERENCE_SECONDS: Final = 8 * 3600
VIEWS: Final = {"acik": _l("Open"), "yakin": _l("Due within 10 days"), "gecti": _l("Overdue"),
                "yolda": _l("Answer on its way"), "kapandi": _l("Closed"), "": _l("All")}
OPEN: Final = DataRequest.state < int(State.CLOSED)


def chosen() -> str:
    """The view asked for; what is open when none is named."""
    word = request.args.get("durum", "acik")
    return word if word in VIEWS else "acik"


def context() -> dict[str, Any]:
    """The list, for ``panel/requests/list.html``."""
    view, place = chosen(), request.args.get("sayfa", 0, type=int)
    place = place if 0 <= place < 10_000 else 0
    ids = _referred(request.args.get("bul"))
    wanted = _narrowed()
    asked = _wanted("" if ids is not None else view, ids).where(*wanted.only)
    found = list(orm.db.session.scalars(asked.limit(PAGE + 1).offset(place * PAGE)))
    look_up(one.assignee_id for one in found)
    counts = {name: _count(name) for name in VIEWS if name}
    may = security.may("request:write")
    return {
        "title": _("Data subjects’ requests"), "line": _line(counts), "view": view,
        "rows": [row(one) for one in found[:PAGE]], "searched": ids is not None,
        "search_url": url_for("RequestView.search"), "may_add": may,
        "tabs": [{"label": label, "url": url_for("RequestView.index", durum=name),
                  "count": counts.get(name), "current": name == view and ids is None
                  and not wanted.active} for name, label in VIEWS.items()],
        "asked": wanted.drawn, "shown": wanted.shown, "narrowed": wanted.active,
        "actions": _actions(may, wanted),
        "before": _at(wanted, place - 1) if place else None,
        "after": _at(wanted, place + 1) if len(found) > PAGE else None,
    }


def _actions(may: bool, wanted: narrowing.Asked) -> list[dict[str, Any]]:
    acts: list[dict[str, Any]] = [
        {"label": _("Reply texts"), "icon": "file-text", "url": url_for("ReplyTextView.index")},
        {"label": _("Download the list (CSV)"), "icon": "download",
         "url": url_for("RequestView.file", **wanted.query)}]
    return acts + ([{"label": _("Add a request"), "icon": "plus", "kind": "primary",
                     "url": url_for("RequestView.new")}] if may else [])


def _at(wanted: narrowing.Asked, place: int) -> str:
    return wanted.url(sayfa=place or None, bul=request.args.get("bul"))


def _narrowed() -> narrowing.Asked:
    """What the address asks of the list beside its tab. Where a page begins, and what a search
    found for one person, are no part of a question to keep."""
    one = DataRequest
    return narrowing.read(
        "RequestView.index", [
            ("durum", _("State")), ("gun", _("Last day")), ("hak", _("Asked for")),
            ("yol", _("Way")), ("kim", _("Works on it"))],
        [narrowing.Pick("yol", _("Way"), narrowing.by_number(
            one.way, {int(each): say(each) for each in Way})),
         narrowing.Pick("kim", _("Works on it"), [
             ("ben", _("I myself"), one.assignee_id == current_user.id),
             ("kimse", _("Nobody"), one.assignee_id.is_(None))]),
         narrowing.Pick("marka", _("Brand"), narrowing.by_number(
             one.brand_id, {each.id: each.name for each in offers.brands()}))],
        one.received_at, label=_("Received"), left_out=("sayfa", "bul"), always=("durum",))


def _line(counts: dict[str, int]) -> str:
    if counts["gecti"]:
        return ngettext("%(n)s request is over its 30 days.",
                        "%(n)s requests are over their 30 days.", counts["gecti"],
                        n=formats.number(counts["gecti"]))
    if counts["acik"]:
        return ngettext("%(n)s request waits for an answer.",
                        "%(n)s requests wait for an answer.", counts["acik"],
                        n=formats.number(counts["acik"]))
    return _("No request waits for an answer.")


def _rule(view: str) -> ColumnElement[bool]:
    now = clock.now()
    soon = now + timedelta(days=rules.SOON_DAYS)
    return {
        "acik": OPEN, "yakin": OPEN & (DataRequest.due_at >= now) & (DataRequest.due_at < soon),
        "gecti": OPEN & (DataRequest.due_at < now),
        "yolda": DataRequest.state == int(State.SENDING),
        "kapandi": DataRequest.state == int(State.CLOSED),
    }.get(view, literal(True))


def _wanted(view: str, ids: list[int] | None = None) -> Select[tuple[DataRequest]]:
    asked = select(DataRequest).where(_rule(view))
    if ids is not None:
        asked = asked.where(DataRequest.id.in_(ids))
    if view in ("kapandi", ""):
        return asked.order_by(DataRequest.id.desc())
    return asked.order_by(DataRequest.due_at, DataRequest.id)


def _count(view: str) -> int:
    asked = select(DataRequest.id).where(_rule(view)).limit(COUNTED)
    return orm.db.session.scalar(select(func.count()).select_from(asked.subquery())) or 0


def row(one: DataRequest) -> dict[str, Any]:
    """A case as the list shows it: no name, no address."""
    left = rules.days_left(one.due_at, clock.now())
    return {
        "number": case_number(one.id), "url": url_for("RequestView.show",
                                                      number=case_number(one.id)),
        "way": say(Way(one.way)), "brand": str(one.brand), "received": one.received_at,
        "due": one.due_at, "rights": [Right(word).letter for word in one.rights],
        "state": badge(one), "left": left_text(one, left),
        "who": user_name(one.assignee_id) if one.assignee_id else "",
    }


def badge(one: DataRequest) -> str:
    """The key of the case's badge in family ``request``."""
    if one.state == State.CLOSED:
        return "closed"
    left = rules.days_left(one.due_at, clock.now())
    if left < 0:
        return "overdue"
    if one.state == State.SENDING:
        return "sending"
    if left <= rules.SOON_DAYS:
        return "soon"
    return "asked" if one.state == State.ASKED else "open"


def left_text(one: DataRequest, left: int) -> str:
    """How much time is left, in words."""
    if one.state == State.CLOSED:
        return ""
    if left < 0:
        return ngettext("%(n)s day late", "%(n)s days late", -left, n=formats.number(-left))
    if left == 0:
        return _("today is the last day")
    return ngettext("%(n)s day left", "%(n)s days left", left, n=formats.number(left))


# -- finding --------------------------------------------------------------------------------------


def search(typed: str) -> list[int]:
    """Visible cases by number, address or identity number, the newest first."""
    number = case_of(typed.strip()[:40])
    if number is not None:
        found = orm.db.session.get(DataRequest, number) if number < 2**62 else None
        return [] if found is None else [found.id]
    marks = [mark for one in orm.db.session.scalars(select(Provider.id)) if (
        mark := people.read_mark(one, typed)) is not None]
    if not marks:
        return []
    return [one.id for one in orm.db.session.scalars(select(DataRequest).where(
        DataRequest.marks.op("&&")(marks)).order_by(DataRequest.id.desc()).limit(PAGE))]


def reference(ids: Sequence[int]) -> str:
    """What was found as a token for the list's address, good for this user for eight hours."""
    return secrets().tokens("handle").make(
        {"q": list(ids), "u": current_user.id}, seconds=REFERENCE_SECONDS)


def _referred(token: str | None) -> list[int] | None:
    if not token:
        return None
    try:
        said = secrets().tokens("handle").read(token[:2_000])
    except IletiError:
        return []
    return [int(one) for one in said.get("q", [])] if said.get("u") == current_user.id else []


# -- the file -------------------------------------------------------------------------------------

_HEADS: Final = {
    "tr": ("Numara", "Marka", "Yol", "Alındı", "Son gün", "Talepler", "Durum", "Sonuç",
           "Kapandı", "Gecikme (gün)"),
    "en": ("Number", "Brand", "Way", "Received", "Last day", "Asked for", "State", "Decision",
           "Closed", "Late (days)"),
}


def table() -> bytes:
    """The list as CSV, without anything personal; no cell is a formula."""
    out = StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(_HEADS[formats.language()])
    for one in orm.db.session.scalars(_wanted(chosen()).where(
            *_narrowed().only).limit(MOST_IN_FILE)):
        ended = one.closed_at or clock.now()
        writer.writerow([_safe(cell) for cell in (
            case_number(one.id), str(one.brand), say(Way(one.way)),
            formats.moment(one.received_at), formats.day(one.due_at),
            ", ".join(Right(word).letter for word in one.rights), say(State(one.state)),
            say(Decision(one.decision)) if one.decision else "",
            formats.moment(one.closed_at) if one.closed_at else "",
            str(max(0, -rules.days_left(one.due_at, ended))))])
    return ("\ufeff" + out.getvalue()).encode()


def _safe(cell: str) -> str:
    return csvfile.defused(cell)


def waiting() -> tuple[Any, Any]:
    """How many cases are over or have ten days left, and when the first is due, as columns of the
    menu's one question. Not for dealers, who see none."""
    first = select(DataRequest.due_at).where(
        OPEN, DataRequest.due_at < clock.now() + timedelta(days=rules.SOON_DAYS)).order_by(
            DataRequest.due_at).limit(COUNTED).subquery()
    return (select(func.count()).select_from(first).scalar_subquery(),
            select(func.min(first.c.due_at)).scalar_subquery())
