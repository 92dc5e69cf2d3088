"""Children turn blocks in order, and one that fails takes nobody with it in silence."""

from __future__ import annotations

import pytest

from ileti.consents.numbers import RECORDS
from ileti.core import crew, csvfile
from ileti.core.crew import CrewLost, Turn

HERE = "tests.core.test_crew:turning"
BLOCKS = [f"{n},".encode() * (n % 7 + 1) for n in range(40)]


def turning(task: dict[str, str]) -> Turn:
    """What a child of these tests does."""
    def turn(block: bytes) -> bytes:
        if block == b"break":
            raise RuntimeError("broken")
        return task["before"].encode() + block

    return turn


@pytest.mark.parametrize("hands", [0, 1, 3])
def test_blocks_come_back_in_the_order_in_which_they_went(hands: int) -> None:
    found = list(crew.in_order(iter(BLOCKS), HERE, {"before": ">"}, hands))
    assert found == [b">" + block for block in BLOCKS]


def test_a_child_that_dies_ends_the_work() -> None:
    with pytest.raises(CrewLost):
        list(crew.in_order([b"a", b"break", b"b"], HERE, {"before": ""}, 1))


def test_who_stops_reading_leaves_no_child() -> None:
    going = crew.in_order(iter(BLOCKS), HERE, {"before": ""}, 2)
    next(going)
    going.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("number", [0, 1, 2**30 - 1, 2**30, 2**45 + 7, 2**60 - 1])
def test_numbers_made_in_bulk_are_those_made_singly(number: int) -> None:
    assert RECORDS.maker()(number) == RECORDS.of(number)


@pytest.mark.parametrize("cells", [
    ["a", "b"], ["=1+1", "+905992134117", "-5,2", "@x"], ["a;b", 'say "x"', "two\r\nlines"],
    ["", "ş", "'"], ["\t=x", "|x", "%x"]])
def test_cells_joined_are_the_line_the_writer_makes(cells: list[str]) -> None:
    assert csvfile.joined(cells) + "\r\n" == csvfile.line(cells)
