"""The user guide as it is read: chapters by role, each a list of tasks.

Why this module exists: the panel, the static site and the tests ask the same files the same
questions. A task's heading carries its anchor and the pages it explains, so that the help button of
a page finds its task and a page without one is found by a test. The texts are ours; HTML in them is
not read all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from markupsafe import Markup

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "guide"
CHAPTERS: Final = ("admin", "dealer", "agent", "compliance", "marketer", "integrator", "operator",
                   "faq")
OF_ROLE: Final = {
    "platform_admin": "operator", "provider_admin": "admin", "brand_manager": "admin",
    "dealer_manager": "dealer", "dealer_user": "dealer", "call_centre_agent": "agent",
    "compliance_officer": "compliance", "marketer": "marketer", "report_viewer": "compliance",
}
WORDS: Final = {
    "tr": {"guide": "Kullanım kılavuzu", "about": "İşinizi adım adım anlatır.",
           "search": "Kılavuzda ara", "go": "Ara", "chapters": "Bölümler",
           "found": "Bulunanlar", "nothing": "Bu sözcüklerle bir konu yok."},
    "en": {"guide": "User guide", "about": "Your work, step by step.",
           "search": "Search the guide", "go": "Search", "chapters": "Chapters",
           "found": "Found", "nothing": "No task has these words."},
}
_HEADING: Final = re.compile(r"^## (.+?) <!-- ([a-z-]+)(?: \| pages: ([\w., ]+))? -->$",
                             re.MULTILINE)
_MARKS: Final = re.compile(r"[*`]|^\d+\. ", re.MULTILINE)


@dataclass(frozen=True)
class Task:
    """One task: what its reader wants, and the steps."""

    anchor: str
    title: str
    pages: tuple[str, ...]
    source: str

    @property
    def html(self) -> Markup:
        """The steps as HTML."""
        return rendered(self.source)

    @property
    def plain(self) -> str:
        """The steps in one line, for searching."""
        return " ".join(_MARKS.sub("", self.source).split())


@dataclass(frozen=True)
class Chapter:
    """What one role reads."""

    key: str
    title: str
    opening: str
    tasks: tuple[Task, ...]

    @property
    def opening_html(self) -> Markup:
        """What stands before the first task, as HTML."""
        return rendered(self.opening)


@lru_cache(maxsize=512)
def rendered(source: str) -> Markup:
    """Markdown as HTML; HTML inside it is shown as text."""
    made = MarkdownIt("commonmark", {"html": False, "typographer": True}).enable(
        "smartquotes").render(source)
    return Markup(made)  # noqa: S704 - our own files, and HTML in them is escaped


@lru_cache(maxsize=16)
def chapter(language: str, key: str) -> Chapter:
    """One chapter, read once. Raises LookupError for a chapter that is not there."""
    if key not in CHAPTERS or language not in ("tr", "en"):
        raise LookupError(key)
    text = (FOLDER / language / f"{key}.md").read_text(encoding="utf-8")
    head, *parts = _HEADING.split(text)
    title, _, opening = head.strip().partition("\n")
    tasks = tuple(
        Task(anchor, name, tuple(one.strip() for one in (pages or "").split(",") if one.strip()),
             body.strip())
        for name, anchor, pages, body in zip(*[iter(parts)] * 4, strict=True)
    )
    return Chapter(key, title.removeprefix("# "), opening.strip(), tasks)


def chapters(language: str) -> list[Chapter]:
    """All chapters in reading order."""
    return [chapter(language, key) for key in CHAPTERS]


def start_of(role: str) -> str:
    """The chapter that somebody of this role opens first; a composed role begins as an admin."""
    return OF_ROLE.get(role, "admin")


def place_of(endpoint: str, role: str) -> tuple[str, str]:
    """Chapter and anchor that explain a page: its own mark before its view's, the reader's own
    chapter before others; without any, the start of the role (and no anchor)."""
    own = start_of(role)
    order = [own, *(key for key in CHAPTERS if key != own)]
    for wanted in (endpoint, endpoint.partition(".")[0]):
        for key in order:
            for task in chapter("tr", key).tasks:
                if wanted and wanted in task.pages:
                    return key, task.anchor
    return own, ""


def index(language: str, to: Callable[[str], str]) -> list[dict[str, str]]:
    """What the search looks through, in reading order; ``to`` gives a chapter's address."""
    return [{"part": one.title, "url": f"{to(one.key)}#{task.anchor}", "title": task.title,
             "text": task.plain} for one in chapters(language) for task in one.tasks]


def found(tasks: list[dict[str, str]], asked: str) -> list[dict[str, str]]:
    """Tasks that hold every word asked for; those that name them in the title first."""
    words = folded(asked).split()
    if not words:
        return []
    hits = [one for one in tasks
            if all(word in folded(one["title"] + " " + one["text"]) for word in words)]
    return sorted(hits, key=lambda one: not all(w in folded(one["title"]) for w in words))


def folded(text: str) -> str:
    """Small letters without the dots that people leave out: İ, I, ı and i are one letter here."""
    small = text.replace("İ", "i").replace("I", "i").lower().replace("ı", "i")
    return small.translate(str.maketrans("çğöşüâîû’", "cgosuaiu'"))
