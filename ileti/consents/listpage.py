"""What the consent list shows: filters from the query string, saved views, rows, pages.

The query string holds the whole state, so that a filtered list is a link; what it names only ever
narrows what the row rules let through. Pages go by keyset: ``once`` and ``sonra`` name places, by
time and record number.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from ileti.consents import columns as plugged
from ileti.consents import fieldfilter, listing
from ileti.consents.detail import record_url
from ileti.consents.models import ConsentEntry, ConsentState
from ileti.consents.numbers import entry_of, record_number
from ileti.consents.search import referred
from ileti.consents.timeline import address_of
from ileti.consents.vocabulary import Channel, RecipientType, Source, Standing
from ileti.core import formats, orm
from ileti.core.formats import say
from ileti.fields.vocabulary import Field
from ileti.recipients.address import mask
from ileti.tenancy import asked, scope, security, viewpages
from ileti.tenancy.models import Brand, Dealer
from ileti.tenancy.savedviews import COLUMNS, VIEW

DEALERS_OFFERED = 500
_KEYS = ("kanal", "secim", "iys", "kaynak", "marka", "bayi", "erisim", "tarih")


def context() -> dict[str, Any]:
    """Context of ``panel/consents.html``; raises NotFound for somebody else's reference."""
    known = fieldfilter.fields()
    wanted = read_filters(known)
    rows, pages = _page(wanted)
    brands = _brands_of(rows)
    columns = _columns(known, with_brand=bool(brands))
    shown = viewpages.chosen(columns) or [key for key, _label in columns if "." not in key]
    own = [one for one in known if fieldfilter.key(one) in shown]
    said = fieldfilter.cells(rows, own)
    found = listing.recipients_of(rows)
    dealers = _dealers_of(rows)
    filters, active = _filters(wanted, known)
    views = viewpages.context("ConsentView", columns, shown, asked.PLACES)
    more = plugged.added(rows)
    away = active or request.args.get("once") or request.args.get("sonra")
    return {
        "title": _("Consents"), "line": _line(), "actions": [*_then(), *(_files() if rows else [])],
        "tabs": _tabs(views), "views": views, "shown": shown,
        "own_columns": [one.name(formats.language()) for one in own],
        "search_url": url_for("ConsentView.search"), "filters": filters,
        "kept": asked.kept((*_KEYS, *(fieldfilter.key(one) for one in known))),
        "active_count": active, "clear_url": url_for("ConsentView.list"), "pages": pages,
        "sizes": [], "sort": {"label": _("Taken"), "direction": "desc", "url": None},
        "bulk": _bulk(pages),
        "rows": [_row(entry, state, found, dealers, brands) | {
            "own": [said[entry.id].get(one.id, "") for one in own], "more": more.of_row(place)}
            for place, (entry, state) in enumerate(rows)],
        "more": {key: say(title) for key, title in more.titles.items()},
        "failed": more.failed,
        "with_brand": bool(brands),
        "empty": "search" if request.args.get("bul") else "filter" if away else "first",
        "first_action": _first_action(),
    }


def _then() -> list[dict[str, Any]]:
    """The way to an earlier moment of the address that was searched for."""
    reference = request.args.get("bul", "")
    if not referred(reference).recipients:
        return []
    return [{"label": _("What was the state then?"), "icon": "history",
             "url": url_for("MomentView.show", bul=reference)}]


def _files() -> list[dict[str, Any]]:
    """The way to the list as a file, as it is narrowed."""
    return [{"label": _("Export"), "icon": "download",
             "url": url_for("ConsentView.export_ask", **narrowing())}]


def narrowing() -> dict[str, Any]:
    """What the address narrows the list to."""
    return {name: request.args.getlist(name) for name in request.args
            if name not in (*asked.PLACES, VIEW, COLUMNS)}


def _bulk(pages: dict[str, Any]) -> dict[str, Any] | None:
    """What may be done with ticked rows, or with all the filters show; nothing for a dealer. The
    filters stand in the address, as they stand in the list's."""
    if scope.current().dealer_id is not None or not security.may("consent:share"):
        return None
    query: dict[str, Any] = {
        name: request.args.getlist(name) for name in request.args if name not in asked.PLACES}
    total = pages["total"]
    return {"url": url_for("ChosenAccessView.choose", **query), "actions": [
        {"name": "secilen", "label": _("Dealers’ access"), "icon": "store"},
        {"name": "hepsi", "icon": "list-checks", "label": _("Dealers’ access, the whole list")
         if total is None else ngettext(
             "Dealers’ access, the whole list: %(n)s", "Dealers’ access, the whole list: %(n)s",
             total, n=formats.number(total))}]}


