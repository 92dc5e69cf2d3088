"""Cells of a file that is opened in a spreadsheet."""

from __future__ import annotations

import pytest

from ileti.core import csvfile


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|' /C calc'!A0", "-1+1", "@SUM(A1)", "\t=1", "\r=1",
                                  "|x", "%x", "+90=1", "-2+3"])
def test_what_could_be_run_is_text(cell: str) -> None:
    assert csvfile.defused(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "Nazlı", "+90 599 123 45 67", "+90 5•• ••• 45 67", "-3,5",
                                  "12", "a=1"])
def test_what_cannot_be_run_stays(cell: str) -> None:
    assert csvfile.defused(cell) == cell


def test_a_table_has_its_mark_and_semicolons() -> None:
    assert csvfile.table([("Ad", "Sayı"), ("=1;\n", 3)]).decode() == (
        "\ufeffAd;Sayı\r\n\"'=1;\n\";3\r\n")
