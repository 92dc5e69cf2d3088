"""The report of consents: what was taken, by what, and what İYS said (look picture 07).

Why this module exists: a dealer and a head office ask the same questions of different records. The
whole question stands in the address, so that a report is a link, a saved view and the address of
its file at once; what an address names only ever narrows what its reader may see.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import func, select

from config import settings
from ileti.capture.models import Site
from ileti.consents import listing
from ileti.consents.vocabulary import Channel, RecipientType, Source, Status
from ileti.core import clock, formats, orm
from ileti.core.formats import say
from ileti.reports import queries
from ileti.reports.queries import Line, Numbers, Wanted
from ileti.tenancy import asked, scope, security, trail, viewpages
from ileti.tenancy.models import Brand, Dealer

#: where programs ask (ileti/api/reports.py, which lies above)
API: Final = "/api/v1/reports/consents"
#: lines on the page; the files hold all of them
SHOWN: Final = 50
OFFERED: Final = 500
LONGEST: Final = 3_660
DAYS_SHOWN, WEEKS_SHOWN = 35, 189
#: a filter's name in an address → the part of the question it narrows
ONLY: Final = {"marka": "brand", "kanal": "channel", "kaynak": "source", "bayi": "dealer",
               "tip": "type", "form": "site", "kisi": "agent", "secim": "status"}
BY: Final = {"gun": "day", "hafta": "week", "ay": "month", "marka": "brand", "kanal": "channel",
             "kaynak": "source", "bayi": "dealer", "tip": "type", "form": "site", "kisi": "agent"}
PERIODS: Final = {"bugun": (_l("Today"), 1), "7": (_l("Last 7 days"), 7),
                  "30": (_l("Last 30 days"), 30), "56": (_l("Last 8 weeks"), 56),
                  "365": (_l("Last 12 months"), 365)}
USUAL: Final = "30"
NAMES: Final = {"day": _l("Day"), "week": _l("Week"), "month": _l("Month"), "brand": _l("Brand"),
                 "channel": _l("Channel"), "source": _l("Source"), "dealer": _l("Dealer"),
                 "type": _l("Recipient type"), "site": _l("Form"), "agent": _l("Taken by")}
TITLES: Final = {
    "day": _l("By day"), "week": _l("By week"), "month": _l("By month"), "brand": _l("By brand"),
    "channel": _l("By channel"), "source": _l("By source"), "dealer": _l("By dealer"),
    "type": _l("By recipient type"), "site": _l("By form"), "agent": _l("By who took it")}
_BARS: Final = {"day": (_l("Records by day"), ""),
                "week": (_l("Records by week"), _l("Bars show the first day of the week.")),
                "month": (_l("Records by month"), _l("Bars show the first day of the month."))}


@dataclass(frozen=True)
class Question:
    """The address as a question. ``period`` is the name of a ready span, empty for days of the
    reader's own."""

    wanted: Wanted
    by: str
    period: str


def read(only: Mapping[str, str] = ONLY, lines: Collection[str] = queries.BY) -> Question:
    """What the address asks; what cannot be read in it is left out. A report that knows less says
    what it can be narrowed by (names as in :data:`ONLY`) and what its lines can be."""
    period = request.args.get("donem", USUAL)
    today = clock.today()
    since, until = asked.day("tarih_from"), asked.day("tarih_to")
    if since or until:
        until = min(until or today, today)
        since = max(since or until, until - timedelta(LONGEST - 1))
        since, period = min(since, until), ""
    else:
        period = period if period in PERIODS else USUAL
        since, until = today - timedelta(PERIODS[period][1] - 1), today
    by = BY.get(request.args.get("kirilim", ""), "channel")
    if by not in lines or (by in ("brand", "agent", "dealer") and by not in offered(lines)):
        by = "channel"
    return Question(Wanted(since, until, {
        part: asked.numbers(name) for name, part in only.items() if asked.numbers(name)}),
        by, period)


def offered(lines: Collection[str] = queries.BY) -> list[str]:
    """What the reader may have lines of: a dealer has one brand and is one dealer; who took what is
    for those who see people."""
    here = scope.current()
    left = {"brand", "dealer"} if here.dealer_id is not None else (
        {"brand"} if here.brand_id is not None else set())
    if not security.may("user:read"):
        left.add("agent")
    return [part for part in BY.values() if part in lines and part not in left]


