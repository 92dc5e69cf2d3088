"""The door to every format, fed as an import feeds it: from sealed parts, piece by piece."""

from __future__ import annotations

import io
import json
import uuid

import pytest
import xlsxwriter

from ileti.imports.files import PartedFile
from ileti.imports.reading.reader import rows_of
from ileti.imports.reading.sources import blocks, examine, heading_and_sample

HEAD = ["Telefon", "Onay", "Ad"]
ROWS = [[str(5_990_000_000 + n), "Evet" if n % 2 else "Hayır", f"Şule {n}"] for n in range(12_000)]


def as_csv(encoding: str) -> bytes:
    return "".join(";".join(row) + "\r\n" for row in [HEAD, *ROWS]).encode(encoding)


def as_xlsx() -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"constant_memory": True})
    sheet = book.add_worksheet()
    for n, row in enumerate([HEAD, *ROWS]):
        sheet.write_row(n, 0, [int(row[0]), *row[1:]] if n else row)
    book.close()
    return target.getvalue()


def as_ndjson() -> bytes:
    return "".join(json.dumps(dict(zip(HEAD, row, strict=True)), ensure_ascii=False) + "\n"
                   for row in ROWS).encode()


@pytest.mark.parametrize(("name", "data", "first"), [
    ("a.csv", as_csv("utf-8"), 2), ("a.csv", as_csv("utf-16"), 2),
    ("a.csv", as_csv("windows-1254"), 2), ("a.xlsx", as_xlsx(), 2), ("a.ndjson", as_ndjson(), 1),
], ids=["utf-8", "utf-16", "windows-1254", "xlsx", "ndjson"])
def test_every_format_gives_the_same_rows_from_sealed_parts(name, data, first):
    file = PartedFile(uuid.uuid4().hex, b"k" * 32)
    half = len(data) // 2
    file.add(1, [data[:half]])
    file.add(2, [data[half:]])
    try:
        found = examine(name, file.read())
        assert found.heading == HEAD
        assert found.rows == ROWS[:50]
        assert heading_and_sample(file.read(), found.layout) == (HEAD, ROWS[:50])
        read = [row for block in blocks(file.read(), found.layout)
                for row in rows_of(block, found.layout.delimiter)]
        assert [row[1] for row in read] == ROWS
        assert [row[0] for row in read] == list(range(first, first + len(ROWS)))
    finally:
        file.remove()

