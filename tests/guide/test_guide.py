"""Every page of the panel is explained in both languages, by the names its buttons have."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

from ileti.tenancy import roles
from ileti.tenancy.security import is_public
from ileti.web import guidebook, guidesite
from tests.panel.people import sign_in, user_with

ROOT = Path(__file__).resolve().parents[2]
BOLD = re.compile(r"\*\*(.+?)\*\*")
# views without a page of their own, and why
UNEXPLAINED = {
    "UtilView": "leads back, shows nothing",
}


@pytest.fixture(scope="module")
def catalogue() -> Any:
    with (ROOT / "translations/tr/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file)


def _pages(language: str) -> set[str]:
    return {page for one in guidebook.chapters(language) for task in one.tasks
            for page in task.pages}


def _panel(app: Any) -> tuple[set[str], set[str]]:
    """Names of views with a page behind the sign-in, and all endpoints."""
    rules = list(app.url_map.iter_rules())
    shown = {rule.endpoint.partition(".")[0] for rule in rules if "GET" in rule.methods
             and "." in rule.endpoint and rule.endpoint[0].isupper()
             and not is_public(app, rule.endpoint, rule.endpoint.partition(".")[0])}
    return shown, {rule.endpoint for rule in rules}


def test_every_page_of_the_panel_has_its_task(app: Any) -> None:
    shown, _endpoints = _panel(app)
    explained = {page.partition(".")[0] for page in _pages("tr")}
    assert shown - explained == set(UNEXPLAINED)


def test_a_task_names_only_pages_that_are_there(app: Any) -> None:
    _shown, endpoints = _panel(app)
    views = {one.partition(".")[0] for one in endpoints}
    assert {page for page in _pages("tr") if page not in endpoints | views} == set()


@pytest.mark.parametrize("key", guidebook.CHAPTERS)
def test_both_languages_have_the_same_tasks(key: str) -> None:
    ours, theirs = guidebook.chapter("tr", key), guidebook.chapter("en", key)
    assert [(t.anchor, t.pages) for t in ours.tasks] == [(t.anchor, t.pages) for t in theirs.tasks]
    anchors = [task.anchor for task in ours.tasks]
    assert len(anchors) == len(set(anchors))
    for one, other in zip(ours.tasks, theirs.tasks, strict=True):
        assert len(BOLD.findall(one.source)) == len(BOLD.findall(other.source)), one.anchor
        assert one.source.count("\n") == other.source.count("\n") or key == "faq", one.anchor


@pytest.mark.parametrize("key", guidebook.CHAPTERS)
def test_buttons_are_called_what_the_product_calls_them(key: str, catalogue: Any) -> None:
    named = {"en": {m.id for m in catalogue}, "tr": {m.string for m in catalogue}}
    for language, names in named.items():
        bold = {one for task in guidebook.chapter(language, key).tasks
                for one in BOLD.findall(task.source)}
        assert bold - names == set(), language


def test_rules_that_are_cited_are_rules_the_code_names() -> None:
    code = "".join(f.read_text(encoding="utf-8") for f in (ROOT / "ileti").rglob("*.py"))
    rules = {rule for language in ("tr", "en") for one in guidebook.chapters(language)
             for task in one.tasks for rule in re.findall(r"R-\d{2}", task.source)}
    assert rules <= set(re.findall(r"R-\d{2}", code))


def test_help_leads_to_the_task_of_the_page_in_the_own_chapter_first() -> None:
    assert guidebook.place_of("RadarView.index", "compliance_officer") == ("compliance", "radar")
    assert guidebook.place_of("ConsentView.show", "dealer_user") == ("dealer", "look-up")
    assert guidebook.place_of("ConsentView.refuse", "dealer_user") == ("dealer", "refusal")
    assert guidebook.place_of("nowhere", "marketer") == ("marketer", "")
    assert {role.key for role in roles.ROLES} == set(guidebook.OF_ROLE)


def test_search_finds_words_without_turkish_letters() -> None:
    tasks = guidebook.index("tr", str)
    first = guidebook.found(tasks, "SIFRELEME anahtarini")[0]
    assert first["url"] == "operator#keys"
    assert guidebook.found(tasks, "  ") == []


def test_html_in_a_text_is_shown_and_not_run() -> None:
    assert "<script" not in guidebook.rendered("a <script>alert(1)</script>")


def test_somebody_with_the_least_rights_reads_it_and_finds_without_a_script(
        app: Any, place: Any) -> None:
    client = sign_in(app, user_with(app, "report_viewer", place))
    page = client.get("/yardim/")
    assert page.status_code == 200
    assert "Süresi yaklaşan kayıtlara bakmak" in page.text
    found = client.get("/yardim/?q=karekod").text
    assert '/yardim/dealer#code"' in found
    assert '/yardim/admin#account"' in client.get("/hesabim/oturumlar/").text
    assert client.get("/yardim/nowhere").status_code == 404


def test_the_static_site_leads_only_to_itself(tmp_path: Path) -> None:
    assert guidesite.write(tmp_path) == 2 * len(guidebook.CHAPTERS)
    for file in tmp_path.rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        for link in re.findall(r'(?:href|src)="([^"]+)"', text):
            target, _, anchor = link.partition("#")
            there = (file.parent / target) if target else file
            assert there.is_file(), (file, link)
            assert not anchor or f'id="{anchor}"' in there.read_text(encoding="utf-8"), link