def context() -> dict[str, Any]:
    """For ``panel/reports/consents.html``."""
    question = read()
    wanted, by = question.wanted, question.by
    span = span_for(wanted)
    total, before = queries.totals(wanted), queries.totals(wanted.before())
    found = queries.lines(wanted, by, most=SHOWN)
    courses = {} if by in ("day", "week", "month") else queries.courses(
        wanted, by, [one.key for one in found], span)
    names = named(by, [one.key for one in found])
    made, active = filters(question)
    query = {name: request.args.getlist(name) for name in request.args}
    more = len(found) == SHOWN
    return {
        "title": _("Consent report"), "tabs": tabs("consents"), "line": line(wanted),
        "filters": made,
        "kept": asked.kept(("donem", "tarih", "kirilim", *ONLY)) | {
            "donem": asked.kept(["tarih"])["tarih"], "tarih": asked.kept(["donem"])["donem"]},
        "views": viewpages.context("ConsentReportView", (), ()), "active": active,
        "clear_url": url_for("ConsentReportView.list"),
        "actions": _actions(query), "program": asked_by_program(question, API),
        "tiles": tiles(wanted, total, before),
        **chart(wanted, span, total, lambda one: [one.consents, one.refusals, one.rejected]),
        "by": NAMES[by], "by_title": TITLES[by], "total": total,
        "rows": [_row(one, names[one.key], by, wanted, _course(courses.get(one.key), wanted, span))
                 for one in found],
        "with_course": bool(courses), "lines": queries.how_many(wanted, by) if more else len(found),
    }


def span_for(wanted: Wanted) -> str:
    """The spans a course over time is drawn in: about thirty bars at most."""
    if wanted.days <= DAYS_SHOWN:
        return "day"
    return "week" if wanted.days <= WEEKS_SHOWN else "month"


def tabs(current: str) -> list[dict[str, Any]]:
    """The reports of this room."""
    all_ = (("consents", _("Consents"), "ConsentReportView.list"),
            ("compliance", _("Compliance"), "ComplianceReportView.list"))
    return [{"label": label, "url": url_for(view), "current": key == current}
            for key, label, view in all_]


# -- the head --------------------------------------------------------------------------------------


def line(wanted: Wanted) -> str:
    """The days, whose, and up to when it is counted."""
    brands, dealers = orm.db.session.execute(select(*(
        select(func.count()).select_from(one).scalar_subquery() for one in (Brand, Dealer)))).one()
    parts = [f"{formats.day(wanted.since)} – {formats.day(wanted.until)}"
             if wanted.days > 1 else formats.day(wanted.until)]
    if scope.current().dealer_id is None:
        parts += [ngettext("%(n)s brand", "%(n)s brands", brands, n=formats.number(brands)),
                  ngettext("%(n)s dealer", "%(n)s dealers", dealers, n=formats.number(dealers))]
    at = queries.counted_at()
    parts.append(_("as of %(moment)s", moment=formats.moment(at)) if at
                 else _("being counted for the first time"))
    return " · ".join(parts)


def narrowed(wanted: Wanted) -> list[tuple[str, list[str]]]:
    """What the report is narrowed to, in words; what nobody knows stands by its number."""
    found = []
    for part, values in wanted.only.items():
        words = {"channel": Channel, "source": Source, "type": RecipientType,
                 "status": Status}.get(part)
        known = [one for one in values if words is None or one in list(words)]
        names = named(part, known) if part != "status" else {one: say(Status(one)) for one in known}
        label = _("Consent or refusal") if part == "status" else str(NAMES[part])
        found.append((label, [names.get(one, f"#{one}") for one in values]))
    return found


def _actions(query: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"label": "PDF", "icon": "file-text",
             "url": url_for("ConsentReportView.pages", **query)},
            {"label": _("Excel"), "icon": "table",
             "url": url_for("ConsentReportView.workbook", **query)},
            {"label": "CSV", "icon": "download",
             "url": url_for("ConsentReportView.table", **query)}]


