"""What the radar shows: numbers by the time left, who has to act, places, and the records.

The query string holds the whole state, so that what one person looks at is a link for another;
what it names only ever narrows what the row rules let through.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from ileti.consents import listing
from ileti.consents.deadlines import next_holiday, unknown_years
from ileti.consents.vocabulary import Source, Status
from ileti.core import clock, formats, orm
from ileti.core.formats import say
from ileti.radar import rows
from ileti.radar.causes import (
    Cause,
    acts,
    causes,
    special_providers,
    waits_for_a_person,
    who,
)
from ileti.radar.causes import held as held_up
from ileti.radar.counts import ON_TIME, By, Counted, Left, Line, Wanted, count
from ileti.radar.missed import Missed, missed
from ileti.tenancy import narrowing, scope, security, viewpages
from ileti.tenancy.models import Brand, Dealer, Provider

PLACES_SHOWN, CAUSES_SHOWN, DEALERS_OFFERED = 50, 6, 500
FILTERS = ("saglayici", "marka", "bayi", "kaynak", "sure", "neden")
OLD = timedelta(minutes=10)


def context() -> dict[str, Any]:
    """Context of ``panel/radar.html``."""
    wanted, by = read_wanted(), read_by()
    columns = [("kanal", _("Channel")), ("niye", _("Why does it wait?")), ("kim", _("Dealer")),
               ("an", _("Consent date"))]
    shown = viewpages.chosen(columns) or [key for key, _label in columns]
    counted, special = count(by, wanted), special_providers()
    held = held_up(special)
    gone = missed(wanted)
    found = causes(counted.lines, held)
    waiting = sum(one.number for one in counted.lines if waits_for_a_person(one, held))
    total = sum(one.number for one in counted.lines)
    return {
        "title": _("Deadline radar"),
        "line": _("A consent that does not reach İYS within 3 business days is void. Weekends and "
                  "public holidays do not count."),
        "actions": _actions(), "warning": _year_warning(), "note": _count_note(counted),
        "urgent": _urgent(counted.lines, held), "tiles": _tiles(counted.lines, held, gone),
        "holiday": next_holiday(clock.today()), "acts": acts(),
        "legend": [_("Waits for you") if acts() else _("Needs a correction"),
                   _("Goes out by itself")],
        "activating": [_activating(one) for one in special
                       if one.activation_date and one.activation_date >= clock.today()],
        "causes": [_cause(one) for one in found[:CAUSES_SHOWN]], "waiting": waiting,
        "late": _late(counted.lines, gone), "total": total,
        "tabs": _tabs(by), "by": _places(by, counted.lines, held),
        **rows.context(wanted, read_left(), read_code()), "filters": _filters(wanted),
        "kept": _kept(), "clear_url": narrowing.bare("RadarView.index"),
        "views": viewpages.context("RadarView", columns, shown, ("sayfa",)), "shown": shown,
        "active_count": sum(bool(request.args.getlist(name)) for name in FILTERS),
    }


# -- the query string ----------------------------------------------------------------------------


def read_wanted() -> Wanted:
    """The places in the query string; anything odd is left out."""
    def numbers(name: str) -> tuple[int, ...]:
        return tuple(int(one) for one in request.args.getlist(name)
                     if one.isascii() and one.isdigit() and len(one) < 10)
    return Wanted(numbers("saglayici"), numbers("marka"), numbers("bayi"), numbers("kaynak"))


def read_by() -> By:
    """What the table adds up by; a dealer has one brand only."""
    known = {one.value: one for one in By}
    return known.get(request.args.get("gore", ""),
                     By.BRAND if scope.current().dealer_id is None else By.SOURCE)


def read_left() -> list[Left]:
    """The times left in the query string."""
    known = {one.value: one for one in Left}
    return [known[one] for one in request.args.getlist("sure") if one in known]


def read_code() -> int | None:
    """180 for ``neden=H180``."""
    text = request.args.get("neden", "")
    return int(text[1:]) if text[:1] == "H" and text[1:].isascii() and text[1:].isdigit() and (
        len(text) < 6) else None


def _here(**changed: Any) -> str:
    """This page with some of its state changed; None takes a name away. Pages start anew."""
    query: dict[str, Any] = {name: request.args.getlist(name) for name in request.args
                             if name != "sayfa"}
    query |= changed
    return url_for("RadarView.index", **{n: v for n, v in query.items() if v is not None})


def _kept() -> dict[str, list[tuple[str, str]]]:
    pairs = [(n, v) for n, v in request.args.items(multi=True) if n != "sayfa"]
    return {key: [(n, v) for n, v in pairs if n != key] for key in FILTERS}


def _filters(wanted: Wanted) -> list[dict[str, Any]]:
    made = [_filter("sure", _("Time left"), [(one.value, left_label(one)) for one in Left],
                    [one.value for one in read_left()])]
    brands = orm.db.session.execute(
        select(Brand.id, Brand.name).order_by(Brand.name).limit(DEALERS_OFFERED)).all()
    if len(brands) > 1:
        made.append(_filter("marka", _("Brand"), [(str(i), name) for i, name in brands],
                            [str(one) for one in wanted.brands]))
    dealers = orm.db.session.scalars(
        select(Dealer).order_by(Dealer.title).limit(DEALERS_OFFERED)).all()
    if len(dealers) > 1:
        made.append(_filter("bayi", _("Dealer"), [(str(one.id), str(one)) for one in dealers],
                            [str(one) for one in wanted.dealers]))
    made.append(_filter("kaynak", _("Source"), [
        (str(int(one)), say(one)) for one in listing.hs_sources() if not one.is_iys],
        [str(one) for one in wanted.sources]))
    return made


def _filter(key: str, label: str, choices: list[tuple[str, str]],
            chosen: list[str]) -> dict[str, Any]:
    names = [text for value, text in choices if value in chosen]
    value = names[0] if len(names) == 1 else ngettext(
        "%(num)s chosen", "%(num)s chosen", len(names)) if names else None
    return {"key": key, "label": label, "kind": "choices", "multiple": True, "value": value,
            "choices": [{"value": v, "label": t, "selected": v in chosen} for v, t in choices]}


# -- above ---------------------------------------------------------------------------------------


def _actions() -> list[dict[str, Any]]:
    made = [{"label": _("Business days"), "icon": "calendar", "url": url_for("RadarView.calendar")}]
    if security.may("queue:read"):
        made.append({"label": _("On the way to İYS"), "icon": "send",
                     "url": url_for("QueueView.list")})
    return made


def _year_warning() -> dict[str, Any] | None:
    years = unknown_years(clock.today())
    if not years:
        return None
    return {"tone": "wait", "bold": _("The feasts of %(years)s are not known yet.",
                                      years=", ".join(map(str, years))),
            "rest": _("Deadlines are counted as if these days were business days: too early rather "
                      "than too late."),
            "action": {"label": _("Business days"), "url": url_for("RadarView.calendar")}}


def _activating(provider: Provider) -> dict[str, str]:
    """What holds until a provider's activation date (R-40)."""
    assert provider.activation_date is not None, "asked for with one only"
    return {"bold": _("%(name)s: activation date %(day)s.", name=str(provider),
                      day=formats.day(provider.activation_date)),
            "rest": _("Until then İYS takes old consents too; after it the 3 business days hold.")}


