"""Workbooks as Excel, programs and enemies write them; all are opened by a child with limits."""

from __future__ import annotations

import datetime as dt
import io
import os
import random
import subprocess
import sys
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
import xlsxwriter
import xlwt

from config import settings
from ileti.core.errors import CallerMistake
from ileti.imports.reading import excel
from ileti.imports.reading.excel import workbook_blocks
from ileti.imports.reading.reader import BLOCK_ROWS, Layout
from ileti.imports.reading.sources import blocks, examine, heading_and_sample
from ileti.imports.reading.workbook import LENGTH, MOST_FRAME_BYTES, frames

ROOT = Path(__file__).resolve().parents[2]
XLSX = Layout(format="xlsx", header=False)
XLS = Layout(format="xls", header=False)
at = dt.datetime.fromisoformat


@pytest.fixture
def book(tmp_path):
    """A workbook to be filled; given to the readers when closed."""
    return xlsxwriter.Workbook(tmp_path / "liste.xlsx")


def path_of(book) -> Path:
    if not book.fileclosed:
        book.close()
    return Path(book.filename)


def rows(source, layout: Layout = XLSX) -> list:
    return [row for block in blocks(source, layout) for row in block.rows or ()]


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def packed(parts: dict[str, bytes], path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in parts.items():
            file.writestr(name, data)
    return path


def with_sheet(book, xml: str) -> Path:
    """The workbook with this as its first sheet's data."""
    if not book.worksheets():
        book.add_worksheet()
    parts = parts_of(path_of(book))
    parts["xl/worksheets/sheet1.xml"] = (
        '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/'
        f'spreadsheetml/2006/main"><sheetData>{xml}</sheetData></worksheet>').encode()
    return packed(parts, Path(book.filename))


def refused(source, layout: Layout = XLSX) -> CallerMistake:
    with pytest.raises(CallerMistake) as found:
        rows(source, layout)
    assert found.value.tr != found.value.en
    return found.value


# -- values ----------------------------------------------------------------------------------------

def test_values_become_the_text_a_person_would_have_typed(book):
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    turkish = book.add_format({"num_format": '[$-41F]d mmmm yyyy;@'})
    money = book.add_format({"num_format": '#,##0.00 "TL/day"'})
    sheet.write_datetime(0, 0, at("2026-01-02"), day)
    sheet.write_datetime(1, 0, at("2026-11-25 09:59:59.9996"), turkish)
    sheet.write_number(2, 0, 5991234567)
    sheet.write_number(3, 0, 5.991234567e9, money)
    sheet.write_string(4, 0, "5,99E+09")
    sheet.write_boolean(5, 0, True)
    sheet.write_boolean(6, 0, False)
    sheet.write_formula(7, 0, '="+90599"&"1234567"', None, "+905991234567")
    sheet.write_formula(8, 0, "=NA()", None, "#N/A")
    sheet.write_string(9, 0, "Şule\r\nGün")
    sheet.write_rich_string(10, 0, "a", book.add_format({"bold": 1}), "b", "c")
    sheet.write_number(11, 0, 1.5)
    sheet.write_number(12, 0, 0)
    assert [cells for _, cells in rows(path_of(book))] == [[one] for one in (
        "2026-01-02 00:00:00", "2026-11-25 10:00:00", "5991234567", "5991234567", "5,99E+09", "1",
        "0", "+905991234567", "#N/A", "Şule\nGün", "abc", "1.5", "0")]


@pytest.mark.parametrize(("cell", "text"), [
    ('<c r="A1"><v>5.991234567E9</v></c>', "5991234567"),
    ('<c r="A1"><v>5991234567.0</v></c>', "5991234567"),
    ('<c r="A1"><v>9.059912345671234E+17</v></c>', "9.05991234567123e+17"),
    ('<c r="A1"><v>0.30000000000000004</v></c>', "0.3"),
    ('<c r="A1" t="str"><f>B1</f><v></v></c>', None),
    ('<c r="A1" t="b"><v>1</v></c>', "1"),
    ('<c r="A1" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "#DIV/0!"),
    ('<c r="A1" t="d"><v>2026-11-25T10:00:00Z</v></c>', "2026-11-25 10:00:00"),
    ('<c r="A1" t="inlineStr"><is><t>a</t><rPh><t>ka</t></rPh><r><t>b</t></r></is></c>', "ab"),
    ('<c r="A1" t="str"><v>a_x000D__x005F_b&amp;&#252;</v></c>', "a\r_b&ü"),
    ('<c r="A1" s="9999"><v>7</v></c>', "7"),
    ('<c><v>7</v></c>', "7"),
    ('<x:c xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:v>7</x:v></x:c>',
     "7"),
])
def test_cells_of_every_spelling_are_read(book, cell, text):
    found = rows(with_sheet(book, f'<row r="3">{cell}</row>'))
    assert found == ([] if text is None else [(3, [text])])


@pytest.mark.parametrize("cell", ["<c r='A1'><f>B1</f></c>", "<c r='A1'><f>B1</f><v></v></c>",
                                  "<c r='A1'><f>B1</f><v/></c>", "<c r='A1'><f t='shared'/></c>"])
def test_a_formula_that_was_never_calculated_is_no_empty_cell(book, cell):
    assert rows(with_sheet(book, f"<row r='1'>{cell}</row>")) == [(1, ["#?"])]


def test_days_count_from_1904_where_the_workbook_says_so(tmp_path):
    book = xlsxwriter.Workbook(tmp_path / "mac.xlsx", {"date_1904": True})
    book.add_worksheet().write_datetime(0, 0, at("2026-01-02 03:04:05"),
                                        book.add_format({"num_format": 22}))
    assert rows(path_of(book)) == [(1, ["2026-01-02 03:04:05"])]


def test_rows_keep_the_numbers_that_people_see_and_gaps_stay_blank(book):
    sheet = book.add_worksheet()
    sheet.write(2, 1, "b")
    sheet.write(6, 3, "d")
    sheet.write(1_000_000, 0, "son")
    assert rows(path_of(book)) == [(3, ["", "b"]), (7, ["", "", "", "d"]), (1_000_001, ["son"])]


def test_a_merged_cell_states_its_value_once(book):
    sheet = book.add_worksheet()
    sheet.merge_range(0, 0, 2, 1, "ONAY")
    sheet.write(1, 2, "0599")
    assert rows(path_of(book)) == [(1, ["ONAY"]), (2, ["", "", "0599"])]


# -- sheets and headings ---------------------------------------------------------------------------

def test_the_first_sheet_people_see_that_holds_rows_is_read_unless_another_is_chosen(book):
    for name in ("gizli", "boş", "liste", "diğer"):
        sheet = book.add_worksheet(name)
        if name != "boş":
            sheet.write(0, 0, f"Telefon {name}")
            sheet.write(1, 0, name)
        if name == "gizli":
            sheet.hide()
        elif name == "boş":
            sheet.activate()
    found = examine("a.xlsx", path_of(book))
    assert found.layout.sheet == "liste"
    assert found.sheets == [("gizli", False), ("boş", True), ("liste", True), ("diğer", True)]
    assert found.heading == ["Telefon liste"]
    other = Layout.from_json({**found.layout.as_json(), "sheet": "gizli"})
    assert rows(path_of(book), other) == [(2, ["gizli"])]
    missing = Layout.from_json({**other.as_json(), "sheet": "yok"})
    assert "gizli, boş, liste, diğer" in refused(path_of(book), missing).tr


def test_titles_above_the_heading_are_skipped(book):
    sheet = book.add_worksheet("Liste")
    sheet.merge_range(0, 0, 0, 2, "Müşteri listesi 2026")
    sheet.write_row(2, 0, ["Ad Soyad", "Cep Telefonu", "SMS onayı"])
    sheet.write_row(4, 0, ["Şule", 5992134117, "Evet"])
    found = examine("a.xlsx", path_of(book))
    assert (found.layout.skip, found.layout.header) == (2, True)
    assert found.heading == ["Ad Soyad", "Cep Telefonu", "SMS onayı"]
    assert found.rows == [["Şule", "5992134117", "Evet"]]
    assert rows(path_of(book), found.layout) == [(5, ["Şule", "5992134117", "Evet"])]
    assert heading_and_sample(path_of(book), found.layout) == (found.heading, found.rows)
    assert examine("a.xlsx", path_of(book), found.layout) == found


def test_a_list_without_heading_and_an_empty_workbook(book, tmp_path):
    book.add_worksheet().write_row(0, 0, ["0599 213 41 17", "ONAY"])
    found = examine("a.xlsx", path_of(book))
    assert (found.heading, found.rows) == (None, [["0599 213 41 17", "ONAY"]])
    empty = xlsxwriter.Workbook(tmp_path / "empty.xlsx")
    empty.add_worksheet("Boş")
    found = examine("a.xlsx", path_of(empty))
    assert (found.heading, found.rows, found.sheets) == ([], [], [("Boş", True)])


def test_pieces_of_a_sealed_original_are_read_and_nothing_stays_on_the_disk(book):
    book.add_worksheet().write_row(0, 0, ["Telefon", "Onay"])
    data = path_of(book).read_bytes()
    before = set(settings().ileti_var.rglob("*"))
    pieces = [data[at:at + 1000] for at in range(0, len(data), 1000)]
    assert rows(iter(pieces)) == [(1, ["Telefon", "Onay"])]
    assert examine("a.xlsx", iter(pieces)).heading == ["Telefon", "Onay"]
    reading = workbook_blocks(iter(pieces), XLSX)
    next(reading)
    assert not [path for path in set(settings().ileti_var.rglob("*")) - before
                if path.is_file() and path.read_bytes()[:2] == b"PK"]
    reading.close()


# -- XLS -------------------------------------------------------------------------------------------

def xls(tmp_path, fill) -> Path:
    book = xlwt.Workbook()
    fill(book)
    path = tmp_path / "eski.xls"
    book.save(str(path))
    return path


def test_old_workbooks_say_the_same(tmp_path):
    def fill(book):
        hidden = book.add_sheet("gizli")
        hidden.write(0, 0, "x")
        hidden.visibility = 1
        sheet = book.add_sheet("Liste")
        sheet.write(1, 0, "Telefon")
        sheet.write(1, 1, "Tarih")
        sheet.write(2, 0, 5991234567.0)
        sheet.write(2, 1, at("2026-11-25 10:00:01"),
                    xlwt.easyxf(num_format_str="dd.mm.yyyy hh:mm"))
        sheet.write(2, 2, True)
        sheet.write(2, 3, "Şule")
        sheet.row(2).set_cell_error(4, 42)
        sheet.write(2, 6, 1.5)

    path = xls(tmp_path, fill)
    found = examine("a.xls", path)
    assert found.sheets == [("gizli", False), ("Liste", True)]
    assert (found.layout.format, found.layout.skip) == ("xls", 1)
    assert found.heading == ["Telefon", "Tarih"]
    assert rows(path, found.layout) == [
        (3, ["5991234567", "2026-11-25 10:00:01", "1", "Şule", "#N/A", "", "1.5"])]


def test_a_damaged_old_workbook_is_refused(tmp_path):
    path = xls(tmp_path, lambda book: book.add_sheet("a").write(0, 0, "b"))
    data = bytearray(path.read_bytes())
    for at in range(512, len(data), 7):
        data[at] ^= 0x5A
    assert refused([bytes(data)], XLS).code in ("unreadable_file", "workbook_too_large")
    assert refused([data[:700]], XLS).code == "unreadable_file"
    assert refused([b""], XLS).code == "unreadable_file"


def test_a_password_is_named_as_the_reason(tmp_path):
    path = xls(tmp_path, lambda book: book.add_sheet("a").write(0, 0, "b"))
    locked = path.read_bytes() + "EncryptedPackage".encode("utf-16-le")
    assert refused([locked], XLS).code == "workbook_locked"


# -- hostile ---------------------------------------------------------------------------------------

def limit_child(monkeypatch, **limits) -> None:
    """The child under other limits than its own."""
    changes = "".join(f"w.{name} = {value}; " for name, value in limits.items())
    monkeypatch.setattr(excel, "_MODULE",
                        f"from ileti.imports.reading import workbook as w; {changes}w.main()")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(book):
    path = with_sheet(book, " " * 300_000_000)
    assert path.stat().st_size < 1_000_000
    began = time.monotonic()
    assert refused(path).code == "workbook_too_large"
    assert time.monotonic() - began < 10


def test_a_directory_that_lies_about_sizes_gains_nothing(book):
    path = with_sheet(book, "<row><c><v>1</v></c></row>" * 400_000)
    data = path.read_bytes()
    with zipfile.ZipFile(path) as file:
        size = file.getinfo("xl/worksheets/sheet1.xml").file_size
    lying = data.replace(size.to_bytes(4, "little"), (500).to_bytes(4, "little"))
    assert lying != data
    assert refused([lying]).code == "unreadable_file"


def test_a_zip_with_very_many_entries_is_refused(book):
    book.add_worksheet()
    parts = parts_of(path_of(book)) | {f"xl/media/{n}.png": b"" for n in range(6_000)}
    assert refused(packed(parts, Path(book.filename))).code == "workbook_too_large"


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml",
                                  "xl/workbook.xml", "xl/styles.xml"])
