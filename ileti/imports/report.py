"""The row report: every line of the file with what becomes of it and why, as a file to work with.

Why this module exists: a person mends a list in the spreadsheet it came from, so the report is that
list again, each row with its verdict in front. Nothing of it is kept anywhere: the sealed file is
read once more and laid beside the staged verdicts, both in order of lines, in flat memory, and
comes as CSV, as a workbook (:mod:`ileti.core.sheets`) or, for programs, as NDJSON. In a CSV,
cells that a spreadsheet would run as a formula are defused; a phone keeps its plus.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import chain, groupby
from typing import Any, Final, NamedTuple

import msgspec

from ileti.consents.vocabulary import Channel, RecipientType, Source, Status
from ileti.core import csvfile, db, sheets
from ileti.core.clock import to_istanbul
from ileti.core.secrets import secrets
from ileti.imports import ownfields
from ileti.imports.mapping import Role
from ileti.imports.reading import sources
from ileti.imports.reading.layout import REPORT_HEADS
from ileti.imports.reading.reader import rows_of
from ileti.imports.rest import TOGETHER, Verdict, verdicts
from ileti.imports.runs import Run
from ileti.imports.terms import SEEN_ABSENT, SEEN_THERE
from ileti.imports.verdicts import REASONS, Fate, Repair


class Named(NamedTuple):
    """What of a row's own its verdict tells: the file it names, and what is wrong with its custom
    fields, in Turkish and English."""

    proof: str
    fields: tuple[str, str]


class Form(StrEnum):
    """As what the report comes; also the end of its file's name."""

    CSV = "csv"
    XLSX = "xlsx"
    NDJSON = "ndjson"

    @property
    def media_type(self) -> str:
        """For ``Content-Type``."""
        return _MEDIA[self]


_MEDIA: Final = {
    Form.CSV: "text/csv",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Form.NDJSON: "application/x-ndjson"}
#: a verdict, the file the row names, the row's cells
#: (of a row whose custom fields are at fault, what is wrong with them, in both languages)
Rows = Iterator[tuple[Verdict, Named, Sequence[str]]]
_NOTHING: Final[tuple[str, str]] = ("", "")
_FATES: Final = {Fate.TAKEN: ("alınacak", "taken"), Fate.WAITS: ("bekliyor", "waits"),
                 Fate.LEFT: ("alınmayacak", "not taken")}
VERDICTS: Final = {Fate.TAKEN: "taken", Fate.WAITS: "waits", Fate.LEFT: "left"}


_WORDS: Final = {"channel": Channel, "status": Status, "source": Source,
                 "recipient_type": RecipientType}
_NAMES: Final = {"recipient_type": "recipientType"}


