"""Fixtures of the widget's browser tests: one browser for all, one mock server per test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from .mock_server import MockServer

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def widget_browser() -> Iterator[Browser]:
    """Debian's Chromium, headless; `ILETI_CHROMIUM` names another one."""
    found = os.environ.get("ILETI_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def server() -> Iterator[MockServer]:
    """A fresh server of the contract."""
    mock = MockServer()
    yield mock
    mock.stop()


@pytest.fixture
def page(widget_browser: Browser) -> Iterator[Page]:
    """A page in a context of its own; any script error on it fails the test."""
    context = widget_browser.new_context(locale="tr-TR", viewport={"width": 1280, "height": 900})
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
