"""The user guide as a static site: files that any web server, or none, can show.

Links are relative, style and script lie beside the pages, and nothing is asked of another host. The
search needs the script here; without it the chapters and their lists of tasks remain.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader

from ileti.web import guidebook

_STATIC: Final = Path(__file__).resolve().parents[2] / "static"
_TEMPLATES: Final = Path(__file__).resolve().parent / "templates"


def write(folder: Path) -> int:
    """Write the site into ``folder`` (made when missing) and return the number of pages."""
    template = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True).get_template(
        "public/guide_site.html")
    pages = 0
    for language, other in (("tr", "en"), ("en", "tr")):
        (folder / language).mkdir(parents=True, exist_ok=True)
        for chapter in guidebook.chapters(language):
            page = template.render(
                language=language, other=other, chapter=chapter, asked="", hits=[], nonce="",
                chapters=guidebook.chapters(language), index=guidebook.index(language, _to),
                to=_to, search_url="", words=guidebook.WORDS[language])
            (folder / language / _to(chapter.key)).write_text(page, encoding="utf-8")
            pages += 1
        shutil.copyfile(folder / language / _to("admin"), folder / language / "index.html")
    style = [(_STATIC / "css" / name).read_text(encoding="utf-8")
             for name in ("tokens.css", "pages/guide.css")]
    (folder / "guide.css").write_text("\n".join(style), encoding="utf-8")
    shutil.copyfile(_STATIC / "js" / "guide.js", folder / "guide.js")
    (folder / "index.html").write_text(
        '<!doctype html><html lang="tr"><meta charset="utf-8"><title>İleti</title>'
        '<meta http-equiv="refresh" content="0; url=tr/index.html">'
        '<a href="tr/index.html">Türkçe</a> <a href="en/index.html" lang="en">English</a></html>\n',
        encoding="utf-8")
    return pages


def _to(key: str) -> str:
    return f"{key}.html"
