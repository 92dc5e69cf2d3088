"""What a file is told by its content, whatever its name; and what a person corrects."""

from __future__ import annotations

import random

import pytest

from ileti.core.errors import CallerMistake
from ileti.imports import report
from ileti.imports.mapping import Role, recognise
from ileti.imports.reading.layout import KINDS, REPORT_HEADS, detect
from ileti.imports.reading.reader import Layout
from ileti.imports.reading.sources import blocks, examine

PEOPLE = [["Ad Soyad", "Cep Telefonu", "SMS onayı", "İzin Tarihi"],
          ["Şule, Gün", "0599 213 41 17", "Evet", "25.11.2026 10:00"],
          ["Işık, Can", "0599 213 41 18", "Hayır", "25.11.2026 11:00"]]


def text(rows, delimiter, end="\n") -> str:
    return "".join(delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in row) + end
                   for row in rows)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be",
                                      "windows-1254", "iso-8859-9", "cp857"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encoding_separator_and_heading_are_told(delimiter, encoding, end):
    data = text(PEOPLE, delimiter, end).encode(encoding)
    found = examine("müşteriler.txt", [data])
    assert found.layout.delimiter == delimiter
    assert found.heading == PEOPLE[0]
    assert found.rows == PEOPLE[1:]


def test_a_list_without_heading_is_seen_to_have_none():
    found = examine("a.csv", [text(PEOPLE[1:], ";").encode()])
    assert found.layout.header is False
    assert found.heading is None
    assert len(found.rows) == 2


@pytest.mark.parametrize("rows", [
    [["Müşteri", "Bilgi"], ["Ali", "0599 213 41 17"]],
    [["Kod", "Cep 1", "Onay"], ["17", "0599 213 41 17", "1"]],
])
def test_names_nobody_knows_are_a_heading_when_they_are_no_addresses(rows):
    assert examine("a.csv", [text(rows, ";").encode()]).heading == rows[0]


@pytest.mark.parametrize("first", ["+905992134117", "ali@ornek.com.tr", "905992134117"])
def test_one_column_of_addresses_is_a_list(first):
    found = examine("a.csv", [f"{first}\n{first}\n".encode()])
    assert found.heading is None
    assert found.rows == [[first], [first]]


def test_titles_above_the_heading_are_skipped_and_rows_keep_their_lines():
    data = "İzin Listesi;;\n\n2026 yılı;;\n" + text(PEOPLE, ";")
    found = examine("a.csv", [data.encode()])
    assert found.layout.skip == 3
    assert found.heading == PEOPLE[0]


def test_blank_lines_above_the_rows_are_skipped():
    found = examine("a.csv", [b"\n\n" + text(PEOPLE[1:], ";").encode()])
    assert found.layout.skip == 2
    assert found.rows == PEOPLE[1:]


def test_the_hint_of_excel_names_the_separator():
    found = examine("a.csv", [b"sep=|\n" + text(PEOPLE, "|").encode()])
    assert (found.layout.delimiter, found.layout.skip) == ("|", 1)
    assert found.heading == PEOPLE[0]


def test_the_form_of_the_iys_panel_is_known():
    data = ("IZIN TURU,ALICI,ONAY(1)-RET(0),IZIN KAYNAGI,IZIN TARIHI,IZNIN ALINDIGI BAYI KODU\n"
            "MESAJ,+905992134117,1,HS_WEB,25-11-2026 10:00:00,\n")
    found = examine("a.csv", [data.encode("windows-1254")])
    assert found.layout.kind == "iys_panel"
    mapping = recognise(found.heading, found.rows)
    assert {Role.CHANNEL, Role.STATUS, Role.SOURCE, Role.DATE, Role.DEALER} <= set(mapping.columns)


