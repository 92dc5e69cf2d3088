"""Numbers people read out: each kind leads to its own things and to nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ileti.consents.numbers import entry_of, receipt_number, record_number, submission_of


@given(st.integers(min_value=0, max_value=2**60 - 1))
def test_a_record_number_can_be_turned_back(entry_id: int) -> None:
    text = record_number(entry_id)
    assert text.startswith("IZN-")
    assert entry_of(text) == entry_id
    assert entry_of(f" {text.lower().replace('-', ' ')} ") == entry_id


@given(st.integers(min_value=0, max_value=2**60 - 1))
def test_a_receipt_number_is_no_record_number(number: int) -> None:
    assert entry_of(receipt_number(number)) is None
    assert submission_of(record_number(number).removeprefix("IZN-")) != number


@pytest.mark.parametrize("text", ["1", "000000000001", "IZN-0000-0001", "IZN-UUUU-UUUU-UUUU", ""])
def test_a_bare_id_is_no_record_number(text: str) -> None:
    assert entry_of(text) is None


def test_neighbouring_records_do_not_look_alike() -> None:
    assert record_number(4711)[:8] != record_number(4712)[:8]