def asked_by_program(question: Question, address: str) -> str:
    """The same question as a program asks it; nothing for who has no programs, or where a program
    has no such question."""
    wanted, only = question.wanted, question.wanted.only
    words: dict[str, tuple[str, Any]] = {
        "channel": ("channel", Channel), "source": ("source", Source),
        "type": ("recipientType", RecipientType), "status": ("status", Status)}
    by = {"type": "recipientType", "dealer": "retailerCode"}.get(question.by, question.by)
    if not security.may("api:read") or by in ("site", "agent") or not only.keys() <= words.keys():
        return ""
    asked = {"since": wanted.since.isoformat(), "until": wanted.until.isoformat(), "by": by}
    asked |= {words[part][0]: ",".join(words[part][1](one).name for one in values
                                       if one in list(words[part][1]))
              for part, values in only.items()}
    return (f"curl -H 'Authorization: Basic …' \\\n  '{settings().base_url}{address}?"
            f"{urlencode(asked, safe=',')}'")


def tiles(wanted: Wanted, now: Numbers, before: Numbers) -> list[dict[str, Any]]:
    """The four figures, beside those of the days before."""
    share = formats.percent(now.rejected / (now.accepted + now.rejected)
                            if now.accepted + now.rejected else None)
    return [
        {"label": _("Consent"), "number": now.consents,
         "note": beside(wanted, now.consents, before.consents)},
        {"label": _("Refusal"), "number": now.refusals,
         "note": beside(wanted, now.refusals, before.refusals)},
        {"label": _("İYS rejection"), "number": now.rejected,
         "note": _("%(share)s of İYS’s answers", share=share) if now.accepted + now.rejected
         else _("no answer of İYS yet")},
        {"label": _("Average time to İYS"), "number": None,
         "text": "–" if now.wait is None else formats.length(now.wait),
         "note": _("%(share)s on the same day", share=formats.percent(now.same_day / now.accepted))
         if now.accepted else _("nothing accepted yet")},
    ]


def beside(wanted: Wanted, now: int, before: int) -> str:
    """The number beside that of the days before, as many."""
    days = formats.number(wanted.days)
    if not before:
        return ngettext("none in the %(days)s day before", "none in the %(days)s days before",
                        wanted.days, days=days)
    if now == before:
        return ngettext("as in the %(days)s day before", "as in the %(days)s days before",
                        wanted.days, days=days)
    share = formats.percent(abs(now - before) / before)
    if now > before:
        return ngettext("%(share)s more than the %(days)s day before",
                        "%(share)s more than the %(days)s days before", wanted.days, days=days,
                        share=share)
    return ngettext("%(share)s less than the %(days)s day before",
                    "%(share)s less than the %(days)s days before", wanted.days, days=days,
                    share=share)


def chart(wanted: Wanted, span: str, total: Numbers,
          parts: Callable[[Numbers], list[int]]) -> dict[str, Any]:
    """Bars over time; ``parts``: what stands on each other in one."""
    if not any(total):
        return {"bars": [], "bars_title": _BARS[span][0]}
    found = {one.key: one.numbers for one in queries.lines(wanted, span)}
    rows = [(max(day, wanted.since), parts(found.get(day, Numbers())))
            for day in queries.starts(wanted, span)]
    return {"bars": rows, "bars_title": _BARS[span][0], "bars_note": _BARS[span][1],
            "bars_label": "" if span == "day" else NAMES[span],
            "unfinished": len(rows) - 1 if wanted.until == clock.today() else None}


# -- lines -----------------------------------------------------------------------------------------


def named(by: str, keys: Sequence[Any]) -> dict[Any, str]:
    """What lines are called, for people."""
    if by in ("day", "week", "month"):
        return {one: formats.day(one) for one in keys}
    words: dict[str, Any] = {"channel": Channel, "source": Source, "type": RecipientType}
    if by in words:
        return {one: say(words[by](one)) for one in keys}
    if by == "agent":
        trail.look_up([one for one in keys if one])
        return {one: trail.person(one) if one else _("Nobody of ours") for one in keys}
    model: Any = {"brand": Brand, "dealer": Dealer, "site": Site}[by]
    known = {one.id: str(one) for one in orm.db.session.scalars(
        select(model).where(model.id.in_([one for one in keys if one])))}
    none = {"dealer": _("Direct (brand)"), "site": _("Without a form")}.get(by, "—")
    return {one: known.get(one, f"#{one}") if one else none for one in keys}


def _row(one: Line, name: str, by: str, wanted: Wanted, course: Any) -> dict[str, Any]:
    return {"name": name, "url": records(one.key, by, wanted), "numbers": one.numbers,
            "acceptance": formats.percent(one.numbers.acceptance), "course": course}


