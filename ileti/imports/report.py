"""The row report: every line of the file with what becomes of it and why, as a file to work with.

Why this module exists: a person mends a list in the spreadsheet it came from, so the report is that
list again, each row with its verdict in front. Nothing of it is kept anywhere: the sealed file is
read once more and laid beside the staged verdicts, both in order of lines, in flat memory, and
comes as CSV, as a workbook (:mod:`ileti.imports.sheets`) or, for programs, as NDJSON. In a CSV,
cells that a spreadsheet would run as a formula are defused; a phone keeps its plus.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import chain, groupby
from typing import Any, Final, NamedTuple

import msgspec

from ileti.consents.vocabulary import Channel, Status
from ileti.core import db
from ileti.core.clock import to_istanbul
from ileti.core.errors import Gone
from ileti.core.secrets import secrets
from ileti.imports import sheets
from ileti.imports.reading import sources
from ileti.imports.reading.layout import REPORT_HEADS
from ileti.imports.reading.reader import rows_of
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
_FATES: Final = {Fate.TAKEN: ("alınacak", "taken"), Fate.WAITS: ("bekliyor", "waits"),
                 Fate.LEFT: ("alınmayacak", "not taken")}
VERDICTS: Final = {Fate.TAKEN: "taken", Fate.WAITS: "waits", Fate.LEFT: "left"}
_PHONE: Final = re.compile(r"\+[0-9 ()./-]*", re.ASCII)
_NUMBER: Final = re.compile(r"-?[0-9]+([.,][0-9]+)?", re.ASCII)
_ROWS: Final = """select line, part, reason, repairs, channel, status, consent_date,
       case when repairs & 3 > 0 then addr_hash end, key_no,
       case when repairs & 3 > 0 then addr_ct end
  from import_stage_{} order by line, part"""
_TOGETHER: Final = 2_000


class _Verdict(NamedTuple):
    line: int
    part: int
    reason: int
    repairs: int
    channel: int
    status: int
    date: Any
    digest: bytes | None
    key_no: int
    cipher: bytes | None


def stream(run: Run, language: str = "tr", *, every: bool = True,
           form: Form = Form.CSV) -> Iterator[bytes]:
    """The report in pieces: CSV (UTF-8 with BOM, semicolons, as Turkish spreadsheets expect), a
    workbook, or NDJSON.

    ``every``: all rows, or only those that are not taken, wait or were repaired. Raises Gone when
    the staged rows are there no more.
    """
    if run.stage is None:
        raise _gone()
    exists = db.connection().execute("select to_regclass(%s) is not null",
                                     [f"import_stage_{run.stage}"]).fetchone()
    if not (exists and exists[0]):
        raise _gone()
    return _WRITERS[form](run, language, every)


def _csv(run: Run, language: str, every: bool) -> Iterator[bytes]:
    yield "\ufeff".encode() + _line([*REPORT_HEADS[language], *_heading(run)])
    held: list[bytes] = []
    for verdict, cells in _rows(run, every):
        held.append(_line([*_judged(verdict, language), *cells]))
        if len(held) >= _TOGETHER:
            yield b"".join(held)
            held.clear()
    yield b"".join(held)


def _xlsx(run: Run, language: str, every: bool) -> Iterator[bytes]:
    rows: Iterator[list[sheets.Cell]] = (
        [verdict.line, *_judged(verdict, language)[1:], *cells]
        for verdict, cells in _rows(run, every))
    return sheets.workbook([*REPORT_HEADS[language], *_heading(run)], rows,
                           name="Reasons" if language == "en" else "Nedenler")


def _ndjson(run: Run, language: str, every: bool) -> Iterator[bytes]:
    """Words of the API instead of people's; the row by its headings where they can be keys."""
    heading = _heading(run)
    named = bool(heading) and all(heading) and len(set(heading)) == len(heading)
    held: list[bytes] = []
    for one, cells in _rows(run, every):
        reason = REASONS[one.reason]
        row = dict(zip(heading, cells, strict=False)) if named and len(cells) <= len(
            heading) else list(cells)
        held.append(msgspec.json.encode({
            "line": one.line, "verdict": VERDICTS[reason.fate], "reason": reason.code,
            "rule": reason.rule, "explanation": _explained(one, language),
            "channel": Channel(one.channel).name if one.channel else None,
            "status": Status(one.status).name if one.status else None,
            "repaired": list(_repaired(one)), "row": row}))
        if len(held) >= _TOGETHER:
            yield b"\n".join(held) + b"\n"
            held.clear()
    yield b"".join(one + b"\n" for one in held)


_WRITERS: Final = {Form.CSV: _csv, Form.XLSX: _xlsx, Form.NDJSON: _ndjson}


def _heading(run: Run) -> list[str]:
    head, _ = sources.heading_and_sample(run.file.read(), run.layout, 1)
    return list(head or ())


def _rows(run: Run, every: bool) -> Iterator[tuple[_Verdict, Sequence[str]]]:
    """Every consent with its verdict and the cells of its row."""
    blocks = sources.blocks(run.file.read(), run.layout)
    rows = chain.from_iterable(rows_of(block, run.layout.delimiter) for block in blocks)
    with db.connect() as conn:  # a connection of its own: a download may take minutes
        for line, verdicts in groupby(_verdicts(conn, run), key=lambda one: one.line):
            cells: Sequence[str] = ()
            for number, found in rows:
                if number == line:
                    cells = found or ()
                    break
            for verdict in verdicts:
                if every or verdict.reason or verdict.repairs:
                    yield verdict, cells


def _verdicts(conn: Any, run: Run) -> Iterator[_Verdict]:
    with conn.transaction():
        conn.execute("set local statement_timeout = 0")
        conn.execute("set local idle_in_transaction_session_timeout = '10min'")
        with conn.cursor(name="report", binary=True) as cursor:
            cursor.itersize = _TOGETHER
            cursor.execute(_ROWS.format(int(run.stage or 0)))
            for row in cursor:
                yield _Verdict(*row)


def _judged(one: _Verdict, language: str) -> list[str]:
    """The columns in front of the row's own."""
    reason, english = REASONS[one.reason], language == "en"
    return [
        str(one.line), _FATES[reason.fate][english], reason.code, reason.rule,
        _explained(one, language),
        Channel(one.channel).label("en" if english else "tr") if one.channel else "",
        Status(one.status).label("en" if english else "tr") if one.status else "",
        ", ".join(_repaired(one)),
    ]


def _explained(one: _Verdict, language: str) -> str:
    reason = REASONS[one.reason]
    said = (reason.say(language), reason.advise(language)) if one.reason else ()
    return ". ".join(part for part in said if part)


def _repaired(one: _Verdict) -> Iterator[str]:
    if one.cipher and one.digest:
        yield secrets().keyring.decrypt(one.key_no, one.cipher, one.digest).decode()
    if one.repairs & Repair.DATE:
        yield f"{to_istanbul(one.date):%Y-%m-%d %H:%M:%S}"


def _line(cells: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerow([defused(c) for c in cells])
    return text.getvalue().encode("utf-8", "replace")


def defused(cell: str) -> str:
    """A cell no spreadsheet runs: what could start a formula gets an apostrophe in front; phones
    and numbers stay as they are."""
    if cell[:1] not in ("=", "+", "-", "@", "\t", "\r", "|", "%"):
        return cell
    if _PHONE.fullmatch(cell) or _NUMBER.fullmatch(cell):
        return cell
    return "'" + cell


def _gone() -> Gone:
    return Gone("Satır raporu artık yok. Dosyayı yeniden deneyin.",
                "The row report is no longer there. Make the dry run again.", code="report_gone")

