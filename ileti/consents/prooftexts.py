"""The texts that stood on the forms of a bundle's records, all of them: the boxes left empty too.

Why this module exists: a record holds the text of its own choice. What the person saw beside it
(the other channels' boxes, the notice, the explicit consents that were asked) is named in its
evidence by digest, so that the record's leaf commits to it. With these texts a form can be drawn
again as it was shown (R-17, R-23), and whoever checks the bundle compares each with the digest.
"""

from __future__ import annotations

from typing import Any, Final

from ileti.consents.bundled import Bundle
from ileti.consents.places import readable
from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.evidence.leaf import canonical_digest
from ileti.evidence.verifier import TEXTS, named

FOLDER: Final = "texts/"
_TEXTS: Final = """
select d.kind, d.channel, v.language, v.title, v.body
  from document_version v join document d on d.id = v.document_id
 where v.provider_id = %s and v.content_hash = any(%s) order by v.id"""


def add(made: Bundle) -> None:
    """Note the texts that records name, and put those into the bundle that stand with no record.
    A text that is not as it was (its digest differs) is left out, as one that is not here."""
    wanted = {mark for one in made.records for mark in named(one.parts, *TEXTS)}
    own = {one.parts["claim"]["text"]: one.parts["text"]
           for one in made.records if one.parts.get("text")}
    made.texts |= {mark: text for mark, text in own.items() if mark in wanted}
    for mark, text in _texts(made.provider_id, wanted - own.keys()).items():
        made.texts[mark] = text
        made.files[f"{FOLDER}{mark}.json"] = readable(text)
    made.left |= dict.fromkeys(filter(_is_digest, wanted - made.texts.keys()), "gone")


def parts_of(kind: str, channel: int | None, language: str, title: str, body: str
             ) -> dict[str, Any]:
    """A wording as its digest is made of it."""
    return {"kind": kind, "channel": None if channel is None else Channel(channel).name,
            "language": language, "title": title, "body": body}


def _texts(provider_id: int, marks: set[str]) -> dict[str, dict[str, Any]]:
    wanted = [bytes.fromhex(mark) for mark in sorted(marks) if _is_digest(mark)]
    if not wanted:
        return {}
    found = [parts_of(*row) for row in db.connection().execute(
        _TEXTS, (provider_id, wanted)).fetchall()]
    return {mark: text for text in found if (mark := canonical_digest(text)) in marks}


def _is_digest(mark: str) -> bool:
    return len(mark) == 64 and set(mark) <= set("0123456789abcdef")
