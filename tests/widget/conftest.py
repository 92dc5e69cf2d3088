"""Fixtures of the widget's browser tests: one browser for all, one mock server per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page

from .mock_server import MockServer

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")

@pytest.fixture
def server() -> Iterator[MockServer]:
    """A fresh server of the contract."""
    mock = MockServer()
    yield mock
    mock.stop()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page in a context of its own; any script error on it fails the test."""
    context = chromium.new_context(locale="tr-TR", viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.set_default_timeout(8000)
    faults: list[str] = []
    tab.on("pageerror", lambda error: faults.append(str(error)))
    yield tab
    context.close()
    assert faults == []


def axe(page: Page) -> list[str]:
    """Violations of WCAG 2.2 AA and best practices, as "rule: element" lines."""
    page.evaluate(AXE)
    result: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{fault['id']}: {node['html'][:120]}"
        for fault in result["violations"]
        for node in fault["nodes"]
    ]