def test_entities_and_document_types_are_refused_at_sight(book, part, tmp_path):
    book.add_worksheet().write(0, 0, "a")
    secret = tmp_path / "secret"
    secret.write_text("gizli")
    parts = parts_of(path_of(book))
    head, _, body = parts[part].partition(b"?>")
    parts[part] = (head + b'?><!DOCTYPE x [<!ENTITY e SYSTEM "file://' + bytes(secret)
                   + b'"><!ENTITY l "lol">]>' + body.replace(b"</", b"&e;&l;</", 1))
    error = refused(packed(parts, Path(book.filename)))
    assert "DOCTYPE" in error.tr


def test_a_million_empty_columns_cost_nothing(book, monkeypatch):
    cells = "".join(f'<c r="{name}5" s="1"/>' for name in ("XFD", "ZZZ", "ZZZZ")) * 350_000
    path = with_sheet(book, f'<row r="1"><c r="A1"><v>1</v></c></row><row r="5">{cells}</row>'
                            '<row r="1048576"><c r="XFD1048576" s="1"/></row>')
    limit_child(monkeypatch, MEMORY_BYTES=150 << 20, CPU_SECONDS=30)
    assert rows(path) == [(1, ["1"])]


def test_a_value_in_a_far_column_names_its_row(book):
    book.add_worksheet().write(41, 16_000, "x")
    assert "Satır 42:" in refused(path_of(book)).tr


