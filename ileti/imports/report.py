"""The row report: every line of the file with what becomes of it and why, as a file to work with.

Why this module exists: a person mends a list in the spreadsheet it came from, so the report is that
list again, each row with its verdict in front. Nothing of it is kept anywhere: the sealed file is
read once more and laid beside the staged verdicts, both in order of lines, in flat memory, and
comes as CSV, as a workbook (:mod:`ileti.imports.sheets`) or, for programs, as NDJSON. In a CSV,
cells that a spreadsheet would run as a formula are defused; a phone keeps its plus.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import chain, groupby
from typing import Final

import msgspec

from ileti.consents.vocabulary import Channel, Status
from ileti.core import csvfile
from ileti.core.clock import to_istanbul
from ileti.core.secrets import secrets
from ileti.imports import sheets
from ileti.imports.mapping import Role
from ileti.imports.reading import sources
from ileti.imports.reading.layout import REPORT_HEADS
from ileti.imports.reading.reader import rows_of
from ileti.imports.rest import TOGETHER, Verdict, verdicts
from ileti.imports.runs import Run
from ileti.imports.verdicts import REASONS, Fate, Repair


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
Rows = Iterator[tuple[Verdict, str, Sequence[str]]]
_FATES: Final = {Fate.TAKEN: ("alınacak", "taken"), Fate.WAITS: ("bekliyor", "waits"),
                 Fate.LEFT: ("alınmayacak", "not taken")}
VERDICTS: Final = {Fate.TAKEN: "taken", Fate.WAITS: "waits", Fate.LEFT: "left"}


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
            "repaired": list(_repaired(one)), "row": row}))
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
    named = run.mapping.columns.get(Role.PROOF, -1)
    for line, found in groupby(told, key=lambda one: one.line):
        cells: Sequence[str] = ()
        for number, given in rows:
            if number == line:
                cells = given or ()
                break
        proof = cells[named] if 0 <= named < len(cells) else ""
        for verdict in found:
            if every or verdict.reason or verdict.repairs:
                yield verdict, proof, cells


def _judged(one: Verdict, language: str, proof: str) -> list[str]:
    """The columns in front of the row's own; ``proof`` is the file it names."""
    reason, english = REASONS[one.reason], language == "en"
    return [
        str(one.line), _FATES[reason.fate][english], reason.code, reason.rule,
        _explained(one, language, proof),
        Channel(one.channel).label("en" if english else "tr") if one.channel else "",
        Status(one.status).label("en" if english else "tr") if one.status else "",
        ", ".join(_repaired(one)),
    ]


def _explained(one: Verdict, language: str, proof: str) -> str:
    reason = REASONS[one.reason]
    if not one.reason:
        return ""
    named = f": {proof.strip()}" if reason.code == "KANIT_EKSIK" else ""
    said = (reason.say(language) + named, reason.advise(language))
    return ". ".join(part for part in said if part)


def _repaired(one: Verdict) -> Iterator[str]:
    if one.cipher and one.digest:
        yield secrets().keyring.decrypt(one.key_no, one.cipher, one.digest).decode()
    if one.repairs & Repair.DATE:
        yield f"{to_istanbul(one.date):%Y-%m-%d %H:%M:%S}"


def _line(cells: Sequence[str]) -> bytes:
    return csvfile.line(cells).encode("utf-8", "replace")
