"""One object per line: what becomes the heading, what costs its line, what it costs to read."""

from __future__ import annotations

import json
import time
import tracemalloc

import pytest

from ileti.core.errors import CallerMistake
from ileti.imports.reading.reader import Layout
from ileti.imports.reading.sources import blocks, examine, heading_and_sample

NDJSON = Layout(format="ndjson")


def rows(data: bytes, piece: int = 1 << 16) -> list:
    pieces = [data[at:at + piece] for at in range(0, len(data), piece)]
    return [row for block in blocks(pieces, NDJSON) for row in block.rows or ()]


def lines(*objects) -> bytes:
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in objects).encode()


@pytest.mark.parametrize("piece", [1, 1 << 16])
def test_the_keys_of_the_first_lines_are_the_heading(piece):
    data = lines({"telefon": "0599", "onay": "1"}, {"onay": "Hayır", "kaynak": "web"})
    assert heading_and_sample([data], NDJSON) == (
        ["telefon", "onay", "kaynak"], [["0599", "1", ""], ["", "Hayır", "web"]])
    assert rows(data, piece) == [(1, ["0599", "1", ""]), (2, ["", "Hayır", "web"])]


def test_values_become_text():
    data = lines({"a": 5991234567, "b": 5991234567.0, "c": True, "d": False, "e": None, "f": 1.5,
                  "g": "ş\n"})
    assert rows(data) == [(1, ["5991234567", "5991234567", "1", "0", "", "1.5", "ş\n"])]


@pytest.mark.parametrize("broken", [
    b"{", b"[1]", b'"a"', b"7", b'{"a":{"b":1}}', b'{"a":[1]}', b'{"a":1}{"a":2}', b"a,b",
    b'{"a":"RET","a":"ONAY"}', b'{"a":"\\u0041","a":"B"}', b'{"a":1,"\\u0061":2}',
    b'{"a":"\\ud800"}', b'{"a":NaN}', b'{"a":"x', b"{" * 50_000, b'{"a":' * 50_000,
], ids=lambda one: str(one[:24]))
def test_what_is_no_flat_object_costs_its_own_line(broken):
    found = rows(b'{"a":"1"}\n' + broken + b'\n\n{"a":"2"}\n')
    assert found == [(1, ["1"]), (2, None), (4, ["2"])]


def test_a_key_that_comes_late_stands_beyond_the_heading():
    data = lines(*[{"a": "1"}] * 1_000, {"a": "2", "b": "ONAY"}, {"b": None, "a": "3"})
    assert rows(data)[-2:] == [(1_001, ["2", "ONAY"]), (1_002, ["3"])]


def test_nuls_and_escapes_are_read_and_marks_at_the_beginning_left_out():
    data = b'\xef\xbb\xbf{"a":"x\\u0000y","b\\t":"\\u015f"}\r\n'
    assert rows(data) == [(1, ["x\ufffdy", "ş"])]
    assert heading_and_sample([data], NDJSON)[0] == ["a", "b\t"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1254"])
def test_other_encodings_are_told(encoding):
    data = lines({"telefon": "0599", "ad": "Işık"}, {"telefon": "0598", "ad": "Şule"})
    found = examine("a.jsonl", [data.decode().encode(encoding)])
    assert found.layout.format == "ndjson"
    assert found.rows[1] == ["0598", "Şule"]


def test_very_many_keys_and_very_long_lines_are_refused():
    with pytest.raises(CallerMistake):
        rows(lines({str(n): 1 for n in range(2_000)}))
    with pytest.raises(CallerMistake) as refused:
        rows(lines({"a": 1}) + b'{"a":"' + b"x" * 3_000_000)
    assert "Satır 2 " in refused.value.tr


def test_a_file_without_rows():
    assert heading_and_sample([b"\n\n"], NDJSON) == ([], [])
    assert rows(b"\n") == []


def test_many_rows_cost_little_time_and_memory():
    def pieces(count):
        for at in range(0, count, 1_000):
            yield b"".join(b'{"telefon":"+9059900%05d","onay":"ONAY","kaynak":"HS_WEB"}\n' % n
                           for n in range(at, at + 1_000))

    given = list(pieces(100_000))
    best = 99.0
    for _ in range(3):
        began = time.process_time()
        assert sum(len(block.rows or ()) for block in blocks(given, NDJSON)) == 100_000
        best = min(best, (time.process_time() - began) * 10)
    assert best < 15, "microseconds per row"
    tracemalloc.start()
    try:
        for _ in blocks(pieces(30_000), NDJSON):
            pass
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()