def _first_action() -> dict[str, str] | None:
    """The next step while there is no consent at all."""
    if not security.may("site:read"):
        return None
    return {"label": _("Go to sites and forms"), "url": url_for("SiteView.list")}


def _line() -> str:
    place = security.membership()
    line = _("addresses are masked; opening one is recorded")
    own = place and (place.dealer or place.brand or place.provider)
    return f"{own} · {line}" if own else line[:1].upper() + line[1:]


def _dealers_of(rows: list[tuple[ConsentEntry, ConsentState]]) -> dict[int, str]:
    wanted = {entry.dealer_id for entry, _state in rows if entry.dealer_id}
    if not wanted:
        return {}
    found = orm.db.session.scalars(select(Dealer).where(Dealer.id.in_(wanted)))
    return {one.id: str(one) for one in found}


def _brands_of(rows: list[tuple[ConsentEntry, ConsentState]]) -> dict[int, str]:
    """Names of these rows' brands; none in a work space of one brand, where it is plain."""
    if len(orm.db.session.scalars(select(Brand.id).limit(2)).all()) < 2:
        return {}
    wanted = {entry.brand_id for entry, _state in rows}
    found = orm.db.session.scalars(select(Brand).where(Brand.id.in_(wanted)))
    return {one.id: str(one) for one in found}


def _row(entry: ConsentEntry, state: ConsentState, found: dict[tuple[int, int], Any],
         dealers: dict[int, str], brands: dict[int, str]) -> dict[str, Any]:
    address = address_of(found.get((entry.provider_id, entry.recipient_id)))
    return {
        "id": record_number(entry.id), "url": record_url(entry),
        "address": mask(address) if address else _("erased"),
        "merchant": entry.recipient_type == RecipientType.TACIR,
        "channel": Channel(entry.channel).name, "choice": listing.choice_key(state),
        "iys": listing.iys_key(state), "iys_code": listing.iys_code(state),
        "late": listing.is_late(state),
        "iys_note": _("Not reported") if state.standing == Standing.UNVERIFIED else "",
        "source": say(Source(state.source)), "at": entry.captured_at,
        "dealer": _dealer(entry, dealers),
        "brand": brands.get(entry.brand_id),
    }


def _dealer(entry: ConsentEntry, dealers: dict[int, str]) -> str | None:
    """Who took it; a dealer is told of its own name alone, and that others gave it access."""
    own = scope.current().dealer_id
    if own is not None and entry.dealer_id != own:
        return _("Access given")
    return dealers.get(entry.dealer_id) if entry.dealer_id else None


# -- filters -------------------------------------------------------------------------------------


def read_filters(known: Sequence[Field] | None = None) -> listing.Wanted:
    """The query string as what is wanted; anything odd is left out. ``known``: the custom fields
    it may name, where they were read already."""
    args = request.args
    found = referred(args.get("bul"))
    return listing.Wanted(
        channels=asked.numbers("kanal"), sources=asked.numbers("kaynak"),
        choices=[one for one in args.getlist("secim") if one in listing.CHOICES],
        iys=[one for one in args.getlist("iys")
             if one in listing.IYS_KEYS.values() or one == listing.LATE],
        half=_half(args.getlist("erisim")), brands=asked.numbers("marka"),
        dealers=asked.numbers("bayi"),
        since=asked.day("tarih_from"), until=asked.day("tarih_to"),
        recipients=found.recipients, entries=found.entries, fields=fieldfilter.wanted(
            fieldfilter.fields() if known is None else known))


def _half(chosen: list[str]) -> str | None:
    """The half of a dealer's consents that was chosen alone."""
    known = {one for one in chosen if one in (listing.TAKEN, listing.GIVEN)}
    return known.pop() if len(known) == 1 else None


def _columns(known: Sequence[Field], *, with_brand: bool) -> list[tuple[str, str]]:
    """What may stand beside the recipient, by its name in an address."""
    place = _("Brand and dealer") if with_brand else _("Dealer")
    return [("kanal", _("Channel")), ("secim", _("Choice")), ("iys", _("İYS")),
            ("kaynak", _("Source")), ("yer", place), ("an", _("Taken")),
            *fieldfilter.columns(known)]


