"""The row report: every line of the file with what becomes of it and why, as a file to work with.

Why this module exists: a person mends a list in the spreadsheet it came from, so the report is that
list again, each row with its verdict in front. Nothing of it is kept anywhere: the sealed file is
read once more and laid beside the staged verdicts, both in order of lines, in flat memory. Cells
that a spreadsheet would run as a formula are defused; a phone keeps its plus.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import chain, groupby
from typing import Any, Final, NamedTuple

from ileti.consents.vocabulary import Channel, Status
from ileti.core import db
from ileti.core.clock import to_istanbul
from ileti.core.errors import Gone
from ileti.core.secrets import secrets
from ileti.imports.reading import sources
from ileti.imports.reading.layout import REPORT_HEADS
from ileti.imports.reading.reader import rows_of
from ileti.imports.runs import Run
from ileti.imports.verdicts import REASONS, Fate, Repair

_FATES: Final = {Fate.TAKEN: ("alınacak", "taken"), Fate.WAITS: ("bekliyor", "waits"),
                 Fate.LEFT: ("alınmayacak", "not taken")}
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


def stream(run: Run, language: str = "tr", *, every: bool = True) -> Iterator[bytes]:
    """The report as CSV (UTF-8 with BOM, semicolons, as Turkish spreadsheets expect), in pieces.

    ``every``: all rows, or only those that are not taken, wait or were repaired. Raises Gone when
    the staged rows are there no more.
    """
    if run.stage is None:
        raise _gone()
    exists = db.connection().execute("select to_regclass(%s) is not null",
                                     [f"import_stage_{run.stage}"]).fetchone()
    if not (exists and exists[0]):
        raise _gone()
    return _pieces(run, language, every)


def _pieces(run: Run, language: str, every: bool) -> Iterator[bytes]:
    head, _ = sources.heading_and_sample(run.file.read(), run.layout, 1)
    yield "\ufeff".encode() + _line([*REPORT_HEADS[language], *(head or ())])
    blocks = sources.blocks(run.file.read(), run.layout)
    rows = chain.from_iterable(rows_of(block, run.layout.delimiter) for block in blocks)
    held, count = [], 0
    with db.connect() as conn:  # a connection of its own: a download may take minutes
        for line, verdicts in groupby(_verdicts(conn, run), key=lambda one: one.line):
            cells: Sequence[str] = ()
            for number, found in rows:
                if number == line:
                    cells = found or ()
                    break
            for verdict in verdicts:
                if every or verdict.reason or verdict.repairs:
                    held.append(_line([*_judged(verdict, language), *cells]))
                    count += 1
            if len(held) >= _TOGETHER:
                yield b"".join(held)
                held.clear()
    yield b"".join(held)


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
        ". ".join(part for part in (reason.say(language), reason.advise(language)) if part)
        if one.reason else "",
        Channel(one.channel).label("en" if english else "tr") if one.channel else "",
        Status(one.status).label("en" if english else "tr") if one.status else "",
        ", ".join(_repaired(one)),
    ]


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

