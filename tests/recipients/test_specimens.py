"""Invented numbers pass where everything is invented, and nowhere else (docs/adr/0011)."""

from __future__ import annotations

import pytest

import config
from config import load_settings, settings
from ileti.recipients.address import AddressError, parse_address, parse_phone

SPECIMEN, REAL = "0599 213 41 17", "0532 213 41 17"


@pytest.mark.parametrize(("env", "said", "taken"), [
    ("development", None, True), ("test", None, True), ("development", False, False),
    ("production", None, False), ("production", True, True),
])
def test_the_environment_decides_unless_the_setting_does(
    env: str, said: bool | None, taken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "_refuse_weakness", lambda _: None)
    made = load_settings(ileti_env=env, specimen_numbers=said)
    assert made.specimens is taken


def test_with_specimens_both_numbers_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "specimen_numbers", True)
    assert parse_phone(SPECIMEN) == "+905992134117"
    assert parse_address(REAL).value == "+905322134117"


def test_without_specimens_only_the_real_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "specimen_numbers", False)
    with pytest.raises(AddressError) as refused:
        parse_phone(SPECIMEN)
    assert refused.value.code == "NUMARA_GECERSIZ"
    assert parse_phone(REAL) == "+905322134117"


def test_a_caller_may_decide_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "specimen_numbers", False)
    assert parse_phone(SPECIMEN, specimens=True) == "+905992134117"