def _count_note(counted: Counted) -> str:
    if counted.at is not None:
        note = _("Counted at %(at)s: many records wait.", at=formats.moment(counted.at))
        old = clock.now() - counted.at > OLD
        return note + " " + _("Newer counts are overdue; look at the job worker.") if old else note
    return _("Only the oldest are counted; the whole count follows in a moment.") if (
        counted.capped) else ""


def _urgent(lines: list[Line], held: dict[int, Provider]) -> dict[str, Any] | None:
    """One sentence for what runs out tonight (look §1.1)."""
    tonight = [one for one in lines if one.left in (Left.HOURS, Left.TODAY)]
    number = sum(one.number for one in tonight)
    if not number:
        return None
    stuck = sum(one.number for one in tonight if waits_for_a_person(one, held))
    hours = any(one.left is Left.HOURS for one in tonight)
    rest = _("All go out by themselves.") if not stuck else (
        ngettext("%(num)s waits for you.", "%(num)s wait for you.", stuck) if acts() else
        ngettext("%(num)s needs a correction.", "%(num)s need a correction.", stuck))
    return {"tone": "bad" if hours and stuck else "wait", "rest": rest, "bold": ngettext(
        "%(n)s record must reach İYS by 23:59 tonight.",
        "%(n)s records must reach İYS by 23:59 tonight.", number, n=_number(number))}


