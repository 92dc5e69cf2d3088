"""The report of compliance in the panel: what was late, refused, slow, unproven, and may cost.

Why this module exists: a compliance officer answers for records, not for campaigns. Each block says
one thing that the law asks for and leads to where it is mended. The blocks are made once
(:mod:`ileti.reports.complianceblocks`) and told here: on the page, and as a file.
"""

from __future__ import annotations

from typing import Any, Final

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ileti.consents.vocabulary import Source
from ileti.core import formats
from ileti.core.formats import either, say
from ileti.iys import book, reasons
from ileti.iys.errors import meaning
from ileti.reports import compliance, complianceblocks, consentpage, printed
from ileti.reports.complianceblocks import Report, late_share
from ileti.reports.consentpage import NAMES, Question
from ileti.reports.proven import ELSEWHERE, MISSING, Proof
from ileti.reports.queries import Numbers, Wanted
from ileti.reports.tables import Share, Table
from ileti.retention.periods import PERIODS
from ileti.tenancy import asked, security, viewpages

#: where programs ask (ileti/api/compliance.py, which lies above)
API: Final = "/api/v1/reports/compliance"
#: a filter's name in an address → the part of the question it narrows
ONLY: Final = {"marka": "brand", "kanal": "channel", "kaynak": "source", "bayi": "dealer"}
#: an act that is counted, and what is to be said of its fine
_ACTS: Final = {
    "refusal": (_l("Refusals that reached İYS late"), ""),
    "records": (_l("Standing consents without a proof"),
                _l("fined once, however many an inspector asks for")),
    "no_consent": (_l("Consents whose time ran out"),
                   _l("nothing as long as nothing is sent on them; İleti sends nothing"))}
_TITLES: Final = {
    "day": _l("In time, by day"), "week": _l("In time, by week"), "month": _l("In time, by month"),
    "brand": _l("In time, by brand"), "channel": _l("In time, by channel"),
    "source": _l("In time, by source"), "dealer": _l("In time, by dealer")}


def read() -> Question:
    """What the address asks."""
    return consentpage.read(ONLY, compliance.BY)


def context() -> dict[str, Any]:
    """For ``panel/reports/compliance.html``."""
    question = read()
    wanted = question.wanted
    made = complianceblocks.report(wanted, question.by, most=consentpage.SHOWN)
    filters, active = consentpage.filters(question, tuple(ONLY), compliance.BY)
    query: dict[str, Any] = {name: request.args.getlist(name) for name in request.args}
    names = consentpage.named(question.by, [key for key, _n, _t in made.lines])
    return {
        "title": _("Compliance report"), "tabs": consentpage.tabs("compliance"),
        "line": consentpage.line(wanted), "filters": filters,
        "kept": asked.kept(("donem", "tarih", "kirilim", *ONLY)) | {
            "donem": asked.kept(["tarih"])["tarih"], "tarih": asked.kept(["donem"])["donem"]},
        "views": viewpages.context("ComplianceReportView", (), ()), "active": active,
        "clear_url": url_for("ComplianceReportView.list"),
        "actions": [{"label": "PDF", "icon": "file-text",
                     "url": url_for("ComplianceReportView.pages", **query)},
                    {"label": _("Excel"), "icon": "table",
                     "url": url_for("ComplianceReportView.workbook", **query)},
                    {"label": "CSV", "icon": "download",
                     "url": url_for("ComplianceReportView.table", **query)}],
        "tiles": _tiles(made), **_chart(wanted, made.total),
        "by": NAMES[question.by], "by_title": _TITLES[question.by], "report": made,
        "rows": [{"name": names[key], "numbers": numbers, "times": times,
                  "share": formats.percent(late_share(numbers)),
                  "url": consentpage.records(key, question.by, wanted, iys=["overdue", "late"])
                  if numbers.overdue else None}
                 for key, numbers, times in made.lines],
        "share": formats.percent(late_share(made.total)), "length": _length,
        "codes": [_code(one, made.total.rejected) for one in made.codes],
        "proofs": [_proof(one, made, wanted) for one in made.proven],
        "texts": [_text(one, made) for one in made.in_use],
        "due": [_due(one) for one in made.due],
        "retention_url": url_for("RetentionView.index") if security.may("retention:read")
        else None,
        "program": consentpage.asked_by_program(question, API),
        "fines": _fines(made), "empty": not any(made.total) and not made.proven,
    }


