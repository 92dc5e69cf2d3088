"""What a file is, told by what stands in it: format, encoding, separator, heading, whose form.

Why this module exists: customer lists come as whatever a program wrote, under any name. The first
kilobytes tell nearly always; where they do not, a person corrects the :class:`Layout`, which is all
that reading hangs on. A file that is no list at all is refused here, with what to do instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from ileti.core.errors import CallerMistake
from ileti.imports.facts import is_date, is_email, is_phone
from ileti.imports.mapping import role_of
from ileti.imports.reading.reader import DELIMITERS, Layout, Row, csv_start
from ileti.imports.words import CHANNELS, RECIPIENT_TYPES, SOURCES, STATUSES, fold

HEAD_BYTES: Final = 1 << 16
SAMPLE_ROWS: Final = 40
_MOST_TITLE_ROWS: Final = 20

#: Forms we know, with their columns. A file without heading is read as if it had this one.
KINDS: Final[dict[str, tuple[str, ...]]] = {
    "iys_panel": ("IZIN TURU", "ALICI", "ONAY(1)-RET(0)", "IZIN KAYNAGI", "IZIN TARIHI",
                  "IZNIN ALINDIGI BAYI KODU"),
    "iys_client": ("type", "source", "recipient", "status", "consentDate", "recipientType"),
    "iys_day": ("creationDate", "transactionId", "recipient", "recipientType", "type", "status",
                "consentDate", "source"),
}
#: Our own row report (:mod:`ileti.imports.report`), kind "report": these, then the list's columns.
REPORT_HEADS: Final[dict[str, tuple[str, ...]]] = {
    "tr": ("satır", "karar", "neden", "kural", "açıklama", "kanal", "seçim", "onarılan"),
    "en": ("line", "verdict", "reason", "rule", "explanation", "channel", "choice", "repaired"),
}
REPORT_COLUMNS: Final = 8
_HEADLESS: Final = {
    "iys_client": r"(ARAMA|MESAJ|EPOSTA),(HS_\w+|),[^,]+,(ONAY|RET),[-\d :.]*,(BIREYSEL|TACIR)",
    "iys_day": r"[-\d :]+,[\w-]{1,64},[^,]+,(BIREYSEL|TACIR),(ARAMA|MESAJ|EPOSTA),(ONAY|RET),"
               r"[-\d :]*,\w*",
}
_WORDS: Final = (CHANNELS, SOURCES, RECIPIENT_TYPES, STATUSES)
_NUMBER: Final = re.compile(r"[+-]?\d+([.,]\d+)*([eE][+-]?\d+)?", re.ASCII)
_NO_TEXT: Final = re.compile("[\x00-\x08\x0e-\x19\x1b-\x1f\x7f]")

_OTHERS: Final[tuple[tuple[bytes, str, str], ...]] = (
    (b"%PDF", "PDF", "PDF"), (b"\x1f\x8b", "gzip", "gzip"), (b"7z\xbc\xaf", "7z", "7z"),
    (b"Rar!", "RAR", "RAR"), (b"\x89PNG", "resim", "picture"),
    (b"\xff\xd8\xff", "resim", "picture"), (b"SQLite format 3", "SQLite", "SQLite"),
    (b"{\\rtf", "RTF", "RTF"), (b"PAR1", "Parquet", "Parquet"),
)


def detect(name: str, head: bytes) -> Layout:
    """How the file that begins with ``head`` (64 KB are enough) is to be read; a workbook's sheet
    and heading are left to :func:`ileti.imports.reading.sources.examine`. ``name`` decides nothing
    that the content tells. Raises CallerMistake for an empty file and for what is no list."""
    if not head.strip(b"\0 \t\r\n"):
        raise CallerMistake("Dosya boş.", "The file is empty.", code="empty_file")
    if head.startswith(b"PK\x03\x04"):
        return _zipped(head)
    if head.startswith((b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x09\x08\x10\x00", b"\x09\x08\x08")):
        return Layout(format="xls")
    for mark, tr, en in _OTHERS:
        if head.startswith(mark):
            raise _no_list(tr, en)
    encoding = _encoding(head)
    text = _text(head, encoding)
    if len(_NO_TEXT.findall(text)) > len(text) / 100:
        raise _no_list("metin değil", "no text")
    start = text.lstrip()[:15].lower()
    if start.startswith(("<html", "<!doctype", "<table", "<?xml", "<meta", "<style")):
        raise _no_list("web sayfası", "web page")
    if start.startswith("["):
        raise CallerMistake("JSON dosyasında her satıra bir nesne yazın (NDJSON).",
                            "Write one JSON object per line (NDJSON).", code="no_list")
    if start.startswith("{") and (_is_ndjson(text) or name.lower().endswith((".ndjson", ".jsonl"))):
        return Layout(format="ndjson", encoding=encoding)
    return _csv(head, Layout(encoding=encoding), text)


def shape(rows: Sequence[Row], layout: Layout) -> Layout:
    """The layout with what the first rows tell: lines above the heading, whether there is a
    heading, whose form it is."""
    filled = [(line, cells) for line, cells in rows if cells is not None and any(cells)]
    for line, cells in filled[:_MOST_TITLE_ROWS]:
        if _is_fact_row(cells):
            break
        kind = _kind_of(cells)
        if kind or sum(role_of(cell) is not None for cell in cells if cell) >= 2:
            return replace(layout, header=True, skip=line - 1, kind=kind)
    if not filled:
        return replace(layout, header=True, skip=0)
    first, cells = filled[0]
    header = _is_heading(cells)
    kind = "" if header else _headless_kind([row for _, row in filled[:5]])
    return replace(layout, header=header, skip=first - 1, kind=kind)


def heading_without(layout: Layout) -> list[str] | None:
    """The columns' names of a form that comes without a heading; None when we do not know it."""
    known = None if layout.header else KINDS.get(layout.kind)
    return None if known is None else list(known)


