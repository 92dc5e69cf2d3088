"""A mail's two parts around what its author wrote: styles, dark mode, and the blocks of the law.

Why this module exists: the author's HTML or MJML ends in a box of its own, written anew
(:mod:`ileti.templates.mailclean`) with its style sheets kept to that box
(:mod:`ileti.templates.mailcss`). The identity and the refusal stand after the box, in elements no
rule of the author's reaches, with their colours said for a light and a dark screen (R-24 to R-29).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import css_inline
import mrml

from ileti.channels.render import environment
from ileti.templates.mailclean import clean
from ileti.templates.mailcss import BOX, parted
from ileti.templates.mailtext import plain_of

_BEFORE: Final = (("<?xml", "?>"), ("<!--", "-->"))
_DARK: Final = re.compile(r"prefers-color-scheme\s*:\s*dark")
_COLOURS: Final = re.compile(r"color|background|<font", re.IGNORECASE)


class BadMarkup(ValueError):
    """The MJML cannot be read; ``says`` is the reader's own sentence, English."""

    def __init__(self, says: str) -> None:
        super().__init__(says)
        self.says = says


@dataclass(frozen=True)
class Built:
    """The author's part, ready: ``html`` of the box, rules of ``@media`` kept to it, what was left
    out, and whether it stays as light as it was written on a dark screen."""

    html: str
    media: str
    dropped: tuple[str, ...]
    mjml: bool
    light: bool

    @property
    def text(self) -> str:
        """Its words."""
        return plain_of(self.html)


def is_mjml(source: str) -> bool:
    """Whether a source is MJML; anything else counts as HTML."""
    rest = source.lstrip("\ufeff \t\r\n")
    while (ended := next((end for begun, end in _BEFORE if rest.startswith(begun)), "")):
        _before, found, rest = rest.partition(ended)
        rest = rest.lstrip() if found else ""
    return re.match(r"<mjml\b", rest) is not None


@lru_cache(maxsize=64)
def built(source: str) -> Built:
    """The author's HTML or MJML, compiled, cleaned, its plain rules put into its elements. Raises
    BadMarkup."""
    mjml = is_mjml(source)
    written = clean(_compiled(source) if mjml else source)
    sheet = parted(written.css)
    html, dropped = written.html, written.dropped
    if sheet.plain and html:
        put = css_inline.CSSInliner(load_remote_stylesheets=False)
        html = clean(put.inline_fragment(f"<div>{html}</div>", sheet.plain)).html
    light = not _DARK.search(sheet.media) and (mjml or bool(_COLOURS.search(html)))
    return Built(html, sheet.media, dropped, mjml, light)


def _compiled(source: str) -> str:
    """MJML as HTML; an include brings in nothing, least of all a file of this machine."""
    if re.search(r"<mj-include\b", source, re.IGNORECASE):
        raise BadMarkup("mj-include is not available here: put the part into the text itself")
    try:
        return str(mrml.to_html(source, mrml.ParserOptions(
            include_loader=mrml.noop_loader())).content)
    except (OSError, ValueError, RuntimeError) as error:
        raise BadMarkup(str(error)[:300]) from error


def document(box: Built | None, **context: object) -> str:
    """The whole HTML part; ``context``: subject, preheader, kunye (lines), terms, refuse (address
    of the refusal, or nothing for an exempt message). Fields in the author's part are still open,
    and of ours only the refusal's."""
    made = environment("tr").get_template("mail/message.html").render(
        context | {"box": box, "box_class": BOX, "lang": "tr"})
    return re.sub(r"\n\s*\n+", "\n", made).strip() + "\n"