def _length(seconds: int | None) -> str:
    return "–" if seconds is None else formats.length(seconds)


def _tiles(made: Report) -> list[dict[str, Any]]:
    total, whole = made.total, made.whole
    answers = total.accepted + total.rejected
    return [
        {"label": _("Late, of all records"), "text": formats.percent(late_share(total)),
         "note": _("%(late)s of %(all)s; in the days before %(before)s",
                   late=formats.number(total.overdue), all=formats.number(total.taken),
                   before=formats.percent(late_share(made.before)))},
        {"label": _("İYS rejection"), "text": formats.number(total.rejected),
         "note": " · ".join((
             _("%(share)s of İYS’s answers", share=formats.percent(total.rejected / answers)),
             consentpage.beside(made.wanted, total.rejected, made.before.rejected)))
         if answers else _("no answer of İYS yet")},
        {"label": _("Median time to İYS"),
         "text": _("≤ %(time)s", time=_length(whole.median)) if whole.accepted else "–",
         "note": _("95 of 100 within %(time)s", time=_length(whole.p95))
         if whole.accepted else _("nothing accepted yet")},
        {"label": _("Without a proof"),
         "text": formats.number(made.missing) if made.walked_at else "–",
         "note": _("of %(all)s consents that stand", all=formats.number(made.standing))
         if made.walked_at else _("being counted for the first time")},
    ]


def _chart(wanted: Wanted, total: Numbers) -> dict[str, Any]:
    made = consentpage.chart(compliance.reported(wanted), consentpage.span_for(wanted), total,
                             lambda one: [one.accepted, one.rejected, one.overdue])
    return made | {"series": [_("Accepted by İYS"), _("İYS rejection"), _("Expired")]}


def _code(one: compliance.Code, rejected: int) -> dict[str, Any]:
    code = f"H{one.code:03d}"
    return {"code": code if one.code else "", "number": one.number,
            "what": reasons.in_short(meaning(code)) if one.code else _("An answer without a code"),
            "url": book.code_url(code) if one.code else None,
            "share": formats.percent(one.number / rejected if rejected else None)}


def _proof(one: compliance.Proven, made: Report, wanted: Wanted) -> dict[str, Any]:
    missing = one.proof in MISSING
    only: dict[str, Any] = {name: list(wanted.only[part]) for name, part in ONLY.items()
            if part in wanted.only and name != "kaynak"}
    return {"source": say(Source(one.source)), "proof": say(Proof(one.proof)),
            "number": one.number, "missing": missing, "elsewhere": one.proof in ELSEWHERE,
            "share": formats.percent(one.number / made.standing),
            "url": url_for("ConsentView.list", kaynak=one.source, secim=["in_force", "given"],
                           **only) if security.may("consent:read") else None}


def _text(one: compliance.InUse, made: Report) -> dict[str, Any]:
    seen = bool(one.version_id and one.name and security.may("document:read"))
    return {"name": text_name(one), "version": one.version, "language": one.language.upper(),
            "published": one.published_at, "number": one.number,
            "share": formats.percent(one.number / made.standing if made.standing else None),
            "url": url_for("VersionView.show", pk=one.version_id) if seen else None}


def text_name(one: compliance.InUse) -> str:
    """What a version is called."""
    return one.name or (f"#{one.version_id}" if one.version_id else _("Without a text"))


def kind_name(kind: int) -> str:
    """What is to be destroyed, in words."""
    return next((either(one.tr, one.en) for one in PERIODS if one.kind == kind), f"#{kind}")


def _due(one: compliance.Due) -> dict[str, Any]:
    return {"what": kind_name(one.kind), "due": one.due, "year": one.year}


