"""Sender titles of SMS, judged before an operator refuses them (R-54)."""

from __future__ import annotations

import pytest

from ileti.channels.titles import faults_of


@pytest.mark.parametrize("title", ["DEFNE EV", "Defne", "A&B Tekstil", "M.S.A.", "NAZ", "AKASYA-EV",
                                   "7GUN MARKET", "DEFNE'S"])
def test_a_name_of_ones_own_may_be_asked_for(title: str) -> None:
    assert faults_of(title) == []


@pytest.mark.parametrize(("title", "codes"), [
    ("INFO", ["generic"]), ("Bilgi", ["generic"]), ("BİLGİ", ["letters", "generic"]),
    ("firma.com", ["address"]), ("www.defne", ["address"]), ("ŞİRKET", ["letters"]),
    ("AB", ["length"]), ("ABCDEFGHIJKL", ["length"]), ("", ["length"]), ("DEFNE!", ["letters"]),
    ("08500000", ["digits"]), (" DEFNE", ["blanks"]), ("DEFNE  EV", ["blanks"]),
    ("İ N F O", ["letters", "generic"]), ("E-DEVLET", ["generic"]), ("P.T.T", ["generic"]),
    ("DEFNE\nEV", ["letters", "blanks"]), ("D\u0415FNE", ["letters"]),
])
def test_what_an_operator_would_refuse_is_told(title: str, codes: list[str]) -> None:
    assert [one.code for one in faults_of(title)] == codes


def test_each_fault_is_told_in_both_languages() -> None:
    for one in faults_of("İNFO.com!!!!!!"):
        assert one.tr.endswith(".")
        assert one.en.endswith(".")
