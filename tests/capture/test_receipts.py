"""Receipt numbers tell nothing and can be turned back."""

from __future__ import annotations

import re
from typing import Any

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ileti.capture.receipts import canonical, receipt_number, submission_of


@given(st.integers(min_value=0, max_value=2**60 - 1))
def test_every_number_can_be_turned_back(number: int) -> None:
    text = receipt_number(number)
    assert re.fullmatch(r"MKB-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", text)
    assert submission_of(text) == number
    assert submission_of(text.lower().replace("-", " ")) == number


# the first text makes Hypothesis's table of letters, seconds on a machine that is busy
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.text("abcXYZ", min_size=1), st.text() | st.integers(0, 2**53 - 1)
                       | st.lists(st.dictionaries(st.sampled_from(["leaf", "a"]), st.text()))))
def test_the_signed_form_is_rfc_8785(body: dict[str, Any]) -> None:
    assert canonical(body) == rfc8785.dumps(body)


def test_neighbours_do_not_look_like_neighbours() -> None:
    assert receipt_number(1)[:8] != receipt_number(2)[:8]


@pytest.mark.parametrize("text", ["", "MKB", "MKB-UUUU-UUUU-UUUU", "x" * 500, "MKB-1234-5678"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert submission_of(text) is None


def test_a_number_too_great_is_refused() -> None:
    with pytest.raises(ValueError, match="no MKB number"):
        receipt_number(2**60)
