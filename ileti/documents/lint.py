"""What the law says about a wording, before anybody sees it.

Why: the Board and the Ministry judge words, and every rule here is one they have fined for: words
of acceptance under a notice (R-58), one box for two things (R-58), a missing part of the notice
(R-59), no positive statement (R-09), no way back (R-62), consent as the price of a service (R-13),
grounds that say nothing (R-59), a code as a yes (R-22). An error stops publishing, a hint does not;
each says why and names its rule. It is a help to write by, not legal advice. Pure: the same call
serves the editor while one writes and :mod:`ileti.documents.publish`.

The rules themselves are tables in :mod:`ileti.documents.lintrules` and
:mod:`ileti.documents.lintparts`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ileti.documents import lintparts, lintrules
from ileti.documents.fold import Folded, fold
from ileti.documents.lintparts import Part
from ileti.documents.lintrules import ERROR, HINT, Rule

__all__ = ["ERROR", "HINT", "Finding", "Part", "Written", "check", "errors", "parts"]

MOST_FINDINGS: Final = 60


@dataclass(frozen=True)
class Written:
    """A wording and what is known about it. ``channel`` is İYS's word; ``names`` those of the
    provider that may stand in it; ``grounds`` the legal grounds of the linked purposes."""

    kind: str
    language: str
    title: str
    body: str
    channel: str | None = None
    names: tuple[str, ...] = ()
    grounds: tuple[str, ...] = ()
    in_contract: bool = False


@dataclass(frozen=True)
class Finding:
    """One thing found. ``start`` and ``end`` are a span of the body in characters, both 0 when it
    is about the whole text; ``rule`` is the R-number and, after a point, the decision or article.
    ``proposal``: words that would do, None where only the writer knows them."""

    code: str
    level: str
    rule: str
    start: int
    end: int
    tr: str
    en: str
    why_tr: str
    why_en: str
    proposal: str | None = field(default=None)

    def say(self, language: str) -> str:
        """What is wrong, in ``tr`` or ``en``."""
        return self.en if language == "en" else self.tr

    def why(self, language: str) -> str:
        """Why it is wrong, in ``tr`` or ``en``."""
        return self.why_en if language == "en" else self.why_tr


def check(text: Written) -> list[Finding]:
    """All findings: errors before hints, each in the order of the text."""
    body, title = fold(text.body), fold(text.title)
    found = [*_said(text, body, title), *_missing(text, body, title), *_linked(text)]
    order = {ERROR: 0, HINT: 1}
    found.sort(key=lambda one: (order[one.level], one.start == one.end, one.start))
    return _once(found)[:MOST_FINDINGS]


def errors(found: list[Finding]) -> list[Finding]:
    """Those that stop publishing."""
    return [one for one in found if one.level == ERROR]


def parts(text: Written) -> list[Part]:
    """The mandatory parts of a privacy notice and whether each is there (R-59); none for others."""
    return lintparts.parts(text, fold(text.body))


def _said(text: Written, body: Folded, title: Folded) -> Iterator[Finding]:
    """Words that may not stand there."""
    for rule in lintrules.FORBIDDEN:
        if not rule.applies(text.kind, text.in_contract):
            continue
        for one in rule.pattern.finditer(body.text):
            yield _finding(rule, *body.span(one.start(), _end(rule, body, one.end())),
                           text.language)
        if rule.titles and rule.pattern.search(title.text):
            yield _finding(rule, 0, 0, text.language)
    if text.kind == "ETK_ONAYI":
        yield from _other_channels(text, body)


def _end(rule: Rule, body: Folded, end: int) -> int:
    """The end of a mark; with the full stop after it where the proposal brings its own."""
    whole = (rule.proposal_tr or "").endswith(".") and body.text[end:end + 1] == "."
    return end + 1 if whole else end


def _other_channels(text: Written, body: Folded) -> Iterator[Finding]:
    """R-58: one box, one channel."""
    seen = [(word, found) for word, pattern in lintrules.CHANNEL_WORDS.items()
            for found in pattern.finditer(body.text)]
    if text.channel is None:
        return
    seen += [("", found) for found in lintrules.OTHER_WAYS.finditer(body.text)]
    for word, found in seen:
        if word != text.channel:
            yield _finding(lintrules.OTHER_CHANNEL, *body.span(found.start(), found.end()),
                           text.language)


def _missing(text: Written, body: Folded, title: Folded) -> Iterator[Finding]:
    """Words that must stand there and do not."""
    naming = lintrules.NAMED.get(text.kind)
    if naming is not None and not body.names(text.names):
        yield _finding(naming, 0, 0, text.language)
    for rule in lintrules.WANTED:
        if not rule.applies(text.kind, text.in_contract):
            continue
        where = title.text if rule.titles else body.text
        if not rule.pattern.search(where):
            yield _finding(rule, 0, 0, text.language)
    if text.kind == "ETK_ONAYI":
        own = lintrules.CHANNEL_WORDS.get(text.channel or "")
        if own is not None and not own.search(body.text):
            yield _finding(lintrules.NO_CHANNEL, 0, 0, text.language)
        if not lintrules.BOX_SENTENCE.search(text.body.strip()):
            yield _finding(lintrules.NO_BOX_SENTENCE, 0, 0, text.language)
        if text.in_contract:
            yield from _not_last(text, body)
    for part in lintparts.parts(text, body):
        if not part.there and part.rule is not None:
            yield _finding(part.rule, 0, 0, text.language)


def _not_last(text: Written, body: Folded) -> Iterator[Finding]:
    """R-14: inside a contract the consent comes last, under its own heading, unsigned before."""
    last = lintrules.LAST_HEADING.search(body.text)
    if last is not None and not lintrules.ETK_HEADING.search(last.group(1)):
        yield _finding(lintrules.CONTRACT_END, *body.span(*last.span(1)), text.language)
    for one in lintrules.SIGNED.finditer(body.text):
        yield _finding(lintrules.CONTRACT_END, *body.span(*one.span()), text.language)


def _linked(text: Written) -> Iterator[Finding]:
    """R-57: a statement of consent has one purpose, and only one that rests on consent."""
    if text.kind not in ("ACIK_RIZA", "YURT_DISI"):
        return
    if len(text.grounds) != 1:
        yield _finding(lintrules.ONE_PURPOSE if text.grounds else lintrules.NO_PURPOSE, 0, 0,
                       text.language)
    elif text.grounds[0] != "RIZA":  # forms would show no box for it (``asks_consent``)
        yield _finding(lintrules.NEEDLESS_ABROAD if text.kind == "YURT_DISI"
                       else lintrules.NEEDLESS, 0, 0, text.language)


def _finding(rule: Rule, start: int, end: int, language: str) -> Finding:
    return Finding(rule.code, rule.level, rule.number, start, end, rule.tr, rule.en,
                   rule.why_tr, rule.why_en,
                   rule.proposal_en if language == "en" else rule.proposal_tr)


def _once(found: list[Finding]) -> list[Finding]:
    """Without what lies inside another of the same code, and once per code for the whole text."""
    kept: list[Finding] = []
    for one in found:
        if any(other.code == one.code and (other.start <= one.start and one.end <= other.end)
               for other in kept):
            continue
        kept.append(one)
    return kept