def test_the_form_of_iys_own_client_is_known_without_heading():
    data = ("EPOSTA,HS_WEB,a@ornek.com.tr,ONAY,2026-11-25 10:00:00,BIREYSEL\n"
            "MESAJ,HS_MESAJ,+905992134117,RET,2026-11-25 10:00:00,TACIR\n")
    found = examine("a.csv", [data.encode()])
    assert (found.layout.kind, found.layout.header) == ("iys_client", False)
    assert found.heading == list(KINDS["iys_client"])
    assert len(found.rows) == 2
    columns = recognise(found.heading, found.rows).columns
    assert columns[Role.CHANNEL] == 0
    assert columns[Role.DATE] == 4


@pytest.mark.parametrize("header", [True, False])
def test_the_daily_file_of_iys_is_known_with_and_without_heading(header):
    data = (",".join(KINDS["iys_day"]) + "\n") * header + (
        "2026-11-26 10:00:01," + "0a" * 32 + ",+905992134117,BIREYSEL,MESAJ,ONAY,"
        "2026-11-25 10:00:00,HS_WEB\n")
    found = examine("a.csv", [data.encode()])
    assert (found.layout.kind, found.layout.header) == ("iys_day", header)
    columns = recognise(found.heading, found.rows).columns
    assert columns[Role.DATE] == 6, "the date of the consent, not of İYS's entry"


@pytest.mark.parametrize("language", ["tr", "en"])
def test_our_own_report_reads_as_the_list_it_was_made_of(language):
    head = [*REPORT_HEADS[language], "Cep Telefonu", "SMS onayı", "Not"]
    data = b"".join(report._line(row) for row in (
        head, ["7", "alınmayacak", "X", "R-38", "y", "Mesaj", "Ret", "", "+905992134117", "Evet",
               "=1+1"]))
    found = examine("rapor.csv", ["\ufeff".encode() + data])
    assert found.layout.kind == "report"
    assert found.heading == ["Cep Telefonu", "SMS onayı", "Not"]
    assert found.rows == [["+905992134117", "Evet", "=1+1"]]
    assert [row for block in blocks([data], found.layout) for row in block.rows or ()] == [
        (2, ["+905992134117", "Evet", "=1+1"])]


def test_ndjson_is_told_by_its_lines():
    assert detect("a.txt", b'{"telefon":"1"}\n{"telefon":"2"}\n').format == "ndjson"
    assert detect("a.csv", b'{"telefon":"1"}\n{broken\n{"telefon":"2"}\n').format == "ndjson"
    with pytest.raises(CallerMistake) as refused:
        detect("a.json", b'[{"telefon":"1"}]')
    assert "NDJSON" in refused.value.tr


@pytest.mark.parametrize(("head", "code"), [
    (b"", "empty_file"), (b"\r\n \n", "empty_file"), (b"%PDF-1.7 ...", "no_list"),
    (b"\x1f\x8b\x08\x00", "no_list"), (b"<html><table>", "no_list"),
    (b"PK\x03\x04....mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "no_list"),
    (b"PK\x03\x04....list.csv", "no_list"), (b"\x89PNG\r\n", "no_list"),
    (b"<?xml version='1.0'?><Workbook/>", "no_list"),
    (random.Random(1).randbytes(4_000), "no_list"),
])
def test_what_is_no_list_is_refused_in_both_languages(head, code):
    with pytest.raises(CallerMistake) as refused:
        detect("list.csv", head)
    assert refused.value.code == code
    assert refused.value.tr != refused.value.en


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "windows-1254"])
def test_a_head_that_ends_inside_a_row_or_a_letter_is_no_other_file(encoding):
    data = text(PEOPLE + PEOPLE[1:] * 2_000, ";").encode(encoding)
    for size in range(65_536, 65_542):
        layout = detect("a.csv", data[:size])
        assert (layout.encoding, layout.delimiter, layout.header) == (encoding, ";", True)


def test_a_wrong_guess_can_be_corrected_and_is_kept():
    wrong = examine("a.csv", [b"Onay|1;0599\n"]).layout
    right = Layout.from_json({**wrong.as_json(), "delimiter": "|", "header": True})
    assert examine("a.csv", [b"Onay|1;0599\n"], right).heading == ["Onay", "1;0599"]
    assert Layout.from_json(right.as_json()) == right