def _filters(wanted: listing.Wanted, known: Sequence[Field]) -> tuple[list[dict[str, Any]], int]:
    choices = {"in_force": _("Consent, in force"), "given": _("Consent, not in force yet"),
               "refusal": _("Refusal"), "unverified": _("Unverified")}
    iys = {"queued": _("Queued"), "waiting": _("Waiting"), "registered": _("Accepted"),
           "refused": _("Rejected"), "overdue": _("Expired"), "blocked_here": _("Here only"),
           "changed_there": _("Changed there"), listing.LATE: _("Reported late")}
    made = [
        asked.choices("kanal", _("Channel"), [(int(c), say(c)) for c in Channel],
                      wanted.channels),
        asked.choices("kaynak", _("Source"), [(int(s), say(s)) for s in listing.hs_sources()],
                      wanted.sources),
        asked.choices("secim", _("Choice"), list(choices.items()), wanted.choices),
        asked.choices("iys", _("İYS"), list(iys.items()), wanted.iys),
    ]
    brands = orm.db.session.execute(
        select(Brand.id, Brand.name).order_by(Brand.name).limit(DEALERS_OFFERED)).all()
    if len(brands) > 1:
        made.append(asked.choices("marka", _("Brand"), [(key, name) for key, name in brands],
                                  wanted.brands))
    dealers = orm.db.session.scalars(
        select(Dealer).order_by(Dealer.title).limit(DEALERS_OFFERED)).all()
    if len(dealers) > 1:
        made.append(asked.choices("bayi", _("Dealer"), [(one.id, str(one)) for one in dealers],
                                  wanted.dealers))
    if scope.current().dealer_id is not None:
        made.append(asked.choices("erisim", _("Access"), [
            (listing.TAKEN, _("Taken here")), (listing.GIVEN, _("Access given"))],
            [wanted.half] if wanted.half else []))
    span = " – ".join(formats.day(one) for one in (wanted.since, wanted.until) if one)
    made.append({"key": "tarih", "label": _("Date"), "kind": "dates", "value": span or None,
                 "since": wanted.since or "", "until": wanted.until or "", "choices": []})
    made += fieldfilter.drawn(known, wanted.fields)
    searched = wanted.recipients is not None or wanted.entries is not None
    return made, sum(bool(one["value"]) for one in made) + searched


def _tabs(views: dict[str, Any]) -> list[dict[str, Any]]:
    """Ready questions, and after them the reader's own."""
    own = [{"label": one["label"], "url": one["url"], "count": None,
            "current": one["current"] and not views["changed"]} for one in views["views"]]
    return [*_ready_tabs(any(one["current"] for one in own)), *own]


def _ready_tabs(elsewhere: bool) -> list[dict[str, Any]]:
    given = ((_("Access given"), {"erisim": [listing.GIVEN]}),) if (
        scope.current().dealer_id is not None) else ()
    views: tuple[tuple[str, dict[str, list[str]]], ...] = (
        (_("All"), {}), *given, (_("Waiting for İYS"), {"iys": ["queued", "waiting"]}),
        (_("Rejected by İYS"), {"iys": ["refused"]}), (_("Expired"), {"iys": ["overdue"]}),
        (_("Refusals"), {"secim": ["refusal"]}), (_("Unverified"), {"secim": ["unverified"]}))
    plain = narrowing()
    # a list that opens with a view of its reader's own opens otherwise with no view at all
    return [{"label": label, "url": url_for(
                "ConsentView.list", **(query or {VIEW: ["0"]})),  # type: ignore[arg-type]
             "count": None, "current": plain == query and not elsewhere}
            for label, query in views]


# -- pages ---------------------------------------------------------------------------------------


def _page(wanted: listing.Wanted) -> tuple[list[Any], dict[str, Any]]:
    before, after = _place(request.args.get("once")), _place(request.args.get("sonra"))
    rows, more = listing.page(wanted, before=before, after=after)
    total = listing.count(wanted)
    older = more if after is None else bool(rows)
    newer = bool(before) or (after is not None and more)
    first = 1 if not (before or after) else max(1, request.args.get("ilk", 1, type=int))
    query: dict[str, Any] = {
        name: request.args.getlist(name) for name in request.args if name not in asked.PLACES}
    return rows, {
        "first": first, "last": first + len(rows) - 1,
        "total": total if total <= listing.COUNTED else None,
        "older_url": url_for("ConsentView.list", **query, once=_mark(rows[-1][0]),
                             ilk=first + len(rows)) if older and rows else None,
        "newer_url": url_for("ConsentView.list", **query, sonra=_mark(rows[0][0]),
                             ilk=max(1, first - listing.PAGE)) if newer and rows else None,
    }


def _mark(entry: ConsentEntry) -> str:
    micros = round(entry.captured_at.timestamp() * 1_000_000)
    return f"{micros}.{record_number(entry.id)}"


def _place(text: str | None) -> tuple[datetime, int] | None:
    micros, _dot, number = (text or "").partition(".")
    entry_id = entry_of(number)
    if entry_id is None or not (micros.isascii() and micros.isdigit()) or len(micros) > 16:
        return None
    whole, rest = divmod(int(micros), 1_000_000)
    return datetime.fromtimestamp(whole, UTC).replace(microsecond=rest), entry_id