def test_a_cell_that_unpacks_into_a_gigabyte_ends_within_the_limits(book):
    xml = "".join(f'<c t="str"><v>{n}{"x" * 3_000}</v></c>' for n in range(900))
    path = with_sheet(book, f"<row>{xml}</row>" * 20)
    found = rows(path)
    assert found[0] == (1, None)
    assert len(found) == 20


def test_memory_and_time_beyond_the_limits_are_an_answer_and_no_crash(book, monkeypatch):
    text = "<si><t>" + "x" * 900_000 + "</t></si>"
    book.add_worksheet().write(0, 0, "a")
    parts = parts_of(path_of(book))
    parts["xl/sharedStrings.xml"] = f"<sst>{text * 100}</sst>".encode()
    path = packed(parts, Path(book.filename))
    limit_child(monkeypatch, MEMORY_BYTES=60 << 20)
    assert refused(path).code == "workbook_too_large"
    slow = with_sheet(book, "<row><c><v>1</v></c></row>" * 3_000_000)
    limit_child(monkeypatch, CPU_SECONDS=1)
    assert refused(slow).code == "workbook_too_large"


def test_a_person_waits_a_minute_for_the_first_rows_and_not_five(book, monkeypatch):
    empty = with_sheet(book, "<row/>" * 6_000_000)
    limit_child(monkeypatch, START_CPU_SECONDS=1)
    with pytest.raises(CallerMistake) as found:
        examine("liste.xlsx", empty, XLSX)
    assert found.value.code == "workbook_too_large"