def _tiles(lines: list[Line], held: dict[int, Provider], gone: Missed) -> list[dict[str, Any]]:
    tomorrow = clock.today() + timedelta(days=1)
    hours = sum(one.number for one in lines if one.left is Left.HOURS)
    late = sum(one.number for one in lines if one.left is Left.LATE)
    month = late + gone.consents + gone.refusals
    today_label = ngettext("Today 23:59 · %(num)s in 4 hours", "Today 23:59 · %(num)s in 4 hours",
                           hours) if hours else _("Today 23:59")
    made = [
        {"icon": "clock-alert", "tone": "bad" if month else "", "label": _("Too late"),
         "number": month, "split": None, "url": "#gecikenler" if month else None,
         "note": _("Last 30 days · %(n)s still in the queue", n=_number(late)) if month else
         _("None in the last 30 days")},
        _tile("alarm-clock", "bad", today_label, (Left.HOURS, Left.TODAY), lines, held),
        _tile("alarm-clock", "wait", _("Tomorrow, %(day)s", day=formats.day(tomorrow)),
              (Left.TOMORROW,), lines, held),
        _tile("calendar", "", _("After that"), (Left.LATER, Left.NONE), lines, held),
    ]
    without = sum(one.number for one in lines if one.left is Left.NONE)
    if without:
        made[3]["note"] += " · " + ngettext("%(num)s without a deadline",
                                            "%(num)s without a deadline", without)
    return made


def _tile(icon: str, tone: str, label: str, left: tuple[Left, ...], lines: list[Line],
          held: dict[int, Provider]) -> dict[str, Any]:
    of = [one for one in lines if one.left in left]
    number = sum(one.number for one in of)
    stuck = sum(one.number for one in of if waits_for_a_person(one, held))
    going = number - stuck
    both = {"a": _number(stuck), "b": _number(going)}
    note = _("Nothing") if not number else (
        _("All go out by themselves") if not stuck else
        _("%(a)s wait for you · %(b)s by themselves", **both) if acts() else
        _("%(a)s need a correction · %(b)s by themselves", **both))
    return {
        "icon": icon, "tone": tone if number else "", "label": label, "number": number,
        "ground": "bad" if number and tone == "bad" else "", "note": note,
        "split": (round(100 * stuck / number, 2) if number else 0) if number else None,
        "url": _here(sure=[one.value for one in left], liste="hepsi") + "#kayitlar"
        if number else None,
    }


def _cause(one: Cause) -> dict[str, Any]:
    """One line of "who has to act": what is the matter, who mends it, the button."""
    mine = security.may(one.permission)
    action = {"label": one.label, "url": one.url, "small": True} if mine and one.url else None
    named = [one.code] if one.code and one.code[1:].isdigit() else None
    shown = _here(neden=named, liste=["bekleyen"]) + "#kayitlar"
    return {"number": one.number, "sentence": one.sentence, "code": one.code,
            "who": who(one.permission), "mine": mine, "action": action,
            "url": shown if one.permission != "provider:write" else None,
            "left": left_label(one.left), "urgent": one.left in (Left.LATE, Left.HOURS, Left.TODAY)}


def _late(lines: list[Line], gone: Missed) -> dict[str, Any] | None:
    """What being late means for consents and for refusals, and the way out (R-11, R-33)."""
    number: dict[int, int] = defaultdict(int)
    for one in lines:
        if one.left is Left.LATE:
            number[one.status] += one.number
    consents, refusals = number[Status.ONAY] + gone.consents, number[Status.RET] + gone.refusals
    if not consents and not refusals:
        return None
    return {"consents": consents, "refusals": refusals, "capped": gone.capped,
            "url": url_for("ConsentView.list", iys=["overdue", listing.LATE], **_same_places())}


