"""Lists made to keep a reader busy, to fill its memory or to make it see what is not there."""

from __future__ import annotations

import time

import pytest

from ileti.imports.facts import is_date, is_email, is_phone
from ileti.imports.mapping import recognise
from ileti.imports.reading.layout import detect

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
