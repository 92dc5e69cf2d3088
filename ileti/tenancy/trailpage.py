"""The page of the audit trail: who did what, to what, where, when and from where; search and file.

Why this module exists: an auditor asks “what did this person do”, “who touched this dealer”, “what
came from this address”, among a million lines. Each question has its index, a page reads fifty
lines by keyset and names people and things in one statement per table. Somebody sees the lines of
their own work space alone (:mod:`ileti.tenancy.scope`). A network address is somebody's and never
stands in a link: what is typed goes by a POST and comes back as a signed reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, Final

from flask import Response, flash, redirect, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from ileti.core import clock, csvfile, formats, orm
from ileti.tenancy import asked, audit, confirm, narrowing, scope, trail, viewpages
from ileti.tenancy.crud import Records, RecordView
from ileti.tenancy.models import AuditEntry, Brand, Dealer, Provider
from ileti.tenancy.savedviews import COLUMNS, VIEW
from ileti.tenancy.trailquery import PAGE, TOPICS, Wanted, lines, read_wanted, search
from ileti.tenancy.views import COMMON_LABELS

OFFERED: Final = 500
MOST_IN_FILE: Final = 1_000_000
_TOGETHER: Final = 1_000
_KEYS: Final = ("kim", "alan", "saglayici", "marka", "bayi", "tarih")
_KNOWN: Final = frozenset({*_KEYS, "arac", "ne", "konu", "tarih_from", "tarih_to", "bul", "_l_",
                           VIEW, COLUMNS, *asked.PLACES})


def _names(model: Any, ids: Iterable[int | None]) -> dict[int, str]:
    known = {one for one in ids if one is not None}
    if not known:
        return {}
    return {one.id: str(one) for one in orm.db.session.scalars(
        select(model).where(model.id.in_(known)))}


def _named(found: Sequence[AuditEntry]) -> list[tuple[AuditEntry, str]]:
    """Lines with where they were done; people and things are read on the way."""
    trail.look_up(one.user_id for one in found)
    trail.look_up_things(one.subject for one in found)
    several = scope.current().everything
    providers = _names(Provider, (one.provider_id for one in found)) if several else {}
    brands = _names(Brand, (one.brand_id for one in found))
    dealers = _names(Dealer, (one.dealer_id for one in found))
    return [(one, " · ".join(filter(None, (
        providers.get(one.provider_id or 0), brands.get(one.brand_id or 0),
        dealers.get(one.dealer_id or 0))))) for one in found]


def _row(view: str, one: AuditEntry, where: str) -> dict[str, Any]:
    query: dict[str, Any] = {name: request.args.getlist(name) for name in request.args
                             if name not in (*asked.PLACES, "ne", "konu")}
    return {
        "url": url_for(f"{view}.show", pk=one.id), "at": one.at, "who": trail.person(one.doer),
        "deed": trail.deed(one.action), "bad": one.action in trail.FAILURES,
        "like_url": url_for(f"{view}.list", **query, ne=one.action),
        "about": trail.thing(one.subject),
        "about_url": url_for(f"{view}.list", **query, konu=one.subject),
        "where": where, "address": one.address or "", "changes": trail.changes(one.detail),
        "extras": trail.extras(one.detail, besides=one.actor),
    }


def _filters(wanted: Wanted) -> tuple[list[dict[str, Any]], int]:
    session = orm.db.session
    users = session.execute(select(User.id, User.first_name, User.last_name, User.username)
                            .order_by(User.first_name, User.last_name).limit(OFFERED)).all()
    made = [
        asked.choices("kim", _("Who"), [
            (key, f"{first} {last}".strip() or name) for key, first, last, name in users],
            wanted.users),
        asked.choices("alan", _("What"), [(key, str(name)) for key, (name, _s) in TOPICS.items()],
                      wanted.topics)]
    if wanted.only:
        made.pop()
    if scope.current().everything:
        made.append(asked.choices("saglayici", _("Provider"), _offered(Provider),
                                  wanted.providers))
    for key, label, model, chosen in (("marka", _("Brand"), Brand, wanted.brands),
                                      ("bayi", _("Dealer"), Dealer, wanted.dealers)):
        offered = _offered(model)
        if offered and (len(offered) > 1 or model is Dealer):
            made.append(asked.choices(key, label, offered, chosen))
    days = (asked.day("tarih_from"), asked.day("tarih_to"))
    span = " – ".join(formats.day(one) for one in days if one)
    made.append({"key": "tarih", "label": _("Date"), "kind": "dates", "value": span or None,
                 "since": days[0] or "", "until": days[1] or "", "choices": []})
    others = (wanted.deed, wanted.subject, wanted.actor, wanted.address)
    return made, sum(bool(one["value"]) for one in made) + sum(one is not None for one in others)


def _offered(model: Any) -> list[tuple[int, str]]:
    name = {Provider: Provider.short_name, Brand: Brand.name, Dealer: Dealer.title}[model]
    return [(key, text) for key, text in orm.db.session.execute(
        select(model.id, name).order_by(name).limit(OFFERED))]


def _chosen(wanted: Wanted) -> list[str]:
    """What narrows the list beside the buttons, in words."""
    found = []
    if wanted.deed:
        found.append(str(trail.deed(wanted.deed)))
    if wanted.subject:
        found.append(str(trail.thing(wanted.subject)))
    if wanted.actor:
        found.append(trail.person(wanted.actor))
    if wanted.address:
        found.append(_("one network address"))
    return found


class AuditView(RecordView):
    """Who did what; readable, never changeable."""

    datamodel = Records(AuditEntry)
    route_base = "/denetim"
    class_permission_name = "audit"
    method_permission_name = RecordView.method_permission_name | {
        "search": "read", "export": "read"}
    list_title, show_title = _l("Audit trail"), _l("Audit entry")
    label_columns = COMMON_LABELS | {"doer": COMMON_LABELS["user_id"]}
    list_columns = ["at", "doer", "action", "subject", "address"]
    show_columns = ["action", "at", "doer", "subject", "address", "detail"]
    add_columns = edit_columns = search_columns = ["action", "at"]  # forms nobody sees
    order_columns = ["at"]
    formatters_columns = {"doer": trail.person, "action": trail.deed, "subject": trail.thing,
                          "detail": trail.details}
    base_order = ("id", "desc")
    exclude_route_methods = RecordView.exclude_route_methods | {"add", "edit"}
    #: the deeds this page is about; empty: all
    only_deeds: ClassVar[Sequence[str]] = ()

    @expose("/list/")
    @has_access
    def list(self) -> ResponseReturnValue:
        """The newest lines that fit; a query string nobody's link has leads to the plain list."""
        if any(name not in _KNOWN for name in request.args) or "\0" in str(request.args):
            return redirect(request.path)
        if (first := viewpages.first(self.endpoint)) is not None:
            return redirect(first)
        columns = [("kim", _("Who")), ("ne", _("What")), ("degisen", _("Before → after")),
                   ("nereden", _("From"))]
        shown = viewpages.chosen(columns) or [key for key, _label in columns]
        wanted = read_wanted(self.only_deeds)
        filters, active = _filters(wanted)
        before, after = (asked.place(request.args.get(name)) for name in ("once", "sonra"))
        found = lines(wanted, before=before, after=after, most=PAGE + 1)
        rows, pages = self._page(found, before, after)
        view = self.endpoint
        return self.render_template(
            "panel/trail.html", title=self.list_title, line=_(
                "Lines are added and never changed; they are sealed with the records."),
            rows=[_row(view, one, where) for one, where in _named(rows)], pages=pages,
            filters=filters, kept=asked.kept(_KEYS),
            views=viewpages.context(self.endpoint, columns, shown, (*asked.PLACES, "bul")),
            shown=shown, active_count=active, chosen=_chosen(wanted),
            clear_url=narrowing.bare(f"{view}.list"),
            search_url=url_for(f"{view}.search"), export=self._export_action())

    def _export_action(self) -> dict[str, Any]:
        query: dict[str, Any] = {name: request.args.getlist(name) for name in request.args
                                 if name not in asked.PLACES}
        return {"label": _("Download (CSV)"), "icon": "download", "method": "post",
                "url": url_for(f"{self.endpoint}.export", **query)}

    def _page(self, found: Sequence[AuditEntry], before: int | None, after: int | None
              ) -> tuple[Sequence[AuditEntry], dict[str, Any]]:
        more = len(found) > PAGE
        rows = found[-PAGE:] if after is not None else found[:PAGE]
        first = 1 if not (before or after) else max(1, request.args.get("ilk", 1, type=int))
        query: dict[str, Any] = {name: request.args.getlist(name) for name in request.args
                                 if name not in asked.PLACES}
        older = more if after is None else bool(rows)
        newer = bool(before) or (after is not None and more)
        here = f"{self.endpoint}.list"
        return rows, {
            "first": first, "last": first + len(rows) - 1, "total": None,
            "older_url": url_for(here, **query, once=rows[-1].id, ilk=first + len(rows))
            if older and rows else None,
            "newer_url": url_for(here, **query, sonra=rows[0].id, ilk=max(1, first - PAGE))
            if newer and rows else None}

    @expose("/ara", methods=["POST"])
    @has_access
    @permission_name("read")
    def search(self) -> ResponseReturnValue:
        """Find by network address, thing, person or program."""
        found = search(request.form.get("q", ""))
        if found is None:
            flash(_("Nobody and nothing of this name was found in the trail."), "warning")
        return redirect(url_for(f"{self.endpoint}.list", **(found or {})), code=303)

    @expose("/disari.csv", methods=["POST"])
    @has_access
    @confirm.needed
    @permission_name("read")
    def export(self) -> ResponseReturnValue:
        """The lines that fit as a table; that it was taken stands in the trail."""
        wanted = read_wanted(self.only_deeds)
        audit.record("audit:export", "audit_entry:*", {"filters": sorted(
            name for name in request.args if request.args[name])})
        orm.db.session.commit()
        name = "denetim-izi" if formats.language() == "tr" else "audit-trail"
        return Response(
            stream_with_context(table(wanted, scope.current())), mimetype="text/csv", headers={
                "Content-Disposition": f'attachment; filename="{name}.csv"',
                "Cache-Control": "no-store"})