def test_a_hundred_thousand_rows_are_read_in_little_memory(book, monkeypatch):
    sheet = book.add_worksheet()
    for n in range(100_000):
        sheet.write_row(n, 0, [5990000000 + n, "ONAY", "HS_WEB", "BIREYSEL"])
    limit_child(monkeypatch, MEMORY_BYTES=150 << 20)
    assert len(rows(path_of(book))) == 100_000


def test_a_file_cut_off_names_the_last_row_that_was_read(book):
    path = with_sheet(book, "".join(f'<row r="{n}"><c><v>{n}</v></c></row>'
                                    for n in range(1, 30_001)) + "<row><c><v>")
    error = refused(path)
    assert "30000" in error.tr
    assert "30000" in error.en


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/_rels/workbook.xml.rels",
                                  "xl/worksheets/sheet1.xml"])
def test_a_workbook_without_a_part_it_needs_is_refused(book, part):
    book.add_worksheet().write(0, 0, "a")
    parts = parts_of(path_of(book))
    del parts[part]
    assert refused(packed(parts, Path(book.filename))).code in ("no_list", "unreadable_file")


def test_a_row_that_names_a_place_twice_is_damaged(book):
    cells = '<c r="A7"><v>1</v></c><c r="B7"><v>2</v></c><c r="A7"><v>3</v></c>'
    assert "7. satır" in refused(with_sheet(book, f'<row r="7">{cells}</row>')).tr


@pytest.mark.parametrize("after", ["7", "6", "-3", "3000000000", str(1 << 70)])
def test_rows_out_of_their_order_or_beyond_any_sheet_are_damaged(book, after):
    one = '<row r="{}"><c><v>1</v></c></row>'
    assert "7. satır" in refused(with_sheet(book, one.format(7) + one.format(after))).tr


