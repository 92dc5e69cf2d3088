"""CSV as people and enemies write it: what is a row, on which line it stands, what it costs."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ileti.core.errors import CallerMistake
from ileti.imports.reading import lines, reader
from ileti.imports.reading.lines import LONGEST_LINE
from ileti.imports.reading.reader import (
    BLOCK_ROWS,
    Layout,
    csv_blocks,
    heading_and_sample,
    rows_of,
)

ROOT = Path(__file__).resolve().parents[2]
PLAIN = Layout(header=False)


def rows(data: bytes, layout: Layout = PLAIN, piece: int = 1 << 18) -> list:
    pieces = [data[at:at + piece] for at in range(0, len(data), piece)]
    return [row for block in csv_blocks(pieces, layout)
            for row in rows_of(block, layout.delimiter)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["unix", "windows", "macintosh"])
@pytest.mark.parametrize("piece", [1, 2, 3, 1 << 18])
def test_every_line_end_ends_a_line_wherever_the_pieces_are_cut(end, piece):
    data = end.join([b"a,b", b"", b"c,d", b'"e",f', b"g,h"])
    assert rows(data, piece=piece) == [
        (1, ["a", "b"]), (3, ["c", "d"]), (4, ["e", "f"]), (5, ["g", "h"])]


def test_mixed_line_ends_count_as_a_person_counts_them():
    assert rows(b"a,b\r\nc,d\re,f\ng,h\n\r\ni,j") == [
        (1, ["a", "b"]), (2, ["c", "d"]), (3, ["e", "f"]), (4, ["g", "h"]), (6, ["i", "j"])]


@pytest.mark.parametrize("piece", [1, 7, 1 << 18])
def test_a_row_stands_where_it_begins_also_after_line_breaks_in_quotes(piece):
    data = b'"Ad","Not"\n"Ali","bir\r\niki\n\xc3\xbc\xc3\xa7"\nVeli,"x"\n'
    assert rows(data, Layout(), piece) == [(2, ["Ali", "bir\niki\nüç"]), (5, ["Veli", "x"])]


def test_a_mark_that_nobody_closed_costs_its_own_line():
    data = b'a,1\n"b,2\nc,3\nd,"4"\n' + b"e,5\n" * 3000
    found = rows(data)
    assert found[:4] == [(1, ["a", "1"]), (2, None), (3, ["c", "3"]), (4, ["d", "4"])]
    assert len(found) == 3004


def test_a_mark_that_nobody_closed_in_a_file_without_any_other_costs_its_own_line():
    found = rows(b'"a,1\n' + b"e,5\n" * 200_000)
    assert found[0] == (1, None)
    assert len(found) == 200_001
    assert found[-1] == (200_001, ["e", "5"])


def test_marks_in_the_middle_of_a_field_are_letters_and_swallow_no_row():
    data = 'Ali "Paşa",1\nBoru 5",2\nO"Neil,3\n"d",4\n'.encode()
    assert rows(data) == [(1, ['Ali "Paşa"', "1"]), (2, ['Boru 5"', "2"]), (3, ['O"Neil', "3"]),
                          (4, ["d", "4"])]


def test_what_stands_inside_a_quoted_cell_never_becomes_a_row():
    note = "\n".join(["+905990000001,ONAY"] * 900)
    assert len(rows(f'1,"{note}"\n2,x\n'.encode())) == 2


@pytest.mark.parametrize("end", ['"', '\n"', ',"', 'x"'])
def test_a_quoted_cell_too_long_to_be_one_refuses_the_file_and_names_both_lines(end):
    note = "\n".join(["+905990000001,ONAY"] * 5_000) + end
    with pytest.raises(CallerMistake) as refused:
        rows(f'1,"{note}\n2,x\n'.encode())
    assert "Satır 1:" in refused.value.tr
    assert "500" in refused.value.tr


def test_a_forgotten_mark_far_above_others_costs_its_own_line():
    found = rows(b'"a,1\n' + b"e,5\n" * 5_000 + b'"f",6\n')
    assert found[0] == (1, None)
    assert found[-1] == (5_002, ["f", "6"])


def test_a_file_broken_all_over_is_refused_soon_and_says_where():
    began = time.process_time()
    with pytest.raises(CallerMistake) as refused:
        rows(b'"a,1\n' * 300_000)
    assert refused.value.code == "unreadable_file"
    assert "10001" in refused.value.en
    assert time.process_time() - began < 15


def test_a_line_of_two_gigabytes_is_refused_after_a_megabyte():
    given = itertools.count()

    def endless():
        yield b"a,b\nc,d\n"
        while next(given) < 2_000_000:
            yield b"x" * 1_000

    with pytest.raises(CallerMistake) as refused:
        list(csv_blocks(endless(), PLAIN))
    assert "Satır 3 " in refused.value.tr
    assert next(given) < 3 * LONGEST_LINE / 1_000


def test_a_piece_of_any_size_is_read_in_small_ones():
    data = b"a,b\n" * 1_000_000
    assert sum(len((block.text or "").split("\n")) - 1
               for block in csv_blocks([data], PLAIN)) == 1_000_000


@pytest.mark.parametrize("mark", ["", '"x"'], ids=["plain", "quoted"])
def test_a_million_columns_are_refused_and_the_row_is_named(mark):
    with pytest.raises(CallerMistake) as refused:
        rows(b"a,b\n" + mark.encode() + b"," * 400_000 + b"\n")
    assert "Satır 2:" in refused.value.tr
    with pytest.raises(CallerMistake, match="unreadable"):
        rows(b"a,b\n" + mark.encode() + b"," * 2_000_000 + b"\n")


def test_a_cell_longer_than_the_csv_module_allows_is_read():
    long = "x" * 200_000
    assert rows(f'"{long}",b\n'.encode()) == [(1, [long, "b"])]
    assert rows(f"{long},b\n".encode()) == [(1, [long, "b"])]


def test_nuls_become_marks_that_no_field_takes():
    assert rows(b'a\0b,c\n"d\0",e\n') == [(1, ["a\ufffdb", "c"]), (2, ["d\ufffd", "e"])]


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b"\xef\xbb\xbf\xef\xbb\xbf"])
@pytest.mark.parametrize("piece", [1, 1 << 18])
def test_marks_at_the_beginning_belong_to_no_cell(start, piece):
    assert rows(start + b'"a",b\n', piece=piece) == [(1, ["a", "b"])]


def test_a_mark_inside_the_first_quotes_does_not_hide_the_heading():
    heading, sample = heading_and_sample(['"\ufeffTelefon",Onay\n0599,1\n'.encode()], Layout())
    assert heading == ["Telefon", "Onay"]
    assert sample == [["0599", "1"]]


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1254", "iso-8859-9", "utf-16-le",
                                      "utf-16-be", "cp857"])
def test_turkish_letters_come_through_in_every_encoding(encoding):
    text = "Şule Ğüç İıöç,onay\n" * 3
    assert rows(text.encode(encoding), Layout(encoding=encoding, header=False))[0] == (
        1, ["Şule Ğüç İıöç", "onay"])


def test_letters_of_windows_below_the_beginning_of_a_plain_file_are_read():
    data = b"a,b\n" * 50_000 + "Hayır,ş\n".encode("windows-1254")
    assert rows(data)[-1] == (50_001, ["Hayır", "ş"])


@pytest.mark.parametrize("encoding", ["UTF8", "utf-8-sig", "cp1254", "latin5", "UTF-16LE"])
def test_an_encoding_may_be_called_by_its_other_names(encoding):
    assert rows("ş,b\n".encode(encoding), Layout(encoding=encoding, header=False)) == [
        (1, ["ş", "b"])]


@pytest.mark.parametrize("encoding", ["zlib", "hex", "rot13", "idna", "yok", "utf-7", "", "a\0"])
def test_no_codec_is_opened_that_is_no_encoding_of_lists(encoding):
    with pytest.raises(CallerMistake) as refused:
        rows(b"a", Layout(encoding=encoding))
    assert refused.value.code == "bad_encoding"


@pytest.mark.parametrize("delimiter", ["", '"', "\n", ";;"])
def test_a_separator_that_can_be_none_is_refused(delimiter):
    with pytest.raises(CallerMistake) as refused:
        rows(b"a,b\n", Layout(delimiter=delimiter))
    assert refused.value.code == "bad_separator"


def test_an_empty_file_and_a_heading_alone_have_no_rows():
    assert rows(b"", Layout()) == []
    assert heading_and_sample([b""], Layout()) == ([], [])
    assert rows(b"Telefon,Onay", Layout()) == []
    assert heading_and_sample([b"Telefon,Onay"], Layout()) == (["Telefon", "Onay"], [])


def test_lines_above_the_heading_are_left_out_and_counted():
    data = b'Liste\n\n"Telefon",Onay\n1,2\n'
    assert rows(data, Layout(skip=2)) == [(4, ["1", "2"])]
    assert rows(data, Layout(skip=99)) == []


def test_a_heading_may_have_line_breaks_and_blank_ends():
    heading, sample = heading_and_sample([b'"Cep\ntelefonu",Onay,,\n1,2,,\n'], Layout())
    assert heading == ["Cep\ntelefonu", "Onay", "", ""]
    assert sample == [["1", "2", "", ""]]


def test_blocks_hold_few_rows_and_every_row_once():
    data = b"".join(b'%d,"x"\n' % n for n in range(1, 40_001)) + b'x"\n' + b'1,"y"\n' * 20_000
    found = list(csv_blocks([data], PLAIN))
    assert max(len(block.rows or ()) for block in found) <= BLOCK_ROWS
    assert [row[0] for block in found for row in rows_of(block, ",")] == list(range(1, 60_002))
    assert found[-1].position == len(data)


def outcome(read):
    try:
        return list(read())
    except CallerMistake as error:
        return error.en


@pytest.mark.parametrize("seed", range(300))
def test_text_gone_through_at_once_gives_the_rows_of_the_closer_look(seed, monkeypatch):
    drawn = random.Random(seed)
    pieces = ['"', ",", "\n", "\n", "a", "b,", 'x\n', '"a\nb"', '"",', ',"c"\n', '"d""e"\n']
    data = "".join(drawn.choices(pieces, k=drawn.randrange(400))).encode()
    monkeypatch.setattr(lines, "_BLOCK_CHARS", drawn.choice([20, 60, 200, 1 << 19]))
    monkeypatch.setattr(reader, "MOST_LINES_OF_A_RECORD", drawn.choice([3, 12, 1_000]))
    monkeypatch.setattr(reader, "MOST_COLUMNS", drawn.choice([4, 1_000]))
    at_once = outcome(lambda: rows(data))
    monkeypatch.setattr(reader._Records, "whole", lambda *_: 0)
    assert outcome(lambda: rows(data)) == at_once


def test_any_bytes_are_read_or_refused_and_lines_only_grow():
    drawn = random.Random(7)
    alphabet = [b'"', b",", b"\n", b"\r", b"\r\n", b"\0", b"a", b"\xfe", b"\xc3\xbc", b'""', b'",']
    for _ in range(400):
        data = b"".join(drawn.choices(alphabet, k=drawn.randrange(200)))
        numbers = [line for line, _ in rows(data, piece=drawn.choice((1, 5, 1000)))]
        assert numbers == sorted(set(numbers))
        assert rows(data) == rows(data, piece=3)


def test_blocks_of_every_size_give_the_same_rows(monkeypatch):
    data = b"".join(b'%d,"line\nbreak ""%d""",x\n' % (n, n) if n % 3 else b"%d,plain,y\n" % n
                    for n in range(3_000))
    whole = rows(data)
    monkeypatch.setattr(lines, "_BLOCK_CHARS", 300)
    assert rows(data, piece=100) == whole
    assert len(whole) == 3_000


def _rows(quoted: bool, count: int):
    row = b'EPOSTA,HS_WEB,kisi%d@ornek.com.tr,ONAY,2026-11-25 10:00:00,BIREYSEL\n'
    if quoted:
        row = row.replace(b"ONAY", b'"ONAY"').replace(b"HS_WEB", b'"HS_WEB"')
    for at in range(0, count, 4_000):
        yield b"".join(row % n for n in range(at, at + 4_000))


@pytest.mark.parametrize("quoted", [False, True], ids=["plain", "quoted"])
def test_a_million_rows_are_read_in_flat_memory(quoted):
    peak = ('next(int(line.split()[1]) for line in open("/proc/self/status") '
            'if line.startswith("VmHWM"))')
    found = subprocess.run([sys.executable, "-c", (
        "from tests.imports.test_reader import PLAIN, _rows, csv_blocks\n"
        f"before = {peak}\n"
        f"count = sum(1 for _ in csv_blocks(_rows({quoted}, 1_000_000), PLAIN))\n"
        f"print(count, {peak} - before)")], cwd=ROOT, capture_output=True, text=True, check=True)
    blocks, kilobytes = map(int, found.stdout.split())
    assert blocks > 100
    assert kilobytes < 60_000
