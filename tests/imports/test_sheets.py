"""The workbook that is written as a stream: readable, whole on several sheets, harmless, flat."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from typing import Any

import pytest

from ileti.core import sheets
from ileti.imports import report, runs
from ileti.imports.reading.xlsx import Xlsx
from tests.imports.import_house import HEAD, begin, check, row

HEADS = ["satır", "açıklama", "telefon"]


def read(raw: bytes) -> list[tuple[str, list[list[str]]]]:
    """Names of the sheets with their rows, by the reader our own imports have."""
    book = Xlsx(io.BytesIO(raw))
    return [(one.name, [cells for _, cells in book.rows(one, lambda _: None)])
            for one in book.sheets]


def test_texts_come_back_as_they_were_and_numbers_as_numbers() -> None:
    odd = ["=1+1", " boş luk ", "satır\nsonu", "<&>\"'", "_x0041_", "İğne \U0001f600", "\x07zil",
           "a\rb", "\0"]
    raw = b"".join(sheets.workbook(HEADS, [[n, text, "+905992134117"]
                                           for n, text in enumerate(odd, 1)], name="Nedenler"))
    (name, rows), = read(raw)
    assert name == "Nedenler"
    assert rows[0] == HEADS
    assert [one[1] for one in rows[1:]] == [*odd[:-1], "\ufffd"]
    assert rows[1][0] == "1"
    sheet = zipfile.ZipFile(io.BytesIO(raw)).read("xl/worksheets/sheet1.xml").decode()
    assert '<c r="A2"><v>1</v></c>' in sheet
    assert "<f>" not in sheet, "nothing is a formula"


def test_what_does_not_fit_a_sheet_goes_on_in_the_next_under_the_same_heading() -> None:
    rows = [[n, "", "x"] for n in range(1, 8)]
    raw = b"".join(sheets.workbook(HEADS, rows, name="Nedenler", rows_per_sheet=3))
    found = read(raw)
    assert [name for name, _ in found] == ["Nedenler", "Nedenler 2", "Nedenler 3"]
    assert [len(some) for _, some in found] == [4, 4, 2]
    assert all(some[0] == HEADS for _, some in found)
    assert [one[0] for _, some in found for one in some[1:]] == list("1234567")


def test_a_list_that_just_fits_leaves_no_empty_sheet_behind() -> None:
    raw = b"".join(sheets.workbook(HEADS, [[1, "", ""]] * 3, name="N", rows_per_sheet=3))
    assert [len(some) for _, some in read(raw)] == [4]
    assert [some for _, some in read(b"".join(sheets.workbook(HEADS, [], name="N")))] == [[HEADS]]


def test_a_cell_longer_than_a_spreadsheet_holds_is_cut_between_letters() -> None:
    raw = b"".join(sheets.workbook(HEADS, [[1, "a" + "\U0001f600" * 20_000, ""]], name="N"))
    cell = read(raw)[0][1][1][1]
    assert len(cell.encode("utf-16-le")) // 2 == 32_767
    assert cell.endswith("\U0001f600")


def test_memory_stays_flat_however_many_rows_there_are() -> None:
    def size(count: int) -> int:
        tracemalloc.start()
        for _ in sheets.workbook(HEADS, ([n, "açıklama", f"+90{n:010}"] for n in range(count)),
                                 name="N"):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert size(40_000) < size(4_000) + 500_000


def test_the_report_as_a_workbook_says_what_the_csv_says(place: Any,
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "ROWS_PER_SHEET", 2)
    run_id = begin(place, HEAD, row("+905992134117"), row("0599 21"), row("+905992134118"),
                   row("=cmd()"), row("0 (599) 213 41 19"))
    check(run_id)
    run = runs.read_run(run_id)
    raw = b"".join(report.stream(run, form=report.Form.XLSX))
    found = read(raw)
    assert [len(some) for _, some in found] == [3, 3, 2]
    lines = b"".join(report.stream(run)).decode("utf-8-sig").splitlines()
    rows = [found[0][1][0], *(one for _, some in found for one in some[1:])]
    assert len(rows) == len(lines) == 6
    for cells, line in zip(rows, lines, strict=True):
        plain = line.replace("'=", "=").replace('"', "")
        assert ";".join(cells).rstrip(";") == plain.rstrip(";")
    assert "+905992134119" in rows[5]


def test_a_mended_workbook_is_read_as_the_list_it_was_made_of(place: Any) -> None:
    from ileti.imports.reading.sources import examine, heading_and_sample

    run_id = begin(place, HEAD, row("+905992134117"), row("0599 21"))
    check(run_id)
    raw = b"".join(report.stream(runs.read_run(run_id), form=report.Form.XLSX))
    found = examine("rapor.xlsx", [raw])
    assert found.layout.kind == "report"
    assert found.heading == HEAD.split(",")
    assert heading_and_sample([raw], found.layout)[1][1][2] == "0599 21"


def test_for_programs_every_row_is_an_object(place: Any) -> None:
    import json

    run_id = begin(place, HEAD, row("+905992134117"), row("0599 21"))
    check(run_id)
    raw = b"".join(report.stream(runs.read_run(run_id), "en", form=report.Form.NDJSON))
    good, bad = [json.loads(line) for line in raw.splitlines()]
    assert (good["line"], good["verdict"], good["channel"], good["status"]) == (
        2, "taken", "MESAJ", "ONAY")
    assert good["explanation"] == ""
    assert (bad["verdict"], bad["reason"], bad["rule"]) == ("left", "NUMARA_EKSIK", "R-38")
    assert bad["explanation"].startswith("The phone number is not valid")
    assert bad["row"]["recipient"] == "0599 21"
    few = b"".join(report.stream(runs.read_run(run_id), every=False, form=report.Form.NDJSON))
    assert len(few.splitlines()) == 1