def _range(least: int, most: int) -> str:
    return f"{formats.number(least)} – {formats.number(most)} TL" if most else "–"


def _fines(made: Report) -> dict[str, Any] | None:
    if made.exposures is None:
        return None
    if made.year is None:
        return {"year": made.wanted.until.year, "known": False}
    return {
        "year": made.wanted.until.year, "known": True,
        "source": either(made.year.source_tr, made.year.source_en),
        "rows": [{"what": _ACTS[one.fine.key][0], "article": one.fine.article, "number": one.number,
                  "one": _range(one.fine.least, one.fine.most), "note": _ACTS[one.fine.key][1],
                  "all": _range(one.least, one.most)} for one in made.exposures],
        "total": _range(sum(one.least for one in made.exposures),
                        sum(one.most for one in made.exposures)),
        "table": [{"what": either(one.tr, one.en), "article": one.article,
                   "range": _range(one.least, one.most), "computed": one.computed}
                  for one in made.year.rows]}


# -- as a file -------------------------------------------------------------------------------------


def file_name(question: Question, ending: str) -> str:
    """What the file is called: nothing in it is anybody's."""
    since, until = question.wanted.since.isoformat(), question.wanted.until.isoformat()
    return f"uyum-raporu-{since}-{until}.{ending}"


def pdf(question: Question) -> bytes:
    """The blocks as pages. Raises TryLater."""
    made = complianceblocks.report(question.wanted, question.by, most=10_000)
    return printed.pdf(
        _("Compliance report"), consentpage.line(question.wanted),
        consentpage.narrowed(question.wanted), _tiles(made), _tables(question, made))


def tables(question: Question) -> list[Table]:
    """The blocks as tables; lines of the breakdown are all there."""
    return _tables(question, complianceblocks.report(question.wanted, question.by, most=10_000))


def _tables(question: Question, made: Report) -> list[Table]:
    names: dict[Any, Any] = {key: key for key, _n, _t in made.lines} if question.by in (
        "day", "week", "month") else consentpage.named(
        question.by, [key for key, _n, _t in made.lines])
    found = [
        Table(str(_TITLES[question.by]), [
            str(NAMES[question.by]), _("Records"), _("Accepted by İYS"), _("Late"),
            _("Late share"), _("Median, in seconds"),
            _("95 of 100 within, in seconds"), _("Slowest, in seconds")],
            [[name, one.taken, one.accepted, one.overdue, _share(late_share(one)), times.median,
              times.p95, times.longest] for name, one, times in (
                *((names[key], one, times) for key, one, times in made.lines),
                (printed.total(), made.total, made.whole))]),
        Table(_("What İYS rejected"), [_("Code"), _("What it means"), _("Records")],
              [[row["code"], row["what"], row["number"]] for row in (
                  _code(one, made.total.rejected) for one in made.codes)]),
        Table(_("What proves the consents"), [_("Source"), _("Proof"), _("Consent")],
              [[say(Source(one.source)), say(Proof(one.proof)), one.number]
               for one in made.proven]),
        Table(_("Texts in use"), [_("Text"), _("Version"), _("Language"), _("Published"),
                                  _("Consent")],
              [[text_name(one), one.version, one.language, one.published_at, one.number]
               for one in made.in_use]),
        Table(_("To be destroyed"), [_("What"), _("Due now"), _("Within 12 months")],
              [[kind_name(one.kind), one.due, one.year] for one in made.due])]
    if made.exposures and made.year:
        found.append(Table(_("Fines, estimated"), [
            _("What"), _("Article"), _("Acts counted"), _("At least, in TL"), _("At most, in TL"),
            _("Source")], [
                [str(_ACTS[one.fine.key][0]), one.fine.article, one.number, one.least, one.most,
                 either(made.year.source_tr, made.year.source_en)] for one in made.exposures]))
    return [one for one in found if one.rows]


def _share(value: float | None) -> Share | None:
    return None if value is None else Share(value)