def records(key: Any, by: str, wanted: Wanted, **more: Any) -> str | None:
    """The records behind a line, where the list can be narrowed to them; ``more``: what else it is
    narrowed by."""
    if not security.may("consent:read"):
        return None
    only = dict(wanted.only)
    since, until = wanted.since, wanted.until
    if by in ("day", "week", "month"):
        since = max(since, key)
        until = min(until, key if by == "day" else key + timedelta(6) if by == "week"
                    else _end_of_month(key))
    elif by in ("brand", "channel", "source", "dealer") and key:
        only[by] = [key]
    else:
        return None
    if not set(only) <= {"brand", "channel", "source", "dealer"}:
        return None
    names = {part: name for name, part in ONLY.items()}
    query: dict[str, Any] = {names[part]: list(values) for part, values in only.items()}
    return url_for("ConsentView.list", tarih_from=since.isoformat(), tarih_to=until.isoformat(),
                   **query, **more)


def _end_of_month(first: date) -> date:
    return (first + timedelta(32)).replace(day=1) - timedelta(1)


def _course(found: dict[date, int] | None, wanted: Wanted, span: str) -> dict[str, Any] | None:
    """A line over time, 110 by 20; nothing for a single span."""
    days = queries.starts(wanted, span)
    if found is None or len(days) < 2:
        return None
    values = [found.get(one, 0) for one in days]
    top, step = max(*values, 1), 104 / (len(values) - 1)
    points = [(round(3 + n * step, 1), round(17 - 14 * one / top, 1))
              for n, one in enumerate(values)]
    return {"points": " ".join(f"{x},{y}" for x, y in points), "end": points[-1]}


# -- filters ---------------------------------------------------------------------------------------


def filters(question: Question, parts: Collection[str] = tuple(ONLY),
            lines: Collection[str] = queries.BY) -> tuple[list[dict[str, Any]], int]:
    """The buttons above a report, and how many of its parts are narrowed."""
    only, here = question.wanted.only, scope.current()
    own = "" if question.period else " – ".join(
        formats.day(one) for one in (question.wanted.since, question.wanted.until))
    made = [
        _single("donem", _("Period"), [(key, str(word)) for key, (word, _days) in PERIODS.items()],
                question.period),
        {"key": "tarih", "label": _("Dates"), "kind": "dates", "value": own or None,
         "since": "" if question.period else question.wanted.since.isoformat(),
         "until": "" if question.period else question.wanted.until.isoformat(), "choices": []}]
    if here.brand_id is None:
        brands = orm.db.session.execute(
            select(Brand.id, Brand.name).order_by(Brand.name).limit(OFFERED)).all()
        if len(brands) > 1:
            made.append(asked.choices("marka", _("Brand"), [(key, name) for key, name in brands],
                                      only.get("brand", ())))
    made += [
        asked.choices("kanal", _("Channel"), [(int(one), say(one)) for one in Channel],
                      only.get("channel", ())),
        asked.choices("kaynak", _("Source"), [(int(one), say(one)) for one in listing.hs_sources()],
                      only.get("source", ()))]
    if "tip" in parts:
        made.append(asked.choices(
            "tip", _("Recipient type"), [(int(one), say(one)) for one in RecipientType],
            only.get("type", ())))
    if here.dealer_id is None:
        dealers = orm.db.session.scalars(
            select(Dealer).order_by(Dealer.title).limit(OFFERED)).all()
        if dealers:
            made.append(asked.choices("bayi", _("Dealer"), [
                (0, _("Direct (brand)")), *((one.id, str(one)) for one in dealers)],
                only.get("dealer", ())))
    sites = orm.db.session.scalars(select(Site).order_by(Site.name).limit(OFFERED)).all(
        ) if "form" in parts else []
    if sites:
        made.append(asked.choices("form", _("Form"), [(one.id, str(one)) for one in sites],
                                  only.get("site", ())))
    names = {part: name for name, part in BY.items()}
    made.append(_single("kirilim", _("Broken down by"), [
        (names[part], str(NAMES[part])) for part in offered(lines)], names[question.by]))
    return made, sum(bool(values) for values in only.values())


def _single(key: str, label: str, pairs: list[tuple[str, str]], chosen: str) -> dict[str, Any]:
    return {"key": key, "label": label, "kind": "choices", "multiple": False,
            "value": dict(pairs).get(chosen),
            "choices": [{"value": v, "label": t, "selected": v == chosen} for v, t in pairs]}
