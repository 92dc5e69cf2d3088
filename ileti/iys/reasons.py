"""A kept reason as a sentence in the page's language, with İYS's code when there is one.

Rows and batches keep why they wait or stopped as plain text, written by whoever gave up, often as
İYS's sentence in Turkish. People read the page in either language and want the code to copy, so
here the text is turned back into what it was made from (look §6: say the reason, then the code).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from flask_babel import gettext as _
from flask_babel import ngettext

from ileti.core.formats import say
from ileti.iys.errors import MEANINGS, Meaning, meaning

_CODE: Final = re.compile(r"\bH\d{3,4}\b")
_SILENT: Final = re.compile(r"no result for (\d+) records after (\d+) minutes")


def told(reason: str | None, number: int | None = None) -> tuple[str | None, str | None]:
    """The sentence and the code. ``number`` is the code the state keeps (178 for H178), which goes
    before what the text names."""
    code = f"H{number:03d}" if number else _code_of(reason or "")
    if code is not None:
        known = meaning(code)
        return (say(known) if known.known or not reason else reason), code
    return (_own_words(reason) if reason else None), None


def in_short(known: Meaning) -> str:
    """The part of a code's sentences that says what is the matter, for a title."""
    sentences = say(known).rstrip(".").split(". ")
    generic = sentences[0] in ("İYS bu izni almadı", "İYS did not take this consent")
    told = sentences[1 if generic and len(sentences) > 1 else 0].partition(";")[0]
    return f"İYS {told[3:]}" if told.startswith("It ") else told


def _code_of(reason: str) -> str | None:
    found = _CODE.search(reason)
    return found.group() if found else _codes_by_sentence().get(reason)


@lru_cache(maxsize=1)
def _codes_by_sentence() -> dict[str, str]:
    """Which code speaks so; where several share a sentence none is named."""
    said: dict[str, list[str]] = {}
    for code, known in MEANINGS.items():
        for sentence in (known.tr, known.en):
            said.setdefault(sentence, []).append(code)
    return {sentence: codes[0] for sentence, codes in said.items() if len(codes) == 1}


def _own_words(reason: str) -> str:
    silent = _SILENT.fullmatch(reason)
    if silent:
        return ngettext(
            "İYS has not answered about %(n)s record for %(minutes)s minutes; we keep asking.",
            "İYS has not answered about %(n)s records for %(minutes)s minutes; we keep asking.",
            int(silent[1]), n=silent[1], minutes=silent[2])
    return {
        "not echoed": _("İYS left this record out of its answer; it is sent again."),
        "no result in a day": _("İYS gave no result for a day; it is sent again."),
    }.get(reason) or next((
        say(known) for known in MEANINGS.values() if reason in (known.tr, known.en)), reason)
