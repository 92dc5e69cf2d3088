"""No hook without a page for authors, an example and a test of its own."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from ileti.hooks import manager, specs
from ileti.hooks.kinds import VERSION

ROOT = Path(__file__).resolve().parents[2]
HOOKS = sorted(name for name, one in vars(specs).items() if hasattr(one, "ileti_spec"))
DOCS = (ROOT / "docs" / "plugins.md").read_text("utf-8")
EXAMPLE = "\n".join(one.read_text("utf-8") for one in sorted(
    (ROOT / "examples" / "ileti-plugin-ornek").rglob("*.py")))
TESTS = "\n".join(one.read_text("utf-8") for one in sorted(
    (ROOT / "tests" / "hooks").glob("test_*.py")))


def test_there_are_hooks_each_with_a_time_limit() -> None:
    assert len(HOOKS) >= 6
    assert set(HOOKS) == set(manager.SECONDS)


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented(hook: str) -> None:
    assert len(inspect.getdoc(getattr(specs, hook)) or "") > 60
    signature = ", ".join(inspect.signature(getattr(specs, hook)).parameters)
    assert f"### {hook}({signature})" in DOCS
    section = DOCS.partition(f"### {hook}(")[2].partition("\n### ")[0]
    assert f"{manager.SECONDS[hook]:g} s" in section
    assert len(section) > 300


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_in_the_example_and_tested(hook: str) -> None:
    assert re.search(rf"@hookimpl\ndef {hook}\(", EXAMPLE)
    assert f"ornek.{hook}(" in EXAMPLE  # by the example's own tests
    assert re.search(rf"put_in\([^)]*{hook}=", TESTS)


def test_the_page_names_no_hook_there_is_not() -> None:
    assert set(re.findall(r"^### (\w+)\(", DOCS, re.MULTILINE)) == set(HOOKS)
    assert f"ILETI_HOOKS = {VERSION}" in DOCS
