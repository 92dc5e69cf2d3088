"""What changed between two published versions, as the person who acted on the earlier one reads it.

Why this module exists: who is asked anew must see what is new (R-17, R-61), in the centre and in
the widget alike. Paragraphs that stayed are left out; the purposes a text spoke of are told as
paragraphs too, because a consent may be asked anew for them alone (:mod:`ileti.documents.renewal`).
Versions never change, so what was compared once is kept.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, NamedTuple

from ileti.core import db
from ileti.core.errors import NotFound
from ileti.documents.diff import Row, side_by_side
from ileti.documents.vocabulary import DATA, GROUNDS

#: a rewritten text is read as a whole, not as hundreds of differences
MOST_ROWS: Final = 20
#: beyond these a comparison takes longer than somebody waits at a public page, or for ever
MOST_PARAGRAPHS: Final = 200
MOST_WORDS: Final = 8_000
#: instead of a number of paragraphs
TOO_LONG, OTHER_LANGUAGE = -1, -2
_WORDS: Final = re.compile(r"\s+|[^\s\w]|\w+")

_BOTH: Final = """
select v.id, v.title, v.body, v.purposes, v.language from document_version v
 where v.document_id = (select document_id from document_version where id = %s) and v.id = any(%s)
"""


class Changes(NamedTuple):
    """``rows``: paragraphs that differ, before beside now; ``more``: how many others do,
    ``TOO_LONG`` or ``OTHER_LANGUAGE`` where the two cannot be compared here."""

    rows: tuple[Row, ...]
    more: int


@lru_cache(maxsize=512)
def between(before: int, after: int) -> Changes:
    """What is new in version ``after`` against ``before``; raises NotFound unless both are versions
    of one text."""
    found: dict[int, Any] = {row[0]: row[1:] for row in db.connection().execute(
        _BOTH, (before, [before, after])).fetchall()}
    if len({before, after} & found.keys()) < 2:
        raise NotFound()
    if found[before][-1] != found[after][-1]:  # every word would differ, and say nothing
        return Changes((), OTHER_LANGUAGE)
    old, new = _whole(*found[before]), _whole(*found[after])
    if _long(old) or _long(new):
        return Changes((), TOO_LONG)
    changed = [row for row in side_by_side(old, new) if row.changed]
    return Changes(tuple(changed[:MOST_ROWS]), max(0, len(changed) - MOST_ROWS))


def _long(text: str) -> bool:
    return (text.count("\n\n") >= MOST_PARAGRAPHS
            or sum(1 for _ in _WORDS.finditer(text)) > MOST_WORDS)


def _whole(title: str, body: str, purposes: list[dict[str, Any]], language: str) -> str:
    """Title, words without marks, purposes."""
    plain = body.replace("\r\n", "\n").replace("**", "").replace("\n## ", "\n")
    return "\n\n".join([title, plain.removeprefix("## "), *(
        _purpose(one, language) for one in purposes)])


def _purpose(said: dict[str, Any], language: str) -> str:
    """A purpose of the inventory in one line; what is not known is left out."""
    ground, abroad = GROUNDS.get(str(said.get("ground"))), said.get("abroad")
    data = [DATA[key].say(language) for key in said.get("data") or [] if key in DATA]
    name = str(said.get("name") or "")
    parts = [ground.say(language) if ground else "", ", ".join(data),
             ", ".join(map(str, said.get("recipients") or [])),
             ("yurt dışına aktarılır", "transferred abroad")[language == "en"] if abroad else ""]
    return f"{name}: {'; '.join(filter(None, parts))}" if name else ""
