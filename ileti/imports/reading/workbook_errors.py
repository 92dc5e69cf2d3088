"""What can be wrong with a workbook, in words for whoever made it.

Why this module exists: three readers and their parent say the same things; each sentence names
the row where one is to blame, and what to do.
"""

from __future__ import annotations

from ileti.core.errors import CallerMistake
from ileti.imports.reading.reader import MOST_COLUMNS


def broken(row: int = 0) -> CallerMistake:
    """Damaged, or no workbook; ``row``: the last that could be read."""
    if row:
        return CallerMistake(
            f"Excel dosyası {row}. satırdan sonra bozuk. Excel’de açıp yeniden kaydedin.",
            f"The Excel file is damaged after row {row}. Open it in Excel and save it again.",
            code="unreadable_file")
    return CallerMistake("Excel dosyası bozuk. Excel’de açıp yeniden kaydedin.",
                         "The Excel file is damaged. Open it in Excel and save it again.",
                         code="unreadable_file")


def too_wide(row: int) -> CallerMistake:
    """A value beyond the columns we read."""
    return CallerMistake(f"Satır {row}: {MOST_COLUMNS}’den çok sütun var.",
                         f"Row {row} has more than {MOST_COLUMNS} columns.",
                         code="unreadable_file")


def too_large(row: int = 0) -> CallerMistake:
    """It needs more memory or time than a list does; ``row``: the last that was read."""
    at, at_en = (f" ({row}. satırdan sonra)", f" (after row {row})") if row else ("", "")
    return CallerMistake(
        f"Excel dosyası açıldığında çok büyüyor{at}. CSV olarak kaydedip verin.",
        f"The Excel file grows too large when it is unpacked{at_en}. Save it as CSV.",
        code="workbook_too_large")


def locked() -> CallerMistake:
    """It has a password."""
    return CallerMistake("Excel dosyası parolalı. Parolayı kaldırıp yeniden verin.",
                         "The Excel file has a password. Remove it and hand the file over again.",
                         code="workbook_locked")


def document_type() -> CallerMistake:
    """Its XML declares a document type, as only an attack does."""
    return CallerMistake(
        "Excel dosyasında belge türü tanımı (DOCTYPE) var; güvenlik için okunmaz.",
        "The Excel file declares a document type (DOCTYPE), which is not read for safety.",
        code="unreadable_file")


def other_kind() -> CallerMistake:
    """A zip, but no XLSX: XLSB, OpenDocument, or anything else."""
    return CallerMistake("Bu dosya XLSX değil. Excel’de açıp XLSX ya da CSV olarak kaydedin.",
                         "This file is no XLSX. Open it in Excel and save it as XLSX or CSV.",
                         code="no_list")


def no_sheet(wanted: str, names: list[str]) -> CallerMistake:
    """The sheet that was asked for is not there."""
    have = ", ".join(name[:40] for name in names[:20])
    return CallerMistake(f"“{wanted[:40]}” adlı sayfa yok. Sayfalar: {have}.",
                         f"There is no sheet “{wanted[:40]}”. Sheets: {have}.", code="no_sheet")