def table(wanted: Wanted, here: scope.Scope) -> Iterator[str]:
    """The lines that fit, the newest first, in pieces; no cell is a formula."""
    yield csvfile.MARK + csvfile.line([
        _("Number"), _("When"), _("Where"), _("User"), _("Who"), _("Deed"), _("What"), _("Thing"),
        _("About"), _("From"), _("Before and after"), _("Details"), _("Commitment (SHA-256)")])
    before, left = None, MOST_IN_FILE
    while left > 0:
        with scope.within(here):  # the request's own has ended when the answer is being sent
            found = _with_leaves(lines(wanted, before=before, most=_TOGETHER))
            piece = "".join(csvfile.line(_cells(one, where, leaf)) for one, where, leaf in found)
        yield piece
        if len(found) < _TOGETHER:
            return
        before, left = found[-1][0].id, left - len(found)
        orm.db.session.expunge_all()


def _with_leaves(found: Sequence[AuditEntry]) -> Sequence[tuple[AuditEntry, str, str]]:
    asked_for = select(AuditEntry.id, AuditEntry.leaf).where(
        AuditEntry.id.in_([one.id for one in found]))
    leaves = {row.id: row.leaf for row in orm.db.session.execute(asked_for)}
    return [(one, where, leaves[one.id].hex() if one.id in leaves else "")
            for one, where in _named(found)]


def _cells(one: AuditEntry, where: str, leaf: str) -> Sequence[Any]:
    told = "; ".join(f"{name}: {_('changed')}" if was is None else f"{name}: {was} → {now}"
                     for name, was, now in trail.changes(one.detail))
    more = "; ".join(f"{name}: {value}" for name, value in trail.extras(one.detail))
    about = trail.thing(one.subject)
    return (one.id, clock.to_istanbul(one.at).isoformat(timespec="milliseconds"), where,
            one.user_id or "", trail.person(one.doer), one.action, trail.deed(one.action),
            one.subject, about.striptags() if hasattr(about, "striptags") else about,
            one.address or "", told, more, leaf)