def test_a_workbook_of_very_many_sheets_is_refused(book):
    book.add_worksheet().write(0, 0, "a")
    parts = parts_of(path_of(book))
    sheet = b'<sheet name="Sheet1" sheetId="1" r:id="rId1"/>'
    assert sheet in parts["xl/workbook.xml"]
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(sheet, sheet * 200_000)
    assert refused(packed(parts, Path(book.filename))).code == "workbook_too_large"


def test_a_frame_larger_than_any_file_makes_is_not_read_into_memory():
    with pytest.raises(CallerMistake) as found:
        list(frames(io.BytesIO(LENGTH.pack(MOST_FRAME_BYTES + 1))))
    assert found.value.code == "workbook_too_large"


def test_parts_outside_the_workbook_cannot_be_reached(book):
    book.add_worksheet().write(0, 0, "a")
    parts = parts_of(path_of(book))
    name = "xl/_rels/workbook.xml.rels"
    parts[name] = parts[name].replace(b"worksheets/sheet1.xml", b"../../../../etc/passwd")
    assert refused(packed(parts, Path(book.filename))).code == "unreadable_file"


def test_any_damaged_workbook_is_an_answer(book):
    book.add_worksheet().write_row(0, 0, ["Telefon", "Onay", 5991234567])
    data = path_of(book).read_bytes()
    drawn = random.Random(3)
    for _ in range(12):
        broken = bytearray(data)
        for _ in range(20):
            broken[drawn.randrange(len(broken))] = drawn.randrange(256)
        with suppress(CallerMistake):
            rows([bytes(broken)])


def test_the_child_has_no_secrets_and_ends_when_nobody_reads(book, monkeypatch):
    monkeypatch.setenv("ENCRYPTION_KEYS", "1:secret")
    sheet = book.add_worksheet()
    for n in range(30_000):
        sheet.write_row(n, 0, [n, "x" * 50])
    children = []
    started = excel.subprocess.Popen

    def note(*args, **named):
        assert "ENCRYPTION_KEYS" not in named["env"]
        children.append(started(*args, **named))
        return children[-1]

    monkeypatch.setattr(excel.subprocess, "Popen", note)
    reading = workbook_blocks(path_of(book), XLSX)
    assert len(next(reading).rows or ()) <= BLOCK_ROWS
    reading.close()
    assert children[0].returncode is not None
    assert not os.path.exists(f"/proc/{children[0].pid}/stat")


def test_a_killed_reader_leaves_no_file_and_no_child(book, tmp_path):
    sheet = book.add_worksheet()
    for n in range(30_000):
        sheet.write_row(n, 0, [n, "x" * 50])
    reader = subprocess.Popen([sys.executable, "-c", (
        "import sys, time; from pathlib import Path\n"
        "from ileti.imports.reading.excel import workbook_blocks\n"
        "from ileti.imports.reading.reader import Layout\n"
        f"data = Path({str(path_of(book))!r}).read_bytes()\n"
        "blocks = workbook_blocks(iter([data]), Layout(format='xlsx')); next(blocks)\n"
        "children = Path(f'/proc/self/task/{__import__(\"os\").getpid()}/children').read_text()\n"
        "print(children, flush=True); time.sleep(60)")],
        env=os.environ | {"ILETI_VAR": str(tmp_path / "var")}, cwd=ROOT, stdout=subprocess.PIPE,
        text=True)
    child = int(reader.stdout.readline())
    reader.kill()
    reader.communicate()
    assert [path for path in (tmp_path / "var").rglob("*") if path.is_file()
            and path.name != "secrets.env"] == []
    end = time.monotonic() + 20
    while _runs(child):
        assert time.monotonic() < end
        time.sleep(0.05)


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_blocks_tell_how_far_the_file_is_read(book):
    sheet = book.add_worksheet()
    for n in range(20_000):
        sheet.write_row(n, 0, [n, f"kisi{n}@ornek.com.tr"])
    path = path_of(book)
    positions = [block.position for block in blocks(path, XLSX)]
    assert positions == sorted(positions)
    assert positions[0] < path.stat().st_size / 2
    assert positions[-1] > path.stat().st_size * 0.95


def test_what_is_written_for_people_can_be_read_again():
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"strings_to_formulas": False, "constant_memory": True})
    book.add_worksheet().write_row(0, 0, ["=1+1", "+905992134117"])
    book.close()
    assert rows([target.getvalue()]) == [(1, ["=1+1", "+905992134117"])]
