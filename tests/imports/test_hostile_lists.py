"""Lists made to keep a reader busy, to fill its memory or to make it see what is not there."""

from __future__ import annotations

import json
import time
import tracemalloc

import pytest

from ileti.core.errors import CallerMistake
from ileti.imports.facts import is_date, is_email, is_phone
from ileti.imports.mapping import recognise
from ileti.imports.reading.layout import detect
from ileti.imports.reading.reader import Layout
from ileti.imports.reading.sources import heading_and_sample

NDJSON = Layout(format="ndjson")

ENDLESS = "a@" + "." * 60_000 + " x"


def test_a_cell_made_for_a_pattern_costs_no_time():
    started = time.process_time()
    detect("liste.csv", f"ad;eposta\nx;{ENDLESS}\n".encode())
    recognise(["ad", "nedir"], [["x", ENDLESS * 20]] * 3)
    assert time.process_time() - started < 2


@pytest.mark.parametrize(("looks", "cell"), [
    (is_phone, "0 (599) 213-41.17"), (is_phone, "'+905992134117"), (is_email, "a@ornek.com.tr"),
    (is_date, "3.11.26 09:45"), (is_date, "2026-11-23T10:00:00Z")])
def test_what_people_write_is_recognised(looks, cell):
    assert looks(cell)
    assert not looks(cell + "?" * 400)


def test_lines_that_each_name_thousands_of_keys_end_at_the_first():
    def pieces():
        for n in range(200):
            yield (json.dumps({f"k{n}-{m}": 1 for m in range(20_000)}) + "\n").encode()

    tracemalloc.start()
    with pytest.raises(CallerMistake):
        heading_and_sample(pieces(), NDJSON)
    assert tracemalloc.get_traced_memory()[1] < 60e6
    tracemalloc.stop()


def test_the_heading_is_sought_in_a_few_megabytes_and_not_in_a_thousand_long_lines():
    taken = 0

    def pieces():
        nonlocal taken
        for n in range(200):
            taken += 1
            yield (json.dumps({"ad": "x" * 500_000, f"ek{n // 100}": n}) + "\n").encode()

    heading, rows = heading_and_sample(pieces(), NDJSON, 3)
    assert (heading, len(rows)) == (["ad", "ek0"], 3)
    assert taken < 40
