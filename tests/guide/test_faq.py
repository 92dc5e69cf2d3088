"""The questions and answers say the same in both languages and cite only rules the code keeps."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADING = re.compile(r"^## .+ <!-- ([a-z-]+) -->$", re.MULTILINE)
RULE = re.compile(r"R-\d{2}")


def _answers(language: str) -> dict[str, list[str]]:
    text = (ROOT / "docs/guide" / language / "faq.md").read_text(encoding="utf-8")
    parts = HEADING.split(text)[1:]
    return {
        anchor: sorted(RULE.findall(answer))
        for anchor, answer in zip(parts[::2], parts[1::2], strict=True)
    }


def test_both_languages_answer_the_same_questions_by_the_same_rules():
    assert _answers("tr") == _answers("en")
    assert len(_answers("tr")) == 10


def test_each_answer_names_a_rule_that_the_code_names():
    code = "".join(f.read_text(encoding="utf-8") for f in (ROOT / "ileti").rglob("*.py"))
    for anchor, rules in _answers("tr").items():
        assert rules, anchor
        assert set(rules) <= set(RULE.findall(code)), anchor
