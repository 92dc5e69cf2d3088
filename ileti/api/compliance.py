"""The report of compliance for programs: the panel's blocks, as numbers.

Why this module exists: whoever watches a company's duties by machine wants what its compliance
officer sees, by the same statements (:mod:`ileti.reports.compliance`). No block holds an address,
and what is a provider's as a whole is null for an account that sees less.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select

from ileti.api import reports, shapes
from ileti.api.desk import Answer, Call
from ileti.api.reading import query
from ileti.api.scoped import Declared, brand_ids
from ileti.api.shapes import BRANDS, SPAN, many, maybe, obj
from ileti.capture.api_document import Operation
from ileti.consents.vocabulary import Channel, Source
from ileti.core import orm
from ileti.iys.errors import meaning
from ileti.reports import complianceblocks, queries
from ileti.reports.compliance import Times
from ileti.reports.complianceblocks import Report, late_share
from ileti.reports.proven import ELSEWHERE, MISSING, Proof
from ileti.reports.queries import Numbers, Wanted
from ileti.retention.periods import Kind
from ileti.tenancy import scope
from ileti.tenancy.models import Dealer

PATH: Final = "/api/v1/reports/compliance"
_BY: Final = ("day", "week", "month", "channel", "source", "brand", "retailerCode")


def compliance(call: Call) -> Answer:
    """``GET /reports/compliance``: late, refused, slow, unproven, texts in use, due, fines."""
    asked = query(call, _ASKED)
    since, until = reports.span(asked)
    only: dict[str, Sequence[int]] = {}
    if asked["brand"]:
        only["brand"] = list(brand_ids(asked["brand"]))
    if asked["retailerCode"]:
        only["dealer"] = list(orm.db.session.scalars(
            select(Dealer.id).where(Dealer.retailer_code.in_(asked["retailerCode"])))) or [-1]
    words: dict[str, Any] = {"channel": Channel, "source": Source}
    for name, word in words.items():
        if asked[name]:
            only[name] = [int(word[each]) for each in asked[name]]
    by = {"retailerCode": "dealer"}.get(asked["by"], asked["by"])
    made = complianceblocks.report(Wanted(since, until, only), by, most=reports.MOST_ROWS)
    lines = sorted(made.lines, key=lambda one: one[0])
    keys = [one[0] or None if by == "dealer" else one[0] for one in lines]
    names = reports.names_of(asked["by"], keys)
    at = queries.counted_at()
    return Answer(200, {
        "since": since.isoformat(), "until": until.isoformat(), "by": asked["by"],
        "countedAt": at and at.isoformat(),
        "standingAt": made.walked_at and made.walked_at.isoformat(),
        "rows": [{"key": names(key)} | _figures(numbers, times)
                 for key, (_key, numbers, times) in zip(keys, lines, strict=True)],
        **_figures(made.total, made.whole), **_blocks(made)})


def _figures(numbers: Numbers, times: Times) -> dict[str, Any]:
    share = late_share(numbers)
    return {"records": numbers.taken, "accepted": numbers.accepted, "rejected": numbers.rejected,
            "late": numbers.overdue, "lateShare": None if share is None else round(share, 6),
            "medianSeconds": times.median, "p95Seconds": times.p95,
            "slowestSeconds": times.longest}


def _blocks(made: Report) -> dict[str, Any]:
    here = scope.current()
    whole = here.brand_id is None and here.dealer_id is None
    return {
        "codes": [{"code": f"H{one.code:03d}" if one.code else None, "records": one.number,
                   "meaning": meaning(f"H{one.code:03d}").say("en") if one.code else None}
                  for one in made.codes],
        "proofs": [{"source": Source(one.source).name, "proof": Proof(one.proof).name,
                    "missing": one.proof in MISSING, "elsewhere": one.proof in ELSEWHERE,
                    "consents": one.number} for one in made.proven],
        "texts": [{"documentVersion": one.version_id or None, "name": one.name or None,
                   "version": one.version, "language": one.language or None,
                   "consents": one.number} for one in made.in_use],
        "due": [{"kind": Kind(one.kind).name, "now": one.due, "withinYear": one.year}
                for one in made.due] if whole else None,
        "fines": None if made.exposures is None else {
            "year": made.wanted.until.year, "known": made.year is not None,
            "source": made.year.source_en if made.year else None,
            "rows": [{"article": one.fine.article, "acts": one.number, "least": one.least,
                      "most": one.most} for one in made.exposures]},
    }


_ASKED: Final[shapes.Declared] = BRANDS | SPAN | reports.by_words(_BY) | reports.CHANNELS | {
    "source": (many(shapes.SOURCE), ("Kaynaklar, virgülle.", "Sources, with commas.")),
    "retailerCode": (many(shapes.NUMBER), ("Alan bayilerin İYS numaraları, virgülle.",
                                           "Numbers at İYS of the retailers that took them, with "
                                           "commas.")),
}
_WHOLE, _MAYBE = shapes.WHOLE, maybe(shapes.WHOLE)
_LINE: Final[dict[str, shapes.Schema]] = {
    **dict.fromkeys(("records", "accepted", "rejected", "late"), _WHOLE),
    "lateShare": maybe({"type": "number", "minimum": 0}),
    **dict.fromkeys(("medianSeconds", "p95Seconds", "slowestSeconds"), _MAYBE)}
_NAME: Final = maybe(shapes.TEXT)
SCHEMAS: Final = {
    "ComplianceReport": obj(
        since=shapes.DAY, until=shapes.DAY, by={"type": "string", "enum": list(_BY)},
        countedAt=maybe(shapes.MOMENT), standingAt=maybe(shapes.MOMENT),
        rows=many(obj(key=_NAME, **_LINE)), **_LINE,
        codes=many(obj(code=_NAME, meaning=_NAME, records=_WHOLE)),
        proofs=many(obj(source=shapes.SOURCE, missing=shapes.BOOL, elsewhere=shapes.BOOL,
                        proof={"type": "string", "enum": [one.name for one in Proof]},
                        consents=_WHOLE)),
        texts=many(obj(documentVersion=_MAYBE, name=_NAME, version=_MAYBE, language=_NAME,
                       consents=_WHOLE)),
        due=maybe(many(obj(kind={"type": "string", "enum": [one.name for one in Kind]},
                           now=_WHOLE, withinYear=_WHOLE))),
        fines=maybe(obj(year=_WHOLE, known=shapes.BOOL, source=_NAME, rows=many(obj(
            article=shapes.TEXT, acts=_WHOLE, least=_WHOLE, most=_WHOLE))))),
}
_EXAMPLE: Final = {"records": 4_723, "accepted": 4_690, "rejected": 21, "late": 12,
                   "lateShare": 0.002541, "medianSeconds": 120, "p95Seconds": 1_800,
                   "slowestSeconds": 93_411}
EXAMPLES: Final[dict[str, Any]] = {"ComplianceReport": {
    "since": "2026-11-01", "until": "2026-11-30", "by": "channel",
    "countedAt": "2026-11-30T14:02:11+03:00", "standingAt": "2026-11-30T11:40:00+03:00",
    **_EXAMPLE, "rows": [{"key": "MESAJ", **_EXAMPLE}],
    "codes": [{"code": "H174", "meaning": "The refusal is already recorded at İYS.",
               "records": 21}],
    "proofs": [{"source": "HS_WEB", "proof": "SHOWN", "missing": False, "elsewhere": False,
                "consents": 51_204}],
    "texts": [{"documentVersion": 12, "name": "Ticari ileti onayı", "version": 3,
               "language": "tr", "consents": 51_204}],
    "due": [{"kind": "CODE", "now": 14, "withinYear": 14}],
    "fines": {"year": 2026, "known": True,
              "source": "Amounts of 2026 of law 6563 art. 12",
              "rows": [{"article": "8/2, 8/3", "acts": 2, "least": 11_446, "most": 85_860}]}}}
SERVICES: Final = (Declared(Operation(
    "reportCompliance", "get", PATH, "reports", ("Uyum raporu", "The report of compliance"),
    ("Geç kalanlar (R-40), İYS’in reddettikleri, İYS’e ulaşma süresi, geçerli onayların kanıtı ve "
     "metni, imha edilecekler ve ceza tahmini (R-50); en çok 366 gün. Ortanca ve 100’de 95 “en "
     "çok” saniyedir. Geçerli onaylar `standingAt` itibarıyla sayılır, dönemden bağımsızdır. Ceza "
     "tutarları TL’dir ve tahmindir, hukuki görüş değildir.",
     "What was late (R-40), what İYS rejected, how long it took to reach İYS, what proves standing "
     "consents and on which text they rest, what is to be destroyed, and fines, estimated (R-50); "
     "366 days at most. Median and 95 of 100 are “no more than” seconds. Standing consents are as "
     "of `standingAt`, whenever they were taken. Fines are in TL and an estimate, no legal "
     "advice."), 200,
    ("Sayılar.", "The numbers."), "ComplianceReport", query=_ASKED,
    faults=(401, 403, 404, 422, 429, 500, 503)), compliance, "reports:read"),)
