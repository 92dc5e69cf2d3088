"""The wording a new brand starts with says what the house does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ileti.documents.lint import Written, check, errors
from ileti.documents.standard import notice_text
from ileti.retention.rules import ENDED_YEARS, EVENT_YEARS

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "texts"
FIRM, BRAND = "Defne Ev Tekstili A.Ş.", "Defne Ev"
CONTACT = "Kemalpaşa Mah. 7408 Sok. No: 12 Bornova/İzmir, kvkk@defneev.ornek.test"
ABOVE = {"tr": "yukarıda", "en": "above"}


def body_of(language: str, contact: str = CONTACT) -> str:
    return notice_text(language, FIRM, BRAND, contact)[1]


@pytest.mark.parametrize("name", ["aydinlatma.tr", "aydinlatma.en", "aydinlatma.yolsuz.tr",
                                  "aydinlatma.yolsuz.en"])
def test_the_notice_of_a_new_brand_reads_as_its_golden_file(name: str) -> None:
    """The golden files in tests/golden/texts are the wording; change both together."""
    said = body_of(name[-2:], "" if "yolsuz" in name else CONTACT)
    assert said + "\n" == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(("language", "year"), [("tr", r"(\d+) yıl"), ("en", r"(\d+) years")])
def test_r46_the_notice_says_the_very_periods_the_house_keeps(language: str, year: str) -> None:
    said = re.findall(year, body_of(language))
    assert [int(one) for one in said] == [EVENT_YEARS, ENDED_YEARS, EVENT_YEARS]


@pytest.mark.parametrize(("language", "word"), [("tr", "kanıt dosya"), ("en", "proof file")])
def test_r59_the_notice_names_the_proof_files(language: str, word: str) -> None:
    assert body_of(language).count(word) == 2


@pytest.mark.parametrize("language", ["tr", "en"])
def test_without_a_contact_line_the_notice_points_at_nothing_above(language: str) -> None:
    assert ABOVE[language] in body_of(language)
    assert ABOVE[language] not in body_of(language, "  ")
    assert "KEP" in body_of(language, "")


@pytest.mark.parametrize("contact", [CONTACT, ""])
@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_linter_finds_nothing_that_stops_the_notice(language: str, contact: str) -> None:
    title, body = notice_text(language, FIRM, BRAND, contact)
    assert errors(check(Written("AYDINLATMA", language, title, body, names=(FIRM,)))) == []
