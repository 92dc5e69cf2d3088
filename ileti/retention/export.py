"""The destruction log as files: a table for a spreadsheet, pages for a file.

Why this module exists: R-64's log is asked for by inspectors and by the data controller's own
committee, who have no account here. Both forms name numbers of rows and rules, no person; the table
carries digests and signatures, so that a line can be checked without us.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Any, Final

from ileti.core import clock, csvfile
from ileti.core.secrets import secrets
from ileti.evidence.leaf import iso_utc
from ileti.evidence.paper import typeset
from ileti.retention.log import Line
from ileti.retention.periods import BY_KIND, Kind

_HEADS: Final = {
    "tr": ("Satır", "Tarih (UTC)", "Çalışma", "Sağlayıcı no", "Ne imha edildi", "Sayı", "Kural",
           "Dayanak", "Başvuru", "Kayıt numaralarının özeti (SHA-256)",
           "Önceki satırın özeti", "Satırın özeti", "İmza anahtarı", "İmza (Ed25519)"),
    "en": ("Line", "Date (UTC)", "Run", "Provider no.", "What was destroyed", "Count", "Rule",
           "Law", "Case", "Hash over row numbers (SHA-256)", "Hash of the line before",
           "Hash of the line", "Signing key", "Signature (Ed25519)"),
}
_RUN: Final = {"tr": "Çalışmanın sonu", "en": "End of the run"}
_TEMPLATE: Final = Path(__file__).parent / "log.typ"


def what(line: Line, language: str) -> tuple[str, str]:
    """What a line tells of, and the law it rests on."""
    if line.kind == Kind.RUN:
        return _RUN[language], "İmha Yönetmeliği m. 11" if language == "tr" else (
            "Destruction regulation art. 11")
    one = BY_KIND[Kind(line.kind)]
    return (one.tr, one.law_tr) if language == "tr" else (one.en, one.law_en)


def as_csv(lines: Iterable[Line], language: str) -> bytes:
    """The log as a table: semicolons and a mark of UTF-8, as spreadsheets in Turkey open it."""
    out = StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(_HEADS[language])
    for line in lines:
        kind, law = what(line, language)
        writer.writerow((
            line.id, iso_utc(line.at), line.run_id or "", line.provider_id or "", kind,
            _count(line), line.rule, law, _safe(line.case_number or ""), line.ids_hash.hex(),
            line.previous.hex() if line.previous else "", line.leaf.hex(), line.key_id,
            line.signature))
    return ("\ufeff" + out.getvalue()).encode()


def _count(line: Line) -> str:
    return "" if line.kind == Kind.RUN else str(line.count)


def _safe(cell: str) -> str:
    """A cell no spreadsheet takes for a formula."""
    return csvfile.defused(cell)


def as_pdf(lines: Iterable[Line], title: str, language: str) -> bytes:
    """The log as archivable pages; raises NotSet."""
    now = clock.now()
    signer = secrets().receipts
    return typeset(_TEMPLATE, {
        "title": title, "language": language,
        "made": f"{clock.to_istanbul(now):%d.%m.%Y %H:%M}",
        "key": f"{signer.key_id} · {signer.public}",
        "lines": [_row(line, language) for line in lines]}, now)


def _row(line: Line, language: str) -> dict[str, Any]:
    kind, law = what(line, language)
    return {"number": str(line.id), "at": f"{clock.to_istanbul(line.at):%d.%m.%Y %H:%M}",
            "what": kind, "count": _count(line), "law": law, "rule": line.rule,
            "case": line.case_number or "", "leaf": line.leaf.hex()}