def _same_places() -> dict[str, Any]:
    """The filters that the consent list has too."""
    return {name: request.args.getlist(name) for name in ("marka", "bayi", "kaynak")
            if request.args.getlist(name)}


# -- by place ------------------------------------------------------------------------------------


def _tabs(by: By) -> list[dict[str, Any]]:
    own = scope.current()
    labels = {By.PROVIDER: _("Provider"), By.BRAND: _("Brand"), By.DEALER: _("Dealer"),
              By.SOURCE: _("Source")}
    hidden = ({By.PROVIDER} if own.provider_id is not None else set()) | (
        {By.BRAND, By.DEALER} if own.dealer_id is not None else set())
    return [{"label": label, "url": _here(gore=one.value) + "#yerler", "current": one is by}
            for one, label in labels.items() if one not in hidden]


def _places(by: By, lines: list[Line], held: dict[int, Provider]) -> dict[str, Any]:
    """The table: a line per place, the most urgent first, and the total."""
    sums: dict[int | None, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    total: dict[str, int] = defaultdict(int)
    for line in lines:
        for one in (sums[line.key], total):
            for column in _columns_of(line, held):
                one[column] += line.number
    order = sorted(sums, key=lambda key: tuple(
        -sums[key][column] for column in ("late", "hours", "today", "person", "total")))
    names = _names(by, [key for key in order[:PLACES_SHOWN] if key is not None])
    return {
        "head": {By.PROVIDER: _("Provider"), By.BRAND: _("Brand"), By.DEALER: _("Dealer"),
                 By.SOURCE: _("Source")}[by],
        "rows": [_place(by, key, sums[key], names) for key in order[:PLACES_SHOWN]],
        "total": dict(total) if len(order) > 1 else None,
        "more": max(0, len(order) - PLACES_SHOWN),
    }


def _columns_of(line: Line, held: dict[int, Provider]) -> list[str]:
    time_left = {Left.LATE: "late", Left.HOURS: "hours", Left.TODAY: "today"}
    person = ["person"] if waits_for_a_person(line, held) else []
    return ["total", time_left.get(line.left, "on_time"), *person]


def _place(by: By, key: int | None, numbers: dict[str, int],
           names: dict[int, str]) -> dict[str, Any]:
    if key is None:
        return {"name": _("Taken directly"), "url": None, "cells": _cells(by, None, numbers)}
    url = None
    if security.may("consent:read") and by is not By.PROVIDER:
        query: dict[str, Any] = _same_places() | {by.value: key}
        url = url_for("ConsentView.list", iys=["queued", "waiting", "overdue"], **query)
    return {"name": names.get(key, str(key)), "url": url, "cells": _cells(by, key, numbers)}


def _cells(by: By, key: int | None, numbers: dict[str, int]) -> list[dict[str, Any]]:
    """Late, in four hours, today, on time, waits for a person, all; each a link to its records."""
    left: dict[str, list[str] | None] = {
        "late": [Left.LATE.value], "hours": [Left.HOURS.value], "today": [Left.TODAY.value],
        "on_time": [one.value for one in ON_TIME], "person": None, "total": None}
    place = {} if key is None else {by.value: [str(key)]}
    return [{
        "key": column, "number": numbers[column],
        "url": _here(**place, sure=shown, neden=None,
                     liste="bekleyen" if column == "person" else "hepsi") + "#kayitlar"
        if numbers[column] and key is not None and column != "person" else None,
    } for column, shown in left.items()]


def _names(by: By, keys: list[int]) -> dict[int, str]:
    if by is By.SOURCE:
        return {key: say(Source(key)) for key in keys}
    kinds: dict[By, Any] = {By.PROVIDER: Provider, By.BRAND: Brand, By.DEALER: Dealer}
    model = kinds[by]
    return {one.id: str(one) for one in orm.db.session.scalars(
        select(model).where(model.id.in_(keys)))}


def left_label(left: Left) -> str:
    """A time left in words."""
    return {Left.LATE: _("Too late"), Left.HOURS: _("In 4 hours"), Left.TODAY: _("Today"),
            Left.TOMORROW: _("Tomorrow"), Left.LATER: _("Later"),
            Left.NONE: _("No deadline")}[left]


def _number(value: int) -> str:
    return formats.number(value)
