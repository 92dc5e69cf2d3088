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
from typing import Final

from ileti.consents.vocabulary import Channel, Status
from ileti.core.clock import to_istanbul
from ileti.core.secrets import secrets
from ileti.imports.mapping import Role
from ileti.imports.reading import sources
from ileti.imports.reading.layout import REPORT_HEADS
from ileti.imports.reading.reader import rows_of
from ileti.imports.rest import TOGETHER, Verdict, verdicts
from ileti.imports.runs import Run
from ileti.imports.verdicts import REASONS, Fate, Reason, Repair

_FATES: Final = {Fate.TAKEN: ("alınacak", "taken"), Fate.WAITS: ("bekliyor", "waits"),
                 Fate.LEFT: ("alınmayacak", "not taken")}
_PHONE: Final = re.compile(r"\+[0-9 ()./-]*", re.ASCII)
_NUMBER: Final = re.compile(r"-?[0-9]+([.,][0-9]+)?", re.ASCII)


def stream(run: Run, language: str = "tr", *, every: bool = True) -> Iterator[bytes]:
    """The report as CSV (UTF-8 with BOM, semicolons, as Turkish spreadsheets expect), in pieces.

    ``every``: all rows, or only those that are not taken, wait or were repaired. Some time after
    applying the rows that were not taken are left, later nothing: Gone (:mod:`ileti.imports.rest`).
    """
    return _pieces(run, language, every, verdicts(run))


def _pieces(run: Run, language: str, every: bool, told: Iterator[Verdict]) -> Iterator[bytes]:
    head, _ = sources.heading_and_sample(run.file.read(), run.layout, 1)
    yield "\ufeff".encode() + _line([*REPORT_HEADS[language], *(head or ())])
    blocks = sources.blocks(run.file.read(), run.layout)
    rows = chain.from_iterable(rows_of(block, run.layout.delimiter) for block in blocks)
    named = run.mapping.columns.get(Role.PROOF, -1)
    held: list[bytes] = []
    for line, found in groupby(told, key=lambda one: one.line):
        cells: Sequence[str] = ()
        for number, given in rows:
            if number == line:
                cells = given or ()
                break
        proof = cells[named] if 0 <= named < len(cells) else ""
        held += [_line([*_judged(verdict, language, proof), *cells]) for verdict in found
                 if every or verdict.reason or verdict.repairs]
        if len(held) >= TOGETHER:
            yield b"".join(held)
            held.clear()
    yield b"".join(held)


def _judged(one: Verdict, language: str, proof: str) -> list[str]:
    """The columns in front of the row's own; ``proof`` is the file it names."""
    reason, english = REASONS[one.reason], language == "en"
    return [
        str(one.line), _FATES[reason.fate][english], reason.code, reason.rule,
        ". ".join(part for part in _said(reason, language, proof) if part) if one.reason else "",
        Channel(one.channel).label("en" if english else "tr") if one.channel else "",
        Status(one.status).label("en" if english else "tr") if one.status else "",
        ", ".join(_repaired(one)),
    ]


def _said(reason: Reason, language: str, proof: str) -> tuple[str, str]:
    named = f": {proof.strip()}" if reason.code == "KANIT_EKSIK" else ""
    return reason.say(language) + named, reason.advise(language)


def _repaired(one: Verdict) -> Iterator[str]:
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