def totals(counts: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """What would be taken, by İYS's words, and by dealer: retailer codes, "" for none."""
    return {_NAMES.get(name, name): {words(int(value)).name: n
                                     for value, n in counts.get(name, {}).items()
                                     if value.isdigit()}
            for name, words in _WORDS.items()} | {"dealer": _dealers(counts.get("dealer", {}))}


def _dealers(counts: Mapping[str, int]) -> dict[str, int]:
    codes = dict(db.connection().execute(
        "select id, coalesce(retailer_code::text, '') from dealer where id = any(%s)",
        [[int(one) for one in counts if one.isdigit()]]).fetchall())
    found: Counter[str] = Counter()
    for one, n in counts.items():
        found[codes.get(int(one), "") if one.isdigit() else ""] += n
    return dict(found)


def stream(run: Run, language: str = "tr", *, every: bool = True,
           form: Form = Form.CSV) -> Iterator[bytes]:
    """The report in pieces: CSV (UTF-8 with BOM, semicolons, as Turkish spreadsheets expect), a
    workbook, or NDJSON.

    ``every``: all rows, or only those that are not taken, wait or were repaired. Some time after
    applying the rows that were not taken are left, later nothing: Gone (:mod:`ileti.imports.rest`).
    """
    told = verdicts(run)
    return _WRITERS[form](run, language, _rows(run, told, every))


def _csv(run: Run, language: str, rows: Rows) -> Iterator[bytes]:
    yield csvfile.MARK.encode() + _line([*REPORT_HEADS[language], *_heading(run)])
    held: list[bytes] = []
    for verdict, proof, cells in rows:
        held.append(_line([*_judged(verdict, language, proof), *cells]))
        if len(held) >= TOGETHER:
            yield b"".join(held)
            held.clear()
    yield b"".join(held)


def _xlsx(run: Run, language: str, rows: Rows) -> Iterator[bytes]:
    lines: Iterator[list[sheets.Cell]] = (
        [verdict.line, *_judged(verdict, language, proof)[1:], *cells]
        for verdict, proof, cells in rows)
    return sheets.workbook([*REPORT_HEADS[language], *_heading(run)], lines,
                           name="Reasons" if language == "en" else "Nedenler")


def _ndjson(run: Run, language: str, rows: Rows) -> Iterator[bytes]:
    """Words of the API instead of people's; the row by its headings where they can be keys."""
    heading = _heading(run)
    named = bool(heading) and all(heading) and len(set(heading)) == len(heading)
    held: list[bytes] = []
    for one, proof, cells in rows:
        reason = REASONS[one.reason]
        row = dict(zip(heading, cells, strict=False)) if named and len(cells) <= len(
            heading) else list(cells)
        held.append(msgspec.json.encode({
            "line": one.line, "verdict": VERDICTS[reason.fate], "reason": reason.code,
            "rule": reason.rule, "explanation": _explained(one, language, proof),
            "channel": Channel(one.channel).name if one.channel else None,
            "status": Status(one.status).name if one.status else None,
            "repaired": list(_repaired(one)), "atIys": _seen(one), "row": row}))
        if len(held) >= TOGETHER:
            yield b"\n".join(held) + b"\n"
            held.clear()
    yield b"".join(one + b"\n" for one in held)


_WRITERS: Final = {Form.CSV: _csv, Form.XLSX: _xlsx, Form.NDJSON: _ndjson}


def _heading(run: Run) -> list[str]:
    head, _ = sources.heading_and_sample(run.file.read(), run.layout, 1)
    return list(head or ())


def _rows(run: Run, told: Iterator[Verdict], every: bool) -> Rows:
    """Every consent with its verdict, the file its row names, and the row's cells."""
    blocks = sources.blocks(run.file.read(), run.layout)
    rows = chain.from_iterable(rows_of(block, run.layout.delimiter) for block in blocks)
    named, own = run.mapping.columns.get(Role.PROOF, -1), ownfields.asked(run)
    for line, found in groupby(told, key=lambda one: one.line):
        cells: Sequence[str] = ()
        for number, given in rows:
            if number == line:
                cells = given or ()
                break
        tells = Named(cells[named] if 0 <= named < len(cells) else "", _NOTHING)
        if own:
            tr, en = (" ".join(ownfields.sentences(own, cells, one)) for one in ("tr", "en"))
            tells = Named(tells.proof, (tr, en))
        for verdict in found:
            if every or verdict.reason or verdict.repairs or tells.fields[0]:
                yield verdict, tells, cells


def _judged(one: Verdict, language: str, tells: Named) -> list[str]:
    """The columns in front of the row's own."""
    reason, english = REASONS[one.reason], language == "en"
    return [
        str(one.line), _FATES[reason.fate][english], reason.code, reason.rule,
        _explained(one, language, tells),
        Channel(one.channel).label("en" if english else "tr") if one.channel else "",
        Status(one.status).label("en" if english else "tr") if one.status else "",
        ", ".join(_repaired(one)),
    ]


def _explained(one: Verdict, language: str, tells: Named) -> str:
    reason, own = REASONS[one.reason], tells.fields[language == "en"]
    own = f"{own} {_at_iys(one, language)}".strip()
    if not one.reason:
        return own
    named = f": {tells.proof.strip()}" if reason.code == "KANIT_EKSIK" else ""
    said = (reason.say(language) + named, reason.advise(language))
    return f"{'. '.join(part for part in said if part)} {own}".strip()


def _seen(one: Verdict) -> str | None:
    """``ONAY``, ``absent``, or None where İYS was not asked."""
    return "ONAY" if one.flags & SEEN_THERE else "absent" if one.flags & SEEN_ABSENT else None


def _at_iys(one: Verdict, language: str) -> str:
    """What İYS said of the address, where it was asked; what that means for this row."""
    if not one.flags & (SEEN_THERE | SEEN_ABSENT):
        return ""
    there, refusal = bool(one.flags & SEEN_THERE), one.status == Status.RET
    words = (("İYS holds ONAY.", "İYS holds ONAY; it becomes RET.") if there else
             ("İYS holds no ONAY: refused there, or not known.",
              "İYS holds no ONAY either.")) if language == "en" else (
        ("İYS’de onaylı.", "İYS’de onaylı; ret olacak.") if there else
        ("İYS’de onaylı değil: orada ret ya da kayıtsız.", "İYS’de de onaylı değil."))
    return words[refusal]


def _repaired(one: Verdict) -> Iterator[str]:
    if one.cipher and one.digest:
        yield secrets().keyring.decrypt(one.key_no, one.cipher, one.digest).decode()
    if one.repairs & Repair.DATE:
        yield f"{to_istanbul(one.date):%Y-%m-%d %H:%M:%S}"


def _line(cells: Sequence[str]) -> bytes:
    return csvfile.line(cells).encode("utf-8", "replace")