# -- format ----------------------------------------------------------------------------------------

def _zipped(head: bytes) -> Layout:
    if b"opendocument" in head:
        raise _no_list("OpenDocument", "OpenDocument")
    if b"word/" in head or b"ppt/" in head:
        raise _no_list("Word", "Word")
    if any(mark in head for mark in (b"xl/", b"[Content_Types].xml", b"_rels/", b"docProps/")):
        return Layout(format="xlsx")
    raise _no_list("zip", "zip")


def _no_list(tr: str, en: str) -> CallerMistake:
    return CallerMistake(
        f"Bu dosya bir liste değil ({tr}). CSV, XLSX, XLS ya da NDJSON olarak kaydedip verin.",
        f"This file is no list ({en}). Save it as CSV, XLSX, XLS or NDJSON.", code="no_list")


def _encoding(head: bytes) -> str:
    if head.startswith(b"\xff\xfe"):
        return "utf-16-le"
    if head.startswith(b"\xfe\xff"):
        return "utf-16-be"
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd > half * 0.4 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.4 and odd < half * 0.05:
        return "utf-16-be"
    try:
        head.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError as error:
        if error.start >= len(head) - 3 and error.reason == "unexpected end of data":
            return "utf-8"
    # DOS programs' Turkish letters are bytes that Windows-1254 does not have
    dos = sum(head.count(byte) for byte in b"\x81\x8d\x8e\x8f\x90\x9d\x9e")
    return "cp857" if dos > sum(byte > 0x7f for byte in head) * 0.2 else "windows-1254"


def _text(head: bytes, encoding: str) -> str:
    text = head.decode(encoding, "replace").lstrip("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _is_ndjson(text: str) -> bool:
    lines = [line for line in text.split("\n")[:SAMPLE_ROWS] if line.strip()]
    if len(lines) > 1 and len(text) >= HEAD_BYTES // 2:
        lines.pop()  # may be cut off
    objects = 0
    for line in lines:
        try:
            objects += isinstance(msgspec.json.decode(line), dict)
        except (msgspec.DecodeError, UnicodeError):
            continue
    return objects * 2 >= len(lines)


# -- CSV -------------------------------------------------------------------------------------------

def _csv(head: bytes, layout: Layout, text: str) -> Layout:
    candidates: Sequence[str] = DELIMITERS
    if match := re.match(r"sep=(.)\n", text, re.IGNORECASE):  # Excel's own hint
        layout, candidates = replace(layout, skip=1), (match[1],)
    best, best_score, found = candidates[0], (-1.0, 0.0), list[Row]()
    for delimiter in candidates:
        rows = csv_start([head], replace(layout, delimiter=delimiter), SAMPLE_ROWS + 1)
        if len(head) >= HEAD_BYTES and 1 < len(rows) <= SAMPLE_ROWS:
            rows.pop()  # may be cut off
        score = _score([cells for _, cells in rows if cells is not None])
        if score > best_score:
            best, best_score, found = delimiter, score, rows
    return shape(found, replace(layout, delimiter=best))


def _score(rows: Sequence[Sequence[str]]) -> tuple[float, float]:
    """How well rows stand in columns: cells we recognise per row, then rows of one width."""
    if not rows:
        return (0.0, 0.0)
    widths = [len(cells) for cells in rows]
    usual = max(set(widths), key=lambda width: (widths.count(width), width))
    share = widths.count(usual) / len(rows)
    known = sum(_is_known(cell) for cells in rows for cell in cells)
    return known / len(rows), share * usual if usual > 1 else 0.0


def _is_known(cell: str) -> bool:
    cell = cell.strip()
    return bool(cell) and (
        _is_fact(cell) or role_of(cell) is not None or any(fold(cell) in words for words in _WORDS))


def _is_fact(cell: str) -> bool:
    cell = cell.strip()
    return is_phone(cell) or is_email(cell) or is_date(cell)


# -- heading ---------------------------------------------------------------------------------------

def _is_fact_row(cells: Iterable[str]) -> bool:
    """It holds an address or a date, so it names no columns."""
    return any(_is_fact(cell) for cell in cells if cell)


def _is_heading(cells: Sequence[str]) -> bool:
    if _is_fact_row(cells):
        return False
    return any(role_of(cell) for cell in cells if cell) or not any(
        _NUMBER.fullmatch(cell.strip()) for cell in cells if cell)


def _kind_of(heading: Sequence[str]) -> str:
    names = [fold(cell) for cell in heading]
    while names and not names[-1]:
        names.pop()
    if any(names[:REPORT_COLUMNS] == [fold(head) for head in heads]
           for heads in REPORT_HEADS.values()):
        return "report"
    for kind, columns in KINDS.items():
        known = [fold(column) for column in columns]
        if names == known or (kind == "iys_panel" and names == known[:-1]):
            return kind
    return ""


def _headless_kind(rows: Sequence[Sequence[str]]) -> str:
    for kind, pattern in _HEADLESS.items():
        if all(re.fullmatch(pattern, ",".join(cell.strip() for cell in cells).rstrip(","))
               for cells in rows):
            return kind
    return ""
